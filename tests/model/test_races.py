"""Sixteen clients at once, the same records in any order: always the state of a serial order by ``revised_at``."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ajx_gateway import errors, standard
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.intake import documents as policy_documents
from ajx_gateway.intake import submit, voiding
from ajx_gateway.intake.desk import Answer, Desk
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store.database import Store

from . import documents as made
from .reference import Document, content_hash, key_of

CLIENTS, ROUNDS = 16, 5
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
INSURER = Caller("insurer-races", "insurer", "示例保险（虚构）", insurer="91440600RACES00001")
_POLICIES = [f"P{n}" for n in range(12)]

Job = Callable[[datetime], Coroutine[Any, Any, Answer]]


@pytest.fixture(scope="module")
async def desk(database_url: str) -> AsyncIterator[Desk]:
    store = Store(database_url, data_key=b"k" * 32, pool_size=CLIENTS, pool_timeout=30)
    yield Desk(
        store=store, key=SigningKey.generate(), calendar=Calendar.load(None), issuer="https://ajx.test"
    )
    await store.close()


class Round:
    """What sixteen clients do at once: each a few filings, all about the same few records."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance, self.seed = desk, random.Random(seed), seed
        self.sent = 0
        self.accepted: dict[tuple[str, str], list[tuple[datetime, Document | None]]] = defaultdict(list)
        self.results: Counter[str] = Counter()
        self.batches: dict[str, list[list[Document]]] = defaultdict(list)
        self.late_voids: list[tuple[str, str, datetime]] = []

    def key(self) -> str:
        self.sent += 1
        return f"r{self.seed}-{self.sent}"

    def named(self, name: str) -> str:
        """Each round has records of its own, so that each begins with races to create."""
        return f"{name}-{self.seed}"

    def document(self, kind: str) -> Document:
        chance, tick = self.chance, self.chance.randrange(made.TICKS)
        policy_no = self.named(chance.choice(_POLICIES))
        makers: dict[str, Callable[[str], Document]] = {
            "policy": lambda _: made.policy(
                policy_no,
                tick,
                chance.randrange(3),
                chance.randrange(3),
                chance.randrange(3),
                chance.randrange(20, 30),
            ),
            "claim": lambda key: made.claim(key, tick, policy_no, chance.randrange(3), chance.randrange(3)),
            "endorsement": lambda key: made.endorsement(
                key,
                tick,
                chance.choice(["cancel", "reinstate", "extend_period"]),
                policy_no,
                chance.randrange(17, 20),
            ),
            "service": lambda key: made.service(key, tick, policy_no, chance.randrange(3)),
            "service_plan": lambda key: made.plan(key, tick, policy_no, chance.randrange(3)),
            "fund_entry": lambda key: made.fund_entry(
                key, tick, policy_no, chance.random() < 0.5, chance.randrange(9)
            ),
        }
        return makers[kind](self.named(f"{kind}{chance.randrange(8)}"))

    def push(self) -> Job:
        kind = self.chance.choice(
            ["policy", "policy", "claim", "endorsement", "service", "service_plan", "fund_entry"]
        )
        batch = [self.document(kind) for _ in range(self.chance.randrange(1, 25))]
        if self.batches[kind] and self.chance.random() < 0.25:
            batch = self.chance.choice(self.batches[kind])  # the same records again, under a key of their own
        self.batches[kind].append(batch)
        key, body, atomic = self.key(), json.dumps(batch).encode(), self.chance.random() < 0.1

        async def job(now: datetime) -> Answer:
            answer = await submit.submit(
                self.desk, INSURER, standard.KINDS[kind], body,
                media="json", key=key, version=standard.CURRENT, now=now, atomic=atomic,
            )  # fmt: skip
            for document, item in zip(batch, json.loads(answer.body)["items"], strict=True):
                self.results[item["result"]] += 1
                if item["result"] != "rejected":
                    self._accept(kind, key_of(kind, document), document["revised_at"], document)
            return answer

        return job

    def void(self) -> Job:
        """Now and then at the very instant of a push: whichever comes first stands, the other is refused."""
        kind, key = "policy", self.named(self.chance.choice(_POLICIES))
        between = timedelta(minutes=self.chance.choice([0, 30]))
        revised_at = made.revised_at(self.chance.randrange(18, made.TICKS)) + between
        body = json.dumps({"reason": "重复录入", "revised_at": revised_at.isoformat()}).encode()
        name = self.key()

        async def job(now: datetime) -> Answer:
            answer = await voiding.void(
                self.desk,
                INSURER,
                standard.KINDS[kind],
                key,
                body,
                key=name,
                version=standard.CURRENT,
                now=now,
            )
            result = json.loads(answer.body)["items"][0]["result"]
            self.results[f"void {result}"] += 1
            if result == "updated":
                self._accept(kind, key, revised_at.isoformat(), None)
            elif result == "stale":
                self.late_voids.append((kind, key, revised_at))
            return answer

        return job

    def file_document(self) -> Job:
        policy_no, name = self.named(self.chance.choice(_POLICIES)), self.key()
        body = b"%%PDF-1.7 %d\n%%%%EOF" % self.chance.randrange(3)

        async def job(now: datetime) -> Answer:
            return await policy_documents.file_document(
                self.desk, INSURER, policy_no, body, media_type="application/pdf", key=name, now=now
            )

        return job

    def _accept(self, kind: str, key: str, revised_at: str, document: Document | None) -> None:
        self.accepted[kind, key].append((datetime.fromisoformat(revised_at), document))

    def jobs(self) -> list[Job]:
        made_ = [self.push] * 8 + [self.void, self.file_document]
        return [self.chance.choice(made_)() for _ in range(5)]

    async def client(self, number: int) -> None:
        """One filing after the other, some of them sent twice at the same moment; its clock is a little off."""
        skew = timedelta(microseconds=number + 20_000 * (number % 3))
        for turn, job in enumerate(self.jobs()):
            now = NOW + skew + timedelta(seconds=self.seed, milliseconds=turn)
            twice = self.chance.random() < 0.2
            told = await asyncio.gather(*(job(now) for _ in range(1 + twice)), return_exceptions=True)
            answers = [one for one in told if not isinstance(one, BaseException)]
            for refusal in told:
                if isinstance(refusal, errors.NotFound):
                    self.results["void of nothing"] += 1  # its twin may find the record a moment later
                elif isinstance(refusal, BaseException):
                    raise refusal
            assert len({answer.body for answer in answers}) <= 1
            assert sum(not answer.replayed for answer in answers) == min(1, len(answers))
            assert {answer.status for answer in answers} <= {200, 422}
            self.results["answers"] += len(answers)

    def expected(self) -> dict[tuple[str, str], dict[datetime, bytes]]:
        """Per record the accepted states by ``revised_at``; one instant has one content, b"" for a void."""
        found: dict[tuple[str, str], dict[datetime, bytes]] = {}
        for (kind, key), states in self.accepted.items():
            for revised_at, document in states:
                content = b"" if document is None else content_hash(kind, document)
                before = found.setdefault((kind, key), {}).setdefault(revised_at, content)
                assert before == content, f"two contents of {kind} {key} at {revised_at} were accepted"
        return found


