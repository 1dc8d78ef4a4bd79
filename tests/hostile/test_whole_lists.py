"""Every list leaves whole: each operation of the OpenAPI document that offers sheets, joined page by page and at once."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from ajx_gateway.api import exports
from ajx_gateway.deadlines import SHANGHAI
from ajx_gateway.oversight.asking import Portion

from .world import PLACES, REGULATOR, V1, World, filer, laid_out

# What an insurer asks for itself.
_OWN = ("/v1/evaluations", "/v1/deadlines", "/v1/events", "/v1/findings")
# The steps of one finding, which are few.
_TRAIL = "/v1/findings/{id}"
# An empty form and no list.
_TEMPLATE = f"{V1}/roster/template"
Row = list[str]


@pytest.fixture(scope="module")
async def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with laid_out(database_url, tmp_path_factory.mktemp("whole")) as made:
        yield made


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a list of two rows has more than one portion."""
    monkeypatch.setattr(exports, "PORTION", Portion("1"))


def sheets(world: World) -> list[tuple[str, dict[str, Any]]]:
    """The operations of oversight, and an insurer's own, that answer with a sheet."""
    return [
        (path, operation)
        for _, path, operation in world.operations("get")
        if path.startswith((f"{V1}/", *_OWN)) and path not in (_TEMPLATE, _TRAIL)
        if "text/csv" in operation["responses"]["200"]["content"]
    ]


def names(operation: dict[str, Any]) -> set[str]:
    return {each["name"] for each in operation.get("parameters", [])}


def test_every_list_says_that_it_leaves_whole(world: World) -> None:
    found = sheets(world)
    assert len(found) > 40
    for path, operation in found:
        assert "all" in names(operation), path
        assert "application/zip" in operation["responses"]["200"]["content"], path


async def test_every_list_leaves_whole_with_the_rows_of_its_pages(world: World, small_portions: None) -> None:
    told: dict[str, int] = {}
    for path, operation in sheets(world):
        for place in PLACES:
            name = filer(place).name if path.startswith(_OWN) else REGULATOR[place]
            async with world.gateway.client(name) as client:
                for _, address in world.addresses(path, operation.get("parameters", []), place):
                    if (await client.get(address)).status_code == 200:
                        rows = await _compared(client, address, paged="after" in names(operation))
                        told[path] = max(told.get(path, 0), rows)
    assert set(told) == {path for path, _ in sheets(world)}
    # Most of them show something, and some of them more than a portion.
    assert sum(rows > 0 for rows in told.values()) > 35, {path for path, rows in told.items() if not rows}
    assert sum(rows > 1 for rows in told.values()) > 10, told


async def _compared(client: httpx.AsyncClient, address: str, *, paged: bool) -> int:
    """How many rows a list has, whole and page by page."""
    heads, joined = await _pages(client, address, paged)
    for form in ("csv", "xlsx"):
        answer = await client.get(f"{address}.{form}", params={"all": "true"})
        assert answer.status_code == 200, f"{address}: {answer.text}"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            name, beside = archive.namelist()
            sheet, manifest = archive.read(name), json.loads(archive.read(beside))
        above, rows = _read(sheet, form)
        same = rows == joined if form == "csv" else _plain(rows) == _plain(joined)
        assert (above[-1], same) == (heads[-1], True), f"{address}.{form}: {rows} is not {joined}"
        assert manifest["rows"] == len(rows), address
        assert manifest["as_of"] == above[2][1], address
        assert manifest["sha256"] == hashlib.sha256(sheet).hexdigest(), address
        assert [each["name"] for each in manifest["columns"]] == above[-1], address
        assert (manifest["file"], manifest["complete"]) == (name, True)
        assert manifest["scope"], address
    return len(joined)


async def _pages(client: httpx.AsyncClient, address: str, paged: bool) -> tuple[list[Row], list[Row]]:
    """The heads of a list and the rows of its pages one after the other."""
    joined: list[Row] = []
    asked = {"limit": "3"} if paged else {}
    while True:
        answer = await client.get(f"{address}.csv", params=asked)
        assert answer.status_code == 200, f"{address}: {answer.text}"
        heads, rows = _read(answer.content, "csv")
        joined += rows
        after = answer.headers.get("next-after")
        if not paged or after is None or not rows:
            return heads, joined
        asked = {"limit": "3", "after": after}


def _read(sheet: bytes, form: str) -> tuple[list[Row], list[Row]]:
    """What stands above the rows, the names of the columns last, and the rows."""
    if form == "csv":
        lines = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"), newline="")))
    else:
        page = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0)
        lines = [[_text(cell) for cell in row] for row in page.to_python(skip_empty_area=False)]
    blank = next(number for number, line in enumerate(lines) if not any(line))
    width = len(lines[blank + 2])
    # Beyond the last name there is nothing; a row's empty end is written by neither form in the same way.
    return lines[: blank + 3], [line[:width] + [""] * (width - len(line)) for line in lines[blank + 3 :]]


def _plain(rows: list[Row]) -> list[Row]:
    """Cells as they mean: a workbook keeps numbers without their last zeros and midnight without its hour, and text needs
    no apostrophe there."""
    return [[_meant(cell.removeprefix("'")) for cell in row] for row in rows]


def _meant(cell: str) -> str:
    cell = cell.removesuffix("T00:00:00+08:00")
    return format(Decimal(cell).normalize(), "f") if re.fullmatch(r"-?[0-9]{1,15}\.[0-9]+", cell) else cell


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=SHANGHAI).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)
