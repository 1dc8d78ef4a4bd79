"""HOW does a sheet grow while it is read? A CSV by its lines, a workbook by its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ajx_gateway.api import cells, tables


class Sheet(Protocol):
    """A file that grows by portions; ``add`` and ``end`` give the bytes that are ready."""

    def add(self, rows: Sequence[Sequence[object]]) -> Iterator[bytes]: ...

    def end(self) -> Iterator[bytes]: ...


class Csv:
    """The heads with the first rows, then line by line."""

    def __init__(self, table: tables.Table) -> None:
        self._table: tables.Table | None = table
        self._typed = cells.as_numbers(table.columns)

    def add(self, rows: Sequence[Sequence[object]]) -> Iterator[bytes]:
        yield from self._head()
        yield "".join(tables.csv_line(self._typed(row)) for row in rows).encode("utf-8")

    def _head(self) -> Iterator[bytes]:
        if self._table is not None:
            yield tables.to_csv(self._table)
            self._table = None

    def end(self) -> Iterator[bytes]:
        yield from self._head()
