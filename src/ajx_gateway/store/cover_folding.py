"""HOW do the counts of the covered follow what changes? One folder at a time counts anew whoever was noted.

A portion of notes is taken out and the segments and sums of these enterprises are put right by one statement: it sees
one state of the database, every change whose note it sees and no other. Killed in the middle, nothing has happened.
"""

from __future__ import annotations

import asyncio
from functools import cache
from time import monotonic
from typing import Final

from ajx_gateway.identity import system_scope
from ajx_gateway.store.cover_segments import CELL, KEY, SEGMENT, SUMMED, segments, sums
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.folders import WHOLE, Turn, tidy

PORTION: Final = 2_000
PORTIONS: Final = 10
_TURN: Final = Turn("ajx fold covers")
alone = _TURN.alone
# The parts of the statement are read whole, the tables by their indexes, and nothing is known about the sizes of either when
# it is planned: once, for good (see decision 0028).
_ROOM = (
    "SELECT set_config('work_mem', '64MB', true), set_config('enable_nestloop', 'off', true),"
    " set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true),"
    " set_config('plan_cache_mode', 'force_generic_plan', true)"
)


async def fold(store: Store, *, portion: int = PORTION) -> int:
    """Fold one portion of the notes that are committed; how many it had (0 also while another folder is at work)."""
    async with store.writing(system_scope("fold the counts of the covered")) as tx:
        if not await _TURN.taken(tx):
            return 0
        return await fold_portion(tx, "public", portion)


async def fold_some(store: Store, *, portion: int = PORTION, portions: int = PORTIONS) -> int:
    """Fold what is noted, so many portions at the most; how many notes there were.

    Between two portions it rests as long as the first one took: whoever pushes or asks meanwhile comes first.
    """
    folded = 0
    for _ in range(portions):
        begun = monotonic()
        taken = await fold(store, portion=portion)
        folded += taken
        if taken < portion:
            break
        await asyncio.sleep(monotonic() - begun)
    if folded:
        await tidy(store, "cover_change")
    return folded


async def fold_portion(tx: Transaction, schema: str, portion: int = PORTION) -> int:
    """Fold one portion of this schema's notes in a transaction that no other folder disturbs."""
    await tx.fetch(_ROOM)
    [row] = await tx.fetch(_folding(schema), portion)
    if row["gone"]:
        nothing = " AND ".join(f"{name} = 0" for name in SUMMED)
        await tx.fetch(
            f"DELETE FROM {schema}.cover_sum WHERE ctid = ANY ($1::text[]::tid[]) AND {nothing}",  # noqa: S608
            row["gone"],
        )
    return int(row["taken"])


@cache
def _folding(schema: str) -> str:
    key, row, cell, summed = (", ".join(names) for names in (KEY, SEGMENT, CELL, SUMMED))
    changed = ", ".join(f"{name} = excluded.{name}" for name in SEGMENT if name not in KEY)
    more = ", ".join(f"{name} = s.{name} + excluded.{name}" for name in SUMMED)
    nothing = " AND ".join(f"s.{name} = 0" for name in SUMMED)
    return (
        f"WITH taken AS (DELETE FROM {schema}.cover_change WHERE ctid = ANY"  # noqa: S608
        f" (ARRAY(SELECT ctid FROM {schema}.cover_change LIMIT $1)) RETURNING enterprise_uscc, policy_id),"
        " who AS MATERIALIZED (SELECT enterprise_uscc AS uscc FROM taken WHERE enterprise_uscc IS NOT NULL UNION"
        f" SELECT p.enterprise_uscc FROM {schema}.policy p WHERE p.record_id = ANY"
        " (ARRAY(SELECT policy_id FROM taken WHERE policy_id IS NOT NULL))),"
        f" {segments(schema, 'uscc = ANY (ARRAY(SELECT uscc FROM who))')},"
        f" stored AS MATERIALIZED (SELECT ctid, {row} FROM {schema}.cover_segment"
        " WHERE enterprise_uscc = ANY (ARRAY(SELECT uscc FROM who))),"
        f" ceased AS MATERIALIZED (SELECT {row} FROM stored EXCEPT SELECT {row} FROM segment),"
        f" begun AS MATERIALIZED (SELECT {row} FROM segment EXCEPT SELECT {row} FROM stored),"
        f" removed AS (DELETE FROM {schema}.cover_segment WHERE ctid = ANY (ARRAY(SELECT ctid FROM stored WHERE ({key}) IN"
        f" (SELECT {key} FROM ceased EXCEPT SELECT {key} FROM begun)))),"
        f" put AS (INSERT INTO {schema}.cover_segment ({row}) SELECT {row} FROM begun ORDER BY {key}"
        f" ON CONFLICT ({key}) DO UPDATE SET {changed}),"
        f" moved AS (SELECT {row}, 1 AS sign FROM begun UNION ALL SELECT {row}, -1 FROM ceased),"
        f" added AS (INSERT INTO {schema}.cover_sum AS s ({cell}, {summed}) {sums('moved')} ORDER BY 1, 2, 3, 4, 5, 6"
        f" ON CONFLICT ({cell}) DO UPDATE SET {more} RETURNING s.ctid, {nothing} AS nothing)"
        " SELECT (SELECT count(*) FROM taken) AS taken, (SELECT array_agg(ctid::text) FROM added WHERE nothing) AS gone"
    )


async def miscounted(tx: Transaction) -> list[str]:
    """The enterprises and cells, in words, of which the counts differ from roster, policies and evidence themselves.

    Everything that was noted is folded first, in this transaction.
    """
    await alone(tx)
    while await fold_portion(tx, "public"):
        pass
    await tx.fetch(WHOLE)
    row, cell, summed = (", ".join(names) for names in (SEGMENT, CELL, SUMMED))
    kept = f"SELECT {row} FROM public.cover_segment"  # noqa: S608
    anew = f"SELECT {row} FROM segment"  # noqa: S608
    found = await tx.fetch(
        f"WITH {segments('public', 'true')} SELECT DISTINCT enterprise_uscc FROM"  # noqa: S608
        f" (({kept} EXCEPT {anew}) UNION ALL ({anew} EXCEPT {kept})) AS either ORDER BY 1 LIMIT 1000"
    )
    kept, anew = f"SELECT {cell}, {summed} FROM public.cover_sum", f"SELECT {cell}, {summed} FROM summed"  # noqa: S608
    cells = await tx.fetch(
        f"WITH every AS (SELECT {row}, 1 AS sign FROM public.cover_segment), summed AS ({sums('every')})"  # noqa: S608
        f" SELECT DISTINCT division, day FROM (({kept} EXCEPT {anew}) UNION ALL ({anew} EXCEPT {kept})) AS either"
        " ORDER BY division, day LIMIT 1000"
    )
    return [row["enterprise_uscc"] for row in found] + [f"{c['division']} {c['day']:%Y-%m-%d}" for c in cells]
