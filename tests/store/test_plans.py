"""Is a question planned for what it asks about, each time, and a push as seldom as may be?"""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from ajx_gateway.identity import Caller, Scope, scope_of, system_scope
from ajx_gateway.store import clock_lists, streaming, tables
from ajx_gateway.store.arrays import literal
from ajx_gateway.store.case_collecting import FILED
from ajx_gateway.store.clocks import ROW, SETTLE, STANDINGS
from ajx_gateway.store.database import Store

# Every clock is looked at.
SCANNED = re.compile(r"Seq Scan on clock( |$)", re.MULTILINE)
# Asked so often, PostgreSQL would plan a statement once for all values otherwise.
OFTEN = 12


@pytest.fixture
async def store(database_url: str):
    opened = Store(database_url, data_key=b"k" * 32, pool_size=1)
    yield opened
    await opened.close()


async def test_a_question_that_is_asked_often_is_planned_for_its_own_values(store: Store) -> None:
    for _ in range(OFTEN):
        async with store.reading(system_scope("ask")) as tx:
            await tx.fetch("SELECT count(*) FROM policy WHERE starts_with(division, $1)", "4406")
    async with store.reading(system_scope("look")) as tx:
        rows = await tx.fetch(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%starts_with%'"
            " AND statement NOT LIKE '%pg_prepared%'"
        )
    assert [(row["custom_plans"], row["generic_plans"]) for row in rows] == [(OFTEN, 0)]


async def test_what_writes_may_keep_its_plan(store: Store) -> None:
    async with store.writing(system_scope("write")) as tx:
        [row] = await tx.fetch("SELECT current_setting('plan_cache_mode') AS mode")
    assert row["mode"] == "auto"


_INSURER = "91440600MA0000001A"
_CLOCKS = f"""
INSERT INTO clock (clock_id, subject_id, subject_kind, subject_key, insurer, clock, division, start_on, start_seen_at,
    start_current, applicable, nominal_on, due, provisional, due_soon_days, voided)
SELECT gen_random_uuid(), md5((n / 3)::text)::uuid, 'policy', 'P' || n / 3, '{_INSURER}', 'policy_upload',
    '440605011', '2026-01-01', '2026-01-01', '2026-01-01', true, '2026-01-08', '2026-01-09', false, 2, false
FROM generate_series(1, 200000) AS n
"""


@pytest.fixture
async def many_clocks(owner: asyncpg.Connection) -> AsyncIterator[None]:
    await owner.execute(_CLOCKS)
    await owner.execute("ANALYZE clock")
    yield
    await owner.execute("TRUNCATE clock")


async def plan_of(store: Store, scope: Scope, sql: str, *arguments: object) -> str:
    async with store.writing(scope) as tx:
        return "\n".join(row[0] for row in await tx.fetch(f"EXPLAIN {sql}", *arguments))


@pytest.mark.usefixtures("many_clocks")
@pytest.mark.parametrize("change", [False, True])
async def test_the_clocks_of_a_push_are_found_by_their_subjects_however_many_there_are(
    store: Store, change: bool
) -> None:
    caller = Caller("insurer-a", "insurer", "示例保险（虚构）", insurer=_INSURER)
    settling = _settling(1_000)
    asked = (SETTLE, *settling) if change else (STANDINGS, settling[2])
    plan = await plan_of(store, scope_of(caller), *asked)
    assert "ix_clock_subject_id" in plan
    assert not SCANNED.search(plan)
    assert "Gather" not in plan


def _settling(subjects: int) -> tuple[object, ...]:
    ids = literal("uuid", [uuid.uuid4() for _ in range(subjects)])
    return _INSURER, True, ids, ids, *("{}" for _ in ROW)


async def test_a_push_is_planned_once_and_scans_no_clocks_though_there_were_none_when_it_was_planned(
    store: Store, owner: asyncpg.Connection
) -> None:
    scope = scope_of(Caller("insurer-a", "insurer", "示例保险（虚构）", insurer=_INSURER))
    for _ in range(OFTEN):
        async with store.pushing(scope) as tx:
            await tx.fetch(SETTLE, *_settling(1))
    await owner.execute(_CLOCKS)
    try:
        async with store.pushing(scope) as tx:
            [kept] = await tx.fetch(
                "SELECT name, custom_plans, generic_plans FROM pg_prepared_statements WHERE statement = $1",
                SETTLE,
            )
            given = ", ".join("true" if value is True else f"'{value}'" for value in _settling(1_000))
            rows = await tx.fetch(f"EXPLAIN EXECUTE {kept['name']}({given})")
    finally:
        await owner.execute("TRUNCATE clock")
    plan = "\n".join(row[0] for row in rows)
    assert (kept["custom_plans"], kept["generic_plans"]) == (0, OFTEN)
    assert "ix_clock_subject_id" in plan
    assert not SCANNED.search(plan)


