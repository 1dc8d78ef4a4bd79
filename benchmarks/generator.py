"""HOW does a gateway look after years of pushes? ``uv run python -m benchmarks.generator --data FOLDER --policies 5000000``.

Fills ``policy`` and ``policy_history`` of a gateway's folder by SQL alone, in minutes: five years of policies of twelve
insurers, spread unevenly over the towns of 佛山 and 宿州 and the counties of 广东, over industries, sizes and sector tags;
seven in ten policies name an enterprise of their own, the others renew. One in a hundred is voided. Every value follows
from the policy's number, so two runs give the same rows. With ``--clocks`` each policy gets clock rows as a push would
begin them. There are no filings behind these rows: figures and deadlines can be asked for, the bytes cannot.

Disk: about 1 GB a million policies (rows, history, indexes), 0.8 GB more with clocks, up to 1 GB of rolled-up sums (less a
million the more there are), and 2 GB of WAL: 15 GB free for five million, 20 GB with clocks.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from ajx_gateway.demo.codes import uscc
from ajx_gateway.standard import divisions, industries
from ajx_gateway.standard.codes import CODE_LISTS
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import folding
from ajx_gateway.store.database import Store
from benchmarks.figures import load
from benchmarks.installation import Gateway, connect, runner

INSURERS = [uscc("440600", 910_000 + number) for number in range(12)]
PORTION = 250_000
# Of a million policies 1.31 million enterprises are drawn from: 0.70 million differ.
_ENTERPRISES = 1.31

# How likely one name a number is: a fixed fraction in [0, 1) of a number and a purpose.
_U = "((hashint8extended({of}, {seed}) & 1048575) / 1048576.0)"


def u(of: str, seed: int) -> str:
    """SQL: a number in [0, 1) that follows from ``of`` and the purpose."""
    return _U.format(of=of, seed=seed)


def _pick(array: str, of: str, seed: int, skew: float = 1.0) -> str:
    """An element of an array parameter; a larger skew prefers the first ones."""
    return f"({array})[1 + floor(cardinality({array}) * power({u(of, seed)}, {skew}))::int]"


def lies_in(foshan: str, suzhou: str, counties: str) -> str:
    """SQL: where enterprise e lies, of three array parameters."""
    return (
        f"CASE WHEN {u('e', 1)} < 0.60 THEN {_pick(f'{foshan}::text[]', 'e', 2, 1.5)}"
        f" WHEN {u('e', 1)} < 0.80 THEN {_pick(f'{suzhou}::text[]', 'e', 3, 1.2)}"
        f" ELSE {_pick(f'{counties}::text[]', 'e', 4)} END"
    )


def tagged(sets: str) -> str:
    """SQL: its sector tags, of an array parameter, put together with commas."""
    return _pick(f"{sets}::text[]", "e", 7, 2.0)


# Everything of the enterprise follows from e, everything of the policy from i. OFFSET 0 is a fence: without it the
# planner puts each expression wherever its value is used, ten times over.
_SOURCE = f"""
SELECT i, e,
    {_pick("$3::text[]", "i", 11, 1.6)} AS insurer,
    'GEN-' || lpad(i::text, 9, '0') AS key,
    date '2021-01-01' + floor(1826 * power({u("i", 12)}, 0.85))::int AS signed_on,
    {lies_in("$4", "$5", "$6")} AS division,
    {_pick("$7::text[]", "e", 5, 1.7)} || lpad((floor(30 * {u("e", 6)})::int + 10)::text, 2, '0') AS industry,
    {tagged("$8")} AS tags,
    CASE WHEN {u("e", 8)} < 0.60 THEN 'micro' WHEN {u("e", 8)} < 0.88 THEN 'small'
         WHEN {u("e", 8)} < 0.97 THEN 'medium' ELSE 'large' END AS size,
    {u("e", 8)} AS bigness,
    {u("i", 13)} AS u1, {u("i", 14)} AS u2
FROM generate_series($1::bigint, $2::bigint - 1) AS i,
    LATERAL (SELECT (hashint8extended(i, 10) & 1099511627775) % $9::bigint AS e OFFSET 0) AS of_enterprise OFFSET 0
