"""HOW was I judged, and what do I object to? An insurer's own published scorecards, and its appeals against items."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ajx_gateway.errors import Conflict, Forbidden, NotFound, Unprocessable
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller, Scope, scope_of
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.evaluation_items import listed
from ajx_gateway.oversight.evaluation_reading import Wanted, published_card
from ajx_gateway.oversight.evaluation_rights import ABSENT
from ajx_gateway.oversight.evaluation_stored import only_one
from ajx_gateway.oversight.evaluations import place_of
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.standard import divisions
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import evaluation_appeals, evaluation_cards, outbox
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.evaluation_cards import Evaluation, StoredCard

OWN_COLUMNS: tuple[tuple[str, str], ...] = (
    ("jurisdiction", "地区代码"),
    ("place", "地区"),
    ("period", "周期"),
    ("scheme", "办法"),
    ("edition", "版次"),
    ("score", "得分"),
    ("score_low", "可能最低分"),
    ("score_high", "可能最高分"),
    ("tier_title", "等次"),
    ("published_at", "发布时间"),
    ("issued_at", "本版时间"),
)


def insured_by(caller: Caller) -> tuple[Scope, str]:
    """The insurer's own scope and code; nobody else has scorecards of their own."""
    if caller.role != "insurer" or caller.insurer is None:
        raise Forbidden("此接口供承保机构查看本机构的评价；监管部门请用 /v1/oversight/evaluations。")
    return scope_of(caller), caller.insurer


async def own_list(store: Store, caller: Caller, *, now: datetime) -> dict[str, Any]:
    """Every published scorecard of the insurer in its latest edition."""
    scope, insurer = insured_by(caller)
    async with store.reading(scope) as tx:
        rows = await evaluation_cards.own(tx, insurer)
    return {
        "scope": "本机构",
        "as_of": shown_instant(now),
        "items": [_item(row) for row in rows],
        "next": None,
    }


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    card = json.loads(row["card"])
    names = ("edition", "score", "score_low", "score_high", "tier", "tier_title", "consequence")
    return {
        "jurisdiction": row["jurisdiction"],
        "place": place_words(place_of(row["jurisdiction"])),
        "period": row["period"],
        "scheme": row["scheme"],
        **{name: card[name] for name in names},
        "judged_as_of": shown_instant(row["as_of"]),
        "published_at": shown_instant(row["published_at"]),
        "issued_at": shown_instant(row["issued_at"]),
    }


async def own_card(store: Store, caller: Caller, wanted: Wanted) -> dict[str, Any]:
    """One published scorecard of the insurer with the records behind it."""
    scope, insurer = insured_by(caller)
    async with store.reading(scope) as tx:
        found = await _published(tx, wanted)
    return await published_card(store, scope, found, insurer, wanted.edition)


async def own_item(
    store: Store, caller: Caller, wanted: Wanted, item: int, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the records behind an item of the insurer's own published scorecard."""
    scope, insurer = insured_by(caller)
    async with store.reading(scope) as tx:
        found = await _published(tx, wanted)
        only_one(await evaluation_cards.cards(tx, found.evaluation_id, insurer=insurer))
    return await listed(store, scope, wanted, found, (insurer, item), given, now=now)


async def _published(tx: Transaction, wanted: Wanted) -> Evaluation:
    if divisions.name(wanted.jurisdiction) is None:
        raise NotFound(ABSENT)
    scheme = wanted.scheme.scheme.id if wanted.scheme else None
    found = await evaluation_cards.find(tx, wanted.jurisdiction, parse(wanted.period).text, scheme)
    if found is None or found.published_at is None:
        raise NotFound(ABSENT)
    return found


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an item is wrong; ``units``: the ones objected to, none for the item as a whole."""

    reason: str
    units: Sequence[UUID] = ()
    evidence: Sequence[Mapping[str, str]] = ()


async def appeal(
    store: Store, caller: Caller, wanted: Wanted, item: int, objection: Objection, *, now: datetime
) -> dict[str, Any]:
    """Object to an item of one's own published scorecard; one appeal per item waits at a time."""
    scope, insurer = insured_by(caller)
    asking.impersonal(reason=objection.reason)
    async with store.writing(scope) as tx:
        found = await _published(tx, wanted)
        card = only_one(await evaluation_cards.cards(tx, found.evaluation_id, insurer=insurer))
        if item not in {each["item"] for each in json.loads(card.card)["items"]}:
            raise NotFound(ABSENT)
        await counted_units(tx, card, item, objection.units)
        appeal_id = await evaluation_appeals.file(
            tx,
            evaluation_id=found.evaluation_id,
            insurer=insurer,
            place=found.place,
            item=item,
            reason=objection.reason,
            units=objection.units,
            evidence=objection.evidence,
            by=caller.name,
            now=now,
        )
        if appeal_id is None:
            raise Conflict("该项已有待决定的申诉，请等待决定。")
        payload = {"appeal": str(appeal_id), "evaluation": str(found.evaluation_id), "item": item}
        await outbox.add(tx, [Event("appeal.requested", insurer, payload, now)])
    return {
        "appeal_id": str(appeal_id),
        "jurisdiction": found.jurisdiction,
        "period": found.period,
        "item": item,
        "edition": card.edition,
        "units": [str(unit) for unit in objection.units],
        "state": "open",
        "requested_at": shown_instant(now),
    }


async def counted_units(tx: Transaction, card: StoredCard, item: int, units: Sequence[UUID]) -> None:
    """422 unless each of these units costs points under this item of this edition, and is named once."""
    stored = await evaluation_cards.units(tx, card, item=item) if units else []
    known = {unit.unit_id for unit in stored if json.loads(unit.unit)["counted"]}
    if len(set(units)) < len(units) or not set(units) <= known:
        raise Unprocessable("所列编号重复，或不是该项计入扣分的记录；编号见该项的清单。", parameter="units")
