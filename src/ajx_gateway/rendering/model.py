"""WHAT does a template get? The figures as printed lines, with the widths of columns and the scale of charts."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ajx_gateway.rendering import words
from ajx_gateway.rendering.figures import Chart, Column, Figures, Section, Table
from ajx_gateway.rendering.seal import Seal

# 版心 of GB/T 9704: 156 mm wide.
WIDTH_MM = 156.0
_POINT_MM = 25.4 / 72
_SIZES = (10.5, 9.0, 8.0, 7.0, 6.0)  # 五号, 小五 and smaller, in points
_PADDING_MM = 2.6
_NUMERALS = "一二三四五六七八九十"
_MOST_LABELS = 24
# What is wider than a digit; and what an axis has room for, in halves of a letter.
_WIDE = {"%": 2.0, "+": 1.2, "—": 2.0}
_AXIS = 80
_MONTH = re.compile("([0-9]{4})-([0-9]{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """One table as printed: what it says, how wide each column is, and how large its letters are."""

    caption: str
    heads: list[str]
    lines: list[list[str]]
    left: list[bool]
    widths_mm: list[float]
    points: float
    has_total: bool
    note: str


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a chart: each value as a share of the scale (None: no figure) and as printed."""

    title: str
    shares: list[float | None]
    values: list[str]


@dataclass(frozen=True, slots=True)
class PrintedChart:
    """One chart, scaled: what is drawn lies between 0 and 1."""

    caption: str
    form: str
    labels: list[str]
    series: list[Series]
    ticks: list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class PrintedSection:
    """One numbered part."""

    heading: str
    paragraphs: list[str]
    tables: list[PrintedTable]
    charts: list[PrintedChart]


@dataclass(frozen=True, slots=True)
class Printed:
    """The whole report as a template sees it."""

    title: str
    title_lines: list[str]
    kind: str
    issuer: str
    territory: str
    insurer: str
    period: str
    as_of: str
    code: str
    report_id: str
    edition: int
    date: str
    footer: str
    seal: str
    sections: list[PrintedSection]


def printed(figures: Figures, seal: Seal) -> Printed:
    """The report's words and lines, ready for any template."""
    made = seal.made_at
    return Printed(
        title=figures.title,
        title_lines=_broken(figures.title),
        kind=figures.kind_title,
        issuer=figures.issuer,
        territory=figures.territory_title,
        insurer=figures.insurer_title,
        period=f"{figures.period.begins} 至 {figures.period.ends}",
        as_of=figures.as_of,
        code=seal.code,
        report_id=str(seal.report_id),
        edition=seal.edition,
        date=f"{made.year}年{made.month}月{made.day}日",
        footer=seal.footer,
        seal=seal.words,
        sections=[_section(number, each) for number, each in enumerate(figures.sections, start=1)],
    )


def _broken(title: str) -> list[str]:
    """The title in lines that end where its sense does: what stands in brackets begins a line."""
    before, bracket, rest = title.rpartition("（")
    return [before, bracket + rest] if before and rest.endswith("）") and breadth(title) > 36 else [title]


def _section(number: int, section: Section) -> PrintedSection:
    counted = _NUMERALS[number - 1] if number <= 10 else f"十{_NUMERALS[number - 11]}"
    return PrintedSection(
        heading=f"{counted}、{section.title}",
        paragraphs=list(section.paragraphs),
        tables=[table(each) for each in section.tables],
        charts=[chart(section.table(each.table), each) for each in section.charts],
    )


def table(told: Table) -> PrintedTable:
    """The table at the largest size at which its columns fit."""
    columns = [told.columns[place] for place in words.shown(told)]
    heads, lines = [words.heading(column) for column in columns], words.lines(told)
    needs = [
        _need(column, head, [line[place] for line in lines])
        for place, (column, head) in enumerate(zip(columns, heads, strict=True))
    ]
    room = WIDTH_MM - _PADDING_MM * len(columns)
    half = room / sum(needs) / _POINT_MM * 2
    points = next((size for size in _SIZES if size <= half), _SIZES[-1])
    # Few narrow columns stay narrow: a figure far from its name is read in the wrong line.
    spare = min(room / sum(needs), points * _POINT_MM)
    return PrintedTable(
        caption=told.title,
        heads=heads,
        lines=lines,
        left=[words.is_words(column) for column in columns],
        widths_mm=[round(need * spare + _PADDING_MM, 2) for need in needs],
        points=points,
        has_total=told.total is not None,
        note=told.definition,
    )


