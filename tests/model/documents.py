"""Good documents for the model: few keys, few contents, so that states of one record meet each other often."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta, timezone
from typing import Any

from ajx_gateway.standard.sample import sample

Document = dict[str, Any]
_SHANGHAI = timezone(timedelta(hours=8))
_FIRST_REVISION = datetime(2026, 11, 17, tzinfo=_SHANGHAI)
TICKS = 30

# One place with policies' clocks, one with reports only, one with a clock of its own for renewals.
PLACES = ("341302001", "440605011", "440608004")
SIZES = ("medium", "small", None)
SIGNED = ("2026-11-03", "2026-11-16", "2026-10-09")
EFFECTIVE = ("2026-11-17", "2026-11-18")
KEYS = {
    "policy": ("P1", "P2", "P3"),
    "endorsement": ("E1", "E2", "E3"),
    "claim": ("C1", "C2"),
    "service_plan": ("L1", "L2"),
    "service": ("S1", "S2", "S3"),
    "hazard": ("H1", "H2"),
    "fund_entry": ("F1", "F2", "F3"),
    "annual_report": ("R1", "R2"),
}
SAMPLES = {kind: sample(kind) for kind in KEYS}


def revised_at(tick: int) -> datetime:
    """The instant of a tick; one hour lies between two."""
    return _FIRST_REVISION + timedelta(hours=tick)


def made(kind: str, key: str, tick: int, **changes: Any) -> Document:
    """The sample under another key and revision; ``None`` removes a member."""
    document = copy.deepcopy(SAMPLES[kind])
    document[_KEY[kind]] = key
    document["revised_at"] = revised_at(tick).isoformat()
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = document
        for parent in parents:
            place = place[parent]
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return document


_KEY = {
    "policy": "policy_no",
    "endorsement": "endorsement_no",
    "claim": "claim_no",
    "service_plan": "plan_no",
    "service": "service_no",
    "hazard": "hazard_no",
    "fund_entry": "entry_no",
    "annual_report": "report_no",
}


def policy(key: str, tick: int, place: int, size: int, signed: int, persons: int) -> Document:
    """A policy; the premium follows the persons, so that two contents differ in every sum."""
    premium = f"{persons * 100}.00"
    return made(
        "policy",
        key,
        tick,
        enterprise__division=PLACES[place],
        enterprise__size=SIZES[size],
        enterprise__operating_division=None,
        signed_on=SIGNED[signed],
        effective_on=EFFECTIVE[signed % 2],
        expires_on="2027-11-16",
        insured_count=persons,
        enterprise__employee_count=persons,
        insured_groups=[{"post": "冲压操作工", "employment_type": "regular", "count": persons}],
        premium__base=premium,
        premium__adjusted=premium,
        premium__received=premium,
        premium__received_on=SIGNED[signed],
        rating__factors=[],
        service_fund={"ratio": "0.200000", "amount": f"{persons * 20}.00"},
        renewal_of="P1" if key == "P3" and persons % 2 else None,
        subsidy=None,
    )


def endorsement(key: str, tick: int, kind: str, policy_no: str, day: int) -> Document:
    """A cancellation, a reinstatement or an extension of a policy."""
    parts: dict[str, dict[str, Any]] = {
        "cancel": {"cancellation": {"reason": "insured_request", "refund": "0.00"}},
        "extend_period": {"new_expires_on": "2027-12-31"},
    }
    on = f"2026-11-{day:02}"
    return made(
        "endorsement",
        key,
        tick,
        policy_no=policy_no,
        type=kind,
        issued_on=on,
        effective_on=on,
        premium_change=f"{day}.00" if kind == "extend_period" else "0.00",
        insured_count_change=None,
        insured_count_after=None,
        **parts.get(kind, {}),
    )


def claim(key: str, tick: int, policy_no: str, stage: int, place: int) -> Document:
    """A claim that is registered, adjudicated or closed."""
    dates = {
        "registered_on": "2026-11-06",
        "surveyed_on": "2026-11-06",
        "adjudicated_on": "2026-11-11",
        "closed_on": "2026-11-13",
    }
    payments = [{"amount": f"{50000 + stage}.00", "paid_on": "2026-11-12", "final": True}]
    common: dict[str, Any] = {
        "policy_no": policy_no,
        "accident__division": PLACES[place],
        "accident__occurred_at": "2026-11-05T14:20:00+08:00",
        "reported_at": "2026-11-05T15:05:00+08:00",
        "advance_payments": [],
        "quick_claim": None,
    }
    if stage == 2:
        item = {"code": "emp_disability", "claimed": "65000.00", "assessed": "50002.00", "paid": "50002.00"}
        return made("claim", key, tick, **common, **dates, payments=payments, items=[item])
    del dates["closed_on"]
    item = {"code": "emp_disability", "claimed": "65000.00"}
    open_: dict[str, Any] = {
        "close_result": None,
        "closed_on": None,
        "payments": [],
        "expenses": None,
        "reserve": "60000.00",
    }
    if stage == 0:
        del dates["adjudicated_on"]
        return made(
            "claim",
            key,
            tick,
            **common,
            **dates,
            **open_,
            adjudicated_on=None,
            state="registered",
            items=[item],
        )
    item["assessed"] = "50001.00"
    return made("claim", key, tick, **common, **dates, **open_, state="adjudicated", items=[item])


def plan(key: str, tick: int, policy_no: str, stage: int) -> Document:
    """A plan that is assigned, submitted or confirmed."""
    state = ("assigned", "submitted", "confirmed")[stage]
    submitted, confirmed = ("2026-11-17", "2026-11-17")
    return made(
        "service_plan",
        key,
        tick,
        policy_no=policy_no,
        state=state,
        submitted_on=submitted if stage else None,
        confirmed_on=confirmed if stage == 2 else None,
        items=[
            {"code": "training", "form": "on_site", "planned_count": stage + 1, "planned_on": "2026-11-18"}
        ],
    )


def service(key: str, tick: int, policy_no: str, stage: int) -> Document:
    """A service in progress, completed or confirmed; its cost tells the stage."""
    state = ("in_progress", "completed", "confirmed")[stage]
    ended = {"ended_at": "2026-11-17T11:40:00+08:00"} if stage else {"ended_at": None, "report_sha256": None}
    confirmed = stage == 2
    return made(
        "service",
        key,
        tick,
        policy_no=policy_no,
        plan_no=None,
        state=state,
        started_at="2026-11-17T09:30:00+08:00",
        insurer_confirmed_on="2026-11-17" if confirmed else None,
        insured_confirmed_on="2026-11-17" if confirmed else None,
        insured_confirmer="测试丙" if confirmed else None,
        revisit=None,
        evidence=[],
        cost=f"{100 + stage}.00",
        **ended,
    )


def hazard(key: str, tick: int, policy_no: str, major: bool) -> Document:
    """A rectified hazard."""
    return made(
        "hazard", key, tick,
        policy_no=policy_no, service_no=None, level="major" if major else "general", state="rectified",
        found_on="2026-11-10", notified_on="2026-11-10", deadline_on="2026-11-20", rectified_on="2026-11-12",
        reviewed_on=None, review_result=None, evidence=[],
    )  # fmt: skip


def fund_entry(key: str, tick: int, policy_no: str | None, spend: bool, yuan: int) -> Document:
    """An accrual or a spending."""
    spent: dict[str, Any] = (
        {} if spend else {"purpose": None, "payee": None, "invoice_no": None, "voucher_sha256": None}
    )
    return made(
        "fund_entry", key, tick,
        policy_no=policy_no, service_no=None, type="spend" if spend else "accrual",
        amount=f"{yuan}.50", entered_on="2026-11-17", **spent,
    )  # fmt: skip


def annual_report(key: str, tick: int, year: int) -> Document:
    """The yearly report to 宿州."""
    return made(
        "annual_report",
        key,
        tick,
        division="341300",
        year=year,
        submitted_on="2026-11-16",
        policies=year - 2000,
    )
