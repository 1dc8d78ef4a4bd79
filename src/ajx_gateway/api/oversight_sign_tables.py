"""HOW do timeliness and signs read as a sheet? One Table per kind of answer; what is withheld says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ajx_gateway.api.oversight_tables import items
from ajx_gateway.api.tables import Table
from ajx_gateway.oversight.naming import LAG_TITLES
from ajx_gateway.rendering.words import joined

_WITHHELD = "不予显示"
SIGN_COLUMNS: tuple[tuple[str, str], ...] = (
    ("record_id", "标识"),
    ("kind", "记录种类或期限"),
    ("key", "编号"),
    ("insurer", "承保机构"),
    ("division", "地区"),
    ("enterprise_uscc", "投保企业统一社会信用代码"),
    ("day", "日期"),
    ("was", "原值"),
    ("now_is", "现值"),
    ("days", "天数"),
)


def _keys(by: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    found = []
    for each in by:
        found += [(each["name"], f"{each['title']}代码"), (f"{each['name']}_name", each["title"])]
    return found


def _cells(by: Sequence[Mapping[str, str]], group: Mapping[str, Any]) -> list[object]:
    return [part for each in by for part in (group["keys"][each["name"]], group["names"][each["name"]])]


def _total(by: Sequence[Mapping[str, str]]) -> list[object]:
    empty: list[object] = [None] * (2 * len(by) - 1)
    return ["合计", *empty] if by else []


def _shown(row: Mapping[str, Any], names: Sequence[str]) -> list[object]:
    if row.get("suppressed") is True:
        return [_WITHHELD] * len(names)
    return [Decimal(row[n]) if isinstance(row[n], str) else row[n] for n in names]


def _period(answer: Mapping[str, Any]) -> str:
    period = answer.get("period")
    return f" {period['from']} 至 {period['to']}" if period else ""


def timeliness(answer: Mapping[str, Any]) -> Table:
    """One row per group and the total: states, share, lags, ageing, change."""
    by, states, ageing = answer["by"], answer["states"], answer["ageing"]
    columns = [
        *_keys(by),
        ("clocks", "期限数"),
        *((each["name"], each["title"]) for each in states),
        ("on_time_share", "按期率"),
        *LAG_TITLES.items(),
        *((each["name"], each["title"]) for each in ageing),
        ("change", "按期率较上一期（百分点）"),
    ]

    def cells(row: Mapping[str, Any]) -> list[object]:
        flat = {**row, **row["lag_days"], **row["ageing"], "change": row.get("change")}
        return _shown(flat, [name for name, _ in columns[2 * len(by) :]])

    rows = [[*_cells(by, group), *cells(group)] for group in answer["groups"]]
    rows.append([*_total(by), *cells(answer["total"])])
    title = f"及时性（{answer['scope']}）"
    return Table(title, answer["definition"], answer["as_of"], "项", columns, rows)


_FOUND = (("found", "笔数"), ("base", "基数"), ("share", "占比"), ("enterprises", "涉及企业数"))


def signs(answer: Mapping[str, Any]) -> Table:
    """Every sign by insurer."""
    rows = [
        [
            i["sign"],
            i["sign_title"],
            i["keys"]["insurer"],
            i["names"]["insurer"],
            *_shown(i, [n for n, _ in _FOUND]),
        ]
        for i in answer["items"]
    ]
    columns = [
        ("sign", "迹象代码"),
        ("sign_title", "迹象"),
        ("insurer", "承保机构代码"),
        ("insurer_name", "承保机构"),
        *_FOUND,
    ]
    words = joined(
        f"{s['title']}：{s['definition'].removesuffix('。')}（基数：{s['of']}）" for s in answer["signs"]
    )
    title = f"异常迹象{_period(answer)}（{answer['scope']}）"
    return Table(title, f"{answer['note']}{words}", answer["as_of"], "笔", columns, rows)


def sign(answer: Mapping[str, Any]) -> Table:
    """One sign by group, and in total."""
    by = answer["by"]
    rows = [[*_cells(by, g), *_shown(g, [n for n, _ in _FOUND])] for g in answer["groups"]]
    rows.append([*_total(by), *_shown(answer["total"], [n for n, _ in _FOUND])])
    title = f"{answer['title']}{_period(answer)}（{answer['scope']}）"
    words = f"{answer['definition']}基数：{answer['of']}。{answer['note']}"
    return Table(title, words, answer["as_of"], "笔", [*_keys(by), *_FOUND], rows)


def sign_list(answer: Mapping[str, Any]) -> Table:
    """The records that show a sign."""
    return items(answer, SIGN_COLUMNS, f"{answer['title']}清单", f"{answer['definition']}{answer['note']}")


def churn(answer: Mapping[str, Any]) -> Table:
    """States per record by group, and in total."""
    by = answer["by"]
    figures = (
        ("states", "报送状态数"), ("records", "记录数"), ("corrections", "更正数"), ("states_per_record", "每条记录状态数"),
        ("most_states", "单条最多状态数"),
    )  # fmt: skip
    names = [name for name, _ in figures]
    rows = [[*_cells(by, group), *_shown(group, names)] for group in answer["groups"]]
    rows.append([*_total(by), *_shown(answer["total"], names)])
    title = f"更正频次{_period(answer)}（{answer['scope']}）"
    return Table(title, answer["definition"], answer["as_of"], "次", [*_keys(by), *figures], rows)
