"""HOW MUCH was done for the insured, by what? Figures of what is attached to policies, from what was counted ahead.

Three figures of one snapshot: the sums, links or facts; less what they say of those about whom something changed since;
plus those same ones, found from the records. Exact at every moment, equal to ``aggregates.from_rows``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from ajx_gateway.store import rolling
from ajx_gateway.store.attached_folding import GRAINS, PLACE, anew
from ajx_gateway.store.attached_tables import MONEY, SUMMED
from ajx_gateway.store.clock_counting import dimensions
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.grains import LINKS, link_number
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures, Question, Span
from ajx_gateway.store.rolling import MOST_ANEW, MOST_NOTED, Asked, Bound, Shown

# Per kind the measure that counts the enterprises behind its records; of services also those that are known.
_BEHIND: Final = {f"enterprises_of_{kind}": kind for kind in SUMMED}
_KNOWN: Final = {"enterprises_served": "service"}
_TYPES: Final = {"place": "text", "day": "date", "industry": "text", "size": "text", "insurer": "text"}


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of record in a question: what is asked of it, and who must be counted anew."""

    name: str
    asked: Asked
    anew: Sequence[UUID]


async def answer(
    tx: Transaction, question: Question, wanted: Sequence[Measure], answers: Sequence[Figures]
) -> set[str]:
    """Put into ``answers`` what was counted ahead tells, one ``Figures`` per span; returns the names of those measures.

    It tells whatever is asked as it stands now, but for what depends on today's date.
    """
    if question.as_of is not None:
        return set()
    told: set[str] = set()
    asked = rolling.asked_of(question, tx.scope)
    spans: Sequence[Span | None] = question.spans or (None,)
    for kind, summed in SUMMED.items():
        sums = [measure.name for measure in wanted if measure.name in summed]
        distinct = [
            measure.name
            for measure in wanted
            if kind in (_BEHIND.get(measure.name), _KNOWN.get(measure.name))
        ]
        if not sums and not distinct:
            continue
        if asked is not None:
            who = await _anew(tx, kind, asked.within)
            if who is None:
                continue
            for span, figures in zip(spans, answers, strict=True):
                await _figures(tx, _Kind(kind, asked, who), span, figures, sums, distinct)
        told |= {*sums, *distinct}
    return told


async def _anew(tx: Transaction, kind: str, place: str) -> Sequence[UUID] | None:
    """Whose records of a kind must be counted anew; None when that is no easier than counting all of them."""
    rows = await tx.fetch(
        "WITH size AS MATERIALIZED (SELECT pg_relation_size('attached_change') AS bytes)"  # noqa: S608
        f" SELECT NULL::uuid AS subject_id FROM size WHERE bytes > {MOST_NOTED:d} UNION ALL"
        f" SELECT n.subject_id FROM size, LATERAL attached_noted($1, $2) AS n WHERE bytes <= {MOST_NOTED:d}"
        f" LIMIT {MOST_ANEW + 1:d}",
        kind,
        place,
    )
    if len(rows) > MOST_ANEW or any(row["subject_id"] is None for row in rows[:1]):
        return None
    return [row["subject_id"] for row in rows]


async def _figures(
    tx: Transaction,
    kind: _Kind,
    span: Span | None,
    figures: Figures,
    sums: Sequence[str],
    distinct: Sequence[str],
) -> None:
    years = 0 if span is None else span.years
    # Where nobody's policy is there, or none is named, records stand in a group without enterprises.
    if sums or tx.scope.territory is None or kind.name == "fund_entry":
        rows = await _sums(tx, kind, span, sums)
        rolling.add(figures, rolling.shown(kind.asked, rows, sums, years), sums)
    for name in distinct:
        known = name in _KNOWN
        shown = await _enterprises(tx, kind, span, known=known)
        rolling.add(figures, [(key, {name: values["enterprises"]}) for key, values in shown], (name,))


def _columns(kind: _Kind) -> str:
    return ", ".join(["day", *PLACE, "records", *SUMMED[kind.name]])


def _moved(kind: _Kind, bound: Bound) -> str:
    """The facts of those who are counted anew: as they were counted (``sign`` -1), and as they are."""
    ids, names = f"subject_id = ANY ({bound(list(kind.anew), 'uuid[]')})", _columns(kind)
    stored = f"FROM attached_fact WHERE kind = '{kind.name}' AND placed AND {ids}"
    return f"SELECT -1 AS sign, {names} {stored} UNION ALL SELECT 1, {names} FROM ({anew(kind.name, ids)}) AS anew"  # noqa: S608


