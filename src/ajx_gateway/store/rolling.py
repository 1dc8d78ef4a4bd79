"""HOW are sums that were put together ahead asked for? Place, time, filters and groups, in terms of their columns.

``rolled`` asks the sums of policies, ``attached_sums`` those of what is attached to policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

from ajx_gateway.identity import Scope
from ajx_gateway.store.grains import COUNTS, Grain
from ajx_gateway.store.questions import Figures, Key, Question, Span

# So many bytes of notes (or of what a long transaction keeps of them), or so many subjects to be counted anew, are no
# dearer than counting all of them.
MOST_NOTED: Final = 4 * 1024 * 1024
MOST_ANEW: Final = 3_000
PLACE_DIGITS: Final = {"province": 2, "city": 4, "district": 6, "town": 9}
# The finest first: the others follow from it.
_UNITS: Final = ("month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the terms of the sums: the place that bounds it, and what its groups are made of."""

    within: str
    place: int
    unit: str | None
    by: Sequence[str]
    question: Question
    insurer: str | None

    def grain(self, span: Span | None) -> Grain:
        """What must be told apart to answer for this span."""
        filters, by = self.question.filters, self.by
        trade = 0 if filters.industry is None else 3 if len(filters.industry) <= 3 else 5
        return Grain(
            place=max(self.place, len(self.within)),
            industry=max(trade, 3 if "industry" in by else 0),
            size=filters.size is not None or "size" in by,
            tags=filters.sector is not None or "sector" in by,
            insurer=self.insurer is not None or "insurer" in by,
            yearly=self.unit in {None, "year"} and (span is None or whole_years(span)),
        )

    @property
    def is_bare(self) -> bool:
        """Nothing is asked but place, insurer and time."""
        grain = self.grain(None)
        return not (grain.industry or grain.size or grain.tags)


