"""WHICH codes may stand in a coded field, and since when? Dated tables, one CSV per list."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from ajx_gateway.standard.marks import order

_DATA = files("ajx_gateway.standard") / "data"
_COLUMNS = ("code", "title", "title_en", "valid_from", "valid_to", "replaced_by", "source", "note", "since")


@dataclass(frozen=True, slots=True)
class Code:
    """One dated row; a code that outlived a change of its table has one row per table."""

    code: str
    title: str
    title_en: str
    valid_from: date | None  # None: since ever
    valid_to: date | None  # inclusive; None: until further notice
    replaced_by: str | None
    note: str
    source: str
    since: str  # the version of the standard that first knew the code
    mappings: Mapping[str, str]  # further classifications the code maps to, by column name

    def covers(self, on: date) -> bool:
        """Is this row in force on that day?"""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )


@dataclass(frozen=True, slots=True)
class CodeList:
    """A code list with all its rows, past and present."""

    name: str
    title: str
    source: str
    entries: tuple[Code, ...]

    def codes(self, version: str | None = None) -> tuple[str, ...]:
        """Every code once, in the order of the table; only those a version of the standard knows, if one is given."""
        known = (
            entry.code for entry in self.entries if version is None or order(entry.since) <= order(version)
        )
        return tuple(dict.fromkeys(known))


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a data file that belongs to the standard."""
    yield from csv.DictReader((_DATA / name).read_text(encoding="utf-8").splitlines())


def _code(row: dict[str, str]) -> Code:
    return Code(
        code=row["code"],
        title=row["title"],
        title_en=row["title_en"],
        valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        replaced_by=row["replaced_by"] or None,
        note=row["note"],
        source=row["source"],
        since=row.get("since") or "1.0",
        mappings=MappingProxyType({name: value for name, value in row.items() if name not in _COLUMNS}),
    )


def _load() -> Mapping[str, CodeList]:
    lists = {}
    for row in rows("code_lists.csv"):
        entries = tuple(_code(entry) for entry in rows(f"codes/{row['name']}.csv"))
        lists[row["name"]] = CodeList(row["name"], row["title"], row["source"], entries)
    return MappingProxyType(lists)


CODE_LISTS: Mapping[str, CodeList] = _load()


@cache
def _by_code(name: str) -> Mapping[str, tuple[Code, ...]]:
    found: dict[str, tuple[Code, ...]] = {}
    for entry in CODE_LISTS[name].entries:
        found[entry.code] = (*found.get(entry.code, ()), entry)
    return found


def titles(name: str) -> dict[str, str]:
    """Every code of a list with its title, in the list's order."""
    return {code: title(name, code) for code in CODE_LISTS[name].codes()}


def title(name: str, code: str) -> str:
    """The Chinese title of a code (the newest row's); an unknown code is its own title."""
    entries = _by_code(name).get(code)
    return entries[0].title if entries else code


def valid(name: str, code: str, on: date) -> bool:
    """Is the code in force on that day?"""
    return any(entry.covers(on) for entry in _by_code(name).get(code, ()))
