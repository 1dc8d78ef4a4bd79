"""WHICH figures are answered from the sums, and how? What is folded and what is pending, read in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from ajx_gateway.identity import Scope
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.grains import LINKS, PENDING, SUMMED, Grain, link_number, smallest
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures, Key, Question, Span

PLACE_DIGITS: Final = {"province": 2, "city": 4, "district": 6, "town": 9}
# The finest first: the others follow from it.
_UNITS: Final = ("month", "quarter", "year")
# So many bytes of pending deltas (or of what a long transaction keeps of them) are no dearer to read than the rows.
MOST_PENDING: Final = 32 * 1024 * 1024
# Digits of a place whose enterprises are few enough to be counted one by one.
_FEW: Final = 6
_PENDING_BYTES = "SELECT pg_relation_size('policy_delta') AS bytes"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the terms of the sums: the place that bounds it, and what its groups are made of."""

    within: str
    place: int
    unit: str | None
    by: Sequence[str]
    question: Question
    insurer: str | None

    @property
    def grain(self) -> Grain:
        """What must be told apart to answer."""
        filters, by = self.question.filters, self.by
        trade = 0 if filters.industry is None else 3 if len(filters.industry) <= 3 else 5
        return Grain(
            place=max(self.place, len(self.within)),
            industry=max(trade, 3 if "industry" in by else 0),
            size=filters.size is not None or "size" in by,
            tags=filters.sector is not None or "sector" in by,
            insurer=self.insurer is not None or "insurer" in by,
        )

    @property
    def is_bare(self) -> bool:
        """Nothing is asked but place, insurer and time."""
        grain = self.grain
        return not (grain.industry or grain.size or grain.tags)


