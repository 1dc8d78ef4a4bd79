"""UNDER WHICH law, of what place and day, is a record judged?

Own rules may refuse a record, so they read the law of the place the record itself names: otherwise a claim
that arrives before its policy would be judged differently from one that arrives after it. Linked rules only
warn, so they read the law of the policy's territory as soon as it is known.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ajx_gateway.rules.days import local_day
from ajx_gateway.rules.known import Known

NATIONAL = "000000"

_EVENT_DAY: Mapping[str, Callable[[Any], date]] = {
    "policy": lambda record: record.signed_on,
    "endorsement": lambda record: record.issued_on,
    "claim": lambda record: local_day(record.accident.occurred_at),
    "service_plan": lambda record: record.submitted_on or local_day(record.revised_at),
    "service": lambda record: local_day(record.started_at),
    "hazard": lambda record: record.found_on,
    "fund_entry": lambda record: record.entered_on,
    "annual_report": lambda record: record.submitted_on,
}
_OWN_DIVISION: Mapping[str, Callable[[Any], str]] = {
    "policy": lambda record: record.enterprise.division,
    "fund_entry": lambda record: record.division,
    "annual_report": lambda record: record.division,
}


def event_day(kind: str, record: Any) -> date:
    """The day of the event a record reports."""
    return _EVENT_DAY[kind](record)


def own_place(kind: str, record: Any) -> tuple[str, date]:
    """(division, day) as the record itself tells them; the whole country for kinds that name no territory."""
    division_of = _OWN_DIVISION.get(kind)
    return (NATIONAL if division_of is None else division_of(record)), event_day(kind, record)


def policy_place(kind: str, record: Any, known: Known) -> tuple[str, date]:
    """(division, day) with the territory of the policy, once that is known."""
    division, on = own_place(kind, record)
    policy_no = None if kind == "policy" else getattr(record, "policy_no", None)
    policy = known.policies.get(policy_no) if policy_no else None
    return (division if policy is None else policy.division), on
