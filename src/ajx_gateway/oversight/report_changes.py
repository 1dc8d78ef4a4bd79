"""WHAT is different between two derivations of one report? Figure by figure: what it was, what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ajx_gateway.rendering.figures import Column, Figures, Row, Table
from ajx_gateway.rendering.words import TOTAL, heading, printed

_ABSENT = "无此行"
_NO_TABLE = "无此表"
MOST = 5000


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that stands otherwise: where (section, table, row, column), then and now as printed."""

    section: str
    table: str
    row: str
    column: str
    then: str
    now: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def differences(then: Figures, now: Figures) -> list[Difference]:
    """Every figure that differs, in the order of the report; at most ``MOST``. Words are not compared."""
    found: list[Difference] = []
    for section, before, after in _tables(then, now):
        for one in _differing(section, before, after):
            found.append(one)
            if len(found) == MOST:
                return found
    return found


def _tables(then: Figures, now: Figures) -> Iterator[tuple[str, Table | None, Table | None]]:
    earlier, later = _named(then), _named(now)
    for key in dict.fromkeys([*earlier, *later]):
        before, after = earlier.get(key), later.get(key)
        title = (before or after or ("", None))[0]
        yield title, before[1] if before else None, after[1] if after else None


def _named(of: Figures) -> dict[tuple[str, str], tuple[str, Table]]:
    return {(s.name, t.name): (s.title, t) for s in of.sections for t in s.tables}


def _differing(section: str, before: Table | None, after: Table | None) -> Iterator[Difference]:
    told = before or after
    if told is None:
        return
    if before is None or after is None:
        then, now = ("有", _NO_TABLE) if after is None else (_NO_TABLE, "有")
        yield Difference(section, told.title, "", "", then, now)
        return
    rows = {_key(before, row): row for row in before.rows}
    others = {_key(after, row): row for row in after.rows}
    for key in dict.fromkeys([*rows, *others]):
        yield from _row(section, before, after, rows.get(key), others.get(key))
    yield from _row(section, before, after, before.total, after.total, name=TOTAL)


def _key(table: Table, row: Row) -> Row:
    """The codes that say what a row is about; names may change."""
    codes = [place for place in range(table.keys) if not table.columns[place].name.endswith("_name")]
    return tuple(row[place] for place in codes)


def _row(
    section: str, before: Table, after: Table, then: Row | None, now: Row | None, *, name: str = ""
) -> Iterator[Difference]:
    if then is None and now is None:
        return
    label = name or _label(before if then is not None else after, then if then is not None else now or ())
    for column in dict.fromkeys([*before.columns[before.keys :], *after.columns[after.keys :]]):
        was, has = _cell(before, then, column), _cell(after, now, column)
        if was != has:
            yield Difference(section, before.title, label, heading(column), was, has)


def _label(table: Table, row: Row) -> str:
    named = [
        printed(row[place], column)
        for place, column in enumerate(table.columns[: table.keys])
        if column.form == "text"
    ]
    return "，".join(named)


def _cell(table: Table, row: Row | None, column: Column) -> str:
    if row is None:
        return _ABSENT
    try:
        return printed(row[table.place(column.name)], column)
    except KeyError:
        return _ABSENT
