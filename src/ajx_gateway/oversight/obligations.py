"""WHICH reports does the law ask of organisations this year, and is each one filed?"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ajx_gateway.deadlines import STATE_TITLES, Calendar, PeriodClock, due, period_clocks, state
from ajx_gateway.jurisdictions import all_jurisdictions, profile
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.store import clock_lists, clocks
from ajx_gateway.store.database import Transaction


async def owed(
    tx: Transaction, calendar: Calendar, year: int, *, now: datetime, remembered: bool = False
) -> list[dict[str, Any]]:
    """The organisations' obligations in the places of the scope, in the order of the year.

    ``remembered``: as they stood, and were known, at a ``now`` that has passed.
    """
    as_of = now if remembered else None
    outages = await clocks.outages(tx, as_of)
    filed = await clock_lists.filed_reports(tx, year, as_of)
    found = []
    for clock in _clocks(tx.scope.territory, year):
        spec = clock.spec
        falls = due(spec, clock.begins_on, calendar, outages)
        met_at = filed.get((spec.report_type, spec.jurisdiction, _quarter(clock)))
        stands = state(
            due=falls.due,
            provisional=falls.provisional,
            # A report that cannot be filed here may have been handed in elsewhere: late is not said of it.
            applicable=True if spec.report_type or now < falls.due else None,
            met_at=met_at,
            excused=False,
            void_on=None,
            now=now,
            due_soon_days=spec.due_soon_days,
            nominal_on=falls.nominal_on,
        )
        found.append(
            {
                "clock": spec.name,
                "clock_title": spec.title,
                "responsible": spec.responsible,
                "jurisdiction": spec.jurisdiction,
                "period": clock.period,
                "nominal_on": falls.nominal_on.isoformat(),
                "due": shown_instant(falls.due),
                "provisional": falls.provisional,
                "met_at": shown_instant(met_at) if met_at else None,
                "state": stands.value,
                "state_title": STATE_TITLES[stands],
                "clause": spec.clause,
            }
        )
    return found


def _clocks(territory: str | None, year: int) -> list[PeriodClock]:
    """Of the territory and of every place in it that has a law of its own; each clock once."""
    inside = [code for code in all_jurisdictions() if territory is None or code.startswith(territory)]
    codes = inside if territory is None or len(territory) < 4 else [*inside, territory.ljust(6, "0")]
    found: dict[tuple[str, str, str], PeriodClock] = {}
    for code in codes:
        for clock in period_clocks(profile(code, date(year, 12, 31)), year):
            if clock.spec.subject == "organisation" and (clock.spec.days or clock.spec.fixed):
                found[(clock.spec.jurisdiction, clock.spec.name, clock.period)] = clock
    return sorted(found.values(), key=lambda clock: (clock.ends_on, clock.spec.jurisdiction, clock.spec.name))


def _quarter(clock: PeriodClock) -> int | None:
    return clock.ends_on.month // 3 if clock.spec.period == "quarter" else None
