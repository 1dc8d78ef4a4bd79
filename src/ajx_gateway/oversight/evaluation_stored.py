"""HOW does a published evaluation read? From what was stored: the same answer for ever, edition by edition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ajx_gateway.errors import NotFound
from ajx_gateway.jurisdictions.schemes import ReadScheme, read
from ajx_gateway.oversight.evaluation_rights import ABSENT
from ajx_gateway.oversight.evaluation_units import Unit
from ajx_gateway.oversight.evaluations import Asked, Card
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.store.evaluation_appeals import Appeal
from ajx_gateway.store.evaluation_cards import Evaluation, StoredCard, StoredUnit


def written(what: Mapping[str, Any]) -> str:
    """The one text of a card or unit."""
    return json.dumps(what, ensure_ascii=False, separators=(",", ":"))


def asked_again(evaluation: Evaluation) -> Asked:
    """What was asked when it was published, by the text stored with it."""
    scheme = read(evaluation.scheme_text)
    return Asked(evaluation.jurisdiction, parse(evaluation.period), scheme)


def stored_card(
    card: Card, evaluation: Evaluation, edition: int, trail: Sequence[Mapping[str, Any]], **more: Any
) -> StoredCard:
    """An edition of a scorecard, ready to be written down."""
    text = written({**card.as_dict(), "edition": edition, "trail": list(trail)})
    return StoredCard(
        evaluation_id=evaluation.evaluation_id,
        insurer=card.insurer,
        edition=edition,
        place=evaluation.place,
        card=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        **more,
    )


def stored_units(units: Mapping[int, Sequence[Unit]]) -> list[StoredUnit]:
    """The units of all items, ready to be written down."""
    return [
        StoredUnit(item, unit.unit_id, unit.day, written(unit.as_dict()))
        for item, each in sorted(units.items())
        for unit in each
    ]


def trail_of(appeals: Sequence[Appeal]) -> list[dict[str, Any]]:
    """What upheld appeals changed, edition by edition (the first of them made the second edition)."""
    return [
        {
            "edition": number,
            "appeal": str(appeal.appeal_id),
            "item": appeal.item,
            "struck": [str(one) for one in appeal.struck or ()],
            "reopened_as_of": shown_instant(appeal.reopened_as_of) if appeal.reopened_as_of else None,
            "reason": appeal.decision_reason,
            "decided_at": shown_instant(appeal.decided_at) if appeal.decided_at else None,
            "decided_by": appeal.decided_by,
        }
        for number, appeal in enumerate(appeals, start=2)
    ]


def card_dict(card: StoredCard) -> dict[str, Any]:
    """The stored scorecard as an answer shows it."""
    told: dict[str, Any] = json.loads(card.card)
    return {**told, "digest": card.digest, "issued_at": shown_instant(card.issued_at)}


def published_dict(evaluation: Evaluation) -> dict[str, Any] | None:
    """When and by whom it was published; None while it is not."""
    if evaluation.published_at is None:
        return None
    return {
        "evaluation": str(evaluation.evaluation_id),
        "published_at": shown_instant(evaluation.published_at),
        "published_by": evaluation.published_by,
        "proposed_by": evaluation.proposed_by,
        "reason": evaluation.reason,
        "rules": evaluation.rules,
    }


def described(scheme: ReadScheme) -> dict[str, Any]:
    """The scheme by which an answer was judged, with its decisions on what the text leaves open."""
    told = scheme.scheme
    return {
        "id": told.id,
        "jurisdiction": told.jurisdiction,
        "title": told.title,
        "number": told.number,
        "binding": told.binding,
        "status": told.status,
        "digest": scheme.digest,
        "points": f"{told.points:f}",
        "tiers": [
            {"tier": t.id, "title": t.title, "at_least": f"{t.at_least:f}", "consequence": t.words}
            for t in told.tier
        ],
        "decisions": [each.model_dump() for each in told.decision],
    }


def only_one(cards: Sequence[StoredCard]) -> StoredCard:
    """The one card looked for, or 404."""
    if not cards:
        raise NotFound(ABSENT)
    return cards[0]
