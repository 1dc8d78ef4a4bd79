"""HOW does a list leave as a file? One Table, written as CSV or XLSX that a spreadsheet cannot misread.

The header block says what the figures are (title, definition, as-of instant, unit), so that a printed sheet
explains itself. Text stays text: in CSV it is always quoted and numbers never are; in XLSX codes are text
cells, so that a spreadsheet neither eats leading zeros nor rounds an 18-digit code, amounts are numbers, days days
and instants the hour in China (see ``cells``). A cell that looks like a formula is neutralised.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import cells
from ajx_gateway.api.workbooks import Workbook
from ajx_gateway.identity import system_scope
from ajx_gateway.publishing import vocabulary
from ajx_gateway.store import clients
from ajx_gateway.store.database import Store

Form = Literal["json", "html", "csv", "xlsx"]

MEDIA: Mapping[Form, str] = {
    "json": "application/json",
    "html": "text/html",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHINA = timezone(timedelta(hours=8))
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


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
    kind: str | None = None,
) -> Table:
    """A Table out of JSON-like items; a missing member is an empty cell."""
    rows = ([item.get(name) for name, _ in columns] for item in items)
    return spoken(Table(title, definition, as_of, unit, columns, rows), kind)


def spoken(table: Table, kind: str | None = None) -> Table:
    """The same with the titles beside its codes; ``kind``: of whose records it is, where codes differ by that."""
    columns, row_of = vocabulary.beside(table.columns, kind)
    return replace(table, columns=columns, rows=[row_of(row) for row in table.rows])


async def insurers_named(table: Table, store: Store) -> Table:
    """The same with the names of insurers beside their codes, as they are registered."""
    columns, row_of = await insurers_beside(table.columns, store)
    return (
        table if columns is table.columns else replace(table, columns=columns, rows=map(row_of, table.rows))
    )


async def insurers_beside(
    columns: Sequence[tuple[str, str]], store: Store
) -> tuple[Sequence[tuple[str, str]], vocabulary.Widening]:
    """What names the insurers of a sheet; the register is read only where a column wants it."""
    wider, row_of = vocabulary.insurers_beside(columns, {})
    if wider is columns:
        return columns, row_of
    async with store.reading(system_scope("name the insurers of a sheet")) as tx:
        return vocabulary.insurers_beside(columns, await clients.insurer_names(tx))


def neutral(text: str) -> str:
    """The text, with a leading apostrophe when a spreadsheet would run it as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _header_block(table: Table) -> list[list[str]]:
    block = [["标题", table.title], ["定义", table.definition], ["数据时点", cells.text_of(table.as_of)]]
    if table.unit:
        block.append(["单位", table.unit])
    return block


def csv_line(cells: Iterable[object]) -> str:
    """Text is always quoted and a number never is, so that a reader can tell the code 0012 from twelve."""
    return ",".join(_csv_cell(cell) for cell in cells) + "\r\n"


def _csv_cell(value: object) -> str:
    if isinstance(value, Decimal) and cells.is_number(value):
        return format(value, "f")
    if isinstance(value, int) and cells.is_number(value):
        return str(value)
    text = neutral(cells.CONTROLS.sub("", cells.text_of(value)))
    return '"' + text.replace('"', '""') + '"' if text else ""


def to_csv(table: Table) -> bytes:
    """UTF-8 with BOM (spreadsheets guess GBK otherwise), header block, Chinese titles, names, rows."""
    heads = [
        *_header_block(table),
        [],
        [title for _, title in table.columns],
        [name for name, _ in table.columns],
    ]
    lines = [csv_line(head) for head in heads]
    typed = cells.as_numbers(table.columns)
    lines += [csv_line(typed(row)) for row in table.rows]
    return b"\xef\xbb\xbf" + "".join(lines).encode("utf-8")


def to_xlsx(table: Table) -> bytes:
    """The same sheet as a workbook."""
    book = workbook(table)
    return b"".join((*book.add(list(table.rows)), *book.end()))


def workbook(table: Table, **more: int) -> Workbook:
    """The workbook of a list, still without its rows."""
    return Workbook(table.title, _header_block(table), table.columns, **more)


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
