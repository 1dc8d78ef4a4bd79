"""WHEN does a scorecard become the published one? When those who are responsible say so; then it is frozen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from ajx_gateway import rules
from ajx_gateway.errors import Conflict, NotFound, Unprocessable
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.jurisdictions.schemes import ReadScheme
from ajx_gateway.oversight import four_eyes
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.evaluation_rights import ABSENT, deciding
from ajx_gateway.oversight.evaluation_stored import asked_again, published_dict, stored_card, stored_units
from ajx_gateway.oversight.evaluations import Asked, asked_of, place_of, scorecards
from ajx_gateway.oversight.shown import local_date, shown_instant
from ajx_gateway.store import evaluation_cards, outbox, statements
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.evaluation_cards import Evaluation

# A filing carries the instant of its arrival and commits a little later: by then all of that instant are in.
SETTLED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Publishing:
    """What a regulator wants to publish: as known at which instant (None: as of now), by which scheme, why."""

    reason: str
    as_of: datetime | None = None
    scheme: ReadScheme | None = None


async def publish(
    store: Store, caller: Caller, jurisdiction: str, period: str, wanted: Publishing, *, now: datetime
) -> dict[str, Any]:
    """Publish an evaluation; where two pairs of eyes are demanded the first word proposes, the second publishes."""
    scope = deciding(caller, jurisdiction)
    asked = asked_of(jurisdiction, period, wanted.scheme)
    if asked is None:
        raise NotFound(ABSENT)
    if asked.scheme.scheme.jurisdiction != jurisdiction:
        raise Unprocessable("只能按本地区的办法发布；按其他办法可以试算。", parameter="scheme")
    as_of = _instant(asked, wanted.as_of, now)
    async with store.writing(scope) as tx:
        proposal = await _proposal(tx, asked, wanted, as_of, caller, now)
        stated = await four_eyes.stated(
            tx,
            subject="publication",
            subject_id=proposal.evaluation_id,
            insurer=None,
            division=jurisdiction,
            on=asked.period.begins,
            decision="publish",
            reason=wanted.reason,
            by=caller.name,
            now=now,
        )
        issued = await _issue(store, tx, proposal, caller, now) if stated == "final" else 0
        found = await evaluation_cards.by_id(tx, proposal.evaluation_id)
    return _answer(scope, found or proposal, issued)


def _instant(asked: Asked, as_of: datetime | None, now: datetime) -> datetime:
    """The instant of a publication: after the period, and long enough ago for every filing of then to be in."""
    chosen = as_of or now - SETTLED
    if chosen > now - SETTLED:
        minutes = SETTLED // timedelta(minutes=1)
        raise Unprocessable(f"as_of 须早于当前时间至少{minutes}分钟。", parameter="as_of")
    if local_date(chosen) < asked.period.ends:
        raise Unprocessable("评价周期尚未结束，只能预览，不能发布。", parameter="as_of")
    return chosen


async def _proposal(
    tx: Transaction, asked: Asked, wanted: Publishing, as_of: datetime, caller: Caller, now: datetime
) -> Evaluation:
    """The proposal that stands, or a new one in its place when it is of another instant or text; 409 once published."""
    scheme = asked.scheme
    await statements.hold(tx, "publication", _same(asked))
    found = await evaluation_cards.find(tx, asked.jurisdiction, asked.period.text, scheme.scheme.id)
    if found is not None and found.published_at is not None:
        raise Conflict("该评价已经发布，不能再次发布；对扣分有异议的，由承保机构申诉。")
    if found is not None:
        if wanted.as_of in (None, found.as_of) and found.scheme_digest == scheme.digest:
            return found
        await evaluation_cards.withdraw(tx, found.evaluation_id)
    new = Evaluation(
        evaluation_id=uuid4(),
        jurisdiction=asked.jurisdiction,
        place=place_of(asked.jurisdiction),
        period=asked.period.text,
        begins=asked.period.begins,
        ends=asked.period.ends,
        scheme=scheme.scheme.id,
        scheme_digest=scheme.digest,
        scheme_text=scheme.text,
        rules=rules.RULESET,
        as_of=as_of,
        reason=wanted.reason,
        proposed_at=now,
        proposed_by=caller.name,
    )
    await evaluation_cards.propose(tx, new)
    return new


def _same(asked: Asked) -> UUID:
    """One lock per evaluation."""
    named = f"{asked.jurisdiction}\n{asked.period.text}\n{asked.scheme.scheme.id}"
    return UUID(bytes=hashlib.sha256(named.encode()).digest()[:16])


async def _issue(store: Store, tx: Transaction, proposal: Evaluation, caller: Caller, now: datetime) -> int:
    """Derive by the text that was proposed and write everything down; every insurer is told."""
    cards = await scorecards(store, asked_again(proposal), as_of=proposal.as_of)
    if not cards:
        raise Unprocessable("该地区该周期没有可评价的承保机构。")
    await evaluation_cards.publish(tx, proposal.evaluation_id, by=caller.name, now=now)
    for card in cards:
        stored = stored_card(card, proposal, 1, (), issued_at=now)
        await evaluation_cards.issue(tx, stored, stored_units(card.units))
    payload = {
        "evaluation": str(proposal.evaluation_id),
        "jurisdiction": proposal.jurisdiction,
        "period": proposal.period,
        "edition": 1,
    }
    await outbox.add(tx, [Event("evaluation.published", card.insurer, payload, now) for card in cards])
    return len(cards)


def _answer(scope: Scope, found: Evaluation, issued: int) -> dict[str, Any]:
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(found.as_of),
        "jurisdiction": found.jurisdiction,
        "period": found.period,
        "scheme": found.scheme,
        "scheme_digest": found.scheme_digest,
        "state": "published" if found.published_at else "awaiting_second",
        "published": published_dict(found),
        "scorecards": issued,
    }
