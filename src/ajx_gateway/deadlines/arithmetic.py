"""WHEN does a period end? Day 0 is not counted, a last day of rest moves on, the last day ends at 24:00.

民法典 200-203, applied to the notices' periods by the jurisdictions' own switches.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from ajx_gateway.deadlines.periods import period_bounds
from ajx_gateway.jurisdictions import Calendar, ClockSpec

# A fixed offset: China has had no summer time since 1991, and no zone database has to be installed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outage:
    """A recorded window in which the gateway itself could not accept filings (``ends`` exclusive)."""

    begins: datetime
    ends: datetime

    def __post_init__(self) -> None:
        if self.begins.utcoffset() is None or self.ends.utcoffset() is None:
            raise ValueError("an outage needs instants with an offset")
        if self.ends <= self.begins:
            raise ValueError("an outage ends after it begins")


@dataclass(frozen=True, slots=True)
class Due:
    """``nominal_on``: the last day before any roll or outage; ``due``: the exclusive instant, in UTC."""

    nominal_on: date
    due: datetime
    provisional: bool


def midnight(day: date) -> datetime:
    """00:00 of the day in Shanghai, as an instant in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def local_date(instant: datetime) -> date:
    """The calendar day in Shanghai; the server's own zone plays no part."""
    if instant.utcoffset() is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(SHANGHAI).date()


def due(spec: ClockSpec, start_on: date, calendar: Calendar, outages: Sequence[Outage] = ()) -> Due:
    """When the clock that started on this day is due.

    ``start_on`` is the event's own date, or any day of the period for a clock of a period.
    ``ValueError`` for a clock without a length of its own (its days are promised policy by policy).
    """
    base, runs_from = _base(spec, start_on)
    nominal, provisional = base, False
    if spec.days is not None:
        nominal, provisional = _count(base, spec, calendar)
    last, rolled_provisional = _extended(spec, nominal, midnight(runs_from or nominal), calendar, outages)
    return Due(nominal, midnight(last + _DAY), provisional or rolled_provisional)


def _base(spec: ClockSpec, start_on: date) -> tuple[date, date | None]:
    """The day the counting starts from, and the first day that counts (None: only the last day itself)."""
    if spec.fixed is not None:
        month, day = spec.fixed.split("-")
        return date(start_on.year, int(month), int(day)), None
    if spec.days is None:
        raise ValueError(f"the clock {spec.name} has no length of its own")
    if spec.period is not None:
        start_on = period_bounds(spec.period, start_on)[1]
    return start_on, start_on + _DAY


def _count(base: date, spec: ClockSpec, calendar: Calendar) -> tuple[date, bool]:
    days = spec.days or 0
    if spec.counting == "calendar":
        return base + timedelta(days=days), False
    day, provisional = base, False
    while days:
        day += _DAY
        provisional = provisional or not calendar.final(day)
        days -= not calendar.is_rest(day)
    return day, provisional


def _roll(spec: ClockSpec, day: date, calendar: Calendar) -> tuple[date, bool]:
    """Forward over rest days; provisional when any day looked at lies in a year without its notice."""
    if not spec.roll:
        return day, False
    provisional = not calendar.final(day)
    while calendar.is_rest(day):
        day += _DAY
        provisional = provisional or not calendar.final(day)
    return day, provisional


def _extended(
    spec: ClockSpec, nominal: date, running_from: datetime, calendar: Calendar, outages: Iterable[Outage]
) -> tuple[date, bool]:
    """Add the outages that fell into the running clock, then roll; a longer clock may meet more of them."""
    windows = _merged(outages)
    added = 0
    while True:
        last, provisional = _roll(spec, nominal + timedelta(days=added), calendar)
        lost = _lost_days(windows, running_from, midnight(last + _DAY))
        if lost == added:
            return last, provisional
        added = lost


def _merged(outages: Iterable[Outage]) -> list[Outage]:
    """Windows recorded twice or overlapping count once."""
    merged: list[Outage] = []
    for outage in sorted(outages, key=lambda window: window.begins):
        if merged and outage.begins <= merged[-1].ends:
            merged[-1] = Outage(merged[-1].begins, max(merged[-1].ends, outage.ends))
        else:
            merged.append(outage)
    return merged


def _lost_days(windows: Iterable[Outage], running_from: datetime, ends: datetime) -> int:
    """The fewest whole days of 24 hours that cover the windows begun while the clock ran, each to its end.

    Whole days, because a clock in days cannot be given back an hour. Counted over all windows together and
    not window by window: two short ones of one day cost that day once, and a window recorded later, which
    joins two others, can never take a day back.
    """
    days, covered = 0, running_from
    for window in windows:
        if window.begins >= ends:
            break
        begins = max(window.begins, covered)
        if window.ends > begins:
            needed = -((begins - window.ends) // _DAY)
            days, covered = days + needed, begins + needed * _DAY
    return days
