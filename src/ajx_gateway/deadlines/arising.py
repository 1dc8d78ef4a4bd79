"""WHICH clocks does one accepted record start, stop or end? Read from the record and the law alone.

The law of a clock is taken on the clock's own starting day. No other record is looked at, so facts may arrive
and be merged in any order: the first start and the first acceptance stand.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ajx_gateway.deadlines.arithmetic import local_date
from ajx_gateway.deadlines.claims import of_claim
from ajx_gateway.deadlines.facts import ClockFact, met
from ajx_gateway.deadlines.reports import discharged, owed
from ajx_gateway.jurisdictions import ClockSpec, Law, law
from ajx_gateway.standard.v1.endorsement import Endorsement
from ajx_gateway.standard.v1.policy import Policy
from ajx_gateway.standard.v1.service import Service
from ajx_gateway.standard.v1.service_plan import ServicePlan

_POLICY_STARTS = tuple((f"policy.{field}", field) for field in ("signed_on", "effective_on", "expires_on"))


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

    ``territory`` is the policy's division, where the caller knows it: a claim's law is then the policy's,
    otherwise that of the accident's place. A voided plan, service or report takes nothing back: what was
    accepted in time stays accepted.
    """
    match kind:
        case "policy":
            return list(_of_policy(record, insurer, received_at, voided=voided))
        case "endorsement":
            return list(_of_endorsement(record, voided=voided))
        case "claim":
            return list(of_claim(record, territory or record.accident.division, received_at, voided=voided))
        case "service_plan" | "service" if not voided:
            return list(_of_service(kind, record, received_at))
        case "annual_report" if not voided:
            return list(discharged(record, insurer, received_at))
    return []


def document_accepted(policy_no: str, *, received_at: datetime) -> list[ClockFact]:
    """The electronic policy was accepted: what that stops."""
    return list(met(policy_no, "policy.document", received_at))


def _of_policy(policy: Policy, insurer: str, received_at: datetime, *, voided: bool) -> Iterator[ClockFact]:
    if policy.migrated:
        return
    void_on = local_date(received_at) if voided else None
    division, size, number = policy.enterprise.division, policy.enterprise.size, policy.policy_no
    for start, field in _POLICY_STARTS:
        start_on = getattr(policy, field)
        for name, jurisdiction, applicable in _started(law(), start, division, start_on, size):
            yield ClockFact(
                "policy",
                number,
                name,
                jurisdiction=jurisdiction,
                start_on=start_on,
                applicable=applicable,
                voided=voided,
                void_on=void_on,
            )
    if not voided:
        if policy.renewal_of is not None:
            yield from met(policy.renewal_of, "policy.renewed", received_at)
        yield from owed(policy, insurer)


@lru_cache(maxsize=65_536)
def _started(
    found: Law, start: str, division: str, on: date, size: str | None
) -> tuple[tuple[str, str, bool | None], ...]:
    """(name, jurisdiction, applicable) of the clocks that an event starts in a place on a day."""
    clocks = found.profile(division, on).clocks
    return tuple((spec.name, spec.jurisdiction, _binds(spec, size)) for spec in clocks if spec.start == start)


def _binds(spec: ClockSpec, size: str | None) -> bool | None:
    if not spec.applies_to:
        return True
    return None if size is None else size in spec.applies_to


def _of_endorsement(endorsement: Endorsement, *, voided: bool) -> Iterator[ClockFact]:
    """A cancellation ends the policy's clocks; reinstating, or withdrawing the cancellation, revives them."""
    if endorsement.type not in ("cancel", "reinstate") or (voided and endorsement.type == "reinstate"):
        return
    ends = endorsement.type == "cancel" and not voided
    day = endorsement.effective_on
    for clock in law().clock_names(subject="policy"):
        yield ClockFact(
            "policy",
            endorsement.policy_no,
            clock,
            voided=ends,
            void_on=day if ends else None,
            revived_on=None if ends else day,
        )


def _of_service(kind: str, record: Any, received_at: datetime) -> Iterator[ClockFact]:
    for stop, reached in _SERVICE_STOPS[kind].items():
        if reached(record):
            yield from met(record.policy_no, stop, received_at)


def _assigned(plan: ServicePlan) -> bool:
    return plan.agency is not None or bool(plan.experts)


def _submitted(plan: ServicePlan) -> bool:
    return plan.state in ("submitted", "confirmed")


def _carried_out(service: Service) -> bool:
    return service.state in ("completed", "confirmed")


def _confirmed(service: Service) -> bool:
    both = service.insurer_confirmed_on is not None and service.insured_confirmed_on is not None
    return service.state == "confirmed" or (service.state == "completed" and both)


_SERVICE_STOPS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = MappingProxyType(
    {
        "service_plan": {"service_plan.assigned": _assigned, "service_plan.submitted": _submitted},
        "service": {"service.completed": _carried_out, "service.confirmed": _confirmed},
    }
)
