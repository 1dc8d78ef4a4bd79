"""Puts running clocks and excuses straight onto the shelves."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from shelving import ANAN, Shelf, same_id

from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import tables

NOW = datetime(2024, 6, 1, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def start(
    shelf: Shelf,
    policy_no: str,
    *,
    clock: str = "policy_upload",
    insurer: str = ANAN,
    start_on: date = date(2024, 5, 1),
    due: datetime | None = None,
    **own: Any,
) -> UUID:
    """A running clock of a policy; due seven days after its start unless told otherwise."""
    clock_id = same_id(insurer, policy_no, clock)
    midnight = datetime.combine(start_on, datetime.min.time(), UTC) - timedelta(hours=8)
    row = {
        "clock_id": clock_id,
        "subject_id": record_id(insurer, "policy", policy_no),
        "subject_kind": "policy",
        "subject_key": policy_no,
        "insurer": insurer,
        "clock": clock,
        "period": None,
        "jurisdiction": "341300",
        "division": "341302001",
        "start_on": start_on,
        "start_seen_at": midnight + DAY,
        "start_current": start_on,
        "applicable": True,
        "nominal_on": start_on + 7 * DAY,
        "due": due or midnight + 8 * DAY,
        "provisional": False,
        "due_soon_days": 3,
        "met_at": None,
        "voided": False,
        **own,
    }
    await shelf.put_row(tables.clock, **row)
    return clock_id


async def uphold(shelf: Shelf, clock_id: UUID) -> None:
    await request(
        shelf,
        clock_id,
        decision="upheld",
        decided_at=NOW - DAY,
        decided_by="suzhou-city",
        decision_reason="属实",
    )


async def request(shelf: Shelf, clock_id: UUID, **own: Any) -> UUID:
    """An excuse asked for two days ago."""
    excuse_id = same_id("excuse", clock_id)
    row = {
        "excuse_id": excuse_id,
        "clock_id": clock_id,
        "insurer": ANAN,
        "reason_code": "force_majeure",
        "reason": "台风",
        "evidence": [],
        "requested_at": NOW - 2 * DAY,
        "requested_by": "insurer-a",
    }
    await shelf.put_row(tables.excuse, **(row | own))
    return excuse_id
