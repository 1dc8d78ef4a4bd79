"""WHEN is it due, and was it in time? Pure date arithmetic over the clocks that the jurisdictions state."""

from ajx_gateway.deadlines.arising import arising, document_accepted
from ajx_gateway.deadlines.arithmetic import SHANGHAI, Due, Outage, due, local_date, midnight
from ajx_gateway.deadlines.claims import completed_on
from ajx_gateway.deadlines.facts import ClockFact, clock_due, spec_of
from ajx_gateway.deadlines.periods import PeriodClock, label_of, period_bounds, period_clocks
from ajx_gateway.deadlines.states import STATE_TITLES, State, state
from ajx_gateway.jurisdictions import Calendar, ClockSpec

__all__ = [
    "SHANGHAI",
    "STATE_TITLES",
    "Calendar",
    "ClockFact",
    "ClockSpec",
    "Due",
    "Outage",
    "PeriodClock",
    "State",
    "arising",
    "clock_due",
    "completed_on",
    "document_accepted",
    "due",
    "label_of",
    "local_date",
    "midnight",
    "period_bounds",
    "period_clocks",
    "spec_of",
    "state",
]
