"""WHICH clocks does one accepted record start, stop or end? Read from the record and the law alone.

The law of a clock is taken on the clock's own starting day. No other record is looked at, so facts may arrive and be
merged in any order: the first start and the first acceptance stand.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from ajx_gateway.deadlines.arithmetic import local_date
from ajx_gateway.deadlines.facts import ClockFact
from ajx_gateway.deadlines.periods import label_of, period_bounds
from ajx_gateway.jurisdictions import ClockSpec, law, profile
from ajx_gateway.jurisdictions.model import Period

_REPORT_PERIODS: Mapping[str, Period] = MappingProxyType(
    {"annual_service": "year", "quarterly_fund": "quarter", "quarterly_operation": "quarter"}
)
_POLICY_STARTS = ("signed_on", "effective_on", "expires_on")
_UNPAID = ("no_pay", "refused", "withdrawn")


def arising(
    kind: str,
    record: Any,
    *,
    insurer: str,
    received_at: datetime,
    voided: bool = False,
    territory: str | None = None,
) -> list[ClockFact]:
    """The clock facts of one accepted record; ``received_at`` is the gateway's acceptance instant.

    ``territory`` is the policy's division, where the caller knows it: a claim's law is then the policy's, otherwise
    that of the accident's place. A voided record of another kind than policy, claim or endorsement says nothing:
    what was once accepted in time stays accepted.
    """
    match kind:
        case "policy":
            return list(_of_policy(record, insurer, received_at, voided))
        case "endorsement":
            return list(_of_endorsement(record, voided))
        case "claim":
            return list(_of_claim(record, territory or record.accident.division, received_at, voided))
        case "service_plan" | "service" if not voided:
            return list(_of_service(kind, record, received_at))
        case "annual_report" if not voided:
            return list(_of_report(record, insurer, received_at))
    return []


def document_accepted(policy_no: str, *, received_at: datetime) -> list[ClockFact]:
    """The electronic policy was accepted: what it stops."""
    return list(_met(policy_no, "policy.document", received_at))


def completed_on(claim: Any) -> date | None:
    """理赔完成: the later of the last payment and the closing; closing without payment counts, reopening undoes it."""
    if claim.closed_on is None or claim.state not in ("paid", "closed"):
        return None
    paid = (payment.paid_on for payment in (*claim.payments, *claim.advance_payments))
    return max(claim.closed_on, *paid)


def _of_policy(policy: Any, insurer: str, received_at: datetime, voided: bool) -> Iterator[ClockFact]:
    if policy.migrated:
        return
    void_on = local_date(received_at) if voided else None
    for field in _POLICY_STARTS:
        start_on = getattr(policy, field)
        for spec in profile(policy.enterprise.division, start_on).clocks:
            if spec.start == f"policy.{field}":
                applicable = _binds(spec, policy.enterprise.size)
                yield _started("policy", policy.policy_no, spec, start_on, applicable, None, void_on)
    if voided:
        return
    if policy.renewal_of is not None:
        yield from _met(policy.renewal_of, "policy.renewed", received_at)
    yield from _reports_owed(policy, insurer)


def _binds(spec: ClockSpec, size: str | None) -> bool | None:
    if not spec.applies_to:
        return True
    return None if size is None else size in spec.applies_to


def _reports_owed(policy: Any, insurer: str) -> Iterator[ClockFact]:
    """Whoever signs a policy in a place owes that place the reports of the period."""
    for spec in profile(policy.enterprise.division, policy.signed_on).clocks:
        if spec.subject == "insurer" and spec.period is not None:
            day = policy.signed_on
            if spec.fixed is not None and f"{day:%m-%d}" > spec.fixed:
                # The year's report was already due: this business belongs into the next one.
                day = date(day.year + 1, 1, 1)
            yield from _owed(policy.enterprise.division, spec.name, spec.period, day, insurer, None)


def _owed(
    division: str, clock: str, period: Period, day: date, insurer: str, met_at: datetime | None
) -> Iterator[ClockFact]:
    begins = period_bounds(period, day)[0]
    spec = profile(division, begins).clock(clock)
    if spec is not None and spec.subject == "insurer" and spec.period == period:
        yield _started("insurer", insurer, spec, begins, True, met_at, None, label_of(period, begins))


def _of_report(report: Any, insurer: str, received_at: datetime) -> Iterator[ClockFact]:
    period = _REPORT_PERIODS.get(report.type)
    if period is None or (period == "quarter" and report.quarter is None):
        return
    day = date(report.year, 1 if period == "year" else report.quarter * 3, 1)
    for spec in profile(report.division, period_bounds(period, day)[0]).clocks:
        # A report to a district does not discharge the one that the city demands.
        if spec.report_type == report.type and spec.jurisdiction == report.division:
            yield from _owed(report.division, spec.name, period, day, insurer, received_at)


def _of_endorsement(endorsement: Any, voided: bool) -> Iterator[ClockFact]:
    """A cancellation ends the policy's clocks; a reinstatement, or a withdrawn cancellation, revives them."""
    if endorsement.type not in ("cancel", "reinstate") or (voided and endorsement.type == "reinstate"):
        return
    ends = endorsement.type == "cancel" and not voided
    day = endorsement.effective_on
    for clock in law().clock_names(subject="policy"):
        yield ClockFact(
            "policy", endorsement.policy_no, clock, None, None, None, None, ends, None,
            void_on=day if ends else None, revived_on=None if ends else day,
        )  # fmt: skip


