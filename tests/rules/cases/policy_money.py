"""Rules of a policy about premium, rate, fund and co-insurers, once kept and once broken."""

from decimal import Decimal

from rules.bench import DROP, INSURER, Case
from rules.cases.policy_story import GAOMING_2018, LEAD, POOL, SUZHOU

CASES = (
    # money
    Case("policy.received_above_adjusted", "/premium/received", bad={"/premium/received": "13500.01"}),
    Case(
        "policy.refunded_above_received",
        "/premium/refunded",
        bad={"/premium/refunded": "13500.01"},
        good={"/premium/refunded": "13500.00"},
    ),
    Case("policy.premium_zero", "/premium/adjusted", bad={"/premium/adjusted": "0.00"}),
    Case("policy.premium_unpaid", "/premium/received", bad={"/premium/received": "0.00"}),
    Case("policy.received_on_missing", "/premium/received_on", bad={"/premium/received_on": DROP}),
    Case(
        "policy.premium_per_head_low",
        "/premium/adjusted",
        bad={"/premium/adjusted": "919.99"},
        good={"/premium/adjusted": "920.00"},
    ),
    Case(
        "policy.premium_per_head_high",
        "/premium/adjusted",
        bad={"/premium/adjusted": "2300000.01"},
        good={"/premium/adjusted": "2300000.00"},
    ),
    Case(
        "policy.premium_differs_from_factors",
        "/premium/adjusted",
        bad={"/premium/adjusted": "14000.00"},
        good={"/premium/adjusted": "13510.00"},
    ),
    Case("policy.rate_differs_from_factors", "/rating/actual_rate", bad={"/rating/actual_rate": "0.002500"}),
    Case(
        "policy.rate_float_exceeded",
        "/rating/actual_rate",
        both=GAOMING_2018,
        bad={"/rating/actual_rate": "0.001749"},
        good={"/rating/actual_rate": "0.001750"},
    ),
    Case(
        "policy.rate_lowered_without_ground",
        "/rating/actual_rate",
        both=GAOMING_2018,
        bad={"/enterprise/credit_list": "black"},
    ),
    Case(
        "policy.rate_raised_despite_merit",
        "/rating/actual_rate",
        both=GAOMING_2018,
        bad={"/enterprise/credit_list": "red", "/rating/actual_rate": "0.0026"},
        good={"/enterprise/credit_list": "red"},
    ),
    Case(
        "policy.rate_below_pure_risk",
        "/rating/actual_rate",
        bad={"/rating/pure_risk_loss_rate": "0.002251"},
        good={"/rating/pure_risk_loss_rate": "0.002250"},
    ),
    Case(
        "policy.subsidy_above_cap",
        "/subsidy/amount",
        bad={"/subsidy/amount": "4050.01"},
        good={"/subsidy/amount": "4050.00"},
    ),
    Case(
        "policy.subsidy_above_cap_explained",
        "/subsidy/amount",
        both={"/subsidy/reason": "新设企业"},
        bad={"/subsidy/amount": "4050.01"},
        good={"/subsidy/amount": "4050.00"},
    ),
    Case(
        "policy.subsidy_above_premium",
        "/subsidy/amount",
        bad={"/subsidy/amount": "13500.01"},
        good={"/subsidy/amount": "13500.00"},
    ),
    Case(
        "policy.payer_not_allowed",
        "/premium/payer",
        bad={"/premium/payer": "other"},
        good={"/premium/payer": "dispatch_agency"},
    ),
    # fund
    Case(
        "policy.fund_amount_differs",
        "/service_fund/amount",
        bad={"/service_fund/amount": "2025.02"},
        good={"/service_fund/amount": "2025.01"},
    ),
    Case(
        "policy.fund_below_floor",
        "/service_fund/ratio",
        bad={"/service_fund": {"ratio": "0.149", "amount": "2011.50"}},
    ),
    Case("policy.fund_below_floor", "/service_fund/amount", bad={"/service_fund/amount": "2024.99"}),
    Case(
        "policy.fund_below_floor",
        "/service_fund/ratio",
        both=SUZHOU,
        bad={"/service_fund": {"ratio": "0.119", "amount": "1606.50"}},
        good={"/service_fund": {"ratio": "0.12", "amount": "1620.00"}},
    ),
    Case(
        "policy.fund_above_cap",
        "/service_fund/ratio",
        law={"fund_spend_cap_ratio": Decimal("0.21")},
        bad={"/service_fund/ratio": "0.211"},
        good={"/service_fund/ratio": "0.21"},
    ),
    # co-insurance
    Case("policy.co_insurer_shares", "/co_insurers", both=POOL, bad={"/co_insurers/1/share": "0.399999"}),
    Case("policy.co_insurer_lead", "/co_insurers", both=POOL, bad={"/co_insurers/1/role": "lead"}),
    Case(
        "policy.co_insurer_repeated", "/co_insurers/1/uscc", both=POOL, bad={"/co_insurers/1/uscc": INSURER}
    ),
    Case(
        "policy.submitter_not_co_insurer",
        "/co_insurers",
        both=POOL,
        bad={"/co_insurers/0/uscc": "91440605MA0000031F"},
    ),
    Case(
        "policy.co_insurer_alone", "/co_insurers", bad={"/co_insurers": [{**LEAD, "share": "1"}]}, good=POOL
    ),
    Case(
        "policy.co_insurer_share_zero", "/co_insurers/1/share", both=POOL, bad={"/co_insurers/1/share": "0"}
    ),
)