@dataclass(slots=True)
class Bound:
    """The values of a statement, each under its number."""

    values: list[Any] = field(default_factory=list)

    def __call__(self, value: Any, type_: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{type_}"

    def under(self, place: str, division: str = "division") -> str:
        """Whether a division lies in the place, as a range: the place's rows lie together."""
        return f"{division} >= {self(place, 'text')} AND {division} < {self(place + ':', 'text')}"


def whole_months(span: Span) -> bool:
    """Whether it cuts no month."""
    return span.begins.day == 1 and span.ends.day == 1


def whole_years(span: Span) -> bool:
    """Whether it cuts no year, if it cuts no month."""
    return span.begins.month == span.ends.month == 1


def asked_of(question: Question, scope: Scope) -> Asked | None:
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


def start(unit: str | None, day: str = "month") -> str:
    """The day on which the month, quarter or year of a day begins; of a month it is itself."""
    return day if unit == "month" and day == "month" else f"date_trunc('{unit}', {day}::timestamp)::date"


def bounds(asked: Asked, span: Span | None, bound: Bound, day: str = "month") -> list[str]:
    """Place, time and insurer, as conditions on whatever has these columns."""
    found = []
    if asked.within:
        found.append(bound.under(asked.within))
    if span is not None:
        found.append(f"{day} >= {bound(span.begins, 'date')} AND {day} < {bound(span.ends, 'date')}")
    if asked.insurer is not None:
        found.append(f"insurer = {bound(asked.insurer, 'text')}")
    return found


def filtered(asked: Asked, bound: Bound) -> list[str]:
    """Trade, size and sector, as conditions likewise."""
    filters = asked.question.filters
    found = []
    if filters.industry is not None:
        found.append(f"starts_with(industry, {bound(filters.industry, 'text')})")
    if filters.size is not None:
        found.append(f"size = {bound(filters.size, 'text')}")
    if filters.sector is not None:
        found.append(f"{bound(filters.sector, 'text')} = ANY (string_to_array(tags, ','))")
    return found


def key_columns(asked: Asked, day: str = "month") -> dict[str, str]:
    """The columns that the groups are made of: per dimension its code, the place's and the time's finest."""
    keys = {}
    if asked.place:
        keys["place"] = f"left(division, {asked.place})"
    if asked.unit:
        keys["day"] = start(asked.unit, day)
    if "industry" in asked.by:
        keys["industry"] = "left(industry, 3)"
    keys |= {name: name for name in ("size", "insurer") if name in asked.by}
    return keys


def _total(names: Sequence[str]) -> str:
    # A count that comes as a decimal number is read digit by digit.
    return ", ".join(f"sum({name}){'::bigint' * (name in COUNTS)} AS {name}" for name in names)


def plain(keys: Iterable[str], names: Sequence[str]) -> str:
    """Groups and total in one pass; where the first of the names sums up to nothing, nothing is said."""
    listed = ", ".join(keys)
    if not listed:
        return f" SELECT true AS is_total, {_total(names)} FROM either HAVING sum({names[0]}) <> 0"  # noqa: S608
    return (
        f" SELECT GROUPING({listed}) <> 0 AS is_total, {listed}, {_total(names)} FROM either"  # noqa: S608
        f" GROUP BY GROUPING SETS (({listed}), ()) HAVING sum({names[0]}) <> 0"
    )


def by_sector(keys: Iterable[str], names: Sequence[str], only: str | None) -> str:
    """What has several tags counts once in the total and once in each sector: sums per set of tags, then per tag."""
    listed = "".join(f"{key}, " for key in keys)
    nothing = "".join(f"NULL AS {key}, " for key in keys)
    wanted = "" if only is None else f" WHERE tag = {only}"
    return (
        f", tagged AS (SELECT {listed}tags, {_total(names)} FROM either GROUP BY {listed}tags)"  # noqa: S608
        f" SELECT false AS is_total, {listed}tag AS sector, {_total(names)} FROM tagged"
        f" LEFT JOIN LATERAL (SELECT DISTINCT tag FROM unnest(string_to_array(tags, ',')) AS tag{wanted}) AS each ON true"
        f" GROUP BY {listed}tag HAVING sum({names[0]}) <> 0"
        f" UNION ALL SELECT true, {nothing}NULL, {_total(names)} FROM tagged HAVING sum({names[0]}) <> 0"
    )


Shown = tuple[Key | None, dict[str, Any]]


def shown(asked: Asked, rows: Iterable[Any], names: Sequence[str], years: int) -> list[Shown]:
    """Each row with its group's key, None in the total's place."""
    columns = [(name, _COLUMN.get(name, name)) for name in asked.by]
    return [
        (
            None if row["is_total"] else tuple([_code(name, row[column], years) for name, column in columns]),
            {name: row[name] or 0 for name in names},
        )
        for row in rows
    ]


# The column that a dimension is read from, where its name is another.
_COLUMN: Final = dict.fromkeys(PLACE_DIGITS, "place") | dict.fromkeys(_UNITS, "day")


@lru_cache(maxsize=16_384)  # the same few hundred places and months in every answer
def _code(dimension: str, value: Any, years: int) -> str | None:
    """What a group is called on this dimension; the codes of larger places have no smaller part."""
    if dimension in PLACE_DIGITS:
        digits, place = PLACE_DIGITS[dimension], value
        if not place or (digits < 9 and place[digits - 2 : digits] == "00"):
            return None
        if digits == 9:
            return place if len(place) == 9 else None
        return str(place[:digits].ljust(6, "0"))
    if dimension in _UNITS:
        if value == date.min:  # -infinity: what has no day
            return None
        return _time(dimension, value, years)
    return value or None


def _time(unit: str, day: date, years: int) -> str:
    year = f"{day.year + years:04}"
    return {"month": f"{year}-{day.month:02}", "quarter": f"{year}Q{(day.month + 2) // 3}", "year": year}[
        unit
    ]


def add(figures: Figures, rows: Iterable[Shown], names: Sequence[str]) -> None:
    """What the rows say, added to the figures."""
    for key, values in rows:
        if key is None:
            _onto(figures.total, values, names)
        elif key in figures.groups:
            _onto(figures.groups[key], values, names)
        else:
            figures.groups[key] = values


def _onto(target: dict[str, Any], values: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in names:
        known = target.get(name)
        target[name] = values[name] if known is None else known + values[name]
