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
from ajx_gateway.store.case_tables import outage_credit
from ajx_gateway.store.clock_memory import remembering
from ajx_gateway.store.clocks import EXCUSED
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.sources import within
from ajx_gateway.store.tables import clock, outage


async def listed(tx: Transaction) -> list[Mapping[str, Any]]:
    """Every recorded outage, newest first."""
    found = await tx.execute(sa.select(outage).order_by(outage.c.begins.desc(), outage.c.outage_id))
    return [dict(row) for row in found.mappings()]


async def hold(tx: Transaction) -> None:
    """Wait for the pushes under way, and let no other date a clock until this transaction ends."""
    await tx.fetch("SELECT pg_advisory_xact_lock(hashtext('ajx.outages'))")


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
    """One clock that ran while the gateway was out, as it stands."""

    clock_id: UUID
    clock: str
    subject_kind: str
    subject_key: str
    jurisdiction: str
    start_on: date
    period: str | None
    insurer: str
    division: str | None
    due: datetime
    nominal_on: date | None
    provisional: bool
    applicable: bool | None
    met_at: datetime | None
    voided: bool
    due_soon_days: int
    excused: bool
    cancelled_on: date | None


_TOUCHED = f"""
SELECT c.clock_id, c.clock, c.subject_kind, c.subject_key, c.jurisdiction, c.start_on, c.period, c.insurer, c.division,
    c.due, c.nominal_on, c.provisional, c.applicable, c.met_at, c.voided, c.due_soon_days,
    {EXCUSED} AS excused, c.cancelled_on
FROM clock c
WHERE c.start_on IS NOT NULL AND c.jurisdiction IS NOT NULL AND c.due > $1
    AND timezone('Asia/Shanghai', c.start_on::timestamp) < $2
ORDER BY c.clock_id FOR UPDATE OF c
"""  # noqa: S608  put together from constants

_MOVE = remembering(
    """
UPDATE clock c SET due = v.due, nominal_on = v.nominal_on, provisional = v.provisional,
    changed_at = GREATEST(c.changed_at, $5)
FROM unnest($1::uuid[], $2::timestamptz[], $3::date[], $4::bool[])
    AS v(clock_id, due, nominal_on, provisional)
WHERE c.clock_id = v.clock_id
    AND (c.due, c.nominal_on, c.provisional) IS DISTINCT FROM (v.due, v.nominal_on, v.provisional)
"""
)


async def touched(tx: Transaction, window: Outage) -> list[Running]:
    """The clocks that ran during the window, met or not: a late one may have been in time after all."""
    rows = await tx.fetch(_TOUCHED, window.begins, window.ends)
    return [Running(**(dict(row) | {"clock_id": UUID(bytes=row["clock_id"].bytes)})) for row in rows]


async def move(tx: Transaction, dated: Sequence[tuple[UUID, Due]], *, now: datetime) -> int:
    """Write the new due instants; returns how many clocks moved."""
    if not dated:
        return 0
    ids = [clock_id for clock_id, _ in dated]
    dues = [each for _, each in dated]
    columns = ([d.due for d in dues], [d.nominal_on for d in dues], [d.provisional for d in dues])
    return int((await tx.fetch(_MOVE, ids, *columns, now))[0]["touched"])


@dataclass(frozen=True, slots=True)
class Credit:
    """What an outage gave back to one clock: its due instant and its state before and after."""

    clock: Running
    due_after: datetime
    state_before: str
    state_after: str


async def credit(tx: Transaction, outage_id: UUID, credits: Sequence[Credit], *, now: datetime) -> None:
    """Write down what moved; recorded twice, the first time stands."""
    if not credits:
        return
    rows = [
        {
            "outage_id": outage_id,
            "clock_id": one.clock.clock_id,
            "insurer": one.clock.insurer,
            "division": one.clock.division,
            "due_before": one.clock.due,
            "due_after": one.due_after,
            "state_before": one.state_before,
            "state_after": one.state_after,
            "credited_at": now,
        }
        for one in credits
    ]
    await tx.execute(insert(outage_credit).on_conflict_do_nothing(), rows)


async def credited(
    tx: Transaction, outage_id: UUID, after: UUID | None, limit: int, *, now: datetime
) -> list[Mapping[str, Any]]:
    """What an outage gave back within the scope, by clock."""
    c = outage_credit.c
    statement = (
        sa.select(outage_credit, clock.c.clock, clock.c.subject_kind, clock.c.subject_key)
        .join(clock, clock.c.clock_id == c.clock_id)
        .where(c.outage_id == outage_id, c.credited_at <= now, *within(tx.scope, c.division))
    )
    if after is not None:
        statement = statement.where(c.clock_id > after)
    found = await tx.execute(statement.order_by(c.clock_id).limit(limit))
    return [dict(row) for row in found.mappings()]
