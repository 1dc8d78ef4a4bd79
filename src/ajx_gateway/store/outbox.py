"""WHAT happened, for those who must be told? Events written in the transaction of their cause, read in commit-safe order."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ajx_gateway.events import Event
from ajx_gateway.store.arrays import literals, unnested
from ajx_gateway.store.database import Transaction

# What is given of an event; ``seq`` is its place among those of its transaction.
_GIVEN = {
    "event_id": "uuid",
    "seq": "int",
    "insurer": "text",
    "type": "text",
    "payload": "text",
    "happened_at": "timestamptz",
}


async def add(tx: Transaction, events: Sequence[Event]) -> None:
    """Write the events of this transaction, in their order, in one statement."""
    if events:
        await tx.fetch(inserted(1), *columns(events))


def columns(events: Sequence[Event]) -> list[Any]:
    """The events as the parameters of ``inserted``."""
    values: list[list[Any]] = [
        [uuid.uuid4() for _ in events],
        list(range(len(events))),
        [event.insurer for event in events],
        [event.type for event in events],
        [json.dumps(dict(event.payload), ensure_ascii=False, default=str) for event in events],
        [event.happened_at for event in events],
    ]
    return literals(list(_GIVEN.values()), values)


def inserted(first: int) -> str:
    """The statement that writes events, its parameters from ``$first`` on."""
    given = unnested(list(_GIVEN), list(_GIVEN.values()), first, "e")
    return (
        "INSERT INTO event (event_id, seq, insurer, type, payload, happened_at)"  # noqa: S608
        f" SELECT e.event_id, e.seq, e.insurer, e.type, e.payload::jsonb, e.happened_at FROM {given}"
    )


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One event with its place in the feed."""

    xid: int
    seq: int
    event_id: uuid.UUID
    type: str
    payload: dict[str, Any]
    happened_at: datetime


_AFTER = sa.text(
    "SELECT xid, seq, event_id, type, payload, happened_at FROM event"
    " WHERE insurer = :insurer AND (xid, seq, event_id) > (:xid, :seq, :event_id)"
    # Below the oldest transaction still running nothing can appear any more: no event is skipped.
    " AND xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"
    " ORDER BY xid, seq, event_id LIMIT :limit"
)


async def after(
    tx: Transaction, insurer: str, place: tuple[int, int, uuid.UUID], limit: int
) -> list[FeedRow]:
    """The next events of one insurer, oldest first."""
    rows = await tx.execute(
        _AFTER,
        {"insurer": insurer, "xid": place[0], "seq": place[1], "event_id": place[2], "limit": limit},
    )
    return [FeedRow(**row) for row in rows.mappings()]
