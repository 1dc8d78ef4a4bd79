"""HOW does a list leave as a file? One Table, written as CSV or XLSX that a spreadsheet cannot misread.

The header block says what the figures are (title, definition, as-of instant, unit), so that a printed sheet
explains itself. Text stays text: in CSV it is always quoted and numbers never are; in XLSX codes are text
cells, so that a spreadsheet neither eats leading zeros nor rounds an 18-digit code. A cell that looks like a
formula is neutralised.
"""

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

import xlsxwriter
from starlette.requests import Request
from starlette.responses import Response

Form = Literal["json", "html", "csv", "xlsx"]

MEDIA: Mapping[Form, str] = {
    "json": "application/json",
    "html": "text/html",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHINA = timezone(timedelta(hours=8))
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# XML 1.0 cannot hold these; a spreadsheet refuses the whole file for one of them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EXCEL_DIGITS = 15
_EXCEL_CELL = 32_767
BOOK_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True, slots=True)
class Table:
    """A list with what a reader must know to use it; int and Decimal stay numbers, all else is text."""

    title: str
    definition: str
    as_of: datetime | date | str
    unit: str
    columns: Sequence[tuple[str, str]]  # (name in the vocabulary, 中文)
    rows: Iterable[Sequence[object]]


def from_items(
    items: Iterable[Mapping[str, object]],
    columns: Sequence[tuple[str, str]],
    *,
    title: str,
    definition: str,
    as_of: datetime | date | str,
    unit: str = "",
) -> Table:
    """A Table out of JSON-like items; a missing member is an empty cell."""
    rows = ([item.get(name) for name, _ in columns] for item in items)
    return Table(title, definition, as_of, unit, columns, rows)


def text_of(value: object) -> str:
    """How a value reads in a cell; instants in China's time, nested values as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(CHINA).isoformat(timespec="seconds")
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        return "、".join(value)
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    return str(value)


def neutral(text: str) -> str:
    """The text, with a leading apostrophe when a spreadsheet would run it as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _is_number(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def _header_block(table: Table) -> list[list[str]]:
    block = [["标题", table.title], ["定义", table.definition], ["数据时点", text_of(table.as_of)]]
    if table.unit:
        block.append(["单位", table.unit])
    return block


def csv_line(cells: Iterable[object]) -> str:
    """Text is always quoted and a number never is, so that a reader can tell the code 0012 from twelve."""
    return ",".join(_csv_cell(cell) for cell in cells) + "\r\n"


def _csv_cell(value: object) -> str:
    if isinstance(value, Decimal) and _is_number(value):
        return format(value, "f")
    if isinstance(value, int) and _is_number(value):
        return str(value)
    text = neutral(_CONTROLS.sub("", text_of(value)))
    return '"' + text.replace('"', '""') + '"' if text else ""


def to_csv(table: Table) -> bytes:
    """UTF-8 with BOM (spreadsheets guess GBK otherwise), header block, Chinese titles, names, rows."""
    heads = [
        *_header_block(table),
        [],
        [title for _, title in table.columns],
        [name for name, _ in table.columns],
    ]
    lines = [csv_line(cells) for cells in heads]
    lines += [csv_line(row) for row in table.rows]
    return b"\xef\xbb\xbf" + "".join(lines).encode("utf-8")


def to_xlsx(table: Table) -> bytes:
    """The same sheet as a workbook, row by row, so that memory does not grow with the list."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, BOOK_OPTIONS)
    text, bold = formats(book)
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", table.title)[:31].strip() or "Sheet1")
    first = write_head(page, table, text, bold)
    for number, row in enumerate(table.rows, start=first):
        for column, cell in enumerate(row):
            write_cell(page, number, column, cell, text)
    book.close()
    return target.getvalue()


def formats(book: xlsxwriter.Workbook) -> "tuple[xlsxwriter.format.Format, xlsxwriter.format.Format]":
    """Text cells and titles; quotePrefix keeps a text cell text even when somebody edits it."""
    return book.add_format({"quote_prefix": True, "num_format": "@"}), book.add_format({"bold": True})


def write_head(page: "xlsxwriter.worksheet.Worksheet", table: Table, text: object, bold: object) -> int:
    """The header block, the titles and the names; the number of the first row below them."""
    page.set_column(0, max(len(table.columns) - 1, 0), 18)
    lines: list[tuple[Sequence[object], object]] = [(line, text) for line in _header_block(table)]
    lines += [([], text), ([title for _, title in table.columns], bold)]
    lines += [([name for name, _ in table.columns], text)]
    for number, (line, style) in enumerate(lines):
        for column, cell in enumerate(line):
            page.write_string(number, column, _CONTROLS.sub("", str(cell)), style)
    return len(lines)


def write_cell(
    page: "xlsxwriter.worksheet.Worksheet", row: int, column: int, cell: object, text: object
) -> None:
    """A number as a number while a spreadsheet can hold it, all else as text."""
    if cell is None:
        return
    if isinstance(cell, (int, Decimal)) and _is_number(cell) and len(str(cell).lstrip("-")) <= _EXCEL_DIGITS:
        page.write_number(row, column, cell)
        return
    page.write_string(row, column, _CONTROLS.sub("", text_of(cell))[:_EXCEL_CELL], text)


def form_of(request: Request, *, offered: Sequence[Form] = ("json", "csv", "xlsx")) -> Form:
    """What the caller wants: the suffix decides, then the Accept header, then the first form offered."""
    for form in ("csv", "xlsx"):
        if request.url.path.endswith(f".{form}") and form in offered:
            return form
    best: tuple[float, int, Form] = (0.0, 0, offered[0])
    for part in ",".join(request.headers.getlist("accept")).split(","):
        media, _, parameters = part.strip().lower().partition(";")
        quality = _quality(parameters)
        for place, form in enumerate(offered):
            if media.strip() == MEDIA[form] and (quality, -place) > best[:2]:
                best = (quality, -place, form)
    return best[2]


def _quality(parameters: str) -> float:
    found = re.search(r"(?:^|;)\s*q=([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", parameters)
    return float(found[1]) if found else 1.0


def with_suffixes(path: str) -> tuple[str, str, str]:
    """The paths under which a list answers: as negotiated, as CSV, as XLSX."""
    return path, f"{path}.csv", f"{path}.xlsx"


def table_response(table: Table, form: Form, stem: str) -> Response:
    """The file as a download with a name that old and new browsers understand."""
    body = to_csv(table) if form == "csv" else to_xlsx(table)
    media = f"{MEDIA[form]}; charset=utf-8" if form == "csv" else MEDIA[form]
    return Response(
        body, media_type=media, headers={"Content-Disposition": disposition(stem, form), "Vary": "Accept"}
    )


def disposition(stem: str, form: Form) -> str:
    """The name of a download, as old and new browsers read it."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", stem)
    return f"attachment; filename=\"{plain}.{form}\"; filename*=UTF-8''{quote(f'{stem}.{form}')}"
