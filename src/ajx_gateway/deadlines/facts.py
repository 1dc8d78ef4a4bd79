"""WHAT can be known about a clock from one record? A start, a stop, an end; merged in any order."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from ajx_gateway.deadlines.arithmetic import Due, Outage, due
from ajx_gateway.jurisdictions import Calendar, ClockSpec, law, profile


class ClockFact(NamedTuple):
    """One thing known about one clock.

    ``jurisdiction`` is the place whose file states the clock. It and ``start_on`` are None for a fact that
    only meets or ends a clock: it waits for the record that starts it. ``applicable`` is None while the size
    of the enterprise is unknown, False where the clock does not bind. ``void_on`` / ``revived_on``: the
    policy ended, or was reinstated, on that day; the clock is void when ``void_on`` is the later of the two.
    """

    subject_kind: str
    subject_key: str
    clock: str
    jurisdiction: str | None = None
    start_on: date | None = None
    applicable: bool | None = None
    met_at: datetime | None = None
    voided: bool = False
    period: str | None = None
    void_on: date | None = None
    revived_on: date | None = None


def spec_of(fact: ClockFact) -> ClockSpec | None:
    """The clock as its place states it on the fact's start; None before the start, or where there is none."""
    if fact.jurisdiction is None or fact.start_on is None:
        return None
    return profile(fact.jurisdiction, fact.start_on).clock(fact.clock)


def clock_due(fact: ClockFact, calendar: Calendar, outages: Sequence[Outage] = ()) -> Due | None:
    """When the fact's clock is due; None before its start is known, or where the place has no such clock."""
    spec = spec_of(fact)
    if spec is None or fact.start_on is None or (spec.days is None and spec.fixed is None):
        return None
    return due(spec, fact.start_on, calendar, outages)


def met(policy_no: str, stop: str, received_at: datetime) -> Iterator[ClockFact]:
    """A stop, for every clock of any place that it stops: the policy's law picks among them later."""
    for clock in law().clock_names(subject="policy", stop=stop):
        yield ClockFact("policy", policy_no, clock, met_at=received_at)
