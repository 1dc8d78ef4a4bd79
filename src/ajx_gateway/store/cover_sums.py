"""HOW MANY are insured today? What was counted ahead, and anew those about whom something changed since.

Three figures of one snapshot: the sums up to the day; less what they say of the enterprises that were noted, or that have
entries in several places; plus those same enterprises, found from the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Final

from ajx_gateway.store import cover_areas, coverage
from ajx_gateway.store.cover_areas import Area
from ajx_gateway.store.cover_segments import GRAINS, LEVELS, SUMMED, Grain, counted, five
from ajx_gateway.store.coverage import Asked, Counted
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.rolling import MOST_ANEW, MOST_NOTED, Bound

_of = attrgetter(*(field.name for field in fields(Counted)[2:]))


@dataclass(frozen=True, slots=True)
class Anew:
    """Who must be counted anew: those noted since they were counted, and those with entries in several places."""

    noted: tuple[str, ...]
    apart: tuple[str, ...]

    @property
    def all(self) -> list[str]:
        return [*self.noted, *self.apart]


@dataclass(frozen=True, slots=True)
class Kept:
    """What must be told apart: places whose law differs (``prefixes`` of divisions), and ``digits`` of the place; these
    together with the tags when ``tagged``, else on their own."""

    prefixes: Sequence[str] = ()
    digits: int = 9
    tagged: bool = True

    @property
    def apart(self) -> int:
        """Digits of the place that the figures by law tell apart."""
        return self.digits if self.tagged else 0


FINEST: Final = Kept()


@dataclass(frozen=True, slots=True)
class Told:
    """The enterprises by law and tags; and by place, where these tags are not told apart."""

    by_law: list[Counted]
    by_place: list[Counted]


async def counts(tx: Transaction, asked: Asked, kept: Kept = FINEST) -> Told:
    """The enterprises in force on the day. In a snapshot (``Store.reading``).

    Whoever shares a law, the digits and the tags is put together, under the least of their divisions.
    """
    who = await anew(tx, asked)
    if who is None:
        every = merged(await coverage.counts(tx, asked))
        return Told(every, every)
    told = await _ahead(tx, asked, who.noted, kept)
    more = await coverage.counts(tx, asked, who.all) if who.all else ()
    by_law = merged(told.by_law, more)
    return Told(by_law, by_law if kept.tagged else merged(told.by_place, more))


async def anew(tx: Transaction, asked: Asked) -> Anew | None:
    """Who in the place asked about must be counted anew; None when that is no easier than counting all of them, or
    when the instant is past."""
    if asked.as_of is not None:
        return None
    bound = Bound()
    here = bound(asked.town or asked.district or tx.scope.territory or "", "text")
    rows = await tx.fetch(
        "WITH size AS MATERIALIZED (SELECT pg_relation_size('cover_change') AS bytes),"  # noqa: S608
        f" noted AS MATERIALIZED (SELECT n.enterprise_uscc FROM size, LATERAL roster_noted({here}) AS n"
        f" WHERE size.bytes <= {MOST_NOTED:d})"
        f" SELECT NULL AS code, false AS apart FROM size WHERE bytes > {MOST_NOTED:d}"
        " UNION ALL SELECT enterprise_uscc, false FROM noted"
        f" UNION ALL SELECT DISTINCT enterprise_uscc, true FROM cover_segment WHERE apart{places(tx, asked, bound)}"
        f" AND enterprise_uscc NOT IN (SELECT enterprise_uscc FROM noted) LIMIT {MOST_ANEW + 1:d}",
        *bound.values,
    )
    if len(rows) > MOST_ANEW or any(row["code"] is None for row in rows[:1]):
        return None
    return Anew(*(tuple(row["code"] for row in rows if row["apart"] is apart) for apart in (False, True)))


def places(tx: Transaction, asked: Asked, bound: Bound) -> str:
    """The scope's territory and the place asked about, as conditions that follow others."""
    found = ""
    for place in (tx.scope.territory, asked.district):
        if place:
            found += f" AND {bound.under(place)}"
    return found + (f" AND division = {bound(asked.town, 'text')}" if asked.town else "")


