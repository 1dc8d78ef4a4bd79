"""Rest days after the State Council's notices, and the years for which a notice is known."""

from datetime import date
from pathlib import Path

import pytest

from ajx_gateway.jurisdictions.calendar import Calendar, CalendarError

CALENDAR = Calendar.load()


@pytest.mark.parametrize(
    ("day", "rest"),
    [
        ("2026-02-14", False),  # make-up Saturday
        ("2026-02-16", True),  # Spring Festival on a Monday
        ("2026-02-24", False),
        ("2026-09-20", False),  # make-up Sunday
        ("2026-10-07", True),
        ("2026-11-21", True),  # plain Saturday
        ("2026-11-23", False),
        ("2018-12-29", False),  # stated by the notice of the following year
        ("2018-12-31", True),
        ("2020-01-31", True),  # the prolonged Spring Festival of 2020
    ],
)
def test_a_rest_day_is_an_off_day_or_a_weekend_without_make_up_work(day: str, rest: bool) -> None:
    assert CALENDAR.is_rest(date.fromisoformat(day)) is rest


def test_the_notices_are_known_from_2016_to_2026() -> None:
    assert CALENDAR.official_years == frozenset(range(2016, 2027))
    assert CALENDAR.final(date(2026, 12, 31))
    assert not CALENDAR.final(date(2027, 1, 1))
    assert not CALENDAR.final(date(2015, 12, 31))


def test_a_year_without_its_notice_knows_the_statutory_days_only() -> None:
    assert CALENDAR.is_rest(date(2027, 1, 1))
    assert CALENDAR.is_rest(date(2027, 10, 1))
    assert not CALENDAR.is_rest(date(2027, 10, 7))


def write(folder: Path, text: str) -> Path:
    path = folder / "calendar.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_operators_calendar_makes_a_year_final(tmp_path: Path) -> None:
    path = write(tmp_path, "date,day,name\n2027-01-01,off,元旦\n2027-01-10,work,元旦\n")
    calendar = Calendar.load(path)

    assert calendar.final(date(2027, 6, 1))
    assert not calendar.is_rest(date(2027, 1, 10))


def test_provisional_rows_do_not_make_a_year_final(tmp_path: Path) -> None:
    calendar = Calendar.load(write(tmp_path, "date,day,name,status\n2027-01-01,off,元旦,provisional\n"))

    assert calendar.is_rest(date(2027, 1, 1))
    assert not calendar.final(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("date,day,name\n2027-13-01,off,x\n", "line 2"),
        ("date,day,name\n2027-01-01,rest,x\n", "line 2"),
        ("date,day,name\n2027-01-01,off,x\n2027-01-01,work,x\n", "line 3: 2027-01-01 appears twice"),
        ("day,name\noff,x\n", "columns"),
        ("date,day,name,status\n2027-01-01,off,x,maybe\n", "line 2"),
    ],
)
def test_a_faulty_calendar_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(CalendarError, match=complaint):
        Calendar.load(write(tmp_path, text))
