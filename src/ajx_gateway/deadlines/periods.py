"""WHICH year, half-year, quarter or month is meant? Bounds and labels of the periods that reports cover."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from ajx_gateway.jurisdictions import ClockSpec, Profile
from ajx_gateway.jurisdictions.model import Period

_MONTHS: dict[Period, int] = {"year": 12, "half": 6, "quarter": 3, "month": 1}


@dataclass(frozen=True, slots=True)
class PeriodClock:
    """One calendar obligation: the clock and the period it is for (both bounds inclusive)."""

    spec: ClockSpec
    period: str
    begins_on: date
    ends_on: date


def period_bounds(period: Period, day: date) -> tuple[date, date]:
    """First and last day of the period that contains the day."""
    months = _MONTHS[period]
    first = (day.month - 1) // months * months + 1
    last = first + months - 1
    return date(day.year, first, 1), date(day.year, last, monthrange(day.year, last)[1])


def label_of(period: Period, day: date) -> str:
    """``2024``, ``2024H1``, ``2024Q3``, ``2024-05``."""
    match period:
        case "year":
            return f"{day.year:04}"
        case "half":
            return f"{day.year:04}H{(day.month + 5) // 6}"
        case "quarter":
            return f"{day.year:04}Q{(day.month + 2) // 3}"
        case "month":
            return f"{day.year:04}-{day.month:02}"


def period_clocks(profile: Profile, year: int) -> list[PeriodClock]:
    """The year's calendar obligations of the place, insurers' and organisations', by the period's end."""
    found = [
        PeriodClock(spec, label_of(spec.period, first), *period_bounds(spec.period, first))
        for spec in profile.clocks
        if spec.period is not None
        for first in (date(year, month, 1) for month in range(1, 13, _MONTHS[spec.period]))
    ]
    return sorted(found, key=lambda clock: (clock.ends_on, clock.spec.name))
