"""An outage of the gateway itself moves the due date of every clock that was running."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from clock_specs import SEVEN_DAYS
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.deadlines import SHANGHAI, Calendar, Outage, due, local_date, midnight

CALENDAR = Calendar.load()
MONDAY = date(2026, 11, 2)  # 7 days on: Monday 9 November, no holiday near


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def last_day(*outages: Outage, start_on: date = MONDAY) -> date:
    return local_date(due(SEVEN_DAYS, start_on, CALENDAR, outages).due) - timedelta(days=1)


def test_without_an_outage_nothing_moves() -> None:
    assert last_day() == date(2026, 11, 9)


def test_three_hours_give_back_a_whole_day() -> None:
    assert last_day(Outage(at("2026-11-05T09:00"), at("2026-11-05T12:00"))) == date(2026, 11, 10)


def test_the_nominal_day_stays_what_the_law_gave() -> None:
    outage = Outage(at("2026-11-05T09:00"), at("2026-11-05T12:00"))

    assert due(SEVEN_DAYS, MONDAY, CALENDAR, [outage]).nominal_on == date(2026, 11, 9)


def test_twenty_five_hours_give_back_two_days() -> None:
    assert last_day(Outage(at("2026-11-05T09:00"), at("2026-11-06T10:00"))) == date(2026, 11, 11)


def test_exactly_a_day_gives_back_a_day() -> None:
    assert last_day(Outage(at("2026-11-05T09:00"), at("2026-11-06T09:00"))) == date(2026, 11, 10)


def test_the_moved_day_rolls_over_rest_days() -> None:
    # Friday 13 November is the last day; one day more is a Saturday.
    start_on, outage = date(2026, 11, 6), Outage(at("2026-11-10T09:00"), at("2026-11-10T10:00"))

    assert last_day(start_on=start_on) == date(2026, 11, 13)
    assert last_day(outage, start_on=start_on) == date(2026, 11, 16)


def test_an_outage_on_the_starting_day_costs_nothing_because_that_day_is_not_counted() -> None:
    assert last_day(Outage(at("2026-11-02T00:00"), at("2026-11-02T23:00"))) == date(2026, 11, 9)


def test_only_the_part_inside_the_running_clock_counts() -> None:
    assert last_day(Outage(at("2026-10-25T00:00"), at("2026-11-03T06:00"))) == date(2026, 11, 10)


def test_an_outage_after_the_due_instant_changes_nothing() -> None:
    assert last_day(Outage(at("2026-11-10T00:00"), at("2026-11-12T00:00"))) == date(2026, 11, 9)


def test_an_outage_over_the_last_midnight_counts_with_its_full_length() -> None:
    assert last_day(Outage(at("2026-11-09T23:00"), at("2026-11-11T22:00"))) == date(2026, 11, 11)


def test_the_prolonged_clock_may_meet_a_second_outage() -> None:
    first = Outage(at("2026-11-09T10:00"), at("2026-11-09T11:00"))
    second = Outage(at("2026-11-10T10:00"), at("2026-11-10T11:00"))

    assert last_day(second) == date(2026, 11, 9)
    assert last_day(first, second) == date(2026, 11, 11)


def test_the_same_window_recorded_twice_counts_once() -> None:
    outage = Outage(at("2026-11-05T09:00"), at("2026-11-05T12:00"))
    overlapping = Outage(at("2026-11-05T10:00"), at("2026-11-05T13:00"))

    assert last_day(outage, outage, overlapping) == date(2026, 11, 10)


def test_short_outages_of_one_day_cost_that_day_once() -> None:
    morning = Outage(at("2026-11-05T09:00"), at("2026-11-05T10:00"))
    evening = Outage(at("2026-11-05T20:00"), at("2026-11-05T21:00"))

    assert last_day(morning, evening) == date(2026, 11, 10)


def test_an_outage_that_joins_two_others_never_takes_a_day_back() -> None:
    before = Outage(at("2026-11-03T01:00"), at("2026-11-03T13:00"))
    after = Outage(at("2026-11-04T12:00"), at("2026-11-05T03:00"))
    joining = Outage(at("2026-11-03T12:00"), at("2026-11-04T13:00"))

    assert last_day(before, after) == date(2026, 11, 11)
    assert last_day(before, after, joining) == date(2026, 11, 12)


def test_a_fixed_day_moves_only_for_an_outage_on_that_day() -> None:
    annual = replace(SEVEN_DAYS, days=None, fixed="12-15", period="year")
    in_february = Outage(at("2026-02-05T09:00"), at("2026-02-05T12:00"))
    on_the_day = Outage(at("2026-12-15T20:00"), at("2026-12-15T22:00"))

    assert due(annual, date(2026, 1, 1), CALENDAR, [in_february]).due == midnight(date(2026, 12, 16))
    assert due(annual, date(2026, 1, 1), CALENDAR, [on_the_day]).due == midnight(date(2026, 12, 17))


def test_an_outage_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="ends after"):
        Outage(at("2026-11-05T09:00"), at("2026-11-05T09:00"))


def test_an_outage_needs_offsets() -> None:
    with pytest.raises(ValueError, match="offset"):
        Outage(datetime(2026, 11, 5), at("2026-11-05T09:00"))  # noqa: DTZ001  the point of the test


WINDOWS = st.lists(
    st.builds(
        lambda begins, hours: Outage(
            at("2026-10-25T00:00") + timedelta(hours=begins),
            at("2026-10-25T00:00") + timedelta(hours=begins + hours),
        ),
        st.integers(0, 600),
        st.integers(1, 72),
    ),
    max_size=5,
)


@given(WINDOWS)
def test_an_outage_never_shortens_and_the_end_is_no_rest_day(windows: list[Outage]) -> None:
    found = last_day(*windows)

    assert found >= date(2026, 11, 9)
    assert not CALENDAR.is_rest(found)


@given(WINDOWS, WINDOWS)
def test_more_outages_never_end_earlier(some: list[Outage], more: list[Outage]) -> None:
    assert last_day(*some) <= last_day(*some, *more)


@given(st.permutations([Outage(at(f"2026-11-0{d}T09:00"), at(f"2026-11-0{d}T19:00")) for d in (3, 5, 7)]))
def test_the_order_in_which_outages_were_recorded_plays_no_part(windows: list[Outage]) -> None:
    assert last_day(*windows) == date(2026, 11, 12)
