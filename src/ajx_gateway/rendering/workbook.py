"""HOW is a report made in Excel? A sheet a table with figures as numbers and native charts, and a sheet with the words."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter

from ajx_gateway.rendering import rows, words
from ajx_gateway.rendering.figures import Cell, Chart, Column, Figures, Section, Table
from ajx_gateway.rendering.model import breadth
from ajx_gateway.rendering.seal import Seal

# A double keeps 15 digits; a longer figure stays text rather than lose its last ones.
_DIGITS = 15
_NUMBERS = {
    "count": "#,##0",
    "days": "#,##0",
    "money": "#,##0.00",
    "ratio": "0.00%",
    "score": "0.00",
    "percent": "+0.00%;-0.00%;0.00%",
}
_HEAD_ROW = 4
# Letters across a column of names; a name under a bar.
_WIDEST, _UPRIGHT = 50, 12


def to_xlsx(figures: Figures, seal: Seal) -> bytes:
    """The workbook; the same bytes from the same figures."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties(
        {
            "title": figures.title,
            "author": figures.issuer,
            "subject": figures.period.name,
            "category": figures.kind_title,
            "keywords": seal.words,
            "comments": seal.footer,
            "created": seal.made_at,
        }
    )
    styles = _styles(book)
    _words(book, figures, seal, styles)
    number = 0
    for section in figures.sections:
        for table in section.tables:
            number += 1
            _sheet(book, f"{number} {table.title}", section, table, seal, styles)
    book.close()
    return target.getvalue()


def _styles(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "text_wrap": True}),
        "section": book.add_format({"bold": True, "font_size": 12}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "code": book.add_format({"quote_prefix": True, "num_format": "@"}),
        "head": book.add_format(
            {"bold": True, "bg_color": "#E8EEF5", "border": 1, "text_wrap": True, "align": "center"}
        ),
        **{form: book.add_format({"num_format": shape, "border": 1}) for form, shape in _NUMBERS.items()},
        "cell": book.add_format({"num_format": "@", "quote_prefix": True, "border": 1}),
        "total": book.add_format({"bold": True, "border": 1}),
    }


def _words(book: Any, figures: Figures, seal: Seal, styles: dict[str, Any]) -> None:
    page = book.add_worksheet("说明")
    _finish(page, seal)
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 90)
    page.merge_range(0, 0, 0, 1, figures.title, styles["title"])
    facts = (
        ("发文单位", figures.issuer),
        ("地区", figures.territory_title),
        ("保险机构", figures.insurer_title),
        ("期间", f"{figures.period.begins} 至 {figures.period.ends}"),
        ("数据时点", figures.as_of),
        ("校验码", seal.code),
        ("SHA-256", seal.digest),
        ("报告编号", str(seal.report_id)),
        ("版次", str(seal.edition)),
    )
    row = 2
    for name, value in facts:
        if value:
            page.write_string(row, 0, name, styles["section"])
            page.write_string(row, 1, value, styles["code"])
            row += 1
    for section in figures.sections:
        row += 1
        page.write_string(row, 0, section.title, styles["section"])
        for paragraph in section.paragraphs:
            row += 1
            page.write_string(row, 1, paragraph, styles["text"])
            _stretch(page, row, paragraph, 90)
        row += 1


def _sheet(book: Any, name: str, section: Section, table: Table, seal: Seal, styles: dict[str, Any]) -> None:
    title = "".join(letter for letter in name if letter not in "[]:*?/\\'")[:31]
    page = book.add_worksheet(title)
    _finish(page, seal)
    page.write_string(0, 0, table.title, styles["section"])
    page.write_string(1, 0, f"数据时点：{seal.as_of}　校验码：{seal.code}")
    widths = [_width(table, place) for place in range(len(table.columns))]
    if len(widths) > 1:
        page.merge_range(2, 0, 2, len(widths) - 1, "", styles["text"])
    page.write_string(2, 0, table.definition, styles["text"])
    _stretch(page, 2, table.definition, sum(widths))
    for place, column in enumerate(table.columns):
        page.write_string(_HEAD_ROW, place, words.heading(column), styles["head"])
        page.set_column(place, place, widths[place])
    for number, line in enumerate(table.rows, start=_HEAD_ROW + 1):
        for place, (cell, column) in enumerate(zip(line, table.columns, strict=True)):
            _write(page, number, place, cell, column, styles)
    if table.total is not None:
        number = _HEAD_ROW + 1 + len(table.rows)
        for place, (cell, column) in enumerate(zip(table.total, table.columns, strict=True)):
            _write(page, number, place, cell, column, styles)
        page.write_string(number, 0, words.TOTAL, styles["total"])
    page.freeze_panes(_HEAD_ROW + 1, table.keys)
    for place, chart in enumerate(each for each in section.charts if each.table == table.name):
        _chart(book, page, title, table, chart, place)


def _width(table: Table, place: int) -> int:
    """As wide as the longest name, within bounds; figures all alike."""
    if table.columns[place].form not in ("code", "text"):
        return 16
    return min(max((breadth(str(row[place] or "")) + 2 for row in table.rows), default=0) or 22, _WIDEST)


def _stretch(page: Any, row: int, text: str, width: int) -> None:
    height = rows.height(rows.lines(text, width * 0.95))
    if height is not None:
        page.set_row(row, height)


def _write(page: Any, row: int, place: int, cell: Cell, column: Column, styles: dict[str, Any]) -> None:
    figure = words.number(cell, column)
    if figure is None:
        page.write_string(row, place, "" if cell is None else str(cell), styles["cell"])
    elif len(str(cell).strip("-+%").replace(".", "")) > _DIGITS:
        page.write_string(row, place, str(cell), styles["cell"])
    else:
        share = column.form == "percent"
        page.write_number(row, place, figure / 100 if share else figure, styles[column.form])


def _chart(book: Any, page: Any, sheet: str, table: Table, wanted: Chart, number: int) -> None:
    if not table.rows:
        return
    first, last, label = _HEAD_ROW + 1, _HEAD_ROW + len(table.rows), table.place(wanted.label)
    lying = wanted.form == "bar" and any(breadth(str(row[label] or "")) > _UPRIGHT for row in table.rows)
    drawn = book.add_chart({"type": "line" if wanted.form == "line" else "bar" if lying else "column"})
    if lying:  # the first on top, as in the table
        drawn.set_y_axis({"reverse": True})
    for name in wanted.values:
        place = table.place(name)
        drawn.add_series(
            {
                "name": [sheet, _HEAD_ROW, place],
                "categories": [sheet, first, label, last, label],
                "values": [sheet, first, place, last, place],
                "marker": {"type": "circle"} if wanted.form == "line" else {"type": "none"},
            }
        )
    drawn.set_title({"name": wanted.title, "name_font": {"size": 12}})
    drawn.set_legend({"none": True} if len(wanted.values) == 1 else {"position": "bottom"})
    drawn.set_size({"width": 760, "height": 340})
    page.insert_chart(last + 4 + number * 19, 0, drawn)


def _finish(page: Any, seal: Seal) -> None:
    """Printed on A4 across, with the seal at the foot of every page."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_footer(f"&C&7{seal.footer}　第 &P 页")
