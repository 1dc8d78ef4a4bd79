"""Figures are written in one way, and their printed words round nothing and lose nothing."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal

import pytest
from samples import FIGURES, SEAL, TREND, UNDERWRITING

from ajx_gateway.rendering import model, words
from ajx_gateway.rendering.figures import Chart, Column, Table, canonical, digest, read


def test_the_canonical_bytes_read_back_to_the_same_figures() -> None:
    written = canonical(FIGURES)
    assert read(written) == FIGURES
    assert canonical(read(written)) == written


def test_one_figure_more_or_less_is_another_digest() -> None:
    section = FIGURES.sections[0]
    table = replace(UNDERWRITING, rows=UNDERWRITING.rows[:-1])
    changed = replace(FIGURES, sections=(replace(section, tables=(table, TREND)), *FIGURES.sections[1:]))
    assert digest(canonical(changed)) != digest(canonical(FIGURES))


def test_figures_of_another_schema_are_refused() -> None:
    told = json.loads(canonical(FIGURES)) | {"schema": "other/9"}
    with pytest.raises(ValueError, match="ajx-report/1"):
        read(json.dumps(told).encode())


@pytest.mark.parametrize(
    ("cell", "form", "shown"),
    [
        (1234567, "count", "1,234,567"),
        (0, "count", "0"),
        ("158712345.00", "money", "158,712,345.00"),
        ("-0.50", "money", "-0.50"),
        ("0.8951", "ratio", "89.51%"),
        ("0.1200", "ratio", "12.00%"),
        ("4.56", "score", "4.56"),
        ("+38.84%", "percent", "+38.84%"),
        (None, "money", "—"),
        ("南海区", "text", "南海区"),
    ],
)
def test_a_figure_is_printed_as_people_read_it(cell: str | int | None, form: str, shown: str) -> None:
    assert words.printed(cell, Column("x", "某", "", form)) == shown  # type: ignore[arg-type]


def test_sentences_are_joined_with_one_stop_at_their_end() -> None:
    assert (
        words.joined(["保单数：有效份数。", "合计另行计算。", "按签单日期归期"])
        == "保单数：有效份数；合计另行计算；按签单日期归期。"
    )
    assert words.joined([]) == ""


def test_codes_are_not_printed_and_the_total_stands_last() -> None:
    printed = model.table(UNDERWRITING)
    assert printed.heads[0] == "承保机构"
    assert printed.lines[-1][0] == "合计"
    assert all("91440600" not in cell for line in printed.lines for cell in line)


def test_columns_fill_the_page_and_never_more() -> None:
    for table in (UNDERWRITING, TREND):
        printed = model.table(table)
        assert sum(printed.widths_mm) <= model.WIDTH_MM + 0.1
        assert printed.points >= 6


@pytest.mark.parametrize(
    ("most", "step", "top"),
    [
        ("0", "1", "1"),
        ("4", "1", "4"),
        ("63484938", "20000000", "80000000"),
        ("0.8951", "0.2", "1.0"),
        ("1000", "200", "1000"),
    ],
)
def test_a_scale_is_round_and_holds_the_largest_value(most: str, step: str, top: str) -> None:
    found = model.scale(Decimal(most))
    assert found == (Decimal(step), Decimal(top))


def test_the_seal_says_what_it_seals_in_one_line() -> None:
    assert SEAL.words.startswith(f"ajx-report id={SEAL.report_id} sha256={SEAL.digest} kind=monthly-bulletin")
    assert SEAL.code.replace("-", "").lower() == SEAL.digest[:16]
    assert SEAL.as_of in SEAL.footer


# The widest letters in which figures are set: Times New Roman in bold, in parts of a letter's height.
EM = {"%": 1.0, "+": 0.57, "-": 0.34, ",": 0.25, ".": 0.25, "—": 1.0}


def wide(columns: int) -> Table:
    """As many columns of figures as a bulletin's tables have beside a long name."""
    figures = (
        Column("policies", "保单数", "份", "count"),
        Column("policies_change", "保单数同比", "", "percent"),
        Column("enterprises", "投保企业数", "家", "count"),
        Column("premium", "保费", "元", "money"),
        Column("premium_change", "保费同比", "", "percent"),
        Column("ratio", "目标覆盖率", "", "ratio"),
        Column("services", "应做项次", "项次", "count"),
    )[:columns]
    cells = (1234, "+107.95%", 9876, "1593692399.76", "-10.28%", "1.0000", 35)[:columns]
    name = "甲安财产保险股份有限公司佛山中心支公司（虚构）"
    shown = (Column("insurer_name", "承保机构", "", "text"), *figures)
    return Table("wide", "各承保机构承保情况", "", shown, 1, ((name, *cells), (name, *cells)), (None, *cells))


@pytest.mark.parametrize("columns", range(2, 8))
def test_no_figure_breaks_within_its_digits(columns: int) -> None:
    printed = model.table(wide(columns))
    assert sum(printed.widths_mm) <= model.WIDTH_MM + 0.1
    for place, width in enumerate(printed.widths_mm[1:], start=1):
        for line in printed.lines:
            needed = sum(EM.get(letter, 0.5) for letter in line[place]) * printed.points * 25.4 / 72
            assert width - 2.4 >= needed, (line[place], printed.points)


@pytest.mark.parametrize("columns", range(2, 8))
def test_a_head_breaks_before_its_unit_and_not_within(columns: int) -> None:
    printed = model.table(wide(columns))
    for head, width in zip(printed.heads, printed.widths_mm, strict=True):
        letters = (width - 2.4) / (printed.points * 25.4 / 72)
        title, _, unit = head.partition("（")
        assert letters >= len(unit) + 1 if unit else True
        assert letters >= len(title) / 2


@pytest.mark.parametrize("columns", range(2, 8))
def test_a_long_name_takes_two_lines(columns: int) -> None:
    printed = model.table(wide(columns))
    letters = (printed.widths_mm[0] - 2.4) / (printed.points * 25.4 / 72)
    assert math.floor(letters) * 2 >= len(printed.lines[0][0])


def test_the_months_of_a_year_stand_beside_each_other_on_an_axis() -> None:
    drawn = model.chart(TREND, Chart("trend", "逐月保费", "line", "by_month", "month", ("premium",)))
    assert drawn.labels == [f"{number}月" for number in range(1, 13)]
    rows = tuple((f"{2022 + n // 12}-{n % 12 + 1:02}", "1.00") for n in range(24))
    longer = model.chart(
        replace(TREND, rows=rows), Chart("t", "逐月", "line", "by_month", "month", ("premium",))
    )
    assert longer.labels[0] == "2022-01"
    # Ten letters of 130 mm a label; the others are left out, their points are not.
    assert 5 <= sum(map(bool, longer.labels)) <= 10
    assert len(longer.series[0].shares) == 24
