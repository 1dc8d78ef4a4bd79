"""WHICH reports does an insurer owe to a place, and which one does this report discharge?"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType

from ajx_gateway.deadlines.facts import ClockFact
from ajx_gateway.deadlines.periods import label_of, period_bounds
from ajx_gateway.jurisdictions import ClockSpec, Law, law, profile
from ajx_gateway.jurisdictions.model import Period
from ajx_gateway.standard.v1.annual_report import AnnualReport
from ajx_gateway.standard.v1.policy import Policy

_PERIODS: Mapping[str, Period] = MappingProxyType(
    {"annual_service": "year", "quarterly_fund": "quarter", "quarterly_operation": "quarter"}
)


def owed(policy: Policy, insurer: str) -> Iterator[ClockFact]:
    """Whoever signs a policy in a place owes that place the reports of the period."""
    yield from _owed(law(), policy.enterprise.division, policy.signed_on, insurer)


@lru_cache(maxsize=65_536)
def _owed(found: Law, division: str, signed_on: date, insurer: str) -> tuple[ClockFact, ...]:
    facts = []
    for spec in found.profile(division, signed_on).clocks:
        if spec.subject == "insurer" and spec.period is not None:
            begins = period_bounds(spec.period, _counts_for(spec, signed_on))[0]
            # The law of a period is that of its first day: a text of mid-quarter asks from the next one on.
            if found.profile(division, begins).clock(spec.name) is spec:
                facts.append(_fact(spec, spec.period, begins, insurer))
    return tuple(facts)


def discharged(report: AnnualReport, insurer: str, received_at: datetime) -> Iterator[ClockFact]:
    """The clock that an accepted report stops; the report itself proves that it was owed."""
    period = _PERIODS.get(report.type)
    quarter = 1 if period == "year" else report.quarter
    if period is None or quarter is None:
        return
    begins = date(report.year, quarter * 3 - 2, 1)
    for spec in profile(report.division, begins).clocks:
        # A report to a district does not discharge the one that the city demands.
        if (spec.subject, spec.report_type, spec.jurisdiction) == ("insurer", report.type, report.division):
            yield _fact(spec, period, begins, insurer, met_at=received_at)


def _counts_for(spec: ClockSpec, signed_on: date) -> date:
    """Business signed after the year's fixed day, when its report was already due, is the next year's."""
    if spec.fixed is not None and signed_on.isoformat()[5:] > spec.fixed:
        return date(signed_on.year + 1, 1, 1)
    return signed_on


def _fact(
    spec: ClockSpec, period: Period, begins: date, insurer: str, *, met_at: datetime | None = None
) -> ClockFact:
    return ClockFact(
        "insurer",
        insurer,
        spec.name,
        jurisdiction=spec.jurisdiction,
        start_on=begins,
        applicable=True,
        met_at=met_at,
        period=label_of(period, begins),
    )
