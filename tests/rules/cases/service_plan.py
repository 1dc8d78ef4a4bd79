"""Every rule of a service plan, once kept and once broken."""

from datetime import date

from rules.bench import DROP, POLICY_NO, Case, story

POLICY = story().policies[POLICY_NO]
EXPERTS = {"/agency": DROP}

CASES = (
    Case("code.uscc_invalid", "/agency/uscc", bad={"/agency/uscc": "91440605MA0000031X"}),
    Case("service_plan.stage_date_missing", "/confirmed_on", bad={"/confirmed_on": DROP}),
    Case("service_plan.stage_date_missing", "/submitted_on", bad={"/submitted_on": DROP}),
    Case("service_plan.stage_date_premature", "/confirmed_on", bad={"/state": "submitted"}),
    Case(
        "service_plan.confirmed_before_submitted",
        "/confirmed_on",
        bad={"/confirmed_on": "2026-03-09"},
        good={"/confirmed_on": "2026-03-10"},
    ),
    Case(
        "service_plan.in_future",
        "/confirmed_on",
        bad={"/confirmed_on": "2026-11-22"},
        good={"/confirmed_on": "2026-11-21"},
    ),
    Case("service_plan.nobody", "/agency", bad={"/agency": DROP, "/experts": []}, good={"/agency": DROP}),
    Case(
        "service_plan.experts_unqualified",
        "/experts",
        both=EXPERTS,
        bad={"/experts/0/qualification": "other"},
        good={"/experts/0/qualification": "senior_engineer"},
    ),
    Case("service_plan.items_missing", "/items", bad={"/items": []}),
    Case("service_plan.content_missing", "/goals", bad={"/goals": DROP}),
    Case("service_plan.content_missing", "/items/0/measure", bad={"/items/0/measure": DROP}),
    Case(
        "service_plan.item_repeated",
        "/items/1/code",
        bad={
            "/items/-": {
                "code": "hazard_inspection",
                "form": "on_site",
                "planned_count": 1,
                "planned_on": "2026-04-08",
            }
        },
        good={
            "/items/-": {
                "code": "training",
                "form": "on_site",
                "planned_count": 1,
                "planned_on": "2026-04-08",
            }
        },
    ),
    Case(
        "service.agency_qualification_missing",
        "/agency/qualification_no",
        bad={"/agency/qualification_no": DROP},
    ),
    Case("service_plan.policy_unknown", "/policy_no", bad={"/policy_no": "P9"}),
    Case(
        "service_plan.submitted_before_signing",
        "/submitted_on",
        known={"policies": {POLICY_NO: POLICY._replace(signed_on=date(2026, 3, 11))}},
    ),
)