async def _ahead(tx: Transaction, asked: Asked, less: Sequence[str], kept: Kept) -> Told:
    """What the sums say of the day, without these enterprises."""
    bound = Bound()
    # PostgreSQL takes the cells of a territory for a tenth of what they are and would sort them, on disk.
    await tx.fetch(_HASHED)
    sums = _Sums(tx, asked, less, bound)
    areas = cover_areas.areas(asked, tx.scope.territory, kept.prefixes, kept.apart)
    put_together = (
        f"SELECT true, division, tags, {_TOTAL} FROM ({sums.of(areas)}) AS told GROUP BY division, tags"  # noqa: S608
        " HAVING sum(enterprises) <> 0"
    )
    if not kept.tagged:
        areas = cover_areas.whole(asked, tx.scope.territory, kept.digits)
        put_together += (
            f" UNION ALL SELECT false, min(division), '', {_TOTAL} FROM ({sums.of(areas)}) AS told"  # noqa: S608
            f" GROUP BY left(division, {kept.digits:d}) HAVING sum(enterprises) <> 0"
        )
    rows = await tx.fetch(put_together, *bound.values)
    by_law, by_place = (
        [coverage.counted(row[1:]) for row in map(tuple, rows) if row[0] is side] for side in (True, False)
    )
    return Told(by_law, by_place)


class _Sums:
    """The cells up to the day, less the segments of these enterprises, as SQL."""

    def __init__(self, tx: Transaction, asked: Asked, less: Sequence[str], bound: Bound) -> None:
        self._asked, self._bound, self._here = asked, bound, places(tx, asked, bound)
        self._codes = bound(list(less), "text[]")
        self._on = bound(asked.on, "date")
        self._highest = bound(max((_cents(least) for _, least in asked.floors), default=0), "bigint")
        self._tags = (
            f" WHERE {bound(asked.sector, 'text')} = ANY (string_to_array(tags, ','))" if asked.sector else ""
        )
        # Every year that is over, every month of this one that is, every five days of this month, and the days: an end
        # of a month or a year leaves fewer of them.
        self._end = asked.on + timedelta(days=1)
        self._month = self._end.replace(day=1)
        self._year = self._month.replace(month=1)
        self._five = five(self._month, self._end)

    def of(self, areas: Sequence[Area]) -> str:
        """Those of these areas, each under the codes that it is told under, that many times."""
        summed, nothing = ", ".join(SUMMED), ", ".join("0" for _ in SUMMED)
        floor, name = self._floor, _named(areas, self._bound)
        times = ", ".join(f"times * {name} AS {name}" for name in SUMMED)
        told = ", ".join(
            f"({number}, {self._bound(code, 'text')}, {count:d})"
            for number, area in enumerate(areas)
            for code, count in area.told
        )
        joined = f"AS s JOIN (VALUES {told}) AS t(area, code, times) USING (area)"
        too_low = f"death_limit >= 0 AND death_limit < {self._highest}"
        # Put together by area first: what floor that is costs more to find out than a cell to read.
        every = (
            f"SELECT coalesce(code, place), tags, {times}, 0 FROM (SELECT area, place, tags, {_added(SUMMED)}"  # noqa: S608
            f" FROM ({self._cells(areas, summed, 'death_limit = -1', fives=True)}) AS c GROUP BY area, place, tags) {joined}",
            f"SELECT coalesce(code, place), tags, {nothing}, times * insured FROM (SELECT area, place, tags, death_limit,"  # noqa: S608
            f" sum(insured)::bigint AS insured FROM ({self._cells(areas, 'insured, death_limit', too_low, fives=False)}) AS c"
            f" GROUP BY area, place, tags, death_limit) {joined}"
            f" WHERE death_limit < {floor('coalesce(code, place)')}",
            f"SELECT {name}, tags, {counted('-1')}, -coalesce(death_limit * 100 < {floor('division')}, false)::int"  # noqa: S608
            f" FROM cover_segment WHERE enterprise_uscc = ANY ({self._codes}) AND begins_on <= {self._on}"
            f" AND ends_on >= {self._on} AND NOT apart{self._here}",
        )
        return (
            f"SELECT * FROM ({' UNION ALL '.join(every)}) AS each(division, tags, {summed}, low){self._tags}"  # noqa: S608
        )

    def _cells(self, areas: Sequence[Area], columns: str, limits: str, *, fives: bool) -> str:
        """The cells of the areas under these limits; ``fives``: which are added up five days together."""
        rows = ", ".join(
            f"({number}, {level:d}, {self._day(within)}, {self._day(since)}, {self._day(upto)},"
            f" {self._bound(area.place, 'text')}, {self._bound(area.place + ':', 'text')})"
            for number, area in enumerate(areas)
            for level, within, since, upto in self._levels(area.grain, fives=fives and area.grain.fives)
            if since != upto
        )
        own = "NULL::text"
        if areas[0].told[0][0] is None:
            own = f"CASE WHEN a.area = 0 THEN {_whole(areas[0])} END"
        # OFFSET 0: each area's cells are looked up in the index, one range after the other.
        return (
            f"SELECT s.* FROM (VALUES {rows}) AS a(area, level, within, since, upto, low, high) CROSS JOIN LATERAL"  # noqa: S608
            f" (SELECT a.area, {own} AS place, tags, {columns} FROM cover_sum WHERE level = a.level AND within = a.within"
            f" AND {limits} AND division >= a.low AND division < a.high AND day >= a.since AND day < a.upto{self._here}"
            " OFFSET 0) AS s"
        )

    def _levels(self, grain: Grain, *, fives: bool) -> list[tuple[int, date, date, date]]:
        first, cut = GRAINS.index(grain) * LEVELS, self._five if fives else self._month
        return [
            (first, date.min, date.min, self._year),
            (first + 1, self._year, self._year, self._month),
            (first + 2, self._month, self._month, cut),
            (LEVELS - 1, self._month, cut, self._end),
        ]

    def _day(self, day: date) -> str:
        return "date '-infinity'" if day == date.min else self._bound(day, "date")

    def _floor(self, division: str) -> str:
        """The legal floor of the limit per person there, in cents; null where the law states none."""
        floors, bound = self._asked.floors, self._bound
        placed = "".join(
            f" WHEN starts_with({division}, {bound(prefix, 'text')}) THEN {bound(_cents(least), 'bigint')}"
            for prefix, least in floors
            if prefix
        )
        nation = bound(next((_cents(least) for prefix, least in floors if not prefix), None), "bigint")
        return f"CASE{placed} ELSE {nation} END" if placed else nation


