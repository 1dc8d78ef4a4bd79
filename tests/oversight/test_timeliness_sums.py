"""Clocks counted ahead say at every moment what the clocks say one by one, whoever files, corrects, voids or folds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from shelving import ANAN, BEIAN, CALLERS, Shelf
from ticking import request

from ajx_gateway.deadlines import ClockFact, Due, State
from ajx_gateway.identity import Scope, scope_of, system_scope
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clock_grains, clock_lists, clock_sums, clocks, outages
from ajx_gateway.store.clock_lists import Wanted
from ajx_gateway.store.clocks import Settled
from ajx_gateway.store.database import Store, Transaction

PLACES = ("341302001", "341302002", "341321100", "440605011", "440605", "440600")
CLOCKS = ("policy_upload", "service_done", "claim_result")
NOW = datetime(2024, 6, 1, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER = system_scope("test")
SCOPES = [
    OWNER,
    *(scope_of(CALLERS[name]) for name in ("suzhou", "city", "nanhai", "guicheng", "consultant")),
]
AGEING = (7, 30)


@pytest.fixture
async def empty(store: Store, shelf: Shelf) -> Shelf:
    async with shelf.engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE clock_delta, clock_sum, clock_before")
    return shelf


def drawn(chance: random.Random, number: int) -> tuple[str, Settled]:
    """Any fact about one of a few clocks: started, met, bound otherwise, or all of it."""
    insurer = chance.choice((ANAN, BEIAN))
    start = date(2024, 1, 1) + timedelta(days=chance.randint(0, 130))
    midnight = datetime.combine(start, datetime.min.time(), UTC) - timedelta(hours=8)
    starts = chance.random() < 0.8
    due = None
    if starts and chance.random() < 0.95:
        provisional = chance.random() < 0.2
        due = Due(start + 7 * DAY, midnight + (8 + chance.choice((0, 3, 45, 160))) * DAY, provisional)
    # Nothing is accepted in the future.
    met_at = midnight + chance.choice((1, 6, 8, 20)) * DAY + timedelta(hours=10)
    fact = ClockFact(
        "policy",
        f"P{number}",
        chance.choice(CLOCKS),
        jurisdiction="341300",
        start_on=start if starts else None,
        applicable=chance.choice((True, True, True, None, False)),
        met_at=met_at if chance.random() < 0.5 else None,
        voided=chance.random() < 0.1,
    )
    binding = starts and chance.random() < 0.9
    # More days than a month is soon: such clocks tell their due instant in every grain.
    soon = chance.choice((3, 3, 10, 40))
    return insurer, Settled(fact, PLACES[number % len(PLACES)], due, soon, start if binding else None)


async def act(tx: Transaction, chance: random.Random, minute: int) -> None:
    """One filing: many facts, or a correction that closes clocks, or a void, or an outage."""
    now = datetime(2024, 5, 1, tzinfo=UTC) + timedelta(minutes=minute)
    told = [drawn(chance, chance.randint(0, 30)) for _ in range(chance.randint(1, 20))]
    for insurer in (ANAN, BEIAN):
        await clocks.settle(tx, insurer, [one for whose, one in told if whose == insurer], now=now)
    subjects = [record_id(chance.choice((ANAN, BEIAN)), "policy", f"P{chance.randint(0, 30)}") for _ in "ab"]
    if chance.random() < 0.3:
        await clocks.close_others(tx, [(subjects[0], "policy_upload")], subjects[:1], now=now)
    if chance.random() < 0.2:
        await clocks.void_subject(tx, subjects[1], now=now)
    if chance.random() < 0.2:
        [row] = await tx.fetch("SELECT clock_id, nominal_on, due FROM clock WHERE due IS NOT NULL LIMIT 1")
        await outages.move(tx, [(row["clock_id"], Due(row["nominal_on"], row["due"] + DAY, False))], now=now)


async def except_some(shelf: Shelf, chance: random.Random) -> None:
    """Some policies are cancelled, some of them reinstated; some excuses are upheld."""
    for number in range(31):
        for insurer in (ANAN, BEIAN):
            await shelf.put("policy", f"P{number}", insurer=insurer, division=PLACES[number % len(PLACES)])
        if chance.random() < 0.3:
            on = date(2024, 1, 10) + timedelta(days=chance.randint(0, 140))
            for type_ in ("cancel", "reinstate")[: chance.choice((1, 1, 2))]:
                await shelf.put(
                    "endorsement", f"{type_}{number}", policy_no=f"P{number}", type=type_, effective_on=on
                )
    async with shelf.engine.connect() as connection:
        ids = [row[0] for row in await connection.exec_driver_sql("SELECT clock_id FROM clock")]
    for clock_id in chance.sample(ids, len(ids) // 4):
        decision = chance.choice(("upheld", "dismissed"))
        await request(shelf, clock_id, decision=decision, decided_at=NOW - DAY, decided_by="suzhou-city")


def asked(chance: random.Random) -> tuple[Wanted, tuple[str, ...]]:
    begins, ends = chance.choice(
        [
            (None, None),
            (date(2024, 1, 1), date(2025, 1, 1)),
            (date(2024, 2, 1), date(2024, 5, 1)),
            (date(2024, 2, 11), date(2024, 4, 20)),
        ]
    )
    by = tuple(chance.sample(clock_lists.BY, chance.randint(0, 3)))
    maybe = [None, None, None]
    return Wanted(
        clock=chance.choice([*maybe, *CLOCKS]),
        states=chance.choice([(), (), ("overdue",), ("met", "met_late"), ("void",)]),
        insurer=chance.choice([*maybe, ANAN]),
        district=chance.choice([*maybe, "341302", "440605"]),
        town=chance.choice([*maybe, *maybe, "341302001"]),
        begins=begins,
        ends=ends,
    ), by


def comparable(rows: Sequence[Any], by: Sequence[str]) -> dict[Any, Any]:
    told = ("p50", "p90", *(state.value for state in State))
    keys = [f"by_{name}" for name in by]
    return {(row["is_total"], *(row[k] for k in keys)): {name: row[name] for name in told} for row in rows}


async def same(
    store: Store, scope: Scope, wanted: Wanted, by: Sequence[str], now: datetime = NOW
) -> list[Any]:
    async with store.reading(scope) as tx:
        ahead = await clock_sums.figures(tx, wanted, by, ageing=AGEING, now=now)
        one_by_one = await clock_lists.counts(tx, wanted, by, now=now)
    assert comparable(ahead, by) == comparable(one_by_one, by), (scope.territory, wanted, by, now)
    return ahead


@pytest.mark.parametrize("seed", range(6))
async def test_counted_ahead_is_counted_one_by_one(store: Store, empty: Shelf, seed: int) -> None:
    chance = random.Random(seed)
    for minute in range(25):
        async with store.writing(OWNER) as tx:
            await act(tx, chance, minute)
        if chance.random() < 0.3:
            await clock_sums.fold(store, portion=chance.choice((3, 1000)))
    await except_some(empty, chance)
    for step in range(2):
        for _ in range(25):
            wanted, by = asked(chance)
            # On and around the turn of a month, too: wide grains tell of a due instant no more than its month.
            turn = datetime(2024, chance.randint(6, 9), 1, tzinfo=UTC) - timedelta(hours=8)
            now = chance.choice((NOW, turn, turn - DAY / 86400, turn + chance.randint(0, 40) * DAY))
            await same(store, chance.choice(SCOPES), wanted, by, now)
        async with store.reading(OWNER) as tx:
            assert await clock_sums.miscounted(tx) == []
        if not step:
            while await clock_sums.fold(store):
                pass
    [row] = [row for row in await same(store, OWNER, Wanted(), ()) if row["is_total"]]
    assert row["overdue"] == row["aged_0"] + row["aged_1"] + row["aged_2"]
    assert row["p50"] <= row["p75"] <= row["p90"] <= row["p95"] <= row["max"]


async def test_what_has_run_out_leaves_no_empty_counts_behind(store: Store, empty: Shelf) -> None:
    start = date(2024, 5, 1)
    due = Due(start + 7 * DAY, datetime(2024, 5, 8, 16, 0, tzinfo=UTC), False)
    fact = ClockFact("policy", "P1", "policy_upload", jurisdiction="341300", start_on=start, applicable=True)
    for met_at in (None, datetime(2024, 5, 4, tzinfo=UTC)):
        async with store.writing(OWNER) as tx:
            one = Settled(fact._replace(met_at=met_at), "341302001", due, 3, start)
            await clocks.settle(tx, ANAN, [one], now=datetime(2024, 5, 2, tzinfo=UTC))
        await clock_sums.fold(store)
    async with store.reading(OWNER) as tx:
        left = await tx.fetch("SELECT class, lag, n FROM clock_sum")
    assert {(row["class"], row["lag"], row["n"]) for row in left} == {("met", 3, 1)}


async def test_a_fact_that_changes_nothing_adds_nothing(store: Store, empty: Shelf) -> None:
    chance = random.Random(1)
    told = [one for _, one in (drawn(chance, 7) for _ in range(5))]
    for _ in range(2):
        async with store.writing(OWNER) as tx:
            await clocks.settle(tx, ANAN, told, now=datetime(2024, 5, 2, tzinfo=UTC))
            [first] = await tx.fetch("SELECT count(*) AS n FROM clock_delta")
    async with store.reading(OWNER) as tx:
        [second] = await tx.fetch("SELECT count(*) AS n FROM clock_delta")
    assert first["n"] == second["n"] > 0


async def test_a_miscount_is_found(store: Store, empty: Shelf) -> None:
    async with empty.engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO clock_delta VALUES ('341302001', 'X', '2024-05-01', 'policy_upload', 'met', '-infinity', 0, 3, 1)"
        )
    async with store.reading(OWNER) as tx:
        assert await clock_sums.miscounted(tx) == ["341302001 policy_upload 2024-05"]


@pytest.mark.parametrize("grain", [0, 3, len(clock_grains.GRAINS)])
async def test_a_miscount_of_a_wide_grain_is_found(store: Store, empty: Shelf, grain: int) -> None:
    start = date(2024, 5, 1)
    due = Due(start + 7 * DAY, datetime(2024, 5, 8, 16, 0, tzinfo=UTC), False)
    fact = ClockFact("policy", "P1", "policy_upload", jurisdiction="341300", start_on=start, applicable=True)
    async with store.writing(OWNER) as tx:
        await clocks.settle(tx, ANAN, [Settled(fact, "341302001", due, 3, start)], now=NOW)
    await clock_sums.fold(store)
    async with empty.engine.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE clock_sum SET n = n + 1 WHERE grain = {grain}")
    async with store.reading(OWNER) as tx:
        [found] = await clock_sums.miscounted(tx)
        [row] = await tx.fetch("SELECT division FROM clock_sum WHERE grain = $1", grain)
    assert found.startswith(f"{row['division']} policy_upload 2024-")
