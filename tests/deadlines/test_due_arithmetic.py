"""The vectors of the law's arithmetic (2026 calendar), and what must hold for every date."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from clock_specs import SEVEN_DAYS, days
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.deadlines import SHANGHAI, Calendar, due, local_date, midnight

CALENDAR = Calendar.load()
ONE_DAY = timedelta(days=1)
KNOWN_DAYS = st.dates(date(2016, 1, 1), date(2026, 10, 1))


def last_day(start_on: date, number: int) -> date:
    """The day at whose 24:00 the clock ends."""
    return local_date(due(days(number), start_on, CALENDAR).due) - ONE_DAY


@pytest.mark.parametrize(
    ("start_on", "number", "nominal_on", "last_on"),
    [
        pytest.param("2026-09-24", 7, "2026-10-01", "2026-10-08", id="National Day"),
        pytest.param("2026-02-08", 7, "2026-02-15", "2026-02-24", id="nine-day Spring Festival"),
        pytest.param("2026-02-07", 7, "2026-02-14", "2026-02-14", id="make-up working Saturday: no roll"),
        pytest.param("2026-09-13", 7, "2026-09-20", "2026-09-20", id="make-up Sunday"),
        pytest.param("2026-10-03", 7, "2026-10-10", "2026-10-10", id="make-up Saturday"),
        pytest.param("2026-04-28", 7, "2026-05-05", "2026-05-06", id="Labour Day"),
        pytest.param("2026-11-14", 7, "2026-11-21", "2026-11-23", id="plain weekend"),
        pytest.param("2026-08-17", 45, "2026-10-01", "2026-10-08", id="45 days into National Day"),
        pytest.param("2026-01-02", 45, "2026-02-16", "2026-02-24", id="45 days into Spring Festival"),
        pytest.param("2026-11-16", 45, "2026-12-31", "2026-12-31", id="last one fully inside 2026"),
    ],
)
def test_the_last_day_is_the_one_the_law_gives(
    start_on: str, number: int, nominal_on: str, last_on: str
) -> None:
    found = due(days(number), date.fromisoformat(start_on), CALENDAR)

    assert found.nominal_on == date.fromisoformat(nominal_on)
    assert found.due == midnight(date.fromisoformat(last_on) + ONE_DAY)
    assert not found.provisional


@pytest.mark.parametrize(("start_on", "number"), [("2026-11-17", 45), ("2026-12-31", 7)])
def test_a_clock_that_ends_in_a_year_without_its_notice_is_provisional(start_on: str, number: int) -> None:
    found = due(days(number), date.fromisoformat(start_on), CALENDAR)

    assert found.provisional
    assert found.nominal_on.year == 2027


def test_the_instant_is_midnight_in_shanghai_stored_in_utc() -> None:
    found = due(SEVEN_DAYS, date(2026, 11, 14), CALENDAR)

    assert found.due == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert found.due.tzinfo is UTC


def test_the_starting_day_is_not_counted() -> None:
    assert last_day(date(2026, 11, 16), 1) == date(2026, 11, 17)


def test_without_the_roll_a_rest_day_stays_the_last_day_and_no_calendar_is_needed() -> None:
    found = due(replace(SEVEN_DAYS, roll=False), date(2026, 12, 27), CALENDAR)

    assert local_date(found.due) - ONE_DAY == date(2027, 1, 3)
    assert not found.provisional


def test_a_fixed_day_is_inclusive() -> None:
    annual = replace(SEVEN_DAYS, days=None, fixed="12-15", period="year")

    assert due(annual, date(2026, 1, 1), CALENDAR).due == midnight(date(2026, 12, 16))


def test_a_fixed_day_that_is_a_sunday_moves_to_monday() -> None:
    annual = replace(SEVEN_DAYS, days=None, fixed="12-15", period="year")

    assert due(annual, date(2024, 1, 1), CALENDAR).due == midnight(date(2024, 12, 17))


def test_the_days_of_a_report_run_from_the_end_of_its_period() -> None:
    quarterly = replace(SEVEN_DAYS, days=15, period="quarter")

    assert due(quarterly, date(2026, 4, 1), CALENDAR).due == midnight(date(2026, 7, 16))
    assert due(quarterly, date(2026, 5, 20), CALENDAR).nominal_on == date(2026, 7, 15)


def test_working_days_skip_the_holiday_and_count_the_make_up_days() -> None:
    working = replace(SEVEN_DAYS, days=10, counting="working")

    # After 2026-09-24: 28, 29, 30 September, 8, 9, 10 (make-up Saturday), 12, 13, 14, 15 October.
    assert due(working, date(2026, 9, 24), CALENDAR).due == midnight(date(2026, 10, 16))


def test_working_days_counted_through_an_unknown_year_are_provisional() -> None:
    assert due(replace(SEVEN_DAYS, counting="working"), date(2026, 12, 30), CALENDAR).provisional


def test_a_clock_promised_policy_by_policy_has_no_due_of_its_own() -> None:
    with pytest.raises(ValueError, match="policy_upload"):
        due(replace(SEVEN_DAYS, days=None), date(2026, 1, 5), CALENDAR)


@given(KNOWN_DAYS, st.integers(0, 60))
def test_a_due_is_always_a_midnight_in_shanghai(start_on: date, number: int) -> None:
    found = due(days(number), start_on, CALENDAR)

    assert found.due.astimezone(SHANGHAI).time().isoformat() == "00:00:00"


@given(KNOWN_DAYS, st.integers(0, 60))
def test_the_last_day_is_never_a_rest_day(start_on: date, number: int) -> None:
    assert not CALENDAR.is_rest(last_day(start_on, number))


@given(KNOWN_DAYS, st.integers(0, 60))
def test_the_roll_never_shortens_and_jumps_only_over_rest_days(start_on: date, number: int) -> None:
    nominal, last = start_on + timedelta(days=number), last_day(start_on, number)

    assert last >= nominal
    assert all(CALENDAR.is_rest(nominal + timedelta(days=gap)) for gap in range((last - nominal).days))


@given(KNOWN_DAYS, st.integers(0, 60), st.integers(0, 60))
def test_more_days_never_end_earlier(start_on: date, fewer: int, more: int) -> None:
    assert last_day(start_on, min(fewer, more)) <= last_day(start_on, max(fewer, more))


@given(KNOWN_DAYS, st.integers(1, 30))
def test_as_many_working_days_as_asked_lie_in_the_period(start_on: date, number: int) -> None:
    nominal = due(replace(SEVEN_DAYS, days=number, counting="working"), start_on, CALENDAR).nominal_on
    after = (start_on + timedelta(days=gap) for gap in range(1, (nominal - start_on).days + 1))

    assert sum(not CALENDAR.is_rest(day) for day in after) == number


@pytest.fixture
def server_in_new_york() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("server_in_new_york")
def test_the_servers_own_zone_plays_no_part() -> None:
    assert time.localtime(datetime(2026, 1, 1, tzinfo=UTC).timestamp()).tm_mday == 31

    assert due(SEVEN_DAYS, date(2026, 11, 14), CALENDAR).due == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert local_date(datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert local_date(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == date(2026, 11, 24)


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        local_date(datetime(2026, 11, 23))  # noqa: DTZ001  the point of the test
