"""Every rule of a service, once kept and once broken."""

from datetime import date

from ajx_gateway.rules import EvidenceUse, PlanFacts
from rules.bench import DROP, POLICY_NO, Case, story

POLICY = story().policies[POLICY_NO]
PLAN_NO = "SP2026-440605-0001"
SHA = f"{7:064x}"
SELF = EvidenceUse(True, "S2026-440605-0001")
CANCELLED = {"/state": "cancelled", "/cancel_reason": "企业停产", "/cost": "0.00", "/revisit": DROP}


def signed(on: date, **changes: date) -> dict[str, object]:
    return {"policies": {POLICY_NO: POLICY._replace(signed_on=on, **changes)}}  # type: ignore[arg-type]


CASES = (
    Case("code.uscc_invalid", "/agency/uscc", bad={"/agency/uscc": "91440605MA0000031X"}),
    Case("code.division_unknown", "/division", bad={"/division": "440605999"}),
    Case(
        "service.ended_before_started",
        "/ended_at",
        bad={"/ended_at": "2026-04-08T09:29:59+08:00"},
        good={"/ended_at": "2026-04-08T01:30:00Z"},
    ),
    Case(
        "service.duration_implausible",
        "/ended_at",
        bad={"/ended_at": "2026-04-08T09:39:00+08:00"},
        good={"/ended_at": "2026-04-08T09:40:00+08:00"},
    ),
    Case(
        "service.in_future",
        "/ended_at",
        bad={"/ended_at": "2026-11-21T12:11:00+08:00"},
        good={"/ended_at": "2026-11-21T12:09:00+08:00"},
    ),
    Case("service.end_missing", "/ended_at", bad={"/ended_at": DROP}),
    Case(
        "service.evidence_missing",
        "/evidence",
        bad={"/evidence": [], "/report_sha256": DROP},
        good={"/evidence": []},
    ),
    Case(
        "service.evidence_repeated",
        "/evidence/1/sha256",
        bad={"/evidence/-": {"sha256": SHA, "media_type": "image/jpeg"}},
        good={"/evidence/-": {"sha256": f"{8:064x}", "media_type": "image/jpeg"}},
    ),
    Case(
        "service.evidence_out_of_time",
        "/evidence/0/captured_at",
        bad={"/evidence/0/captured_at": "2026-04-07T23:59:00+08:00"},
        good={"/evidence/0/captured_at": "2026-04-07T16:00:00Z"},
    ),
    Case("service.nobody", "/staff", bad={"/agency": DROP, "/staff": []}, good={"/agency": DROP}),
    Case(
        "service.staff_unqualified", "/staff", both={"/agency": DROP}, bad={"/staff/0/qualification": "other"}
    ),
    Case("service.confirmations_missing", "/insured_confirmed_on", bad={"/insured_confirmed_on": DROP}),
    Case(
        "service.unconfirmed",
        "/state",
        bad={"/state": "completed", "/insurer_confirmed_on": DROP},
        good={"/state": "completed"},
    ),
    Case(
        "service.confirmed_before_service",
        "/insured_confirmed_on",
        bad={"/insured_confirmed_on": "2026-04-07"},
        good={"/insured_confirmed_on": "2026-04-08"},
    ),
    Case("service.confirmer_missing", "/insured_confirmer", bad={"/insured_confirmer": DROP}),
    Case("service.cancel_reason_missing", "/cancel_reason", both=CANCELLED, bad={"/cancel_reason": DROP}),
    Case("service.cancelled_with_cost", "/cost", both=CANCELLED, bad={"/cost": "0.01"}),
    Case(
        "service.revisited_before_service",
        "/revisit/revisited_on",
        bad={"/revisit/revisited_on": "2026-04-07"},
        good={"/revisit/revisited_on": "2026-04-08"},
    ),
    Case("service.revisit_unexpected", "/revisit", bad={"/state": "in_progress"}),
    Case(
        "service.follow_up_in_future",
        "/revisit/revisited_on",
        bad={"/revisit/revisited_on": "2026-11-22"},
        good={"/revisit/revisited_on": "2026-11-21"},
    ),
    Case("service.paid_without_cost", "/cost", both={"/charge_mode": "paid"}, bad={"/cost": "0.00"}),
    Case(
        "service.item_repeated",
        "/items/1/code",
        bad={"/items/-": {"code": "hazard_inspection", "content": "示例"}},
        good={"/items/-": {"code": "training", "content": "示例"}},
    ),
    Case(
        "service.participants_missing",
        "/participants",
        both={"/items/0/code": "training"},
        bad={"/participants": DROP},
    ),
    Case(
        "service.agency_qualification_missing",
        "/agency/qualification_no",
        bad={"/agency/qualification_no": DROP},
    ),
    Case("service.policy_unknown", "/policy_no", bad={"/policy_no": "P9"}),
    Case(
        "service.before_signing",
        "/started_at",
        known=signed(date(2026, 4, 9)),
        known_good=signed(date(2026, 4, 8)),
    ),
    Case(
        "service.after_expiry",
        "/started_at",
        known=signed(date(2025, 3, 1), expires_on=date(2026, 3, 8)),
        known_good=signed(date(2025, 3, 1), expires_on=date(2026, 3, 9)),
    ),
    Case("service.plan_unknown", "/plan_no", bad={"/plan_no": "SP9"}),
    Case(
        "service.plan_of_other_policy",
        "/plan_no",
        known={"plans": {PLAN_NO: PlanFacts(PLAN_NO, "P9", "confirmed")}},
    ),
    Case(
        "service.evidence_reused",
        "/evidence/0/sha256",
        known={"evidence": {SHA: [EvidenceUse(True, "S9")]}},
        known_good={"evidence": {SHA: [SELF]}},
    ),
    Case(
        "service.evidence_reused_elsewhere",
        "/evidence/0/sha256",
        known={"evidence": {SHA: [SELF, EvidenceUse(False, None)]}},
        known_good={"evidence": {SHA: [EvidenceUse(True, "S9")]}},
    ),
)
