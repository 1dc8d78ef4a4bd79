"""What was known of clocks at an instant stays known: places, sizes, voids, outages and excuses of later do not reach back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from shelving import CALLERS, Shelf
from test_reports_derived import AUGUST, INSURERS, LATER, policy, push
from ticking import request

from ajx_gateway import standard
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import SigningKey
from ajx_gateway.intake import voiding
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.oversight.standing import record_outage
from ajx_gateway.oversight.timeliness import deadlines_by
from ajx_gateway.store import tables
from ajx_gateway.store.database import Store

INSURER, SUZHOU = INSURERS[0], CALLERS["suzhou"]
THEN, NOW = LATER - timedelta(days=1), LATER + timedelta(days=30)
ELSEWHERE = "341202001"


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, SigningKey.generate(), Calendar.load(None), "https://ajx.test")


@pytest.fixture
async def filed(shelf: Shelf, desk: Desk) -> Desk:
    async with shelf.engine.begin() as connection:
        await connection.execute(sa.text("TRUNCATE filing, filing_frame"))
    await push(desk, INSURER, "policy", [policy(INSURER, n) for n in range(3)], AUGUST)
    return desk


async def correct(desk: Desk, number: int, at: datetime, **changes: Any) -> None:
    told = {"revised_at": at.isoformat(), **changes}
    await push(desk, INSURER, "policy", [policy(INSURER, number, **told)], at)


async def counted(desk: Desk, as_of: datetime | None = THEN, **given: str) -> dict[str, Any]:
    answer = await deadlines_by(desk.store, desk.calendar, SUZHOU, given, now=NOW, as_of=as_of)
    total: dict[str, Any] = answer["total"]
    return total


async def test_a_policy_that_moved_away_later_still_counts_where_it_was(filed: Desk) -> None:
    before = await counted(filed)
    town = await counted(filed, town="341302001")
    assert before["clocks"] > town["clocks"] > 0
    moved = {"enterprise__division": ELSEWHERE, "enterprise__operating_division": ELSEWHERE}
    await correct(filed, 0, LATER, **moved)
    assert await counted(filed) == before
    assert await counted(filed, town="341302001") == town
    assert (await counted(filed, None))["clocks"] < before["clocks"]


async def test_a_policy_that_was_there_and_away_and_back_counts_as_it_lay(filed: Desk) -> None:
    before = await counted(filed)
    moved = {"enterprise__division": ELSEWHERE, "enterprise__operating_division": ELSEWHERE}
    await correct(filed, 0, LATER, **moved)
    await correct(filed, 0, LATER + timedelta(days=2))
    assert await counted(filed) == before
    assert (await counted(filed, LATER + timedelta(days=1)))["clocks"] < before["clocks"]
    assert (await counted(filed, LATER + timedelta(days=3)))["clocks"] == before["clocks"]


async def test_a_size_that_was_corrected_later_bound_as_it_was_known(filed: Desk) -> None:
    before = await counted(filed, clock="first_service")
    assert before["clocks"] == 3
    await correct(filed, 1, LATER, enterprise__size="small")
    assert await counted(filed, clock="first_service") == before
    assert (await counted(filed, None, clock="first_service"))["clocks"] == 2


async def test_a_void_and_an_outage_of_later_do_not_reach_back(filed: Desk) -> None:
    before = await counted(filed)
    body = json.dumps({"reason": "录入错误", "revised_at": LATER.isoformat()}).encode()
    await voiding.void(
        filed, INSURER, standard.KINDS["policy"], "P-2", body, key="v", version="1.0", now=LATER
    )
    window = (AUGUST, AUGUST + timedelta(days=20))
    await record_outage(
        filed.store,
        filed.calendar,
        CALLERS["operator"],
        window,
        reason="断电",
        now=LATER + timedelta(hours=1),
    )
    assert await counted(filed) == before
    after = await counted(filed, None)
    assert after["void"] > before["void"]
    assert after["overdue"] != before["overdue"]


async def test_an_excuse_of_a_clock_that_moved_away_still_excuses_then(filed: Desk, shelf: Shelf) -> None:
    clock = next(
        row["clock_id"]
        for row in await shelf.rows(tables.clock)
        if (row["subject_key"], row["clock"]) == ("P-0", "policy_upload")
    )
    decided = {
        "decision": "upheld",
        "decided_at": THEN,
        "decided_by": "suzhou-city",
        "decision_reason": "属实",
    }
    await request(shelf, clock, insurer=INSURER.insurer, requested_at=THEN - timedelta(days=1), **decided)
    before = await counted(filed)
    assert before["excused"] == 1
    moved = {"enterprise__division": ELSEWHERE, "enterprise__operating_division": ELSEWHERE}
    await correct(filed, 0, LATER, **moved)
    assert await counted(filed) == before
    assert (await counted(filed, None))["excused"] == 0


async def test_a_correction_that_moves_no_clock_keeps_nothing_and_a_rebuild_agrees(
    filed: Desk, shelf: Shelf
) -> None:
    await correct(filed, 0, LATER, insured_count=45)
    assert await shelf.rows(tables.clock_before) == []
    await correct(filed, 0, LATER + timedelta(hours=1), enterprise__size="small")
    assert len(await shelf.rows(tables.clock_before)) > 0
    assert await rebuild(filed.store, filed.calendar) == []
