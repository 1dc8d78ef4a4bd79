"""HOW do the counts of what is attached follow what changes? One folder at a time counts anew whoever was noted.

A portion of notes of one kind is taken out and facts, sums and links are put right by one statement: it sees one state
of the database, every change whose note it sees and no other. Killed in the middle, nothing has happened. What waited
for its policy is counted anew as soon as that is there.
"""

from __future__ import annotations

import asyncio
from functools import cache
from time import monotonic
from typing import Final

from ajx_gateway.identity import system_scope
from ajx_gateway.store.attached_tables import SUMMED
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.folders import Turn, tidy
from ajx_gateway.store.linking import everywhere

PORTION: Final = 2_000
# With more notes of a kind than this (after a migration, a restore) everything of the kind is counted at once.
MANY: Final = 20_000
# (digits of the place, by insurer): what is added up. What else is asked is read from the facts.
GRAINS: Final = (
    (0, False), (2, False), (4, False), (6, False), (9, False), (0, True), (2, True), (4, True), (6, True),
)  # fmt: skip
KEY: Final = ("subject_id", "day")
PLACE: Final = ("placed", "division", "insurer", "industry", "size", "tags", "enterprise")
_TURN: Final = Turn("ajx fold attached")
alone = _TURN.alone
# Nothing is known about the sizes when it is planned, once, for good: whoever must be counted anew is looked up by the id,
# each behind an OFFSET 0, and of the tables only the notes have no index (see decision 0028).
_ROOM = (
    "SELECT set_config('work_mem', '64MB', true), set_config('enable_hashjoin', 'off', true),"
    " set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true),"
    " set_config('plan_cache_mode', 'force_generic_plan', true)"
)
# Where everything is compared, everything is read.
_WHOLE = (
    "SELECT set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true),"
    " set_config('enable_seqscan', 'on', true)"
)
_REST, _LONGEST_REST = 2.0, 3.0
_COUNTED: Final = ("attached_fact", "attached_sum", "attached_link")


async def fold(store: Store, *, portion: int = PORTION, arrivals: bool = True) -> int:
    """Fold one portion of every kind of what is committed; how many subjects that were (0 also while another folder is at
    work).

    ``arrivals``: also look at those who wait for their policies, every one of them. After each portion it rests twice as
    long as that took: whoever pushes or asks meanwhile comes first.
    """
    folded = 0
    for kind in SUMMED:
        begun = monotonic()
        taken = await _fold_kind(store, kind, portion, arrivals)
        if taken:
            folded += taken
            await asyncio.sleep(min(_REST * (monotonic() - begun), _LONGEST_REST))
    if folded:
        await tidy(store, "attached_change", *(_COUNTED if folded > MANY else ()))
    return folded


async def _fold_kind(store: Store, kind: str, portion: int, arrivals: bool) -> int:
    async with store.writing(system_scope("fold what is attached")) as tx:
        if not await _TURN.taken(tx):
            return 0
        if (await tx.fetch(_NOTES, kind, MANY + 1))[0]["notes"] > MANY:
            return await count_all(tx, kind)
        return await fold_portion(tx, kind, portion, arrivals=arrivals)


async def fold_portion(tx: Transaction, kind: str, portion: int = PORTION, *, arrivals: bool = True) -> int:
    """Fold one portion of a kind in a transaction that no other folder disturbs."""
    await tx.fetch(_ROOM)
    noted = (await tx.fetch(_NOTES, kind, 1))[0]["notes"]
    if not noted and not (arrivals and (await tx.fetch(_ARRIVED, kind))[0]["anybody"]):
        return 0
    [row] = await tx.fetch(_folding(kind), kind, portion)
    return int(row["taken"])


