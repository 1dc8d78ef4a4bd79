"""Whoever opens a sheet reads Chinese: beside every machine word of every sheet of the OpenAPI document stands its title."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from ajx_gateway.identity import system_scope
from ajx_gateway.standard import divisions, industries
from ajx_gateway.store import clients

from .test_whole_lists import Row, _read
from .world import PLACES, REGULATOR, V1, World, filer, laid_out

# Codes as the API writes them: upheld, policy_upload, level3, filing.accepted. A digest is none.
WORD = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{40,64}", re.ASCII)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# An empty form and no list.
TEMPLATE = f"{V1}/roster/template"
# In words, a member or a code that has no title; addresses, file formats and rules' identifiers have none.
NESTED = re.compile(r"[{}\[\]\"]|(?:^|；|（)[a-z][a-z0-9_]*：|：[a-z]+_[a-z_]+(?:；|）|$)", re.ASCII)
# What a sheet is about is called by the column ``title``.
NAMES = frozenset({"name", "code", "field", "rule"})
WITHOUT = {
    "title_en": "the English name of a code, beside the Chinese one",
    "example": "what an insurer writes into its record, letter by letter",
    "by": "the identity of a caller, as it is registered",
    "raised_by": "the same",
    "recorded_by": "the same",
    "decided_by": "the same",
    "confirmed_by": "the same",
    "made_by": "the same",
    "drawn_by": "the same",
}
# Divisions by their code alone; what else has as many digits is a number.
PLACED = re.compile(r"[1-9][0-9]{5}(?:[0-9]{3})?", re.ASCII)
# The insurer itself, whose name stands beside its own column.
ITSELF = "subject_key"
# Where the name of a code stands that is not called after its column.
OTHERWISE = ("place", "name", "title")
# Dimensions whose codes are words.
WORDED = frozenset(
    {"sector", "size", "clock", "purpose", "level", "kind", "insurer", "district", "town", "industry"}
)


@pytest.fixture(scope="module")
async def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with laid_out(database_url, tmp_path_factory.mktemp("sheets")) as made:
        yield made


def doors(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Every operation that answers with a sheet."""
    return [
        (path, operation)
        for _, path, operation in world.operations("get")
        if path != TEMPLATE and "text/csv" in operation["responses"]["200"]["content"]
    ]


