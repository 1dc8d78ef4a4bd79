"""An outage recorded while a push is in flight reaches the push's clocks, whichever of the two is first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import Caller, scope_of, system_scope
from ajx_gateway.oversight.standing import record_outage
from ajx_gateway.store import clocks, outages
from ajx_gateway.store.database import Store

Push = Callable[..., Any]
Make = Callable[..., dict[str, Any]]
OPERATOR = Caller("operator", "operator", "运维（虚构）")
CALENDAR = Calendar.load()
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
# Signed on Monday 12 October 2026: the seventh day is Monday the 19th.
SIGNED, DUE = "2026-10-12", datetime(2026, 10, 19, 16, tzinfo=UTC)
WINDOW = (datetime(2026, 10, 14, 1, tzinfo=UTC), datetime(2026, 10, 14, 5, tzinfo=UTC))


def policy(make: Make) -> dict[str, Any]:
    return make(
        "policy",
        policy_no="P1",
        signed_on=SIGNED,
        effective_on="2026-10-13",
        expires_on="2027-10-12",
        **{"enterprise.division": "341302100"},
    )


async def waiting_for_the_lock(store: Store) -> None:
    """Until somebody queues for the outages' lock."""
    asked = "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while True:
        async with store.writing(system_scope("look who waits")) as tx:
            if (await tx.fetch(asked))[0]["n"]:
                return


async def due_of(store: Store, insurer: Caller) -> datetime:
    async with store.reading(scope_of(insurer)) as tx:
        [row] = await tx.fetch(
            "SELECT due FROM clock WHERE clock = 'policy_upload' AND insurer = $1", insurer.insurer
        )
    found: datetime = row["due"]
    return found


@pytest.fixture(autouse=True)
async def no_outages(store: Store) -> None:
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE outage, outage_credit")


async def test_a_push_is_dated_without_an_outage_that_is_recorded_after_it(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", policy(make))
    assert await due_of(store, insurer) == DUE
    answer = await record_outage(store, CALENDAR, OPERATOR, WINDOW, reason="断电", now=NOW)
    assert answer["moved"] >= 1
    assert await due_of(store, insurer) == DUE + DAY


async def test_an_outage_waits_for_the_push_under_way_and_moves_its_clock(
    store: Store, push: Push, make: Make, insurer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    dated, go_on = asyncio.Event(), asyncio.Event()
    settle = clocks.settle

    async def settle_slowly(*arguments: Any, **named: Any) -> Any:
        # The push has read the outages and computed its due days; nothing of it is committed yet.
        dated.set()
        await go_on.wait()
        return await settle(*arguments, **named)

    monkeypatch.setattr(clocks, "settle", settle_slowly)
    pushing = asyncio.create_task(push("policy", policy(make)))
    await dated.wait()
    recording = asyncio.create_task(record_outage(store, CALENDAR, OPERATOR, WINDOW, reason="断电", now=NOW))
    await waiting_for_the_lock(store)
    go_on.set()
    await pushing
    assert (await recording)["moved"] >= 1
    assert await due_of(store, insurer) == DUE + DAY


async def test_a_push_waits_for_the_outage_that_is_being_recorded_and_is_dated_with_it(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    async with store.writing(system_scope("record an outage slowly")) as tx:
        await outages.hold(tx)
        pushing = asyncio.create_task(push("policy", policy(make)))
        await waiting_for_the_lock(store)
        await tx.fetch(
            "INSERT INTO outage (outage_id, begins, ends, reason, recorded_by, recorded_at)"
            " VALUES (gen_random_uuid(), $1, $2, '断电', 'operator', $3)",
            *WINDOW,
            NOW,
        )
    await pushing
    assert await due_of(store, insurer) == DUE + DAY
