"""A report of a past month says the same for ever: derived again after thousands of corrections, byte for byte."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shelving import CALLERS, Shelf

from ajx_gateway import standard
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import Caller, SigningKey
from ajx_gateway.intake import documents, voiding
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.submit import submit
from ajx_gateway.oversight import reports
from ajx_gateway.oversight.standing import record_outage
from ajx_gateway.rendering.figures import Figures
from ajx_gateway.standard.sample import sample
from ajx_gateway.store.database import Store

INSURERS = [
    Caller(f"i-{n}", "insurer", f"第{n}保险（虚构）", insurer=f"91341300MA0000000{n}") for n in range(3)
]
SUZHOU, FOSHAN = CALLERS["suzhou"], CALLERS["city"]
TOWNS = ("341302001", "341302002", "341321100")
AUGUST = datetime(2026, 8, 25, 2, 0, tzinfo=UTC)
MADE = datetime(2026, 9, 8, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 9, 20, 1, 0, tzinfo=UTC)
POLICIES, ROUNDS = 500, 7


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, SigningKey.generate(), Calendar.load(None), "https://ajx.test")


@pytest.fixture
async def filed(shelf: Shelf, desk: Desk) -> Desk:
    """A month's business of three insurers, pushed in August: policies, claims, e-policies."""
    for insurer in INSURERS:
        await push(desk, insurer, "policy", [policy(insurer, n) for n in range(POLICIES)], AUGUST)
        claims = [{**sample("claim"), "claim_no": f"C-{n}", "policy_no": f"P-{n}"} for n in range(20)]
        await push(desk, insurer, "claim", [dated(claim, "2026-08-20") for claim in claims], AUGUST)
        for n in range(5):
            await hand_in(desk, insurer, f"P-{n}", AUGUST + timedelta(days=2))
    return desk


def policy(insurer: Caller, number: int, **changes: Any) -> dict[str, Any]:
    made = copy.deepcopy(sample("policy"))
    made |= {
        "policy_no": f"P-{number}",
        "signed_on": "2026-08-20",
        "effective_on": "2026-08-21",
        "expires_on": "2027-08-20",
        "revised_at": "2026-08-21T08:00:00+08:00",
        "insured_list_mode": "headcount",
    }
    made.pop("insured_groups")
    made["premium"]["received_on"] = "2026-08-20"
    made["enterprise"] |= {"division": TOWNS[number % 3], "operating_division": TOWNS[number % 3]}
    made["branch"]["division"] = "341300"
    for path, value in changes.items():
        group, _, member = path.partition("__")
        if member:
            made[group][member] = value
        else:
            made[group] = value
    return made


def dated(claim: dict[str, Any], day: str) -> dict[str, Any]:
    made = {
        **claim,
        "state": "reported",
        "reported_at": f"{day}T10:00:00+08:00",
        "revised_at": f"{day}T11:00:00+08:00",
    }
    made["accident"] = {**claim["accident"], "occurred_at": f"{day}T08:00:00+08:00", "division": TOWNS[0]}
    for name in (
        "close_result",
        "registered_on",
        "surveyed_on",
        "adjudicated_on",
        "closed_on",
        "registration_no",
    ):
        made.pop(name)
    made |= {
        "payments": [],
        "advance_payments": [],
        "items": [{"code": "emp_disability", "claimed": "65000.00"}],
    }
    return made


async def push(
    desk: Desk, insurer: Caller, kind: str, items: Iterable[dict[str, Any]], now: datetime
) -> None:
    body = json.dumps(list(items), ensure_ascii=False).encode()
    answer = await submit(
        desk, insurer, standard.KINDS[kind], body, media="json", version=standard.CURRENT,
        key=f"{insurer.name}-{kind}-{now.timestamp()}", now=now,
    )  # fmt: skip
    said = json.loads(answer.body)
    refused = [each["findings"][:1] for each in said["items"] if each["result"] == "rejected"]
    assert refused == []
    assert said["counts"]["unchanged"] == 0


async def hand_in(desk: Desk, insurer: Caller, policy_no: str, now: datetime) -> None:
    await documents.file_document(
        desk, insurer, policy_no, b"%PDF-1.7 x %%EOF", media_type="application/pdf",
        key=f"{policy_no}-{now.timestamp()}", now=now,
    )  # fmt: skip


