"""WHAT awaits an insurer? Its own clocks as they stand at this moment, and its requests to be excused."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from ajx_gateway import errors, identity
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.receipt import local
from ajx_gateway.intake.submit import insurer_of
from ajx_gateway.store import clock_lists, cursors, excuse_requests, outbox, streaming
from ajx_gateway.store.clock_lists import Place, Wanted
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction


async def deadlines(
    store: Store,
    caller: Caller,
    *,
    states: tuple[str, ...],
    clock: str | None,
    after: str | None,
    limit: int,
    now: datetime,
) -> dict[str, Any]:
    """One page of the insurer's clocks, soonest due first; all pages of a list stand at the first page's instant."""
    insurer = insurer_of(caller)
    asked = {"states": ",".join(states), "clock": clock or "", "insurer": insurer}
    cursor = cursors.read(after, asked, now)
    at = now if cursor is None else cursor.as_of
    place = None if cursor is None else Place(cursors.instant_of(cursor), cursor.row)
    wanted = Wanted(clock=clock, states=states, insurer=insurer)
    async with store.reading(identity.scope_of(caller)) as tx:
        rows = await clock_lists.page(tx, wanted, place, limit + 1, now=at)
    shown = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [_shown(row) for row in shown],
        "next": cursors.written(_end(shown[-1], at), asked) if more else None,
        "as_of": local(at),
    }


async def every_deadline(
    store: Store, caller: Caller, *, states: tuple[str, ...], clock: str | None, now: datetime
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """All of the insurer's clocks as they stand, in the same order, a portion at a time from one snapshot."""
    wanted = Wanted(clock=clock, states=states, insurer=insurer_of(caller))
    async with store.reading(identity.scope_of(caller)) as tx:
        found = streaming.of_statement(tx, clock_lists.everything(tx, wanted, now=now))
        async with aclosing(found) as portions:
            async for rows in portions:
                yield [_shown(row) for row in rows]


def _end(row: Mapping[str, Any], at: datetime) -> Cursor:
    return Cursor(at, None if row["due"] is None else row["due"].isoformat(), row["clock_id"])


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["clock_id"]),
        "clock": row["clock"],
        "state": row["state"],
        "subject_kind": row["subject_kind"],
        "subject_key": row["subject_key"],
        "policy_no": row["policy_no"],
        "period": row["period"],
        "start_on": None if row["start_on"] is None else row["start_on"].isoformat(),
        "nominal_on": None if row["nominal_on"] is None else row["nominal_on"].isoformat(),
        "due": None if row["due"] is None else local(row["due"]),
        "provisional": row["provisional"],
        "met_at": None if row["met_at"] is None else local(row["met_at"]),
    }


async def request_excuse(
    desk: Desk,
    caller: Caller,
    clock_id: uuid.UUID,
    *,
    reason_code: str,
    reason: str,
    evidence: Sequence[Mapping[str, str]],
    now: datetime,
) -> dict[str, Any]:
    """Ask the regulator to excuse one clock. A refused request may be followed by one with better evidence."""
    insurer = insurer_of(caller)
    async with desk.store.writing(identity.scope_of(caller)) as tx:
        clock = await excuse_requests.clock_of(tx, clock_id, insurer)
        if clock is None:
            raise errors.NotFound("没有这项时限：请从 GET /v1/deadlines 取得 id。")
        excuse_id = await excuse_requests.request(
            tx,
            clock_id=clock_id,
            insurer=insurer,
            reason_code=reason_code,
            reason=reason,
            evidence=evidence,
            by=caller.name,
            now=now,
        )
        if excuse_id is None:
            # The answer to the first one may have been lost on its way: the same request gets it again.
            excuse_id, now = await _asked_before(tx, clock_id, reason_code, reason, evidence)
        else:
            payload = {"excuse": str(excuse_id), "deadline": str(clock_id), "clock": clock["clock"]}
            await outbox.add(tx, [Event("excuse.requested", insurer, payload, now)])
    return {
        "id": str(excuse_id),
        "deadline": str(clock_id),
        "clock": clock["clock"],
        "subject_key": clock["subject_key"],
        "reason_code": reason_code,
        "reason": reason,
        "evidence": [dict(one) for one in evidence],
        "state": "open",
        "requested_at": local(now),
    }


async def _asked_before(
    tx: Transaction,
    clock_id: uuid.UUID,
    reason_code: str,
    reason: str,
    evidence: Sequence[Mapping[str, str]],
) -> tuple[uuid.UUID, datetime]:
    standing = await excuse_requests.standing(tx, clock_id)
    same = standing is not None and (standing.decision, standing.reason_code, standing.reason) == (
        None,
        reason_code,
        reason,
    )
    if standing is None or not same or standing.evidence != [dict(one) for one in evidence]:
        raise errors.Unprocessable("该时限已有待决定或已获准的免责申请，无需重复提交。")
    return standing.excuse_id, standing.requested_at
