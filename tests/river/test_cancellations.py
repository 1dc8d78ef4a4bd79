"""The day a policy is cancelled stands on its clocks, whatever arrives first, at the same time, is corrected or voided."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from ajx_gateway import standard
from ajx_gateway.identity import Caller, scope_of, system_scope
from ajx_gateway.intake import voiding
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.jurisdictions import law
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clock_endings, clock_grains, clock_sums, clocks
from ajx_gateway.store.clock_lists import Wanted
from ajx_gateway.store.database import Store

from .conftest import NOW

Push = Callable[..., Any]
Make = Callable[..., dict[str, Any]]
CANCELLED = date(2026, 11, 18)
EVERY = set(law().clock_names(subject="policy"))


def policy(make: Make, number: str, **other: Any) -> dict[str, Any]:
    place = {"enterprise.division": "341302001", "signed_on": "2026-11-16", "effective_on": "2026-11-17"}
    return make("policy", policy_no=number, **place, **other)


def ending(make: Make, name: str, number: str, type_: str = "cancel", **other: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": type_,
        "policy_no": number,
        "endorsement_no": name,
        "issued_on": "2026-11-18",
    }
    told |= {"effective_on": "2026-11-18", "premium_change": "0.00", "new_expires_on": None}
    told |= {"reason": "示例原因（虚构）", "cancellation": None}
    if type_ == "cancel":
        told["cancellation"] = {"reason": "insured_request", "refund": "0.00"}
    return make("endorsement", **(told | other))


async def days(store: Store, insurer: Caller, number: str) -> dict[str, date | None]:
    """What each clock of a policy says of its cancellation, also the clocks that nothing has started."""
    async with store.reading(scope_of(insurer)) as tx:
        rows = await tx.fetch(
            "SELECT clock, cancelled_on FROM clock WHERE subject_id = $1",
            record_id(insurer.insurer or "", "policy", number),
        )
    return {row["clock"]: row["cancelled_on"] for row in rows}


async def void(desk: Desk, insurer: Caller, name: str, at: str) -> None:
    body = json.dumps({"reason": "录入错误", "revised_at": at}).encode()
    kind = standard.KINDS["endorsement"]
    later = NOW + timedelta(hours=2)
    await voiding.void(desk, insurer, kind, name, body, key=f"void {name}", version="1.0", now=later)


async def blocked(store: Store) -> None:
    """Until somebody waits for a lock that another transaction holds."""
    while True:
        async with store.writing(system_scope("look who waits")) as tx:
            if (await tx.fetch("SELECT count(*) AS n FROM pg_locks WHERE NOT granted"))[0]["n"]:
                return


async def in_accord(desk: Desk, store: Store) -> None:
    """The rows follow from the filings, the counts from the rows."""
    assert await rebuild(store, desk.calendar) == []


@pytest.mark.parametrize("order", [("policy", "endorsement"), ("endorsement", "policy")])
async def test_every_clock_of_a_policy_knows_the_day_whichever_is_filed_first(
    desk: Desk, store: Store, push: Push, make: Make, insurer: Caller, order: tuple[str, str]
) -> None:
    made = {"policy": policy(make, "P1"), "endorsement": ending(make, "E1", "P1")}
    for kind in order:
        await push(kind, made[kind])
    assert await days(store, insurer, "P1") == dict.fromkeys(EVERY, CANCELLED)
    await in_accord(desk, store)


async def test_a_clock_that_the_law_learns_of_later_begins_as_cancelled_as_the_others(
    desk: Desk, store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("endorsement", ending(make, "E1", "P1"))
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql(
            f"DELETE FROM clock WHERE insurer = '{insurer.insurer}' AND clock = 'service_done'"
        )
    await push("policy", policy(make, "P1"))
    assert await days(store, insurer, "P1") == dict.fromkeys(EVERY, CANCELLED)
    await in_accord(desk, store)


async def test_a_reinstatement_and_a_voided_cancellation_revive_the_clocks(
    desk: Desk, store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    for number in ("P1", "P2"):
        await push("policy", policy(make, number))
        await push("endorsement", ending(make, f"E-{number}", number))
    await push("endorsement", ending(make, "R1", "P1", "reinstate"))
    await void(desk, insurer, "E-P2", "2026-11-20T08:00:00+08:00")
    assert set((await days(store, insurer, "P1")).values()) == {None}
    assert set((await days(store, insurer, "P2")).values()) == {None}
    await in_accord(desk, store)


async def test_a_cancellation_that_named_the_wrong_policy_moves_to_the_right_one(
    desk: Desk, store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", policy(make, "P1"), policy(make, "P2"))
    await push("endorsement", ending(make, "E1", "P1"))
    await push("endorsement", ending(make, "E1", "P2", revised_at="2026-11-19T20:00:00+08:00"))
    assert set((await days(store, insurer, "P1")).values()) == {None}
    assert set((await days(store, insurer, "P2")).values()) == {CANCELLED}
    await in_accord(desk, store)


async def test_a_cancellation_corrected_into_another_endorsement_cancels_no_longer(
    desk: Desk, store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", policy(make, "P1"))
    await push("endorsement", ending(make, "E1", "P1"))
    later = "2026-11-19T20:00:00+08:00"
    answer = await push("endorsement", ending(make, "E1", "P1", "change_information", revised_at=later))
    assert answer["counts"]["updated"] == 1, answer
    assert set((await days(store, insurer, "P1")).values()) == {None}
    await in_accord(desk, store)


async def test_cancelled_clocks_are_counted_ahead_as_void(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", policy(make, "P1"))
    await push("endorsement", ending(make, "E1", "P1"))
    while await clock_sums.fold(store):
        pass
    async with store.reading(scope_of(insurer)) as tx:
        [pending] = await tx.fetch("SELECT count(*) AS n FROM clock_delta")
        [total] = await clock_sums.figures(tx, Wanted(), (), ageing=(), now=NOW)
        [folded] = await tx.fetch(
            "SELECT coalesce(sum(n), 0)::int AS n FROM clock_sum WHERE grain = $1 AND class = 'void'",
            clock_grains.FINEST,
        )
    assert pending["n"] == 0
    assert total["void"] == folded["n"] > 0


async def test_a_rebuild_finds_a_cancellation_that_the_clocks_have_forgotten(
    desk: Desk, store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", policy(make, "FORGOTTEN"))
    await push("endorsement", ending(make, "E1", "FORGOTTEN"))
    forget = "UPDATE clock SET cancelled_on = {} WHERE subject_key = 'FORGOTTEN'"
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql(forget.format("NULL"))
    assert {difference.table for difference in await rebuild(store, desk.calendar)} == {"clock", "clock_sum"}
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql(forget.format(f"'{CANCELLED}'"))


async def while_held(
    monkeypatch: pytest.MonkeyPatch, module: Any, first: Callable[[], Awaitable[Any]], then: Callable[[], Awaitable[Any]],
    store: Store,
) -> None:  # fmt: skip
    """``first`` is held before its commit, when its clocks are settled, until ``then`` waits for it."""
    settle, held, go_on = module.settle, asyncio.Event(), asyncio.Event()

    async def settle_and_wait(*arguments: Any, **named: Any) -> Any:
        settled = await settle(*arguments, **named)
        if not held.is_set():
            held.set()
            await go_on.wait()
        return settled

    monkeypatch.setattr(module, "settle", settle_and_wait)
    one = asyncio.ensure_future(first())
    await held.wait()
    other = asyncio.ensure_future(then())
    await blocked(store)
    go_on.set()
    await asyncio.gather(one, other)


async def test_a_policy_and_its_cancellation_filed_at_the_same_time_find_each_other(
    desk: Desk, store: Store, push: Push, make: Make, insurer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await while_held(
        monkeypatch,
        clocks,
        lambda: push("policy", policy(make, "P1")),
        lambda: push("endorsement", ending(make, "E1", "P1")),
        store,
    )
    await while_held(
        monkeypatch,
        clock_endings,
        lambda: push("endorsement", ending(make, "E2", "P2")),
        lambda: push("policy", policy(make, "P2")),
        store,
    )
    for number in ("P1", "P2"):
        assert await days(store, insurer, number) == dict.fromkeys(EVERY, CANCELLED)
    await in_accord(desk, store)


async def test_of_two_endings_filed_at_the_same_time_the_later_day_counts(
    desk: Desk, store: Store, push: Push, make: Make, insurer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await push("policy", policy(make, "P1"))
    await while_held(
        monkeypatch,
        clock_endings,
        lambda: push("endorsement", ending(make, "R1", "P1", "reinstate", effective_on="2026-11-19")),
        lambda: push("endorsement", ending(make, "E1", "P1")),
        store,
    )
    assert set((await days(store, insurer, "P1")).values()) == {None}
    await in_accord(desk, store)
