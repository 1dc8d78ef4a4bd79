"""Every rule of a hazard, once kept and once broken."""

from datetime import date

from ajx_gateway.rules import ServiceFacts
from rules.bench import DROP, POLICY_NO, Case, story

POLICY = story().policies[POLICY_NO]
SERVICE_NO = "S2026-440605-0001"
OPEN = {"/state": "rectifying", "/rectified_on": DROP, "/reviewed_on": DROP, "/review_result": DROP}
REPORT = {"authority": "示例应急管理局", "reported_on": "2026-05-02"}
REFUSED = {
    **OPEN,
    "/state": "refused",
    "/level": "major",
    "/refused_on": "2026-05-01",
    "/refusal_report": REPORT,
}
IN_SUZHOU = {"policies": {POLICY_NO: POLICY._replace(division="341302001")}}


def served(policy_no: str, on: date) -> dict[str, object]:
    return {"services": {SERVICE_NO: ServiceFacts(SERVICE_NO, policy_no, on, "confirmed")}}


CASES = (
    Case("hazard.basis_missing", "/basis", both={"/level": "major"}, bad={"/basis": DROP}),
    Case("hazard.stage_date_missing", "/rectified_on", bad={"/rectified_on": DROP}),
    Case("hazard.stage_date_missing", "/refused_on", both=REFUSED, bad={"/refused_on": DROP}),
    Case(
        "hazard.dates_out_of_order",
        "/reviewed_on",
        bad={"/reviewed_on": "2026-04-17"},
        good={"/reviewed_on": "2026-04-18"},
    ),
    Case(
        "hazard.refused_before_notified",
        "/refused_on",
        both=REFUSED,
        bad={"/refused_on": "2026-04-07"},
        good={"/refused_on": "2026-04-08"},
    ),
    Case(
        "hazard.refused_before_notified",
        "/refusal_report/reported_on",
        both=REFUSED,
        bad={"/refusal_report/reported_on": "2026-04-07"},
    ),
    Case(
        "hazard.in_future",
        "/reviewed_on",
        bad={"/reviewed_on": "2026-11-22"},
        good={"/reviewed_on": "2026-11-21"},
    ),
    Case(
        "hazard.deadline_before_notice",
        "/deadline_on",
        bad={"/deadline_on": "2026-04-07"},
        good={"/deadline_on": "2026-04-08"},
    ),
    Case("hazard.deadline_missing", "/deadline_on", both=OPEN, bad={"/deadline_on": DROP}),
    Case(
        "hazard.deadline_too_far",
        "/deadline_on",
        bad={"/deadline_on": "2027-04-09"},
        good={"/deadline_on": "2027-04-08"},
    ),
    Case(
        "hazard.overdue",
        "/state",
        both=OPEN,
        bad={"/deadline_on": "2026-10-21"},
        good={"/deadline_on": "2026-10-22"},
    ),
    Case("hazard.closed_unreviewed", "/review_result", bad={"/review_result": "failed"}),
    Case("hazard.review_undated", "/reviewed_on", both={"/state": "rectified"}, bad={"/reviewed_on": DROP}),
    Case("hazard.evidence_missing", "/evidence", bad={"/evidence": DROP}),
    Case("hazard.policy_unknown", "/policy_no", bad={"/policy_no": "P9"}),
    Case(
        "hazard.before_signing",
        "/found_on",
        known={"policies": {POLICY_NO: POLICY._replace(signed_on=date(2026, 4, 9))}},
    ),
    Case("hazard.service_unknown", "/service_no", bad={"/service_no": "S9"}),
    Case("hazard.service_of_other_policy", "/service_no", known=served("P9", date(2026, 4, 8))),
    Case(
        "hazard.found_before_service",
        "/found_on",
        known=served(POLICY_NO, date(2026, 4, 9)),
        known_good=served(POLICY_NO, date(2026, 4, 8)),
    ),
    Case(
        "hazard.refused_major_unreported",
        "/refusal_report",
        both=REFUSED,
        bad={"/refusal_report": DROP},
        known=IN_SUZHOU,
        known_good=IN_SUZHOU,
    ),
    Case("hazard.not_notified", "/notified_on", both={**OPEN, "/state": "found"}, bad={"/notified_on": DROP}),
)
