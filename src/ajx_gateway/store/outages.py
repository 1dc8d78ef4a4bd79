"""WHEN could the gateway itself not accept filings, and which clocks did that touch?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ajx_gateway.deadlines import Due, Outage
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.tables import outage


async def listed(tx: Transaction) -> list[Mapping[str, Any]]:
    """Every recorded outage, newest first."""
    found = await tx.execute(sa.select(outage).order_by(outage.c.begins.desc(), outage.c.outage_id))
    return [dict(row) for row in found.mappings()]


async def record(tx: Transaction, window: Outage, *, reason: str, by: str, now: datetime) -> UUID:
    """Record an outage; the same window recorded again is the same outage."""
    told = f"{window.begins.timestamp()}\n{window.ends.timestamp()}"
    identity = UUID(bytes=hashlib.sha256(told.encode()).digest()[:16])
    row = {
        "outage_id": identity,
        "begins": window.begins,
        "ends": window.ends,
        "reason": reason,
        "recorded_by": by,
        "recorded_at": now,
    }
    await tx.execute(insert(outage).values(row).on_conflict_do_nothing())
    return identity


@dataclass(frozen=True, slots=True)
class Running:
    """One clock that ran while the gateway was out."""

    clock_id: UUID
    clock: str
    subject_kind: str
    subject_key: str
    jurisdiction: str
    start_on: date
    period: str | None


_TOUCHED = """
SELECT clock_id, clock, subject_kind, subject_key, jurisdiction, start_on, period FROM clock
WHERE start_on IS NOT NULL AND jurisdiction IS NOT NULL AND due > $1
    AND timezone('Asia/Shanghai', start_on::timestamp) < $2
ORDER BY clock_id FOR UPDATE
"""

_MOVE = """
UPDATE clock c SET due = v.due, nominal_on = v.nominal_on, provisional = v.provisional
FROM unnest($1::uuid[], $2::timestamptz[], $3::date[], $4::bool[])
    AS v(clock_id, due, nominal_on, provisional)
WHERE c.clock_id = v.clock_id
    AND (c.due, c.nominal_on, c.provisional) IS DISTINCT FROM (v.due, v.nominal_on, v.provisional)
RETURNING c.clock_id
"""


async def touched(tx: Transaction, window: Outage) -> list[Running]:
    """The clocks that ran during the window, met or not: a late one may have been in time after all."""
    return [Running(**row) for row in await tx.fetch(_TOUCHED, window.begins, window.ends)]


async def move(tx: Transaction, dated: Sequence[tuple[UUID, Due]]) -> int:
    """Write the new due instants; returns how many clocks moved."""
    ids = [clock_id for clock_id, _ in dated]
    dues = [each for _, each in dated]
    columns = ([d.due for d in dues], [d.nominal_on for d in dues], [d.provisional for d in dues])
    return len(await tx.fetch(_MOVE, ids, *columns)) if ids else 0