async def test_the_covers_of_a_batch_are_found_by_their_enterprises_though_days_seemed_to_tell_more(
    store: Store, owner: asyncpg.Connection
) -> None:
    await owner.execute(_records("policy"))  # of one enterprise all
    await owner.execute("ANALYZE policy")
    scope = scope_of(Caller("insurer-a", "insurer", "示例保险（虚构）", insurer=_INSURER))
    try:
        async with store.pushing(scope) as tx:
            await tx.fetch(
                "SELECT * FROM covers_of($1, $2, '2030-01-01', '2030-12-31')",
                ["91440600MA0000002B"],
                _INSURER,
            )
            [used] = await tx.fetch(
                "SELECT pg_stat_get_xact_numscans('ix_policy_in_force'::regclass) AS by_days,"
                " pg_stat_get_xact_numscans('ix_policy_enterprise_uscc'::regclass) AS by_enterprise"
            )
    finally:
        await owner.execute("TRUNCATE policy")
    assert (used["by_days"], used["by_enterprise"]) == (0, 1)


_ALARMS = f"""
INSERT INTO event (event_id, seq, insurer, type, payload, happened_at)
SELECT gen_random_uuid(), n, '{_INSURER}', 'deadline.breached', '{{}}', now() FROM generate_series(1, 50000) AS n
"""


async def test_the_filings_of_a_feed_are_found_among_its_alarms_however_many_there_are(
    store: Store, owner: asyncpg.Connection
) -> None:
    await owner.execute(_ALARMS)
    await owner.execute("ANALYZE event")
    scope = system_scope("collect findings")
    assert "ix_event_filed" in await plan_of(store, scope, FILED, _INSURER, 0, -1, uuid.UUID(int=0), 500)


@pytest.mark.usefixtures("many_clocks")
async def test_a_regulator_sees_excuses_without_looking_at_every_clock(store: Store) -> None:
    caller = Caller("regulator-a", "regulator", "示例区（虚构）", territory="440605")
    plan = await plan_of(store, scope_of(caller), "SELECT * FROM excuse")
    assert "pk_clock" in plan
    assert not SCANNED.search(plan)


_NOW = datetime(2026, 1, 10, tzinfo=UTC)
_ALIKE = {
    "insurer": f"'{_INSURER}'", "revised_at": "now()", "recorded_at": "now()", "content_hash": "'\\x00'", "version": "1",
    "filing_id": "md5('f')::uuid", "ordinal": "0", "voided": "false", "signed_on": "'2026-01-01'",
    "effective_on": "'2026-01-01'", "expires_on": "'2027-01-01'", "reported_on": "'2026-01-01'",
    "occurred_on": "'2026-01-01'", "sector_tags": "'{}'", "division": "'440605011'", "policy_no": "'P' || n",
}  # fmt: skip
_IDS = {
    "policy": {"record_id": "md5('P' || n)::uuid", "key": "'P' || n"},
    "claim": {"record_id": "md5('C' || n)::uuid", "key": "'C' || n", "policy_id": "md5('P' || n)::uuid"},
}


def _records(kind: str) -> str:
    """Twelve thousand records of a kind, alike but for their numbers."""
    told = _ALIKE | _IDS[kind]
    values = {
        c.name: told.get(c.name, "'0'")
        for c in tables.RECORDS[kind].c
        if not c.nullable or c.name in _IDS[kind]
    }
    names, cells = ", ".join(values), ", ".join(values.values())
    return f"INSERT INTO {kind} ({names}) SELECT {cells} FROM generate_series(1, 12000) AS n"


# A clock in four was asked to be excused.
_EXCUSES = """
INSERT INTO excuse (excuse_id, clock_id, insurer, reason_code, reason, evidence, requested_at, requested_by, decision,
    decided_at)
SELECT gen_random_uuid(), clock_id, insurer, 'other', 'x', '[]', '2026-01-05', 'insurer-a', 'upheld', '2026-01-06'
FROM clock WHERE get_byte(uuid_send(clock_id), 0) < 64
"""


@pytest.fixture
async def many_claims(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """Every policy has a clock and a claim with another."""
    for kind, prefix in (("policy", "P"), ("claim", "C")):
        await owner.execute(_records(kind))
        mine = _CLOCKS.replace("md5((n / 3)::text)", f"md5('{prefix}' || n)").replace("200000", "12000")
        await owner.execute(mine.replace("'policy', 'P' || n / 3", f"'{kind}', '{prefix}' || n"))
    await owner.execute(_EXCUSES)
    await owner.execute("ANALYZE")
    yield
    await owner.execute("TRUNCATE clock, excuse, claim, policy")


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


@pytest.mark.usefixtures("many_claims")
@pytest.mark.parametrize("territory", ["4406", "440605"])
async def test_a_whole_list_of_clocks_looks_their_claims_up_or_hashes_them_and_compares_none_with_all(
    store: Store, territory: str
) -> None:
    caller = Caller("regulator-a", "regulator", "示例市（虚构）", territory=territory)
    async with store.reading(scope_of(caller)) as tx:
        sql, values = streaming._written(tx, clock_lists.everything(tx, clock_lists.Wanted(), now=_NOW))
        [row] = await tx.fetch(f"EXPLAIN (FORMAT JSON) {sql}", *values)
    nodes = list(_nodes(row[0][0]["Plan"]))
    assert {"clock", "claim", "policy"} <= {node.get("Relation Name") for node in nodes}
    compared = [node for node in nodes if node["Node Type"] == "Nested Loop" and "Join Filter" in node]
    assert compared == []
