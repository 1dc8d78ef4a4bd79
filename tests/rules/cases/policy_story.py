"""WHICH policies do the cases start from? Places, projects, persons, pools; all fictitious."""

from datetime import date
from decimal import Decimal

from ajx_gateway.rules import CoverFacts
from ajx_gateway.standard.checkdigits import resident_id_check, uscc_check
from rules.bench import DROP, INSURER, POLICY_NO, story

GAOMING_2018 = {
    "/enterprise/division": "440608004",
    "/signed_on": "2018-02-24",
    "/effective_on": "2018-03-01",
    "/expires_on": "2019-02-28",
}
SUZHOU = {"/enterprise/division": "341302001", "/branch/division": "341300"}
PROJECT = {
    "/subject": {
        "type": "project",
        "name": "示例项目（虚构）",
        "permit_no": "示例许可-1",
        "contract_amount": "1000000.00",
        "started_on": "2026-03-02",
        "completed_on": "2027-02-01",
    }
}
INCOME = {"440600": {2023: Decimal("60000.00"), 2025: Decimal("70000.00")}}


def person(serial: int, **changes: object) -> dict[str, object]:
    body = f"99999919900101{serial:03d}"
    identified = {"name": "测试甲", "id_type": "resident_id", "id_no": body + resident_id_check(body)}
    return {**identified, "employment_type": "regular", **changes}


def named(*persons: dict[str, object]) -> dict[str, object]:
    return {
        "/insured_list_mode": "named",
        "/insured_groups": DROP,
        "/insured_persons": list(persons),
        "/insured_count": len(persons),
    }


OTHER = "91440600MA0000024" + uscc_check("91440600MA0000024")
LEAD = {"uscc": INSURER, "name": "甲（虚构）", "role": "lead", "share": "0.6"}
FOLLOWER = {"uscc": OTHER, "name": "乙（虚构）", "role": "follower", "share": "0.4"}
POOL = {"/co_insurers": [LEAD, FOLLOWER]}
OLD = "P2025-440605-0001"


def cover(*, own: bool = True, policy_no: str | None = OLD, first: str, last: str) -> CoverFacts:
    return CoverFacts(own, policy_no, "enterprise", None, date.fromisoformat(first), date.fromisoformat(last))


def covers(**changes: object) -> dict[str, object]:
    return {"covers": {"91440605MA0000015R": [cover(**changes)]}}  # type: ignore[arg-type]


def former(**changes: object) -> dict[str, object]:
    """The former policy of the same enterprise, as already stored."""
    now = story().policies[POLICY_NO]
    days = {"signed_on": date(2025, 2, 24), "effective_on": date(2025, 3, 1), "expires_on": date(2026, 2, 28)}
    return {"policies": {OLD: now._replace(policy_no=OLD, **{**days, **changes})}}
