"""宿州 2024 on the shelves: policies, services, clocks, entries and upheld findings of two insurers, and what follows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from shelving import Shelf, same_id
from sqlalchemy import text

from ajx_gateway.deadlines import midnight
from ajx_gateway.evaluation import Counted
from ajx_gateway.oversight.evaluation_units import Unit
from ajx_gateway.oversight.evaluations import Asked, Card, asked_of, scorecards
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import case_tables, tables
from ajx_gateway.store.database import Store

GENG, XIN = "91341300MA00000G1X", "91341300MA00000X2X"
TOWN = "341302001"
FILED = datetime(2024, 3, 1, 2, 0, tzinfo=UTC)
JUDGED = datetime(2025, 3, 31, 2, 0, tzinfo=UTC)
TABLES = ("finding_case", "finding_step", "statement", "evaluation", "scorecard", "scorecard_unit", "appeal")


async def clear(shelf: Shelf) -> None:
    """What the shelf's own clearing leaves standing."""
    await shelf.clear()
    async with shelf.engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(TABLES)}"))


async def policy(shelf: Shelf, number: str, *, insurer: str = GENG, **own: Any) -> UUID:
    """Signed on 1 March 2024 in a town of 宿州, with 100 yuan of service fee."""
    told: dict[str, Any] = {
        "division": TOWN,
        "signed_on": date(2024, 3, 1),
        "effective_on": date(2024, 3, 2),
        "expires_on": date(2025, 3, 1),
        "size": "medium",
        "fund_amount": Decimal("100.00"),
        "recorded_at": FILED,
    }
    return await shelf.put("policy", number, insurer=insurer, **(told | own))


async def service(shelf: Shelf, number: str, policy_no: str, *, insurer: str = GENG, **own: Any) -> UUID:
    """Confirmed, by a plan, in April 2024."""
    told: dict[str, Any] = {
        "state": "confirmed",
        "plan_no": "N1",
        "started_on": date(2024, 4, 1),
        "recorded_at": FILED,
    }
    return await shelf.put("service", number, insurer=insurer, policy_no=policy_no, **(told | own))


async def plan(shelf: Shelf, number: str, policy_no: str, **own: Any) -> UUID:
    told: dict[str, Any] = {"insurer": GENG, "state": "confirmed", "recorded_at": FILED}
    return await shelf.put("service_plan", number, policy_no=policy_no, **(told | own))


async def entry(shelf: Shelf, number: str, amount: str, **own: Any) -> UUID:
    """Spent in June 2024 from a fund kept in the district, without a policy."""
    told: dict[str, Any] = {
        "insurer": GENG,
        "type": "spend",
        "amount": Decimal(amount),
        "entered_on": date(2024, 6, 30),
        "kept_division": "341302",
        "recorded_at": FILED,
    }
    return await shelf.put("fund_entry", number, **(told | own))


async def clock(shelf: Shelf, subject: str, name: str, last_day: date, **own: Any) -> UUID:
    """A clock whose last day this is (it is due at the midnight after); never met unless said so."""
    kind = own.pop("subject_kind", "policy")
    insurer = own.pop("insurer", GENG)
    clock_id = same_id(insurer, subject, name, own.get("period"))
    start_on = own.pop("start_on", last_day - timedelta(days=7))
    row = {
        "clock_id": clock_id,
        "subject_id": record_id(insurer, kind, subject),
        "subject_kind": kind,
        "subject_key": subject,
        "insurer": insurer,
        "clock": name,
        "period": None,
        "jurisdiction": "341300",
        "division": TOWN,
        "start_on": start_on,
        "start_seen_at": FILED,
        "start_current": start_on,
        "applicable": True,
        "nominal_on": last_day,
        "due": midnight(last_day + timedelta(days=1)),
        "provisional": False,
        "due_soon_days": 3,
        "met_at": None,
        "voided": False,
    }
    await shelf.put_row(tables.clock, **(row | own))
    return clock_id


async def excused(shelf: Shelf, clock_id: UUID, decided_at: datetime, decision: str = "upheld") -> None:
    await shelf.put_row(
        tables.excuse,
        excuse_id=same_id("excuse", clock_id),
        clock_id=clock_id,
        insurer=GENG,
        reason_code="enterprise_refused",
        reason="停产搬迁（虚构）",
        evidence=[],
        requested_at=decided_at - timedelta(days=10),
        requested_by="suzhou-insurer-a",
        decision=decision,
        decided_at=decided_at,
        decided_by="suzhou-city",
        decision_reason="属实（虚构）",
    )


async def finding(shelf: Shelf, category: str, **own: Any) -> UUID:
    """An upheld finding of July 2024, decided in August."""
    name = own.pop("name", category)
    case_id = same_id("case", name)
    row = {
        "case_id": case_id,
        "insurer": GENG,
        "jurisdiction": "341300",
        "division": "341302",
        "category": category,
        "origin": "regulator",
        "subject_kind": None,
        "subject_key": None,
        "record_id": None,
        "version": None,
        "rule": None,
        "pointer": None,
        "clause": "应急监二〔2023〕84号 附件（虚构）",
        "title": "虚构的问题",
        "detail": "虚构",
        "evidence": [],
        "happened_on": date(2024, 7, 1),
        "raised_at": FILED,
        "raised_by": "suzhou-city",
        "state": "upheld",
        "decision": "upheld",
        "decided_at": datetime(2024, 8, 1, 2, 0, tzinfo=UTC),
        "decided_by": "suzhou-city",
    }
    await shelf.put_row(case_tables.finding_case, **(row | own))
    return case_id


def asked(period: str = "2024") -> Asked:
    found = asked_of("341300", period, None)
    assert found is not None
    return found


async def judged(
    store: Store, insurer: str = GENG, *, as_of: datetime = JUDGED, period: str = "2024"
) -> Card:
    (found,) = await scorecards(store, asked(period), as_of=as_of, insurer=insurer)
    return found


def told(card: Card, item: int) -> list[tuple[str | None, str]]:
    """The business number and state of each unit behind an item."""
    return [(unit.key, unit.state) for unit in card.units[item]]


def count(card: Card, item: int) -> tuple[int, int]:
    """What item counts, and what it tells without counting."""
    measure = card.scorecard.items[item - 1].measure
    assert isinstance(measure, Counted)
    return measure.units, measure.undetermined


def unit(card: Card, item: int, key: str) -> Unit:
    return next(each for each in card.units[item] if each.key == key)