def _named(areas: Sequence[Area], bound: Bound) -> str:
    """The code that a division is told under in the end, that of the smallest area it lies in."""
    whole, *apart = areas
    named = "".join(
        f" WHEN starts_with(division, {bound(area.place, 'text')}) THEN {bound(cover_areas.code(area.place), 'text')}"
        for area in reversed(apart)
    )
    code = whole.told[0][0]
    own = _whole(whole) if code is None else bound(code, "text")
    return f"CASE{named} ELSE {own} END" if named else own


def _whole(area: Area) -> str:
    """The code of a division as the area's grain tells it."""
    digits = area.grain.digits
    return f"left(division, {digits:d})" if digits >= 6 else f"rpad(left(division, {digits:d}), 6, '0')"


def _added(names: Sequence[str]) -> str:
    return ", ".join(f"sum({name})::bigint AS {name}" for name in names)


_TOTAL: Final = _added((*SUMMED, "low"))
_HASHED: Final = (
    "SELECT set_config('enable_sort', 'off', true), set_config('work_mem', '32MB', true),"
    " set_config('jit', 'off', true)"
)


def _cents(amount: Decimal) -> int:
    return int(amount * 100)


def merged(found: Iterable[Counted], more: Iterable[Counted] = ()) -> list[Counted]:
    """One figure per divisions and tags, of which ``found`` has each only once; whoever nobody is left of is left out."""
    sums = {(each.divisions, each.tags): each for each in found}
    for each in more:
        key = (each.divisions, each.tags)
        known = sums.get(key)
        sums[key] = (
            each
            if known is None
            else Counted(*key, *(a + b for a, b in zip(_of(known), _of(each), strict=True)))
        )
    return [each for each in sums.values() if each.enterprises]
