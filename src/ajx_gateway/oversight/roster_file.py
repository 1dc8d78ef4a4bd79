"""WHAT does a roster file hold? XLSX or CSV as rows of cells, header found, nothing judged yet.

Whatever a file claims about its size, no more is read than the limits allow: a sheet is laid out densely in memory, so
one stray cell in its last corner would cost gigabytes.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from python_calamine import CalamineError, CalamineWorkbook

from ajx_gateway.errors import Malformed, Unprocessable

Form = Literal["csv", "xlsx"]
Cell = Any

MOST_ROWS = 100_000
# The header may stand under a title and notes, as in the gateway's own exports.
_HEAD_WITHIN = 20
_MOST_COLUMNS = 52
_MOST_LINES = MOST_ROWS + _HEAD_WITHIN
_MOST_INFLATED = 256 * 1024 * 1024
# Cells beyond column AZ, or rows from 120,000 on.
_BEYOND = re.compile(
    rb"""\sr\s*=\s*["'](?:[A-Z]{3,}|[B-Z][A-Z])[0-9]+["']"""
    rb"""|\sr\s*=\s*["'][A-Z]{0,3}(?:[0-9]{7,}|[2-9][0-9]{5}|1[2-9][0-9]{4})["']"""
)
# A formula's error: the reader would take the cell for an empty one.
_ERROR = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\st\s*=\s*["']e["']""")
_OVERLAP = 200


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the template."""

    name: str
    title: str
    required: bool
    expected: str
    example: str


COLUMNS: tuple[Column, ...] = (
    Column(
        "uscc",
        "统一社会信用代码",
        True,
        "18位数字和大写字母，第18位为校验码；单元格设为文本",
        "91440605XN0000018H",
    ),
    Column("name", "单位名称", True, "营业执照上的名称，至多200字", "佛山市南海区示例五金厂（虚构）"),
    Column("division", "所在镇街或区县代码", True, "9位镇街代码或6位区县代码，须在本辖区内", "440605011"),
    Column("address", "地址", False, "至多300字，可以空", "示例一路1号（虚构）"),
    Column("industry", "行业代码", False, "国民经济行业分类门类字母加2至4位数字，可以空", "C33"),
    Column(
        "sector_tags",
        "行业领域",
        True,
        "行业领域的名称或代码，多个用顿号分隔；不属于任何领域的写“无”",
        "机械制造、粉尘涉爆",
    ),
    Column("employee_count", "从业人数", False, "整数，可以空", "26"),
    Column("employee_counted_on", "人数统计日期", False, "日期；填了从业人数就要填", "2023-12-01"),
    Column("size", "企业规模", False, "大型、中型、小型、微型，可以空", "小型"),
    Column("effective_from", "列入日期", True, "日期，自这一天起应当投保", "2023-01-01"),
    Column("effective_to", "移出日期", False, "日期，名录中的最后一天；仍在名录中的留空", ""),
    Column("source", "名单来源", True, "提供名单的部门或文件，至多100字", "区应急管理局2023年名录（虚构）"),
)
_BY_HEAD: Mapping[str, str] = {head: c.name for c in COLUMNS for head in (c.name, c.title)}


@dataclass(frozen=True, slots=True)
class Row:
    """One filled line: its number in the file, and its cells by column name."""

    line: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole file as it came, and where its header and its rows stand."""

    lines: Sequence[Sequence[Cell]]
    head: int
    rows: tuple[Row, ...]


def read(body: bytes, form: Form) -> Sheet:
    """The first sheet; 400 when it is no such file, 422 when it is too large or lacks a column."""
    lines = _csv_lines(body) if form == "csv" else _xlsx_lines(body)
    head, names = _header(lines)
    rows = tuple(_rows(lines, head, names))
    if not rows:
        raise Unprocessable("文件中没有名录数据行，请按模板填写后再提交。")
    if len(rows) > MOST_ROWS:
        raise Unprocessable(f"名录文件至多 {MOST_ROWS} 行，请拆成几个文件。", limit=MOST_ROWS)
    return Sheet(lines, head, rows)


def _csv_lines(body: bytes) -> list[list[Cell]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = body.decode("gb18030")
        except UnicodeDecodeError:
            raise Malformed("CSV 文件的编码应为 UTF-8 或 GB 18030。") from None
    lines: list[list[Cell]] = []
    try:
        for line in csv.reader(io.StringIO(text, newline=""), strict=True):
            lines.append(line[:_MOST_COLUMNS])
            if len(lines) > _MOST_LINES:
                raise Unprocessable(f"名录文件至多 {MOST_ROWS} 行，请拆成几个文件。", limit=MOST_ROWS)
    except csv.Error:
        raise Malformed(f"CSV 文件第 {len(lines) + 1} 行之后无法读取：引号不成对或单元格过长。") from None
    return lines


def _xlsx_lines(body: bytes) -> list[list[Cell]]:
    refused = Malformed("文件不是可以读取的 XLSX 工作簿，或已损坏、加密；请另存为 .xlsx 后再提交。")
    try:
        _bounded(body)
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            found: list[list[Cell]] = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
            return found
    except (
        CalamineError,
        zipfile.BadZipFile,
        ValueError,
        OSError,
        NotImplementedError,
        IndexError,
        KeyError,
    ):
        raise refused from None


def _bounded(body: bytes) -> None:
    """Refuses what would not fit into memory, by the bytes themselves and not by what the archive says of them."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        total = 0
        for member in archive.infolist():
            sheet = member.filename.lower().startswith("xl/worksheets/")
            kept = b""
            with archive.open(member) as opened:
                while piece := opened.read(4 * 1024 * 1024):
                    total += len(piece)
                    if total > _MOST_INFLATED:
                        raise Unprocessable("工作簿解压后过大，请删除多余的工作表、图片和格式。")
                    if sheet:
                        _readable(kept + piece)
                    kept = piece[-_OVERLAP:]


def _readable(cells: bytes) -> None:
    if _BEYOND.search(cells):
        raise Unprocessable(
            f"工作表超出范围：至多 {MOST_ROWS} 行、{_MOST_COLUMNS} 列，请删除多余的行列后再提交。"
        )
    if _ERROR.search(cells):
        raise Unprocessable("工作簿中有公式的错误值（如 #REF!），请改正并粘贴为数值后再提交。")


def _header(lines: Sequence[Sequence[Cell]]) -> tuple[int, dict[int, str]]:
    """The place of the header and the name of each of its columns."""
    for number, line in enumerate(lines[:_HEAD_WITHIN]):
        heads = [str(cell).strip().rstrip("*＊") if cell is not None else "" for cell in line]
        named = {place: _BY_HEAD[head] for place, head in enumerate(heads) if head in _BY_HEAD}
        if "uscc" in named.values():
            return number, _complete(named)
    raise Unprocessable("文件前20行中没有表头：应有“统一社会信用代码”等各列，请使用模板。")


def _complete(named: dict[int, str]) -> dict[int, str]:
    missing = [c.title for c in COLUMNS if c.required and c.name not in named.values()]
    if missing:
        raise Unprocessable(f"表头缺少必填的列：{'、'.join(missing)}。请使用模板。", missing=missing)
    if len(set(named.values())) < len(named):
        raise Unprocessable("表头中有重复的列，请使用模板。")
    return named


def _rows(lines: Sequence[Sequence[Cell]], head: int, names: Mapping[int, str]) -> Iterator[Row]:
    for number, line in enumerate(lines[head + 1 :], start=head + 2):
        cells = {name: line[place] for place, name in names.items() if place < len(line)}
        empty = all(cell is None or str(cell).strip() == "" for cell in cells.values())
        # The exports of the gateway say the column names once more under the titles.
        if empty or str(cells.get("uscc", "")).strip() == "uscc":
            continue
        yield Row(number, cells)
