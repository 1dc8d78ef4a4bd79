"""WHICH cases are there? One table per kind; a rule without a broken and a kept case fails the tests."""

from rules.cases import (
    annual_report,
    claim,
    endorsement,
    fund_entry,
    hazard,
    policy,
    policy_cover,
    policy_money,
    service,
    service_plan,
)

CASES = tuple(
    (kind, case)
    for kind, table in (
        ("policy", policy.CASES),
        ("policy", policy_money.CASES),
        ("policy", policy_cover.CASES),
        ("endorsement", endorsement.CASES),
        ("claim", claim.CASES),
        ("service_plan", service_plan.CASES),
        ("service", service.CASES),
        ("hazard", hazard.CASES),
        ("fund_entry", fund_entry.CASES),
        ("annual_report", annual_report.CASES),
    )
    for case in table
)
