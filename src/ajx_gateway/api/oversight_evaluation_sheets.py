"""HOW does an evaluation leave as a file? One row per insurer, per item and record, per record of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ajx_gateway.api.tables import Table, spoken
from ajx_gateway.oversight.evaluation_units import UNIT_COLUMNS
from ajx_gateway.rendering.words import joined

_PART_COLUMNS = (
    ("part", "组成"),
    ("kind", "记录种类"),
    ("key", "业务号"),
    ("record_id", "记录标识"),
    ("version", "版本"),
    ("day", "归期日"),
    ("policy_no", "保单号"),
    ("amount", "金额"),
    ("type", "台账类型"),
    ("purpose", "用途"),
    ("attitude", "服务态度"),
    ("professionalism", "专业度"),
    ("timeliness", "及时性"),
    ("clause", "依据"),
)
_DIFFERENCES = (
    ("insurer", "承保机构"),
    ("edition", "版次"),
    ("item", "项"),
    ("message", "不同之处"),
    ("published", "发布时"),
    ("derived", "重新推算"),
)


def overview(answer: Mapping[str, Any]) -> Table:
    """One row per insurer, a column per item."""
    cards = answer["cards"]
    items = cards[0]["items"] if cards else []
    columns = [
        ("insurer", "承保机构代码"),
        ("insurer_name", "承保机构"),
        ("edition", "版次"),
        ("score", "得分"),
        ("score_low", "可能最低分"),
        ("score_high", "可能最高分"),
        ("tier_title", "等次"),
        *((f"item_{item['item']}", f"第{item['item']}项扣分 {item['title']}") for item in items),
        ("consequence", "管理措施"),
    ]
    rows = [
        [
            card["insurer"],
            card["insurer_name"],
            card.get("edition"),
            *(_number(card[name]) for name in ("score", "score_low", "score_high")),
            card["tier_title"],
            *(_number(item["deduction"]) for item in card["items"]),
            card["consequence"],
        ]
        for card in cards
    ]
    return Table(_title(answer), _definition(answer), answer["as_of"], "分", columns, rows)


def card(answer: Mapping[str, Any]) -> Table:
    """One row per item and record behind it; an item without records has a row of its own."""
    shown = answer["card"]
    columns = [
        ("title_of_item", "评价项目"),
        ("standing", "评定情况"),
        ("deduction", "扣分"),
        ("cap", "最多扣分"),
        *UNIT_COLUMNS,
    ]
    title = f"{shown['insurer_name']} {_title(answer)}"
    return spoken(
        Table(title, _definition(answer), answer["as_of"], "分", columns, _card_rows(shown["items"]))
    )


_STANDINGS = {"assessed": "已评定", "not_applicable": "不适用", "open": "待定"}


def _card_rows(items: Sequence[Mapping[str, Any]]) -> Iterator[list[object]]:
    for item in items:
        head = [item["title"], _STANDINGS[item["standing"]], _number(item["deduction"]), _number(item["cap"])]
        for record in item["records"] or [{}]:
            told = {**record, "item": item["item"]}
            yield [*head, *(told.get(name) for name, _ in UNIT_COLUMNS)]


def listed(answer: Mapping[str, Any]) -> Table:
    """The records of one item."""
    rows = answer["items"]
    columns = _PART_COLUMNS if rows and "part" in rows[0] else UNIT_COLUMNS
    cells = [[{**row, "item": answer["item"]}.get(name) for name, _ in columns] for row in rows]
    title = f"第{answer['item']}项 {answer['title']}（{answer['scope']}）"
    # Of parts of a sum only the ledger's entries carry codes.
    return spoken(Table(title, answer["words"], answer["as_of"], "条", columns, cells), "fund_entry")


def differences(answer: Mapping[str, Any]) -> Table:
    """What a check found; no row when all is the same."""
    rows = [[row[name] for name, _ in _DIFFERENCES] for row in answer["items"]]
    told = "一致" if answer["equal"] else "不一致"
    title = f"评价核对 {answer['period']}：{told}（{answer['scope']}）"
    return Table(title, "按发布时的时刻与办法重新推算", answer["as_of"], "项", _DIFFERENCES, rows)


def _title(answer: Mapping[str, Any]) -> str:
    state = {"published": "已发布", "preview": "预览"}[answer["state"]]
    return f"{answer['period']['period']} {answer['scheme']['title']}（{answer['scope']}，{state}）"


def _definition(answer: Mapping[str, Any]) -> str:
    decisions = joined(f"{each['question']}：{each['words']}" for each in answer["scheme"]["decisions"])
    return f"{answer['scheme']['number']}。{answer['scheme']['status']}{decisions}"


def _number(text: object) -> object:
    return Decimal(text) if isinstance(text, str) else text
