"""A push is planned once, perhaps over empty tables (decision 0028): does it stay cheap when they have filled?"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from ajx_gateway.demo.codes import uscc
from ajx_gateway.identity import Caller, scope_of
from ajx_gateway.intake.desk import Desk
from ajx_gateway.oversight import case_judging
from ajx_gateway.standard import KINDS
from ajx_gateway.store import attached_folding, breaches, cover_folding, folding
from ajx_gateway.store.database import Store

from .conftest import NOW, Make

# Not annual reports: each is compared with all that it sums up.
KINDS_OF_A_POLICY = ("policy", "endorsement", "claim", "service_plan", "service", "hazard", "fund_entry")
FEW, MANY = 3, 150
# Rows and index entries that were looked at, by whomever.
_READ = """
SELECT relname AS name, seq_tup_read + coalesce(idx_tup_fetch, 0) AS n FROM pg_stat_user_tables
UNION ALL SELECT indexrelname, idx_tup_read FROM pg_stat_user_indexes
"""

# As tables stand in the first minute of a load: many rows, and no word of what is in them.
_SEEM_LARGE = """
SELECT count(pg_restore_relation_stats('schemaname', schemaname::text, 'relname', tablename::text, 'relpages', 1,
    'reltuples', 1000000::real)) FROM pg_tables WHERE schemaname = 'public';
SELECT count(pg_clear_attribute_stats(schemaname, tablename, attname, inherited)::text) FROM pg_stats
    WHERE schemaname = 'public'
