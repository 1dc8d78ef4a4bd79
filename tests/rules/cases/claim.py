"""Every rule of a claim, once kept and once broken."""

from datetime import date
from decimal import Decimal

from ajx_gateway.rules import ClaimFacts, EndorsementFacts, StoredFacts
from rules.bench import DROP, POLICY_NO, RECEIVED_AT, Case, story

POLICY = story().policies[POLICY_NO]
REFUSED = {
    "/close_result": "refused",
    "/refusal": {"reason": "exclusion", "description": "示例", "refused_on": "2026-06-02"},
    "/payments": [],
    "/advance_payments": [],
}
OPEN = {
    "/state": "adjudicated",
    "/close_result": DROP,
    "/closed_on": DROP,
    "/payments": [],
    "/advance_payments": [],
}
REOPENED = {"/state": "reopened", "/reopened_on": "2026-07-01", "/reopen_reason": "补充伤残鉴定"}
CLAIM_NO = "C2026-440605-0001"


def limits(**changes: object) -> dict[str, object]:
    return {"policies": {POLICY_NO: POLICY._replace(**changes)}}  # type: ignore[arg-type]


def endorsed(kind: str, effective_on: date, new_expires_on: date | None = None) -> dict[str, object]:
    return {"endorsements": {POLICY_NO: [EndorsementFacts("E1", kind, effective_on, new_expires_on)]}}


def first_completed(on: date) -> dict[str, object]:
    return {"stored": {CLAIM_NO: StoredFacts(on, None, RECEIVED_AT.replace(year=2025))}}


