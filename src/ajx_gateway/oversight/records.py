"""WHICH records stand behind a figure, and what do they say? Lists and single records without personal data.

Only promoted columns are shown, and none of them is personal (a test says so): names, telephones and ID
numbers stay in the filings. Enterprises are hidden from roles that need no enterprise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import admitted_to_lists, territory_words
from ajx_gateway.oversight.column_titles import title_of
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import HIDDEN, shown, shown_instant
from ajx_gateway.standard import Kind, by_collection, codes
from ajx_gateway.standard.fields import outlines
from ajx_gateway.store import aggregates, cursors, drill
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store
from ajx_gateway.store.drill import Place, Wanted

_ENTERPRISE = ("enterprise_name", "enterprise_uscc")


def kind_of(collection: str) -> Kind:
    """The kind of a collection; 404 for anything else."""
    try:
        return by_collection(collection)
    except KeyError:
        raise NotFound("没有这种记录。") from None


async def record_list(
    store: Store, caller: Caller, collection: str, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of a collection, newest first."""
    scope, kind = admitted_to_lists(caller), kind_of(collection)
    wanted, limit = wanted_of(kind, given), asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), {**given, "collection": collection}, now)
    at = cursor.as_of if cursor else now
    async with store.reading(scope) as tx:
        rows = await drill.page(tx, wanted, _place(cursor), limit + 1, now=at)
    more, rows = len(rows) > limit, rows[:limit]
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "kind": kind.name,
        "title": kind.title,
        "columns": columns(kind),
        "items": [item_of(kind, row, scope) for row in rows],
        "next": _next(rows[-1], at, {**given, "collection": collection}) if more else None,
    }


def wanted_of(kind: Kind, given: Mapping[str, str]) -> Wanted:
    """The filters among the query parameters."""
    period = parse(given["period"]) if given.get("period") else None
    state = given.get("state")
    if state:
        listed = outlines(kind.model).get("state")
        if listed is None or listed.codes is None:
            raise Unprocessable(f"{kind.title}没有状态，不能按 state 筛选。", parameter="state")
        asking.one_of("state", state, codes.titles(listed.codes))
    return Wanted(
        kind=kind.name,
        filters=asking.filters_of(given),
        state=state or None,
        begins=period.begins if period else None,
        ends=period.ends if period else None,
    )


def _place(cursor: Cursor | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return Place(date.fromisoformat(cursor.sort) if cursor.sort else None, cursor.row)
    except ValueError:
        raise Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after") from None


def _next(row: Mapping[str, Any], at: datetime, given: Mapping[str, str]) -> str:
    return cursors.written(Cursor(at, row["on"].isoformat() if row["on"] else None, row["record_id"]), given)


def columns(kind: Kind) -> list[dict[str, str]]:
    """The columns of a kind's lists with their titles."""
    return [{"name": name, "title": title_of(kind, name)} for name in drill.columns_of(kind.name)]


def item_of(kind: Kind, row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """A row as it is listed for the scope."""
    item = {name: shown(row[name]) for name in drill.columns_of(kind.name)}
    if not scope.may_see_enterprises:
        item |= {name: HIDDEN for name in _ENTERPRISE if item.get(name) is not None}
    return item


async def record(
    store: Store, caller: Caller, collection: str, record_id: UUID, *, now: datetime
) -> dict[str, Any]:
    """One record with every state it ever had and the filing behind each."""
    scope, kind = admitted_to_lists(caller), kind_of(collection)
    async with store.reading(scope) as tx:
        row = await drill.find(tx, kind.name, record_id)
        if row is None:
            raise NotFound("没有这条记录，或它不在本辖区。")
        states = await drill.states_of(tx, kind.name, record_id)
        names = await aggregates.insurer_names(tx, [row["insurer"]])
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "kind": kind.name,
        "title": kind.title,
        "columns": columns(kind),
        "insurer_name": names.get(row["insurer"], row["insurer"]),
        "record": item_of(kind, row, scope),
        "history": [{name: shown(value) for name, value in state.items()} for state in states],
    }
