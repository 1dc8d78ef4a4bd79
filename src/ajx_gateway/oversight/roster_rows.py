"""IS a row of the roster right? Every fault of every row at once: which column, what was expected, how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from ajx_gateway.oversight.roster_file import COLUMNS, Row
from ajx_gateway.standard import codes, divisions, industries
from ajx_gateway.standard.checkdigits import uscc_fault
from ajx_gateway.store.roster import Entry

_COLUMN = {column.name: column for column in COLUMNS}
_DAY = re.compile(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?")
_COUNT = re.compile(r"[0-9]{1,7}")
_INDUSTRY = re.compile(r"[A-T][0-9]{2,4}")
_APART = re.compile(r"[、，,;；\s]+")
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_CONTROLS = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
_ERRORS = re.compile(r"#(?:REF|N/A|VALUE|NAME|DIV/0|NULL|NUM|GETTING_DATA|SPILL|CALC).*", re.IGNORECASE)
_NO_TAG = "无"
# Beyond 15 digits a spreadsheet's number has lost its last ones.
_EXACT = 10**15
EARLIEST, LATEST = date(1990, 1, 1), date(2200, 12, 31)


class _Fault(ValueError):
    """What is wrong with one cell, and how to mend it."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.message, self.mend = message, mend


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one cell, in Chinese for the officer who filled the sheet."""

    row: int
    column: str
    title: str
    message: str
    expected: str
    mend: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def words(self) -> str:
        """As it stands in the error column of the returned file."""
        return f"{self.title}：{self.message}。{self.mend}"


def judged(rows: Sequence[Row], territory: str, today: date) -> tuple[list[Entry], list[Finding]]:
    """The sound rows as entries, and every fault of the others."""
    entries: list[Entry] = []
    findings: list[Finding] = []
    first_line: dict[tuple[str, str], int] = {}
    for row in rows:
        values, faults = _read(row)
        faults += _across(row, values, territory, today)
        identity = (values.get("uscc") or "", values.get("source") or "")
        if not faults and identity in first_line:
            message = f"与第 {first_line[identity]} 行重复：同一来源的同一单位只能出现一次"
            faults.append(_finding(row, "uscc", message, "请合并为一行，多个行业领域用顿号分隔"))
        if faults:
            findings += faults
        else:
            first_line[identity] = row.line
            entries.append(Entry(**values))
    return entries, findings


def _finding(row: Row, name: str, message: str, mend: str) -> Finding:
    column = _COLUMN[name]
    return Finding(row.line, name, column.title, message, column.expected, mend)


def _read(row: Row) -> tuple[dict[str, Any], list[Finding]]:
    values: dict[str, Any] = {}
    faults: list[Finding] = []
    for column in COLUMNS:
        cell = row.cells.get(column.name)
        try:
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                if column.required:
                    raise _Fault("没有填写", "这一列必填，请补上")
                values[column.name] = None
            else:
                values[column.name] = _READERS[column.name](cell)
        except _Fault as fault:
            faults.append(_finding(row, column.name, fault.message, fault.mend))
    return values, faults


def _text(cell: object, most: int) -> str:
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise _Fault("不是文本", "请把单元格设为文本后重填")
    text = _plain_number(cell) if isinstance(cell, int | float) else cell.strip()
    if _ERRORS.fullmatch(text) or text.startswith("="):
        raise _Fault("是公式或公式的错误值", "请粘贴为数值后再提交")
    if _CONTROLS.search(text):
        raise _Fault("含有换行或不可见字符", "请删除后重填")
    if len(text) > most:
        raise _Fault(f"超过 {most} 个字", "请缩短")
    return text


def _plain_number(cell: float) -> str:
    if not abs(cell) < _EXACT:  # neither is what is no number
        raise _Fault("单元格是数字，超过15位的末位已经失真", "请把这一列设为文本，按原件重新填写")
    return str(int(cell)) if cell == int(cell) else str(cell)


def _code(cell: object, most: int) -> str:
    text = _text(cell, most)
    if _WIDE.search(text):
        raise _Fault("含有全角字母或数字", "请改为半角")
    return text


def _uscc(cell: object) -> str:
    text = _code(cell, 64)
    fault = uscc_fault(text)
    if fault:
        raise _Fault(fault.removeprefix("统一社会信用代码"), "请对照营业执照核对")
    return text


def _division(cell: object) -> str:
    text = _code(cell, 64)
    if not re.fullmatch(r"[1-9][0-9]{5}(?:[0-9]{3})?", text):
        raise _Fault("不是6位或9位代码", "请填写镇街（9位）或区县（6位）代码")
    found = divisions.table().get(text)
    if found is not None and found.level in ("province", "city"):
        raise _Fault("是省或市的代码", "请填写到区县或镇街")
    unknown_town = len(text) == 9 and divisions.exists(text[:6]) and not divisions.towns_known(text[:6])
    if found is None and not unknown_town:
        raise _Fault("代码不存在", "请对照统计用区划代码表核对")
    return text


def _industry(cell: object) -> str:
    text = _code(cell, 16)
    if not _INDUSTRY.fullmatch(text) or not industries.division_exists(text):
        raise _Fault("不是国民经济行业分类的代码", "请填写门类字母加2至4位数字，如 C33")
    return text


@cache
def _titles(name: str) -> Mapping[str, str]:
    listed = codes.CODE_LISTS[name].codes()
    return {**{codes.title(name, code): code for code in listed}, **{code: code for code in listed}}


def _tags(cell: object) -> tuple[str, ...]:
    text = _text(cell, 400)
    if text == _NO_TAG:
        return ()
    named = [part for part in _APART.split(text) if part]
    unknown = [part for part in named if part not in _titles("sector_tag")]
    if unknown:
        raise _Fault(
            f"没有这样的行业领域：{'、'.join(unknown)[:60]}", "请使用代码表中的名称或代码，多个用顿号分隔"
        )
    order = codes.CODE_LISTS["sector_tag"].codes()
    return tuple(sorted({_titles("sector_tag")[part] for part in named}, key=order.index))


def _size(cell: object) -> str:
    text = _text(cell, 16)
    found = _titles("enterprise_size").get(text)
    if found is None:
        raise _Fault("没有这样的规模", "请填写大型、中型、小型或微型")
    return found


def _count(cell: object) -> int:
    if isinstance(cell, float) and 0 <= cell < 10**7 and cell == int(cell):
        return int(cell)
    text = _code(cell, 16)
    if not _COUNT.fullmatch(text):
        raise _Fault("不是整数", "请只填写数字，不带单位")
    return int(text)


def _day(cell: object) -> date:
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        raise _Fault("是数字而不是日期", "请把单元格设为日期格式，或写成 2023-12-31")
    else:
        found = _written_day(_code(cell, 64))
    if not EARLIEST <= found <= LATEST:
        raise _Fault("年份不合理", "请核对年份")
    return found


def _written_day(text: str) -> date:
    parts = _DAY.fullmatch(text)
    try:
        if parts is None:
            raise ValueError
        return date(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError:
        raise _Fault("不是日期，或这一天不存在", "请写成 2023-12-31") from None


_READERS: Mapping[str, Callable[[object], Any]] = {
    "uscc": _uscc,
    "name": lambda cell: _text(cell, 200),
    "division": _division,
    "address": lambda cell: _text(cell, 300),
    "industry": _industry,
    "sector_tags": _tags,
    "employee_count": _count,
    "employee_counted_on": _day,
    "size": _size,
    "effective_from": _day,
    "effective_to": _day,
    "source": lambda cell: _text(cell, 100),
}


def _across(row: Row, values: Mapping[str, Any], territory: str, today: date) -> list[Finding]:
    """What only several cells together, the caller's territory or the day can say."""
    faults = []
    division = values.get("division")
    if division and not division.startswith(territory):
        place = divisions.full_name(division) or division
        faults.append(
            _finding(row, "division", f"{place}不在本辖区内", "请删除这一行，由所在地的监管部门提交")
        )
    begins, ends = values.get("effective_from"), values.get("effective_to")
    if begins and ends and ends < begins:
        faults.append(_finding(row, "effective_to", "早于列入日期", "请核对两个日期"))
    counted, on = values.get("employee_count"), values.get("employee_counted_on")
    if counted is not None and on is None and "employee_counted_on" in values:
        faults.append(_finding(row, "employee_counted_on", "填了从业人数而没有统计日期", "请补上日期"))
    if on and on > today:
        faults.append(_finding(row, "employee_counted_on", "晚于今天", "请核对日期"))
    return faults
