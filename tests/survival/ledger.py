"""WHAT was acknowledged? A book kept outside the gateway: every acknowledgement, and what the state must be after it."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Sent:
    """One request with the key it is repeated under, and the counts its first result must show."""

    insurer: str
    key: str
    method: str
    path: str
    body: bytes
    media: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An answer that left the gateway: to be given again, byte for byte, to every retry."""

    name: str
    request: Sent
    filing: str
    packed: bytes
    answer: bytes

    def sent_again(self) -> Sent:
        return replace(self.request, body=zlib.decompress(self.packed))


@dataclass
class State:
    """What one insurer must own after its acknowledgements: exact, because its pushes follow one another."""

    premium: dict[str, Decimal] = field(default_factory=dict)
    versions: Counter[str] = field(default_factory=Counter)
    voided: set[str] = field(default_factory=set)
    claims: set[str] = field(default_factory=set)
    documents: int = 0
    filings: int = 0

    def as_row(self) -> dict[str, Any]:
        return {
            "policies": len(self.premium),
            "versions": sum(self.versions.values()),
            "voided": len(self.voided),
            "premium": sum(self.premium.values(), Decimal("0.00")),
            "claims": len(self.claims),
            "documents": self.documents,
            "filings": self.filings,
            "events": self.filings,
        }


class Ledger:
    """Written to a file as each acknowledgement arrives; faults found on the way are kept in words."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")
        self.acknowledged: list[Acknowledged] = []
        self.states: dict[str, State] = {}
        self.seen: Counter[str] = Counter()
        self.faults: list[str] = []

    def state(self, insurer: str) -> State:
        return self.states.setdefault(insurer, State())

    def acknowledge(self, name: str, sent: Sent, answer: bytes, *, replayed: bool, attempts: int) -> None:
        """The first 200 for a key. A clean first result shows exactly the counts that were expected."""
        told = json.loads(answer)
        counts = {result: number for result, number in told["counts"].items() if number}
        if counts != sent.counts:
            self.faults.append(f"{sent.key}: answered {counts}, a clean first result is {sent.counts}")
        self.seen["acknowledged"] += 1
        self.seen["records"] += sum(counts.values())
        self.seen["repeated until answered"] += attempts > 1
        self.seen["committed although the first answer was lost"] += replayed
        digest = hashlib.sha256(answer).digest()
        bare, packed = replace(sent, body=b""), zlib.compress(sent.body, 1)
        self.acknowledged.append(Acknowledged(name, bare, told["filing"], packed, digest))
        line = {"key": sent.key, "insurer": sent.insurer, "filing": told["filing"], "answer": digest.hex()}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def compare(self, kept: Acknowledged, answer: bytes, *, replayed: bool) -> None:
        """A retry of what was acknowledged gets the same bytes, and says that it is a repetition."""
        self.seen["repeated after the answer"] += 1
        if hashlib.sha256(answer).digest() != kept.answer or not replayed:
            self.faults.append(f"{kept.request.key}: a retry was answered otherwise")

    def close(self) -> None:
        self._file.close()
