"""HOW do insurers push while everything is killed? Eight of them, each in order, repeating under the same key until answered."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from ajx_gateway.demo.codes import uscc
from ajx_gateway.standard.sample import sample

from .arena import Arena
from .ledger import Acknowledged, Ledger, Sent

BATCH = 8
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
# Answers that promise nothing: the same request is sent again.
_LATER = frozenset({409, 429, 500, 502, 503})


class Insurer:
    """One client: makes its next request, and writes what must follow from it into the ledger's state."""

    def __init__(self, number: int, insurer: str, ledger: Ledger) -> None:
        self.number, self.insurer = number, insurer
        self.state = ledger.state(insurer)
        self.chance = random.Random(number)
        self._turn = 0
        self._policy = sample("policy")
        self._claim = sample("claim")

    def requests(self) -> Iterator[Sent]:
        """New batches mostly; corrections, claims, single puts, documents and voids between them."""
        while True:
            yield self._new()
            yield self._corrected()
            yield self.chance.choice((self._claims, self._put, self._document, self._void))()

    def _sent(
        self, path: str, documents: Any, counts: dict[str, int], *, method: str = "POST", media: str = ""
    ) -> Sent:
        self._turn += 1
        self.state.filings += 1
        raw = isinstance(documents, bytes)
        body = documents if raw else json.dumps(documents, ensure_ascii=False).encode()
        key = f"c{self.number}-{self._turn}"
        return Sent(self.insurer, key, method, path, body, media or "application/json", counts)

    def _made(self, policy_no: str) -> dict[str, Any]:
        fifths = self.chance.randrange(60_000, 75_000)
        premium, fund = f"{fifths * 20 / 100:.2f}", f"{fifths * 3 / 100:.2f}"
        document = copy.deepcopy(self._policy)
        serial = int(policy_no.rpartition("-")[2])
        document["policy_no"] = policy_no
        document["enterprise"]["uscc"] = uscc(f"44060{self.number % 8 + 1}", 100_000 + serial)
        document["premium"] |= {"adjusted": premium, "received": premium}
        document["service_fund"]["amount"] = fund
        document["revised_at"] = (_BEGIN + timedelta(seconds=self._turn)).isoformat()
        self.state.premium[policy_no] = Decimal(premium)
        self.state.versions[policy_no] += 1
        self.state.voided.discard(policy_no)
        return document

    def _some(self, most: int) -> list[str]:
        known = list(self.state.premium)[-200:]
        return self.chance.sample(known, min(most, len(known)))

    def _new(self) -> Sent:
        first = len(self.state.premium)
        made = [self._made(f"S{self.number}-{first + n}") for n in range(BATCH)]
        return self._sent("/v1/policies", made, {"created": BATCH})

    def _corrected(self) -> Sent:
        made = [self._made(policy_no) for policy_no in self._some(BATCH)]
        return self._sent("/v1/policies", made, {"updated": len(made)})

    def _put(self) -> Sent:
        (policy_no,) = self._some(1)
        return self._sent(f"/v1/policies/{policy_no}", self._made(policy_no), {"updated": 1}, method="PUT")

    def _claims(self) -> Sent:
        made = []
        for policy_no in self._some(3):
            claim_no = f"C{self.number}-{len(self.state.claims)}"
            self.state.claims.add(claim_no)
            made.append({**self._claim, "claim_no": claim_no, "policy_no": policy_no})
        return self._sent("/v1/claims", made, {"created": len(made)})

    def _document(self) -> Sent:
        policy_no = f"D{self.number}-{self.state.documents}"
        self.state.documents += 1
        path, media = f"/v1/policies/{policy_no}/document", "application/pdf"
        return self._sent(path, PDF, {"created": 1}, method="PUT", media=media)

    def _void(self) -> Sent:
        (policy_no,) = self._some(1)
        self.state.versions[policy_no] += 1
        self.state.voided.add(policy_no)
        when = (_BEGIN + timedelta(seconds=self._turn)).isoformat()
        return self._sent(
            f"/v1/policies/{policy_no}/void", {"reason": "录入错误", "revised_at": when}, {"updated": 1}
        )


class Client:
    """One connection of one insurer to the gateway that is being killed."""

    def __init__(self, arena: Arena, name: str, ledger: Ledger) -> None:
        self.arena, self.name, self.ledger = arena, name, ledger
        self.http = self._opened()
        self.in_flight = False

    def _opened(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.arena.tokens[self.name]}"}
        return httpx.AsyncClient(base_url=self.arena.base_url, headers=headers, timeout=30, trust_env=False)

    async def until_answered(self, sent: Sent) -> httpx.Response | None:
        """Repeat the request until it is answered; None for an answer that no client should ever see."""
        attempts, pause = 0, 0.02
        while True:
            attempts += 1
            answer = await self.once(sent)
            if answer is not None and answer.status_code == 200:
                self.ledger.seen["attempts"] += attempts
                self.attempts = attempts
                return answer
            if answer is not None and answer.status_code not in _LATER:
                self.ledger.faults.append(f"{sent.key}: answered {answer.status_code} {answer.text[:300]}")
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.4)

    async def once(self, sent: Sent) -> httpx.Response | None:
        self.in_flight = True
        headers = {"Idempotency-Key": sent.key, "Content-Type": sent.media}
        try:
            answer = await self.http.request(sent.method, sent.path, content=sent.body, headers=headers)
        except httpx.TransportError:
            self.ledger.seen["connections broken off"] += 1
            return None
        finally:
            self.in_flight = False
        if answer.status_code != 200:
            self.ledger.seen[f"answered {answer.status_code}"] += 1
        return answer

    async def storm(self, insurer: Insurer, stop: asyncio.Event) -> None:
        """Push until told to stop; every tenth acknowledgement is asked for once more while the storm goes on."""
        for number, sent in enumerate(insurer.requests()):
            answer = await self.until_answered(sent)
            if answer is None:
                break
            replayed = answer.headers.get("Idempotent-Replayed") == "true"
            self.ledger.acknowledge(
                self.name, sent, answer.content, replayed=replayed, attempts=self.attempts
            )
            if number % 10 == 9:
                await self.ask_again(self.ledger.acknowledged[-1])
            if stop.is_set():
                break
        await self.http.aclose()

    async def ask_again(self, kept: Acknowledged) -> None:
        answer = await self.until_answered(kept.sent_again())
        if answer is not None:
            replayed = answer.headers.get("Idempotent-Replayed") == "true"
            self.ledger.compare(kept, answer.content, replayed=replayed)


async def ask_all_again(arena: Arena, ledger: Ledger, *, most: int) -> None:
    """After the storm: (a sample of) what was acknowledged is sent once more."""
    kept = list(ledger.acknowledged)
    if len(kept) > most:
        kept = random.Random(0).sample(kept, most)
    names = {one.name for one in kept}
    await asyncio.gather(
        *(_ask_again(arena, ledger, name, [one for one in kept if one.name == name]) for name in names)
    )


async def _ask_again(arena: Arena, ledger: Ledger, name: str, kept: list[Acknowledged]) -> None:
    asker = Client(arena, name, ledger)
    for one in kept:
        await asker.ask_again(one)
    await asker.http.aclose()