"""

_ID = "sha256(convert_to(s.insurer || chr(10) || 'policy' || chr(10) || s.key, 'UTF8'))"
UUID = (
    "encode(set_byte(set_byte(substr(d.b, 1, 16), 6, (get_byte(d.b, 6) & 15) | 128), 8,"
    " (get_byte(d.b, 8) & 63) | 128), 'hex')::uuid"
)

_COLUMNS = """
    record_id, insurer, key, revised_at, content_hash, version, filing_id, ordinal, recorded_at, voided,
    voided_by, division, enterprise_uscc, enterprise_name, industry, size, sector_tags, subject_type, signed_on,
    effective_on, expires_on, per_person_death, per_accident, aggregate, premium_base, premium_adjusted,
    premium_received, premium_refunded, insured_count, employee_count, fund_amount, subsidy_amount, branch_division,
    credit_list, standardization_level, renewal_of, migrated
"""

_FILL = f"""
WITH source AS ({_SOURCE}), sized AS (
    SELECT s.*, greatest(1, floor((2 + 6 * u1) * CASE size WHEN 'micro' THEN 1 WHEN 'small' THEN 4
        WHEN 'medium' THEN 25 ELSE 120 END))::int AS insured FROM source s OFFSET 0),
written AS (INSERT INTO policy ({_COLUMNS})
SELECT {UUID}, s.insurer, s.key, s.signed_on + interval '9 hours', substring(d.b FROM 1 FOR 32), 1,
    md5((s.i / 1000)::text)::uuid, (s.i % 1000)::int, s.signed_on + interval '2 days' + s.u1 * interval '3 days',
    s.u2 < 0.01, CASE WHEN s.u2 < 0.01 THEN md5((s.i / 1000)::text)::uuid END,
    s.division, '9144' || lpad(upper(to_hex(s.e)), 14, '0'), '压测示例企业' || s.e || '（虚构）', s.industry, s.size,
    string_to_array(s.tags, ','), 'enterprise', s.signed_on, s.signed_on + (s.u1 * 15)::int,
    s.signed_on + (s.u1 * 15)::int + 364, m.death, m.death * least(greatest(s.insured, 2), 10),
    m.death * 2 * least(greatest(s.insured, 2), 10), m.base, m.adjusted, m.adjusted,
    CASE WHEN s.u2 > 0.97 THEN round(m.adjusted / 10, 2) ELSE 0 END, s.insured,
    s.insured + (s.u2 * s.insured / 8)::int, round(m.adjusted * 0.12, 2),
    CASE WHEN s.u2 > 0.5 AND s.u2 < 0.53 THEN round(m.adjusted * 0.3, 2) END, left(s.division, 6), 'none', 'none',
    NULL, NULL
FROM sized s, LATERAL (SELECT {_ID} AS b OFFSET 0) AS d, LATERAL (
    SELECT (ARRAY[300000, 500000, 600000, 800000, 1000000])[1 + floor(5 * s.u2)::int]::numeric(18, 2) AS death,
        round((s.insured * (150 + 450 * s.u1))::numeric, 2) AS base,
        round((s.insured * (150 + 450 * s.u1) * (0.8 + 0.4 * s.u2))::numeric, 2) AS adjusted OFFSET 0) AS m
    RETURNING *),
kept AS (INSERT INTO policy_history ({_COLUMNS}) SELECT {_COLUMNS} FROM written)
"""


def clock_id(subject: str, clock: str) -> str:
    """SQL: the id that the gateway gives a record's clock."""
    named = f"{subject}::text || chr(10) || {clock} || chr(10) || chr(10)"
    return f"encode(substr(sha256(convert_to({named}, 'UTF8')), 1, 16), 'hex')::uuid"


# What a push would have begun: a row a clock, in the shape of the gateway's own.
_CLOCKS = f"""
, begun AS (
    INSERT INTO clock (clock_id, subject_id, subject_kind, subject_key, insurer, clock, jurisdiction, division, start_on,
        start_seen_at, start_current, applicable, nominal_on, due, provisional, due_soon_days, met_at, voided)
    SELECT {clock_id("p.record_id", "c.clock")}, p.record_id, 'policy', p.key, p.insurer, c.clock,
        left(p.division, 6), p.division, p.signed_on, p.recorded_at, p.signed_on, true, p.signed_on + c.days,
        p.signed_on + c.days + interval '16 hours', false, 7,
        CASE WHEN p.insured_count % 10 > 0 THEN p.recorded_at + interval '1 day' END, p.voided
    FROM written p, (VALUES ('policy_upload', 7), ('service_assigned', 15), ('service_planned', 30)) AS c(clock, days))
"""
_DONE = "SELECT count(*) FROM written"


