"""HOW is a list written as a workbook while it is read? Row by row into a ZIP whose bytes leave as they come.

A workbook is a ZIP of XML: the sheets are written as they grow, what names them at the end. Nothing waits for the last row
(a million rows take minutes, and whoever hears nothing for one gives up), nothing lies in a file, and the same rows give
the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import IO, Any, Final
from xml.sax.saxutils import escape, quoteattr

from ajx_gateway.api import cells
from ajx_gateway.api.workbook_looks import DAY, HEAD, INSTANT, MAIN, NUMBER, STYLES, TEXT, WORDS, XML, Layout

# A spreadsheet holds 2^20 rows; the header block stands on each sheet. An entry of a plain ZIP holds 2 GiB.
SHEET_ROWS: Final = 1_048_576
_SHEET_BYTES: Final = 1_500_000_000
_DIGITS, _LETTERS = 15, 32_767
_LINKS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
# What spreadsheets would take for the number of a character.
_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# Spreadsheets count days from here on, as long as they lie after the February of 1900.
_DAY_ZERO: Final = date(1899, 12, 30)
_OF_SORT = {"number": cells.number, "day": cells.day, "instant": cells.instant}


class Drain(io.RawIOBase):
    """Where a ZIP is written to: what came since the last look."""

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


class Workbook:
    """``block`` stands above the titles on every sheet; ``add`` and ``end`` give the bytes that are ready."""

    def __init__(
        self,
        title: str,
        block: Sequence[Sequence[str]],
        columns: Sequence[tuple[str, str]],
        sheet_rows: int = SHEET_ROWS,
    ) -> None:
        self._title = re.sub(r"[\[\]:*?/\\']", " ", title)[:24].strip() or "Sheet"
        self._block, self._columns, self._most = block, columns, sheet_rows
        self._sorts = [cells.sort_of(name) for name, _ in columns]
        self._layout = Layout(columns, block)
        self._drain = Drain()
        self._zip = zipfile.ZipFile(self._drain, "w", zipfile.ZIP_DEFLATED)
        self._sheets, self._row, self._bytes = 0, 0, 0
        self._page: IO[bytes] | None = None

    def add(self, rows: Sequence[Sequence[object]]) -> Iterator[bytes]:
        """More rows; a new sheet begins where a spreadsheet would end."""
        written: list[str] = []
        for row in rows:
            if self._page is None or self._row >= self._most or self._bytes > _SHEET_BYTES:
                self._put(written)
                written = self._turn()
            self._row += 1
            written.append(self._line(row))
        self._put(written)
        if ready := self._drain.taken():
            yield ready

    def end(self) -> Iterator[bytes]:
        """What names the sheets, and the end of the ZIP."""
        if self._page is None:
            self._put(self._turn())
        self._close()
        for name, text in self._parts():
            self._zip.writestr(_entry(name), text)
        self._zip.close()
        yield self._drain.taken()

    def _put(self, lines: list[str]) -> None:
        if self._page is not None and lines:
            data = "".join(lines).encode("utf-8")
            self._page.write(data)
            self._bytes += len(data)

    def _turn(self) -> list[str]:
        """The heads of a new sheet; the title's row and the names' stay in sight."""
        self._close()
        self._sheets, self._row, self._bytes = self._sheets + 1, 0, 0
        self._page = self._zip.open(_entry(f"xl/worksheets/sheet{self._sheets}.xml"), "w")
        heads = len(self._block) + 3
        lines = [
            f'{XML}<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
            f'<sheetView workbookViewId="0"><pane ySplit="{heads}" topLeftCell="A{heads + 1}" activePane="bottomLeft"'
            f' state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
            f"{self._layout.columns()}<sheetData>"
        ]
        above: list[tuple[Sequence[str], int]] = [*((line, TEXT) for line in self._block), ((), TEXT)]
        above += [([title for _, title in self._columns], HEAD), ([name for name, _ in self._columns], TEXT)]
        for line, style in above:
            self._row += 1
            lines.append(self._head(line, style))
        return lines

    def _head(self, line: Sequence[str], style: int) -> str:
        height = self._layout.head() if style == HEAD else self._layout.spanning.get(self._row)
        if height is None:
            height = ""
        elif style == TEXT:
            style = WORDS
        told = (_text(f"{_letters(n)}{self._row}", cell, style) for n, cell in enumerate(line))
        return f'<row r="{self._row}"{height}>{"".join(told)}</row>'

    def _line(self, row: Sequence[object]) -> str:
        told = []
        for place, value in enumerate(row):
            if value is None:
                continue
            sort = self._sorts[place] if place < len(self._sorts) else "text"
            cell = value if sort == "text" else _OF_SORT[sort](value)
            looks = self._layout.looks[place] if place < len(self._sorts) else (TEXT, NUMBER)
            told.append(_cell(f"{_letters(place)}{self._row}", cell, sort, looks))
        return f'<row r="{self._row}"{self._layout.row(row)}>{"".join(told)}</row>'

    def _close(self) -> None:
        if self._page is not None:
            self._page.write(
                f"</sheetData>{self._layout.merged(_letters)}{self._layout.printing()}</worksheet>".encode()
            )
            self._page.close()

    def _named(self) -> str:
        """The rows that each sheet repeats on every page in print."""
        first = len(self._block) + 2
        return "".join(
            f'<definedName name="_xlnm.Print_Titles" localSheetId="{n - 1}">'
            f"'{escape(self._sheet_name(n))}'!${first}:${first + 1}</definedName>"
            for n in range(1, self._sheets + 1)
        )

    def _sheet_name(self, number: int) -> str:
        return self._title if number == 1 else f"{self._title} {number}"

    def _parts(self) -> Iterator[tuple[str, str]]:
        """Everything but the sheets."""
        numbers = range(1, self._sheets + 1)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        overrides = {"/xl/workbook.xml": "sheet.main", "/xl/styles.xml": "styles"}
        overrides |= {f"/xl/worksheets/sheet{n}.xml": "worksheet" for n in numbers}
        told = "".join(
            f'<Override PartName="{p}" ContentType="{kind}.{k}+xml"/>' for p, k in overrides.items()
        )
        yield (
            "[Content_Types].xml",
            f'{XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
            f'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>{told}'
            "</Types>",
        )
        yield "_rels/.rels", _links([("rId1", "officeDocument", "xl/workbook.xml")])
        sheets = "".join(
            f'<sheet name={quoteattr(self._sheet_name(n))} sheetId="{n}" r:id="rId{n}"/>' for n in numbers
        )
        yield (
            "xl/workbook.xml",
            f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets><definedNames>'
            f"{self._named()}</definedNames></workbook>",
        )
        links = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        yield (
            "xl/_rels/workbook.xml.rels",
            _links([*links, (f"rId{self._sheets + 1}", "styles", "styles.xml")]),
        )
        yield "xl/styles.xml", STYLES


def _links(targets: Sequence[tuple[str, str, str]]) -> str:
    told = "".join(
        f'<Relationship Id="{i}" Type="{_LINKS}/{kind}" Target="{to}"/>' for i, kind, to in targets
    )
    return f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">{told}</Relationships>'


def _entry(name: str) -> zipfile.ZipInfo:
    """Always of the same day: the same rows give the same bytes."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _cell(at: str, cell: object, sort: cells.Sort, looks: tuple[int, int]) -> str:
    """An amount as a number while a spreadsheet can hold it, a day as a day, all else as text."""
    if sort != "text" and isinstance(cell, date):
        return f'<c r="{at}" s="{DAY if sort == "day" else INSTANT}"><v>{_serial(cell)}</v></c>'
    if isinstance(cell, int | Decimal) and cells.is_number(cell) and len(str(cell).lstrip("-")) <= _DIGITS:
        return (
            f'<c r="{at}" s="{looks[1]}"><v>{cell:f}</v></c>'
            if isinstance(cell, Decimal)
            else f'<c r="{at}" s="{NUMBER}"><v>{cell}</v></c>'
        )
    return _text(at, cells.text_of(cell), looks[0])


def _text(at: str, text: str, style: int) -> str:
    plain = _ESCAPE.sub("_x005F_", cells.CONTROLS.sub("", text)[:_LETTERS])
    told = escape(plain).replace("\r", "&#13;")
    return f'<c r="{at}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{told}</t></is></c>'


def _serial(day: date) -> str:
    """Days since the day zero of spreadsheets, hours as their fraction; a part of a second is none, lest a spreadsheet
    round it up into the next day."""
    if not isinstance(day, datetime):
        return str((day - _DAY_ZERO).days)
    since = datetime.combine(day.date(), day.time()) - datetime.combine(_DAY_ZERO, datetime.min.time())
    return format(Decimal(since // timedelta(seconds=1)) / 86_400, ".11f")


@lru_cache(1024)
def _letters(place: int) -> str:
    """The name of a column: A for 0, AA for 26."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found
