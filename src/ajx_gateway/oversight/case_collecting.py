"""WHICH warnings become findings with a life? Those of the place's list, while the newest state of a record shows them.

The worker reads the filings in commit order, some at a time, never in a push's own path. A case is about what the
newest state of a record shows: a warning that its sender corrected before it was read never becomes one, and an
open case is cleared when a newer state, or a newer judgement of the same state, no longer shows it.

What a filing was answered is believed where nothing but the record itself decides. Where other records matter the
record is put down and judged again as everything stands (``case_judging``), and so is everything that refers to a
record that has changed: whichever of two records came first, or was corrected last, the findings are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from ajx_gateway.identity import system_scope
from ajx_gateway.jurisdictions import Law, law, profile
from ajx_gateway.oversight.shown import local_date
from ajx_gateway.rules import RULES
from ajx_gateway.standard import Finding
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import case_again
from ajx_gateway.store import case_collecting as shelf
from ajx_gateway.store.case_again import Changed, Itself
from ajx_gateway.store.case_collecting import Filed, Standing
from ajx_gateway.store.cases import UNDECIDED
from ajx_gateway.store.database import Store, Transaction

_STORED = frozenset({"created", "updated", "unchanged", "stale"})
_CHANGED = frozenset({"created", "updated"})
_BY = "gateway"
_LIST = "quality_case_rules"


async def collect_some(store: Store, insurer: str, now: datetime) -> int:
    """One page of one insurer's filings, in one transaction with the place where it ends; how many they were."""
    async with store.pushing(system_scope("collect findings")) as tx:
        page = await shelf.filed(tx, insurer) if await shelf.ours(tx) else None
        if page is None:
            return 0
        told = _told(insurer, page.filings)
        await _settle(tx, insurer, told, now)
        for kind in sorted({one.kind for one in told.values()}):
            changed = [
                Changed(identity, one.changed, one.at)
                for identity, one in told.items()
                if one.kind == kind and one.changed is not None
            ]
            await case_again.follow(tx, kind, changed, now)
        await shelf.advance(tx, insurer, page)
        return len(page.filings)


class Warned(msgspec.Struct, gc=False):
    """A finding on a record, as far as a case is about it."""

    rule: str
    severity: str
    pointer: str
    message: str
    clause: str


class _Item(msgspec.Struct, gc=False):
    """What an answer says of one record, as far as it matters here."""

    result: str
    key: str | None
    version: int | None
    findings: list[Warned]


class _Answer(msgspec.Struct):
    items: list[_Item]


_ANSWER = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True)
class Judged:
    """A record's version and the warnings about it that some place follows, in their order."""

    kind: str
    key: str
    version: int
    warnings: tuple[Warned, ...]


@dataclass(slots=True)
class _Told:
    """What a page's filings say of one record: the last word on its highest version, and what changed.

    ``doubtful``: that word must not be believed, for the state was stored before, or not judged with all that is known.
    ``changed`` is the first version that is new, if any is; ``at`` when the last of them was received.
    """

    kind: str
    judged: Judged
    at: datetime
    doubtful: bool
    changed: int | None


def _told(insurer: str, page: Iterable[Filed]) -> dict[UUID, _Told]:
    found: dict[UUID, _Told] = {}
    for filing in page:
        for item in _ANSWER.decode(filing.answer).items:
            key, version = item.key, item.version
            if item.result not in _STORED or key is None or version is None:
                continue
            identity, changed = record_id(insurer, filing.kind, key), item.result in _CHANGED
            told = _Told(
                filing.kind,
                Judged(filing.kind, key, version, followed(item.findings)),
                filing.received_at,
                filing.unseen or not changed,
                version if changed else None,
            )
            earlier = found.get(identity)
            if earlier is not None:
                told.doubtful = told.doubtful or earlier.doubtful
                told.changed = min(
                    (v for v in (earlier.changed, told.changed) if v is not None), default=None
                )
                told.at = max(earlier.at, told.at)
                if earlier.judged.version > version:
                    told.judged = earlier.judged
            found[identity] = told
    return found


