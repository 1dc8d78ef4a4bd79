"""WHAT does a report say? Its figures as one frozen document, the one way to write it, and the digest of that.

Numbers stand as the API gives them: counts are integers, money and ratios strings, None where there is no figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

SCHEMA = "ajx-report/1"
# ``code`` is the key behind a name: kept in the figures and the workbook, not printed.
Form = Literal["code", "text", "count", "days", "money", "ratio", "score", "percent"]
Cell = str | int | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: ``keys`` of the table's first columns say what a row is about."""

    name: str
    title: str
    unit: str
    form: Form


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures with what they mean; the first ``keys`` columns name the row."""

    name: str
    title: str
    definition: str
    columns: tuple[Column, ...]
    keys: int
    rows: tuple[Row, ...]
    total: Row | None = None

    def place(self, column: str) -> int:
        """Where the column stands; KeyError for one that is not there."""
        for number, each in enumerate(self.columns):
            if each.name == column:
                return number
        raise KeyError(column)


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn of a table: one series a value column, one place on the axis a row."""

    name: str
    title: str
    form: Literal["bar", "line"]
    table: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part: paragraphs, tables and charts; one that holds nothing says why in its paragraphs."""

    name: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()

    def table(self, name: str) -> Table:
        """The table of that name; KeyError when there is none."""
        for each in self.tables:
            if each.name == name:
                return each
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``begins`` to ``ends``, both included, under the name that was asked for."""

    name: str
    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The whole report before it is laid out."""

    kind: str
    kind_title: str
    title: str
    issuer: str
    territory: str
    territory_title: str
    insurer: str
    insurer_title: str
    period: Period
    as_of: str
    sections: tuple[Section, ...]
    schema: str = SCHEMA


def canonical(figures: Figures) -> bytes:
    """The one way to write these figures: UTF-8 JSON, members sorted, no spaces."""
    text = json.dumps(asdict(figures), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def digest(written: bytes) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(written).hexdigest()


def read(written: bytes) -> Figures:
    """The figures behind canonical bytes; ValueError for another schema."""
    told: dict[str, Any] = json.loads(written)
    if told.get("schema") != SCHEMA:
        raise ValueError(f"not {SCHEMA}")
    return Figures(
        **{
            **told,
            "period": Period(**told["period"]),
            "sections": tuple(_section(each) for each in told["sections"]),
        }
    )


def _section(told: Mapping[str, Any]) -> Section:
    return Section(
        name=told["name"],
        title=told["title"],
        paragraphs=tuple(told["paragraphs"]),
        tables=tuple(_table(each) for each in told["tables"]),
        charts=tuple(Chart(**{**each, "values": tuple(each["values"])}) for each in told["charts"]),
    )


def _table(told: Mapping[str, Any]) -> Table:
    return Table(
        **{
            **told,
            "columns": tuple(Column(**each) for each in told["columns"]),
            "rows": tuple(tuple(row) for row in told["rows"]),
            "total": None if told["total"] is None else tuple(told["total"]),
        }
    )
