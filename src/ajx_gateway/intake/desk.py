"""WHAT does the insurers' door work with? The store, the signing key and the calendar, handed in by ``app``."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import SigningKey
from ajx_gateway.intake.gathering import Gathering
from ajx_gateway.store.database import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """``issuer`` is the gateway's public name: the ``iss`` of its receipts."""

    store: Store
    key: SigningKey
    calendar: Calendar
    issuer: str
    pushes: Gathering[Any, Any] = field(default_factory=Gathering)
    # Transactions that write at once: whoever else needs a connection of the pool finds one.
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(6))


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes that go out, the status they go out with, and whether they went out before."""

    status: int
    body: bytes
    replayed: bool = False
    etag: str | None = None


# Work on bodies above this is done off the event loop, so that others' requests go on. One piece after the other: two
# at once would only take the interpreter, and the processor's cache, from each other.
_LARGE = 128 * 1024
_BENCH = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bench")


async def off_loop(size: int, work: Callable[..., T], *arguments: Any) -> T:
    """The work's result, from another thread when ``size`` bytes of body make it long."""
    if size < _LARGE:
        return work(*arguments)
    return await asyncio.get_running_loop().run_in_executor(_BENCH, work, *arguments)