async def count_all(tx: Transaction, kind: str) -> int:
    """Count everything of a kind anew, in a transaction that no other folder disturbs; how many notes there were.

    What is noted meanwhile stays noted and is counted once more.
    """
    [row] = await tx.fetch(
        "WITH taken AS (DELETE FROM attached_change WHERE kind = $1 RETURNING 1) SELECT count(*) AS notes FROM taken",
        kind,
    )
    await tx.fetch("SELECT set_config('work_mem', '256MB', true)")
    for table in _COUNTED:
        await tx.fetch(f"DELETE FROM {table} WHERE kind = $1", kind)  # noqa: S608
    names, facts, cells = columns(kind), *_stored(kind)
    await tx.fetch(
        f"INSERT INTO attached_fact (kind, {names}) SELECT '{kind}', {names} FROM ({anew(kind, 'true')}) AS anew"  # noqa: S608
        " ORDER BY subject_id, day"
    )
    await tx.fetch(
        f"INSERT INTO attached_sum (kind, grain, division, month, insurer, records, {', '.join(SUMMED[kind])})"
        f" {summed(kind, facts)} ORDER BY 2, 3, 4, 5"
    )
    await tx.fetch(
        "INSERT INTO attached_link (kind, grain, division, month, previous, insurer, enterprises)"
        f" {linked(kind, cells)} ORDER BY 2, 3, 4, 5, 6"
    )
    return int(row["notes"])


def _stored(kind: str) -> tuple[str, str]:
    """The facts of a kind as ``summed`` reads them, and its enterprises as ``linked`` does."""
    facts = f"(SELECT {columns(kind)}, 1 AS sign FROM public.attached_fact WHERE kind = '{kind}') AS facts"  # noqa: S608
    cells = (
        "(SELECT enterprise, division, insurer, date_trunc('month', day::timestamp)::date AS month, false AS was,"  # noqa: S608
        f" true AS now FROM public.attached_fact WHERE kind = '{kind}' AND placed AND enterprise IS NOT NULL"
        " GROUP BY 1, 2, 3, 4) AS cells"
    )
    return facts, cells


_NOTES: Final = (
    "SELECT count(*) AS notes FROM (SELECT 1 FROM attached_change WHERE kind = $1 LIMIT $2) AS told"
)
# Who waited for a policy that is there now.
_CAME: Final = (
    "SELECT f.subject_id FROM (SELECT subject_id FROM attached_fact WHERE kind = $1 AND NOT placed OFFSET 0) AS f"
    " CROSS JOIN LATERAL (SELECT 1 FROM policy WHERE record_id = f.subject_id OFFSET 0) AS p"
)
_ARRIVED: Final = f"SELECT EXISTS ({_CAME}) AS anybody"


def columns(kind: str) -> str:
    """What a fact of the kind has, in the order of the table."""
    return ", ".join([*KEY, *PLACE, "records", *SUMMED[kind]])


def anew(kind: str, who: str) -> str:
    """The facts of a kind as they should be, of the subjects that ``who``, a condition on ``subject_id``, chooses."""
    return _added_up(kind, f"attached_{kind} WHERE {who}")


def _added_up(kind: str, rows: str) -> str:
    place = ", ".join([*KEY, *PLACE])
    sums = "".join(f", sum({name}) AS {name}" for name in SUMMED[kind])
    return f"SELECT {place}, count(*) AS records{sums} FROM {rows} GROUP BY {place}"  # noqa: S608


def _each(of: str, rows: str) -> str:
    """For each row ``of`` these, as ``FROM`` takes them: looked up one by one."""
    return f"{of} CROSS JOIN LATERAL (SELECT {rows} OFFSET 0)"


