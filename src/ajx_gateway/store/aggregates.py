"""HOW MUCH, by what? Exact figures by any combination of dimensions: from the sums, or one statement per kind of record.

Each of those statements reads its rows once (the facts), then gives the groups and, computed separately from the same
facts, the total: an enterprise that stands in three groups counts once in the total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from ajx_gateway.store import attached_sums, rolled, tables
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.measure import Asking, Measure
from ajx_gateway.store.questions import Figures, Question, Span
from ajx_gateway.store.sources import SOURCES, conditions, rows_of
from ajx_gateway.store.versions import prepare_joins


def _part(length: int, pad: str, level: slice | None) -> Callable[[Any], sa.ColumnElement[Any]]:
    def key(facts: Any) -> sa.ColumnElement[Any]:
        code = sa.func.left(facts.division, length).concat(pad)
        if level is None:
            return code
        # "00" says that the code names a larger place, which has no such part.
        told = sa.func.substr(facts.division, level.start + 1, level.stop - level.start) != "00"
        return sa.case((told, code), else_=sa.null())

    return key


def _town(facts: Any) -> sa.ColumnElement[Any]:
    return sa.case((sa.func.length(facts.division) == 9, facts.division), else_=sa.null())


def _time(form: str) -> Callable[[Any], sa.ColumnElement[Any]]:
    return lambda facts: sa.func.to_char(facts.day, form)


DIMENSIONS: Mapping[str, Callable[[Any], sa.ColumnElement[Any]]] = MappingProxyType(
    {
        "province": _part(2, "0000", None),
        "city": _part(4, "00", slice(2, 4)),
        "district": _part(6, "", slice(4, 6)),
        "town": _town,
        "industry": lambda facts: sa.func.left(facts.industry, 3),
        "sector": lambda facts: facts.sector,
        "size": lambda facts: facts.size,
        "insurer": lambda facts: facts.insurer,
        "month": _time("YYYY-MM"),
        "quarter": _time('YYYY"Q"Q'),
        "year": _time("YYYY"),
    }
)


async def figures(tx: Transaction, question: Question) -> list[Figures]:
    """One ``Figures`` per span (one for all time when there are none), from the transaction's snapshot.

    What the sums tell is read there, everything else is computed from the records.
    """
    answer = _blank(question)
    told = await rolled.answer(tx, question, answer)
    left = [measure for measure in question.measures if measure.name not in told]
    told = await attached_sums.answer(tx, question, left, answer)
    await _from_rows(tx, question, [measure for measure in left if measure.name not in told], answer)
    return answer


async def from_rows(tx: Transaction, question: Question) -> list[Figures]:
    """The same, computed from the records alone: what the sums must say."""
    answer = _blank(question)
    await _from_rows(tx, question, question.measures, answer)
    return answer


def _blank(question: Question) -> list[Figures]:
    return [Figures() for _ in range(max(1, len(question.spans)))]


async def _from_rows(
    tx: Transaction, question: Question, wanted: Sequence[Measure], answer: Sequence[Figures]
) -> None:
    by_source: dict[str, list[Measure]] = defaultdict(list)
    for measure in wanted:
        by_source[measure.source].append(measure)
    await prepare_joins(tx, question.as_of)
    for source, measures in by_source.items():
        for row in await tx.execute(statement(source, measures, question, tx)):
            _place(answer[row.span], row._mapping, question.by, measures)


def _place(figures: Figures, row: Mapping[Any, Any], by: Sequence[str], measures: Sequence[Measure]) -> None:
    key = tuple(row[f"by_{name}"] for name in by)
    target = figures.total if row["is_total"] else figures.groups[key]
    for measure in measures:
        target[measure.name] = row[measure.name] or 0


def statement(source: str, measures: Sequence[Measure], question: Question, tx: Transaction) -> sa.Executable:
    """The one statement of a source: facts, then groups and total."""
    facts = _spanned(_facts(source, measures, question, tx), question.spans)
    total = _summed(facts, measures, question, grouped=False)
    if not question.by:
        return total
    return sa.union_all(total, _summed(facts, measures, question, grouped=True))


def _facts(source: str, measures: Sequence[Measure], question: Question, tx: Transaction) -> sa.Select[Any]:
    """The rows that count, each with its place on every dimension and its contribution to every measure."""
    rows = rows_of(SOURCES[source], question.as_of)
    asking = Asking(rows.own, rows.policy, rows.reversed, sa.literal(question.today, sa.Date()))
    contributions = [m.row(asking).label(m.name) for m in measures if m.row is not None]
    placed = _needed(question.by, measures)
    columns: dict[str, sa.ColumnElement[Any]] = {
        "day": rows.day,
        "division": rows.division,
        "industry": rows.policy.industry,
        "sector_tags": rows.policy.sector_tags,
        "size": rows.policy.size,
        "insurer": rows.own.insurer,
        "enterprise_uscc": rows.policy.enterprise_uscc,
        "revised_at": rows.own.revised_at if "revised_at" in rows.own else sa.null(),
        "record_id": rows.own.record_id if "record_id" in rows.own else sa.null(),
    }
    if question.spans:
        placed.add("day")
    chosen = [column.label(f"at_{name}") for name, column in columns.items() if name in placed]
    asked = [sa.and_(rows.day >= span.begins, rows.day < span.ends) for span in question.spans]
    facts: sa.Select[Any] = sa.select(*chosen, *contributions).select_from(rows.table)
    return facts.where(*conditions(rows, question.filters, tx.scope), *([sa.or_(*asked)] if asked else []))


_READS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("province", "city", "district", "town"), ("division",)),
        **dict.fromkeys(("month", "quarter", "year"), ("day",)),
        "sector": ("sector_tags",),
    }
)


def _needed(by: Sequence[str], measures: Sequence[Measure]) -> set[str]:
    needed = {name for dimension in by for name in _READS.get(dimension, (dimension,))}
    if any(measure.how == "latest" for measure in measures):
        needed |= {"day", "enterprise_uscc", "revised_at", "record_id"}
    return needed


def _spanned(rows: sa.Select[Any], spans: Sequence[Span]) -> sa.CTE:
    """The facts once per span they fall into, with the day as it stands beside the period asked for."""
    if len(spans) < 2:
        return rows.add_columns(sa.literal_column("0").label("span")).cte("facts")
    # Read first, compared afterwards: planned as one, the comparison spoils the estimates of the joins.
    facts = rows.cte("read").prefix_with("MATERIALIZED")
    listed = sa.values(
        sa.column("span", sa.Integer()),
        sa.column("begins", sa.Date()),
        sa.column("ends", sa.Date()),
        sa.column("years", sa.Integer()),
        name="spans",
    ).data([(number, s.begins, s.ends, s.years) for number, s in enumerate(spans)])
    inside = sa.and_(facts.c.at_day >= listed.c.begins, facts.c.at_day < listed.c.ends)
    # make_interval(years): 29 February stands beside 28 February, so months and quarters meet.
    moved = sa.cast(facts.c.at_day + sa.func.make_interval(listed.c.years), sa.Date()).label("at_day")
    others = [column for column in facts.c if column.name != "at_day"]
    return sa.select(listed.c.span, moved, *others).select_from(facts.join(listed, inside)).cte("facts")


class _Placed:
    """The facts under the names that the dimensions read."""

    def __init__(self, facts: sa.FromClause, sector: sa.ColumnElement[Any] | None) -> None:
        self._facts = facts
        self.sector = sector

    def __getattr__(self, name: str) -> sa.ColumnElement[Any]:
        column: sa.ColumnElement[Any] = self._facts.c[f"at_{name}"]
        return column


def _summed(
    facts: sa.CTE, measures: Sequence[Measure], question: Question, *, grouped: bool
) -> sa.Select[Any]:
    table: sa.FromClause = facts
    sector = None
    if grouped and "sector" in question.by:
        table, sector = _by_sector(facts, question.filters.sector)
    placed = _Placed(facts, sector)
    keys = [DIMENSIONS[name](placed) if grouped else sa.null() for name in question.by]
    inner_keys = [
        sa.cast(key, sa.Text()).collate("C").label(f"by_{name}")
        for key, name in zip(keys, question.by, strict=True)
    ]
    inner = sa.select(facts.c.span, *inner_keys, *(facts.c[m.name] for m in measures)).select_from(table)
    if any(m.how == "latest" for m in measures):
        inner = inner.add_columns(_nth(facts, placed, keys if grouped else ()).label("nth"))
    rows = inner.subquery("placed")
    outer_keys = [rows.c[f"by_{name}"] for name in question.by]
    return sa.select(
        sa.literal_column("false" if grouped else "true").label("is_total"),
        rows.c.span,
        *outer_keys,
        *(_sum(m, rows).label(m.name) for m in measures),
    ).group_by(rows.c.span, *outer_keys)


def _by_sector(facts: sa.CTE, only: str | None) -> tuple[sa.FromClause, sa.ColumnElement[Any]]:
    """One row per sector of the enterprise (null when it has none); in the total it is counted once."""
    tag = sa.func.unnest(facts.c.at_sector_tags).column_valued("tag")
    tags = sa.select(tag.label("sector")).distinct()
    if only is not None:
        tags = tags.where(tag == only)
    each = tags.lateral("each_sector")
    return facts.outerjoin(each, sa.true()), each.c.sector


def _nth(facts: sa.CTE, placed: Any, keys: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
    return sa.func.row_number().over(
        partition_by=[facts.c.span, *keys, placed.enterprise_uscc],
        order_by=[placed.day.desc(), placed.revised_at.desc(), placed.record_id],
    )


def _sum(measure: Measure, rows: sa.FromClause) -> sa.ColumnElement[Any]:
    column = rows.c[measure.name]
    if measure.how == "distinct":
        # Byte order: sorting codes by a language's rules costs as much as all the rest.
        return sa.func.count(column.collate("C").distinct())
    if measure.how == "latest":
        return sa.func.sum(column).filter(rows.c.nth == 1)
    return sa.func.sum(column)


async def insurer_names(tx: Transaction, usccs: Sequence[str]) -> dict[str, str]:
    """The registered names of these insurers."""
    listed = tables.insurer
    found = await tx.execute(sa.select(listed.c.insurer, listed.c.name).where(listed.c.insurer.in_(usccs)))
    return {row.insurer: row.name for row in found}
