"""WHICH clocks does a claim start, and which of them does it already meet?"""

from collections.abc import Iterator
from datetime import date, datetime

from ajx_gateway.deadlines.arithmetic import local_date
from ajx_gateway.deadlines.facts import ClockFact
from ajx_gateway.jurisdictions import profile
from ajx_gateway.standard.v1.claim import Claim

_UNPAID = ("no_pay", "refused", "withdrawn")


def completed_on(claim: Claim) -> date | None:
    """理赔完成: the later of the last payment and the closing; closing without payment counts."""
    return None if claim.state == "reopened" else _finished_on(claim)


def _finished_on(claim: Claim) -> date | None:
    if claim.closed_on is None or claim.state not in ("paid", "closed", "reopened"):
        return None
    paid: list[date] = [payment.paid_on for payment in claim.payments]
    advanced: list[date] = [payment.paid_on for payment in claim.advance_payments]
    return max([claim.closed_on, *paid, *advanced])


def of_claim(claim: Claim, territory: str, received_at: datetime, *, voided: bool) -> Iterator[ClockFact]:
    """Starts and stops as the claim itself tells them, under the law of the territory on each start's day."""
    starts = {
        "claim.registered_on": claim.registered_on,
        "claim.adjudicated_on": claim.adjudicated_on,
        # Reopening does not take back the clock of the first completion.
        "claim.completed_on": _finished_on(claim),
    }
    reached = _reached(claim)
    for start, start_on in starts.items():
        for spec in profile(territory, start_on).clocks if start_on else ():
            if spec.start == start and spec.subject == "claim":
                yield ClockFact(
                    "claim",
                    claim.claim_no,
                    spec.name,
                    jurisdiction=spec.jurisdiction,
                    start_on=start_on,
                    applicable=spec.stop != "claim.paid" or not _nothing_to_pay(claim),
                    met_at=received_at if spec.stop in reached and not voided else None,
                    voided=voided,
                    void_on=local_date(received_at) if voided else None,
                )


def _reached(claim: Claim) -> set[str]:
    closed = claim.closed_on is not None
    stops = {
        "claim.decided": closed or claim.adjudicated_on is not None or claim.refusal is not None,
        "claim.paid": closed or any(payment.final for payment in claim.payments),
        "claim.closed": closed,
        "claim.result": closed,
    }
    return {stop for stop, is_reached in stops.items() if is_reached}


def _nothing_to_pay(claim: Claim) -> bool:
    return claim.refusal is not None or claim.close_result in _UNPAID
