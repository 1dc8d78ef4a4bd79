"""WHAT follows from records that changed? Clocks that start, are met, or no longer apply."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from ajx_gateway.aside import FEW, aside
from ajx_gateway.deadlines import Calendar, ClockFact, Due, Outage, arising, clock_due, spec_of
from ajx_gateway.intake import claim_places
from ajx_gateway.intake.claim_places import Filed, Places
from ajx_gateway.standard import Item
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clock_endings, clocks
from ajx_gateway.store.clocks import Settled, Standing
from ajx_gateway.store.columns import place
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.records import Outcome


async def settle(
    tx: Transaction,
    dated: Dating,
    kind: str,
    insurer: str,
    items: Mapping[int, Item],
    outcomes: Mapping[int, Outcome],
    *,
    now: datetime,
    replayed: bool = False,
) -> dict[int, list[Standing]]:
    """Settle the clocks of every changed record; returns the clocks each stored item speaks of, as they stand after it.

    A replay of old filings (``replayed``) holds nobody off, as a push does, and is not answered.

    ``items`` are the stored ones under the numbers of their outcomes. A state that came late speaks as well: what
    it started or met, it did when it was received.
    """
    places = await _places(tx, kind, insurer, items, outcomes, locked=not replayed)
    told = await aside(len(items) > FEW, _told, kind, insurer, items, outcomes, places.known, dated, now)
    ending = _ending(insurer, items, outcomes) if kind == "endorsement" else []
    corrected = told.corrected if kind in {"policy", "claim"} else {}
    spoken = {} if replayed else told.spoken
    wanted = {subject for found in spoken.values() for subject in found}
    # What still changes the clocks comes after: then they are looked at last.
    done = await clocks.settle(
        tx,
        insurer,
        told.settled,
        now=now,
        policies=_moving(kind, insurer, items, outcomes),
        locked=not replayed,
        subjects=() if ending or corrected or places.moved else wanted,
    )
    await clock_endings.settle(tx, insurer, ending)
    await _close_others(tx, kind, insurer, corrected, told.facts, now)
    moved = {**done.elsewhere, **places.moved}
    filed = [one for one in told.filed if one.record_id in moved]
    await claim_places.move(tx, insurer, moved, partial(_dated, dated), filed, now=now)
    standing = done.standings
    if wanted and (ending or corrected or places.moved):
        standing = await clocks.standings(tx, list(wanted), now=now)
    return {number: [c for s in found for c in standing.get(s, ())] for number, found in spoken.items()}


def _dated(dated: Dating, fact: ClockFact, division: str | None, binding: bool) -> Settled:
    return dated.settled(fact, division, binding=binding)


def _moving(
    kind: str, insurer: str, items: Mapping[int, Item], outcomes: Mapping[int, Outcome]
) -> list[uuid.UUID]:
    """The policies, new or corrected, that may take claims to another place's law."""
    if kind != "policy":
        return []
    return [
        record_id(insurer, kind, item.key or "")
        for number, item in items.items()
        if outcomes[number].result in ("created", "updated")
    ]


def _ending(insurer: str, items: Mapping[int, Item], outcomes: Mapping[int, Outcome]) -> list[uuid.UUID]:
    """The endorsements that may end a policy's clocks, or revive them; corrected ones may have done so before."""
    return [
        record_id(insurer, "endorsement", item.key or "")
        for number, item in items.items()
        if outcomes[number].result in ("updated", "stale")
        or (
            outcomes[number].result == "created"
            and getattr(item.record, "type", None) in clock_endings.ENDING
        )
    ]


class _Told(NamedTuple):
    """What the items say: every fact by item, whose clocks they speak of, what is to be settled, the items that
    corrected a stored state, and the states of claims."""

    facts: dict[int, list[ClockFact]]
    spoken: dict[int, list[uuid.UUID]]
    settled: list[Settled]
    corrected: dict[int, Item]
    filed: list[Filed]


