"""HOW OFTEN is what was filed filed again? States per record, by kind, insurer and month of receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ajx_gateway.store.clock_counting import dimensions, local_day
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.signs import Asked

BY: Final = ("kind", "insurer", "district", "town", "month")
_KEYS: Final = {
    **dimensions("f.division", local_day("f.recorded_at")),
    "kind": "f.kind",
    "insurer": "f.insurer",
}


async def figures(tx: Transaction, asked: Asked, by: Sequence[str]) -> list[Mapping[str, Any]]:
    """Per group and in total (``whole`` not 0): states received, records they belong to, the most of one record.

    ``corrections`` are states after a record's first one; ``enterprises`` the distinct ones behind all states.
    """
    values: list[Any] = [asked.begins, asked.ends, asked.at]
    where = "true"
    for column, value in (
        ("starts_with(f.division, {})", tx.scope.territory),
        ("starts_with(f.division, {})", asked.district),
        ("starts_with(f.division, {})", asked.town),
        ("f.insurer = {}", asked.insurer),
    ):
        if value is not None:
            values.append(value)
            where += f" AND {column.format(f'${len(values)}::text')}"
    names = [f"by_{name}" for name in by]
    keys = "".join(f'({_KEYS[name]}) COLLATE "C" AS by_{name}, ' for name in by)
    listed = "".join(f"{name}, " for name in names)
    sets = f"GROUPING SETS (({', '.join(names)}), ())" if by else "()"
    rows = await tx.fetch(
        f"WITH states AS (SELECT {keys}f.record_id, f.enterprise_uscc, f.version FROM filed_states("  # noqa: S608
        " timezone('Asia/Shanghai', $1::date::timestamp),"
        f" least(timezone('Asia/Shanghai', $2::date::timestamp), $3::timestamptz)) AS f WHERE {where}),"
        f" each AS (SELECT {listed}record_id, min(enterprise_uscc) AS enterprise_uscc, count(*) AS states,"
        f" count(*) FILTER (WHERE version > 1) AS corrections FROM states GROUP BY {listed}record_id)"
        f" SELECT {listed}{f'GROUPING({listed[:-2]})' if by else 1} AS whole,"
        " coalesce(sum(states), 0)::bigint AS states, count(DISTINCT record_id) AS records,"
        " coalesce(sum(corrections), 0)::bigint AS corrections, coalesce(max(states), 0) AS most,"
        f" count(DISTINCT enterprise_uscc) AS enterprises FROM each GROUP BY {sets}",
        *values,
    )
    told: list[Mapping[str, Any]] = [dict(row) for row in rows]
    told.sort(key=lambda row: (row["whole"] != 0, [(row[n] is None, row[n] or "") for n in names]))
    return told