CASES = (
    Case("code.resident_id_invalid", "/victims/0/id_no", bad={"/victims/0/id_no": "999999199013010024"}),
    Case("code.division_unknown", "/accident/division", bad={"/accident/division": "440699001"}),
    Case(
        "code.not_in_force",
        "/accident/type",
        bad={"/accident/type": "site_vehicle"},
        good={"/accident/type": "vehicle_injury"},
    ),
    # days
    Case(
        "claim.occurred_after_reported",
        "/accident/occurred_at",
        bad={"/accident/occurred_at": "2026-05-12T15:05:01+08:00"},
        good={"/accident/occurred_at": "2026-05-12T07:05:00Z"},
    ),
    Case(
        "claim.reported_late",
        "/reported_at",
        bad={"/accident/occurred_at": "2025-05-11T23:00:00+08:00"},
        good={"/accident/occurred_at": "2025-05-12T00:30:00+08:00"},
    ),
    Case(
        "claim.in_future", "/closed_on", bad={"/closed_on": "2026-11-22"}, good={"/closed_on": "2026-11-21"}
    ),
    Case("claim.in_future", "/payments/0/paid_on", bad={"/payments/0/paid_on": "2026-11-22"}),
    Case(
        "claim.before_accident",
        "/surveyed_on",
        bad={"/surveyed_on": "2026-05-11"},
        good={"/surveyed_on": "2026-05-12"},
    ),
    Case(
        "claim.before_accident",
        "/advance_payments/0/paid_on",
        bad={"/advance_payments/0/paid_on": "2026-05-11"},
    ),
    Case(
        "claim.dates_out_of_order",
        "/adjudicated_on",
        bad={"/adjudicated_on": "2026-05-12"},
        good={"/adjudicated_on": "2026-05-13"},
    ),
    Case("claim.stage_date_missing", "/adjudicated_on", both=OPEN, bad={"/adjudicated_on": DROP}),
    Case("claim.reopen_incomplete", "/reopen_reason", both=REOPENED, bad={"/reopen_reason": DROP}),
    Case(
        "claim.reopened_before_closed",
        "/reopened_on",
        both=REOPENED,
        bad={"/reopened_on": "2026-06-08"},
        good={"/reopened_on": "2026-06-09"},
    ),
    Case(
        "claim.decided_late",
        "/adjudicated_on",
        bad={"/adjudicated_on": "2026-06-12"},
        good={"/adjudicated_on": "2026-06-11"},
    ),
    Case(
        "claim.paid_late",
        "/payments/0/paid_on",
        bad={"/payments/0/paid_on": "2026-06-13"},
        good={"/payments/0/paid_on": "2026-06-12"},
    ),
    # state and money
    Case("claim.closing_incomplete", "/closed_on", bad={"/closed_on": DROP}),
    Case("claim.closing_incomplete", "/close_result", bad={"/close_result": DROP}),
    Case("claim.closing_premature", "/closed_on", both=OPEN, bad={"/closed_on": "2026-06-09"}),
    Case("claim.refusal_missing", "/refusal", both=REFUSED, bad={"/refusal": DROP}),
    Case("claim.refusal_contradicts_result", "/refusal", both=REFUSED, bad={"/close_result": "withdrawn"}),
    Case(
        "claim.payment_missing",
        "/payments",
        bad={"/payments": [], "/advance_payments": []},
        good={"/payments": []},
    ),
    Case("claim.unpaid_with_payment", "/payments", bad={"/close_result": "no_pay"}),
    Case("claim.final_payment_missing", "/payments", bad={"/payments/0/final": False}),
    Case(
        "claim.final_payment_not_last",
        "/payments/0/final",
        bad={"/payments/-": {"amount": "1.00", "paid_on": "2026-06-09", "final": False}},
        good={"/payments/-": {"amount": "1.00", "paid_on": "2026-06-07", "final": False}},
    ),
    Case("claim.item_paid_above_assessed", "/items/0/paid", bad={"/items/0/paid": "60000.01"}),
    Case(
        "claim.item_assessed_above_claimed",
        "/items/0/assessed",
        bad={"/items/0/assessed": "65000.01"},
        good={"/items/0/assessed": "65000.00"},
    ),
    Case("claim.payments_differ_from_items", "/payments", bad={"/payments/0/amount": "49999.99"}),
    Case(
        "claim.paid_after_closing",
        "/payments/0/paid_on",
        bad={"/payments/0/paid_on": "2026-06-10"},
        good={"/payments/0/paid_on": "2026-06-09"},
    ),
    Case("claim.reserve_after_closing", "/reserve", bad={"/reserve": "0.01"}),
    # accident
    Case(
        "claim.casualties_differ",
        "/accident/deaths",
        bad={"/accident/deaths": 1},
        good={"/victims/0/harm": "injury"},
    ),
    Case(
        "claim.death_item_missing",
        "/items",
        bad={"/accident/missing": 1},
        good={"/accident/missing": 1, "/items/0/code": "emp_death"},
    ),
    Case(
        "claim.accident_grade_differs",
        "/accident/grade",
        bad={"/accident/deaths": 3},
        good={"/accident/deaths": 2},
    ),
    Case(
        "claim.accident_grade_differs",
        "/accident/grade",
        bad={"/accident/serious_injuries": 10},
        good={"/accident/serious_injuries": 9},
    ),
    Case(
        "claim.accident_grade_differs",
        "/accident/grade",
        bad={"/accident/direct_loss": "10000000.00"},
        good={"/accident/direct_loss": "9999999.99"},
    ),
    Case(
        "claim.accident_grade_differs",
        "/accident/grade",
        bad={"/accident/grade": "major"},
        good={"/accident/missing": 3},
    ),
    Case(
        "claim.disability_scale_missing",
        "/victims/0/disability_scale",
        bad={"/victims/0/disability_scale": DROP},
    ),
    Case(
        "claim.disability_grade_missing",
        "/victims/0/disability_grade",
        bad={"/victims/0/disability_grade": DROP},
    ),
    Case(
        "claim.victim_repeated",
        "/victims/1",
        bad={
            "/victims/-": {
                "name": "测试乙",
                "id_type": "resident_id",
                "id_no": "999999199001010024",
                "role": "employee",
                "harm": "injury",
            }
        },
        good={
            "/victims/-": {
                "name": "测试丙",
                "id_type": "passport",
                "id_no": "E00000000",
                "role": "employee",
                "harm": "injury",
            }
        },
    ),
    # with others
    Case("claim.policy_unknown", "/policy_no", bad={"/policy_no": "P9"}),
    Case("record.policy_voided", "/policy_no", known=limits(voided=True)),
    Case(
        "claim.outside_period",
        "/accident/occurred_at",
        known=limits(expires_on=date(2026, 5, 11)),
        known_good=limits(expires_on=date(2026, 5, 12)),
    ),
    Case(
        "claim.outside_period",
        "/accident/occurred_at",
        known=limits(expires_on=date(2026, 4, 30)),
        known_good={
            **limits(expires_on=date(2026, 4, 30)),
            **endorsed("extend_period", date(2026, 4, 1), date(2026, 5, 12)),
        },
    ),
    Case(
        "claim.after_cancellation",
        "/accident/occurred_at",
        known=endorsed("cancel", date(2026, 5, 12)),
        known_good=endorsed("cancel", date(2026, 5, 13)),
    ),
    Case(
        "claim.paid_above_accident_limit",
        "/payments",
        known=limits(per_accident=Decimal("59999.99")),
        known_good=limits(per_accident=Decimal("60000.00")),
    ),
    Case(
        "claim.paid_above_aggregate_limit",
        "/payments",
        known={
            **limits(aggregate=Decimal("99999.99")),
            "claims": {POLICY_NO: [ClaimFacts("C2", Decimal(40000), date(2026, 4, 1))]},
        },
        known_good={
            **limits(aggregate=Decimal("100000.00")),
            "claims": {POLICY_NO: [ClaimFacts("C2", Decimal(40000), date(2026, 4, 1))]},
        },
    ),
    Case(
        "claim.completion_moved",
        "/closed_on",
        known=first_completed(date(2026, 6, 8)),
        known_good=first_completed(date(2026, 6, 9)),
    ),
)