def _of_service(kind: str, record: Any, received_at: datetime) -> Iterator[ClockFact]:
    for stop, reached in _SERVICE_STOPS[kind].items():
        if reached(record):
            yield from _met(record.policy_no, stop, received_at)


def _assigned(plan: Any) -> bool:
    return plan.agency is not None or bool(plan.experts)


def _submitted(plan: Any) -> bool:
    return plan.state in ("submitted", "confirmed")


def _carried_out(service: Any) -> bool:
    return service.state in ("completed", "confirmed")


def _confirmed(service: Any) -> bool:
    both = service.insurer_confirmed_on is not None and service.insured_confirmed_on is not None
    return service.state == "confirmed" or (service.state == "completed" and both)


_SERVICE_STOPS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = MappingProxyType(
    {
        "service_plan": {"service_plan.assigned": _assigned, "service_plan.submitted": _submitted},
        "service": {"service.completed": _carried_out, "service.confirmed": _confirmed},
    }
)


def _of_claim(claim: Any, territory: str, received_at: datetime, voided: bool) -> Iterator[ClockFact]:
    starts = {
        "claim.registered_on": claim.registered_on,
        "claim.adjudicated_on": claim.adjudicated_on,
        "claim.completed_on": completed_on(claim),
    }
    reached = _claim_stops(claim)
    void_on = local_date(received_at) if voided else None
    for start, start_on in starts.items():
        if start_on is None:
            continue
        for spec in profile(territory, start_on).clocks:
            if spec.start == start:
                met_at = received_at if reached.get(spec.stop) and not voided else None
                applicable = spec.stop != "claim.paid" or not _nothing_to_pay(claim)
                yield _started("claim", claim.claim_no, spec, start_on, applicable, met_at, void_on)


def _claim_stops(claim: Any) -> dict[str, bool]:
    closed = claim.closed_on is not None
    return {
        "claim.decided": claim.adjudicated_on is not None or claim.refusal is not None or closed,
        "claim.paid": closed or any(payment.final for payment in claim.payments),
        "claim.closed": closed,
        "claim.result": completed_on(claim) is not None,
    }


def _nothing_to_pay(claim: Any) -> bool:
    return claim.refusal is not None or claim.close_result in _UNPAID


def _met(policy_no: str, stop: str, received_at: datetime) -> Iterator[ClockFact]:
    """The stop as a fact for every clock, of any place, that this event stops: the policy's law picks later."""
    for clock in law().clock_names(subject="policy", stop=stop):
        yield ClockFact("policy", policy_no, clock, None, None, None, received_at, False, None)


def _started(
    kind: str, key: str, spec: ClockSpec, start_on: date, applicable: bool | None,
    met_at: datetime | None, void_on: date | None, period: str | None = None,
) -> ClockFact:  # fmt: skip
    return ClockFact(
        kind, key, spec.name, spec.jurisdiction, start_on, applicable, met_at, void_on is not None, period, void_on
    )
