"""HOW does the gateway reach PostgreSQL? One pool; every transaction carries its caller's scope and the app's role."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ajx_gateway import errors
from ajx_gateway.identity import Scope

# Settings live for one transaction only: a plain SET would survive in the pool and show the next caller's rows.
_ENTER = sa.text(
    "SELECT set_config('role', 'ajx_app', true), set_config('app.insurer', :insurer, true),"
    " set_config('app.territory', :territory, true), set_config('app.reach', :reach, true)"
)

# Seconds for a new connection, before the database counts as gone.
_CONNECTING = 5.0
_ALL_SEEING = frozenset({"system", "auditor", "operator", "consultant"})

# The server is not there, stops, or lacks disk, memory or connections: nothing a sender could mend.
_GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
)
_TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
)


class Transaction:
    """One transaction under one scope. ``fetch`` speaks to asyncpg directly, for the set-based statements."""

    def __init__(
        self, connection: AsyncConnection, raw: asyncpg.Connection, scope: Scope, data_key: bytes
    ) -> None:
        self.connection = connection
        self.raw = raw
        self.scope = scope
        self.data_key = data_key

    async def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        return await self.connection.execute(statement, parameters)

    async def fetch(self, sql: str, *arguments: object) -> Sequence[asyncpg.Record]:
        rows: Sequence[asyncpg.Record] = await self.raw.fetch(sql, *arguments)
        return rows


class Store:
    """The pool and the key that seals filings at rest.

    ``url`` is ``postgresql+asyncpg://…`` (or ``postgresql://…``); ``data_key`` has 32 bytes (AES-256-GCM).
    ``statement_timeout`` bounds each statement in seconds: the server gives it up, and should the server itself
    hang, a second later so do we.
    """

    def __init__(
        self,
        url: str,
        *,
        data_key: bytes,
        pool_size: int = 10,
        pool_timeout: float = 2.0,
        statement_timeout: float | None = None,
    ) -> None:
        self.data_key = data_key
        bounded = (
            {} if statement_timeout is None else {"statement_timeout": f"{statement_timeout * 1000:.0f}"}
        )
        self.engine: AsyncEngine = create_async_engine(
            asyncpg_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_timeout,
            hide_parameters=True,
            connect_args={
                "server_settings": {"application_name": "ajx-gateway", "jit": "off", **bounded},
                "command_timeout": None if statement_timeout is None else statement_timeout + 1,
                "timeout": _CONNECTING,
            },
        )

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def reading(self, scope: Scope) -> AsyncIterator[Transaction]:
        """A read-only REPEATABLE READ snapshot, cut to the scope."""
        async with self._transaction(
            scope, isolation_level="REPEATABLE READ", postgresql_readonly=True
        ) as tx:
            yield tx

    @asynccontextmanager
    async def writing(self, scope: Scope) -> AsyncIterator[Transaction]:
        """A READ COMMITTED transaction that has committed when the block is left without an error."""
        async with self._transaction(scope) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(self, scope: Scope, **options: object) -> AsyncIterator[Transaction]:
        pool = self.engine.pool
        try:
            async with AsyncExitStack() as stack:
                connection = await self._entered(stack, scope, options)
                raw: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
                try:
                    yield Transaction(connection, raw, scope, self.data_key)
                except (OSError, asyncio.CancelledError):
                    # A statement that was given up may still run; asyncpg would wait for its end before a ROLLBACK.
                    raw.terminate()
                    raise
        except PoolTimeout as refusal:
            raise errors.Unavailable("网关繁忙，请稍后用同一幂等键重试。", retry_after=1) from refusal
        except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as refusal:
            if _caused_by(refusal, asyncpg.InvalidCachedStatementError) and self.engine.pool is pool:
                # The layout changed under us: every pooled connection remembers statements of the old one.
                await self.engine.dispose()
            if is_transient(refusal):
                raise errors.Unavailable("网关繁忙，请稍后用同一幂等键重试。", retry_after=1) from refusal
            if _caused_by(refusal, *_GONE):
                raise errors.Unavailable(
                    "数据库暂不可用，请稍后用同一幂等键重试。", retry_after=5
                ) from refusal
            raise

    async def _entered(
        self, stack: AsyncExitStack, scope: Scope, options: Mapping[str, object]
    ) -> AsyncConnection:
        """A connection in a transaction that carries the scope.

        A pooled connection may have died while it was idle, or a failed BEGIN or COMMIT may have left it in the
        middle of a transaction. Its first statement says so, before anything was written: a new one takes its
        place. A ping before every transaction would say the same three times dearer.
        """
        parameters = {
            "insurer": scope.insurer or "",
            "territory": scope.territory or "",
            "reach": "all" if scope.role in _ALL_SEEING else "",
        }
        for last in (False, True):
            attempt = AsyncExitStack()
            try:
                connection = await attempt.enter_async_context(self.engine.connect())
                if options:
                    await connection.execution_options(**options)
                await attempt.enter_async_context(connection.begin())
                await self._enter(connection, parameters)
            except BaseException as failure:
                await attempt.__aexit__(type(failure), failure, failure.__traceback__)
                if last or not isinstance(failure, DBAPIError):
                    raise
            else:
                stack.push_async_exit(attempt)
                return connection
        raise AssertionError("the last attempt returns or raises")

    async def _enter(self, connection: AsyncConnection, parameters: Mapping[str, str]) -> None:
        try:
            await connection.execute(_ENTER, parameters)
        except (DBAPIError, OSError):
            await connection.invalidate()
            raise


def is_transient(failure: BaseException) -> bool:
    """True when the same transaction may well succeed if it is run again."""
    return _caused_by(failure, *_TRANSIENT)


def _caused_by(failure: BaseException, *kinds: type[BaseException]) -> bool:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, kinds):
            return True
        cause = getattr(cause, "orig", None) or cause.__cause__
    return False


def asyncpg_url(url: str) -> str:
    """The same address with the asyncpg driver named."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+asyncpg://" + url.removeprefix(plain)
    return url
