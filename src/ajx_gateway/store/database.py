"""HOW does the gateway reach PostgreSQL? One pool; every transaction carries its caller's scope and the app's role."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ajx_gateway import errors
from ajx_gateway.identity import Scope
from ajx_gateway.store.parting import Argument, Last, called

# Settings live for one transaction only: a plain SET would survive in the pool and show the next caller's rows.
# One round trip with the BEGIN, which takes no parameters: only names that need no quoting may stand in it.
_ENTER = (
    "BEGIN{mode}; SELECT set_config('role', 'ajx_app', true), set_config('app.insurer', '{insurer}', true),"
    " set_config('app.territory', '{territory}', true), set_config('app.reach', '{reach}', true)"
)
_NAME = re.compile("[0-9A-Za-z]*")
_SNAPSHOT = " ISOLATION LEVEL REPEATABLE READ READ ONLY"
# A question is planned for the period, place and filters it asks about; a plan for all of them costs tenfold or worse.
# Processes that help pay for a scan of everything; for what was counted ahead, whose cells the planner takes for more than
# they are, to start them costs ten times the question.
_PLANNED = ", set_config('plan_cache_mode', 'force_custom_plan', true), set_config('parallel_setup_cost', '20000', true)"
# What writes reads a few rows by their keys: processes that help with a scan of everything are a bad plan's.
_ALONE = ", set_config('max_parallel_workers_per_gather', '0', true)"
# The statements of a push are always the same and large: to plan one costs three times what it does. One plan serves them
# all, made when tables may still be empty, so it must not scan any that has an index.
_PLANNED_ONCE = f"{_ALONE}, set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)"

# Seconds for a new connection, before the database counts as gone.
_CONNECTING = 5.0
_ALL_SEEING = frozenset({"system", "auditor", "operator", "consultant"})

# The server is not there, stops, or lacks disk, memory or connections: nothing a sender could mend.
_GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a simple query on a connection that has just been lost
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
)
# What the driver raises.
_DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
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
        self._finished = False
        self._last: Last | None = None

    async def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        self._refuse_a_late_one()
        return await self.connection.execute(statement, parameters)

    async def fetch(self, sql: str, *arguments: object) -> Sequence[asyncpg.Record]:
        self._refuse_a_late_one()
        rows: Sequence[asyncpg.Record] = await self.raw.fetch(sql, *arguments)
        return rows

    def _refuse_a_late_one(self) -> None:
        if self._finished:
            raise AssertionError("the last statement of this transaction was given already")

    async def finish(self, sql: str, arguments: Sequence[Argument]) -> None:
        """Run the last statement, which gives no rows: now, or with the COMMIT. Nothing may follow it."""
        last = Last(sql, arguments)
        if last.is_short:
            self._refuse_a_late_one()
            self._last = last
        else:
            await self.fetch(sql, *arguments)
        self._finished = True

    async def commit(self) -> None:
        """COMMIT; PostgreSQL answers it with ROLLBACK when a statement had failed, and that is no commit."""
        before = "" if self._last is None else await called(self.connection, self.raw, self._last) + "; "
        if await self.raw.execute(f"{before}COMMIT") != "COMMIT":
            raise errors.Unavailable(
                "网关未能提交本次处理，请稍后重试（报送请沿用同一幂等键）。", retry_after=1
            )


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
            pool_use_lifo=True,  # the connection used last knows the statements, on both ends
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
        async with self._transaction(scope, _PLANNED, mode=_SNAPSHOT) as tx:
            yield tx

    @asynccontextmanager
    async def writing(self, scope: Scope) -> AsyncIterator[Transaction]:
        """A READ COMMITTED transaction that has committed when the block is left without an error."""
        async with self._transaction(scope, _ALONE) as tx:
            yield tx

    @asynccontextmanager
    async def pushing(self, scope: Scope) -> AsyncIterator[Transaction]:
        """As ``writing``, for statements that find a few rows by their keys, however many there are."""
        async with self._transaction(scope, _PLANNED_ONCE) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(self, scope: Scope, planned: str, *, mode: str = "") -> AsyncIterator[Transaction]:
        pool, enter = self.engine.pool, _ENTER.format(mode=mode, **walls_of(scope)) + planned
        try:
            async with AsyncExitStack() as stack:
                connection, raw = await self._entered(stack, enter)
                try:
                    tx = Transaction(connection, raw, scope, self.data_key)
                    yield tx
                    await tx.commit()
                except OSError:
                    # A statement that was given up may still run; asyncpg would wait for its end before a ROLLBACK.
                    raw.terminate()
                    raise
                except Exception:
                    await _roll_back(raw)
                    raise
                except BaseException:  # cancelled, maybe in the middle of a statement
                    raw.terminate()
                    raise
        except PoolTimeout as refusal:
            raise errors.Unavailable(
                "网关繁忙，请稍后重试（报送请沿用同一幂等键）。", retry_after=1
            ) from refusal
        except (DBAPIError, *_DRIVER, OSError) as refusal:
            if _caused_by(refusal, asyncpg.InvalidCachedStatementError) and self.engine.pool is pool:
                # The layout changed under us: every pooled connection remembers statements of the old one.
                await self.engine.dispose()
            if is_transient(refusal):
                raise errors.Unavailable(
                    "网关繁忙，请稍后重试（报送请沿用同一幂等键）。", retry_after=1
                ) from refusal
            if _caused_by(refusal, *_GONE):
                raise errors.Unavailable(
                    "数据库暂不可用，请稍后重试（报送请沿用同一幂等键）。", retry_after=5
                ) from refusal
            raise

    async def _entered(self, stack: AsyncExitStack, enter: str) -> tuple[AsyncConnection, asyncpg.Connection]:
        """A connection in a transaction that carries the scope.

        A pooled connection may have died while it was idle. Its BEGIN says so, before anything was written: a new
        one takes its place. A ping before every transaction would say the same three times dearer.
        """
        for last in (False, True):
            attempt = AsyncExitStack()
            try:
                connection = await attempt.enter_async_context(self.engine.connect())
                # BEGIN and COMMIT are ours; SQLAlchemy's own would cost a round trip and two switches more.
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                raw: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
                await _begin(connection, raw, enter)
            except BaseException as failure:
                await attempt.__aexit__(type(failure), failure, failure.__traceback__)
                if last or not isinstance(
                    failure, asyncpg.PostgresError | asyncpg.InterfaceError | DBAPIError
                ):
                    raise
            else:
                stack.push_async_exit(attempt)
                return connection, raw
        raise AssertionError("the last attempt returns or raises")


def walls_of(scope: Scope) -> dict[str, str]:
    """What row-level security asks: the settings ``app.…`` of a transaction under the scope."""
    names = {
        "insurer": scope.insurer or "",
        "territory": scope.territory or "",
        "reach": "all" if scope.role in _ALL_SEEING else "",
    }
    if not all(_NAME.fullmatch(name) for name in names.values()):
        raise ValueError("a scope's names are digits and letters")
    return names


async def _begin(connection: AsyncConnection, raw: asyncpg.Connection, enter: str) -> None:
    try:
        if raw.is_closed() or raw.is_in_transaction():
            raise asyncpg.InterfaceError("the pooled connection is of no use any more")
        await raw.execute(enter)
    except BaseException:
        raw.terminate()
        await connection.invalidate()
        raise


async def _roll_back(raw: asyncpg.Connection) -> None:
    """Whatever stands in the way of a ROLLBACK: a connection that is gone has rolled back as well."""
    if raw.is_closed() or not raw.is_in_transaction():
        return
    try:
        await raw.execute("ROLLBACK")
    except Exception:
        raw.terminate()


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
