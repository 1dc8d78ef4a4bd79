"""UNDER WHICH law do a claim's clocks run when its policy comes later, or either is corrected? Under that of the policy's place.

A claim is judged by the territory of its policy; the accident's place stands in only while no policy is known. So a
policy that comes, or moves, takes its claims' clocks along, and a claim that is corrected to name another policy its
own: they are made anew from every state that was filed of the claim. The starts first received and the first
acceptances stand as ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from ajx_gateway import standard
from ajx_gateway.deadlines import ClockFact, arising
from ajx_gateway.store import claim_clocks, clocks, filings
from ajx_gateway.store.claim_clocks import State
from ajx_gateway.store.clocks import Settled
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.references import territories

Dated = Callable[[ClockFact, str | None, bool], Settled]


class Filed(NamedTuple):
    """One state that was filed of a claim; ``counts``: it is the one that stands."""

    record_id: uuid.UUID
    record: Any
    received_at: datetime
    counts: bool
    voided: bool = False


class Places(NamedTuple):
    """The territory of each policy that is known, and that of each claim whose states do not all name one place."""

    known: Mapping[str | None, str]
    moved: Mapping[uuid.UUID, str]


async def of_claims(
    tx: Transaction, insurer: str, policy_nos: Iterable[str], corrected: Sequence[uuid.UUID], *, locked: bool
) -> Places:
    """Where the claims of a filing stand that name these policies; ``corrected`` are those that were filed before.

    Until the commit (``locked``) the policies stay where they are, and those that are unknown stay so.
    """
    wanderers = await claim_clocks.wanderers(tx, corrected) if corrected else {}
    wanted = {*policy_nos, *(named.policy_no for named in wanderers.values())}
    known = await territories(tx, insurer, wanted, locked=locked)
    if locked and not wanted <= known.keys():
        # Whoever stores one of them waits, looks for its claims afterwards, and finds ours.
        await claim_clocks.hold(tx, insurer)
        known = await territories(tx, insurer, wanted, locked=False)
    moved = {claim: known.get(named.policy_no, named.accident_division) for claim, named in wanderers.items()}
    return Places(known, moved)


async def move(
    tx: Transaction,
    insurer: str,
    moved: Mapping[uuid.UUID, str],
    dated: Dated,
    filed: Sequence[Filed] = (),
    *,
    now: datetime,
) -> None:
    """Make the clocks of these claims anew, each under the law of the given territory.

    ``filed``: their states of the filing under way, which cannot be read back yet.
    """
    if not moved:
        return
    kept_states = await claim_clocks.states(tx, list(moved))
    earlier = [
        Filed(state.record_id, record, state.received_at, state.counts, state.voided)
        for state, record in zip(kept_states, await _records(tx, kept_states), strict=True)
    ]
    settled: dict[uuid.UUID, tuple[Settled, datetime]] = {}
    kept = []
    for one in sorted([*earlier, *filed], key=attrgetter("received_at")):
        place = moved[one.record_id]
        for fact in arising(
            "claim", one.record, insurer=insurer, received_at=one.received_at, territory=place
        ):
            made = dated(fact._replace(voided=one.voided), place, one.counts)
            identity = clocks.clock_id(one.record_id, fact)
            first, seen_at = settled.get(identity, (None, one.received_at))
            settled[identity] = (made if first is None else clocks.both(first, made), seen_at)
            if one.counts:
                kept.append((one.record_id, fact.clock))
    await claim_clocks.move(tx, insurer, settled, now=now)
    await clocks.close_others(tx, kept, list(moved), now=now)


async def _records(tx: Transaction, found: Sequence[State]) -> list[Any]:
    """The states as they were filed, read under the version of the standard they were filed under."""
    raw = await filings.items(tx, list(dict.fromkeys(state.place for state in found)))
    kind = standard.KINDS["claim"]
    return [standard.read(kind, s.standard, raw[s.place], "json")[0].record for s in found]
