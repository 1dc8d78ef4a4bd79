"""Every rule of a periodic report, once kept and once broken."""

from decimal import Decimal

from ajx_gateway.rules import ReportFigures
from rules.bench import DROP, Case

QUARTERLY = {"/type": "quarterly_fund", "/quarter": 3}


def counted(services: int) -> dict[str, object]:
    return {
        "figures": {
            "AR2026-440600": ReportFigures(1, services, 1, 0, 1, Decimal("2025.00"), Decimal("800.00"))
        }
    }


CASES = (
    Case("code.division_unknown", "/division", bad={"/division": "440699"}),
    Case("annual_report.quarter_missing", "/quarter", both=QUARTERLY, bad={"/quarter": DROP}),
    Case("annual_report.quarter_unexpected", "/quarter", bad={"/quarter": 4}),
    Case("annual_report.rectified_above_found", "/hazards_rectified", bad={"/hazards_rectified": 2}),
    Case(
        "annual_report.spent_above_accrued",
        "/fund_spent",
        bad={"/fund_spent": "2025.01"},
        good={"/fund_spent": "2025.00"},
    ),
    Case(
        "annual_report.submitted_before_period",
        "/submitted_on",
        bad={"/submitted_on": "2025-12-31"},
        good={"/submitted_on": "2026-01-01"},
    ),
    Case(
        "annual_report.quarter_not_over",
        "/submitted_on",
        both=QUARTERLY,
        bad={"/submitted_on": "2026-09-30"},
        good={"/submitted_on": "2026-10-01"},
    ),
    Case(
        "annual_report.submitted_late",
        "/submitted_on",
        both={"/year": 2025},
        bad={"/submitted_on": "2026-06-30"},
        good={"/submitted_on": "2026-06-29"},
    ),
    Case(
        "annual_report.in_future",
        "/submitted_on",
        bad={"/submitted_on": "2026-11-22"},
        good={"/submitted_on": "2026-11-21"},
    ),
    Case("annual_report.hazards_without_service", "/services", bad={"/services": 0}),
    Case("annual_report.services_without_policy", "/policies", bad={"/policies": 0}),
    Case("annual_report.document_missing", "/document_sha256", bad={"/document_sha256": DROP}),
    Case("annual_report.figures_differ", "/services", known=counted(2), known_good=counted(1)),
)
