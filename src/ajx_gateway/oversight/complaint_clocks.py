"""WHEN is a complaint to be answered? Working days by the shipped calendar, as the law of its place and day has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ajx_gateway.deadlines import Calendar, ClockSpec, Due, State, due, midnight, state
from ajx_gateway.jurisdictions import profile


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a complaint as it stands."""

    name: str
    title: str
    due: Due
    met_on: date | None
    state: State
    clause: str


def clocks_of(row: Mapping[str, Any], calendar: Calendar, now: datetime) -> list[Clock]:
    """The clock of the answer and, once further checks were announced, that of the checks, extended or not.

    Announcing further checks in time meets the first clock. None where that day's law has no such clock.
    """
    law = profile(row["division"], row["received_on"])
    found = []
    answer, check = law.clock("complaint_answer"), law.clock("complaint_check")
    if answer is not None:
        said = [day for day in (row["checking_from"], row["answered_on"]) if day is not None]
        falls = due(answer, row["received_on"], calendar)
        found.append(_clock(answer, falls, min(said) if said else None, now))
    if check is not None and row["checking_from"] is not None:
        found.append(_clock(check, checks_due(check, row, calendar), row["answered_on"], now))
    return found


def checks_due(spec: ClockSpec, row: Mapping[str, Any], calendar: Calendar) -> Due:
    """Working days from the receipt, then the days of the extension, which the standard counts as plain days."""
    falls = due(spec, row["received_on"], calendar)
    if not row["extended_days"]:
        return falls
    longer = replace(spec, days=row["extended_days"], counting="calendar")
    extended = due(longer, falls.nominal_on, calendar)
    return replace(extended, provisional=extended.provisional or falls.provisional)


def _clock(spec: ClockSpec, falls: Due, met_on: date | None, now: datetime) -> Clock:
    stands = state(
        due=falls.due,
        provisional=falls.provisional,
        applicable=True,
        met_at=None if met_on is None else midnight(met_on),
        excused=False,
        void_on=None,
        now=now,
        due_soon_days=spec.due_soon_days,
        nominal_on=falls.nominal_on,
    )
    return Clock(spec.name, spec.title, falls, met_on, stands, spec.clause)


def longest_extension(row: Mapping[str, Any]) -> int:
    """How many days the checks may be extended by, in all; 0 where the law has no such value."""
    found = profile(row["division"], row["received_on"]).value("complaint_extension_days_max")
    return found.value if found is not None and isinstance(found.value, int) else 0
