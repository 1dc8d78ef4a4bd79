"""WHO complained, was it answered in time, and whose doing was it? Complaints and disputes, step by step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ajx_gateway.deadlines import STATE_TITLES, Calendar, State
from ajx_gateway.errors import Forbidden, KeyReused, NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import admitted_to_lists, territory_words
from ajx_gateway.oversight.cases import division_in, identity_of
from ajx_gateway.oversight.complaint_clocks import Clock, clocks_of
from ajx_gateway.oversight.complaint_steps import WRITERS
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import local_date, shown, shown_instant
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import case_lists, complaints, cursors
from ajx_gateway.store.complaints import CHANNELS, KINDS, STEPS, Place, Wanted
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction

ABSENT = "没有这项投诉，或它不在本辖区。"
_ASKED = ("pending", "due_soon", "met", "overdue", "met_late", "undetermined")
_BITS = {"true": True, "false": False}


async def complaint_list(
    store: Store, calendar: Calendar, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the territory's complaints, those received last first."""
    scope = admitted_to_lists(caller)
    wanted, limit = _wanted(given), asking.page_size(given.get("limit"))
    states = asking.several(
        "state", given.get("state"), {state: STATE_TITLES[State(state)] for state in _ASKED}
    )
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    place = _place(cursor)
    found: list[dict[str, Any]] = []
    async with store.reading(scope) as tx:
        # A state is derived, not stored: pages are read until enough of those asked for are found.
        while len(found) <= limit:
            rows = await complaints.page(tx, wanted, place, limit + 1, now=at)
            items = [item_of(row, clocks_of(row, calendar, at)) for row in rows]
            found += [item for item in items if not states or item["state"] in states]
            if len(rows) <= limit:
                break
            place = Place(rows[-1]["received_on"], rows[-1]["complaint_id"])
    more, found = len(found) > limit, found[:limit]
    end = found[-1] if more else None
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": found,
        "next": cursors.written(Cursor(at, end["received_on"], UUID(end["complaint_id"])), given)
        if end
        else None,
    }


def _place(cursor: Cursor | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return Place(date.fromisoformat(cursor.sort or ""), cursor.row)
    except ValueError:
        raise Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after") from None


def _wanted(given: Mapping[str, str]) -> Wanted:
    filters = asking.filters_of({n: given.get(n, "") for n in ("insurer", "district", "town")})
    period = parse(given["period"]) if given.get("period") else None
    kind, litigation = given.get("kind"), given.get("litigation")
    return Wanted(
        kind=asking.one_of("kind", kind, KINDS) if kind else None,
        insurer=filters.insurer,
        district=filters.district,
        town=filters.town,
        litigation=_BITS[asking.one_of("litigation", litigation, list(_BITS))] if litigation else None,
        begins=period.begins if period else None,
        ends=period.ends if period else None,
    )


def item_of(row: Mapping[str, Any], clocks: list[Clock]) -> dict[str, Any]:
    """A complaint as an answer shows it; ``state`` and ``due`` are those of the clock that counts now."""
    item = {name: shown(value) for name, value in row.items()}
    last = clocks[-1] if clocks else None
    stands = last.state if last else State.UNDETERMINED
    return item | {
        "kind_title": KINDS[row["kind"]],
        "channel_title": CHANNELS[row["channel"]],
        "place": place_words(row["division"]),
        "state": stands.value,
        "state_title": STATE_TITLES[stands],
        "due": shown_instant(last.due.due) if last else None,
        "clocks": [
            {
                "clock": clock.name,
                "clock_title": clock.title,
                "nominal_on": clock.due.nominal_on.isoformat(),
                "due": shown_instant(clock.due.due),
                "provisional": clock.due.provisional,
                "met_on": shown(clock.met_on),
                "state": clock.state.value,
                "state_title": STATE_TITLES[clock.state],
                "clause": clock.clause,
            }
            for clock in clocks
        ],
    }


async def complaint(
    store: Store, calendar: Calendar, caller: Caller, complaint_id: UUID, *, now: datetime
) -> dict[str, Any]:
    """One complaint with its clocks and its whole trail."""
    scope = admitted_to_lists(caller)
    async with store.reading(scope) as tx:
        return await whole(tx, calendar, scope, complaint_id, now)


async def whole(
    tx: Transaction, calendar: Calendar, scope: Scope, complaint_id: UUID, now: datetime
) -> dict[str, Any]:
    """The answer about one complaint; 404 when it is absent or foreign."""
    row = await complaints.find(tx, complaint_id)
    if row is None:
        raise NotFound(ABSENT)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "complaint": item_of(row, clocks_of(row, calendar, now)),
        "trail": [
            {name: shown(value) for name, value in step.items()} | {"step_title": STEPS[step["step"]]}
            for step in await complaints.trail(tx, complaint_id)
        ],
    }


@dataclass(frozen=True, slots=True)
class Complaining:
    """What somebody complained about, without naming anybody."""

    insurer: str
    kind: str
    channel: str
    received_on: date
    text: str
    division: str
    litigation: bool = False
    subject_kind: str | None = None
    subject_key: str | None = None


async def enter(
    store: Store, calendar: Calendar, caller: Caller, told: Complaining, *, key: str | None, now: datetime
) -> dict[str, Any]:
    """Enter a complaint. The same ``key`` (Idempotency-Key) of the same caller is the same complaint again."""
    if caller.role not in WRITERS:
        raise Forbidden("只有辖区内的监管部门和保险顾问可以登记投诉。")
    scope = admitted_to_lists(caller)
    if told.received_on > local_date(now):
        raise Unprocessable("received_on 不能晚于今天。", parameter="received_on")
    asking.impersonal(text=told.text)
    division = division_in(scope, told.division)
    name = key or hashlib.sha256(f"{told}{now.isoformat()}".encode()).hexdigest()
    row: dict[str, Any] = {
        "complaint_id": identity_of("complaint", caller, name),
        "insurer": told.insurer,
        "jurisdiction": f"{division[:4]}00",
        "division": division,
        "kind": told.kind,
        "channel": told.channel,
        "text": told.text,
        "subject_kind": told.subject_kind,
        "subject_key": told.subject_key,
        "litigation": told.litigation,
        "received_on": told.received_on,
        "recorded_at": now,
        "recorded_by": caller.name,
        "extended_days": 0,
    }
    async with store.writing(scope) as tx:
        if not await case_lists.is_registered(tx, told.insurer):
            raise Unprocessable("没有登记这家承保机构。", parameter="insurer")
        if not await complaints.enter(tx, row):
            stored = await complaints.find(tx, row["complaint_id"])
            same = ("insurer", "division", "kind", "channel", "text", "litigation", "received_on")
            if stored is None or any(stored[name] != row[name] for name in same):
                raise KeyReused("该幂等键已用于另一项投诉，内容有变化时请换用新的幂等键。")
        return await whole(tx, calendar, scope, row["complaint_id"], now)
