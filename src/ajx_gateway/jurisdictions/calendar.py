"""IS this day a rest day, and is that official yet? The State Council's yearly notices, as dated data."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

SHIPPED = Path(__file__).parent / "data" / "calendar.csv"
_SATURDAY = 5
_COLUMNS = ("date", "day", "name")


class CalendarError(ValueError):
    """The calendar's file cannot be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off and make-up working days, and the years for which the notice is known."""

    off: frozenset[date]
    work: frozenset[date]
    official_years: frozenset[int]

    @classmethod
    def load(cls, path: Path | None = None) -> "Calendar":
        """The shipped table, or an operator's file of the same columns (no ``status``: official)."""
        with (path or SHIPPED).open(encoding="utf-8-sig", newline="") as file:
            return cls._of(csv.DictReader(file))

    @classmethod
    def _of(cls, rows: Iterable[dict[str, str]]) -> "Calendar":
        days: dict[str, set[date]] = {"off": set(), "work": set()}
        official: set[int] = set()
        for line, row in enumerate(rows, start=2):
            day, kind, status = _read(line, row)
            if day in days["off"] or day in days["work"]:
                raise CalendarError(f"line {line}: {day} appears twice")
            days[kind].add(day)
            if status == "official":
                official.add(day.year)
        return cls(frozenset(days["off"]), frozenset(days["work"]), frozenset(official))

    def is_rest(self, day: date) -> bool:
        """Off-days and weekends without the make-up working days."""
        return day in self.off or (day.weekday() >= _SATURDAY and day not in self.work)

    def final(self, day: date) -> bool:
        """Is the official notice for the day's year known?"""
        return day.year in self.official_years


def _read(line: int, row: dict[str, str]) -> tuple[date, str, str]:
    if any(column not in row for column in _COLUMNS):
        raise CalendarError(f"line {line}: columns {', '.join(_COLUMNS)} are needed")
    try:
        day = date.fromisoformat(row["date"])
    except (TypeError, ValueError) as problem:
        raise CalendarError(f"line {line}: {row['date']!r} is not a date") from problem
    status = row.get("status") or "official"
    if row["day"] not in ("off", "work") or status not in ("official", "provisional"):
        raise CalendarError(f"line {line}: day is off or work, status official or provisional")
    return day, row["day"], status
