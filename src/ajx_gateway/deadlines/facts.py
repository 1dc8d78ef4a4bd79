"""WHAT can be known about a clock from one record? A start, a stop, an end of its policy; merged in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ajx_gateway.deadlines.arithmetic import Due, Outage, due
from ajx_gateway.jurisdictions import Calendar, profile


@dataclass(frozen=True, slots=True)
class ClockFact:
    """One thing known about one clock.

    ``jurisdiction`` is the place whose file states the clock. It and ``start_on`` are None for a fact that only
    meets or ends a clock: it waits for the record that starts it. ``applicable`` is None while the enterprise's size
    is unknown and False where the clock does not bind. ``void_on`` / ``revived_on``: the policy ended, or was
    reinstated, on that day; the clock is void when ``void_on`` is the later of the two.
    """

    subject_kind: str
    subject_key: str
    clock: str
    jurisdiction: str | None
    start_on: date | None
    applicable: bool | None
    met_at: datetime | None
    voided: bool
    period: str | None
    void_on: date | None = None
    revived_on: date | None = None


def clock_due(fact: ClockFact, calendar: Calendar, outages: Sequence[Outage] = ()) -> Due | None:
    """When the fact's clock is due; None before its start is known, or where the place has no such clock."""
    if fact.jurisdiction is None or fact.start_on is None:
        return None
    spec = profile(fact.jurisdiction, fact.start_on).clock(fact.clock)
    if spec is None or (spec.days is None and spec.fixed is None):
        return None
    return due(spec, fact.start_on, calendar, outages)