def _told(
    kind: str,
    insurer: str,
    items: Mapping[int, Item],
    outcomes: Mapping[int, Outcome],
    places: Mapping[str | None, str],
    dated: Dating,
    now: datetime,
) -> _Told:
    facts = {
        number: arising(
            kind,
            item.record,
            insurer=insurer,
            received_at=now,
            territory=places.get(getattr(item.record, "policy_no", None)) if places else None,
        )
        for number, item in items.items()
    }
    spoken = {number: item for number, item in items.items() if outcomes[number].speaks}
    # Per key the item whose state counts after this filing: the last one that was not late.
    counting = {item.key: number for number, item in spoken.items() if outcomes[number].result != "stale"}
    owed: dict[ClockFact, Settled] = {}  # by an insurer: hundreds of policies say the same
    settled = []
    for number, item in spoken.items():
        for fact in facts[number]:
            # A cancellation is settled on its own, by all that is known of the policy's endings.
            if fact.start_on is None and fact.met_at is None:
                continue
            # A report once owed stays owed; a record's own clocks bind as the state that counts says.
            if fact.subject_kind == "insurer":
                if fact not in owed:
                    owed[fact] = dated.settled(fact, fact.jurisdiction)
                continue
            binding = counting.get(item.key) == number
            settled.append(dated.settled(fact, _territory(kind, item, fact, places), binding=binding))
    updated = {item.key for number, item in items.items() if outcomes[number].result == "updated"}
    current = {number: item for number, item in items.items() if counting.get(item.key) == number}
    corrected = {number: item for number, item in current.items() if item.key in updated}
    subjects = {
        number: list(dict.fromkeys(clocks.subject_id(insurer, fact) for fact in found if _shown(fact)))
        for number, found in facts.items()
    }
    filed = [
        Filed(record_id(insurer, kind, item.key or ""), item.record, now, counting.get(item.key) == number)
        for number, item in (spoken.items() if kind == "claim" else ())
    ]
    return _Told(facts, subjects, [*settled, *owed.values()], corrected, filed)


def _shown(fact: ClockFact) -> bool:
    """A report's clock is answered with the report, not with each of a year's policies."""
    return fact.subject_kind != "insurer" or fact.met_at is not None


async def _places(
    tx: Transaction,
    kind: str,
    insurer: str,
    items: Mapping[int, Item],
    outcomes: Mapping[int, Outcome],
    *,
    locked: bool,
) -> Places:
    """A claim stands under the law of its policy's place; the accident's place is taken while that is unknown."""
    if kind != "claim":
        return Places({}, {})
    policies = {getattr(item.record, "policy_no", "") for item in items.values()}
    corrected = {
        record_id(insurer, kind, item.key or "")
        for number, item in items.items()
        if outcomes[number].result in ("updated", "stale")
    }
    return await claim_places.of_claims(tx, insurer, policies, list(corrected), locked=locked)


def _territory(kind: str, item: Item, fact: ClockFact, places: Mapping[str | None, str]) -> str | None:
    """Where a record's clock is counted: the policy's territory, the place of the accident."""
    if fact.start_on is None:
        return None
    return (places and places.get(getattr(item.record, "policy_no", None))) or place(kind, item.record)


class Dating:
    """Due days, computed once per clock, place and start within one filing."""

    def __init__(self, calendar: Calendar, outages: Sequence[Outage]) -> None:
        self._calendar = calendar
        self._outages = outages
        self._known: dict[tuple[str, str | None, date | None], tuple[Due | None, int]] = {}

    def settled(self, fact: ClockFact, division: str | None, *, binding: bool = True) -> Settled:
        same = (fact.clock, fact.jurisdiction, fact.start_on)
        if same not in self._known:
            spec = spec_of(fact)
            due = clock_due(fact, self._calendar, self._outages) if spec is not None else None
            self._known[same] = (due, spec.due_soon_days if spec is not None else 0)
        due, due_soon_days = self._known[same]
        return Settled(fact, division, due, due_soon_days, fact.start_on if binding else None)


async def _close_others(
    tx: Transaction,
    kind: str,
    insurer: str,
    updated: Mapping[int, Item],
    facts: Mapping[int, Sequence[ClockFact]],
    now: datetime,
) -> None:
    if not updated:
        return
    subjects: list[uuid.UUID] = [record_id(insurer, kind, item.key or "") for item in updated.values()]
    kept = [
        (clocks.subject_id(insurer, fact), fact.clock)
        for number in updated
        for fact in facts[number]
        if fact.subject_kind == kind
    ]
    await clocks.close_others(tx, kept, subjects, now=now)