def places() -> tuple[list[str], list[str], list[str]]:
    """The towns of 佛山, those of 宿州, the counties of 广东."""
    counties = [
        code for code in divisions.table() if len(code) == 6 and code[:2] == "44" and code[4:] != "00"
    ]
    return [t.code for t in divisions.towns("4406")], [t.code for t in divisions.towns("3413")], counties


def tag_sets() -> list[str]:
    """Typical sets, the commoner first: none, one, two or three tags in the order of the code list."""
    tags = CODE_LISTS["sector_tag"].codes()
    sets = ["", "", ""]
    for number, tag in enumerate(tags):
        sets.append(tag)
        if number % 2:
            sets.append(",".join(tags[number - 1 : number + 1]))
        if number % 5 == 4:
            sets.append(",".join((tags[number - 4], tags[number - 2], tag)))
    return sets


def enterprises(policies: int) -> int:
    """Of how many enterprises so many policies name some."""
    return max(1, round(_ENTERPRISES * policies))


async def grow(
    connection: asyncpg.Connection, url: str, begin: int, end: int, *, clocks: bool = False
) -> None:
    """Policies number ``begin`` to ``end`` (exclusive). Indexes are set aside when most rows are new."""
    fresh = (
        begin == 0 and end - begin >= PORTION and not await connection.fetchval("SELECT count(*) FROM policy")
    )
    aside = await _without_indexes(connection) if fresh else []
    await connection.execute("SET synchronous_commit = off")
    await connection.execute("SET maintenance_work_mem = '512MB'")
    foshan, suzhou, counties = places()
    industry = [code for code in industries.table() if len(code) == 3]
    # Manufacturing first: it is what most of these policies insure.
    industry.sort(key=lambda code: (code[0] != "C", code))
    arrays = (INSURERS, foshan, suzhou, counties, industry, tag_sets())
    for first in range(begin, end, PORTION):
        last = min(end, first + PORTION)
        async with connection.transaction():
            await connection.execute("SET LOCAL jit = off")
            made = await connection.fetchval(
                _FILL + (_CLOCKS if clocks else "") + _DONE, first, last, *arrays, enterprises(end)
            )
            if made != last - first:
                raise SystemExit(f"{made} policies made, not {last - first}")
    for statement in aside:
        await connection.execute(statement)
    await connection.execute("RESET synchronous_commit")
    await fill_sums(connection, url, begin, end)
    for table in ("policy", "policy_history", "clock", "policy_delta", "policy_sum", "enterprise_month"):
        await connection.execute(f"VACUUM ANALYZE {table}")


async def _without_indexes(connection: asyncpg.Connection) -> list[str]:
    """Drops what is slow to keep up row by row; returns the statements that make it again."""
    found = await connection.fetch(
        "SELECT i.indexrelid::regclass::text AS index, i.indrelid::regclass::text AS table,"
        " pg_get_indexdef(i.indexrelid) AS made, c.conname, pg_get_constraintdef(c.oid) AS bound"
        " FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')"
        " WHERE i.indrelid IN ('policy'::regclass, 'policy_history'::regclass, 'clock'::regclass)"
    )
    again = []
    for row in found:
        if row["conname"]:
            await connection.execute(f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['conname']}")
            again.append(f"ALTER TABLE {row['table']} ADD CONSTRAINT {row['conname']} {row['bound']}")
        else:
            await connection.execute(f"DROP INDEX {row['index']}")
            again.append(row["made"])
    return again


