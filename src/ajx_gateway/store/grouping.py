"""HOW are rows that were already put together counted by place, trade, insurer and time? Groups and total, one pass.

The figures of ``aggregates`` come from one kind of record each; these come from facts that join several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures

Dimension = Callable[[Any], sa.ColumnElement[Any]]
_PLACED = ("division", "day", "industry", "size", "insurer")
# Rows of a whole city are sorted and hashed in memory, not on disk; for this transaction only.
_MEMORY = "64MB"


async def grouped(
    tx: Transaction,
    facts: sa.FromClause,
    measures: Sequence[Measure],
    by: Sequence[str],
    *,
    sector: str | None = None,
    more: Mapping[str, Dimension] | None = None,
) -> Figures:
    """Each measure (a column of the facts under its name) per group and in total.

    The facts have what the dimensions read: division, day, industry, size, insurer, sector_tags. By sector an
    enterprise stands in each of its sectors (in the one asked for, when ``sector`` narrows), in the total once.
    """
    await prepare(tx)
    figures = Figures()
    found = [measure for measure in measures if measure.over is None]
    dimensions = {**DIMENSIONS, **(more or {})}
    for row in (await tx.execute(_statement(facts, found, by, sector, dimensions))).mappings():
        key = tuple(row[f"by_{name}"] for name in by)
        target = figures.total if row["is_total"] else figures.groups[key]
        for measure in found:
            target[measure.name] = row[measure.name] or 0
    return figures


async def prepare(tx: Transaction) -> None:
    """Memory for sorting, and looking single policies up by their index rather than reading all of them: what is asked
    for is in memory. For the rest of this transaction."""
    settings = (("work_mem", _MEMORY), ("random_page_cost", "1.1"))
    await tx.execute(sa.select(*(sa.func.set_config(name, value, True) for name, value in settings)))


def _statement(
    facts: sa.FromClause,
    measures: Sequence[Measure],
    by: Sequence[str],
    sector: str | None,
    dimensions: Mapping[str, Dimension],
) -> sa.Executable:
    if not by:
        return sa.select(_told("true"), *_summed(measures, facts)).select_from(facts)
    if "sector" not in by:
        placed = _placed(facts, facts, by, measures, dimensions, None)
        keys = [placed.c[f"by_{name}"] for name in by]
        is_total = (sa.func.grouping(keys[0]) == 1).label("is_total")
        sets = sa.func.grouping_sets(sa.tuple_(*keys), sa.tuple_())
        return sa.select(is_total, *keys, *_summed(measures, placed)).group_by(sets)
    # An enterprise of two sectors stands in two groups: the total is counted apart.
    read = sa.select(facts).cte("facts")
    tag = sa.func.unnest(read.c.sector_tags).column_valued("tag")
    tags = sa.select(tag.label("sector")).distinct()
    each = (tags if sector is None else tags.where(tag == sector)).lateral("each_sector")
    table = read.outerjoin(each, sa.true())
    placed = _placed(read, table, by, measures, dimensions, each.c.sector)
    keys = [placed.c[f"by_{name}"] for name in by]
    none = [sa.cast(sa.null(), sa.Text()).label(f"by_{name}") for name in by]
    total = sa.select(_told("true"), *none, *_summed(measures, read)).select_from(read)
    return sa.union_all(total, sa.select(_told("false"), *keys, *_summed(measures, placed)).group_by(*keys))


def _told(is_total: str) -> sa.ColumnElement[Any]:
    return sa.literal_column(is_total).label("is_total")


def _placed(
    facts: sa.FromClause,
    table: sa.FromClause,
    by: Sequence[str],
    measures: Sequence[Measure],
    dimensions: Mapping[str, Dimension],
    sector: sa.ColumnElement[Any] | None,
) -> sa.Subquery:
    of = SimpleNamespace(**{column.name: column for column in facts.c}, sector=sector)
    # Group keys are compared byte by byte: sorting codes by a language's rules costs as much as all the rest.
    keys = [sa.cast(dimensions[name](of), sa.Text()).collate("C").label(f"by_{name}") for name in by]
    return sa.select(*keys, *(facts.c[m.name] for m in measures)).select_from(table).subquery("placed")


def _summed(measures: Sequence[Measure], rows: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    return [_sum(measure, rows.c[measure.name]).label(measure.name) for measure in measures]


def _sum(measure: Measure, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if measure.how == "distinct":
        return sa.func.count(column.collate("C").distinct())
    return sa.func.sum(column)
