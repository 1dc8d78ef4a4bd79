"""HOW does an answer of the regulators' doors become a table of a report? Every number as the API gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ajx_gateway.oversight.naming import LAG_TITLES
from ajx_gateway.oversight.report_kinds import Ask, Clocks
from ajx_gateway.rendering import words
from ajx_gateway.rendering.figures import Cell, Chart, Column, Row, Table
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.measures import MEASURES

_NAMED = frozenset({"province", "city", "district", "town", "industry", "sector", "size", "insurer", "clock"})
_STATES = ("met", "met_late", "overdue", "excused", "undetermined")
Names = Mapping[str, str]


def of_figures(
    ask: Ask, answer: Mapping[str, Any], names: Names, forms: Mapping[str, Measure] = MEASURES
) -> Table:
    """The table of an answer of ``aggregates`` (or one like it, whose measures are ``forms``).

    ``names``: what insurers were called when the report was made.
    """
    measures = [measure for measure in answer["measures"] if measure["name"] in ask.measures]
    columns = _keys(answer["by"])
    for measure in measures:
        name = measure["name"]
        columns.append(Column(name, measure["title"], measure["unit"], forms[name].form))
        if name in ask.compare:
            columns.append(Column(f"{name}_change", f"{measure['title']}同比", "", "percent"))
    keys = _width(answer["by"])
    cells = [
        (*_key_cells(answer["by"], group, names), *_measured(ask, measures, group))
        for group in answer["groups"]
    ]
    total = (*[None] * keys, *_measured(ask, measures, answer["total"]))
    said = [*(f"{m['title']}：{m['definition']}" for m in measures), *answer["notes"]]
    return Table(ask.name, ask.title, words.joined(said), tuple(columns), keys, tuple(cells), total)


def of_clocks(ask: Clocks, answer: Mapping[str, Any], names: Names) -> Table:
    """The table of an answer of ``timeliness``."""
    titles = {state["name"]: state["title"] for state in answer["states"]}
    columns = [
        *_keys(answer["by"]),
        Column("clocks", "期限数", "项", "count"),
        *(Column(name, titles[name], "项", "count") for name in _STATES),
        Column("on_time_share", "按期率", "", "ratio"),
        *(Column(name, LAG_TITLES[name], "天", "days") for name in ("p50", "p90")),
    ]
    keys = _width(answer["by"])
    rows = tuple((*_key_cells(answer["by"], group, names), *_counted(group)) for group in answer["groups"])
    total: Row = (*[None] * keys, *_counted(answer["total"]))
    return Table(ask.name, ask.title, answer["definition"], tuple(columns), keys, rows, total)


def charts_of(ask: Ask, table: Table) -> tuple[Chart, ...]:
    """The charts of a question, unless there is next to nothing to draw."""
    if len(table.rows) < 2:
        return ()
    label = next(c.name for c in table.columns[: table.keys] if c.form == "text")
    return tuple(
        Chart(f"{ask.name}_{number}", each.title, each.form, table.name, label, each.values)
        for number, each in enumerate(ask.charts, start=1)
    )


def sentence(template: str, table: Table, **more: str) -> str:
    """The words of a question, with the totals as printed; growth in brackets, nothing where there is none."""
    told = dict(more)
    for place, column in enumerate(table.columns):
        if place < table.keys or table.total is None:
            continue
        text = words.printed(table.total[place], column)
        if column.form == "percent":
            text = _grown(table.total[place], text)
        told[column.name] = text
    return template.format_map(told)


def _grown(cell: Cell, text: str) -> str:
    """（同比增长81.06%）; nothing where there is nothing to compare with."""
    if cell is None:
        return ""
    word = "下降" if text.startswith("-") else "增长" if text.startswith("+") else "持平"
    return "（同比持平）" if word == "持平" else f"（同比{word}{text[1:]}）"


def _keys(by: Sequence[Mapping[str, str]]) -> list[Column]:
    columns = []
    for dimension in by:
        name, title = dimension["name"], dimension["title"]
        if name in _NAMED:
            columns.append(Column(name, f"{title}代码", "", "code"))
            columns.append(Column(f"{name}_name", title, "", "text"))
        else:
            columns.append(Column(name, title, "", "text"))
    return columns


def _width(by: Sequence[Mapping[str, str]]) -> int:
    return sum(2 if dimension["name"] in _NAMED else 1 for dimension in by)


def _key_cells(by: Sequence[Mapping[str, str]], group: Mapping[str, Any], names: Names) -> Row:
    cells: list[str | None] = []
    for dimension in by:
        name = dimension["name"]
        code = group["keys"][name]
        cells.append(code)
        if name in _NAMED:
            called = group["names"][name]
            cells.append(names.get(code, called) if name == "insurer" and code else called)
    return tuple(cells)


def _measured(ask: Ask, measures: Sequence[Mapping[str, str]], group: Mapping[str, Any]) -> Row:
    cells: list[Any] = []
    for measure in measures:
        name = measure["name"]
        cells.append(group["values"][name])
        if name in ask.compare:
            cells.append(group["change"][name])
    return tuple(cells)


def _counted(group: Mapping[str, Any]) -> Row:
    lag = group["lag_days"]
    return (
        group["clocks"],
        *(group[name] for name in _STATES),
        group["on_time_share"],
        lag["p50"],
        lag["p90"],
    )