"""


# Policies' documents, and clocks that were excused.
_DOCUMENTED = """
INSERT INTO document (filing_id, policy_id, insurer, policy_no, media_type, sha256, bytes, accepted_at)
SELECT gen_random_uuid(), record_id, insurer, key, 'application/pdf', '', 1, now() FROM policy
"""
_EXCUSED = """
INSERT INTO excuse (excuse_id, clock_id, insurer, reason_code, reason, evidence, requested_at, requested_by, decision)
SELECT gen_random_uuid(), gen_random_uuid(), '9144AB000000000000', '', '', '{}', now(), '', 'upheld' FROM generate_series(1, $1)
"""


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """One connection: it keeps the plans that it made when there was nothing."""
    opened = Store(database_url, data_key=b"k" * 32, pool_size=1, pool_timeout=30)
    yield opened
    await opened.close()


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    tables = await connection.fetchval(
        "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    await connection.execute(f"TRUNCATE {tables}")  # tests of one module share a database
    yield connection
    await connection.close()


@pytest.fixture
def looked_at(
    desk: Desk, insurer: Caller, owner: asyncpg.Connection
) -> Callable[[], Awaitable[Counter[str]]]:
    async def so_far() -> Counter[str]:
        async with desk.store.writing(scope_of(insurer)) as tx:
            await tx.fetch("SELECT pg_stat_force_next_flush()")
        return Counter({row["name"]: row["n"] for row in await owner.fetch(_READ)})

    return so_far


def documents(make: Make, kind: str, first: int, count: int) -> list[dict[str, Any]]:
    """So many records of a kind, each of a policy, an enterprise and with evidence of its own."""
    made = []
    for n in range(first, first + count):
        changes: dict[str, Any] = {"policy_no": f"P{n}", KINDS[kind].key: f"{kind}-{n}"}
        match kind:
            case "policy":
                changes = {"policy_no": f"P{n}", "enterprise.uscc": uscc("440605", n)}
            case "service":
                shown = {"sha256": hashlib.sha256(b"%d" % n).hexdigest(), "media_type": "image/jpeg"}
                changes |= {"plan_no": f"service_plan-{n}", "evidence": [{**shown, "title": "现场照片"}]}
            case "hazard" | "fund_entry":
                changes |= {"service_no": f"service-{n}"}
        made.append(make(kind, **changes))
    return made


Cost = Callable[[int, int], Awaitable[Counter[str]]]
Grown = Callable[[Cost, Callable[[], Awaitable[object]]], Awaitable[str]]


@pytest.fixture(params=["nothing", "few", "many that nobody looked into"])
def grown(
    request: pytest.FixtureRequest, make: Make, push: Callable[..., Any], owner: asyncpg.Connection
) -> Grown:
    """What costs more when tables are full, in words; planned over tables that nobody had looked into yet, over tables
    known to be small, or in the middle of a first load."""

    async def compared(cost: Cost, follow: Callable[[], Awaitable[object]]) -> str:
        at_first = await cost(0, FEW)
        if request.param == "few":
            await owner.execute("ANALYZE")
            at_first |= await cost(FEW, FEW)
        elif request.param != "nothing":
            await owner.execute(_SEEM_LARGE)
        begin = 2 * FEW
        for kind in KINDS_OF_A_POLICY:
            answer = await push(kind, *documents(make, kind, begin, MANY))
            assert answer["counts"]["created"] == MANY, answer["items"][0]
        for document in documents(make, "policy", begin + MANY, MANY):  # as many filings
            await push("policy", document)
        await owner.execute(_DOCUMENTED)
        await owner.execute(_EXCUSED, MANY)
        await follow()
        await owner.execute("VACUUM finding_again")  # what was taken out is passed by a few times more
        at_last = await cost(begin + 2 * MANY, FEW)
        more = {what: (at_first[what], n) for what, n in at_last.items() if n > at_first[what] + MANY // 10}
        return "\n".join(f"{what} {n}" for what, n in more.items())

    return compared


async def nothing() -> None:
    pass


async def test_a_push_looks_at_as_few_rows_when_there_are_many_as_when_there_were_none(
    make: Make, push: Callable[..., Any], looked_at: Callable[[], Awaitable[Counter[str]]], grown: Grown
) -> None:
    async def cost(first: int, count: int) -> Counter[str]:
        """The rows looked at by single pushes, new and then corrected, by kind and table or index; the most of several."""
        found = Counter[str]()
        for kind in KINDS_OF_A_POLICY:
            for new in documents(make, kind, first, count):
                corrected = {**new, "revised_at": "2026-11-19T09:00:00+08:00"}
                for document, result in ((new, "created"), (corrected, "updated")):
                    before = await looked_at()
                    answer = await push(kind, document)
                    assert answer["counts"][result] == 1, answer
                    read = await looked_at() - before
                    found |= Counter({f"{kind} {result}: {name}": n for name, n in read.items()})
        return found

    more = await grown(cost, nothing)
    assert not more, more


async def test_who_follows_a_push_looks_at_as_few_rows_when_there_are_many_as_when_there_were_none(
    make: Make,
    push: Callable[..., Any],
    store: Store,
    looked_at: Callable[[], Awaitable[Counter[str]]],
    grown: Grown,
) -> None:
    async def follow() -> int:
        return await case_judging.collect(store, NOW + timedelta(days=1))

    async def cost(first: int, count: int) -> Counter[str]:
        """The rows looked at when a single push, new and then corrected, is followed: its findings, and who is judged again."""
        found = Counter[str]()
        for kind in KINDS_OF_A_POLICY:
            for new in documents(make, kind, first, count):
                for at in ("2026-11-18T09:00:00+08:00", "2026-11-19T09:00:00+08:00"):
                    await push(kind, {**new, "revised_at": at})
                    before = await looked_at()
                    assert await follow() == 1
                    read = await looked_at() - before
                    found |= Counter({f"{kind}: {name}": n for name, n in read.items()})
        return found

    more = await grown(cost, follow)
    assert not more, more


async def test_who_folds_what_is_attached_looks_at_as_few_rows_when_there_are_many_as_when_there_were_none(
    make: Make,
    push: Callable[..., Any],
    store: Store,
    looked_at: Callable[[], Awaitable[Counter[str]]],
    grown: Grown,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attached_folding, "_REST", 0)

    async def follow() -> int:
        return await attached_folding.fold(store)

    async def cost(first: int, count: int) -> Counter[str]:
        """The rows looked at when a single record, new and then corrected, is counted with what its policy has."""
        found = Counter[str]()
        for kind in KINDS_OF_A_POLICY:
            for new in documents(make, kind, first, count):
                for at in ("2026-11-18T09:00:00+08:00", "2026-11-19T09:00:00+08:00"):
                    await push(kind, {**new, "revised_at": at})
                    before = await looked_at()
                    assert await follow() == (kind != "policy")
                    read = await looked_at() - before
                    found |= Counter({f"{kind}: {name}": n for name, n in read.items()})
        return found

    more = await grown(cost, follow)
    assert not more, more


async def test_who_folds_sums_looks_at_as_few_rows_when_there_are_many_as_when_there_were_none(
    make: Make,
    push: Callable[..., Any],
    store: Store,
    looked_at: Callable[[], Awaitable[Counter[str]]],
    grown: Grown,
) -> None:
    async def follow() -> None:
        while await folding.fold(store):
            pass

    async def cost(first: int, count: int) -> Counter[str]:
        """The rows looked at when a single policy, new and then corrected, is added to the sums."""
        found = Counter[str]()
        for new in documents(make, "policy", first, count):
            for at, signed in ((18, "2026-10-08"), (19, "2026-10-09")):
                await push(
                    "policy", {**new, "revised_at": f"2026-11-{at}T09:00:00+08:00", "signed_on": signed}
                )
                before = await looked_at()
                assert await folding.fold(store) == at - 17  # what was is taken off
                found |= await looked_at() - before
        return found

    more = await grown(cost, follow)
    assert not more, more


# Who is insured and not yet on the roster comes to stand there, with evidence of another policy.
_LISTED = """
WITH new AS (SELECT DISTINCT enterprise_uscc AS uscc FROM policy WHERE enterprise_uscc NOT IN (SELECT uscc FROM roster_state)),
listed AS (INSERT INTO roster_state (entry_id, version, uscc, source, name, division, sector_tags, effective_from,
        filing_id, recorded_at, recorded_by)
    SELECT gen_random_uuid(), 1, uscc, '', '', '440605011', '{}', '2026-01-01', gen_random_uuid(), now(), '' FROM new),
