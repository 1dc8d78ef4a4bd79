"""A claim's clocks run under the law of its policy's place, whichever of the two came first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from ajx_gateway.identity import Caller, system_scope
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.store.clock_memory import standing_at
from ajx_gateway.store.database import Store

from .conftest import NOW

Make = Callable[..., dict[str, Any]]
Push = Callable[..., Any]
SUZHOU, FOSHAN = "341302001", "440605011"
LATER = "2026-11-19T09:00:00+08:00"


async def clocks(store: Store, insurer: Caller) -> dict[str, dict[str, Any]]:
    """The clocks of the insurer's one claim that bind, by name."""
    async with store.reading(system_scope("look at the clocks")) as tx:
        rows = await tx.fetch(
            "SELECT clock, jurisdiction, division, start_on, start_seen_at, due, met_at, voided FROM clock"
            " WHERE insurer = $1 AND subject_kind = 'claim' AND start_current IS NOT NULL ORDER BY clock",
            insurer.insurer,
        )
    return {row["clock"]: dict(row) for row in rows}


def claim(make: Make, accident: str, **own: Any) -> dict[str, Any]:
    return make("claim", claim_no="C1", policy_no="P1", **{"accident.division": accident}, **own)


def policy(make: Make, division: str, **own: Any) -> dict[str, Any]:
    return make("policy", policy_no="P1", **{"enterprise.division": division}, **own)


@pytest.mark.parametrize(("accident", "territory"), [(FOSHAN, SUZHOU), (SUZHOU, FOSHAN), (SUZHOU, SUZHOU)])
async def test_whichever_comes_first_the_policys_place_rules_and_a_rebuild_agrees(
    store: Store,
    desk: Desk,
    push: Push,
    make: Make,
    insurer: Caller,
    other: Caller,
    accident: str,
    territory: str,
) -> None:
    # The instants of reception are the same in both orders, one second after another.
    await push("claim", claim(make, accident))
    await push("policy", policy(make, territory))
    early = await clocks(store, insurer)
    await push("policy", policy(make, territory), as_=other)
    await push("claim", claim(make, accident), as_=other)
    late = await clocks(store, other)
    apart = ("start_seen_at", "met_at")
    assert [{k: v for k, v in one.items() if k not in apart} for one in early.values()] == [
        {k: v for k, v in one.items() if k not in apart} for one in late.values()
    ]
    assert early.keys() == late.keys()
    assert ("claim_result" in early) == (territory == SUZHOU)
    assert {one["division"] for one in early.values()} == {territory}
    assert all(one["start_seen_at"] is not None for one in early.values())
    assert await rebuild(store, desk.calendar) == []


async def test_a_rebuild_agrees_when_what_was_received_first_was_stored_last(
    store: Store, desk: Desk, push: Push, make: Make, insurer: Caller
) -> None:
    await push("claim", claim(make, SUZHOU), now=NOW + timedelta(seconds=20))
    await push("policy", policy(make, FOSHAN), now=NOW + timedelta(seconds=10))
    assert "claim_result" not in await clocks(store, insurer)
    assert await rebuild(store, desk.calendar) == []


async def test_a_policy_that_moves_takes_its_claims_along_and_back(
    store: Store, desk: Desk, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", policy(make, FOSHAN))
    await push("claim", claim(make, FOSHAN))
    assert "claim_result" not in await clocks(store, insurer)
    await push("policy", policy(make, SUZHOU, revised_at=LATER))
    moved = await clocks(store, insurer)
    assert moved["claim_result"]["jurisdiction"] == "341300"
    # Accepted with the claim itself, before anybody knew of the place.
    assert moved["claim_result"]["met_at"] == moved["claim_result"]["start_seen_at"]
    await push("policy", policy(make, FOSHAN, revised_at="2026-11-19T10:00:00+08:00"))
    assert "claim_result" not in await clocks(store, insurer)
    assert await rebuild(store, desk.calendar) == []


async def test_what_was_known_of_a_claims_clocks_before_its_policy_came_stays_known(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    """A report of an instant in between is derived again later, and must say the same."""

    async def known() -> list[tuple[Any, ...]]:
        between = standing_at(NOW + timedelta(seconds=1, milliseconds=500))
        names = (between.c.clock, between.c.jurisdiction, between.c.division, between.c.due)
        async with store.reading(system_scope("look back")) as tx:
            found = await tx.execute(
                sa.select(*names).where(between.c.insurer == insurer.insurer).order_by(between.c.clock)
            )
        return [tuple(row) for row in found]

    await push("claim", claim(make, SUZHOU))
    before = await known()
    assert "claim_result" in {row[0] for row in before}
    await push("policy", policy(make, FOSHAN))
    await push("policy", policy(make, SUZHOU, revised_at=LATER))
    assert await known() == before


async def test_the_first_completion_and_the_first_acceptance_stand_when_the_policy_comes(
    store: Store, desk: Desk, push: Push, make: Make, insurer: Caller
) -> None:
    whole = claim(make, FOSHAN)
    moved = {**whole, "closed_on": "2026-11-18", "revised_at": LATER}
    await push("claim", whole)
    first = await push("claim", moved)
    assert first["items"][0]["result"] == "updated", first["items"][0]["findings"]
    await push("policy", policy(make, SUZHOU))
    result = (await clocks(store, insurer))["claim_result"]
    assert (str(result["start_on"]), result["met_at"]) == (whole["closed_on"], result["start_seen_at"])
    assert await rebuild(store, desk.calendar) == []


async def test_a_policy_and_a_claim_that_are_pushed_at_once_find_each_other(
    store: Store, desk: Desk, push: Push, make: Make, insurer: Caller, database_url: str
) -> None:
    owner = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    gate = owner.transaction()
    await gate.start()
    # The claim has looked for its policy in vain, and waits to write its clocks; then the policy comes.
    await owner.execute("LOCK TABLE clock IN SHARE ROW EXCLUSIVE MODE")
    pushes = {asyncio.create_task(push("claim", claim(make, FOSHAN)))}
    await _waiting(owner, 1, pushes)
    pushes.add(asyncio.create_task(push("policy", policy(make, SUZHOU))))
    await _waiting(owner, 2, pushes)
    await gate.rollback()
    await owner.close()
    await asyncio.gather(*pushes)
    assert (await clocks(store, insurer))["claim_result"]["jurisdiction"] == "341300"
    assert await rebuild(store, desk.calendar) == []


async def _waiting(owner: asyncpg.Connection, number: int, pushes: set[asyncio.Task[Any]]) -> None:
    """Until so many of the pushes wait for a lock."""
    while await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < number:
        await asyncio.wait(pushes, timeout=0.05)
