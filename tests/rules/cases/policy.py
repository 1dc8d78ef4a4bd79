"""Rules of a policy about codes, enterprise, subject, persons and days, once kept and once broken."""

from ajx_gateway.standard.checkdigits import uscc_check
from rules.bench import DROP, POLICY_NO, Case
from rules.cases.policy_story import OLD, OTHER, PROJECT, SUZHOU, named, person

CASES = (
    # codes
    Case(
        "code.uscc_invalid",
        "/enterprise/uscc",
        bad={"/enterprise/uscc": "91440605MA0000015X"},
        good={"/enterprise/uscc": "N1440605MA0000015" + uscc_check("N1440605MA0000015")},
    ),
    Case(
        "code.uscc_invalid",
        "/insured_persons/0/dispatch_agency_uscc",
        bad=named(person(1, dispatch_agency_uscc="91440605MA0000015X")),
        good=named(person(1, dispatch_agency_uscc=OTHER)),
    ),
    Case(
        "code.organisation_code_doubtful",
        "/enterprise/uscc",
        bad={"/enterprise/uscc": "91440605MA0000016" + uscc_check("91440605MA0000016")},
        good={"/enterprise/uscc": "91440605MA0000016X"},
    ),
    Case(
        "code.resident_id_invalid",
        "/insured_persons/1/id_no",
        bad=named(person(1), person(2, id_no="999999199001010020")),
        good=named(person(1), person(2, id_type="passport", id_no="E00000000")),
    ),
    Case(
        "code.division_unknown",
        "/enterprise/division",
        bad={"/enterprise/division": "440605999"},
        good={"/enterprise/division": "440106011"},
    ),
    Case("code.division_unknown", "/branch/division", bad={"/branch/division": "449900"}),
    Case(
        "code.industry_unknown",
        "/enterprise/industry",
        bad={"/enterprise/industry": "C99"},
        good={"/enterprise/industry": "A01"},
    ),
    Case(
        "record.revised_at_in_future",
        "/revised_at",
        bad={"/revised_at": "2026-11-21T12:11:00+08:00"},
        good={"/revised_at": "2026-11-21T12:09:00+08:00"},
    ),
    # enterprise
    Case("policy.size_missing", "/enterprise/size", bad={"/enterprise/size": DROP}),
    Case("policy.sector_tags_missing", "/enterprise/sector_tags", bad={"/enterprise/sector_tags": []}),
    Case(
        "policy.sector_tag_repeated",
        "/enterprise/sector_tags/1",
        bad={"/enterprise/sector_tags": ["machinery", "machinery"]},
    ),
    Case(
        "policy.remote_placement_unfiled",
        "/remote_placement_filing",
        both=SUZHOU,
        bad={"/branch/division": "340100"},
        good={
            "/branch/division": "340100",
            "/remote_placement_filing": {"authority": "示例局", "filing_no": "1", "filed_on": "2026-02-01"},
        },
    ),
    Case(
        "policy.renewal_of_itself", "/renewal_of", bad={"/renewal_of": POLICY_NO}, good={"/renewal_of": OLD}
    ),
    Case(
        "policy.parent_cover_is_itself",
        "/parent_cover/policy_no",
        bad={"/parent_cover": {"uscc": OTHER, "name": "总公司", "policy_no": POLICY_NO}},
        good={"/parent_cover": {"uscc": OTHER, "name": "总公司", "policy_no": "Z1"}},
    ),
    # subject
    Case("policy.project_incomplete", "/subject/started_on", both=PROJECT, bad={"/subject/started_on": DROP}),
    Case(
        "policy.project_permit_missing", "/subject/permit_no", both=PROJECT, bad={"/subject/permit_no": DROP}
    ),
    Case(
        "policy.project_dates",
        "/subject/completed_on",
        both=PROJECT,
        bad={"/subject/completed_on": "2026-03-01"},
        good={"/subject/completed_on": "2026-03-02"},
    ),
    Case(
        "policy.project_started_uninsured",
        "/effective_on",
        both=PROJECT,
        bad={"/subject/started_on": "2026-02-28"},
        good={"/subject/started_on": "2026-03-01"},
    ),
    Case(
        "policy.project_outlasts_cover",
        "/expires_on",
        both=PROJECT,
        bad={"/subject/completed_on": "2027-03-01"},
        good={"/subject/completed_on": "2027-02-28"},
    ),
    Case(
        "policy.subject_code_missing",
        "/subject/code",
        bad={"/subject": {"type": "vehicle"}},
        good={"/subject": {"type": "vehicle", "code": "粤E00000"}},
    ),
    Case("policy.subject_superfluous", "/subject/permit_no", bad={"/subject/permit_no": "示例"}),
    # insured persons
    Case(
        "policy.named_count_differs",
        "/insured_persons",
        bad={**named(person(1), person(2)), "/insured_count": 3},
        good=named(person(1), person(2)),
    ),
    Case("policy.grouped_count_differs", "/insured_groups", bad={"/insured_groups/0/count": 45}),
    Case("policy.list_contradicts_mode", "/insured_groups", bad={"/insured_list_mode": "headcount"}),
    Case(
        "policy.person_repeated",
        "/insured_persons/1",
        bad=named(person(1), person(1)),
        good=named(person(1), person(2)),
    ),
    Case(
        "policy.not_whole_staff",
        "/insured_count",
        both=SUZHOU,
        bad={"/insured_count": 45, "/insured_groups/0/count": 45},
    ),
    Case("policy.insured_above_staff", "/insured_count", bad={"/insured_count": 47}),
    Case("policy.nobody_insured", "/insured_count", bad={"/insured_count": 0}),
    Case("policy.staff_zero", "/enterprise/employee_count", bad={"/enterprise/employee_count": 0}),
    Case(
        "policy.dispatch_agency_missing",
        "/insured_persons/0/dispatch_agency_uscc",
        bad=named(person(1, employment_type="dispatched")),
        good=named(person(1, employment_type="dispatched", dispatch_agency_uscc=OTHER)),
    ),
    # days
    Case(
        "policy.expires_before_effective",
        "/expires_on",
        bad={"/expires_on": "2026-02-28"},
        good={"/expires_on": "2026-03-01"},
    ),
    Case(
        "policy.signed_after_effective",
        "/signed_on",
        bad={"/signed_on": "2026-03-02"},
        good={"/signed_on": "2026-03-01"},
    ),
    Case(
        "policy.signed_in_future",
        "/signed_on",
        bad={"/signed_on": "2026-11-22"},
        good={"/signed_on": "2026-11-21"},
    ),
    Case(
        "policy.term_too_long",
        "/expires_on",
        bad={"/expires_on": "2027-03-02"},
        good={"/expires_on": "2027-03-01"},
    ),
    Case(
        "policy.project_term_implausible",
        "/expires_on",
        both=PROJECT,
        bad={"/expires_on": "2046-02-28"},
        good={"/expires_on": "2030-02-28"},
    ),
    Case(
        "policy.effective_long_after_signing",
        "/effective_on",
        bad={"/signed_on": "2025-11-30"},
        good={"/signed_on": "2025-12-01"},
    ),
    Case(
        "policy.filed_late", "/signed_on", bad={"/signed_on": "2026-10-21"}, good={"/signed_on": "2026-10-22"}
    ),
    Case("policy.filed_late", "/signed_on", bad={"/migrated": False}, good={"/migrated": True}),
    Case(
        "policy.employee_count_after_signing",
        "/enterprise/employee_count_on",
        bad={"/enterprise/employee_count_on": "2026-02-25"},
        good={"/enterprise/employee_count_on": "2026-02-24"},
    ),
    Case(
        "policy.employee_count_outdated",
        "/enterprise/employee_count_on",
        bad={"/enterprise/employee_count_on": "2025-02-23"},
        good={"/enterprise/employee_count_on": "2025-02-24"},
    ),
    Case(
        "policy.premium_received_in_future",
        "/premium/received_on",
        bad={"/premium/received_on": "2026-11-22"},
        good={"/premium/received_on": "2026-11-21"},
    ),
    Case(
        "policy.premium_received_after_effective",
        "/premium/received_on",
        bad={"/premium/received_on": "2026-03-02"},
        good={"/premium/received_on": "2026-03-01"},
    ),
    Case(
        "policy.conversion_gap",
        "/effective_on",
        bad={"/converted_from": {"kind": "雇主责任险", "expires_on": "2026-02-27"}},
        good={"/converted_from": {"kind": "雇主责任险", "expires_on": "2026-02-28"}},
    ),
    Case(
        "policy.placement_filed_after_signing",
        "/remote_placement_filing/filed_on",
        bad={"/remote_placement_filing": {"authority": "示例局", "filing_no": "1", "filed_on": "2026-02-25"}},
        good={
            "/remote_placement_filing": {"authority": "示例局", "filing_no": "1", "filed_on": "2026-02-24"}
        },
    ),
)