def summed(kind: str, facts: str) -> str:
    """The cells of ``attached_sum`` that ``facts`` (with a ``sign``) add up to."""
    names = ("records", *SUMMED[kind])
    grains = ", ".join(f"({number}, {place}, {by})" for number, (place, by) in enumerate(GRAINS))
    total = ", ".join(f"sum({name}) AS {name}" for name in names)
    once = ", ".join(f"sum(sign * {name}) AS {name}" for name in names)
    something = " OR ".join(f"sum({name}) <> 0" for name in names)
    return (
        f"SELECT '{kind}' AS kind, g.grain, left(division, g.place) AS division, month,"  # noqa: S608
        f" CASE WHEN g.insurers THEN insurer ELSE '' END AS insurer, {total} FROM (SELECT division, insurer,"
        f" date_trunc('month', day::timestamp)::date AS month, {once} FROM {facts} WHERE placed GROUP BY 1, 2, 3) AS s"
        f" CROSS JOIN (VALUES {grains}) AS g(grain, place, insurers) GROUP BY 2, 3, 4, 5 HAVING {something}"
    )


def linked(kind: str, cells: str) -> str:
    """The rows of ``attached_link`` that ``cells`` (enterprise, division, insurer, month, and whether it was and is there)
    add up to.
    """
    return (
        "WITH cells AS (SELECT *, min(division) OVER w = max(division) OVER w AS settled"  # noqa: S608
        f" FROM {cells} WINDOW w AS (PARTITION BY enterprise)),"
        f" {everywhere('cells', 'enterprise')}"
        f" SELECT '{kind}' AS kind, grain, division, month, previous, insurer, sum(n)::bigint AS enterprises"
        " FROM everywhere GROUP BY 2, 3, 4, 5, 6 HAVING sum(n) <> 0"
    )


@cache
def _folding(kind: str) -> str:
    key, row, names = ", ".join(KEY), columns(kind), ("records", *SUMMED[kind])
    changed = ", ".join(f"{name} = excluded.{name}" for name in (*PLACE, *names))
    more = ", ".join(f"{name} = s.{name} + excluded.{name}" for name in names)
    cell = "enterprise, division, insurer, date_trunc('month', day::timestamp)::date"
    each = _each("who", f"* FROM attached_{kind} WHERE subject_id = who.id")
    # The kind is said so that no index of kinds answers: while nothing is known of a table it ties with that of the ids.
    stored = _each("who", "ctid AS place, * FROM attached_fact WHERE kind || '' = $1 AND subject_id = who.id")
    there = _each(
        "stirred AS s", "* FROM attached_fact WHERE kind || '' = $1 AND placed AND enterprise = s.enterprise"
    )
    return (
        "WITH taken AS (DELETE FROM attached_change WHERE ctid = ANY"  # noqa: S608
        " (ARRAY(SELECT ctid FROM attached_change WHERE kind = $1 LIMIT $2)) RETURNING subject_id),"
        f" who(id) AS MATERIALIZED (SELECT subject_id FROM taken{_beside(kind)} UNION ({_CAME} LIMIT $2)),"
        f" fact AS MATERIALIZED ({_added_up(kind, f'{each} AS r')}),"
        f" stored AS MATERIALIZED (SELECT place AS ctid, {row} FROM {stored} AS f),"
        f" ceased AS MATERIALIZED (SELECT {row} FROM stored EXCEPT SELECT {row} FROM fact),"
        f" begun AS MATERIALIZED (SELECT {row} FROM fact EXCEPT SELECT {row} FROM stored),"
        f" removed AS (DELETE FROM attached_fact WHERE ctid = ANY (ARRAY(SELECT ctid FROM stored WHERE ({key}) IN"
        f" (SELECT {key} FROM ceased EXCEPT SELECT {key} FROM begun)))),"
        f" put AS (INSERT INTO attached_fact (kind, {row}) SELECT $1, {row} FROM begun ORDER BY {key}"
        f" ON CONFLICT (kind, {key}) DO UPDATE SET {changed}),"
        f" moved AS MATERIALIZED (SELECT {row}, 1 AS sign FROM begun UNION ALL SELECT {row}, -1 FROM ceased),"
        f" added AS (INSERT INTO attached_sum AS s (kind, grain, division, month, insurer, {', '.join(names)})"
        f" {summed(kind, 'moved')} ORDER BY 2, 3, 4, 5"
        f" ON CONFLICT (kind, grain, division, month, insurer) DO UPDATE SET {more}),"
        # Of the enterprises that this is about: where each was and is, by how many facts.
        " stirred AS MATERIALIZED (SELECT DISTINCT enterprise FROM moved WHERE placed AND enterprise IS NOT NULL),"
        f" cell AS MATERIALIZED (SELECT {cell} AS month, sum(was) > 0 AS was, sum(was) + sum(more) > 0 AS now FROM ("
        f" SELECT f.enterprise, division, insurer, day, 1 AS was, 0 AS more FROM {there} AS f UNION ALL"
        " SELECT enterprise, division, insurer, day, 0, sign FROM moved WHERE placed AND enterprise IS NOT NULL)"
        " AS either GROUP BY 1, 2, 3, 4),"
        " relinked AS (INSERT INTO attached_link AS k (kind, grain, division, month, previous, insurer, enterprises)"
        f" {linked(kind, 'cell')} ORDER BY 2, 3, 4, 5, 6"
        " ON CONFLICT (kind, grain, division, month, previous, insurer)"
        " DO UPDATE SET enterprises = k.enterprises + excluded.enterprises)"
        " SELECT count(*) AS taken FROM who"
    )


