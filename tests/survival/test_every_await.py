"""Wherever a request is cancelled: state is none or complete, nothing leaks, and a retry mends it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx
import pytest

from .doors import DOORS, Call, World
from .faults import CancelledAt
from .shelves import look
from .steps import STRUCK, Counters, complete, judge


async def _cancelled(gateway: World, call: Call, at: int) -> tuple[CancelledAt, httpx.Response | None]:
    """The request driven by hand and cancelled at its suspension ``at``; what was answered by then."""
    started: list[Any] = []
    headers = {**call.headers, "Authorization": f"Bearer {gateway.token(call.caller)}"} if call.caller else {}
    asked = httpx.Request(call.method, f"http://gateway{call.path}", headers=headers, content=call.body)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": asked.url.path,
        "raw_path": asked.url.raw_path,
        "root_path": "",
        "query_string": asked.url.query,
        "headers": [(name.lower(), value) for name, value in asked.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("gateway", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": call.body, "more_body": False}

    async def send(message: Any) -> None:
        started.append(message)

    driven = CancelledAt(gateway.app(scope, receive, send), at)

    async def drive() -> None:
        await driven

    task = asyncio.create_task(drive())
    with contextlib.suppress(asyncio.CancelledError):
        await task
    # The connection of a cancelled request is given back by a task of its own.
    await _settled()
    if not started:
        return driven, None
    body = b"".join(message.get("body", b"") for message in started)
    return driven, httpx.Response(started[0]["status"], headers=started[0]["headers"], content=body)


async def _settled() -> None:
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine and "close" in repr(task.get_coro())]
    if others:
        await asyncio.wait(others, timeout=5)


@pytest.mark.parametrize("pool", ["warm", "cold"])
@pytest.mark.parametrize("name", STRUCK)
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
            assert answer is not None
            assert answer.status_code in {200, 201}, answer.text
            break
        await judge(gateway, eye, call, before, whole, answer, counters)
        at += 1
    print(f"\n{name}, {pool} pool: {at} awaits; {counters}")
    assert at >= 10
