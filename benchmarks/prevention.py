"""WHAT else lies in a province's gateway beside its policies? Services, funds, cancellations, claims, and a roster; by SQL alone.

Follows from the policies that ``benchmarks.generator`` has filled: of a million, three in ten had a service (300,000), two in a
hundred were cancelled (20,000, a few of them reinstated), four in a hundred had a claim; accruals and expenses of the
fund; clocks of services and claims. The roster has 150,000 entries of 广东, 60,000 of them in 佛山: about half of
their enterprises are ones that the policies name. Every value follows from a policy's number or an enterprise's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from ajx_gateway.identity import system_scope
from ajx_gateway.store import attached_folding, clock_endings, clock_grains, clock_sums, cover_folding
from ajx_gateway.store.attached_tables import SUMMED as ATTACHED
from ajx_gateway.store.clock_counting import CELL, cells, contribution, counts
from ajx_gateway.store.database import Store
from ajx_gateway.store.tables import HISTORY
from benchmarks import generator
from benchmarks.generator import PORTION, u

ENTRIES, ENTRIES_OF_THE_CITY = 150_000, 60_000
KINDS = ("service", "fund_entry", "endorsement", "claim")
# Of so many policies: the sizes above are told of a million.
_SHARE = 1_000_000
BATCH = 1_000
_AHEAD = ("attached_change", "attached_fact", "attached_sum", "attached_link")


def _identity(kind: str, key: str) -> str:
    """The record id that the gateway gives, and its digest as the hash of the content."""
    told = f"sha256(convert_to(p.insurer || chr(10) || '{kind}' || chr(10) || {key}, 'UTF8'))"
    return (
        f"(SELECT {key} AS own_key, b AS digest, {generator.UUID.replace('d.b', 'b')} AS own_id"
        f" FROM (SELECT {told} AS b) AS told)"
    )


def _state(at: str, key: str = "d.own_key") -> dict[str, str]:
    """What every record has: it became what it is at ``at``, and the gateway was told two days later."""
    return {
        "record_id": "d.own_id",
        "insurer": "p.insurer",
        "key": key,
        "revised_at": f"({at})::timestamp + interval '9 hours'",
        "content_hash": "substring(d.digest FROM 1 FOR 32)",
        "version": "1",
        "filing_id": "p.filing_id",
        "ordinal": "p.ordinal",
        "recorded_at": f"({at})::timestamp + interval '2 days'",
        "voided": "p.voided",
        "voided_by": "p.voided_by",
        "policy_id": "p.record_id",
        "policy_no": "p.key",
    }


# The policies of a portion with their numbers; a record's kind chooses among them.
_OF = "(SELECT *, substr(key, 5)::bigint AS i FROM policy WHERE key >= $1 AND key < $2) AS p"
_SERVED = f"{u('p.i', 31)} < 0.2"
_STARTED = f"p.effective_on + 5 + floor(300 * {u('p.i * 8 + n', 33)})::int"
_SERVICE = {
    "division": "p.division",
    "plan_no": "NULL",
    "state": f"CASE WHEN {u('p.i * 8 + n', 34)} < 0.03 THEN 'cancelled' WHEN {u('p.i', 35)} < 0.4 THEN 'completed'"
    " ELSE 'confirmed' END",
    "form": "'on_site'",
    "started_on": _STARTED,
    "service_division": "p.division",
    "agency_uscc": "NULL",
    "cost": f"round((200 + 1800 * {u('p.i * 8 + n', 36)})::numeric, 2)",
    "charge_mode": "'free'",
    "items": "ARRAY['training']",
    "evidence": "ARRAY[md5(d.own_key) || md5(p.key)]",
    "rating_attitude": "4",
    "rating_professionalism": "5",
    "rating_timeliness": f"1 + floor(5 * {u('p.i * 8 + n', 37)})::int",
}
_FUND = {
    "division": "left(p.division, 6)",
    "type": "CASE n WHEN 1 THEN 'accrual' ELSE 'spend' END",
    "amount": "CASE n WHEN 1 THEN p.fund_amount ELSE round(p.fund_amount / 2, 2) END",
    "entered_on": "p.effective_on + n * 20",
    "purpose": "CASE n WHEN 2 THEN 'training' END",
    "service_no": "NULL",
    "reverses_entry_no": "NULL",
    "kept_division": "left(p.division, 6)",
}
_ENDED = f"p.effective_on + floor(300 * power({u('p.i', 43)}, 2))::int"
_ENDORSEMENT = {
    "division": "NULL",
    "type": "CASE n WHEN 1 THEN 'cancel' ELSE 'reinstate' END",
    "issued_on": f"{_ENDED} + n",
    "effective_on": f"{_ENDED} + n",
    "new_expires_on": "NULL",
    "premium_change": "0",
    "insured_count_change": "NULL",
}
_REPORTED = f"p.effective_on + floor(340 * {u('p.i', 52)})::int"
_PAID = f"round((1000 + 90000 * {u('p.i', 54)})::numeric, 2)"
_CLAIM = {
    "division": "p.division",
    "state": f"CASE WHEN {u('p.i', 53)} < 0.2 THEN 'registered' ELSE 'closed' END",
    "close_result": f"CASE WHEN {u('p.i', 53)} >= 0.2 THEN 'paid' END",
    "reported_on": _REPORTED,
    "occurred_on": f"{_REPORTED} - 1",
    "accident_division": "p.division",
    "accident_type": "'other'",
    "accident_grade": "NULL",
    **dict.fromkeys(("deaths", "missing", "serious_injuries"), "0"),
    "minor_injuries": "1",
    "direct_loss": _PAID,
    "reserve": _PAID,
    "paid": f"CASE WHEN {u('p.i', 53)} < 0.2 THEN 0 ELSE {_PAID} END",
    "closed_on": f"CASE WHEN {u('p.i', 53)} >= 0.2 THEN {_REPORTED} + 30 END",
    "completed_on": f"CASE WHEN {u('p.i', 53)} >= 0.2 THEN {_REPORTED} + 30 END",
}
# Per kind: its columns, the day it happened, which policies have how many (numbered n), and the beginning of its keys.
_RECORDS = {
    "service": (_SERVICE, _STARTED, f"1 + ({u('p.i', 32)} < 0.5)::int", _SERVED),
    "fund_entry": (_FUND, "p.effective_on + n * 20", "2", _SERVED),
    "endorsement": (_ENDORSEMENT, f"{_ENDED} + n", f"1 + ({u('p.i', 44)} < 0.05)::int", f"{u('p.i', 41)} < 0.02"),
    "claim": (_CLAIM, _REPORTED, "1", f"{u('p.i', 51)} < 0.04"),
}  # fmt: skip

# What services and claims start or meet, in the shape of the gateway's own rows.
_CLOCKS = (
    f"""
    SELECT {generator.clock_id("p.record_id", "'service_done'")}, p.record_id, 'policy', p.key, p.insurer, 'service_done',
        left(p.division, 6), p.division, p.signed_on, p.recorded_at, p.signed_on, true, p.signed_on + 45,
        p.signed_on + 45 + interval '16 hours', false, 10,
        (SELECT min(s.recorded_at) FROM service s WHERE s.policy_id = p.record_id AND s.state = 'confirmed'), p.voided
    FROM {_OF} WHERE {u("p.i", 31)} < 0.3
    """,
    f"""
    SELECT {generator.clock_id("c.record_id", "'claim_result'")}, c.record_id, 'claim', c.key, c.insurer, 'claim_result',
        left(p.division, 6), p.division, c.completed_on, c.recorded_at, c.completed_on, true, c.completed_on + 7,
        c.completed_on + 7 + interval '16 hours', false, 3,
        c.completed_on + floor(9 * {u("p.i", 55)})::int + interval '10 hours', c.voided
    FROM {_OF} JOIN claim c ON c.policy_id = p.record_id WHERE c.completed_on IS NOT NULL
    """,
)
_CLOCK = (
    "INSERT INTO clock (clock_id, subject_id, subject_kind, subject_key, insurer, clock, jurisdiction, division, start_on,"
    " start_seen_at, start_current, applicable, nominal_on, due, provisional, due_soon_days, met_at, voided)"
)

_ROSTER = f"""
INSERT INTO roster_state (entry_id, version, uscc, source, name, division, sector_tags, employee_count, size,
    effective_from, filing_id, recorded_at, recorded_by)
