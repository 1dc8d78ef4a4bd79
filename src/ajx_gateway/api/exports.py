"""HOW does a whole list leave as one file? A ZIP, written while it is read: the sheet, and the manifest beside it.

Every list leaves the same way: its door's own page function is asked for one page after the other in one snapshot, and
each page's sheet goes on where the last one ended. The longest lists have a cursor of the database instead.

A ZIP and not a trailer: an officer who gets the file on a disk opens both by double click, the sheet stays a plain sheet,
and what proves it (count, SHA-256 of the sheet, instant, filters) cannot be parted from it. The digest is known only at the
end, where a ZIP can still take one file more.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ajx_gateway.api import cells, tables
from ajx_gateway.api.export_sheets import Csv, Sheet
from ajx_gateway.api.workbooks import Drain
from ajx_gateway.aside import at_press
from ajx_gateway.errors import Unprocessable
from ajx_gateway.oversight.asking import Portion
from ajx_gateway.oversight.exports import Export
from ajx_gateway.publishing import vocabulary
from ajx_gateway.store.database import Store
from ajx_gateway.store.snapshots import snapshot_of

# So many rows of a list are read at once: few enough for the memory, enough that a long list is not sorted too often.
PORTION: Final = Portion("5000")
# Seconds for which a reader may take nothing; meanwhile it keeps a connection, a snapshot and the only lane.
PATIENCE: Final = 60.0
# What a door answers to the query parameters it was given, as known at an instant.
Page = Callable[[Store, dict[str, str], datetime], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Whole:
    """A list on its way out: its address and filters, and sheets whose rows follow each other, each with its scope."""

    stem: str
    address: str
    filters: Mapping[str, str]
    sheets: Callable[[], AsyncGenerator[tuple[tables.Table, str], None]]


def wants_all(given: dict[str, str]) -> bool:
    """Takes ``all`` out of the query parameters; whether the whole list is wanted, which has no pages."""
    stated = given.pop("all", "false") or "false"
    if stated not in ("true", "false"):
        raise Unprocessable("查询参数 all 只能是 true 或 false。", parameter="all")
    if stated == "true":
        for name in ("after", "limit"):
            if given.pop(name, ""):
                raise Unprocessable(f"整表导出（all=true）不分页，请去掉 {name}。", parameter=name)
    return stated == "true"


def of_pages(
    request: Request,
    store: Store,
    given: Mapping[str, str],
    page: Page,
    sheet: Callable[[dict[str, Any]], tables.Table],
    stem: str,
    *,
    paged: bool,
    now: datetime,
) -> Response:
    """The ZIP of a list, out of the pages that its door gives."""

    async def sheets() -> AsyncGenerator[tuple[tables.Table, str], None]:
        async with snapshot_of(store) as snapshot:
            after: str | None = None
            while True:
                told = {"limit": PORTION, **({"after": after} if after else {})} if paged else {}
                found = await page(snapshot, {**given, **told}, now)
                yield await tables.insurers_named(sheet(found), snapshot), str(found["scope"])
                # A feed names its end even where nothing more has come yet.
                ended, after = after, found.get("next") if paged else None
                if after is None or after == ended:
                    return

    return _answer(request, Whole(stem, request.url.path, _stated(given), sheets))


def of_rows(request: Request, store: Store, export: Export, kind: str | None = None) -> Response:
    """The ZIP of a list that the database gives row by row."""
    told, titled = vocabulary.beside(export.columns, kind)
    names = [name for name, _ in export.columns]

    async def sheets() -> AsyncGenerator[tuple[tables.Table, str], None]:
        columns, named = await tables.insurers_beside(told, store)
        head = tables.Table(export.title, export.definition, export.as_of, "条", columns, ())

        def row_of(item: Mapping[str, Any]) -> Sequence[object]:
            return named(titled([item.get(name) for name in names]))

        # The heads come with the first rows: a list that cannot be read is refused, not broken off.
        found = False
        async with aclosing(export.portions()) as portions:
            async for items in portions:
                found = True
                yield replace(head, rows=[row_of(item) for item in items]), export.scope
        if not found:
            yield head, export.scope

    return _answer(request, Whole(export.stem, request.url.path, export.filters, sheets))


def _stated(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def _answer(request: Request, whole: Whole) -> Response:
    form = tables.form_of(request)
    if form not in ("csv", "xlsx"):
        raise Unprocessable("整表导出（all=true）只有 .csv 与 .xlsx 两种格式。", parameter="all")
    return Streamed(_zipped(whole, form), whole.stem, form)


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
            await _taken(send, first)
            async for piece in pieces:
                await _taken(send, piece)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _taken(send: Send, piece: bytes) -> None:
    """Whoever takes nothing for so long goes without the rest: the file ends without its manifest."""
    async with asyncio.timeout(PATIENCE):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _zipped(whole: Whole, form: tables.Form) -> AsyncGenerator[bytes, None]:
    drain, digest, count = Drain(), hashlib.sha256(), 0
    packed = zipfile.ZIP_DEFLATED if form == "csv" else zipfile.ZIP_STORED
    async with aclosing(whole.sheets()) as sheets:
        first, scope = await anext(sheets)
        table = replace(first, rows=())
        with zipfile.ZipFile(drain, "w", packed) as archive:
            sheet: Sheet = Csv(table) if form == "csv" else tables.workbook(table)
            with _entry(archive, f"{whole.stem}.{form}") as entry:

                def put(pieces: Iterator[bytes]) -> bytes:
                    for piece in pieces:
                        digest.update(piece)
                        entry.write(piece)
                    return drain.taken()

                def add(rows: Iterable[Sequence[object]]) -> tuple[int, bytes]:
                    listed = list(rows)
                    return len(listed), put(sheet.add(listed))

                rows: Iterable[Sequence[object]] | None = first.rows
                while rows is not None:
                    added, ready = await at_press(add, rows)
                    count += added
                    if ready:
                        yield ready
                    rows = await _next_rows(sheets)
                last = sheet.end()
                while (piece := await at_press(next, last, None)) is not None:
                    ready = await at_press(put, iter((piece,)))
                    if ready:
                        yield ready
            told = _manifest(whole, table, scope, f"{whole.stem}.{form}", count, digest.hexdigest())
            archive.writestr("manifest.json", told)
        yield drain.taken()


async def _next_rows(
    sheets: AsyncGenerator[tuple[tables.Table, str], None],
) -> Iterable[Sequence[object]] | None:
    async for table, _ in sheets:
        return table.rows
    return None


def _entry(archive: zipfile.ZipFile, name: str) -> AbstractContextManager[Any]:
    """Its size is not known beforehand and may pass 4 GiB."""
    return archive.open(name, "w", force_zip64=True)


def _manifest(whole: Whole, table: tables.Table, scope: str, file: str, count: int, digest: str) -> str:
    told: Mapping[str, object] = {
        "file": file,
        "address": whole.address,
        "title": table.title,
        "definition": table.definition,
        "scope": scope,
        "as_of": cells.text_of(table.as_of),
        "filters": dict(whole.filters),
        "columns": [{"name": name, "title": title} for name, title in table.columns],
        "rows": count,
        "sha256": digest,
        "complete": True,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)