async def _settle(tx: Transaction, insurer: str, told: Mapping[UUID, _Told], now: datetime) -> None:
    """Believe the answers where the record alone decides; put the others down."""
    found = {identity: one.judged for identity, one in told.items()}
    known = await _known(tx, insurer, found)
    again = {
        identity
        for identity, one in told.items()
        if (one.doubtful and (one.changed is not None or one.judged.warnings or identity in known))
        or any(_linked(warning.rule) for warning in one.judged.warnings)
        or any(_linked(case["rule"]) and case["state"] in UNDECIDED for case in known.get(identity, ()))
    }
    await case_again.put(tx, [Itself(found[i].kind, insurer, found[i].key) for i in sorted(again)], now)
    await compare(tx, insurer, {i: one for i, one in found.items() if i not in again}, known, now)


async def _known(tx: Transaction, insurer: str, found: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    known: dict[UUID, list[dict[str, Any]]] = {}
    for case in await shelf.known(tx, insurer, list(found)):
        known.setdefault(case["record_id"], []).append(case)
    return known


def followed(findings: Iterable[Warned | Finding]) -> tuple[Warned, ...]:
    """The warnings that are on the list of any place; the others never become a case."""
    anywhere = _anywhere(law())
    return tuple(
        Warned(one.rule, one.severity, one.pointer, one.message, one.clause)
        for one in findings
        if one.severity == "warning" and one.rule in anywhere
    )


def _linked(rule: str) -> bool:
    """Does the rule look at other records, and is it on the list of any place?"""
    return rule in _anywhere(law()) and rule in RULES and RULES[rule].linked


@lru_cache(maxsize=8)
def _anywhere(found: Law) -> frozenset[str]:
    lists = [
        value.value
        for place in found.jurisdictions.values()
        for value in place.values
        if value.name == _LIST and isinstance(value.value, tuple)
    ]
    return frozenset(str(rule) for rules in lists for rule in rules)


async def compare(
    tx: Transaction,
    insurer: str,
    found: Mapping[UUID, Judged],
    known: Mapping[UUID, list[dict[str, Any]]] | None,
    now: datetime,
) -> None:
    """Bring the cases about these records in line with what their newest states show."""
    known = await _known(tx, insurer, found) if known is None else known
    concerned = {identity: one for identity, one in found.items() if one.warnings or identity in known}
    standing: dict[UUID, Standing] = {}
    for kind in sorted({one.kind for one in concerned.values()}):
        standing |= await shelf.standings(tx, kind, [i for i, one in concerned.items() if one.kind == kind])
    work = _Work([], [], [], [], [], {})
    for identity, one in concerned.items():
        stands = standing.get(identity)
        # A version that is no longer the newest: its successor's filing has spoken already, or will.
        if stands is not None and stands.version == one.version:
            work.compare(insurer, identity, one, stands, known.get(identity, ()), now)
    await shelf.enter(tx, work.new)
    await shelf.reopen(tx, work.again, now)
    await shelf.clear(tx, work.gone, now)
    await shelf.corrected(tx, work.corrected, now)
    await shelf.recurred(tx, work.recurred, now)
    await shelf.seen_again(tx, work.still)


@dataclass(slots=True)
class _Work:
    """What a page changes in the cases."""

    new: list[dict[str, Any]]
    again: list[dict[str, Any]]
    gone: list[dict[str, Any]]
    corrected: list[dict[str, Any]]
    recurred: list[dict[str, Any]]
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
            if row is None:
                self._not_shown(
                    {**case, "version": one.version, "words": f"第{one.version}版不再有此问题。"}, case
                )
            else:
                self._shown({**case, "version": one.version, "words": row["detail"]}, case)
        self.new += shown.values()

    def _not_shown(self, told: dict[str, Any], case: Mapping[str, Any]) -> None:
        if case["state"] in ("open", "replied"):
            self.gone.append(told)
        elif case["state"] == "proposed" and case["corrected_in"] is None:
            self.corrected.append(told)

    def _shown(self, told: dict[str, Any], case: Mapping[str, Any]) -> None:
        if case["state"] == "cleared":
            self.again.append(told)
        elif case["state"] in ("open", "replied"):
            self.still[case["case_id"]] = told["version"]
        elif case["state"] == "proposed" and case["corrected_in"] is not None:
            self.recurred.append(told)


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
        if warning.rule in listed:
            case_id = case_id_of(insurer, one.kind, one.key, warning.rule, warning.pointer)
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
                "rule": warning.rule,
                "pointer": warning.pointer,
                "clause": warning.clause,
                "title": RULES[warning.rule].title if warning.rule in RULES else warning.rule,
                "detail": warning.message,
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
    value = profile(division, on).value(_LIST)
    return (
        frozenset(str(rule) for rule in value.value)
        if value and isinstance(value.value, tuple)
        else frozenset()
    )
