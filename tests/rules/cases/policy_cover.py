"""Rules of a policy about limits, coverages and other policies, once kept and once broken."""

from datetime import date
from decimal import Decimal

from ajx_gateway.rules import StoredFacts
from rules.bench import POLICY_NO, RECEIVED_AT, Case
from rules.cases.policy_story import INCOME, OLD, OTHER, covers, former

CASES = (
    # limits
    Case(
        "policy.limits_out_of_order",
        "/limits/per_accident",
        bad={"/limits/per_accident": "599999.99"},
        good={"/limits/per_accident": "600000.00"},
    ),
    Case(
        "policy.limits_out_of_order",
        "/limits/aggregate",
        bad={"/limits/aggregate": "5999999.99"},
        good={"/limits/aggregate": "6000000.00"},
    ),
    Case("policy.limit_zero", "/limits/per_person_death", bad={"/limits/per_person_death": "0"}),
    Case(
        "policy.medical_above_death",
        "/limits/per_person_medical",
        bad={"/limits/per_person_medical": "600000.01"},
    ),
    Case("policy.sublimit_above_aggregate", "/limits/legal", bad={"/limits/legal": "12000000.01"}),
    Case(
        "policy.third_party_limits_out_of_order",
        "/limits/third_party_property",
        bad={"/limits/third_party_property": "1000000.01"},
    ),
    Case(
        "policy.death_limit_below_floor",
        "/limits/per_person_death",
        bad={"/limits/per_person_death": "399999.99"},
        good={"/limits/per_person_death": "400000.00"},
    ),
    Case(
        "policy.death_limit_below_income",
        "/limits/per_person_death",
        law={"death_limit_income_multiple": Decimal(20), "urban_income": INCOME},
        bad={"/limits/per_person_death": "1399999.99"},
        good={"/limits/per_person_death": "1400000.00"},
    ),
    Case(
        "policy.income_figure_outdated",
        "/limits/per_person_death",
        law={"death_limit_income_multiple": Decimal(20), "urban_income": INCOME},
        bad={"/signed_on": "2025-12-31"},
    ),
    Case(
        "policy.death_limit_implausible",
        "/limits/per_person_death",
        bad={"/limits/per_person_death": "5000000.01"},
    ),
    # coverages
    Case("policy.coverage_repeated", "/coverages/1/code", bad={"/coverages/1/code": "emp_death"}),
    Case(
        "policy.coverage_missing",
        "/coverages",
        bad={},
        good={
            "/coverages": [
                {"code": code}
                for code in (
                    "emp_death",
                    "emp_disability",
                    "emp_poisoning",
                    "tp_injury",
                    "tp_property",
                    "rescue",
                    "medical_rescue",
                    "appraisal",
                    "legal",
                )
            ]
        },
    ),
    Case(
        "policy.coverage_limit_above_aggregate",
        "/coverages/0/limit",
        bad={"/coverages/0/limit": "12000000.01"},
    ),
    Case(
        "policy.deductible_inconsistent",
        "/coverages/2/deductible/amount",
        bad={"/coverages/2/deductible": {"type": "amount"}},
    ),
    Case(
        "policy.deductible_inconsistent",
        "/coverages/2/deductible/ratio",
        bad={"/coverages/2/deductible": {"type": "higher_of", "amount": "1"}},
        good={"/coverages/2/deductible": {"type": "higher_of", "amount": "1", "ratio": "0.1"}},
    ),
    Case(
        "policy.deductible_consumes_cover",
        "/coverages/2/deductible/amount",
        bad={"/coverages/2/deductible/amount": "60000.00"},
        good={"/coverages/2/deductible/amount": "59999.99"},
    ),
    # with others
    Case(
        "policy.double_insurance_own",
        "/effective_on",
        known=covers(first="2025-03-02", last="2026-03-01"),
        known_good=covers(first="2025-03-01", last="2026-02-28"),
    ),
    Case(
        "policy.double_insurance_other",
        "/effective_on",
        known=covers(own=False, policy_no=None, first="2026-06-01", last="2026-06-30"),
        known_good=covers(own=False, policy_no=None, first="2027-03-01", last="2028-02-28"),
    ),
    Case("policy.renewed_policy_unknown", "/renewal_of", both={"/renewal_of": OLD}, known_good=former()),
    Case(
        "policy.renewal_gap",
        "/effective_on",
        both={"/renewal_of": OLD},
        known=former(expires_on=date(2026, 2, 27)),
        known_good=former(),
    ),
    Case(
        "policy.renewal_of_other_enterprise",
        "/renewal_of",
        both={"/renewal_of": OLD},
        known=former(enterprise_uscc=OTHER),
        known_good=former(),
    ),
    Case(
        "policy.signed_on_moved",
        "/signed_on",
        known={"stored": {POLICY_NO: StoredFacts(date(2026, 2, 20), date(2026, 2, 20), RECEIVED_AT)}},
        known_good={"stored": {POLICY_NO: StoredFacts(date(2026, 2, 24), date(2026, 2, 24), RECEIVED_AT)}},
    ),
)
