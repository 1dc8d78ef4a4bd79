"""The last statement of a transaction travels with its COMMIT, whatever its parameters say, and fails with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ajx_gateway import errors
from ajx_gateway.identity import system_scope
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.parting import MOST_BYTES, written

KEEP = "INSERT INTO parted SELECT $1::text, unnest($2::bytea[])"
# What is nobody's value but SQL's: quotes, comments, the ends of statements and of arrays.
HOSTILE = "x'); DELETE FROM parted; -- \\ \\' $$ {\"}\u0001\n🏭"


@pytest.fixture
async def parted(owner: asyncpg.Connection) -> AsyncIterator[None]:
    await owner.execute(
        "CREATE TABLE parted (said text, told bytea); CREATE UNIQUE INDEX ON parted (sha256(told));"
        " GRANT ALL ON parted TO ajx_app"
    )
    yield
    await owner.execute("DROP TABLE parted")


async def kept(owner: asyncpg.Connection) -> list[tuple[str, bytes]]:
    return [tuple(row) for row in await owner.fetch("SELECT said, told FROM parted ORDER BY told")]


async def texts_of(store: Store, work: Any) -> list[str]:
    """What one transaction says to the server, statement by statement."""
    said: list[str] = []
    async with store.pushing(system_scope("test")) as tx:
        raw = tx.raw
        raw.add_query_logger(_into := lambda record: said.append(record.query))
        await work(tx)
    raw.remove_query_logger(_into)
    return said


async def test_what_is_short_travels_with_the_commit(
    store: Store, owner: asyncpg.Connection, parted: None
) -> None:
    for number in (b"1", b"2"):
        said = await texts_of(store, lambda tx, number=number: tx.finish(KEEP, [HOSTILE, [number]]))
        assert said[-1].startswith("EXECUTE ")
        assert said[-1].endswith("; COMMIT")
        # A connection prepares it once.
        assert len(said) == (2 if number == b"1" else 1)
    assert await kept(owner) == [(HOSTILE, b"1"), (HOSTILE, b"2")]


async def test_what_is_long_goes_by_itself(store: Store, owner: asyncpg.Connection, parted: None) -> None:
    large = b"\x00" * MOST_BYTES
    said = await texts_of(store, lambda tx: tx.finish(KEEP, ["one more", [large]]))
    assert said[-2:] == [KEEP, "COMMIT"]
    assert await kept(owner) == [("one more", large)]


@pytest.mark.parametrize("size", [1, MOST_BYTES])
async def test_nothing_follows_the_last_statement(
    store: Store, owner: asyncpg.Connection, parted: None, size: int
) -> None:
    async def more(late: Callable[[Transaction], Awaitable[object]]) -> None:
        async with store.pushing(system_scope("test")) as tx:
            await tx.finish(KEEP, ["last", [b"\x00" * size]])
            await late(tx)

    for late in (
        lambda tx: tx.fetch("SELECT 1"),
        lambda tx: tx.execute(sa.text("SELECT 1")),
        lambda tx: tx.finish(KEEP, ["another", [b"1"]]),
    ):
        with pytest.raises(AssertionError, match="given already"):
            await more(late)
    assert await kept(owner) == []


async def test_what_fails_with_the_commit_leaves_nothing(
    store: Store, owner: asyncpg.Connection, parted: None
) -> None:
    async def twice() -> None:
        async with store.pushing(system_scope("test")) as tx:
            await tx.fetch("INSERT INTO parted VALUES ('before', 'other')")
            await tx.finish(KEEP, ["twice", [b"same", b"same"]])

    with pytest.raises(asyncpg.UniqueViolationError):
        await twice()
    assert await kept(owner) == []
    # The connection is of use again.
    async with store.pushing(system_scope("test")) as tx:
        await tx.finish(KEEP, ["once", [b"same"]])
    assert await kept(owner) == [("once", b"same")]
    assert store.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_nothing_is_kept_of_a_transaction_that_had_failed_before(
    store: Store, owner: asyncpg.Connection, parted: None
) -> None:
    async def too_late(finished: bool) -> None:
        async with store.pushing(system_scope("test")) as tx:
            with contextlib.suppress(asyncpg.DivisionByZeroError):
                await tx.fetch("SELECT 1 / 0")
            if finished:
                await tx.finish(KEEP, ["too late", [b"1"]])

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await too_late(True)
    with pytest.raises(errors.Unavailable):
        await too_late(False)
    assert await kept(owner) == []


async def test_a_connection_that_was_lost_is_replaced_by_one_that_prepares_anew(
    store: Store, owner: asyncpg.Connection, parted: None
) -> None:
    async with store.pushing(system_scope("test")) as tx:
        await tx.finish(KEEP, ["before", [b"1"]])
    await owner.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'ajx-gateway'"
        " AND datname = current_database()"
    )
    async with store.pushing(system_scope("test")) as tx:
        await tx.finish(KEEP, ["after", [b"2"]])
    assert await kept(owner) == [("before", b"1"), ("after", b"2")]


async def test_each_connection_prepares_its_own(
    store: Store, owner: asyncpg.Connection, parted: None
) -> None:
    async def one(number: int) -> None:
        async with store.pushing(system_scope("test")) as tx:
            await tx.finish(KEEP, [str(number), [bytes([number])]])

    await asyncio.gather(*(one(number) for number in range(8)))
    assert await kept(owner) == [(str(number), bytes([number])) for number in range(8)]


@given(
    text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    told=st.lists(st.binary()),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_value_arrives_as_it_was(owner: asyncpg.Connection, text: str, told: list[bytes]) -> None:
    [row] = await owner.fetch(f"SELECT {written(text)} AS text, {written(told)} AS told")
    assert (row["text"], row["told"]) == (text, told)
