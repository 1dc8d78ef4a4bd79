"""HOW do the roster and coverage read as a sheet? One Table per kind of answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ajx_gateway.api import oversight_tables
from ajx_gateway.api.tables import Table

_ROSTER = (
    ("uscc", "统一社会信用代码"),
    ("name", "单位名称"),
    ("division", "所在镇街或区县代码"),
    ("division_name", "所在地"),
    ("address", "地址"),
    ("industry", "行业代码"),
    ("sector_titles", "行业领域"),
    ("employee_count", "从业人数"),
    ("employee_counted_on", "人数统计日期"),
    ("size_title", "企业规模"),
    ("effective_from", "列入日期"),
    ("effective_to", "移出日期"),
    ("source", "名单来源"),
    ("recorded_at", "记录时间"),
    ("recorded_by", "记录人"),
)
_HISTORY = (
    *_ROSTER,
    ("version", "版本"),
    ("superseded_at", "被替代时间"),
    ("file_sha256", "文件摘要（SHA-256）"),
)
_LIST = (
    ("uscc", "统一社会信用代码"),
    ("name", "单位名称"),
    ("division_names", "所在地"),
    ("sector_titles", "行业领域"),
    ("policy_no", "最近保单号"),
    ("insurer_name", "承保机构"),
    ("covered_until", "保障至"),
    ("by_evidence", "上级单位保单佐证"),
    ("insured_count", "投保人数"),
    ("employee_count", "从业人数"),
    ("missing_count", "未投保人数"),
    ("low_limit", "限额低于规定"),
    ("days", "天数"),
)
_FIGURES = (
    ("enterprises", "应保单位"),
    ("insured", "已保单位"),
    ("by_policy", "其中保单覆盖"),
    ("by_evidence", "其中佐证覆盖"),
    ("uninsured", "未保单位"),
    ("ratio", "覆盖率"),
    ("target_ratio", "目标"),
    ("by_date", "目标期限"),
    ("gap", "距目标（家）"),
    ("full", "全员投保单位"),
    ("short", "未全员投保单位"),
    ("unknown", "人数不详单位"),
    ("insured_persons", "投保人数"),
    ("employees", "从业人数"),
    ("low_limit", "限额低于规定单位"),
)
_STAFF = ("full", "short", "unknown", "insured_persons", "employees")
_AS_NUMBERS = ("ratio", "target_ratio")


def roster(answer: Mapping[str, Any]) -> Table:
    """The entries as they stand."""
    definition = "应当投保安全生产责任保险的单位，按来源各占一行"
    return oversight_tables.items(answer, _ROSTER, "应保名录", definition)


def history(answer: Mapping[str, Any]) -> Table:
    """Every state of one enterprise's entries."""
    return oversight_tables.items(
        answer, _HISTORY, f"名录历史 {answer['uscc']}", "每一次变更占一行，新的在前"
    )


def coverage_list(answer: Mapping[str, Any]) -> Table:
    """The enterprises of one list."""
    title = f"{answer['title']} {answer['on']}"
    return oversight_tables.items(answer, _LIST, title, answer["definition"])


def coverage(answer: Mapping[str, Any]) -> Table:
    """The total, the classes, the targets and the groups, a row each."""
    by = answer["by"]
    columns = [("part", "部分"), ("title", "名称"), *_keys(by), *_FIGURES]
    blank = [None] * (2 * len(by))
    rows = [["合计", "合计", *blank, *_figures(answer["total"])]]
    for part, titled in (("行业类别", "classes"), ("目标", "targets")):
        rows += [[part, each["title"], *blank, *_figures(each)] for each in answer[titled]]
    for group in answer["groups"]:
        cells = [cell for d in by for cell in (group["keys"][d["name"]], group["names"][d["name"]])]
        rows.append(["分组", "、".join(group["names"].values()), *cells, *_figures(group)])
    title = f"应保尽保 {answer['on']}（{answer['scope']}）"
    definition = answer["definition"] + "".join(answer["notes"])
    return Table(title, definition, answer["as_of"], "家、人", columns, rows)


def _keys(by: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [
        column for d in by for column in ((d["name"], f"{d['title']}代码"), (f"{d['name']}_name", d["title"]))
    ]


def _figures(values: Mapping[str, Any]) -> list[object]:
    staff = values["staff"] or {}
    cells = [staff.get(name) if name in _STAFF else values.get(name) for name, _ in _FIGURES]
    return [
        Decimal(cell) if name in _AS_NUMBERS and cell is not None else cell
        for (name, _), cell in zip(_FIGURES, cells, strict=True)
    ]
