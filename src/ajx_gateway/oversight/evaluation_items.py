"""WHICH records stand behind one item of a scorecard? The whole list, page by page, of one instant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope, system_scope
from ajx_gateway.jurisdictions.schemes_model import Item
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.evaluation_reading import Wanted, asked_now, standing
from ajx_gateway.oversight.evaluation_rights import ABSENT, reach_of
from ajx_gateway.oversight.evaluation_stored import asked_again, only_one
from ajx_gateway.oversight.evaluations import Asked, findings, place_of
from ajx_gateway.oversight.shown import shown, shown_instant
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import cursors, evaluation_cards, evaluation_lists
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store
from ajx_gateway.store.evaluation_cards import Evaluation, StoredCard
from ajx_gateway.store.evaluation_lists import Part, Place

_PARTS: Mapping[str, tuple[Part, ...]] = {
    "fund:use_ratio": ("spent", "agreed"),
    "fund:accrual_ratio": ("accrued", "agreed"),
    "ratings:stars": ("rated",),
}


@dataclass(frozen=True, slots=True)
class _Page:
    """Where the list stands: the last row given (None: at the beginning), and how many are wanted."""

    after: tuple[date, UUID] | None
    limit: int
    as_of: datetime | None
    edition: int | None


async def item_list(
    store: Store,
    caller: Caller,
    wanted: Wanted,
    insurer: str,
    item: int,
    given: Mapping[str, str],
    *,
    now: datetime,
) -> dict[str, Any]:
    """One page of what stands behind an item; all pages of a list show one instant and one edition."""
    scope, reach = reach_of(caller, wanted.jurisdiction)
    if reach != "whole":
        raise NotFound(ABSENT)
    found = await standing(store, scope, reach, wanted)
    return await listed(store, scope, wanted, found, (insurer, item), given, now=now)


async def listed(
    store: Store,
    scope: Scope,
    wanted: Wanted,
    found: Evaluation | None,
    whose: tuple[str, int],
    given: Mapping[str, str],
    *,
    now: datetime,
) -> dict[str, Any]:
    """The page, for whoever was let in."""
    asks = {**given, "of": f"{wanted.jurisdiction} {wanted.period} {whose}"}
    page = _page(asks, now)
    if found is not None and found.published_at is not None and wanted.as_of is None:
        if page.edition == 0:
            # Published since the first page: the list goes on as it began.
            wanted = Wanted(wanted.jurisdiction, wanted.period, wanted.scheme, page.as_of, None)
        else:
            return await _published(store, scope, found, whose, wanted.edition, page, asks)
    asked, as_of = asked_now(wanted), page.as_of or wanted.as_of or now
    item = _item(asked, whose[1])
    if item.how == "each":
        rows = await _derived(store, asked, whose, as_of, page)
    else:
        rows = await _parts(store, asked, item, whose[0], as_of, page, given)
    return _answer(scope, asked, item, as_of, rows, page, 0, asks)


def _page(asks: Mapping[str, str], now: datetime) -> _Page:
    limit, cursor = asking.page_size(asks.get("limit")), cursors.read(asks.get("after"), asks, now)
    if cursor is None:
        return _Page(None, limit, None, None)
    try:
        edition, _, day = (cursor.sort or "").partition("|")
        return _Page((date.fromisoformat(day), cursor.row), limit, cursor.as_of, int(edition))
    except ValueError:
        raise Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after") from None


def _item(asked: Asked, number: int) -> Item:
    item = asked.scheme.scheme.item_of(number)
    if item is None:
        raise NotFound(ABSENT)
    return item


async def _derived(
    store: Store, asked: Asked, whose: tuple[str, int], as_of: datetime, page: _Page
) -> list[dict[str, Any]]:
    async with store.reading(system_scope("list the records behind an evaluation")) as tx:
        found = (await findings(tx, asked, as_of=as_of, only=whose[1])).get(whose[0])
    if found is None:
        raise NotFound(ABSENT)
    units = [
        unit for unit in found.units[whose[1]] if page.after is None or (unit.day, unit.unit_id) > page.after
    ]
    return [unit.as_dict() for unit in units[: page.limit + 1]]


async def _published(
    store: Store,
    scope: Scope,
    found: Evaluation,
    whose: tuple[str, int],
    edition: int | None,
    page: _Page,
    asks: Mapping[str, str],
) -> dict[str, Any]:
    asked = asked_again(found)
    item = _item(asked, whose[1])
    async with store.reading(scope) as tx:
        card = only_one(
            await evaluation_cards.cards(
                tx, found.evaluation_id, insurer=whose[0], edition=page.edition or edition
            )
        )
        units = await evaluation_cards.units(
            tx, card, item=item.number, after=page.after, limit=page.limit + 1
        )
    as_of = judged_as_of(found, card, item.number)
    if item.how == "each":
        rows = [json.loads(unit.unit) for unit in units]
    else:
        rows = await _parts(store, asked, item, whose[0], as_of, page, asks)
    return _answer(scope, asked, item, as_of, rows, page, card.edition, asks)


def judged_as_of(found: Evaluation, card: StoredCard, item: int) -> datetime:
    """The instant as of which this item of this edition was judged: an upheld appeal may have reopened it."""
    reopened = [
        datetime.fromisoformat(step["reopened_as_of"])
        for step in json.loads(card.card)["trail"]
        if step["item"] == item and step["reopened_as_of"]
    ]
    return reopened[-1] if reopened else found.as_of


async def _parts(
    store: Store,
    asked: Asked,
    item: Item,
    insurer: str,
    as_of: datetime,
    page: _Page,
    given: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Of a ratio the entries above or the policies below; of a mean the rated services."""
    parts = _PARTS[item.sources[0]]
    part = next(one for one in parts if one == asking.one_of("part", given.get("part") or parts[0], parts))
    after = None if page.after is None else Place(*page.after)
    async with store.reading(system_scope("list the records behind an evaluation")) as tx:
        rows = await evaluation_lists.page(tx, asked.frame(as_of), insurer, part, after, page.limit + 1)
    kind = {"agreed": "policy", "rated": "service"}.get(part, "fund_entry")
    return [
        {
            "unit": str(row["record_id"]),
            "part": part,
            "kind": kind,
            **{n: shown(v) for n, v in row.items()},
            "clause": item.clause,
        }
        for row in rows
    ]


def _answer(
    scope: Scope,
    asked: Asked,
    item: Item,
    as_of: datetime,
    rows: Sequence[dict[str, Any]],
    page: _Page,
    edition: int,
    asks: Mapping[str, str],
) -> dict[str, Any]:
    more, rows = len(rows) > page.limit, rows[: page.limit]
    end = Cursor(as_of, f"{edition}|{rows[-1]['day']}", UUID(rows[-1]["unit"])) if more else None
    return {
        "scope": place_words(place_of(asked.jurisdiction)) if scope.insurer else territory_words(scope),
        "as_of": shown_instant(as_of),
        "jurisdiction": asked.jurisdiction,
        "period": asked.period.as_dict(),
        "item": item.number,
        "title": item.title,
        "words": item.words,
        "clause": item.clause,
        "edition": edition or None,
        "items": list(rows),
        "next": cursors.written(end, asks) if end else None,
    }
