"""Many questions see one state of the database, each behind the wall of its own scope."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from ajx_gateway.errors import NotFound
from ajx_gateway.identity import Caller, Scope, scope_of, system_scope
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.snapshots import snapshot_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CITY = scope_of(Caller("foshan-city", "regulator", "佛山市应急管理局（虚构）", territory="4406"))
EVERYWHERE = system_scope("count what is everywhere")
_COUNT = "SELECT count(*) AS n FROM registration"


@pytest.fixture(scope="module")
async def store(database_url: str) -> AsyncIterator[Store]:
    store = Store(database_url, data_key=bytes(32), pool_size=3)
    for number, territory in enumerate(("4406", "4406", "3413")):
        await add(store, number, territory)
    yield store
    await store.close()


async def add(store: Store, number: int, territory: str) -> None:
    async with store.writing(_of(territory)) as tx:
        await tx.fetch(
            "INSERT INTO registration (registration_id, version, kind, territory, code, qualification, sectors, valid_from,"
            " status, status_on, source, recorded_at, recorded_by) VALUES (gen_random_uuid(), 1, 'agency', $1, $2,"
            " '乙级', '{}', '2025-01-01', 'active', '2025-01-01', '虚构', $3, 'test')",
            territory, f"A{number}", NOW,
        )  # fmt: skip


def _of(territory: str) -> Scope:
    return scope_of(Caller("writer", "regulator", "局（虚构）", territory=territory))


async def seen(tx: Transaction) -> int:
    [row] = await tx.fetch(_COUNT)
    return int(row["n"])


async def test_what_is_committed_meanwhile_is_not_seen(store: Store) -> None:
    async with snapshot_of(store) as snapshot:
        async with snapshot.reading(CITY) as tx:
            before = await seen(tx)
        await add(store, 10, "4406")
        async with snapshot.reading(CITY) as tx:
            assert await seen(tx) == before
    async with store.reading(CITY) as tx:
        assert await seen(tx) == before + 1


async def test_each_question_has_its_own_wall_in_the_same_snapshot(store: Store) -> None:
    async with snapshot_of(store) as snapshot:
        async with snapshot.reading(CITY) as tx:
            own = await seen(tx)
            async with snapshot.reading(EVERYWHERE) as wide:
                assert wide.scope == EVERYWHERE
                everywhere = await seen(wide)
            assert await seen(tx) == own
        await add(store, 20, "3413")
        async with snapshot.reading(EVERYWHERE) as wide:
            assert await seen(wide) == everywhere
        async with snapshot.reading(CITY) as tx:
            assert (tx.scope, await seen(tx)) == (CITY, own)
    assert everywhere > own > 0


async def test_a_question_that_is_refused_leaves_the_wall_as_it_was(store: Store) -> None:
    async with snapshot_of(store) as snapshot, snapshot.reading(CITY) as tx:
        own = await seen(tx)
        with pytest.raises(NotFound):
            async with snapshot.reading(EVERYWHERE):
                raise NotFound("没有")
        assert await seen(tx) == own


async def fails(store: Store) -> None:
    """A statement fails in the middle, and somebody asks on."""
    async with snapshot_of(store) as snapshot, snapshot.reading(CITY) as tx:
        with pytest.raises(asyncpg.UndefinedTableError):
            async with snapshot.reading(EVERYWHERE) as wide:
                await wide.fetch("SELECT * FROM nowhere")
        await seen(tx)


async def test_after_a_failed_statement_nothing_is_answered_at_all(store: Store) -> None:
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await fails(store)


async def test_it_begins_with_the_first_question_and_ends_with_its_block(store: Store) -> None:
    pool = store.engine.pool
    async with snapshot_of(store) as snapshot:
        assert pool.checkedout() == 0  # type: ignore[attr-defined]
        async with snapshot.reading(CITY):
            pass
        assert pool.checkedout() == 1  # type: ignore[attr-defined]
    assert pool.checkedout() == 0  # type: ignore[attr-defined]


async def changes(store: Store) -> None:
    """A statement that writes, where only reading is done."""
    async with snapshot_of(store) as snapshot, snapshot.reading(CITY) as tx:
        await tx.fetch("UPDATE registration SET source = '别处'")


async def test_a_snapshot_writes_nothing(store: Store) -> None:
    async with snapshot_of(store) as snapshot:
        with pytest.raises(RuntimeError, match="writes nothing"):
            async with snapshot.writing(CITY):
                pass
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await changes(store)
