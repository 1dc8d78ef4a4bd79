"""WHAT does the insurers' door work with? The store, the signing key and the calendar, handed in by ``app``."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ajx_gateway.aside import aside
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


# Work on bodies above this is long.
_LARGE = 32 * 1024


async def off_loop(size: int, work: Callable[..., T], *arguments: Any) -> T:
    """The work's result, done aside when ``size`` bytes of body make it long."""
    return await aside(size >= _LARGE, work, *arguments)
