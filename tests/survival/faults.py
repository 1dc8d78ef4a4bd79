"""HOW is one statement after another made to fail? A protocol under asyncpg that counts them and strikes at the chosen one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import event

from ajx_gateway.store.database import Store

# What strikes: an SQLSTATE is raised by the server itself, in place of the statement.
CUT_BEFORE, CUT_AFTER, SHUT_DOWN = "cut before", "cut after", "57P01"
SQLSTATES = ("22012", "40P01", "53100")
KINDS = (*SQLSTATES, SHUT_DOWN, CUT_BEFORE, CUT_AFTER)
# One of each sort: refused by the server, gone before the statement, gone after it.
ONE_OF_EACH = ("22012", SHUT_DOWN, CUT_AFTER)


@dataclass
class Faults:
    """Strikes at statement ``at`` (from 0) with ``kind``; counts statements in any case.

    ``eye`` is a connection of the database's owner that ends the struck one.
    """

    eye: asyncpg.Connection
    kind: str | None = None
    at: int = -1
    seen: int = 0
    struck: bool = False

    def arm(self, kind: str | None, at: int = -1) -> None:
        self.kind, self.at, self.seen, self.struck = kind, at, 0, False

    async def shut_down(self, pid: int) -> None:
        await self.eye.execute("SELECT pg_terminate_backend($1)", pid)

    def due(self) -> bool:
        now = self.kind is not None and self.seen == self.at
        self.seen += 1
        self.struck = self.struck or now
        return now


class FaultyProtocol:
    """asyncpg's protocol, with a fault in front of (or behind) whatever goes to the server."""

    def __init__(self, real: Any, transport: Any, faults: Faults) -> None:
        self._real, self._transport, self._faults = real, transport, faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def query(self, *arguments: Any, **named: Any) -> Any:
        return await self._struck(lambda: self._real.query(*arguments, **named))

    async def prepare(self, *arguments: Any, **named: Any) -> Any:
        return await self._struck(lambda: self._real.prepare(*arguments, **named))

    async def bind_execute(self, *arguments: Any, **named: Any) -> Any:
        return await self._struck(lambda: self._real.bind_execute(*arguments, **named))

    async def bind_execute_many(self, *arguments: Any, **named: Any) -> Any:
        return await self._struck(lambda: self._real.bind_execute_many(*arguments, **named))

    async def _struck(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        if not self._faults.due():
            return await ask()
        kind = self._faults.kind
        if kind == CUT_AFTER:
            await ask()
        if kind in {CUT_AFTER, CUT_BEFORE}:
            self._transport.abort()
            await asyncio.sleep(0)
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        if kind == SHUT_DOWN:
            await self._faults.shut_down(self._real.backend_pid)
            return await ask()
        said = f"DO $$ BEGIN RAISE EXCEPTION 'struck' USING ERRCODE = '{kind}'; END $$"
        return await self._real.query(said, 10)


def into(store: Store, eye: asyncpg.Connection) -> Faults:
    """Faults that strike every connection the store opens from now on."""
    faults = Faults(eye)

    class FaultyConnection(asyncpg.Connection):  # type: ignore[misc]
        def __init__(self, protocol: Any, transport: Any, *rest: Any) -> None:
            super().__init__(FaultyProtocol(protocol, transport, faults), transport, *rest)

    @event.listens_for(store.engine.sync_engine, "do_connect")
    def _(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
        named["connection_class"] = FaultyConnection

    return faults


class CancelledAt:
    """Awaits a coroutine and cancels the task at its suspension number ``at`` (from 0); counts suspensions."""

    def __init__(self, work: Any, at: int) -> None:
        self._work, self._at = work, at
        self.seen = 0

    def __await__(self) -> Any:
        inner = self._work.__await__()
        sent: Any = None
        fault: BaseException | None = None
        while True:
            try:
                waiting = inner.throw(fault) if fault is not None else inner.send(sent)
            except StopIteration as done:
                return done.value
            if self.seen == self._at:
                task = asyncio.current_task()
                if task is not None:
                    task.cancel()
            self.seen += 1
            sent, fault = None, None
            try:
                sent = yield waiting
            except BaseException as thrown:
                fault = thrown
