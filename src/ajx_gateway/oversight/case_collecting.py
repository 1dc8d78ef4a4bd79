"""WHICH warnings of accepted filings become findings with a life? Those of the place's list, while they last.

The worker reads the filings in commit order, some at a time, never in a push's own path. A case is about what the
newest state of a record shows: a warning that its sender corrected before it was read never becomes one, and an
open case is cleared when a newer state, or a newer judgement of the same state, no longer shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from ajx_gateway.identity import system_scope
from ajx_gateway.jurisdictions import profile
from ajx_gateway.oversight.shown import local_date
from ajx_gateway.rules import RULES
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import case_collecting as shelf
from ajx_gateway.store.case_collecting import Filed, Standing
from ajx_gateway.store.database import Store, Transaction

_STORED = frozenset({"created", "updated", "unchanged"})
_BY = "gateway"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the last filing that spoke of a record said about its version: the warnings, in their order."""

    kind: str
    key: str
    version: int
    warnings: tuple[Mapping[str, str], ...]


async def collect(store: Store, now: datetime) -> int:
    """Read all that was filed and not read yet; how many filings that were. Twice, or by two workers, is once."""
    async with store.reading(system_scope("find who filed")) as tx:
        insurers = await shelf.insurers(tx)
    filings = 0
    for insurer in insurers:
        while taken := await collect_some(store, insurer, now):
            filings += taken
    return filings


async def collect_some(store: Store, insurer: str, now: datetime) -> int:
    """One page of one insurer's filings, in one transaction with the place where it ends."""
    async with store.writing(system_scope("collect findings")) as tx:
        if not await shelf.ours(tx):
            return 0
        page = await shelf.filed(tx, insurer)
        if page:
            await _settle(tx, insurer, judged(insurer, page), now)
            await shelf.advance(tx, insurer, page[-1].place)
        return len(page)


def judged(insurer: str, page: Iterable[Filed]) -> dict[UUID, Judged]:
    """Per record the judgement of its highest version; of one version the judgement that came last."""
    found: dict[UUID, Judged] = {}
    for filing in page:
        for item in from_json(filing.answer)["items"]:
            if item["result"] not in _STORED:
                continue
            identity = record_id(insurer, filing.kind, item["key"])
            earlier = found.get(identity)
            if earlier is None or earlier.version <= item["version"]:
                warnings = tuple(one for one in item["findings"] if one["severity"] == "warning")
                found[identity] = Judged(filing.kind, item["key"], item["version"], warnings)
    return found


async def _settle(tx: Transaction, insurer: str, found: Mapping[UUID, Judged], now: datetime) -> None:
    known: dict[UUID, list[dict[str, Any]]] = {}
    for case in await shelf.known(tx, insurer, list(found)):
        known.setdefault(case["record_id"], []).append(case)
    concerned = {identity: one for identity, one in found.items() if one.warnings or identity in known}
    standing: dict[UUID, Standing] = {}
    for kind in sorted({one.kind for one in concerned.values()}):
        standing |= await shelf.standings(tx, kind, [i for i, one in concerned.items() if one.kind == kind])
    work = _Work([], [], [], {})
    for identity, one in concerned.items():
        stands = standing.get(identity)
        # A version that is no longer the newest: its successor's filing has spoken already, or will.
        if stands is not None and stands.version == one.version:
            work.compare(insurer, identity, one, stands, known.get(identity, ()), now)
    await shelf.enter(tx, work.new)
    await shelf.reopen(tx, work.again, now)
    await shelf.clear(tx, work.gone, now)
    await shelf.seen_again(tx, work.still)


@dataclass(slots=True)
class _Work:
    """What a page changes in the cases."""

    new: list[dict[str, Any]]
    again: list[dict[str, Any]]
    gone: list[dict[str, Any]]
    still: dict[UUID, int]

    def compare(
        self,
        insurer: str,
        identity: UUID,
        one: Judged,
        stands: Standing,
        known: Iterable[dict[str, Any]],
        now: datetime,
    ) -> None:
        """Bring the cases of one record in line with what its newest state shows."""
        shown = _cases_of(insurer, identity, one, stands, now)
        for case in known:
            row = shown.pop(case["case_id"], None)
            if row is None and case["state"] in ("open", "replied"):
                words = f"第{one.version}版不再有此问题。"
                self.gone.append({**case, "version": one.version, "words": words})
            elif row is not None and case["state"] == "cleared":
                self.again.append({**case, "version": one.version, "words": row["detail"]})
            elif row is not None and case["state"] in ("open", "replied"):
                self.still[case["case_id"]] = one.version
        self.new += shown.values()


def _cases_of(
    insurer: str, identity: UUID, one: Judged, stands: Standing, now: datetime
) -> dict[UUID, dict[str, Any]]:
    """The cases that the record's warnings make under the law of its place on the day it was recorded."""
    if stands.division is None:
        return {}
    on = local_date(stands.recorded_at)
    listed = _listed(stands.division, on)
    found = {}
    for warning in one.warnings:
        if warning["rule"] in listed:
            case_id = case_id_of(insurer, one.kind, one.key, warning["rule"], warning["pointer"])
            found[case_id] = {
                "case_id": case_id,
                "insurer": insurer,
                "jurisdiction": f"{stands.division[:4]}00",
                "division": stands.division,
                "category": "data",
                "origin": "rule",
                "subject_kind": one.kind,
                "subject_key": one.key,
                "record_id": identity,
                "version": one.version,
                "rule": warning["rule"],
                "pointer": warning["pointer"],
                "clause": warning["clause"],
                "title": RULES[warning["rule"]].title if warning["rule"] in RULES else warning["rule"],
                "detail": warning["message"],
                "evidence": [],
                "happened_on": on,
                "raised_at": now,
                "raised_by": _BY,
                "state": "open",
            }
    return found


def case_id_of(insurer: str, kind: str, key: str, rule: str, pointer: str) -> UUID:
    """The same finding about the same record is the same case, whoever finds it and how often."""
    told = "\n".join((insurer, kind, key, rule, pointer))
    return UUID(bytes=hashlib.sha256(told.encode()).digest()[:16])


@lru_cache(maxsize=8192)
def _listed(division: str, on: date) -> frozenset[str]:
    value = profile(division, on).value("quality_case_rules")
    return (
        frozenset(str(rule) for rule in value.value)
        if value and isinstance(value.value, tuple)
        else frozenset()
    )
