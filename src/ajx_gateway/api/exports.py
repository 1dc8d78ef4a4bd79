"""HOW does a whole list leave as one file? A ZIP, written while it is read: the sheet, and the manifest beside it.

A ZIP and not a trailer: an officer who gets the file on a disk opens both by double click, the sheet stays a plain sheet,
and what proves it (count, SHA-256 of the sheet, instant, filters) cannot be parted from it. The digest is known only at the
end, where a ZIP can still take one file more.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
import tempfile
import zipfile
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing
from pathlib import Path
from typing import Any, Final, Protocol

import xlsxwriter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ajx_gateway.api import tables
from ajx_gateway.aside import at_press
from ajx_gateway.errors import Unprocessable
from ajx_gateway.oversight.exports import Export

# A spreadsheet holds 2^20 rows; the header block stands on each sheet.
SHEET_ROWS: Final = 1_048_576
_PIECE: Final = 64 * 1024


def wants_all(given: dict[str, str]) -> bool:
    """Takes ``all`` out of the query parameters; whether the whole list is wanted."""
    stated = given.pop("all", "false") or "false"
    if stated not in ("true", "false"):
        raise Unprocessable("查询参数 all 只能是 true 或 false。", parameter="all")
    return stated == "true"


def answer(request: Request, export: Export) -> Response:
    """The ZIP with the CSV or XLSX that the caller prefers."""
    form = tables.form_of(request)
    if form not in ("csv", "xlsx"):
        raise Unprocessable("整表导出（all=true）只有 .csv 与 .xlsx 两种格式。", parameter="all")
    return Streamed(_zipped(export, form), export.stem, form)


class Streamed(Response):
    """Sends what an iterator gives; a reader that goes away ends the iterator, and with it what it holds."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], stem: str, form: tables.Form) -> None:
        self._pieces = pieces
        self.status_code, self.background, self.body = 200, None, b""
        name = tables.disposition(stem, form).replace(f".{form}", f".{form}.zip")
        self.media_type = "application/zip"
        self.init_headers({"Content-Disposition": name, "Vary": "Accept"})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            told = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(told[0], Exception) and not isinstance(told[0], OSError):
            raise told[0]

    async def _send(self, send: Send) -> None:
        async with aclosing(self._pieces) as pieces:
            first = await anext(pieces)  # what cannot be read at all is refused before the 200 leaves
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": first, "more_body": True})
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Drain(io.RawIOBase):
    """Where the ZIP is written to: what came since the last look."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class _Sheet(Protocol):
    """A file that grows by portions; ``add`` and ``end`` give the bytes that are ready."""

    def add(self, rows: Sequence[Sequence[object]]) -> Iterator[bytes]: ...

    def end(self) -> Iterator[bytes]: ...


async def _zipped(export: Export, form: tables.Form) -> AsyncGenerator[bytes, None]:
    drain, digest, count = _Drain(), hashlib.sha256(), 0
    table = tables.Table(export.title, export.definition, export.as_of, "条", export.columns, ())
    names = [name for name, _ in export.columns]
    packed = zipfile.ZIP_DEFLATED if form == "csv" else zipfile.ZIP_STORED
    with (
        tempfile.TemporaryDirectory(prefix="ajx-export-") as folder,
        zipfile.ZipFile(drain, "w", packed) as archive,
    ):
        sheet: _Sheet = _Csv(table) if form == "csv" else _Xlsx(table, Path(folder))
        with _entry(archive, f"{export.stem}.{form}") as entry:

            def put(pieces: Iterator[bytes]) -> bytes:
                for piece in pieces:
                    digest.update(piece)
                    entry.write(piece)
                return drain.taken()

            def add(rows: Sequence[Sequence[object]]) -> bytes:
                return put(sheet.add(rows))

            async with aclosing(export.portions()) as portions:
                async for items in portions:
                    rows = [[item.get(name) for name in names] for item in items]
                    count += len(rows)
                    ready = await at_press(add, rows)
                    if ready:
                        yield ready
            last = sheet.end()
            while (piece := await at_press(next, last, None)) is not None:
                ready = await at_press(put, iter((piece,)))
                if ready:
                    yield ready
        archive.writestr("manifest.json", _manifest(export, form, count, digest.hexdigest()))
    yield drain.taken()


def _entry(archive: zipfile.ZipFile, name: str) -> AbstractContextManager[Any]:
    """Its size is not known beforehand and may pass 4 GiB."""
    return archive.open(name, "w", force_zip64=True)


def _manifest(export: Export, form: tables.Form, count: int, digest: str) -> str:
    told: Mapping[str, object] = {
        "file": f"{export.stem}.{form}",
        "title": export.title,
        "definition": export.definition,
        "scope": export.scope,
        "as_of": export.as_of,
        "filters": dict(export.filters),
        "columns": [{"name": name, "title": title} for name, title in export.columns],
        "rows": count,
        "sha256": digest,
        "complete": True,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


class _Csv:
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


class _Xlsx:
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
