"""The sums say at every moment what the records say, whoever pushes, corrects, voids, folds or dies meanwhile."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from dying import die_before_the_commit, die_waiting
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ajx_gateway.cli import working
from ajx_gateway.errors import Unavailable
from ajx_gateway.identity import Caller, Scope, scope_of, system_scope
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import aggregates, folding, records, rolled
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.measures import MEASURES
from ajx_gateway.store.questions import Figures, Question, Span
from ajx_gateway.store.sources import Filters
from ajx_gateway.store.upserts import Incoming

T0 = datetime(2026, 1, 1, tzinfo=UTC)
INSURERS = ("91440600MA00000A1X", "91440600MA00000B2X", "91341300MA00000C3X")
PLACES = ("440605011", "440605121", "440608004", "440700001", "341302001", "341302999")
TAGS = ("machinery", "dust_ex", "metallurgy")
ROLLED = [
    "policies", "enterprises", "insured_persons", "premium", "premium_adjusted", "sum_insured", "subsidy", "fund_agreed",
    "renewals",
]  # fmt: skip
TABLES = "policy, policy_history, policy_delta, policy_sum, enterprise_month, enterprise_link"
OWNER = system_scope("test")


def drawn(chance: random.Random, insurer: str, number: int, minute: int) -> Incoming:
    """One state of one policy: any month, place, trade, size, tags and enterprise of a few."""
    money = Decimal(chance.randint(0, 10_000_000)) / 100
    record = SimpleNamespace(
        enterprise=SimpleNamespace(
            uscc=f"91440605MA000000{chance.randint(10, 17)}",
            name="虚构五金厂",
            division=chance.choice(PLACES),
            industry=chance.choice(["C3311", "C3399", "C3411", "B0810"]),
            size=chance.choice(["large", "micro", None]),
            sector_tags=[chance.choice(TAGS) for _ in range(chance.randint(0, 3))],
            employee_count=chance.randint(1, 90),
            credit_list=None,
            standardization_level=None,
        ),
        subject=SimpleNamespace(type="enterprise", code=None),
        signed_on=date(2023, 1, 1) + timedelta(days=chance.randint(0, 800)),
        effective_on=date(2023, 1, 1),
        expires_on=date(2024, 1, 1),
        limits=SimpleNamespace(per_person_death=money, per_accident=money, aggregate=money * 100),
        premium=SimpleNamespace(base=money, adjusted=money + 1, received=money, refunded=Decimal("0.07")),
        insured_count=chance.randint(0, 50),
        service_fund=SimpleNamespace(amount=money / 10 // Decimal("0.01") * Decimal("0.01")),
        subsidy=chance.choice([None, SimpleNamespace(amount=Decimal("12.34"))]),
        branch=SimpleNamespace(division="440600"),
        renewal_of=chance.choice([None, "P-old"]),
        migrated=None,
    )
    return Incoming(
        index=number,
        filing_id=uuid.uuid4(),
        ordinal=number,
        record_id=record_id(insurer, "policy", f"P{number}"),
        key=f"P{number}",
        revised_at=T0 + timedelta(minutes=minute),
        content_hash=chance.randbytes(8),
        record=record,
    )


async def push(tx: Transaction, insurer: str, incoming: Sequence[Incoming]) -> None:
    await records.replace(tx, "policy", insurer, incoming, now=T0)


async def void(tx: Transaction, insurer: str, number: int, minute: int) -> None:
    await records.void(
        tx,
        "policy",
        record_id(insurer, "policy", f"P{number}"),
        revised_at=T0 + timedelta(minutes=minute),
        filing_id=uuid.uuid4(),
        now=T0,
    )


def scope(territory: str | None = None, insurer: str | None = None) -> Scope:
    if insurer is not None:
        return scope_of(Caller("i", "insurer", "甲保险（虚构）", insurer=insurer))
    if territory is not None:
        return scope_of(Caller("r", "regulator", "应急管理局（虚构）", territory=territory))
    return OWNER


SCOPES = [
    scope(), scope("44"), scope("4406"), scope("440605"), scope("440605011"), scope("3413"), scope(insurer=INSURERS[0]),
]  # fmt: skip
SPANS = [
    [],
    [Span(date(2023, 1, 1), date(2024, 1, 1))],
    [Span(date(2024, 1, 1), date(2025, 1, 1)), Span(date(2023, 1, 1), date(2024, 1, 1), years=1)],
    [Span(date(2023, 2, 1), date(2023, 3, 1))],
    [Span(date(2023, 4, 1), date(2023, 7, 1)), Span(date(2022, 4, 1), date(2022, 7, 1), years=1)],
    [Span(date(2023, 2, 1), date(2024, 10, 1))],
    [Span(date(2023, 2, 11), date(2024, 10, 17))],
]


def asked(chance: random.Random) -> Question:
    """Any question: up to three dimensions, filters now and then, whole months mostly."""

    def maybe(*values: str) -> str | None:
        return chance.choice([None, None, None, None, *values])

    return Question(
        measures=[MEASURES[name] for name in chance.sample(ROLLED, chance.randint(1, len(ROLLED)))],
        by=tuple(chance.sample(list(aggregates.DIMENSIONS), chance.randint(0, 3))),
        spans=chance.choice(SPANS),
        filters=Filters(
            district=maybe("440605", "341302"),
            town=maybe("440605011"),
            insurer=maybe(*INSURERS),
            sector=maybe(*TAGS),
            industry=maybe("C", "C33", "C3311"),
            size=maybe("large", "micro"),
        ),
        as_of=None,
        today=date(2026, 1, 1),
    )


STANDARD = [
    Question([MEASURES[name] for name in ROLLED], by, spans, Filters(), None, date(2026, 1, 1))
    for by in (
        (),
        ("district",),
        ("month", "city"),
        ("quarter",),
        ("insurer", "year"),
        ("sector",),
        ("town",),
    )
    for spans in (SPANS[0], SPANS[2])
]


def plain(figures: Sequence[Figures]) -> list[Any]:
    """As values are read: what was not said is 0."""
    return [
        (
            {name: value for name, value in one.total.items() if value},
            {key: {n: v for n, v in group.items() if v} for key, group in one.groups.items()},
        )
        for one in figures
    ]


async def agree(tx: Transaction, question: Question) -> None:
    told, exact = await aggregates.figures(tx, question), await aggregates.from_rows(tx, question)
    assert plain(told) == plain(exact), question


async def all_agree(store: Store, chance: random.Random, questions: int) -> None:
    for _ in range(questions):
        async with store.reading(chance.choice(SCOPES)) as tx:
            await agree(tx, chance.choice([asked(chance), chance.choice(STANDARD)]))


async def lattice_agrees(store: Store) -> None:
    """Every grain, not only those that were asked: folded again from the records alone, the sums are the same."""
    async with store.writing(OWNER) as tx:
        await folding.alone(tx)
        while await folding.fold_portion(tx, "public"):
            pass
        folded = await _lattice(tx)
        await tx.fetch("SELECT set_config('role', 'none', true)")
        await tx.fetch("TRUNCATE policy_delta, policy_sum, enterprise_month, enterprise_link")
        await tx.fetch(
            f"INSERT INTO policy_delta (record_id, insurer, sign, {SUMMED})"
            f" SELECT record_id, insurer, 1, {SUMMED} FROM policy WHERE NOT voided"
        )
        while await folding.fold_portion(tx, "public"):
            pass
        assert folded == await _lattice(tx)


SUMMED = (
    "division, signed_on, industry, size, sector_tags, enterprise_uscc, insured_count, premium_received,"
    " premium_refunded, premium_adjusted, aggregate, subsidy_amount, fund_amount, renewal_of"
)


async def _lattice(tx: Transaction) -> list[set[tuple[Any, ...]]]:
    return [
        {tuple(row) for row in await tx.fetch(f"SELECT * FROM {table} WHERE {counts}")}
        for table, counts in (
            ("policy_sum", "policies <> 0 OR premium <> 0"),
            ("enterprise_month", "policies <> 0"),
            ("enterprise_link", "enterprises <> 0"),
        )
    ]


async def clear(store: Store) -> None:
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql(f"TRUNCATE {TABLES}")


@pytest.fixture
async def empty(store: Store) -> Store:
    await clear(store)
    return store


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
async def test_after_every_step_every_question_is_answered_as_from_the_records(
    store: Store, seed: int
) -> None:
    chance = random.Random(seed)
    await clear(store)
    for _ in range(chance.randint(3, 10)):
        await _step(store, chance)
        await all_agree(store, chance, 4)
    await lattice_agrees(store)


async def _step(store: Store, chance: random.Random) -> None:
    """A push of new, corrected, late or repeated states; a void; a fold of a small portion."""
    insurer, minute = chance.choice(INSURERS), chance.randint(0, 500)
    what = chance.random()
    if what < 0.35:
        await folding.fold(store, portion=chance.choice([1, 3, 10_000]))
        return
    async with store.writing(scope(insurer=insurer)) as tx:
        if what < 0.5:
            await void(tx, insurer, chance.randrange(30), minute)
        else:
            numbers = [chance.randrange(30) for _ in range(chance.randint(1, 12))]
            await push(tx, insurer, [drawn(chance, insurer, n, minute + i) for i, n in enumerate(numbers)])


async def test_insurers_push_while_the_folder_runs_and_every_snapshot_agrees(empty: Store) -> None:
    chance, at_work = random.Random(7), asyncio.Event()

    async def pushing(number: int) -> None:
        own = random.Random(number)
        for minute in range(40):
            insurer = INSURERS[number % 3]
            async with empty.writing(scope(insurer=insurer)) as tx:
                if own.random() < 0.2:
                    await void(tx, insurer, own.randrange(60), minute)
                else:
                    keys = own.sample(range(60), 10)
                    await push(tx, insurer, [drawn(own, insurer, key, minute) for key in keys])

    async def folding_away() -> None:
        while not at_work.is_set():
            await folding.fold(empty, portion=17)

    folders = [asyncio.create_task(folding_away()) for _ in range(2)]
    pushers = [asyncio.create_task(pushing(number)) for number in range(6)]
    while not all(pusher.done() for pusher in pushers):
        await all_agree(empty, chance, 2)
    at_work.set()
    await asyncio.gather(*pushers, *folders)
    await all_agree(empty, chance, 30)
    await lattice_agrees(empty)


async def test_a_push_is_in_the_figures_as_soon_as_it_is_acknowledged_and_not_before(empty: Store) -> None:
    question = Question([MEASURES["policies"]], (), SPANS[0], Filters(), None, date(2026, 1, 1))

    async def policies() -> int:
        async with empty.reading(OWNER) as tx:
            return int((await aggregates.figures(tx, question))[0].total.get("policies", 0))

    async with empty.writing(scope(insurer=INSURERS[0])) as tx:
        await push(tx, INSURERS[0], [drawn(random.Random(1), INSURERS[0], n, 0) for n in range(5)])
        assert await policies() == 0
    assert await policies() == 5


@pytest.mark.parametrize("at", ["before the commit", "in the statement"])
async def test_a_folder_killed_in_the_middle_loses_and_doubles_nothing(empty: Store, at: str) -> None:
    chance = random.Random(11)
    async with empty.writing(scope(insurer=INSURERS[0])) as tx:
        await push(tx, INSURERS[0], [drawn(chance, INSURERS[0], n, 0) for n in range(400)])
    await folding.fold(empty, portion=100)
    if at == "before the commit":
        with pytest.raises(Unavailable):
            await die_before_the_commit(empty, _portion)
    else:
        async with empty.writing(OWNER) as held:
            # It comes to the sums and waits there for a row that somebody holds.
            await held.fetch("SELECT * FROM policy_sum FOR UPDATE")
            dying = asyncio.create_task(folding.fold(empty, portion=150))
            await die_waiting(empty)
            with pytest.raises(Unavailable):
                await dying
    await all_agree(empty, chance, 15)
    assert await folding.fold_some(empty, portion=70, portions=100) == 300
    await all_agree(empty, chance, 15)
    await lattice_agrees(empty)


async def _portion(tx: Transaction) -> None:
    await folding.alone(tx)
    assert await folding.fold_portion(tx, "public", 150) == 150


async def test_of_two_folders_one_goes_home(empty: Store) -> None:
    async with empty.writing(scope(insurer=INSURERS[0])) as tx:
        await push(tx, INSURERS[0], [drawn(random.Random(3), INSURERS[0], n, 0) for n in range(3)])
    async with empty.writing(OWNER) as tx:
        await folding.alone(tx)
        assert await folding.fold(empty) == 0
    assert await folding.fold(empty) == 3


async def test_the_sums_answer_what_they_should_and_leave_the_rest_to_the_records(empty: Store) -> None:
    async with empty.writing(scope(insurer=INSURERS[0])) as tx:
        await push(tx, INSURERS[0], [drawn(random.Random(5), INSURERS[0], n, 0) for n in range(50)])
    measures = [MEASURES[name] for name in [*ROLLED, "employees", "claims"]]
    standard = Question(measures, ("city",), SPANS[1], Filters(), None, T0.date())
    told = {
        "all": standard,
        "any month": replace(standard, spans=SPANS[5]),
        "filtered by size": replace(standard, filters=Filters(size="large")),
        "some days": replace(standard, spans=SPANS[6]),
        "the past": replace(standard, as_of=T0),
        "towns of insurers": replace(standard, by=("town", "insurer")),
        "towns of insurers in any month": replace(standard, by=("town", "insurer"), spans=SPANS[5]),
        "one town's insurers": replace(standard, by=("insurer",), filters=Filters(town="440605011")),
    }
    found = {}
    for name, question in told.items():
        async with empty.reading(OWNER) as tx:
            found[name] = await rolled.answer(tx, question, [Figures() for _ in question.spans])
    every, sums = set(ROLLED), set(ROLLED) - {"enterprises"}
    assert found == {
        "all": every,
        "any month": every,
        "filtered by size": sums,
        "some days": set(),
        "the past": set(),
        "towns of insurers": every,
        "towns of insurers in any month": sums,
        "one town's insurers": every,
    }


async def test_a_heap_of_pending_deltas_is_left_to_the_records(
    empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with empty.writing(scope(insurer=INSURERS[0])) as tx:
        await push(tx, INSURERS[0], [drawn(random.Random(5), INSURERS[0], n, 0) for n in range(50)])
    monkeypatch.setattr(rolled, "MOST_PENDING", 0)
    async with empty.reading(OWNER) as tx:
        assert await rolled.answer(tx, STANDARD[0], [Figures()]) == set()
        await agree(tx, STANDARD[0])


async def test_a_policy_that_only_changes_its_words_tells_the_sums_nothing(empty: Store) -> None:
    first = drawn(random.Random(5), INSURERS[0], 1, 0)
    renamed = replace(first, revised_at=T0 + timedelta(days=1), content_hash=b"other")
    async with empty.writing(scope(insurer=INSURERS[0])) as tx:
        await push(tx, INSURERS[0], [first])
        await push(tx, INSURERS[0], [renamed])
        assert len(await tx.fetch("SELECT 1 FROM policy_delta")) == 1


async def test_the_worker_folds(empty: Store) -> None:
    async with empty.writing(scope(insurer=INSURERS[0])) as tx:
        await push(tx, INSURERS[0], [drawn(random.Random(5), INSURERS[0], n, 0) for n in range(50)])
    errand = next(errand for errand in working.ERRANDS if errand.name == "fold_sums")
    await errand.run(empty, T0)
    async with empty.reading(OWNER) as tx:
        assert await tx.fetch("SELECT 1 FROM policy_delta") == []
        rows = await tx.fetch("SELECT sum(policies) AS policies FROM policy_sum WHERE grain = 511")
        assert rows[0]["policies"] == 50


async def test_in_a_storm_the_folder_waits_while_few_are_pending(
    empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(6)

    async def storm(minute: int) -> None:
        async with empty.writing(scope(insurer=INSURERS[0])) as tx:
            states = [drawn(chance, INSURERS[0], 1_000 * minute + n, 0) for n in range(300)]
            await push(tx, INSURERS[0], states)

    async def pending() -> int:
        async with empty.reading(OWNER) as tx:
            return len(await tx.fetch("SELECT 1 FROM policy_delta"))

    monkeypatch.setattr(folding, "STORM", 100)
    monkeypatch.setattr(folding, "PATIENCE", 450)
    await storm(1)
    left = await folding.fold_in_time(empty, 0)
    assert await pending() == 300
    assert left > 100
    await storm(2)
    assert await folding.fold_in_time(empty, left) >= 0  # too many to wait any longer
    assert await pending() == 0
    await storm(3)
    left = await folding.fold_in_time(empty, 0)
    assert await pending() == 300
    await folding.fold_in_time(empty, left)  # the storm is over
    assert await pending() == 0
    await lattice_agrees(empty)
