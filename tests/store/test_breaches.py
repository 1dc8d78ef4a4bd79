"""A clock that ran out is announced once, to its insurer, and only while it is truly overdue."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest_asyncio

from ajx_gateway.deadlines import ClockFact, Due
from ajx_gateway.identity import Caller, scope_of, system_scope
from ajx_gateway.store import breaches, clocks
from ajx_gateway.store.clocks import Settled
from ajx_gateway.store.database import Store

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SCOPE = system_scope("tests of breaches")
INSURER = "91440600MA00000000"
FILER = Caller("insurer-a", "insurer", "示例保险（虚构）", insurer=INSURER)


@pytest_asyncio.fixture(loop_scope="session")
async def opened(database_url: str) -> AsyncIterator[Store]:
    """A store whose clocks nobody has looked at yet."""
    store = Store(database_url, data_key=bytes(32), pool_size=2)
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE breach_watch, clock_late, clock")
    yield store
    await store.close()


async def clock(store: Store, **differing: object) -> uuid.UUID:
    """A clock of a policy that ran out a day ago, but for what differs."""
    columns: dict[str, object] = {
        "clock_id": uuid.uuid4(),
        "subject_id": uuid.uuid4(),
        "subject_kind": "policy",
        "subject_key": "P1",
        "insurer": INSURER,
        "clock": "policy_upload",
        "due": NOW - timedelta(days=1),
        "applicable": True,
        "provisional": False,
        "due_soon_days": 3,
        "voided": False,
        "met_at": None,
    } | differing
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    async with store.writing(SCOPE) as tx:
        await tx.fetch(f"INSERT INTO clock ({', '.join(columns)}) VALUES ({places})", *columns.values())
    identity = columns["clock_id"]
    assert isinstance(identity, uuid.UUID)
    return identity


async def announced(store: Store, now: datetime = NOW, limit: int = 1000) -> list[str]:
    """Run the errand to its end; the clocks announced so far."""
    await breaches.announce(store, now=now, page=limit)
    async with store.reading(SCOPE) as tx:
        rows = await tx.fetch(
            "SELECT payload ->> 'deadline' AS clock FROM event WHERE type = 'deadline.breached'"
        )
    return [row["clock"] for row in rows]


async def test_an_overdue_clock_is_announced_once(opened: Store) -> None:
    overdue = await clock(opened)
    await announced(opened)
    assert (await announced(opened)).count(str(overdue)) == 1


async def test_what_is_not_overdue_is_not_announced(opened: Store) -> None:
    quiet = [
        await clock(opened, due=NOW + timedelta(seconds=1)),
        await clock(opened, met_at=NOW - timedelta(hours=1)),
        await clock(opened, provisional=True),
        await clock(opened, applicable=False),
        await clock(opened, applicable=None),
        await clock(opened, voided=True),
        await clock(opened, due=None),
    ]
    assert not {str(one) for one in quiet} & set(await announced(opened))


async def test_an_excused_clock_is_not_announced(opened: Store) -> None:
    excused = await clock(opened)
    async with opened.writing(SCOPE) as tx:
        await tx.fetch(
            "INSERT INTO excuse (excuse_id, clock_id, insurer, reason_code, reason, evidence, requested_at,"
            " requested_by, decision) VALUES ($1, $2, $3, 'outage', '停电', '[]', $4, 'a', 'upheld')",
            uuid.uuid4(),
            excused,
            INSURER,
            NOW,
        )
    assert str(excused) not in await announced(opened)


async def test_a_due_date_that_moved_is_announced_again_when_it_passes(opened: Store) -> None:
    moved = await clock(opened)
    await announced(opened)
    async with opened.writing(SCOPE) as tx:
        await tx.fetch("UPDATE clock SET due = $1 WHERE clock_id = $2", NOW + timedelta(days=2), moved)
    assert (await announced(opened)).count(str(moved)) == 1
    assert (await announced(opened, NOW + timedelta(days=3))).count(str(moved)) == 2


async def test_pages_lose_none(opened: Store) -> None:
    many = {str(await clock(opened)) for _ in range(7)}
    await clock(opened, voided=True)
    assert many <= set(await announced(opened, limit=3))


async def test_the_next_look_finds_what_has_run_out_since_and_not_what_was_looked_at_before(
    opened: Store,
) -> None:
    soon = await clock(opened, due=NOW + timedelta(hours=5))
    await announced(opened)
    # As no push can leave it: it would have been noted.
    unseen = await clock(opened, due=NOW - timedelta(days=9))
    found = await announced(opened, NOW + timedelta(hours=6))
    assert str(soon) in found
    assert str(unseen) not in found


async def test_what_a_push_wrote_before_the_look_and_committed_after_it_is_announced(opened: Store) -> None:
    async with opened.writing(SCOPE) as tx:
        await tx.fetch("SELECT 1")
        await announced(opened)
    committed = await clock(opened, due=NOW - timedelta(minutes=1))
    assert str(committed) in await announced(opened, NOW + timedelta(minutes=1))


async def settled(store: Store, number: str, start_on: date, due: datetime, now: datetime) -> uuid.UUID:
    """A clock as a push starts it."""
    fact = ClockFact("policy", number, "policy_upload", start_on=start_on, applicable=True)
    one = Settled(fact, "440605011", Due(start_on + timedelta(days=7), due, False), 2, start_on)
    async with store.writing(scope_of(FILER)) as tx:
        done = await clocks.settle(tx, INSURER, [one], now=now, subjects=[clocks.subject_id(INSURER, fact)])
    [[standing]] = done.standings.values()
    return standing.clock_id


async def test_a_clock_that_is_started_after_it_ran_out_is_announced(opened: Store) -> None:
    await announced(opened)
    now = datetime.now(UTC)
    late = await settled(opened, "P-LATE", now.date() - timedelta(days=40), now - timedelta(days=33), now)
    early = await settled(opened, "P-EARLY", now.date(), now + timedelta(days=7), now)
    found = await announced(opened)
    assert found.count(str(late)) == 1
    assert str(early) not in found
    async with opened.reading(SCOPE) as tx:
        assert not await tx.fetch("SELECT FROM clock_late")
