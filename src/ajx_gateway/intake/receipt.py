"""WHAT is answered? One shape for one item or ten thousand, signed so that it can be verified offline."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import to_json

from ajx_gateway.events import Event
from ajx_gateway.identity import receipts
from ajx_gateway.intake.desk import Answer, Desk, off_loop
from ajx_gateway.standard import Finding
from ajx_gateway.store import filings
from ajx_gateway.store.clocks import Standing
from ajx_gateway.store.database import Transaction

_SHANGHAI = ZoneInfo("Asia/Shanghai")
RESULTS = ("created", "updated", "unchanged", "stale", "rejected")


@dataclass(slots=True)
class ItemResult:
    """What became of one item. ``version`` is None for a rejected one."""

    index: int
    key: str | None
    result: str
    version: int | None
    findings: Sequence[Finding] = ()
    retryable: bool = False
    deadlines: Sequence[Standing] = ()
    findings_total: int = 0

    def as_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "index": self.index,
            "key": self.key,
            "result": self.result,
            "version": self.version,
            "retryable": self.retryable,
            "findings": [finding.as_dict() for finding in self.findings],
            "deadlines": [standing_as_dict(standing) for standing in self.deadlines],
        }
        if self.findings_total > len(self.findings):
            shown["findings_total"] = self.findings_total
        return shown


def standing_as_dict(standing: Standing) -> dict[str, Any]:
    """A clock as insurers see it; ``provisional`` only while the year's calendar is not announced."""
    shown: dict[str, Any] = {
        "clock": standing.clock,
        "due": None if standing.due is None else local(standing.due),
        "state": str(standing.state),
    }
    if standing.provisional:
        shown["provisional"] = True
    return shown


@lru_cache(maxsize=8192)  # due instants are midnights, the same for many records
def local(instant: datetime) -> str:
    """RFC 3339 at +08:00."""
    return instant.astimezone(_SHANGHAI).isoformat()


def items_sha256(items: Sequence[ItemResult]) -> str:
    """The digest a receipt binds: one line ``index,key,result,version`` per item, each ended by LF, in UTF-8."""
    lines = [f"{i.index},{i.key or ''},{i.result},{'' if i.version is None else i.version}\n" for i in items]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def verdict_of(counts: Mapping[str, int]) -> str:
    if not counts["rejected"]:
        return "accepted"
    return "rejected" if counts["rejected"] == sum(counts.values()) else "partial"


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer with what it says in short."""

    filing: filings.Filing
    answer: Answer
    verdict: str
    counts: dict[str, int]


def compose(
    desk: Desk,
    filing: filings.Filing,
    items: Sequence[ItemResult],
    *,
    status: int = 200,
    dry_run: bool = False,
    extra: Mapping[str, object] | None = None,
) -> Composed:
    """The signed answer. A dry run has neither filing number nor receipt."""
    found = Counter(item.result for item in items)
    counts = {name: found[name] for name in RESULTS}
    verdict = verdict_of(counts)
    stated = {
        "standard": filing.standard,
        "rules": filing.rules,
        "received_at": local(filing.received_at),
        "counts": counts,
    }
    receipt = None if dry_run else _receipt(desk, filing, items, {**stated, "verdict": verdict})
    shown: dict[str, object] = {
        "filing": None if dry_run else str(filing.filing_id),
        "verdict": verdict,
        "dry_run": dry_run,
        **stated,
        **(extra or {}),
        "items": [item.as_dict() for item in items],
        "receipt": receipt,
    }
    etag = f'"{items[0].version}"' if len(items) == 1 and items[0].version is not None else None
    return Composed(filing, Answer(status, to_json(shown), etag=etag), verdict, counts)


def _receipt(
    desk: Desk, filing: filings.Filing, items: Sequence[ItemResult], stated: Mapping[str, Any]
) -> str:
    return receipts.seal(
        desk.key,
        {
            "iss": desk.issuer,
            "iat": int(filing.received_at.timestamp()),
            "filing": str(filing.filing_id),
            "kind": filing.kind,
            "insurer": filing.insurer,
            "body_sha256": filing.body_sha256.hex(),
            "items_sha256": items_sha256(items),
            **stated,
        },
    )


async def keep(tx: Transaction, composed: Sequence[Composed], events: Sequence[Event]) -> Answer:
    """Seal filings, answers and events in the transaction; the (first) answer may leave once that has committed."""
    size = sum(len(one.filing.body) for one in composed)
    await filings.seal(tx, await off_loop(size, _sealed, composed, tx.data_key), events)
    return composed[0].answer


def _sealed(composed: Sequence[Composed], data_key: bytes) -> list[filings.Sealed]:
    return [
        filings.sealed(
            one.filing,
            filings.Verdict(one.verdict, one.counts, one.answer.status, one.answer.body, one.answer.etag),
            data_key,
        )
        for one in composed
    ]
