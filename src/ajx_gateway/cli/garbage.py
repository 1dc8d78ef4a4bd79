"""WHEN does a process look for cyclic garbage? Rarely, and not in the middle of a batch.

A batch makes hundreds of thousands of short-lived objects without cycles; Python's collector would walk through all
of them again and again, for about a quarter of the push rate. What begins with the process lives as long as it does.
"""

import asyncio
import gc

_TICK_SECONDS = 1.0
# Net new objects since the last look after which it is worth another one, and so many ticks after which it is anyway.
_MANY = 200_000
_PATIENCE_TICKS = 30


def look_for_garbage_rarely() -> None:
    """For a process that runs briefly or without an event loop."""
    gc.set_threshold(50_000, 20, 100)


async def watch_garbage() -> None:
    """For a server: what is there now is never looked at again, the rest when the process comes up for air."""
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