def _beside(kind: str) -> str:
    """An entry of the fund that reverses another stands on the other's side: it is counted anew with it."""
    if kind != "fund_entry":
        return ""
    reversing = "* FROM fund_entry WHERE reverses_entry_no = e.key AND insurer = e.insurer"
    noted = "(SELECT DISTINCT subject_id FROM taken) AS t"
    either = (
        _each(noted, f"* FROM fund_entry WHERE {column} = t.subject_id")
        for column in ("policy_id", "record_id")
    )
    return "".join(
        f" UNION SELECT coalesce(r.policy_id, r.record_id) FROM {_each(f'{entries} AS e', reversing)} AS r"  # noqa: S608
        for entries in either
    )


async def miscounted(tx: Transaction) -> list[str]:
    """The subjects and cells, in words, of which the counts differ from the records themselves.

    Everything that was noted is folded first, in this transaction.
    """
    await alone(tx)
    found: list[str] = []
    for kind in SUMMED:
        while await fold_portion(tx, kind):
            pass
        await tx.fetch(_WHOLE)
        for statement in _compared(kind):
            found += [f"{kind} {row['what']}" for row in await tx.fetch(statement)]
    return found


def _compared(kind: str) -> list[str]:
    """What one side has and the other has not: facts, sums and links."""
    names = ", ".join(["kind", "grain", "division", "month", "insurer", "records", *SUMMED[kind]])
    link = "kind, grain, division, month, previous, insurer, enterprises"
    facts, cells = _stored(kind)
    return [
        _either(
            "subject_id::text",
            f"SELECT {columns(kind)} FROM public.attached_fact WHERE kind = '{kind}'",  # noqa: S608
            anew(kind, "true"),
        ),
        _either(
            "division || ' ' || month",
            f"SELECT {names} FROM public.attached_sum WHERE kind = '{kind}' AND records <> 0",  # noqa: S608
            f"SELECT {names} FROM ({summed(kind, facts)}) AS anew WHERE records <> 0",  # noqa: S608
        ),
        _either(
            "division || ' ' || month",
            f"SELECT {link} FROM public.attached_link WHERE kind = '{kind}' AND enterprises <> 0",  # noqa: S608
            linked(kind, cells),
        ),
    ]


def _either(what: str, kept: str, anew: str) -> str:
    return (
        f"SELECT DISTINCT {what} AS what FROM ((({kept}) EXCEPT ({anew})) UNION ALL (({anew}) EXCEPT ({kept})))"  # noqa: S608
        " AS either ORDER BY 1 LIMIT 1000"
    )
