"""WHERE is long work done? Beside the event loop, one piece after the other, so that others' requests go on.

One thread: two pieces at once would only take the interpreter, and the processor's cache, from each other.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
# A core goes to whoever waits on an event loop, or in the database, before it goes to a batch.
_NICE = 10


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere a thread has no priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICE)


_BENCH = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bench", initializer=_step_back)
# Reports are laid out on a thread of their own: a batch of an insurer does not wait for a page to be set.
_PRESS = ThreadPoolExecutor(max_workers=1, thread_name_prefix="press", initializer=_step_back)
# So many records take a millisecond or two: no longer than it takes to change the thread and come back.
FEW = 20


async def aside(long: bool, work: Callable[..., T], *arguments: Any) -> T:
    """The work's result; of work that is not long, at once."""
    if not long:
        return work(*arguments)
    return await asyncio.get_running_loop().run_in_executor(_BENCH, work, *arguments)


async def at_press(work: Callable[..., T], *arguments: Any) -> T:
    """The result of laying out a document."""
    return await asyncio.get_running_loop().run_in_executor(_PRESS, work, *arguments)
