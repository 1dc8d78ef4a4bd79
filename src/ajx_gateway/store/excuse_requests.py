"""WHO asks to be excused, for which clock, with what evidence? The insurer's half; the decision is the regulator's."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ajx_gateway.store import tables
from ajx_gateway.store.database import Transaction


async def clock_of(tx: Transaction, clock_id: uuid.UUID, insurer: str) -> Mapping[str, Any] | None:
    """The insurer's own clock, or None."""
    rows = await tx.fetch(
        "SELECT clock, subject_kind, subject_key, due, met_at FROM clock"
        " WHERE clock_id = $1 AND insurer = $2 AND start_on IS NOT NULL AND applicable IS DISTINCT FROM false",
        clock_id,
        insurer,
    )
    return dict(rows[0]) if rows else None


async def request(
    tx: Transaction,
    *,
    clock_id: uuid.UUID,
    insurer: str,
    reason_code: str,
    reason: str,
    evidence: Sequence[Mapping[str, str]],
    by: str,
    now: datetime,
) -> uuid.UUID | None:
    """Enter a request; None when one is open or was upheld already."""
    excuse_id = uuid.uuid4()
    added = await tx.execute(
        insert(tables.excuse)
        .values(
            excuse_id=excuse_id,
            clock_id=clock_id,
            insurer=insurer,
            reason_code=reason_code,
            reason=reason,
            evidence=[dict(one) for one in evidence],
            requested_at=now,
            requested_by=by,
        )
        .on_conflict_do_nothing()
        .returning(tables.excuse.c.excuse_id)
    )
    return excuse_id if added.first() is not None else None


@dataclass(frozen=True, slots=True)
class Standing:
    """The request that keeps others of the same clock out: an open or an upheld one."""

    excuse_id: uuid.UUID
    requested_at: datetime
    reason_code: str
    reason: str
    evidence: list[dict[str, str]]
    decision: str | None


async def standing(tx: Transaction, clock_id: uuid.UUID) -> Standing | None:
    """What stands in the way of another request for this clock, or None."""
    excuse = tables.excuse.c
    found = await tx.execute(
        sa.select(
            excuse.excuse_id,
            excuse.requested_at,
            excuse.reason_code,
            excuse.reason,
            excuse.evidence,
            excuse.decision,
        ).where(excuse.clock_id == clock_id, excuse.decision.is_distinct_from("dismissed"))
    )
    row = found.mappings().one_or_none()
    return None if row is None else Standing(**row)