def _facts(kind: _Kind, bound: Bound, span: Span | None) -> str:
    """The facts as they are, of everybody."""
    where, names = _conditions(kind, span, bound, "day"), _columns(kind)
    if not kind.anew:
        return f"SELECT {names} FROM attached_fact WHERE kind = '{kind.name}' AND placed{where}"  # noqa: S608
    ids = bound(list(kind.anew), "uuid[]")
    return (
        f"SELECT {names} FROM attached_fact WHERE kind = '{kind.name}' AND placed{where} AND subject_id <> ALL ({ids})"  # noqa: S608
        f" UNION ALL SELECT {names} FROM ({anew(kind.name, f'subject_id = ANY ({ids})')}) AS anew WHERE true{where}"
    )


def _conditions(kind: _Kind, span: Span | None, bound: Bound, day: str) -> str:
    where = [*rolling.bounds(kind.asked, span, bound, day), *rolling.filtered(kind.asked, bound)]
    return "".join(f" AND {condition}" for condition in where)


def _whole(asked: Asked, span: Span | None) -> bool:
    """Nothing is asked but place, insurer and whole months."""
    return asked.is_bare and (span is None or rolling.whole_months(span))


def _kept(asked: Asked, *, grouped: bool) -> tuple[int, bool]:
    """How many digits of the place must be kept to answer, and whether the insurer."""
    place = max(asked.place if grouped else 0, len(asked.within))
    return place, asked.insurer is not None or (grouped and "insurer" in asked.by)


async def _sums(
    tx: Transaction, kind: _Kind, span: Span | None, names: Sequence[str]
) -> list[dict[str, Any]]:
    bound, asked = Bound(), kind.asked
    sector, only = "sector" in asked.by, asked.question.filters.sector
    read = list(dict.fromkeys(["records", *names]))
    keys, by_day = rolling.key_columns(asked), _selected(asked, "day")
    kept = _kept(asked, grouped=True)
    if _whole(asked, span) and kept in GRAINS:
        either = (
            f"SELECT {_selected(asked, 'month')}{', '.join(read)} FROM attached_sum WHERE kind = '{kind.name}'"  # noqa: S608
            f" AND grain = {GRAINS.index(kept):d}{_conditions(kind, span, bound, 'month')}"
        )
        if kind.anew:
            signed = ", ".join(f"sign * {name}" for name in read)
            where = _conditions(kind, span, bound, "day")
            either += (
                f" UNION ALL SELECT {by_day}{signed} FROM ({_moved(kind, bound)}) AS moved WHERE true{where}"  # noqa: S608
            )
    else:
        either = f"SELECT {by_day}{', '.join(read)} FROM ({_facts(kind, bound, span)}) AS facts"  # noqa: S608
    tail = (
        rolling.by_sector(keys, read, bound(only, "text") if only else None)
        if sector
        else rolling.plain(keys, read)
    )
    rows = await tx.fetch(f"WITH either AS ({either}){tail}", *bound.values)
    return [_counted(row, names) for row in rows]


def _selected(asked: Asked, day: str) -> str:
    """The beginning of a select list: what the groups are made of."""
    keys = "".join(f"{sql} AS {name}, " for name, sql in rolling.key_columns(asked, day).items())
    return f"{keys}tags, " if "sector" in asked.by else keys


