"""HOW is a figure printed? Thousands parted, ratios in percent, a dash where there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from ajx_gateway.rendering.figures import Cell, Column, Table

NONE = "—"
TOTAL = "合计"


def printed(cell: Cell, column: Column) -> str:
    """The figure as people read it; nothing is rounded that the figures did not round themselves."""
    if cell is None:
        return NONE
    if column.form in ("count", "days") and isinstance(cell, int):
        return f"{cell:,}"
    if column.form == "money":
        return f"{Decimal(cell):,.2f}"
    if column.form == "ratio":
        return f"{(Decimal(cell) * 100).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"
    return str(cell)


def number(cell: Cell, column: Column) -> Decimal | None:
    """The figure to calculate and draw with; None for words and for no figure."""
    if cell is None or column.form in ("code", "text"):
        return None
    return Decimal(str(cell).rstrip("%"))


def heading(column: Column) -> str:
    """The column's title with its unit."""
    return f"{column.title}（{column.unit}）" if column.unit else column.title


def shown(table: Table) -> list[int]:
    """The columns that are printed: not the codes behind names."""
    return [place for place, column in enumerate(table.columns) if column.form != "code"]


def lines(table: Table) -> list[list[str]]:
    """The rows as printed, the total last."""
    places = shown(table)
    rows = [[printed(row[place], table.columns[place]) for place in places] for row in table.rows]
    if table.total is not None:
        last = [printed(table.total[place], table.columns[place]) for place in places]
        keys = sum(place < table.keys for place in places)
        rows.append([TOTAL, *[""] * (keys - 1), *last[keys:]] if keys else last)
    return rows


def is_words(column: Column) -> bool:
    """Whether the column is set to the left."""
    return column.form == "text"


def offered(choices: Collection[str]) -> str:
    """What may be chosen, each code with what it is called, where the choices tell: ``overdue（逾期未完成）``."""
    titles = choices if isinstance(choices, Mapping) else {}
    return "、".join(f"{code}（{titles[code]}）" if code in titles else code for code in choices)


def joined(sentences: Iterable[str]) -> str:
    """Sentences as one, with one full stop at its end."""
    told = "；".join(each.removesuffix("。") for each in sentences)
    return f"{told}。" if told else ""
