"""HOW does a sheet grow while it is read? A CSV by its lines; a workbook in temporary files, sheet after sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import xlsxwriter

from ajx_gateway.api import tables

# A spreadsheet holds 2^20 rows; the header block stands on each sheet.
SHEET_ROWS: Final = 1_048_576
_PIECE: Final = 64 * 1024


class Sheet(Protocol):
    """A file that grows by portions; ``add`` and ``end`` give the bytes that are ready."""

    def add(self, rows: Sequence[Sequence[object]]) -> Iterator[bytes]: ...

    def end(self) -> Iterator[bytes]: ...


class Csv:
    """The heads with the first rows, then line by line."""

    def __init__(self, table: tables.Table) -> None:
        self._table: tables.Table | None = table

    def add(self, rows: Sequence[Sequence[object]]) -> Iterator[bytes]:
        yield from self._head()
        yield "".join(tables.csv_line(row) for row in rows).encode("utf-8")

    def _head(self) -> Iterator[bytes]:
        if self._table is not None:
            yield tables.to_csv(self._table)
            self._table = None

    def end(self) -> Iterator[bytes]:
        yield from self._head()


class Xlsx:
    """Rows go to temporary files as they come; a new sheet begins where a spreadsheet would end."""

    def __init__(self, table: tables.Table, folder: Path, sheet_rows: int = SHEET_ROWS) -> None:
        self._path = folder / "book.xlsx"
        self._table, self._most, self._next, self._sheets = table, sheet_rows, sheet_rows, 0
        self._book = xlsxwriter.Workbook(str(self._path), {**tables.BOOK_OPTIONS, "tmpdir": str(folder)})
        self._formats = tables.formats(self._book)

    def add(self, rows: Sequence[Sequence[object]]) -> Iterator[bytes]:
        for row in rows:
            if self._next >= self._most:
                self._turn()
            for column, cell in enumerate(row):
                tables.write_cell(self._page, self._next, column, cell, self._formats[0])
            self._next += 1
        return iter(())

    def _turn(self) -> None:
        self._sheets += 1
        title = re.sub(r"[\[\]:*?/\\']", " ", self._table.title)[:24].strip() or "Sheet"
        self._page = self._book.add_worksheet(title if self._sheets == 1 else f"{title} {self._sheets}")
        self._next = tables.write_head(self._page, self._table, *self._formats)

    def end(self) -> Iterator[bytes]:
        if not self._sheets:
            self._turn()
        self._book.close()
        with self._path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
