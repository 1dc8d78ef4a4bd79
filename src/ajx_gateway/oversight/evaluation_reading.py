"""WHAT does an evaluation say? All insurers of a place, or one with its records; published, or derived now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.jurisdictions.schemes import ReadScheme, shipped
from ajx_gateway.oversight import asking, four_eyes
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.evaluation_rights import ABSENT, Reach, reach_of
from ajx_gateway.oversight.evaluation_stored import (
    asked_again,
    card_dict,
    described,
    only_one,
    published_dict,
)
from ajx_gateway.oversight.evaluations import Asked, Card, asked_of, place_of, preview, scorecards
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import evaluation_cards, evaluation_measuring, statements
from ajx_gateway.store.database import Store
from ajx_gateway.store.evaluation_cards import Evaluation

# How many units a scorecard carries per item; the list behind the item has all of them.
SHOWN_UNITS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which evaluation the caller means: by another scheme, as of an instant, in an older edition."""

    jurisdiction: str
    period: str
    scheme: ReadScheme | None
    as_of: datetime | None
    edition: int | None


def wanted_of(
    jurisdiction: str, period: str, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
) -> Wanted:
    """The question, read and checked."""
    asking.not_later("as_of", as_of, now)
    edition = given.get("edition")
    if edition and not (edition.isascii() and edition.isdigit() and 1 <= len(edition) <= 4 and int(edition)):
        raise Unprocessable("edition 应为版次，如 1。", parameter="edition")
    return Wanted(
        jurisdiction, period, scheme_named(given.get("scheme")), as_of, int(edition) if edition else None
    )


def scheme_named(name: str | None) -> ReadScheme | None:
    """The scheme of this id, or None when none is named."""
    titles = {each: found.scheme.title for each, found in shipped().items()}
    return shipped()[asking.one_of("scheme", name, titles)] if name else None


async def standing(store: Store, scope: Scope, reach: Reach, wanted: Wanted) -> Evaluation | None:
    """The published evaluation that answers the question; a proposal too, where the caller may see it.

    Derived instead is what asks for an instant of its own; a part of the place reads what is published, or nothing.
    """
    scheme = wanted.scheme.scheme.id if wanted.scheme else None
    period = parse(wanted.period).text
    async with store.reading(scope) as tx:
        found = await evaluation_cards.find(tx, wanted.jurisdiction, period, scheme)
    published = found is not None and found.published_at is not None
    if reach == "published" and (not published or wanted.as_of is not None):
        raise NotFound(ABSENT)
    if wanted.edition is not None and (not published or wanted.as_of is not None):
        raise NotFound(ABSENT)
    return found


def asked_now(wanted: Wanted) -> Asked:
    """What is to be derived; 404 where the place has no scheme for the period."""
    asked = asked_of(wanted.jurisdiction, wanted.period, wanted.scheme)
    if asked is None:
        raise NotFound(ABSENT)
    return asked


async def overview(store: Store, caller: Caller, wanted: Wanted, *, now: datetime) -> dict[str, Any]:
    """Every insurer's scorecard: the published ones, or derived from the records as known at the instant."""
    scope, reach = reach_of(caller, wanted.jurisdiction)
    found = await standing(store, scope, reach, wanted)
    if found is not None and found.published_at is not None and wanted.as_of is None:
        async with store.reading(scope) as tx:
            cards = await evaluation_cards.cards(tx, found.evaluation_id, edition=wanted.edition)
        told = [card_dict(card) for card in cards]
        if not told:
            raise NotFound(ABSENT)
        told.sort(key=lambda card: (-Decimal(card["assessed"]), card["insurer"]))
        return {**_published(scope, found), "cards": told}
    asked, as_of = asked_now(wanted), wanted.as_of or now
    cards_now = await preview(store, asked, as_of=as_of)
    waiting = await _waiting(store, scope, found)
    return {
        **_derived(scope, asked, as_of),
        "awaiting_second": waiting,
        "cards": [card.as_dict() for card in cards_now],
    }


async def one(store: Store, caller: Caller, wanted: Wanted, insurer: str, *, now: datetime) -> dict[str, Any]:
    """One insurer's scorecard with the records behind every deduction."""
    scope, reach = reach_of(caller, wanted.jurisdiction)
    found = await standing(store, scope, reach, wanted)
    if found is not None and found.published_at is not None and wanted.as_of is None:
        return await published_card(store, scope, found, insurer, wanted.edition)
    asked, as_of = asked_now(wanted), wanted.as_of or now
    cards = await scorecards(store, asked, as_of=as_of, insurer=insurer)
    if not cards:
        raise NotFound(ABSENT)
    return {**_derived(scope, asked, as_of), "card": _with_units(cards[0])}


async def published_card(
    store: Store, scope: Scope, found: Evaluation, insurer: str, edition: int | None
) -> dict[str, Any]:
    """One published scorecard with what stands behind it, as far as the scope reaches."""
    async with store.reading(scope) as tx:
        card = only_one(
            await evaluation_cards.cards(tx, found.evaluation_id, insurer=insurer, edition=edition)
        )
        if edition not in (None, card.edition):
            raise NotFound(ABSENT)
        units = await evaluation_cards.units(tx, card)
    told = card_dict(card)
    for item in told["items"]:
        behind = [json.loads(unit.unit) for unit in units if unit.item == item["item"]]
        item["records"] = behind[:SHOWN_UNITS]
        item["records_total"] = len(behind)
    return {**_published(scope, found), "card": told}


def _with_units(card: Card) -> dict[str, Any]:
    told = card.as_dict()
    for item in told["items"]:
        behind = card.units.get(item["item"], ())
        item["records"] = [unit.as_dict() for unit in behind[:SHOWN_UNITS]]
        item["records_total"] = len(behind)
    return told


def _published(scope: Scope, found: Evaluation) -> dict[str, Any]:
    asked = asked_again(found)
    return {**_head(scope, asked, found.as_of), "state": "published", "published": published_dict(found)}


def _derived(scope: Scope, asked: Asked, as_of: datetime) -> dict[str, Any]:
    return {**_head(scope, asked, as_of), "state": "preview", "published": None}


def _head(scope: Scope, asked: Asked, as_of: datetime) -> dict[str, Any]:
    return {
        "scope": place_words(place_of(asked.jurisdiction)) if scope.insurer else territory_words(scope),
        "as_of": shown_instant(as_of),
        "jurisdiction": asked.jurisdiction,
        "place": place_words(place_of(asked.jurisdiction)),
        "period": asked.period.as_dict(),
        "provisional": not evaluation_measuring.ended(asked.frame(as_of)),
        "scheme": described(asked.scheme),
    }


async def _waiting(store: Store, scope: Scope, found: Evaluation | None) -> dict[str, Any] | None:
    """The publication that somebody has proposed and a second one must confirm."""
    if found is None or found.published_at is not None:
        return None
    async with store.reading(scope) as tx:
        told = four_eyes.waiting(await statements.of(tx, "publication", found.evaluation_id))
    return None if told is None else {**told, "as_of": shown_instant(found.as_of), "scheme": found.scheme}