def _need(column: Column, head: str, cells: Sequence[str]) -> float:
    """The width that a column wants, in halves of a letter: numbers stay on one line, words may take two, and a head breaks
    before its unit."""
    if words.is_words(column):
        widest: float = max((breadth(cell) for cell in cells), default=0)
        # Whole letters, and a bracket that may not end its line.
        widest = max(min(widest, 16), 2 * math.ceil(widest / 4) + 1)
    else:
        widest = max((_figure(cell) for cell in cells), default=0) + 0.5
    title, _, unit = head.partition("（")
    # A line takes whole letters only.
    lines = 2 * math.ceil(breadth(title) / (4 if unit else 6))
    return max(widest, lines, breadth(f"（{unit}") if unit else 0, 4)


def _figure(text: str) -> float:
    """How wide a figure is at most, in halves of a letter: as bold as a total, where signs are wider than digits."""
    return sum(_WIDE.get(letter, breadth(letter)) for letter in text)


def breadth(text: str) -> int:
    """Halves of a letter: two for a Chinese one, one for a digit."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def chart(told: Table, wanted: Chart) -> PrintedChart:
    """The chart's series as shares of a round scale from zero."""
    label, places = told.place(wanted.label), [told.place(name) for name in wanted.values]
    rows = told.rows[:_MOST_LABELS]
    columns = [told.columns[place] for place in places]
    numbers = [[words.number(row[place], told.columns[place]) for row in rows] for place in places]
    known = [number for series in numbers for number in series if number is not None]
    step, top = scale(max([*known, Decimal(0)]))
    series = [
        Series(
            words.heading(column),
            [None if number is None else float(max(number, Decimal(0)) / top) for number in values],
            [words.printed(row[place], column) for row in rows],
        )
        for column, place, values in zip(columns, places, numbers, strict=True)
    ]
    marks = [step * number for number in range(int(top / step) + 1)]
    ticks = [(float(mark / top), _tick(mark, columns[0])) for mark in marks]
    return PrintedChart(
        wanted.title,
        wanted.form,
        _labels([str(row[label]) if row[label] else words.NONE for row in rows], wanted.form),
        series,
        ticks,
    )


def _labels(told: list[str], form: str) -> list[str]:
    """The names of the places on an axis: months of one year without it, and no more of them than have room."""
    if form != "line":
        return told
    months = [_MONTH.fullmatch(each) for each in told]
    if len({month[1] if month else None for month in months}) == 1 and months[0]:
        told = [f"{int(month[2])}月" for month in months if month]
    room = max((breadth(each) + 1 for each in told), default=1)
    every = max(1, math.ceil(len(told) * room / _AXIS))
    return [each if place % every == 0 else "" for place, each in enumerate(told)]


def scale(most: Decimal) -> tuple[Decimal, Decimal]:
    """The step between marks (1, 2 or 5 times a power of ten) and the end of a scale that holds ``most``."""
    if most <= 0:
        return Decimal(1), Decimal(1)
    wanted = most / 5
    power = Decimal(10) ** (wanted.adjusted())
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= wanted)
    return step, step * max(1, math.ceil(most / step))


def _tick(mark: Decimal, column: Column) -> str:
    if column.form == "ratio":
        return f"{mark * 100:f}".rstrip("0").rstrip(".") + "%" if mark else "0"
    if mark >= 100_000_000:
        return f"{_plain(mark / 100_000_000)}亿"
    return f"{_plain(mark / 10_000)}万" if mark >= 10_000 else _plain(mark)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def letters(report: Printed) -> str:
    """Every character that is printed."""
    found = [report.title, report.issuer, report.date, report.footer, "—0123456789图表注合计"]
    for section in report.sections:
        found += [section.heading, *section.paragraphs]
        for each in section.tables:
            found += [each.caption, *each.heads, each.note, *(cell for line in each.lines for cell in line)]
        for drawn in section.charts:
            found += [drawn.caption, *drawn.labels, *(mark for _, mark in drawn.ticks)]
            found += [text for series in drawn.series for text in (series.title, *series.values)]
    return "".join(set("".join(found)))


def as_context(report: Printed) -> dict[str, Any]:
    """What placeholders of a Word template may name; Chinese, because officers write them."""
    return {
        "标题": report.title,
        "报告种类": report.kind,
        "发文单位": report.issuer,
        "地区": report.territory,
        "保险机构": report.insurer,
        "期间": report.period,
        "数据时点": report.as_of,
        "校验码": report.code,
        "报告编号": report.report_id,
        "版次": report.edition,
        "成文日期": report.date,
        "页脚": report.footer,
    }
