"""WHEN does a process look for cyclic garbage? Rarely, and not in the middle of a batch.

A batch makes hundreds of thousands of short-lived objects without cycles; Python's collector would walk through all
of them again and again, for about a quarter of the push rate. What begins with the process lives as long as it does.

Memory that is free goes back to the system, too: glibc learns from a freed body of 20 MiB to keep the next one's room.
"""

import asyncio
import ctypes
import gc
import sys

_TICK_SECONDS = 1.0
# Net new objects since the last look after which it is worth another one, and so many ticks after which it is anyway.
_MANY = 200_000
_PATIENCE_TICKS = 30
# mallopt's names for: buffers above this are the system's own, so much may lie free at the end of the heap, and all
# threads, of which one runs at a time, share one heap.
_M_MMAP_THRESHOLD, _OWN_BYTES = -3, 4 * 2**20
_M_TRIM_THRESHOLD, _FREE_BYTES = -1, 16 * 2**20
_M_ARENA_MAX, _ONE = -8, 1
_WANTED = ((_M_MMAP_THRESHOLD, _OWN_BYTES), (_M_TRIM_THRESHOLD, _FREE_BYTES), (_M_ARENA_MAX, _ONE))


def look_for_garbage_rarely() -> None:
    """For a process that runs briefly or without an event loop."""
    gc.set_threshold(50_000, 20, 100)


def give_large_buffers_back() -> bool:
    """Fixes what glibc would otherwise learn; False where the C library is another one and does as it likes."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(mallopt(name, value) for name, value in _WANTED)


async def watch_garbage() -> None:
    """For a server or worker: what is there now is never looked at again, the rest when the process comes up for air."""
    give_large_buffers_back()
    gc.collect()
    gc.freeze()
    gc.disable()
    waited = 0
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        waited += 1
        if gc.get_count()[0] > _MANY or waited >= _PATIENCE_TICKS:
            gc.collect()
            waited = 0