proven AS (INSERT INTO roster_evidence (evidence_id, uscc, division, policy_no, insurer_name, policyholder_name,
        effective_on, expires_on, document_sha256, reason, accepted_at, accepted_by)
    SELECT gen_random_uuid(), uscc, '440605011', '', '', '', '2026-01-01', '2026-06-30', '', '', now(), '' FROM new)
INSERT INTO cover_change (enterprise_uscc) SELECT uscc FROM new
"""


async def test_who_folds_covers_looks_at_as_few_rows_when_there_are_many_as_when_there_were_none(
    make: Make,
    push: Callable[..., Any],
    store: Store,
    owner: asyncpg.Connection,
    looked_at: Callable[[], Awaitable[Counter[str]]],
    grown: Grown,
) -> None:
    cancelled = {"type": "cancel", "premium_change": "0.00"}
    cancelled |= {"cancellation": {"reason": "insured_request", "refund": "0.00"}}

    async def follow() -> int:
        await owner.execute(_LISTED)
        return await cover_folding.fold_some(store)

    async def cost(first: int, count: int) -> Counter[str]:
        """The rows looked at when a single enterprise is counted: newly insured and listed, and when that is cancelled."""
        found = Counter[str]()
        for kind, changes in (("policy", {}), ("endorsement", cancelled)):
            for new in documents(make, kind, first, count):
                answer = await push(kind, {**new, **changes})
                assert answer["counts"]["created"] == 1, answer
                await owner.execute(_LISTED)
                before = await looked_at()
                assert await cover_folding.fold_some(store) in {1, 2}
                read = await looked_at() - before
                found |= Counter({f"{kind}: {name}": n for name, n in read.items()})
        return found

    more = await grown(cost, follow)
    assert not more, more


# Clocks that run out at an instant, some ($3) when that has been looked at already.
_RUN_OUT = """
WITH new AS (INSERT INTO clock (clock_id, subject_id, subject_kind, subject_key, insurer, clock, start_on, start_seen_at,
        start_current, applicable, nominal_on, due, provisional, due_soon_days, voided)
    SELECT gen_random_uuid(), gen_random_uuid(), 'policy', 'P', '9144AB000000000000', 'policy_upload', '2026-01-01',
        '2026-01-01', '2026-01-01', true, '2026-01-08', $1, false, 2, false FROM generate_series(1, $2)
    RETURNING clock_id, insurer)
INSERT INTO clock_late (clock_id, insurer) SELECT clock_id, insurer FROM new WHERE $3
"""


async def test_who_announces_breaches_looks_at_as_few_rows_when_there_are_many_as_when_there_were_none(
    store: Store, owner: asyncpg.Connection, looked_at: Callable[[], Awaitable[Counter[str]]], grown: Grown
) -> None:
    now = NOW

    async def run_out(count: int, *, late: bool) -> None:
        nonlocal now
        now += timedelta(days=1)
        await owner.execute(_RUN_OUT, now - timedelta(days=5 if late else 0, hours=1), count, late)

    async def follow() -> None:
        for late in (True, False):
            await run_out(MANY, late=late)
            await breaches.announce(store, now=now)

    async def cost(_: int, count: int) -> Counter[str]:
        """The rows looked at when a single clock has run out, in time and late."""
        found = Counter[str]()
        for late in (True, False):
            for _ in range(count):
                await run_out(1, late=late)
                before = await looked_at()
                await breaches.announce(store, now=now)
                read = await looked_at() - before
                found |= Counter({f"{'late' if late else 'in time'}: {name}": n for name, n in read.items()})
        return found

    more = await grown(cost, follow)
    assert await owner.fetchval("SELECT count(*) FROM event WHERE type = 'deadline.breached'") >= 2 * (
        MANY + 2 * FEW
    )
    assert not more, more


_WAITING = """
INSERT INTO finding_again (record_id, kind, insurer, ready_at)
SELECT gen_random_uuid(), 'policy', '9144AB000000000000', '2026-11-20' FROM generate_series(1, $1)
"""


async def test_of_those_that_wait_to_be_judged_again_a_portion_is_looked_at(
    store: Store, owner: asyncpg.Connection, looked_at: Callable[[], Awaitable[Counter[str]]]
) -> None:
    later, portion = NOW + timedelta(days=1), 300
    for _ in range(2 * FEW):  # it is known how seldom anybody waits
        await case_judging.judge_some(store, later)
    await owner.execute(_WAITING, 20 * portion)
    before = await looked_at()
    assert await case_judging.judge_some(store, later) == portion
    read = await looked_at() - before
    assert read["finding_again"] <= 3 * portion