Rows = dict[tuple[str, str], list[Any]]


async def stored(desk: Desk, subjects: Collection[tuple[str, str]]) -> tuple[Rows, Rows]:
    """The current rows of these records, and the rows of their histories."""
    found: tuple[Rows, Rows] = defaultdict(list), defaultdict(list)
    async with desk.store.reading(system_scope("look at the races")) as tx:
        for kind in {kind for kind, _ in subjects}:
            ids = [record_id(INSURER.insurer or "", kind, key) for of, key in subjects if of == kind]
            for rows, table in zip(found, (kind, f"{kind}_history"), strict=True):
                for row in await tx.fetch(f"SELECT * FROM {table} WHERE record_id = ANY($1::uuid[])", ids):
                    rows[kind, row["key"]].append(row)
    return found


async def test_sixteen_clients_leave_the_state_of_a_serial_order_and_a_rebuild_agrees(desk: Desk) -> None:
    counted: Counter[str] = Counter()
    for seed in range(ROUNDS):
        round_ = Round(desk, seed)
        await asyncio.gather(*(round_.client(number) for number in range(CLIENTS)))
        expected = round_.expected()
        currents, histories = await stored(desk, expected)
        for subject, states in expected.items():
            (current,), history = currents[subject], histories[subject]
            last = max(states)
            assert (current["revised_at"], current["voided"]) == (last, states[last] == b""), subject
            if states[last]:
                assert current["content_hash"] == states[last], subject
            kept = {row["revised_at"]: b"" if row["voided"] else row["content_hash"] for row in history}
            assert kept == states, subject
            versions = sorted(row["version"] for row in history if row["version"] is not None)
            assert versions == list(range(1, current["version"] + 1)), subject
            counted["records"] += 1
        for kind, key, revised_at in round_.late_voids:
            assert max(expected[kind, key]) > revised_at, "a void was called late against an older state"
        counted += round_.results
    print(f"\nraces: {dict(sorted(counted.items()))}")
    for result in ("created", "updated", "stale", "rejected", "void updated", "void stale"):
        assert counted[result] > 0, result
    assert await rebuild(desk.store, desk.calendar) == []
