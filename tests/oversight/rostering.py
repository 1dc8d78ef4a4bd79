"""Rosters as officers file them: sheets, codes with sound check digits, and entries on the shelf."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from shelving import Shelf

from ajx_gateway.demo.codes import uscc
from ajx_gateway.oversight.roster_file import COLUMNS
from ajx_gateway.store import roster
from ajx_gateway.store.database import Store
from ajx_gateway.store.roster import Entry, Filing, Outcome

GUICHENG, SHISHAN, NANHAI = "440605011", "440605124", "440605"
SOURCE = "区应急管理局名录（虚构）"
TITLES = {column.name: column.title for column in COLUMNS}
ROW: dict[str, Any] = {
    "uscc": "",
    "name": "虚构五金厂",
    "division": GUICHENG,
    "sector_tags": "机械制造",
    "effective_from": "2023-01-01",
    "source": SOURCE,
}


def code(number: int) -> str:
    """The unified code of the number-th invented enterprise."""
    return uscc("440605", 700_000 + number)


def row(number: int, **own: Any) -> dict[str, Any]:
    """A sound row of the template."""
    return {**ROW, "uscc": code(number), **own}


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows under the template's header."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(TITLES.values())
    writer.writerows([[each.get(name, "") for name in TITLES] for each in rows])
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def as_xlsx(rows: Sequence[Mapping[str, Any]], *, above: Sequence[str] = ()) -> bytes:
    """The same as a workbook; dates and numbers are cells of their kind, lines above the header are allowed."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    day, page = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_worksheet()
    for number, line in enumerate(above):
        page.write_string(number, 0, line)
    for place, title in enumerate(TITLES.values()):
        page.write_string(len(above), place, title)
    for number, each in enumerate(rows, start=len(above) + 1):
        for place, name in enumerate(TITLES):
            value = each.get(name, "")
            if isinstance(value, date):
                page.write_datetime(number, place, value, day)
            elif isinstance(value, int | float):
                page.write_number(number, place, value)
            elif str(value).startswith("="):
                page.write_formula(number, place, value, value="#REF!")
            else:
                page.write_string(number, place, value)
    book.close()
    return target.getvalue()


def entry(number: int, **own: Any) -> Entry:
    """An entry that stands since 2023."""
    values: dict[str, Any] = {
        "uscc": code(number),
        "source": SOURCE,
        "name": f"虚构企业{number}",
        "division": GUICHENG,
        "address": None,
        "industry": "C33",
        "sector_tags": ("machinery",),
        "employee_count": None,
        "employee_counted_on": None,
        "size": None,
        "effective_from": date(2023, 1, 1),
        "effective_to": None,
    }
    return Entry(**{**values, **own})


async def file(
    store: Store, scope: Any, entries: Sequence[Entry], *, now: Any, last_day: date, replace: bool = False
) -> Outcome:
    """File entries as the regulator of the scope would."""
    filing = Filing("nanhai-district", scope.territory or "", "csv", "0" * 64, 1, 0, replace)
    async with store.writing(scope) as tx:
        return await roster.file(tx, filing, entries, last_day=last_day, now=now, dry_run=False)


async def clear(shelf: Shelf) -> None:
    """An empty roster."""
    async with shelf.engine.begin() as connection:
        await connection.execute(
            sa.text(
                "TRUNCATE roster_state, roster_filing, roster_evidence, cover_change, cover_segment, cover_sum"
            )
        )
