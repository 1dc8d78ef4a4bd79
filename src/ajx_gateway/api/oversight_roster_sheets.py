"""HOW do the template and a returned roster look in a spreadsheet? Text cells throughout, rows where they stood."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from starlette.responses import Response

from ajx_gateway.api import cells, tables
from ajx_gateway.oversight.roster import ERROR_COLUMN, Upload, returned
from ajx_gateway.oversight.roster_file import COLUMNS

# XML 1.0 cannot hold these.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CELL = 32_767


def _book(target: io.BytesIO) -> Any:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    return xlsxwriter.Workbook(target, {**options, "strings_to_numbers": False})


def template_xlsx(definition: str, columns: Sequence[tuple[str, str]]) -> bytes:
    """The empty template. Its columns are text, so that a spreadsheet does not round an 18-digit code."""
    target = io.BytesIO()
    book = _book(target)
    text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
    page = book.add_worksheet("应保名录")
    page.set_column(0, len(columns) - 1, 22, text)
    page.write_string(0, 0, "应保名录模板", bold)
    page.write_string(1, 0, definition, text)
    for place, (_, title) in enumerate(columns):
        page.write_string(2, place, title, bold)
    book.close()
    return target.getvalue()


def template_csv(columns: Sequence[tuple[str, str]]) -> bytes:
    """The header alone, as spreadsheets in China read it."""
    line = ",".join(f'"{title}"' for _, title in columns)
    return b"\xef\xbb\xbf" + (line + "\r\n").encode()


def template_response(form: tables.Form, definition: str, columns: Sequence[tuple[str, str]]) -> Response:
    """The template as a download."""
    body = template_csv(columns) if form == "csv" else template_xlsx(definition, columns)
    return _download(body, form, "应保名录模板")


def returned_xlsx(given: Upload) -> bytes:
    """The sheet as it came with the error column: every row where it stood, so that row numbers hold."""
    target = io.BytesIO()
    book = _book(target)
    text = book.add_format({"num_format": "@"})
    wrong = book.add_format({"num_format": "@", "font_color": "#C00000"})
    page = book.add_worksheet("应保名录")
    lines, _ = returned(given)
    head = given.sheet.lines[: given.sheet.head + 1]
    width = max((len(line) for line in given.sheet.lines), default=len(COLUMNS))
    page.set_column(0, width, 18, text)
    for number, line in enumerate(head):
        _write(page, number, line, text)
    page.write_string(given.sheet.head, width, ERROR_COLUMN, wrong)
    for number, line in enumerate(lines, start=given.sheet.head + 1):
        _write(page, number, line[:-1], text)
        if line[-1]:
            page.write_string(number, width, str(line[-1])[:_CELL], wrong)
    book.close()
    return target.getvalue()


def _write(page: Any, row: int, line: Iterable[object], style: Any) -> None:
    for column, cell in enumerate(line):
        if cell not in (None, ""):
            page.write_string(row, column, _CONTROLS.sub("", cells.text_of(cell))[:_CELL], style)


def returned_response(body: bytes, status: int) -> Response:
    """The returned workbook as a download, with the status of the answer."""
    response = _download(body, "xlsx", "应保名录-错误说明")
    response.status_code = status
    return response


def _download(body: bytes, form: tables.Form, stem: str) -> Response:
    media = f"{tables.MEDIA[form]}; charset=utf-8" if form == "csv" else tables.MEDIA[form]
    return Response(body, media_type=media, headers={"Content-Disposition": tables.disposition(stem, form)})
