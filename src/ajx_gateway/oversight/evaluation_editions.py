"""WHAT follows from the records and the upheld appeals? Every edition of a scorecard, derived anew.

An upheld appeal strikes units out, or reopens its item: that item is then judged as of a later instant. So each edition
follows from the records, the stored scheme and the appeals before it, and can be compared with what was published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ajx_gateway.errors import NotFound
from ajx_gateway.evaluation import Measure
from ajx_gateway.identity import Caller, system_scope
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.evaluation_reading import Wanted, standing
from ajx_gateway.oversight.evaluation_rights import ABSENT, reach_of
from ajx_gateway.oversight.evaluation_stored import (
    asked_again,
    published_dict,
    stored_card,
    stored_units,
    trail_of,
)
from ajx_gateway.oversight.evaluation_units import Unit
from ajx_gateway.oversight.evaluations import Asked, Found, card_of, counted, findings
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.store import evaluation_appeals, evaluation_cards
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.evaluation_appeals import Appeal
from ajx_gateway.store.evaluation_cards import Evaluation, StoredCard, StoredUnit

# The name in the register may change; the trail is what led here.
_NOT_DERIVED = ("insurer_name", "edition", "trail")


async def amended(
    tx: Transaction, asked: Asked, insurer: str, base: Found, appeals: Sequence[Appeal]
) -> Found:
    """What was found of an insurer after these upheld appeals, in their order."""
    measures: dict[int, Measure] = dict(base.measures)
    units: dict[int, Sequence[Unit]] = dict(base.units)
    for appeal in appeals:
        if appeal.reopened_as_of is not None:
            again = await findings(tx, asked, as_of=appeal.reopened_as_of, only=appeal.item)
            if insurer in again:
                measures |= again[insurer].measures
                units |= again[insurer].units
    for item, each in units.items():
        struck = {unit for appeal in appeals if appeal.item == item for unit in appeal.struck or ()}
        units[item] = [replace(u, state="struck") if u.unit_id in struck and u.counted else u for u in each]
        measures[item] = counted(units[item])
    return Found(measures, units)


async def derived(
    tx: Transaction, evaluation: Evaluation, card: StoredCard, base: Mapping[str, Found], upto: int
) -> tuple[StoredCard, list[StoredUnit]]:
    """One edition of an insurer's scorecard as the records and appeals have it today."""
    asked = asked_again(evaluation)
    upheld = await evaluation_appeals.upheld(tx, evaluation.evaluation_id, card.insurer)
    order = [
        upheld[one.appeal_id]
        for one in await evaluation_cards.editions(tx, evaluation.evaluation_id, card.insurer)
        if one.appeal_id in upheld and one.edition <= upto
    ]
    found = await amended(tx, asked, card.insurer, base[card.insurer], order)
    name = json.loads(card.card)["insurer_name"]
    fresh = stored_card(
        card_of(asked, card.insurer, name, found),
        evaluation,
        upto,
        trail_of(order),
        issued_at=card.issued_at,
        appeal_id=card.appeal_id,
    )
    return fresh, stored_units(found.units)


async def check(store: Store, caller: Caller, wanted: Wanted, *, now: datetime) -> dict[str, Any]:
    """Derive every published edition again from the records and say whether it is the same, word by word."""
    scope, reach = reach_of(caller, wanted.jurisdiction)
    found = await standing(store, scope, reach, wanted)
    if reach != "whole" or found is None or found.published_at is None:
        raise NotFound(ABSENT)
    differences = await differences_of(store, found)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(found.as_of),
        "checked_at": shown_instant(now),
        "jurisdiction": found.jurisdiction,
        "period": found.period,
        "scheme": found.scheme,
        "published": published_dict(found),
        "equal": not differences,
        "items": differences,
    }


async def differences_of(store: Store, evaluation: Evaluation) -> list[dict[str, Any]]:
    """What differs between what was published and what the records say as of the stored instant; nothing, always."""
    found: list[dict[str, Any]] = []
    async with store.reading(system_scope("check a published evaluation")) as tx:
        asked = asked_again(evaluation)
        base = await findings(tx, asked, as_of=evaluation.as_of)
        editions = await evaluation_cards.editions(tx, evaluation.evaluation_id)
        unpublished = sorted(set(base) - {card.insurer for card in editions})
        found += [_difference(one, 1, None, "记录表明应有评分，但没有发布") for one in unpublished]
        for card in editions:
            if card.insurer not in base:
                found.append(_difference(card.insurer, card.edition, None, "已发布评分，但记录中没有该机构"))
                continue
            fresh, units = await derived(tx, evaluation, card, base, card.edition)
            stored = await evaluation_cards.units(tx, card)
            found += _compared(card, fresh)
            if _by_item(stored) != _by_item(units):
                items = sorted(set(_by_item(stored)) | set(_by_item(units)))
                found += [
                    _difference(card.insurer, card.edition, item, "扣分所依据的记录与发布时不同")
                    for item in items
                    if _by_item(stored).get(item) != _by_item(units).get(item)
                ]
    return found


def _by_item(units: Sequence[StoredUnit]) -> dict[int, dict[UUID, str]]:
    told: dict[int, dict[UUID, str]] = {}
    for unit in units:
        told.setdefault(unit.item, {})[unit.unit_id] = unit.unit
    return told


def _compared(stored: StoredCard, fresh: StoredCard) -> list[dict[str, Any]]:
    then, now = json.loads(stored.card), json.loads(fresh.card)
    return [
        _difference(stored.insurer, stored.edition, None, f"{key} 与发布时不同", then.get(key), now.get(key))
        for key in sorted({*then, *now} - set(_NOT_DERIVED))
        if then.get(key) != now.get(key)
    ]


def _difference(
    insurer: str, edition: int, item: int | None, words: str, published: object = None, derived: object = None
) -> dict[str, Any]:
    return {
        "insurer": insurer,
        "edition": edition,
        "item": item,
        "message": words,
        "published": published,
        "derived": derived,
    }