def _counted(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """A row whose counts are whole numbers: the database adds them up as decimals."""
    return {**row, **{name: int(row[name] or 0) for name in names if name not in MONEY}}


async def _enterprises(tx: Transaction, kind: _Kind, span: Span | None, *, known: bool) -> list[Shown]:
    """How many different enterprises; of those whose policy is not there only when they need not be ``known``."""
    bound = Bound()
    parts = [
        _linked(kind, bound, span, grouped=grouped) for grouped in (False, True)[: 1 + bool(kind.asked.by)]
    ]
    if _whole(kind.asked, span) and None not in parts:
        affected = _affected(kind, bound, span, known=known) if kind.anew else ""
        rows = await tx.fetch(
            f"{affected}{' UNION ALL '.join(part for part in parts if part)}", *bound.values
        )
        shown = rolling.shown(kind.asked, rows, ("enterprises",), 0 if span is None else span.years)
        # Places that are larger than what is asked have no code: their numbers must not be added up.
        if len({key for key, _ in shown}) == len(shown):
            return shown
    return await _one_by_one(tx, kind, span, known=known)


def _affected(kind: _Kind, bound: Bound, span: Span | None, *, known: bool) -> str:
    """Of every enterprise about which something changed: where and when it was counted, and where and when it is."""
    placed = " AND placed" if known else ""
    month = f"{rolling.start('month', 'day')} AS month"
    where = _conditions(kind, span, bound, "day")
    return (
        "WITH pending AS MATERIALIZED (SELECT enterprise, division, insurer, day, sum(sign) AS more"  # noqa: S608
        f" FROM ({_moved(kind, bound)}) AS moved"
        f" WHERE enterprise IS NOT NULL{placed}{where} GROUP BY 1, 2, 3, 4 HAVING sum(sign) <> 0),"
        f" affected AS MATERIALIZED (SELECT enterprise, division, insurer, {month}, sum(was) > 0 AS was,"
        " sum(was) + sum(more) > 0 AS now FROM (SELECT enterprise, division, insurer, day, 1 AS was, 0 AS more"
        f" FROM attached_fact WHERE kind = '{kind.name}' AND placed{where}"
        " AND enterprise = ANY (ARRAY(SELECT DISTINCT enterprise FROM pending))"
        " UNION ALL SELECT enterprise, division, insurer, day, 0, more FROM pending) AS either GROUP BY 1, 2, 3, 4) "
    )


def _linked(kind: _Kind, bound: Bound, span: Span | None, *, grouped: bool) -> str | None:
    """Those counted ahead, and what has changed of the enterprises about which something changed; None when no links
    tell it."""
    asked = kind.asked
    yearly = (not grouped or asked.unit in {None, "year"}) and (span is None or rolling.whole_years(span))
    link = (*_kept(asked, grouped=grouped), yearly)
    if link not in LINKS:
        return None
    keys = rolling.key_columns(asked) if grouped else {}
    starts = [] if span is None else [bound(span.begins, "date")]
    starts += [rolling.start(asked.unit)] if grouped and asked.unit else []
    # With neither period nor unit, only the first month ever counts.
    first = f"previous < greatest({', '.join(starts)})" if starts else "previous = '-infinity'"
    chosen = "".join(f"{sql} AS {name}, " for name, sql in keys.items())
    listed = "".join(f"{name}, " for name in keys)
    nothing = "" if grouped else "".join(f"NULL::{_TYPES[n]} AS {n}, " for n in rolling.key_columns(asked))
    told = (
        f"SELECT {chosen}enterprises FROM attached_link WHERE kind = '{kind.name}'"  # noqa: S608
        f" AND grain = {link_number(*link):d} AND {first}{_conditions(kind, span, bound, 'month')}"
    )
    if kind.anew:
        now, was = (f"count(DISTINCT enterprise) FILTER (WHERE {time})" for time in ("now", "was"))
        by = f" GROUP BY {', '.join(keys.values())}" if keys else ""
        told += f" UNION ALL SELECT {chosen}{now} - {was} FROM affected{by}"  # noqa: S608
    by = f" GROUP BY {', '.join(keys)}" if keys else ""
    return (
        f"SELECT {'false' if grouped else 'true'} AS is_total, {nothing}{listed}sum(enterprises)::bigint AS enterprises"  # noqa: S608
        f" FROM ({told}) AS told({listed}enterprises){by} HAVING sum(enterprises) <> 0"
    )


async def _one_by_one(tx: Transaction, kind: _Kind, span: Span | None, *, known: bool) -> list[Shown]:
    """The same from the facts, whatever is asked."""
    bound, asked = Bound(), kind.asked
    only = asked.question.filters.sector
    years = 0 if span is None else span.years
    day = f"(nullif(day, '-infinity') + make_interval(years => {years:d}))::date"
    codes = dimensions("division", day) | {
        "industry": "nullif(left(industry, 3), '')",
        "size": "nullif(size, '')",
        "insurer": "insurer",
        "sector": "tag",
    }
    wanted = f" WHERE tag = {bound(only, 'text')}" if only and "sector" in asked.by else ""
    each = (
        f" LEFT JOIN LATERAL (SELECT DISTINCT tag FROM unnest(string_to_array(tags, ',')) AS tag{wanted}) AS each ON true"  # noqa: S608
        if "sector" in asked.by
        else ""
    )
    names = [f"by_{name}" for name in asked.by]
    chosen = "".join(f', ({codes[name]}) COLLATE "C" AS by_{name}' for name in asked.by)
    count = f"count(DISTINCT enterprise){' FILTER (WHERE placed)' if known else ''} AS enterprises"
    groups = (
        f" UNION ALL SELECT false{chosen}, {count} FROM facts{each} GROUP BY {', '.join(names)}"  # noqa: S608
        if names
        else ""
    )
    rows = await tx.fetch(
        f"WITH facts AS MATERIALIZED ({_facts(kind, bound, span)})"  # noqa: S608
        f" SELECT true AS is_total{''.join(f', NULL AS {name}' for name in names)}, {count} FROM facts{groups}",
        *bound.values,
    )
    return [
        (
            None if row["is_total"] else tuple(row[name] for name in names),
            {"enterprises": row["enterprises"]},
        )
        for row in rows
    ]
