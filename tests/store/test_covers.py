"""Covers counted ahead say at every moment what the rows say, whoever pushes, cancels, voids, files, folds or dies."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from dying import die_before_the_commit, die_waiting

from ajx_gateway.cli import working
from ajx_gateway.errors import Unavailable
from ajx_gateway.identity import Caller, Scope, scope_of, system_scope
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import (
    cover_folding,
    cover_lists,
    cover_sums,
    coverage,
    records,
    roster,
    roster_evidence,
)
from ajx_gateway.store.cover_sums import Kept
from ajx_gateway.store.coverage import Asked, Counted, Listing
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.roster import Entry, Filing
from ajx_gateway.store.roster_evidence import Evidence
from ajx_gateway.store.upserts import Incoming

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
INSURERS = ("91440600MA00000A1X", "91440600MA00000B2X")
PLACES = ("440605011", "440605124", "440604011")
TAGS = ("hazchem", "dust_ex", "machinery")
FLOORS = (("440605011", Decimal(500_000)), ("44", Decimal(300_000)))
OWNER = system_scope("test")
CITY = scope_of(Caller("r", "regulator", "应急管理局（虚构）", territory="4406"))
SCOPES = [
    OWNER,
    CITY,
    *(
        scope_of(Caller("r", "regulator", "应急管理局（虚构）", territory=t))
        for t in ("440605", "440605011", "3413")
    ),
]
LISTINGS: tuple[Listing, ...] = ("never_insured", "lapsed", "expiring", "understaffed")


def code(number: int) -> str:
    return f"91440605MA000000{number:02}"


def insurer_scope(insurer: str) -> Scope:
    return scope_of(Caller("i", "insurer", "甲保险（虚构）", insurer=insurer))


def some_day(chance: random.Random) -> date:
    return date(2025, 6, 1) + chance.randint(0, 120) * DAY


def drawn(chance: random.Random, insurer: str, number: int, minute: int, **own: Any) -> Incoming:
    """One state of one policy of one of few enterprises."""
    begins = some_day(chance)
    record = SimpleNamespace(
        enterprise=SimpleNamespace(
            uscc=own.get("uscc", code(chance.randint(10, 29))),
            name="虚构五金厂",
            division=chance.choice((*PLACES, "341302001")),
            industry="C3311",
            size=None,
            sector_tags=[],
            employee_count=chance.choice([3, 9]),
            credit_list=None,
            standardization_level=None,
        ),
        subject=SimpleNamespace(type="enterprise", code=None),
        signed_on=begins - chance.randint(0, 9) * DAY,
        effective_on=own.get("effective_on", begins),
        expires_on=own.get("expires_on", begins + chance.randint(0, 40) * DAY),
        limits=SimpleNamespace(
            per_person_death=chance.choice([Decimal(200_000), Decimal(400_000)]),
            per_accident=Decimal(1_000_000),
            aggregate=Decimal(1_000_000),
        ),
        premium=SimpleNamespace(
            base=Decimal(1), adjusted=Decimal(1), received=Decimal(1), refunded=Decimal(0)
        ),
        insured_count=own.get("insured_count", chance.choice([2, 6])),
        service_fund=SimpleNamespace(amount=Decimal(0)),
        subsidy=None,
        branch=SimpleNamespace(division="440600"),
        renewal_of=None,
        migrated=None,
    )
    return _incoming("policy", insurer, f"P{number}", minute, record, chance)


def ending(chance: random.Random, insurer: str, number: int, minute: int) -> Incoming:
    """A cancellation or a reinstatement of a policy, whether or not that is there."""
    record = SimpleNamespace(
        policy_no=f"P{number}",
        type=chance.choice(["cancel", "cancel", "reinstate", "change_information"]),
        issued_on=date(2025, 6, 1),
        effective_on=some_day(chance),
        new_expires_on=None,
        premium_change=Decimal(0),
        insured_count_change=None,
    )
    return _incoming("endorsement", insurer, f"E{number}-{chance.randint(0, 2)}", minute, record, chance)


def _incoming(kind: str, insurer: str, key: str, minute: int, record: Any, chance: random.Random) -> Incoming:
    return Incoming(
        index=0,
        filing_id=uuid.uuid4(),
        ordinal=0,
        record_id=record_id(insurer, kind, key),
        key=key,
        revised_at=T0 + timedelta(minutes=minute),
        content_hash=chance.randbytes(8),
        record=record,
    )


async def void(tx: Transaction, kind: str, insurer: str, key: str, minute: int) -> None:
    of, at = record_id(insurer, kind, key), T0 + timedelta(minutes=minute)
    await records.void(tx, kind, of, revised_at=at, filing_id=uuid.uuid4(), now=T0)


def entry(number: int, **own: Any) -> Entry:
    values: dict[str, Any] = {
        "uscc": code(number),
        "source": "区名录（虚构）",
        "name": f"虚构企业{number}",
        "division": PLACES[number % 3],
        "address": None,
        "industry": None,
        "sector_tags": (TAGS[number % 3],),
        "employee_count": None,
        "employee_counted_on": None,
        "size": None,
        "effective_from": date(2025, 6, 10),
        "effective_to": None,
    }
    return Entry(**{**values, **own})


async def file(store: Store, entries: Sequence[Entry]) -> None:
    filing = Filing("foshan-city", "4406", "csv", "0" * 64, 1, 0, replace=False)
    async with store.writing(CITY) as tx:
        await roster.file(tx, filing, entries, last_day=date(2025, 6, 1), now=T0, dry_run=False)


PROOF = Evidence(
    uscc=code(12), division=PLACES[0], policy_no="集团保单（虚构）", insurer_name="虚构保险", policyholder_name="虚构集团",
    effective_on=date(2025, 6, 20), expires_on=date(2025, 8, 1), document_sha256="b" * 64, insured_count=None, reason="虚构",
)  # fmt: skip


def added_up(found: Iterable[Counted], kept: Kept, tagged: bool) -> dict[Any, list[int]]:
    """The figures by what is told apart: with the tags the law and, when asked, the place; else the place alone."""

    def code(division: str) -> str:
        law = max(len(prefix) for prefix in kept.prefixes if division.startswith(prefix))
        return division[: kept.digits if not tagged else max(law, kept.digits) if kept.tagged else law]

    sums: dict[Any, list[int]] = {}
    for each in found:
        key = (frozenset(map(code, each.divisions)), each.tags if tagged else None)
        numbers = astuple(each)[2:]
        sums[key] = [a + b for a, b in zip(sums.get(key, [0] * len(numbers)), numbers, strict=True)]
    return sums


async def agree_added_up(tx: Transaction, asked: Asked, kept: Kept) -> None:
    exact, fewer = await coverage.counts(tx, asked), await cover_sums.counts(tx, asked, kept)
    for tagged, found in ((True, fewer.by_law), (kept.tagged, fewer.by_place)):
        assert added_up(found, kept, tagged) == added_up(exact, kept, tagged), (asked, kept)


async def agree(tx: Transaction, chance: random.Random) -> None:
    on = some_day(chance)
    asked = Asked(
        on,
        None,
        on + chance.randint(1, 40) * DAY,
        district=chance.choice([None, None, "440605"]),
        town=chance.choice([None, None, None, *PLACES]),
        sector=chance.choice([None, None, *TAGS]),
        floors=FLOORS,
    )
    told, exact = (await cover_sums.counts(tx, asked)).by_law, await coverage.counts(tx, asked)
    assert len(told) == len(set(told))
    assert set(told) == set(cover_sums.merged((), exact)), asked
    kept = Kept(
        ("", "44", "4406", "440605", "341302999"), chance.choice([0, 4, 6, 9]), chance.choice([True, False])
    )
    await agree_added_up(tx, asked, kept)
    listing = chance.choice(LISTINGS)
    assert await cover_lists.page(tx, asked, listing, None, 7) == await coverage.page(
        tx, asked, listing, None, 7
    )


async def all_agree(store: Store, chance: random.Random, questions: int) -> None:
    for _ in range(questions):
        async with store.reading(chance.choice(SCOPES)) as tx:
            await agree(tx, chance)


async def exact(store: Store) -> None:
    """Every segment and every sum, not only those that were asked."""
    async with store.writing(OWNER) as tx:
        assert await cover_folding.miscounted(tx) == []


async def noted(store: Store) -> int:
    async with store.reading(OWNER) as tx:
        return len(await tx.fetch("SELECT 1 FROM cover_change"))


@pytest.fixture
async def listed(store: Store) -> Store:
    """Twenty enterprises on the roster, one of them with entries in two places, all counted."""
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql(
            "TRUNCATE policy, policy_history, policy_delta, endorsement, endorsement_history, roster_state, roster_filing,"
            " roster_evidence, cover_change, cover_segment, cover_sum"
        )
    twice = entry(10, source="市名录（虚构）", division=PLACES[0])
    await file(store, [*(entry(number) for number in range(10, 30)), twice])
    await cover_folding.fold_some(store)
    assert await noted(store) == 0
    return store


async def write(store: Store, kind: str, *states: Incoming, insurer: str = INSURERS[0]) -> None:
    async with store.writing(insurer_scope(insurer)) as tx:
        await records.replace(tx, kind, insurer, states, now=T0)


async def test_whatever_changes_a_cover_is_noted_and_counted_anew(listed: Store) -> None:
    chance = random.Random(3)
    first = drawn(chance, INSURERS[0], 1, 1, uscc=code(11))
    ended = ending(chance, INSURERS[0], 1, 1)
    ended.record.type = "cancel"
    async with listed.writing(CITY) as tx:
        proof = await roster_evidence.accept(tx, PROOF, by="x", now=T0)
    steps: tuple[tuple[str, Callable[[], Awaitable[None]] | None], ...] = (
        ("evidence", None),
        ("policy", lambda: write(listed, "policy", first)),
        ("another enterprise", lambda: write(listed, "policy", drawn(chance, INSURERS[0], 1, 2, uscc=code(13)))),
        ("cancellation", lambda: write(listed, "endorsement", ended)),
        ("its void", lambda: _voided(listed, "endorsement", ended.key)),
        ("void", lambda: _voided(listed, "policy", "P1")),
        ("a new entry", lambda: file(listed, [entry(30)])),
        ("moved", lambda: file(listed, [entry(14, division=PLACES[1]), entry(15, effective_to=date(2025, 7, 1))])),
        ("a second place", lambda: file(listed, [entry(16, source="市名录（虚构）", division=PLACES[0])])),
        ("withdrawal", lambda: _withdrawn(listed, proof)),
    )  # fmt: skip
    for name, step in steps:
        if step is not None:
            await step()
        assert await noted(listed) > 0, name
        await all_agree(listed, chance, 3)
        await cover_folding.fold_some(listed)
        await all_agree(listed, chance, 3)
        await exact(listed)


async def _voided(store: Store, kind: str, key: str) -> None:
    async with store.writing(insurer_scope(INSURERS[0])) as tx:
        await void(tx, kind, INSURERS[0], key, 99)


async def _withdrawn(store: Store, proof: uuid.UUID) -> None:
    async with store.writing(CITY) as tx:
        assert await roster_evidence.withdraw(tx, PROOF.uscc, proof, by="x", reason="虚构", now=T0)


async def test_every_day_around_the_turn_of_a_year_is_told_whatever_is_told_apart(listed: Store) -> None:
    chance, first = random.Random(13), date(2025, 12, 8)
    states = [
        drawn(chance, INSURERS[0], number, 0, effective_on=first + chance.randint(-20, 30) * DAY,
              expires_on=first + chance.randint(0, 60) * DAY)
        for number in range(60)
    ]  # fmt: skip
    await write(listed, "policy", *(replace(state, index=index) for index, state in enumerate(states)))
    await cover_folding.fold_some(listed)
    prefixes = ("", "44", "4406", "440605")
    for scope, kept in (
        (OWNER, Kept(prefixes, 0)),
        (CITY, Kept(prefixes, 0)),
        (CITY, Kept(prefixes, 9, False)),
    ):
        async with listed.reading(scope) as tx:
            for number in range(105):
                on = first + number * DAY
                await agree_added_up(tx, Asked(on, None, on, floors=FLOORS), kept)


async def test_what_changes_no_cover_is_not_noted(listed: Store) -> None:
    chance = random.Random(4)
    first = drawn(chance, INSURERS[0], 1, 1)
    await write(listed, "policy", first)
    await cover_folding.fold_some(listed)
    renamed = replace(first, revised_at=T0 + DAY, content_hash=b"other")
    worded = ending(chance, INSURERS[0], 1, 1)
    worded.record.type = "change_information"
    await write(listed, "policy", renamed)
    await write(listed, "endorsement", worded)
    await file(listed, [entry(number) for number in range(10, 30)])
    assert await noted(listed) == 0


async def test_insurers_push_while_two_folders_run_and_every_snapshot_agrees(listed: Store) -> None:
    chance, at_work = random.Random(7), asyncio.Event()

    async def pushing(number: int) -> None:
        own, insurer = random.Random(number), INSURERS[number % 2]
        for minute in range(25):
            what = own.random()
            async with listed.writing(insurer_scope(insurer)) as tx:
                if what < 0.15:
                    await void(tx, "policy", insurer, f"P{own.randrange(40)}", minute)
                elif what < 0.4:
                    endings = [ending(own, insurer, own.randrange(40), minute)]
                    await records.replace(tx, "endorsement", insurer, endings, now=T0)
                else:
                    keys = own.sample(range(40), 6)
                    states = [
                        replace(drawn(own, insurer, key, minute), index=i) for i, key in enumerate(keys)
                    ]
                    await records.replace(tx, "policy", insurer, states, now=T0)

    async def filing() -> None:
        for number in range(10):
            place, until = PLACES[number % 2], date(2025, 7, 1) + number * DAY
            await file(listed, [entry(10 + number, division=place, effective_to=until)])

    async def folding_away() -> None:
        while not at_work.is_set():
            await cover_folding.fold(listed, portion=7)

    folders = [asyncio.create_task(folding_away()) for _ in range(2)]
    writers = [asyncio.create_task(pushing(number)) for number in range(4)] + [asyncio.create_task(filing())]
    while not all(writer.done() for writer in writers):
        await all_agree(listed, chance, 2)
    at_work.set()
    await asyncio.gather(*writers, *folders)
    await all_agree(listed, chance, 20)
    await exact(listed)


@pytest.mark.parametrize("at", ["before the commit", "in the statement"])
async def test_a_folder_killed_in_the_middle_loses_and_doubles_nothing(listed: Store, at: str) -> None:
    chance = random.Random(11)
    await write(listed, "policy", *(replace(drawn(chance, INSURERS[0], n, 0), index=n) for n in range(60)))
    before = await noted(listed)
    if at == "before the commit":
        with pytest.raises(Unavailable):
            await die_before_the_commit(listed, _portion)
    else:
        async with listed.engine.connect() as held:
            # It comes to the sums and waits there for whoever holds them.
            await held.exec_driver_sql("LOCK TABLE cover_sum IN SHARE MODE")
            dying = asyncio.create_task(cover_folding.fold(listed, portion=40))
            await die_waiting(listed)
            with pytest.raises(Unavailable):
                await dying
    assert await noted(listed) == before
    await all_agree(listed, chance, 10)
    assert await cover_folding.fold_some(listed, portion=25) == before
    await all_agree(listed, chance, 10)
    await exact(listed)


async def _portion(tx: Transaction) -> None:
    await cover_folding.alone(tx)
    assert await cover_folding.fold_portion(tx, "public", 40) == 40


async def test_of_two_folders_one_goes_home(listed: Store) -> None:
    await write(listed, "policy", drawn(random.Random(3), INSURERS[0], 1, 0))
    async with listed.writing(OWNER) as tx:
        await cover_folding.alone(tx)
        assert await cover_folding.fold(listed) == 0
    assert await cover_folding.fold(listed) == 1


async def test_the_worker_folds(listed: Store) -> None:
    await write(listed, "policy", drawn(random.Random(5), INSURERS[0], 1, 0))
    errand = next(errand for errand in working.ERRANDS if errand.name == "fold_covers")
    await errand.run(listed, T0)
    assert await noted(listed) == 0
    await exact(listed)


@pytest.mark.parametrize("most", ["MOST_NOTED", "MOST_ANEW"])
async def test_when_too_many_are_noted_all_are_counted_from_the_rows(
    listed: Store, monkeypatch: pytest.MonkeyPatch, most: str
) -> None:
    chance = random.Random(8)
    await write(listed, "policy", *(replace(drawn(chance, INSURERS[0], n, 0), index=n) for n in range(30)))
    monkeypatch.setattr(cover_sums, most, 0)
    async with listed.reading(CITY) as tx:
        assert await cover_sums.anew(tx, Asked(some_day(chance), None, some_day(chance))) is None
    await all_agree(listed, chance, 10)


async def test_what_came_and_went_leaves_no_empty_sums(listed: Store) -> None:
    async def kept() -> list[Any]:
        async with listed.reading(OWNER) as tx:
            return [tuple(row) for row in await tx.fetch("SELECT * FROM cover_sum ORDER BY 1, 2, 3, 4, 5, 6")]

    before = await kept()
    await write(listed, "policy", drawn(random.Random(5), INSURERS[0], 1, 0, uscc=code(11)))
    await cover_folding.fold_some(listed)
    assert await kept() != before
    await _voided(listed, "policy", "P1")
    await cover_folding.fold_some(listed)
    assert await kept() == before


async def test_a_miscount_is_found(listed: Store) -> None:
    wrong = {
        "UPDATE cover_sum SET insured = insured + 1 WHERE level = 2": [
            f"{p} 2025-06-10" for p in sorted(PLACES)
        ],
        # The years of the cities.
        "UPDATE cover_sum SET persons = persons + 1 WHERE level = 6": sorted(
            f"{place} 2025-01-01" for place in {f"{p[:4]}00" for p in PLACES}
        ),
        f"DELETE FROM cover_segment WHERE enterprise_uscc = '{code(10)}'": [code(10)],
    }
    for statement, told in wrong.items():
        async with listed.engine.begin() as connection:
            await connection.exec_driver_sql(statement)
        async with listed.writing(OWNER) as tx:
            assert (await cover_folding.miscounted(tx))[: len(told)] == told
        async with listed.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE cover_sum SET insured = 0 WHERE level = 2")
