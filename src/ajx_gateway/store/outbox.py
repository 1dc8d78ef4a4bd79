"""WHAT happened, for those who must be told? Events written in the transaction of their cause, read in commit-safe order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ajx_gateway.events import Event
from ajx_gateway.store import tables
from ajx_gateway.store.database import Transaction


async def add(tx: Transaction, events: Sequence[Event]) -> None:
    if events:
        await tx.execute(
            tables.event.insert(),
            [
                {
                    "event_id": uuid.uuid4(),
                    "seq": number,
                    "insurer": event.insurer,
                    "type": event.type,
                    "payload": dict(event.payload),
                    "happened_at": event.happened_at,
                }
                for number, event in enumerate(events)
            ],
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
