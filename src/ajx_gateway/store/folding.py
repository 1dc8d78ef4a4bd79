"""HOW do pending deltas become sums? One folder at a time takes a portion out and adds it to every grain.

Taking out and adding are one statement: killed in the middle, nothing is lost and nothing counted twice.
"""

from __future__ import annotations

import asyncio
from functools import cache
from time import monotonic
from typing import Final

from ajx_gateway.identity import system_scope
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.folders import Turn, tidy
from ajx_gateway.store.grains import GRAINS, IN_CENTS, KEPT, PENDING, SUMMED
from ajx_gateway.store.linking import everywhere

PORTION: Final = 10_000
PORTIONS: Final = 5
# More new deltas than STORM since the last look are a storm; up to PATIENCE of them may then wait for its end.
STORM: Final = 500
PATIENCE: Final = 30_000
_DELTA_BYTES: Final = 180
_REST = 3.0
_TURN: Final = Turn("ajx fold")
alone = _TURN.alone
# The groups of one portion fit into memory; the oldest deltas come first. Of the tables only the deltas, which have no index,
# are read whole: the plan is kept, made perhaps while they are known to be small (see decision 0028).
_ROOM = (
    "SELECT set_config('work_mem', '128MB', true), set_config('hash_mem_multiplier', '2', true),"
    " set_config('synchronize_seqscans', 'off', true), set_config('enable_seqscan', 'off', true)"
)


async def fold(store: Store, *, portion: int = PORTION) -> int:
    """Fold one portion of what is committed; how many deltas it had (0 also while another folder is at work)."""
    async with store.writing(system_scope("fold the sums")) as tx:
        if not await _TURN.taken(tx):
            return 0
        return await fold_portion(tx, "public", portion)


async def fold_portion(tx: Transaction, schema: str, portion: int = PORTION) -> int:
    """Fold one portion of this schema's deltas in a transaction that no other folder disturbs."""
    await tx.fetch(_ROOM)
    return int((await tx.fetch(_statement(schema), portion))[0]["taken"])


async def fold_in_time(store: Store, before: int) -> int:
    """What a worker does every second: in a storm of pushes it waits, while few are pending; how many are left.

    ``before`` is what it said the last time. Many deltas at once are cheaper to fold than the same one by one.
    """
    pending = await _pending(store)
    if not pending or (pending - before > STORM and pending < PATIENCE):
        return pending
    return pending - await fold_some(store)


async def _pending(store: Store) -> int:
    """About how many deltas wait to be folded: by their room, which every push enlarges."""
    async with store.reading(system_scope("fold the sums")) as tx:
        [row] = await tx.fetch(f"SELECT pg_relation_size('policy_delta') / {_DELTA_BYTES} AS pending")
    return int(row["pending"])


async def fold_some(store: Store, *, portion: int = PORTION, portions: int = PORTIONS) -> int:
    """Fold what is pending, so many portions at the most; how many deltas there were.

    Between two portions it rests three times as long as the first one took: pushes come first.
    """
    folded = 0
    for _ in range(portions):
        begun = monotonic()
        taken = await fold(store, portion=portion)
        folded += taken
        if taken:
            await tidy(store, "policy_delta")
        if taken < portion:
            break
        await asyncio.sleep(_REST * (monotonic() - begun))
    return folded


def added(schema: str, source: str) -> str:
    """The statement part that adds the facts of a source to every grain of the sums."""
    sets = ", ".join(
        f"({', '.join([*grain.kept(), *(['year'] if grain.yearly else [])])})" for grain in GRAINS
    )
    sums = ", ".join(f"sum({name}){' * 0.01' if name in IN_CENTS else ''} AS {name}" for name in SUMMED)
    return (
        f"INSERT INTO {schema}.policy_sum AS s (grain, division, month, insurer, industry, size, tags, {', '.join(SUMMED)})"  # noqa: S608
        f" SELECT GROUPING({', '.join(KEPT)}), coalesce(division, district, city, province, ''), coalesce(month, year),"
        " coalesce(insurer, ''), coalesce(industry, trade, ''), coalesce(size, ''), coalesce(tags, ''),"
        f" {sums} FROM {source} GROUP BY GROUPING SETS ({sets})"
        # What a correction moved in a fine grain has mostly not moved in a coarse one.
        f" HAVING {' OR '.join(f'sum({name}) <> 0' for name in SUMMED)} ORDER BY 1, 2, 3, 4"
        " ON CONFLICT (grain, division, month, insurer, industry, size, tags) DO UPDATE SET "
        + ", ".join(f"{name} = s.{name} + excluded.{name}" for name in SUMMED)
    )


def linked(schema: str) -> str:
    """The statement parts that count distinct enterprises, from the ``facts``.

    Months are linked, and years, which are fewer.
    """
    key = "enterprise_uscc, month, division, insurer"
    return (
        f"moved AS MATERIALIZED (SELECT {key}, sum(policies)::bigint AS policies FROM facts GROUP BY {key}"  # noqa: S608
        " HAVING sum(policies) <> 0),"
        f" counted AS (INSERT INTO {schema}.enterprise_month AS e ({key}, policies) SELECT {key}, policies FROM moved"
        f" ORDER BY {key} ON CONFLICT ({key}) DO UPDATE SET policies = e.policies + excluded.policies),"
        # What is read here is as it was before this statement.
        f" both_ways AS MATERIALIZED (SELECT {key}, sum(was) > 0 AS was, sum(was) + sum(more) > 0 AS now FROM ("
        f"SELECT {key}, policies AS was, 0 AS more FROM {schema}.enterprise_month"
        " WHERE enterprise_uscc = ANY (ARRAY(SELECT DISTINCT enterprise_uscc FROM moved))"
        f" UNION ALL SELECT {key}, 0, policies FROM moved) AS either GROUP BY {key}),"
        " stirred AS (SELECT enterprise_uscc, min(division) = max(division) AS settled FROM both_ways"
        " GROUP BY enterprise_uscc HAVING bool_or(was <> now)),"
        f" {everywhere('both_ways JOIN stirred USING (enterprise_uscc)', 'enterprise_uscc')},"
        f" relinked AS (INSERT INTO {schema}.enterprise_link AS k (grain, division, month, previous, insurer, enterprises)"
        " SELECT grain, division, month, previous, insurer, sum(n) FROM everywhere GROUP BY 1, 2, 3, 4, 5"
        " HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4, 5 ON CONFLICT (grain, division, month, previous, insurer)"
        " DO UPDATE SET enterprises = k.enterprises + excluded.enterprises)"
    )


@cache
def _statement(schema: str) -> str:
    dimensions = "division, month, insurer, industry, size, tags, enterprise_uscc"
    measures = ", ".join(f"({name} * 100)::bigint AS {name}" if name in IN_CENTS else name for name in SUMMED)
    places = "left(division, 6) AS district, left(division, 4) AS city, left(division, 2) AS province"
    return (
        f"WITH taken AS (DELETE FROM {schema}.policy_delta WHERE ctid = ANY"  # noqa: S608
        f" (ARRAY(SELECT ctid FROM {schema}.policy_delta LIMIT $1)) RETURNING *),"
        f" facts AS MATERIALIZED (SELECT {dimensions}, {measures}, {places}, left(industry, 3) AS trade,"
        " date_trunc('year', month::timestamp)::date AS year"
        f" FROM ({PENDING} FROM taken) AS pending),"
        f" summed AS ({added(schema, 'facts')}),"
        f" {linked(schema)}"
        " SELECT count(*) AS taken FROM taken"
    )
