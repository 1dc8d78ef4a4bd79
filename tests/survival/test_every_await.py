"""Wherever a request is cancelled: state is none or complete, nothing leaks, and a retry mends it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from .doors import DOORS, Answer, Call, World
from .faults import CancelledAt
from .shelves import look
from .steps import STRUCK, Counters, complete, judge


async def _cancelled(gateway: World, call: Call, at: int) -> tuple[CancelledAt, Answer]:
    """The request driven by hand and cancelled at its suspension ``at``; what was answered by then."""
    answer = Answer()
    driven = CancelledAt(gateway.asked(call, answer), at)

    async def drive() -> None:
        await driven

    task = asyncio.create_task(drive())
    with contextlib.suppress(asyncio.CancelledError):
        await task
    # The connection of a cancelled request is given back by a task of its own; what it shared with others goes on.
    await _settled()
    return driven, answer


async def _settled() -> None:
    mine = asyncio.current_task()
    others = [
        task
        for task in asyncio.all_tasks()
        if task is not mine and ("close" in repr(task.get_coro()) or "Gathering" in repr(task.get_coro()))
    ]
    if others:
        await asyncio.wait(others, timeout=5)


# How a connection is opened is the same for all doors: one of them with an empty pool will do.
@pytest.mark.parametrize(("name", "pool"), [*((name, "warm") for name in STRUCK), ("put", "cold")])
async def test_a_cancel_at_every_await_leaves_nothing_or_everything(
    gateway: World, eye: Any, name: str, pool: str
) -> None:
    door = STRUCK[name]
    whole = await complete(gateway, eye, door)
    counters, at = Counters(), 0
    while True:
        call = await DOORS[door](gateway, next(gateway.numbers))
        before = await look(eye)
        gateway.gateway.callers.clear()
        if pool == "cold":  # then the awaits of connecting are among them
            await gateway.store.close()
        driven, answer = await _cancelled(gateway, call, at)
        if driven.seen <= at:
            assert answer.is_good, answer
            break
        await judge(gateway, eye, call, before, whole, answer, counters)
        at += 1
    print(f"\n{name}, {pool} pool: {at} awaits; {counters}")
    # A push of one record is stored by a task that it shares with others and that nobody cancels.
    assert at >= (5 if name == "push" else 10)
