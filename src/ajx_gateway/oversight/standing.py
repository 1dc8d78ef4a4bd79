"""WHO is excused, and when was the gateway itself out? Decisions that move a clock's state or its due day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from ajx_gateway.deadlines import Calendar, ClockFact, Due, Outage, clock_due, state
from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller
from ajx_gateway.jurisdictions import clock_titles
from ajx_gateway.oversight import asking, four_eyes
from ajx_gateway.oversight.admission import admitted, admitted_to_lists, territory_words
from ajx_gateway.oversight.shown import shown, shown_instant
from ajx_gateway.store import clocks, cursors, excuses, outages, outbox, statements
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.excuses import Decision, Place
from ajx_gateway.store.outages import Credit, Running
from ajx_gateway.store.statements import Stated, Statement

# A window longer than this is a slip of the pen, and it would move every clock there is.
LONGEST_OUTAGE = timedelta(days=92)


async def excuse_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the excuses asked for in the territory, oldest first."""
    scope = admitted_to_lists(caller)
    wanted = (
        asking.one_of("state", given["state"], {"open": "待决定", "decided": "已决定"})
        if given.get("state")
        else None
    )
    limit = asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    after = Place(cursors.instant_of(cursor) or at, cursor.row) if cursor else None
    async with store.reading(scope) as tx:
        rows = await excuses.page(
            tx, cast(Literal["open", "decided"] | None, wanted), after, limit + 1, now=at
        )
        more, rows = len(rows) > limit, rows[:limit]
        opinions = await statements.of_all(tx, "excuse", [row["excuse_id"] for row in rows])
    end = rows[-1] if more else None
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": [_excuse(row, opinions.get(row["excuse_id"])) for row in rows],
        "next": cursors.written(Cursor(at, end["requested_at"].isoformat(), end["excuse_id"]), given)
        if end
        else None,
    }


def _excuse(row: Mapping[str, Any], opinions: list[Statement] | None) -> dict[str, Any]:
    item = {name: shown(value) for name, value in row.items()}
    # As long as a second identity has not said the same, nothing is decided.
    return item | {
        "clock_title": clock_titles().get(row["clock"], row["clock"]),
        "awaiting_second": four_eyes.waiting(opinions or []),
    }


async def decide(
    store: Store, caller: Caller, excuse_id: UUID, decision: Decision, reason: str, *, now: datetime
) -> dict[str, Any]:
    """Uphold or dismiss an excuse, once; the insurer is told by an event of the same transaction.

    Where the law of the clock's place and starting day asks for two identities, the first one's opinion waits
    (``awaiting_second``) until another states the same; two that differ leave the excuse open.
    """
    if caller.role != "regulator":
        raise Forbidden("只有辖区内的监管部门可以决定免责申请。")
    scope = admitted(caller)
    async with store.writing(scope) as tx:
        row = await excuses.find(tx, excuse_id)
        if row is None:
            raise NotFound("没有这项免责申请，或它不在本辖区。")
        _refuse_decided(row)
        stated = await _stated(tx, row, decision, reason, caller.name, now)
        if stated == "final":
            written = await excuses.decide(tx, excuse_id, decision, by=caller.name, reason=reason, now=now)
            row = await excuses.find(tx, excuse_id) or row
            if not written:
                _refuse_decided(row)
            await outbox.add(tx, [_decided(row, decision, reason, now)])
        shown_row = _excuse(row, await statements.of(tx, "excuse", excuse_id))
    return {"scope": territory_words(scope), "as_of": shown_instant(now), "excuse": shown_row}


def _refuse_decided(row: Mapping[str, Any]) -> None:
    if row["decision"] is not None:
        raise Unprocessable(
            f"该申请已于 {shown_instant(row['decided_at'])} 作出决定，不能再次决定。",
            decision=row["decision"],
        )


async def _stated(
    tx: Transaction, row: Mapping[str, Any], decision: Decision, reason: str, by: str, now: datetime
) -> Stated:
    return await four_eyes.stated(
        tx,
        subject="excuse",
        subject_id=row["excuse_id"],
        insurer=row["insurer"],
        division=row["division"] or row["jurisdiction"],
        on=row["start_on"],
        decision=decision,
        reason=reason,
        by=by,
        now=now,
    )


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
        await outages.hold(tx)
        identity = await outages.record(tx, out, reason=reason, by=caller.name, now=now)
        credits = await _recompute(tx, calendar, out, now)
        await outages.credit(tx, identity, credits, now=now)
        turned = [one for one in credits if one.state_before != one.state_after]
        await outbox.add(tx, [_credited(one, identity, now) for one in turned])
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "outage_id": str(identity),
        "moved": len(credits),
        # Late or overdue before, in time or still running now: what the outage alone had made late.
        "relieved": sum(one.state_before in _LATE and one.state_after not in _LATE for one in credits),
    }


_LATE = frozenset({"overdue", "met_late"})


async def _recompute(tx: Transaction, calendar: Calendar, window: Outage, now: datetime) -> list[Credit]:
    every = await clocks.outages(tx)
    dated = [(one, clock_due(_fact(one), calendar, every)) for one in await outages.touched(tx, window)]
    moved = [(one, found) for one, found in dated if found is not None and _differs(one, found)]
    await outages.move(tx, [(one.clock_id, found) for one, found in moved], now=now)
    stood = [(one, Due(one.nominal_on or one.start_on, one.due, one.provisional)) for one, _ in moved]
    return [
        Credit(one, found.due, _state(one, before, now), _state(one, found, now))
        for (one, found), (_, before) in zip(moved, stood, strict=True)
    ]


def _differs(one: Running, found: Due) -> bool:
    return (one.due, one.nominal_on, one.provisional) != (found.due, found.nominal_on, found.provisional)


def _state(one: Running, falls: Due, now: datetime) -> str:
    stands = state(
        due=falls.due,
        provisional=falls.provisional,
        applicable=one.applicable,
        met_at=one.met_at,
        excused=one.excused,
        void_on=clocks.SINCE_EVER if one.voided else one.cancelled_on,
        now=now,
        due_soon_days=one.due_soon_days,
        nominal_on=falls.nominal_on,
    )
    return stands.value


def _credited(one: Credit, outage_id: UUID, now: datetime) -> Event:
    payload = {
        "outage": str(outage_id),
        "deadline": str(one.clock.clock_id),
        "clock": one.clock.clock,
        "subject_kind": one.clock.subject_kind,
        "subject_key": one.clock.subject_key,
        "due": shown_instant(one.due_after),
        "state": one.state_after,
    }
    return Event("deadline.credited", one.clock.insurer, payload, now)


async def credit_list(
    store: Store, caller: Caller, outage_id: UUID, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the clocks that an outage moved, with their state before and after, as it was recorded."""
    scope = admitted_to_lists(caller)
    limit, asked = asking.page_size(given.get("limit")), {**given, "outage": str(outage_id)}
    cursor = cursors.read(given.get("after"), asked, now)
    at = cursor.as_of if cursor else now
    async with store.reading(scope) as tx:
        rows = await outages.credited(tx, outage_id, cursor.row if cursor else None, limit + 1, now=at)
    more, rows = len(rows) > limit, rows[:limit]
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": [
            {name: shown(value) for name, value in row.items()}
            | {"clock_title": clock_titles().get(row["clock"], row["clock"])}
            for row in rows
        ],
        "next": cursors.written(Cursor(at, None, rows[-1]["clock_id"]), asked) if more else None,
    }


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