async def made(
    desk: Desk, caller: Caller, kind: str = "monthly-bulletin", period: str = "2026-08"
) -> dict[str, Any]:
    return await reports.make(
        desk.store, desk.calendar, caller, kind, period, insurer=None, as_of=None, now=MADE
    )


async def checked(desk: Desk, caller: Caller, report: dict[str, Any], now: datetime) -> dict[str, Any]:
    return await reports.check(
        desk.store, desk.calendar, caller, report["report_id"], file_digest=report["digest"], now=now
    )


async def frozen(desk: Desk, caller: Caller, report: dict[str, Any]) -> Figures:
    told, _ = await reports.layout(desk.store, caller, report["report_id"])
    return told


async def correct(desk: Desk, insurer: Caller) -> int:
    """Every policy corrected again and again; some move to another town or city, some change their size."""
    count = 0
    for turn in range(ROUNDS):
        at = LATER + timedelta(hours=turn)
        items = []
        for n in range(POLICIES):
            received = 12_000 + turn * 20 + n // 20 * 20  # 0.15 of it has whole cents
            changes: dict[str, Any] = {
                "revised_at": at.isoformat(),
                "premium__received": f"{received}.00",
                "service_fund__amount": f"{received * 15 / 100:.2f}",
                "insured_count": 46 + turn,
            }
            if n % 7 == 0:
                town = (*TOWNS, "341202001")[(n + turn) % 4]
                changes |= {"enterprise__division": town, "enterprise__operating_division": town}
            if n % 11 == 0:
                changes["enterprise__size"] = "small"
            items.append(policy(insurer, n, **changes))
        await push(desk, insurer, "policy", items, at)
        count += len(items)
    return count


async def test_ten_thousand_corrections_later_the_figures_are_the_same_bytes_and_the_changes_are_listed(
    filed: Desk,
) -> None:
    report = await made(filed, SUZHOU)
    before = await checked(filed, SUZHOU, report, MADE)
    assert (before["equal"], before["differences"]) == (True, [])
    assert await number_of(filed, report, "underwriting_by_insurer", "policies") == POLICIES * 3
    assert await number_of(filed, report, "deadlines_by_clock", "met") == 15

    corrections = sum([await correct(filed, insurer) for insurer in INSURERS])
    assert corrections > 10_000
    body = json.dumps({"reason": "录入错误", "revised_at": "2026-10-01T00:00:00+08:00"}).encode()
    for n in range(1, 6):
        await voiding.void(
            filed, INSURERS[0], standard.KINDS["policy"], f"P-{n}", body, key=f"void-{n}", version="1.0",
            now=LATER + timedelta(days=3),
        )  # fmt: skip
    for n in range(100, 110):
        await hand_in(filed, INSURERS[1], f"P-{n}", LATER + timedelta(days=4))
    window = (datetime(2026, 8, 26, tzinfo=UTC), datetime(2026, 8, 27, tzinfo=UTC))
    await record_outage(
        filed.store, filed.calendar, CALLERS["operator"], window, reason="断电", now=LATER + timedelta(days=5)
    )

    after = await checked(filed, SUZHOU, report, LATER + timedelta(days=30))
    assert after["differences"] == []
    assert after["equal"], after["verdict"]
    assert after["digest_again"] == report["digest"]
    changed = {(each["table"].split("　")[1], each["column"]) for each in after["restatements"]}
    for expected in (
        ("各承保机构承保情况", "保费（元）"),
        ("各承保机构承保情况", "保单数（份）"),
        ("各地承保情况", "被保险人数（人）"),
        ("各期限执行情况", "逾期完成（项）"),
    ):
        assert expected in changed
    assert not any(each["then"] == each["now"] for each in after["restatements"])


async def number_of(desk: Desk, report: dict[str, Any], table: str, column: str) -> Any:
    told = await frozen(desk, SUZHOU, report)
    found = next(t for s in told.sections for t in s.tables if t.name == table)
    assert found.total is not None
    return found.total[found.place(column)]
