"""HOW MANY records show a sign, of how many, and which ones? The signs are queries by name (see ``sign_book``).

A sign proves nothing: it says where to look. Its numbers (days, window, factor) are the place's values or the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from ajx_gateway.deadlines import State
from ajx_gateway.store import clock_sums
from ajx_gateway.store.clock_counting import dimensions
from ajx_gateway.store.clock_lists import Wanted
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.sign_book import Sign

BY: Final = ("insurer", "city", "district", "town", "month")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a sign: days [begins, ends) of the sign's own date, the filters, its numbers, the instant."""

    begins: date
    ends: date
    at: datetime
    numbers: Mapping[str, Any]
    insurer: str | None = None
    district: str | None = None
    town: str | None = None


class _Question(dict[str, str]):
    """One statement's values, each bound when a query first names it."""

    def __init__(self, tx: Transaction, asked: Asked) -> None:
        super().__init__()
        self.bound: list[Any] = []
        self.tx, self.asked = tx, asked

    def __missing__(self, name: str) -> str:
        typed = {"begins": "date", "ends": "date", "at": "timestamptz"}
        value = getattr(self.asked, name) if name in typed else self.asked.numbers[name]
        self[name] = self.bind(value, typed.get(name, "numeric"))
        return self[name]

    def bind(self, value: Any, type_: str) -> str:
        self.bound.append(value)
        return f"${len(self.bound)}::{type_}"

    def rows(self, query: str, columns: str) -> str:
        """The query's rows within period, territory and filters; row-level security is the second wall."""
        where = f"f.day >= {self['begins']} AND f.day < {self['ends']}"
        for place in (self.tx.scope.territory, self.asked.district, self.asked.town):
            if place:
                where += f" AND starts_with(f.division, {self.bind(place, 'text')})"
        if self.asked.insurer is not None:
            where += f" AND f.insurer = {self.bind(self.asked.insurer, 'text')}"
        return f"SELECT {columns} FROM ({query.format_map(self)}) AS f WHERE {where}"  # noqa: S608


def _keys(by: Sequence[str]) -> dict[str, str]:
    told = {**dimensions("f.division", "f.day"), "insurer": "f.insurer"}
    return {f"by_{name}": told[name] for name in by}


@dataclass(slots=True)
class Figure:
    """How many were found, of how many; ``enterprises``: distinct ones behind each (of the base when asked for)."""

    found: int = 0
    base: int = 0
    enterprises: int = 0
    base_enterprises: int = 0


Key = tuple[str | None, ...] | None


async def figures(
    tx: Transaction, sign: Sign, asked: Asked, by: Sequence[str], *, enterprises: bool
) -> dict[Key, Figure]:
    """Per group and in total (key None), in the order of the keys, the total last.

    ``enterprises``: whether those behind the base are counted; clocks without them are counted ahead.
    """
    told: dict[Key, Figure] = {}
    for row, key in await _counted(tx, sign.found, asked, by):
        told[key] = Figure(found=row["n"], enterprises=row["enterprises"])
    if sign.of_clocks and not enterprises:
        wanted = Wanted(None, (), asked.insurer, asked.district, asked.town, asked.begins, asked.ends)
        for found in await clock_sums.figures(tx, wanted, by, ageing=(), now=asked.at):
            key = None if found["is_total"] else tuple(found[f"by_{name}"] for name in by)
            told.setdefault(key, Figure()).base = sum(found[state.value] for state in State)
    else:
        for row, key in await _counted(tx, sign.base, asked, by):
            figure = told.setdefault(key, Figure())
            figure.base, figure.base_enterprises = row["n"], row["enterprises"]
    told.setdefault(None, Figure())
    return dict(
        sorted(told.items(), key=lambda f: (f[0] is None, [(k is None, k or "") for k in f[0] or ()]))
    )


async def _counted(
    tx: Transaction, query: str, asked: Asked, by: Sequence[str]
) -> list[tuple[Mapping[str, Any], Key]]:
    question, keys = _Question(tx, asked), _keys(by)
    chosen = "".join(f'({sql}) COLLATE "C" AS {name}, ' for name, sql in keys.items())
    names = ", ".join(keys)
    rows = await tx.fetch(
        f"SELECT {names}{', ' if keys else ''}{f'GROUPING({names})' if keys else 1} AS whole, count(*) AS n,"  # noqa: S608
        " count(DISTINCT enterprise_uscc) AS enterprises"
        f" FROM ({question.rows(query, f'{chosen}f.enterprise_uscc')}) AS rows"
        f" GROUP BY {f'GROUPING SETS (({names}), ())' if keys else '()'}",
        *question.bound,
    )
    return [(row, None if row["whole"] else tuple(row[name] for name in keys)) for row in rows]


_LISTED = (
    "f.record_id, f.kind, f.key, f.insurer, f.division, f.enterprise_uscc, f.day, f.was, f.now_is, f.days"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: newest first, then by id."""

    day: date
    record_id: UUID


async def page(
    tx: Transaction, sign: Sign, asked: Asked, after: Place | None, limit: int
) -> list[Mapping[str, Any]]:
    """The next of what was found, with the enterprise's name."""
    question = _Question(tx, asked)
    listed = question.rows(sign.found, _LISTED)
    if after is not None:
        day, row = question.bind(after.day, "date"), question.bind(after.record_id, "uuid")
        listed += f" AND (f.day < {day} OR (f.day = {day} AND f.record_id > {row}))"
    rows = await tx.fetch(
        f"SELECT * FROM ({listed}) AS l ORDER BY day DESC, record_id LIMIT {question.bind(limit, 'bigint')}",  # noqa: S608
        *question.bound,
    )
    return [dict(row) for row in rows]


def everything(tx: Transaction, sign: Sign, asked: Asked) -> tuple[str, list[Any]]:
    """The whole list in the same order: SQL and its values."""
    question = _Question(tx, asked)
    listed = question.rows(sign.found, _LISTED)
    return f"SELECT * FROM ({listed}) AS l ORDER BY day DESC, record_id", question.bound  # noqa: S608
