"""WHICH day is an instant, and how far apart are two days? Without overflow at the ends of the calendar."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

CHINA = timezone(timedelta(hours=8))  # no daylight saving since 1991
ZERO = Decimal(0)


def local_day(instant: datetime) -> date:
    """The day in China; an instant so near the ends of the calendar that it cannot move keeps its own day."""
    try:
        return instant.astimezone(CHINA).date()
    except OverflowError:
        return instant.date()


def months_between(start: date, last: date) -> int:
    """How many whole months a period that includes both days lasts, a begun month counted as one.

    2026-01-01 to 2026-12-31 are 12 months, to 2027-01-01 (the usual slip of one day) still 12.
    """
    months = (last.year - start.year) * 12 + last.month - start.month
    return months + 1 if last.day > start.day else months


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def text(value: date | Decimal | int | None) -> str:
    """How a value is shown in a finding: plain digits, never an exponent."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


def share(ratio: Decimal) -> str:
    """A ratio as a percentage: 0.15 -> 15%."""
    percent = format(ratio * 100, "f")
    return (percent.rstrip("0").rstrip(".") if "." in percent else percent) + "%"