SELECT md5('roster' || e)::uuid, 1, uscc, '应急管理部门（虚构）', '压测示例企业' || e || '（虚构）', division,
    string_to_array(CASE tags WHEN '' THEN 'machinery' ELSE tags END, ','), 10 + (e % 90)::int,
    CASE WHEN e % 10 < 6 THEN 'micro' WHEN e % 10 < 9 THEN 'small' ELSE 'medium' END,
    '2020-01-01', md5('roster')::uuid, '2020-01-01', 'benchmark'
FROM (
    SELECT *, row_number() OVER (PARTITION BY left(division, 4) = '4406' ORDER BY e) AS number
    FROM (SELECT e, '9144' || lpad(upper(to_hex(e)), 14, '0') AS uscc,
              {generator.lies_in("$1", "$2", "$3")} AS division, {generator.tagged("$7")} AS tags
          FROM generate_series(0, $4::bigint - 1) AS e) AS every
    WHERE left(division, 2) = '44') AS placed
WHERE number <= CASE WHEN left(division, 4) = '4406' THEN $5::int ELSE $6::int END
ON CONFLICT DO NOTHING
"""


def _insert(kind: str) -> str:
    """One statement: the records of a portion of policies, and their history."""
    columns, on, number, chosen = _RECORDS[kind]
    values = {**_state(on), **columns}
    names = ", ".join(values)
    identity = _identity(kind, f"'{kind[:3]}-' || p.i || '-' || n")
    return (
        f"WITH made AS (INSERT INTO {kind} ({names}) SELECT {', '.join(values.values())}"
        f" FROM {_OF} CROSS JOIN LATERAL generate_series(1, {number}) AS n"
        f" CROSS JOIN LATERAL {identity} AS d WHERE {chosen}"
        f" ON CONFLICT DO NOTHING RETURNING *),"
        f" kept AS (INSERT INTO {kind}_history ({names}) SELECT {names} FROM made)"
        " SELECT count(*) FROM made"
    )


async def furnish(connection: asyncpg.Connection, url: str, policies: int) -> dict[str, int]:
    """All that belongs to so many generated policies, unless it is there already; how many rows of each there are."""
    if not await connection.fetchval("SELECT count(*) FROM service"):
        await connection.execute("SET synchronous_commit = off")
        for begin in range(0, policies, PORTION):
            await _portion(connection, begin, min(policies, begin + PORTION))
        await _roster(connection, policies)
        await connection.execute("RESET synchronous_commit")
        for table in (*KINDS, *(HISTORY[kind].name for kind in KINDS), "roster_state", "clock"):
            await connection.execute(f"VACUUM ANALYZE {table}")
        await _counted(connection, url)
    return {
        table: await connection.fetchval(f"SELECT count(*) FROM {table}")
        for table in (*KINDS, "clock", "roster_state")
    }


async def _portion(connection: asyncpg.Connection, begin: int, end: int) -> None:
    keys = [f"GEN-{number:09}" for number in (begin, end)]
    async with connection.transaction():
        await connection.execute("SET LOCAL jit = off")
        for kind in KINDS:
            await connection.execute(
                _insert(kind).replace("$1", f"'{keys[0]}'").replace("$2", f"'{keys[1]}'")
            )
        for clocks in _CLOCKS:
            await connection.execute(f"{_CLOCK} {clocks}", *keys)


async def _roster(connection: asyncpg.Connection, policies: int) -> None:
    foshan, suzhou, counties = generator.places()
    size = policies / _SHARE
    await connection.execute(
        _ROSTER,
        foshan,
        suzhou,
        counties,
        generator.enterprises(policies),
        round(ENTRIES_OF_THE_CITY * size),
        round((ENTRIES - ENTRIES_OF_THE_CITY) * size),
        generator.tag_sets(),
    )


async def _counted(connection: asyncpg.Connection, url: str) -> None:
    """What pushes would have counted ahead: clocks, and who is covered; cancellations end clocks by the gateway's own hand."""
    store = Store(url, data_key=bytes(32), pool_size=2, pool_timeout=600)
    try:
        for insurer in generator.INSURERS:
            ids = await connection.fetch("SELECT record_id FROM endorsement WHERE insurer = $1", insurer)
            await _ended(store, insurer, [UUID(bytes=row["record_id"].bytes) for row in ids])
        await count_clocks(connection)
        async with store.reading(system_scope("benchmark")) as tx:
            if await clock_sums.miscounted(tx):
                raise SystemExit("the clocks are not counted as they are")
        await connection.execute(
            "INSERT INTO cover_change (enterprise_uscc) SELECT DISTINCT uscc FROM roster_state"
        )
        # The worker folds beside us; of the two one waits.
        while await connection.fetchval("SELECT EXISTS (SELECT 1 FROM cover_change)"):
            if not await cover_folding.fold(store, portion=BATCH * 20):
                await asyncio.sleep(1)
        for kind in ATTACHED:
            await connection.execute(
                "INSERT INTO attached_change (kind, subject_id, insurer)"
                f" SELECT DISTINCT '{kind}', coalesce(policy_id, record_id), insurer FROM {kind}"
            )
        while await connection.fetchval("SELECT EXISTS (SELECT 1 FROM attached_change)"):
            if not await attached_folding.fold(store, portion=BATCH * 20):
                await asyncio.sleep(1)
    finally:
        await store.close()
    for table in ("clock", "clock_delta", "clock_sum", "cover_change", "cover_segment", "cover_sum", *_AHEAD):
        await connection.execute(f"VACUUM ANALYZE {table}")


async def count_clocks(connection: asyncpg.Connection) -> None:
    """All clocks into all grains at once: folding millions portion by portion takes an hour."""
    async with connection.transaction():
        await connection.execute(
            "SET LOCAL work_mem = '256MB'; LOCK clock_sum, clock_delta; TRUNCATE clock_sum, clock_delta"
        )
        counted = cells(f"SELECT {contribution('c', '1')} FROM clock c WHERE {counts('c')}")
        await connection.execute(f"CREATE TEMPORARY TABLE counted ON COMMIT DROP AS {counted}")
        await connection.execute(
            f"INSERT INTO clock_sum (grain, {', '.join(CELL)}, n)"
            f" {clock_grains.told('SELECT * FROM counted')} ORDER BY 1, 4, 2, 3"
        )


async def _ended(store: Store, insurer: str, endorsements: Sequence[UUID]) -> None:
    for begin in range(0, len(endorsements), BATCH):
        async with store.writing(system_scope("benchmark")) as tx:
            await clock_endings.settle(tx, insurer, endorsements[begin : begin + BATCH])