def questions(path: str, operation: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The sheet as it comes, and grouped by every dimension that is told in words."""
    yield {}
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "by":
            for name in parameter["schema"]["items"]["enum"]:
                if name in WORDED:
                    yield {"by": name, **({"basis": "ledger"} if name == "purpose" else {})}


def refused(path: str, answer: httpx.Response) -> bool:
    return "/{period}" in path and answer.status_code == 422


def unnamed(columns: Row, row: Row, insurers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The columns of a row, and their codes of places, industries and insurers, whose names do not stand beside them."""
    told = dict(zip(columns, row, strict=True))
    for column, cell in told.items():
        name = (
            insurers.get(cell)
            or (PLACED.fullmatch(cell) and divisions.name(cell))
            or industries.table().get(cell)
        )
        # One record reads downwards.
        beside = [f"{column}_title", "value_title"] if column == "value" else [f"{column}_name", *OTHERWISE]
        if (
            name
            and column not in (*WITHOUT, ITSELF)
            and not any(name in told.get(each, "") for each in beside)
        ):
            yield column, cell


def words(cell: str) -> list[str]:
    parts = cell.split("、")
    found = all(WORD.fullmatch(part) and not DIGEST.fullmatch(part) for part in parts)
    return parts if found else []


def untitled(columns: Row, row: Row) -> Iterator[tuple[str, str]]:
    """The columns of a row, and their words, that nothing in it says in Chinese."""
    told = dict(zip(columns, row, strict=True))
    for column, cell in told.items():
        if cell.startswith(("{", "[")) and column not in WITHOUT:
            # A whole record, or what an event tells: every member beside it in words.
            if not CHINESE.search(told.get(f"{column}_title", "")) or NESTED.search(told[f"{column}_title"]):
                yield column, cell
            continue
        found = words(cell)
        if not found or column in WITHOUT:
            continue
        beside = [
            told.get(f"{column}_title"),
            told.get(f"{column}_name"),
            told.get("title") if column in NAMES else None,
        ]
        title = next((each for each in beside if each is not None), "")
        if len(title.split("、")) < len(found) or not all(map(CHINESE.search, title.split("、"))):
            yield column, cell


async def test_no_sheet_leaves_a_machine_word_without_its_chinese_title(world: World) -> None:
    async with world.gateway.store.reading(system_scope("the registered names")) as tx:
        insurers = await clients.insurer_names(tx)
    codes = {*insurers, *divisions.table(), *industries.table()}
    seen: set[str] = set()
    coded: set[str] = set()
    wrong: dict[str, set[tuple[str, str]]] = {}
    shown: dict[str, int] = {}
    for path, operation in doors(world):
        shown[path], wrong[path] = 0, set()
        for place in PLACES:
            name = REGULATOR[place] if path.startswith(V1) else filer(place).name
            async with world.gateway.client(name) as client:
                for _, address in world.addresses(path, operation.get("parameters", []), place):
                    for asked in questions(path, operation):
                        answer = await client.get(f"{address}.csv", params=asked)
                        if answer.status_code == 404 or refused(path, answer):
                            continue  # an identifier of another list, or a year where halves are judged
                        assert answer.status_code == 200, f"{address} {asked}: {answer.text}"
                        (*_, columns), found = _read(answer.content, "csv")
                        shown[path] += len(found)
                        for row in found:
                            seen |= {c for c, cell in zip(columns, row, strict=True) if words(cell)}
                            wrong[path].update(untitled(columns, row))
                            wrong[path].update(unnamed(columns, row, insurers))
                            coded |= {c for c, cell in zip(columns, row, strict=True) if cell in codes}
    assert {path: sorted(found) for path, found in wrong.items() if found} == {}
    # So many doors showed something and so many kinds of columns held words, or this test would say nothing.
    assert sum(rows > 0 for rows in shown.values()) > 50, {path for path, rows in shown.items() if not rows}
    assert seen >= {
        "accident_type", "category", "clock", "codes", "kind", "kinds", "level", "name", "purpose", "reason_code",
        "sector", "sector_tags", "severity", "size", "state", "status", "step", "subject_kind", "type", "value",
    }  # fmt: skip

    assert coded >= {
        "insurer", "division", "territory", "jurisdiction", "industry", "district", "town", "branch_division",
        "accident_division", "service_division", "kept_division", "report_division", "value",
    }  # fmt: skip


def test_a_word_alone_a_foreign_title_and_a_title_too_few_are_seen() -> None:
    """What the test above relies on."""
    columns = ["state", "state_title", "name"]
    assert list(untitled(columns, ["open", "待处理", "甲"])) == []
    assert list(untitled(columns, ["open", "", "甲"])) == [("state", "open")]
    assert list(untitled(columns, ["open", "open", "甲"])) == [("state", "open"), ("state_title", "open")]
    assert list(untitled(columns, ["open、upheld", "待处理", "甲"])) == [("state", "open、upheld")]
    assert list(untitled(["clock"], ["policy_upload"])) == [("clock", "policy_upload")]
    named = {"91340100MA00000006": "安安财险"}
    for column, code, name in (
        ("insurer", "91340100MA00000006", "安安财险"), ("division", "440605011", "佛山市南海区桂城街道"),
        ("industry", "C33", "金属制品业"),
    ):  # fmt: skip
        assert list(unnamed([column, f"{column}_name"], [code, name], named)) == []
        assert list(unnamed([column, f"{column}_name"], [code, ""], named)) == [(column, code)]
        assert (column, code) in list(unnamed([column, f"{column}_name"], [code, code], named))
    assert list(unnamed(["seq", "ratio"], ["123456", "0.5"], named)) == []
    nested, told = ["payload", "payload_title"], '{"kind": "policy"}'
    assert list(untitled(nested, [told, "记录种类：保单"])) == []
    assert list(untitled(["payload"], [told])) == [("payload", told)]
    for wrong in ("kind：保单", "记录种类：保单；计数：（created：1）", "对象类别：service_plan", ""):
        assert list(untitled(nested, [told, wrong])) == [("payload", told)]
    assert list(untitled(["recorded_by", "raised_at"], ["operator", "2026-01-01"])) == []


async def test_a_reports_workbook_holds_no_machine_words(world: World) -> None:
    for place in PLACES:
        async with world.gateway.client(REGULATOR[place]) as client:
            answer = await client.get(f"{V1}/reports/{world.made[place]['report']}.xlsx")
        assert answer.status_code == 200
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        cells = [
            cell
            for name in book.sheet_names
            for row in book.get_sheet_by_name(name).to_python()
            for cell in row
            if isinstance(cell, str)
        ]
        assert len(cells) > 40
        assert [cell for cell in cells if words(cell)] == []
