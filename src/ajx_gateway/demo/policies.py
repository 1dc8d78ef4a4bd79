"""What does a policy of the demo look like in data standard 1.0?"""

from __future__ import annotations

from datetime import date
from random import Random

from ajx_gateway.demo import codes, names
from ajx_gateway.demo.portfolio import Body, Cover, instant, later
from ajx_gateway.demo.sums import yuan

_COVERAGES = (
    "emp_death",
    "emp_disability",
    "emp_medical",
    "emp_poisoning",
    "tp_injury",
    "tp_property",
    "rescue",
)
_LIMIT_OF = {
    "emp_death": "per_person_death",
    "emp_disability": "per_person_death",
    "emp_medical": "per_person_medical",
    "tp_injury": "third_party_per_accident",
    "tp_property": "third_party_property",
    "rescue": "rescue",
}
_PRODUCTS = ("基础型", "标准型", "增强型")


def policy(cover: Cover, day: date, *, draft: bool = False) -> Body:
    """The policy as known on `day`; a `draft` still has an address that nobody has verified."""
    rng = cover.random("policy")
    level, bounds = _grades(rng), limits(cover)
    body: Body = {
        "policy_no": cover.number,
        "product": _product(cover),
        "branch": {
            "name": cover.insurer.name,
            "uscc": cover.insurer.uscc,
            "division": cover.insurer.division,
        },
        "enterprise": _enterprise(cover, rng, level, draft),
        "subject": subject(cover),
        "signed_on": cover.signed_on.isoformat(),
        "effective_on": cover.effective_on.isoformat(),
        "expires_on": cover.expires_on.isoformat(),
        "limits": bounds,
        "coverages": _coverages(bounds),
        **_price(cover, rng, level),
        "insured_count": cover.insured,
        **_insured(cover, rng),
        "service_fund": {"ratio": f"0.{cover.fund_percent:02d}", "amount": yuan(cover.fund)},
        "promised_settlement_days": 30,
        "revised_at": instant(day, f"{cover.number} {day}", 9, 18),
    }
    return body | _optional(cover)