async def fill_sums(connection: asyncpg.Connection, url: str, begin: int, end: int) -> None:
    """What pushes would have added to the rolled-up sums: their deltas, then folded until none is left."""
    columns = await connection.fetchval(
        "SELECT string_agg(quote_ident(d.column_name), ', ') FROM information_schema.columns d"
        " JOIN information_schema.columns p ON p.table_name = 'policy' AND p.column_name = d.column_name"
        " WHERE d.table_name = 'policy_delta' AND d.table_schema = p.table_schema"
    )
    await connection.execute(
        f"INSERT INTO policy_delta (sign, {columns}) SELECT 1, {columns} FROM policy WHERE NOT voided"
        " AND key >= 'GEN-' || lpad($1::bigint::text, 9, '0') AND key < 'GEN-' || lpad($2::bigint::text, 9, '0')",
        begin,
        end,
    )
    # The worker folds beside us; of the two one waits.
    store = Store(url, data_key=bytes(32), pool_size=1, pool_timeout=600)
    try:
        while await connection.fetchval("SELECT EXISTS (SELECT FROM policy_delta)"):
            await folding.fold(store, portion=PORTION)
    finally:
        await store.close()


async def name_insurers(connection: asyncpg.Connection) -> None:
    await connection.executemany(
        "INSERT INTO insurer (insurer, name, division, registered_at) VALUES ($1, $2, '440600', now())"
        " ON CONFLICT DO NOTHING",
        [(code, f"压测示例财险{number}（虚构）") for number, code in enumerate(INSURERS)],
    )


async def check(connection: asyncpg.Connection, policies: int) -> dict[str, float]:
    """The rows are as many and as various as they should be."""
    row = await connection.fetchrow(
        "SELECT count(*) AS held, count(DISTINCT enterprise_uscc) AS enterprises, count(DISTINCT division) AS places,"
        " count(DISTINCT industry) AS industries, count(DISTINCT insurer) AS insurers,"
        " (SELECT count(*) FROM policy_history WHERE key LIKE 'GEN-%') AS kept,"
        " (SELECT record_id FROM policy WHERE key = 'GEN-000000000') AS first_id,"
        " (SELECT insurer FROM policy WHERE key = 'GEN-000000000') AS first_insurer"
        " FROM policy WHERE key LIKE 'GEN-%'"
    )
    if row["held"] != policies or row["kept"] != policies:
        raise SystemExit(f"{row['held']} policies and {row['kept']} states, not {policies}")
    if bytes(row["first_id"].bytes) != record_id(row["first_insurer"], "policy", "GEN-000000000").bytes:
        raise SystemExit("the ids are not the gateway's")
    return {
        "enterprises": row["enterprises"],
        "distinct": round(row["enterprises"] / policies, 3),
        "places": row["places"],
        "industries": row["industries"],
        "insurers": row["insurers"],
    }


async def fill(gateway: Gateway, policies: int, *, clocks: bool = False) -> dict[str, float]:
    """Fill the gateway's own database up to so many generated policies."""
    connection = await connect(gateway.database_url)
    try:
        await name_insurers(connection)
        held = await connection.fetchval("SELECT count(*) FROM policy WHERE key LIKE 'GEN-%'")
        if held < policies:
            await grow(connection, gateway.database_url, held, policies, clocks=clocks)
        return await check(connection, policies)
    finally:
        await connection.close()


async def size(gateway: Gateway) -> Sequence[tuple[str, float]]:
    """MiB a table holds with its indexes."""
    connection = await connect(gateway.database_url)
    try:
        rows = await connection.fetch(
            "SELECT relname, pg_total_relation_size(oid) / 1048576.0 AS mib FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT 6"
        )
        return [(row["relname"], float(row["mib"])) for row in rows]
    finally:
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="the gateway's data folder, made when absent"
    )
    parser.add_argument("--policies", type=int, default=5_000_000)
    parser.add_argument("--clocks", action="store_true", help="also three clock rows a policy")
    given = parser.parse_args()
    with Gateway(given.data) as gateway, runner() as loop:
        begun = time.perf_counter()
        found = loop.run(fill(gateway, given.policies, clocks=given.clocks))
        print(f"{given.policies:,} policies in {time.perf_counter() - begun:,.0f} s: {found}")
        for table, mib in loop.run(size(gateway)):
            print(f"{table:>24} {mib:10,.0f} MiB")
        print(load())


if __name__ == "__main__":
    main()