@dataclass(slots=True)
class Bound:
    """The values of a statement, each under its number."""

    values: list[Any] = field(default_factory=list)

    def __call__(self, value: Any, type_: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{type_}"


async def answer(tx: Transaction, question: Question, answers: Sequence[Figures]) -> set[str]:
    """Put into ``answers`` what the sums tell, one ``Figures`` per span; returns the names of those measures.

    They tell the sums of policies, and how many enterprises are insured when nothing but place, insurer and time is
    asked; as they stand now, and in whole months.
    """
    sums = [m for m in question.measures if m.source == "policy" and m.name in SUMMED]
    distinct = [m for m in question.measures if m.name == "enterprises"]
    if question.as_of is not None or not (sums or distinct) or not all(map(_whole_months, question.spans)):
        return set()
    if (await tx.fetch(_PENDING_BYTES))[0]["bytes"] > MOST_PENDING:
        return set()
    told = {measure.name for measure in sums}
    asked = _asked(question, tx.scope)
    if asked is None:
        return told | {measure.name for measure in distinct}
    spans: Sequence[Span | None] = question.spans or (None,)
    if sums:
        for span, figures in zip(spans, answers, strict=True):
            await _sums(tx, asked, sums, span, figures)
    if distinct and asked.is_bare:
        counted = [await _enterprises(tx, asked, span) for span in spans]
        if all(found is not None for found in counted):
            told.add("enterprises")
            for found, figures in zip(counted, answers, strict=True):
                _add(figures, found or (), ("enterprises",))
    return told


def _whole_months(span: Span) -> bool:
    return span.begins.day == 1 and span.ends.day == 1


def _whole_years(span: Span) -> bool:
    return span.begins.month == span.ends.month == 1


def _asked(question: Question, scope: Scope) -> Asked | None:
    """None when the filters lie outside each other or outside the territory: nothing is there."""
    filters = question.filters
    places = sorted(filter(None, (scope.territory, filters.district, filters.town)), key=len)
    within = places[-1] if places else ""
    insurers = {one for one in (scope.insurer, filters.insurer) if one is not None}
    if len(insurers) > 1 or not all(within.startswith(place) for place in places):
        return None
    return Asked(
        within=within,
        place=max((PLACE_DIGITS.get(name, 0) for name in question.by), default=0),
        unit=next((unit for unit in _UNITS if unit in question.by), None),
        by=question.by,
        question=question,
        insurer=next(iter(insurers), None),
    )


def _start(unit: str | None, day: str = "month") -> str:
    return day if unit == "month" else f"date_trunc('{unit}', {day}::timestamp)::date"


def _bounds(asked: Asked, span: Span | None, bound: Bound) -> list[str]:
    """Place, months and insurer, as conditions on whatever has these columns."""
    found = []
    if asked.within:
        # As a range: the territory's rows lie together.
        found.append(
            f"division >= {bound(asked.within, 'text')} AND division < {bound(asked.within + ':', 'text')}"
        )
    if span is not None:
        found.append(f"month >= {bound(span.begins, 'date')} AND month < {bound(span.ends, 'date')}")
    if asked.insurer is not None:
        found.append(f"insurer = {bound(asked.insurer, 'text')}")
    return found


def _filters(asked: Asked, bound: Bound) -> list[str]:
    filters, found = asked.question.filters, []
    if filters.industry is not None:
        found.append(f"starts_with(industry, {bound(filters.industry, 'text')})")
    if filters.size is not None:
        found.append(f"size = {bound(filters.size, 'text')}")
    if filters.sector is not None:
        found.append(f"{bound(filters.sector, 'text')} = ANY (string_to_array(tags, ','))")
    return found


def _keys(asked: Asked) -> dict[str, str]:
    """The columns that the groups are made of: per dimension its code, the place's and the time's finest."""
    keys = {}
    if asked.place:
        keys["place"] = f"left(division, {asked.place})"
    if asked.unit:
        keys["day"] = _start(asked.unit)
    if "industry" in asked.by:
        keys["industry"] = "left(industry, 3)"
    keys |= {name: name for name in ("size", "insurer") if name in asked.by}
    return keys


async def _sums(
    tx: Transaction, asked: Asked, measures: Sequence[Measure], span: Span | None, figures: Figures
) -> None:
    bound, names = Bound(), [measure.name for measure in measures]
    where = " AND ".join([*_bounds(asked, span, bound), *_filters(asked, bound)]) or "true"
    keys = _keys(asked)
    sector = "sector" in asked.by
    read = list(dict.fromkeys(["policies", *names]))
    columns = [f"{sql} AS {name}" for name, sql in keys.items()] + (["tags"] if sector else [])
    chosen = ", ".join([*columns, *read])
    number = bound(smallest(asked.grain).number, "int")
    either = (
        f"WITH either AS (SELECT {chosen} FROM policy_sum WHERE grain = {number} AND {where}"  # noqa: S608
        f" UNION ALL SELECT {chosen} FROM ({PENDING} FROM policy_delta) AS pending WHERE {where})"
    )
    only = asked.question.filters.sector
    tail = (
        _by_sector(keys, read, bound(only, "text") if only and sector else None)
        if sector
        else _plain(keys, read)
    )
    rows = await tx.fetch(f"{either}{tail}", *bound.values)
    _add(figures, _shown(asked, rows, names, 0 if span is None else span.years), names)


def _total(names: Sequence[str]) -> str:
    return ", ".join(f"sum({name}) AS {name}" for name in names)


def _plain(keys: Iterable[str], names: Sequence[str]) -> str:
    """Groups and total in one pass."""
    listed = ", ".join(keys)
    if not listed:
        return f" SELECT true AS is_total, {_total(names)} FROM either HAVING sum(policies) <> 0"  # noqa: S608
    return (
        f" SELECT GROUPING({listed}) <> 0 AS is_total, {listed}, {_total(names)} FROM either"  # noqa: S608
        f" GROUP BY GROUPING SETS (({listed}), ()) HAVING sum(policies) <> 0"
    )


def _by_sector(keys: Iterable[str], names: Sequence[str], only: str | None) -> str:
    """A policy counts once in the total and once in each of its sectors: sums per set of tags, then per tag."""
    listed = "".join(f"{key}, " for key in keys)
    nothing = "".join(f"NULL AS {key}, " for key in keys)
    wanted = "" if only is None else f" WHERE tag = {only}"
    return (
        f", tagged AS (SELECT {listed}tags, {_total(names)} FROM either GROUP BY {listed}tags)"  # noqa: S608
        f" SELECT false AS is_total, {listed}tag AS sector, {_total(names)} FROM tagged"
        f" LEFT JOIN LATERAL (SELECT DISTINCT tag FROM unnest(string_to_array(tags, ',')) AS tag{wanted}) AS each ON true"
        f" GROUP BY {listed}tag HAVING sum(policies) <> 0"
        f" UNION ALL SELECT true, {nothing}NULL, {_total(names)} FROM tagged HAVING sum(policies) <> 0"
    )


Shown = tuple[Key | None, dict[str, Any]]


def _shown(asked: Asked, rows: Iterable[Any], names: Sequence[str], years: int) -> list[Shown]:
    """Each row with its group's key, None in the total's place."""
    return [
        (
            None if row["is_total"] else tuple(_code(name, row, years) for name in asked.by),
            {name: row[name] for name in names},
        )
        for row in rows
    ]


def _code(dimension: str, row: Any, years: int) -> str | None:
    """What a group is called on this dimension; the codes of larger places have no smaller part."""
    if dimension in PLACE_DIGITS:
        digits, place = PLACE_DIGITS[dimension], row["place"]
        if not place or (digits < 9 and place[digits - 2 : digits] == "00"):
            return None
        if digits == 9:
            return place if len(place) == 9 else None
        return str(place[:digits].ljust(6, "0"))
    if dimension in _UNITS:
        return _time(dimension, row["day"], years)
    return row[dimension] or None


def _time(unit: str, day: date, years: int) -> str:
    year = f"{day.year + years:04}"
    return {"month": f"{year}-{day.month:02}", "quarter": f"{year}Q{(day.month + 2) // 3}", "year": year}[
        unit
    ]


def _add(figures: Figures, rows: Iterable[Shown], names: Sequence[str]) -> None:
    for key, values in rows:
        target = figures.total if key is None else figures.groups[key]
        for name in names:
            target[name] = target.get(name, 0) + (values[name] or 0)


async def _enterprises(tx: Transaction, asked: Asked, span: Span | None) -> list[Shown] | None:
    """How many different enterprises; None when too many would have to be counted one by one, or groups be added."""
    bound = Bound()
    where = " AND ".join(_bounds(asked, span, bound)) or "true"
    parts = [
        _counted(asked, bound, where, span, grouped=grouped)
        for grouped in (False, True)[: 1 + bool(asked.by)]
    ]
    if None in parts:
        return None
    key = "enterprise_uscc, month, division, insurer"
    rows = await tx.fetch(
        f"WITH pending AS MATERIALIZED (SELECT {key}, sum(policies) AS more FROM"  # noqa: S608
        f" ({PENDING} FROM policy_delta) AS p WHERE {where} GROUP BY {key} HAVING sum(policies) <> 0),"
        f" affected AS MATERIALIZED (SELECT {key}, sum(was) > 0 AS was, sum(was) + sum(more) > 0 AS now FROM"
        f" (SELECT {key}, policies AS was, 0 AS more FROM enterprise_month WHERE {where}"
        " AND enterprise_uscc = ANY (ARRAY(SELECT DISTINCT enterprise_uscc FROM pending))"
        f" UNION ALL SELECT {key}, 0, more FROM pending) AS either GROUP BY {key})"
        f" {' UNION ALL '.join(part for part in parts if part)}",
        *bound.values,
    )
    shown = _shown(asked, rows, ("enterprises",), 0 if span is None else span.years)
    return shown if len({key for key, _ in shown}) == len(shown) else None


def _counted(asked: Asked, bound: Bound, where: str, span: Span | None, *, grouped: bool) -> str | None:
    """Those folded, and what the pending deltas change of the enterprises they speak of."""
    digits = max(asked.place if grouped else 0, len(asked.within))
    by_insurer = asked.insurer is not None or (grouped and "insurer" in asked.by)
    keys = _keys(asked) if grouped else {}
    columns = "".join(f"{sql} AS {name}, " for name, sql in keys.items())
    listed = "".join(f"{name}, " for name in keys)
    nothing = "" if grouped else "".join(f"NULL::{_TYPES[name]} AS {name}, " for name in _keys(asked))
    by_sql, by_name = ((f" GROUP BY {', '.join(part)}" if keys else "") for part in (keys.values(), keys))
    yearly = (not grouped or asked.unit in {None, "year"}) and (span is None or _whole_years(span))
    link = (digits, by_insurer, yearly)
    if link in LINKS:
        starts = [] if span is None else [bound(span.begins, "date")]
        starts += [_start(asked.unit)] if grouped and asked.unit else []
        # With neither period nor unit, only the first month ever counts.
        first = f"previous < greatest({', '.join(starts)})" if starts else "previous = '-infinity'"
        number = bound(link_number(*link), "int")
        folded = f"enterprises FROM enterprise_link WHERE grain = {number} AND {where} AND {first}"
    elif len(asked.within) >= _FEW:
        folded = (
            f"count(DISTINCT enterprise_uscc) FROM enterprise_month WHERE {where} AND policies > 0{by_sql}"
        )
    else:
        return None
    now, was = (f"count(DISTINCT enterprise_uscc) FILTER (WHERE {time})" for time in ("now", "was"))
    return (
        f"SELECT {'false' if grouped else 'true'} AS is_total, {nothing}{listed}sum(enterprises)::bigint AS enterprises"  # noqa: S608
        f" FROM (SELECT {columns}{folded} UNION ALL SELECT {columns}{now} - {was} FROM affected{by_sql})"
        f" AS told({listed}enterprises){by_name} HAVING sum(enterprises) <> 0"
    )


_TYPES: Final = {"place": "text", "day": "date", "insurer": "text"}