def limits(cover: Cover) -> Body:
    death = cover.death_limit * 100
    per_accident = death * min(max(cover.insured, 2), 10)
    return {
        "per_person_death": yuan(death),
        "per_person_medical": yuan(death // 10),
        "per_accident": yuan(per_accident),
        "aggregate": yuan(per_accident * 2),
        "third_party_per_accident": yuan(50_000_000),
        "third_party_property": yuan(20_000_000),
        "rescue": yuan(10_000_000),
        "legal": yuan(5_000_000),
    }


def subject(cover: Cover) -> Body:
    """What is insured; projects, vessels and vehicles carry their own code."""
    serial = cover.enterprise.serial
    code = cover.number.removeprefix("DEMO-")
    if cover.subject == "project":
        return {
            "type": "project",
            "name": names.project(cover.enterprise.town, serial),
            "code": f"XN-{code}",
            "permit_no": f"施工许可（虚构）{code}",
            "contract_amount": yuan(cover.received * 210),
            "started_on": cover.effective_on.isoformat(),
            "completed_on": cover.expires_on.isoformat(),
            "division": cover.enterprise.town.division,
        }
    if cover.subject == "vehicle":
        return {"type": "vehicle", "name": f"示例车队{serial}（虚构）", "code": f"XN-{code}"}
    if cover.subject == "vessel":
        return {"type": "vessel", "name": f"示例渔船{serial}（虚构）", "code": f"XN-{code}"}
    return {"type": "enterprise"}


def _product(cover: Cover) -> Body:
    tier = _PRODUCTS[0 if cover.death_limit < 700_000 else 1 if cover.death_limit < 1_000_000 else 2]
    place, year = cover.insurer.division, cover.signed_on.year
    return {
        "filing_no": f"（虚构）备案{cover.insurer.letter}-{place}-{year}",
        "clause_version": f"{year}.1",
        "name": f"安全生产责任保险{tier}（虚构）",
        "tier": tier,
    }


def _grades(rng: Random) -> Body:
    return {
        "credit_list": rng.choices(("none", "red", "black"), (92, 7, 1))[0],
        "standardization_level": rng.choices(("none", "level3", "level2", "level1"), (60, 33, 6, 1))[0],
        "occupational_health_grade": rng.choices(("b", "a", "c", "d"), (50, 18, 28, 4))[0],
    }


def _enterprise(cover: Cover, rng: Random, level: Body, draft: bool) -> Body:
    enterprise = cover.enterprise
    spare = 0 if rng.random() < 0.86 else 1 + cover.insured // 12
    body: Body = {
        "uscc": enterprise.uscc,
        "name": enterprise.name,
        "division": enterprise.town.division,
        "operating_division": enterprise.town.division,
        "operating_address": f"{enterprise.address}待核实" if draft else enterprise.address,
        "industry": enterprise.trade.industry,
        "sector_tags": list(enterprise.trade.tags),
        "employee_count": cover.insured + spare,
        "employee_count_on": later(cover.signed_on, -rng.randrange(1, 28)).isoformat(),
        "employee_count_source": rng.choice(("enterprise", "social_security", "insurer_survey", "roster")),
        **level,
        "risk_coefficient": f"{rng.uniform(0.8, 1.5):.2f}",
        "contact_name": names.person(enterprise.serial * 7 + 3),
        "contact_phone": codes.FICTITIOUS_PHONE,
    }
    if cover.size is not None:
        body["size"] = cover.size
    if enterprise.trade.licence:
        body["safety_licence_no"] = f"（虚构）{enterprise.trade.licence}{enterprise.serial:06d}"
    return body


def _coverages(bounds: Body) -> list[Body]:
    found: list[Body] = []
    for code in _COVERAGES:
        line: Body = {"code": code}
        if code in _LIMIT_OF:
            line["limit"] = bounds[_LIMIT_OF[code]]
        if code == "emp_medical":
            line["deductible"] = {"type": "amount", "amount": "100.00"}
        if code == "tp_property":
            line["deductible"] = {"type": "higher_of", "amount": "500.00", "ratio": "0.05"}
        found.append(line)
    return found


def _price(cover: Cover, rng: Random, level: Body) -> Body:
    """Premium and rating that explain one another: adjusted = base x factors, as are the rates."""
    factors = [
        ("industry_risk", rng.choice((0.95, 1.0, 1.0, 1.05, 1.1))),
        ("credit", {"red": 0.95, "none": 1.0, "black": 1.1}[level["credit_list"]]),
        ("accident_record", rng.choice((0.95, 1.0, 1.0, 1.05))),
        (
            "standardization",
            {"level1": 0.9, "level2": 0.95, "level3": 0.98, "none": 1.0}[level["standardization_level"]],
        ),
        ("occ_health", {"a": 0.98, "b": 1.0, "c": 1.0, "d": 1.03}[level["occupational_health_grade"]]),
    ]
    product = 1.0
    for _, value in factors:
        product *= value
    base = round(cover.received / product)
    rate = round(base / (cover.death_limit * 100 * max(cover.insured, 1)), 6)
    return {
        "premium": {
            "base": yuan(base),
            "adjusted": yuan(cover.received),
            "received": yuan(cover.received),
            "refunded": yuan(cover.refunded),
            "currency": "CNY",
            "payer": "enterprise" if rng.random() < 0.97 else "parent_company",
            "received_on": cover.signed_on.isoformat(),
        },
        "rating": {
            "base_rate": f"{rate:.6f}",
            "actual_rate": f"{rate * product:.6f}",
            "factors": [{"code": code, "value": f"{value:.2f}"} for code, value in factors],
        },
    }


def insured_person(cover: Cover, index: int) -> Body:
    """The index-th person of a named list, always the same one."""
    serial = cover.enterprise.serial * 61 + index
    return {
        "name": names.person(serial),
        "id_type": "resident_id",
        "id_no": codes.resident_id(cover.enterprise.town.division[:6], serial),
    }


def is_named(cover: Cover) -> bool:
    return cover.insured <= 6 and cover.enterprise.serial % 9 == 0


def _insured(cover: Cover, rng: Random) -> Body:
    insured, posts = cover.insured, cover.enterprise.trade.posts
    if is_named(cover):
        people = [
            insured_person(cover, i) | {"employment_type": "regular", "post": posts[i % len(posts)]}
            for i in range(insured)
        ]
        return {"insured_list_mode": "named", "insured_persons": people}
    if insured < 4 or rng.random() < 0.4:
        return {"insured_list_mode": "headcount"}
    temporary = insured // 8
    groups = [
        {"post": posts[0], "employment_type": "regular", "count": insured - insured // 3 - temporary},
        {"post": posts[1], "employment_type": "regular", "count": insured // 3},
    ]
    if temporary:
        kind = rng.choice(("dispatched", "temporary", "intern"))
        groups.append({"post": posts[-1], "employment_type": kind, "count": temporary})
    return {"insured_list_mode": "grouped", "insured_groups": groups}


def _optional(cover: Cover) -> Body:
    rng = cover.random("optional")
    extra: Body = {}
    if cover.renewal_of:
        extra["renewal_of"] = cover.renewal_of
    if cover.fund_percent == 15 and rng.random() < 0.06:
        percent = rng.randrange(10, 30)
        extra["subsidy"] = {
            "amount": yuan(cover.received * (percent if cover.enterprise.serial % 40 else 36) // 100),
            "source": "南海区安责险投保补贴（虚构）",
            "reason": "首次投保的重点行业企业"
            if cover.enterprise.serial % 40
            else "省级试点企业，区里加补（虚构）",
        }
    if rng.random() < 0.02:
        extra["co_insurers"] = [
            {"uscc": cover.insurer.uscc, "name": cover.insurer.name, "role": "lead", "share": "0.6"},
            {
                "uscc": codes.uscc("440600", 99),
                "name": "寅安财产保险股份有限公司（虚构）",
                "role": "follower",
                "share": "0.4",
            },
        ]
    if cover.subject == "enterprise" and rng.random() < 0.01:
        extra["converted_from"] = {"kind": "雇主责任保险", "expires_on": cover.effective_on.isoformat()}
    return extra
