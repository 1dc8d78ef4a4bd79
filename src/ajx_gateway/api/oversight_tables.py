"""HOW do the regulators' answers read as a sheet? One Table per kind of answer, numbers as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ajx_gateway.api.tables import Table, from_items
from ajx_gateway.oversight.naming import LAG_TITLES
from ajx_gateway.publishing import vocabulary
from ajx_gateway.rendering.words import joined

_PLACES = frozenset(
    {
        "province", "city", "district", "town", "industry", "sector", "size", "insurer", "clock", "level", "purpose",
    }
)  # fmt: skip
_TOTAL = "合计"

DEADLINE_COLUMNS: tuple[tuple[str, str], ...] = (
    ("policy_no", "保单号"),
    ("enterprise_name", "投保企业名称"),
    ("enterprise_uscc", "投保企业统一社会信用代码"),
    ("insurer", "承保机构"),
    ("clock", "期限代码"),
    ("clock_title", "期限"),
    ("subject_kind", "对象类别"),
    ("subject_key", "对象编号"),
    ("period", "所属期间"),
    ("division", "地区"),
    ("start_on", "起算日"),
    ("nominal_on", "名义届满日"),
    ("due", "截止时刻（不含）"),
    ("provisional", "是否暂定"),
    ("met_at", "完成时刻"),
    ("state", "状态代码"),
    ("state_title", "状态"),
    ("clock_id", "期限编号"),
)
EXCUSE_COLUMNS: tuple[tuple[str, str], ...] = (
    ("excuse_id", "申请编号"),
    ("insurer", "承保机构"),
    ("clock_title", "期限"),
    ("subject_kind", "对象类别"),
    ("subject_key", "对象编号"),
    ("division", "地区"),
    ("start_on", "起算日"),
    ("due", "截止时刻（不含）"),
    ("met_at", "完成时刻"),
    ("reason_code", "理由类别"),
    ("reason", "理由"),
    ("requested_at", "申请时刻"),
    ("decision", "决定"),
    ("decision_reason", "决定理由"),
    ("decided_at", "决定时刻"),
    ("decided_by", "决定人"),
)
OUTAGE_COLUMNS: tuple[tuple[str, str], ...] = (
    ("outage_id", "停机编号"),
    ("begins", "开始"),
    ("ends", "结束（不含）"),
    ("reason", "原因"),
    ("recorded_by", "登记人"),
    ("recorded_at", "登记时刻"),
)


def aggregates(answer: Mapping[str, Any]) -> Table:
    """One row per group and the total; growth in percent as a number."""
    by = [dimension["name"] for dimension in answer["by"]]
    measures, compared = answer["measures"], answer["compare"] is not None
    columns = _key_columns(answer["by"])
    for measure in measures:
        unit = f"（{measure['unit']}）" if measure["unit"] else ""
        columns.append((measure["name"], measure["title"] + unit))
        if compared:
            columns.append((f"{measure['name']}_previous", f"{measure['title']}上年同期{unit}"))
            columns.append((f"{measure['name']}_change", f"{measure['title']}同比（%）"))
    rows = [[*_key_cells(by, group), *_measured(measures, group, compared)] for group in answer["groups"]]
    rows.append([*_total_cells(by), *_measured(measures, answer["total"], compared)])
    definition = joined([*(f"{m['title']}：{m['definition']}" for m in measures), *answer["notes"]])
    period = answer["period"]
    title = "统计数据" + (f" {period['from']} 至 {period['to']}" if period else "")
    return Table(f"{title}（{answer['scope']}）", definition, answer["as_of"], "见各列", columns, rows)


def _key_columns(by: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    columns = []
    for dimension in by:
        if dimension["name"] in _PLACES:
            columns.append((dimension["name"], f"{dimension['title']}代码"))
            columns.append((f"{dimension['name']}_name", dimension["title"]))
        else:
            columns.append((dimension["name"], dimension["title"]))
    return columns


def _key_cells(by: Sequence[str], group: Mapping[str, Any]) -> list[object]:
    cells: list[object] = []
    for name in by:
        cells.append(group["keys"][name])
        if name in _PLACES:
            cells.append(group["names"][name])
    return cells


def _total_cells(by: Sequence[str]) -> list[object]:
    empty: list[object] = [None] * sum(2 if name in _PLACES else 1 for name in by)
    return [_TOTAL, *empty[1:]] if empty else []


def _measured(measures: Sequence[Mapping[str, str]], row: Mapping[str, Any], compared: bool) -> list[object]:
    cells: list[object] = []
    for measure in measures:
        name = measure["name"]
        withheld = name in row.get("suppressed", ())
        cells.append("不予显示" if withheld else _number(row["values"][name]))
        if compared:
            change = row["change"][name]
            cells += [_number(row["previous"][name]), None if change is None else Decimal(change.rstrip("%"))]
    return cells


def _number(value: str | int | None) -> object:
    return Decimal(value) if isinstance(value, str) else value


def deadlines(answer: Mapping[str, Any]) -> Table:
    """One row per group and the total, a column per state."""
    by = [dimension["name"] for dimension in answer["by"]]
    states = answer["states"]
    columns = [
        *_key_columns(answer["by"]),
        ("clocks", "期限数"),
        *((state["name"], state["title"]) for state in states),
        ("on_time_share", "按期率"),
        *((name, LAG_TITLES[name]) for name in ("p50", "p90")),
    ]
    rows = [[*_key_cells(by, group), *_counted(states, group)] for group in answer["groups"]]
    rows.append([*_total_cells(by), *_counted(states, answer["total"])])
    title = f"期限执行情况（{answer['scope']}）"
    return Table(title, answer["definition"], answer["as_of"], "项", columns, rows)


def _counted(states: Sequence[Mapping[str, str]], row: Mapping[str, Any]) -> list[object]:
    lag = row["lag_days"]
    counts = [row[state["name"]] for state in states]
    return [row["clocks"], *counts, _number(row["on_time_share"]), lag["p50"], lag["p90"]]


def items(
    answer: Mapping[str, Any],
    columns: Sequence[tuple[str, str]],
    title: str,
    definition: str,
    kind: str | None = None,
) -> Table:
    """A list as it stands, one row per item, titles beside its codes (of this kind); amounts stay the text they are in
    JSON."""
    told = {"title": f"{title}（{answer['scope']}）", "definition": definition, "as_of": answer["as_of"]}
    return from_items(answer["items"], columns, **told, unit="条", kind=kind)


def record(answer: Mapping[str, Any]) -> Table:
    """One record, a row per column."""
    rows = [_member(each["name"], each["title"], answer) for each in answer["columns"]]
    columns = [("name", "字段"), ("title", "名称"), ("value", "内容"), ("value_title", "代码含义")]
    return Table(
        f"{answer['title']}（{answer['scope']}）", "一条记录的当前内容", answer["as_of"], "", columns, rows
    )


def _member(column: str, title: str, answer: Mapping[str, Any]) -> list[object]:
    value, words = answer["record"][column], vocabulary.words_of(column, answer["kind"])
    told = answer["insurer_name"] if column == "insurer" else words(value) if words is not None else None
    return [column, title, value, told]
