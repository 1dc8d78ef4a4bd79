"""Periods of reports and a place's calendar obligations of a year."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.deadlines import Calendar, due, label_of, midnight, period_bounds, period_clocks
from ajx_gateway.jurisdictions import profile


@pytest.mark.parametrize(
    ("period", "day", "label", "begins_on", "ends_on"),
    [
        ("year", date(2024, 2, 29), "2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("half", date(2024, 6, 30), "2024H1", date(2024, 1, 1), date(2024, 6, 30)),
        ("half", date(2024, 7, 1), "2024H2", date(2024, 7, 1), date(2024, 12, 31)),
        ("quarter", date(2024, 9, 30), "2024Q3", date(2024, 7, 1), date(2024, 9, 30)),
        ("month", date(2024, 2, 10), "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_period_has_a_label_and_inclusive_bounds(
    period: str, day: date, label: str, begins_on: date, ends_on: date
) -> None:
    assert label_of(period, day) == label  # type: ignore[arg-type]
    assert period_bounds(period, day) == (begins_on, ends_on)  # type: ignore[arg-type]


@given(st.sampled_from(["year", "half", "quarter", "month"]), st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_every_day_lies_in_its_period_and_shares_its_label_with_both_ends(period: str, day: date) -> None:
    begins_on, ends_on = period_bounds(period, day)  # type: ignore[arg-type]

    assert begins_on <= day <= ends_on
    assert {label_of(period, other) for other in (begins_on, day, ends_on)} == {label_of(period, day)}  # type: ignore[arg-type]


def test_foshan_expects_twelve_statistics_four_ledgers_two_evaluations_and_a_white_paper() -> None:
    found = [clock.spec.name for clock in period_clocks(profile("440600", date(2024, 1, 1)), 2024)]

    assert {name: found.count(name) for name in set(found)} == {
        "monthly_statistics": 12,
        "quarterly_fund_report": 4,
        "quarterly_operation_report": 4,
        "half_yearly_evaluation": 2,
        "white_paper": 1,
    }


@pytest.mark.parametrize(
    ("clock", "period", "ends"),
    [
        ("monthly_statistics", "2026-05", date(2026, 6, 11)),
        ("quarterly_operation_report", "2025Q4", date(2026, 1, 16)),
        ("quarterly_fund_report", "2026Q1", date(2026, 4, 16)),
        ("half_yearly_evaluation", "2026H1", date(2026, 8, 1)),
        ("white_paper", "2024", date(2025, 2, 6)),
    ],
)
def test_each_obligation_of_foshan_ends_when_its_text_says(clock: str, period: str, ends: date) -> None:
    year = int(period[:4])
    [found] = [
        one
        for one in period_clocks(profile("440600", date(year, 1, 1)), year)
        if (one.spec.name, one.period) == (clock, period)
    ]

    assert due(found.spec, found.begins_on, Calendar.load()).due == midnight(ends)


def test_suzhou_expects_one_annual_report() -> None:
    [found] = period_clocks(profile("341300", date(2026, 1, 1)), 2026)

    assert (found.spec.name, found.period) == ("annual_report", "2026")
