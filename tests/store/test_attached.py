"""What is attached to policies counts at every moment as its records say, whichever came first, whoever moves or folds."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ajx_gateway.errors import Unavailable
from ajx_gateway.identity import Caller, Scope, scope_of, system_scope
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import aggregates, attached_folding, attached_sums, records
from ajx_gateway.store.attached_tables import SUMMED
from ajx_gateway.store.columns import PROMOTED
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.measures import MEASURES
from ajx_gateway.store.questions import Figures, Question, Span
from ajx_gateway.store.sources import Filters
from ajx_gateway.store.upserts import Incoming

T0 = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = date(2026, 1, 1)
INSURERS = ("91440600MA00000A1X", "91440600MA00000B2X", "91341300MA00000C3X")
PLACES = ("440605011", "440605121", "440608004", "440600", "440700001", "341302001", "341302999")
TAGS = ("machinery", "dust_ex", "metallurgy")
KINDS = tuple(SUMMED)
DISTINCT = ["enterprises_served", *(f"enterprises_of_{kind}" for kind in KINDS)]
COUNTED = [name for names in SUMMED.values() for name in names] + DISTINCT
TABLES = ", ".join(
    [*PROMOTED, *(f"{kind}_history" for kind in PROMOTED), "policy_delta", "attached_change", "attached_fact", "attached_sum",
     "attached_link"]
)  # fmt: skip
OWNER = system_scope("test")


def _policy(chance: random.Random, _number: int) -> SimpleNamespace:
    money = Decimal(100)
    return SimpleNamespace(
        enterprise=SimpleNamespace(
            uscc=f"91440605MA000000{chance.randint(10, 15)}",
            name="虚构五金厂",
            division=chance.choice(PLACES),
            industry=chance.choice(["C3311", "C3399", "C3411", "B0810"]),
            size=chance.choice(["large", "micro", None]),
            sector_tags=[chance.choice(TAGS) for _ in range(chance.randint(0, 3))],
            employee_count=9,
            credit_list=None,
            standardization_level=None,
        ),
        subject=SimpleNamespace(type="enterprise", code=None),
        signed_on=date(2023, 1, 1),
        effective_on=date(2023, 1, 1),
        expires_on=date(2024, 1, 1),
        limits=SimpleNamespace(per_person_death=money, per_accident=money, aggregate=money),
        premium=SimpleNamespace(base=money, adjusted=money, received=money, refunded=money),
        insured_count=3,
        service_fund=SimpleNamespace(amount=money),
        subsidy=None,
        branch=SimpleNamespace(division="440600"),
        renewal_of=None,
        migrated=None,
    )


def _day(chance: random.Random) -> date:
    return date(2023, 1, 1) + timedelta(days=chance.randint(0, 800))


def _money(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(0, 10_000_000)) / 100


def _noon(chance: random.Random) -> datetime:
    return datetime.combine(_day(chance), datetime.min.time(), UTC) + timedelta(hours=4)


def _endorsement(chance: random.Random) -> dict[str, Any]:
    return {
        "type": chance.choice(["cancel", "change_information"]), "issued_on": _day(chance), "effective_on": _day(chance),
        "new_expires_on": None, "premium_change": -_money(chance), "insured_count_change": None,
    }  # fmt: skip


def _claim(chance: random.Random) -> dict[str, Any]:
    some = {
        name: chance.randint(0, 3) for name in ("deaths", "missing", "serious_injuries", "minor_injuries")
    }
    accident = SimpleNamespace(
        occurred_at=_noon(chance),
        division="440605",
        type="other",
        grade=None,
        direct_loss=_money(chance),
        **some,
    )
    return {
        "state": chance.choice(["reported", "closed"]), "close_result": None, "reported_at": _noon(chance),
        "accident": accident, "reserve": _money(chance), "payments": [SimpleNamespace(amount=_money(chance))],
        "advance_payments": [], "closed_on": None, "settlement_documents_completed_on": None,
    }  # fmt: skip


def _plan(chance: random.Random) -> dict[str, Any]:
    return {
        "state": chance.choice(["assigned", "submitted", "confirmed"]), "agency": None, "items": [],
        "submitted_on": chance.choice([None, _day(chance)]), "confirmed_on": None,
    }  # fmt: skip


def _service(chance: random.Random) -> dict[str, Any]:
    stars = {name: chance.choice([None, 1, 5]) for name in ("attitude", "professionalism", "timeliness")}
    return {
        "plan_no": None, "state": chance.choice(["in_progress", "completed", "confirmed", "cancelled"]),
        "form": "on_site", "started_at": _noon(chance), "division": "440605", "agency": None, "cost": _money(chance),
        "charge_mode": "free", "items": [], "evidence": [],
        "revisit": chance.choice([None, SimpleNamespace(**stars)]),
    }  # fmt: skip


def _hazard(chance: random.Random) -> dict[str, Any]:
    return {
        "service_no": None, "level": chance.choice(["general", "major"]), "category": "electrical",
        "state": chance.choice(["found", "rectified", "closed", "refused"]), "found_on": _day(chance),
        "notified_on": None, "deadline_on": _day(chance), "rectified_on": None, "reviewed_on": None, "refused_on": None,
        "refusal_report": None,
    }  # fmt: skip


def _entry(chance: random.Random) -> dict[str, Any]:
    return {
        "type": chance.choice(["accrual", "spend", "adjustment", "reversal", "reversal"]), "amount": _money(chance),
        "entered_on": _day(chance), "purpose": chance.choice([None, "training"]), "service_no": None,
        "reverses_entry_no": chance.choice([None, f"fund_entry-{chance.randrange(20)}"]),
        "division": chance.choice(PLACES),
    }  # fmt: skip


OWN = {
    "endorsement": _endorsement, "claim": _claim, "service_plan": _plan, "service": _service, "hazard": _hazard,
    "fund_entry": _entry,
}  # fmt: skip


def drawn(chance: random.Random, kind: str, insurer: str, number: int, minute: int) -> Incoming:
    """One state of one record; of a child of any of a few policies, of which some never come."""
    key = f"{kind}-{number}"
    if kind == "policy":
        record = _policy(chance, number)
    else:
        of = None if kind == "fund_entry" and chance.random() < 0.2 else f"policy-{chance.randrange(12)}"
        record = SimpleNamespace(policy_no=of, **OWN[kind](chance))
    return Incoming(
        index=number,
        filing_id=uuid.uuid4(),
        ordinal=number,
        record_id=record_id(insurer, kind, key),
        key=key,
        revised_at=T0 + timedelta(minutes=minute),
        content_hash=chance.randbytes(8),
        record=record,
    )


async def push(tx: Transaction, kind: str, insurer: str, incoming: Sequence[Incoming]) -> None:
    await records.replace(tx, kind, insurer, incoming, now=T0)


async def void(tx: Transaction, kind: str, insurer: str, number: int, minute: int) -> None:
    identity = record_id(insurer, kind, f"{kind}-{number}")
    at = T0 + timedelta(minutes=minute)
    await records.void(tx, kind, identity, revised_at=at, filing_id=uuid.uuid4(), now=T0)


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
    [Span(date(2023, 2, 1), date(2024, 10, 1))],
    [Span(date(2023, 2, 11), date(2024, 10, 17)), Span(date(2022, 2, 11), date(2023, 10, 17), years=1)],
]


def asked(chance: random.Random) -> Question:
    """Any question: up to three dimensions, filters now and then."""

    def maybe(*values: str) -> str | None:
        return chance.choice([None, None, None, None, *values])

    return Question(
        measures=[MEASURES[name] for name in chance.sample(COUNTED, chance.randint(1, 8))],
        by=tuple(chance.sample(list(aggregates.DIMENSIONS), chance.choice([0, 1, 1, 2, 3]))),
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
        today=TODAY,
    )


def plain(figures: Sequence[Figures]) -> list[Any]:
    """As values are read: what was not said is 0."""
    return [
        (
            {name: value for name, value in one.total.items() if value},
            {key: {n: v for n, v in group.items() if v} for key, group in one.groups.items()},
        )
        for one in figures
    ]


async def all_agree(store: Store, chance: random.Random, questions: int) -> None:
    for _ in range(questions):
        who = chance.choice(SCOPES)
        question = asked(chance)
        async with store.reading(who) as tx:
            told, exact = (
                [Figures() for _ in range(max(1, len(question.spans)))],
                await aggregates.from_rows(tx, question),
            )
            # Everything is told of what was counted ahead: nothing falls back on the rows.
            names = {measure.name for measure in question.measures}
            assert await attached_sums.answer(tx, question, question.measures, told) == names
            assert plain(told) == plain(exact), (who, question)


async def counted_right(store: Store) -> None:
    async with store.writing(OWNER) as tx:
        assert await attached_folding.miscounted(tx) == []


async def clear(store: Store) -> None:
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql(f"TRUNCATE {TABLES}")


@pytest.fixture
async def empty(store: Store) -> Store:
    await clear(store)
    return store


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
async def test_after_every_step_every_question_is_answered_as_from_the_records(
    store: Store, seed: int
) -> None:
    chance = random.Random(seed)
    await clear(store)
    for _ in range(chance.randint(4, 12)):
        await _step(store, chance)
        await all_agree(store, chance, 4)
    await counted_right(store)


async def _step(store: Store, chance: random.Random) -> None:
    """A push of new, corrected, late or repeated states of one kind; a void; a fold of a small portion."""
    what = chance.random()
    if what < 0.3:
        await attached_folding.fold(store, portion=chance.choice([1, 3, 10_000]))
        return
    insurer, minute = chance.choice(INSURERS), chance.randint(0, 500)
    kind = chance.choice(["policy", *KINDS])
    async with store.writing(scope(insurer=insurer)) as tx:
        if what < 0.4:
            await void(tx, kind, insurer, chance.randrange(20), minute)
        else:
            numbers = [chance.randrange(20) for _ in range(chance.randint(1, 15))]
            states = [drawn(chance, kind, insurer, n, minute + i) for i, n in enumerate(numbers)]
            await push(tx, kind, insurer, states)


async def test_insurers_push_policies_and_services_while_the_folder_runs_and_every_snapshot_agrees(
    empty: Store,
) -> None:
    chance, at_work = random.Random(7), asyncio.Event()

    async def pushing(number: int) -> None:
        own, insurer = random.Random(number), INSURERS[number % 3]
        for minute in range(15):
            kind = own.choice(["policy", "policy", *KINDS])
            async with empty.writing(scope(insurer=insurer)) as tx:
                if own.random() < 0.15:
                    await void(tx, kind, insurer, own.randrange(30), minute)
                else:
                    keys = own.sample(range(30), 8)
                    await push(tx, kind, insurer, [drawn(own, kind, insurer, key, minute) for key in keys])

    async def folding_away() -> None:
        while not at_work.is_set():
            await attached_folding.fold(empty, portion=7)

    folders = [asyncio.create_task(folding_away()) for _ in range(2)]
    pushers = [asyncio.create_task(pushing(number)) for number in range(4)]
    while not all(pusher.done() for pusher in pushers):
        await all_agree(empty, chance, 2)
    at_work.set()
    await asyncio.gather(*pushers, *folders)
    await all_agree(empty, chance, 15)
    await counted_right(empty)


async def served(store: Store, territory: str) -> dict[str, Any]:
    """What a regulator is told, and that it needed no rows."""
    names = ("services", "enterprises_served")
    question = Question([MEASURES[name] for name in names], (), [], Filters(), None, TODAY)
    figures = [Figures()]
    async with store.reading(scope(territory)) as tx:
        assert await attached_sums.answer(tx, question, question.measures, figures) == set(names)
    return figures[0].total


async def put(store: Store, kind: str, number: int, minute: int = 0, **own: Any) -> None:
    incoming = drawn(random.Random(number), kind, INSURERS[0], number, minute)
    for path, value in own.items():
        part, _, name = path.rpartition("__")
        setattr(getattr(incoming.record, part) if part else incoming.record, name, value)
    async with store.writing(scope(insurer=INSURERS[0])) as tx:
        await push(tx, kind, INSURERS[0], [incoming])


async def test_a_service_that_came_before_its_policy_belongs_to_its_place_as_soon_as_that_is_there(
    empty: Store,
) -> None:
    await put(empty, "service", 1, policy_no="policy-1", state="completed")
    assert await attached_folding.fold(empty) == 1
    assert await served(empty, "440605") == {}
    await put(empty, "policy", 1, enterprise__division="440605011")
    # Nothing was noted by the policy: whoever waits is looked at.
    assert await served(empty, "440605") == {"services": 1, "enterprises_served": 1}
    assert await attached_folding.fold(empty) == 1
    assert await attached_folding.fold(empty) == 0
    assert await served(empty, "440605") == {"services": 1, "enterprises_served": 1}
    await counted_right(empty)


async def test_a_policy_that_moves_takes_its_services_along(empty: Store) -> None:
    await put(empty, "policy", 1, enterprise__division="440605011")
    await put(empty, "service", 1, policy_no="policy-1", state="completed")
    assert await attached_folding.fold(empty) == 1
    await put(empty, "policy", 1, minute=5, enterprise__division="341302001")
    for _ in range(2):
        assert await served(empty, "440605") == {}
        assert await served(empty, "3413") == {"services": 1, "enterprises_served": 1}
        await attached_folding.fold(empty)
    await counted_right(empty)


async def test_a_policy_corrected_in_its_premium_alone_notes_nothing(empty: Store) -> None:
    await put(empty, "policy", 1)
    await put(empty, "policy", 1, minute=5, premium__received=Decimal(7))
    async with empty.reading(OWNER) as tx:
        assert await tx.fetch("SELECT * FROM attached_change") == []


async def _fold_and_die(store: Store) -> None:
    async with store.writing(OWNER) as tx:
        assert await attached_folding.fold_portion(tx, "service", 5)
        tx.raw.terminate()
        await tx.fetch("SELECT 1")


async def test_a_folder_that_dies_before_its_commit_loses_and_doubles_nothing(empty: Store) -> None:
    chance = random.Random(11)
    for kind in ("policy", "service", "fund_entry"):
        async with empty.writing(scope(insurer=INSURERS[0])) as tx:
            await push(tx, kind, INSURERS[0], [drawn(chance, kind, INSURERS[0], n, 0) for n in range(20)])
    with pytest.raises(Unavailable):
        await _fold_and_die(empty)
    await all_agree(empty, chance, 15)
    while await attached_folding.fold(empty, portion=3):
        pass
    await all_agree(empty, chance, 15)
    await counted_right(empty)


async def test_what_is_too_much_to_be_counted_anew_is_counted_from_the_rows(
    empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(empty, "policy", 1, enterprise__division="440605011")
    await put(empty, "service", 1, policy_no="policy-1", state="completed")
    question = Question([MEASURES["services"]], (), [], Filters(), None, TODAY)
    for limit in ("MOST_NOTED", "MOST_ANEW"):
        with monkeypatch.context() as patched:
            patched.setattr(attached_sums, limit, 0)
            async with empty.reading(scope("4406")) as tx:
                assert await attached_sums.answer(tx, question, question.measures, [Figures()]) == set()
                [found] = await aggregates.figures(tx, question)
        assert found.total == {"services": 1}


async def test_many_notes_are_counted_all_at_once(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(13)
    for kind in ("policy", *KINDS):
        for insurer in INSURERS:
            async with empty.writing(scope(insurer=insurer)) as tx:
                await push(tx, kind, insurer, [drawn(chance, kind, insurer, n, 0) for n in range(15)])
    await attached_folding.fold(empty, portion=5)
    monkeypatch.setattr(attached_folding, "MANY", 4)
    assert await attached_folding.fold(empty) > 4 * len(KINDS)
    await all_agree(empty, chance, 15)
    await counted_right(empty)


async def test_what_waits_for_a_policy_elsewhere_is_no_regulators_and_only_its_own_insurers(
    empty: Store,
) -> None:
    await put(empty, "policy", 1, enterprise__division="341302001")
    await put(empty, "service", 1, policy_no="policy-1")
    await put(empty, "service", 2, policy_no="policy-never")
    for folded in (0, 2):
        for who, place, seen in (
            (scope("4406"), "4406", 0),
            (scope("3413"), "3413", 1 - folded // 2),
            (scope(insurer=INSURERS[1]), "", 0),
            (scope(insurer=INSURERS[0]), "", 2 - folded // 2),
            (OWNER, "", 2 - folded // 2),
        ):
            async with empty.reading(who) as tx:
                rows = await tx.fetch("SELECT * FROM attached_noted('service', $1)", place)
            assert len(rows) == seen, (who, folded)
        await attached_folding.fold(empty)


def test_every_measure_of_a_record_attached_to_a_policy_is_counted_ahead_but_what_depends_on_today() -> None:
    of_kinds = {
        name for name, measure in MEASURES.items() if measure.source in SUMMED and measure.how == "sum"
    }
    assert of_kinds - {"hazards_overdue"} == {name for names in SUMMED.values() for name in names}
