"""WHO is excused, and when was the gateway itself out? Decisions that move a clock's state or its due day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from ajx_gateway.deadlines import Calendar, ClockFact, Outage, clock_due
from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import admitted, admitted_to_lists, territory_words
from ajx_gateway.oversight.naming import clock_titles
from ajx_gateway.oversight.shown import shown, shown_instant
from ajx_gateway.store import clocks, cursors, excuses, outages, outbox
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.excuses import Decision, Place
from ajx_gateway.store.outages import Running

# A window longer than this is a slip of the pen, and it would move every clock there is.
LONGEST_OUTAGE = timedelta(days=92)


async def excuse_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the excuses asked for in the territory, oldest first."""
    scope = admitted_to_lists(caller)
    state = asking.one_of("state", given["state"], ("open", "decided")) if given.get("state") else None
    limit = asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    after = Place(cursors.instant_of(cursor) or at, cursor.row) if cursor else None
    async with store.reading(scope) as tx:
        rows = await excuses.page(
            tx, cast(Literal["open", "decided"] | None, state), after, limit + 1, now=at
        )
    more, rows = len(rows) > limit, rows[:limit]
    end = rows[-1] if more else None
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": [_excuse(row) for row in rows],
        "next": cursors.written(Cursor(at, end["requested_at"].isoformat(), end["excuse_id"]), given)
        if end
        else None,
    }


def _excuse(row: Mapping[str, Any]) -> dict[str, Any]:
    item = {name: shown(value) for name, value in row.items()}
    return item | {"clock_title": clock_titles().get(row["clock"], row["clock"])}


async def decide(
    store: Store, caller: Caller, excuse_id: UUID, decision: Decision, reason: str, *, now: datetime
) -> dict[str, Any]:
    """Uphold or dismiss an excuse, once; the insurer is told by an event of the same transaction."""
    if caller.role != "regulator":
        raise Forbidden("只有辖区内的监管部门可以决定免责申请。")
    scope = admitted(caller)
    async with store.writing(scope) as tx:
        written = await excuses.decide(tx, excuse_id, decision, by=caller.name, reason=reason, now=now)
        row = await excuses.find(tx, excuse_id)
        if row is None:
            raise NotFound("没有这项免责申请，或它不在本辖区。")
        if not written:
            raise Unprocessable(
                f"该申请已于 {shown_instant(row['decided_at'])} 作出决定，不能再次决定。",
                decision=row["decision"],
            )
        await outbox.add(tx, [_decided(row, decision, reason, now)])
    return {"scope": territory_words(scope), "as_of": shown_instant(now), "excuse": _excuse(row)}


def _decided(row: Mapping[str, Any], decision: Decision, reason: str, now: datetime) -> Event:
    payload = {
        "excuse": str(row["excuse_id"]),
        "deadline": str(row["clock_id"]),
        "clock": row["clock"],
        "subject_kind": row["subject_kind"],
        "subject_key": row["subject_key"],
        "decision": decision,
        "reason": reason,
    }
    return Event("excuse.decided", row["insurer"], payload, now)


async def outage_list(store: Store, caller: Caller, *, now: datetime) -> dict[str, Any]:
    """Every recorded outage of the gateway, newest first."""
    scope = admitted(caller)
    async with store.reading(scope) as tx:
        rows = await outages.listed(tx)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "items": [{name: shown(value) for name, value in row.items()} for row in rows],
    }


async def record_outage(
    store: Store,
    calendar: Calendar,
    caller: Caller,
    window: tuple[datetime, datetime],
    *,
    reason: str,
    now: datetime,
) -> dict[str, Any]:
    """Record that the gateway was out; the clocks that ran meanwhile get their days back at once."""
    begins, ends = window
    if caller.role != "operator":
        raise Forbidden("只有网关运维可以登记停机。")
    if not begins < ends <= begins + LONGEST_OUTAGE:
        raise Unprocessable(f"停机的开始须早于结束，且不超过 {LONGEST_OUTAGE.days} 天。", parameter="ends")
    out = Outage(begins, ends)
    scope = admitted(caller)
    async with store.writing(scope) as tx:
        identity = await outages.record(tx, out, reason=reason, by=caller.name, now=now)
        moved = await _recompute(tx, calendar, out)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "outage_id": str(identity),
        "moved": moved,
    }


async def _recompute(tx: Transaction, calendar: Calendar, window: Outage) -> int:
    every = await clocks.outages(tx)
    dated = [
        (one.clock_id, clock_due(_fact(one), calendar, every)) for one in await outages.touched(tx, window)
    ]
    return await outages.move(tx, [(clock_id, found) for clock_id, found in dated if found is not None])


def _fact(one: Running) -> ClockFact:
    return ClockFact(
        subject_kind=one.subject_kind,
        subject_key=one.subject_key,
        clock=one.clock,
        jurisdiction=one.jurisdiction,
        start_on=one.start_on,
        applicable=True,
        met_at=None,
        voided=False,
        period=one.period,
    )
