"""UNDER WHICH law do a claim's clocks run when its policy comes later, or is corrected? Under that of the policy's place.

A claim is judged by the territory of its policy; the accident's place stands in only while no policy is known. So a
policy that comes, or moves, takes its claims' clocks along: they are made anew from every state that was filed of the
claim. The starts first received and the first acceptances stand as ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ajx_gateway import standard
from ajx_gateway.deadlines import ClockFact, arising
from ajx_gateway.store import claim_clocks, clocks, filings
from ajx_gateway.store.claim_clocks import State
from ajx_gateway.store.clocks import Settled
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.references import territories

Dated = Callable[[ClockFact, str | None, bool], Settled]


async def of_claims(
    tx: Transaction, insurer: str, policy_nos: Iterable[str], *, locked: bool
) -> Mapping[str | None, str]:
    """The territory of each policy that is known; those that are not stay unknown until the commit (``locked``)."""
    wanted = set(policy_nos)
    known = await territories(tx, insurer, wanted)
    if not locked or wanted <= known.keys():
        return known
    await claim_clocks.hold(tx, insurer)
    return await territories(tx, insurer, wanted)


async def move(
    tx: Transaction, insurer: str, moved: Mapping[uuid.UUID, str], dated: Dated, *, now: datetime
) -> None:
    """Make the clocks of these claims anew, each under the law of the given territory."""
    if not moved:
        return
    found = await claim_clocks.states(tx, list(moved))
    settled: dict[uuid.UUID, tuple[Settled, datetime]] = {}
    kept = []
    for state, record in zip(found, await _records(tx, found), strict=True):
        place = moved[state.record_id]
        for fact in arising("claim", record, insurer=insurer, received_at=state.received_at, territory=place):
            one = dated(fact._replace(voided=state.voided), place, state.counts)
            identity = clocks.clock_id(state.record_id, fact)
            first, seen_at = settled.get(identity, (None, state.received_at))
            settled[identity] = (one if first is None else clocks.both(first, one), seen_at)
            if state.counts:
                kept.append((state.record_id, fact.clock))
    await claim_clocks.move(tx, insurer, settled, now=now)
    await clocks.close_others(tx, kept, list(moved), now=now)


async def _records(tx: Transaction, found: Sequence[State]) -> list[Any]:
    """The states as they were filed, read under the version of the standard they were filed under."""
    raw = await filings.items(tx, list(dict.fromkeys(state.place for state in found)))
    kind = standard.KINDS["claim"]
    return [standard.read(kind, s.standard, raw[s.place], "json")[0].record for s in found]
