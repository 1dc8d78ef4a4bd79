"""WHICH excuses were asked for, and how were they decided? Once each, by the territory's regulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.sources import within
from ajx_gateway.store.tables import INSTANT, clock, excuse

Decision = Literal["upheld", "dismissed"]

_CLOCK = (
    clock.c.clock, clock.c.subject_kind, clock.c.subject_key, clock.c.jurisdiction, clock.c.division,
    clock.c.start_on, clock.c.due, clock.c.met_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the list is ordered by the instant of the request, then by id."""

    requested_at: datetime
    excuse_id: UUID


async def page(
    tx: Transaction,
    state: Literal["open", "decided"] | None,
    after: Place | None,
    limit: int,
    *,
    now: datetime,
) -> list[Mapping[str, Any]]:
    """The next excuses of the scope, oldest first, as they stood at ``now``."""
    at = sa.literal(now, INSTANT)
    decided = sa.and_(excuse.c.decision.is_not(None), excuse.c.decided_at <= at)
    statement = _listed().where(excuse.c.requested_at <= at, *within(tx.scope, clock.c.division))
    if state is not None:
        statement = statement.where(
            decided if state == "decided" else sa.not_(sa.func.coalesce(decided, sa.false()))
        )
    if after is not None:
        statement = statement.where(
            sa.tuple_(excuse.c.requested_at, excuse.c.excuse_id)
            > sa.tuple_(sa.literal(after.requested_at, INSTANT), sa.literal(after.excuse_id, sa.Uuid()))
        )
    found = await tx.execute(statement.order_by(excuse.c.requested_at, excuse.c.excuse_id).limit(limit))
    return [dict(row) for row in found.mappings()]


def _listed() -> sa.Select[Any]:
    return sa.select(*excuse.c, *_CLOCK).join(clock, clock.c.clock_id == excuse.c.clock_id)


async def find(tx: Transaction, excuse_id: UUID) -> Mapping[str, Any] | None:
    """The excuse, when it lies in the scope's territory."""
    statement = _listed().where(excuse.c.excuse_id == excuse_id, *within(tx.scope, clock.c.division))
    row = (await tx.execute(statement)).mappings().one_or_none()
    return None if row is None else dict(row)


async def decide(
    tx: Transaction, excuse_id: UUID, decision: Decision, *, by: str, reason: str, now: datetime
) -> bool:
    """Write the decision; False when the excuse is absent, outside the territory, or decided already."""
    written = await tx.execute(
        excuse.update()
        .values(decision=decision, decided_by=by, decided_at=now, decision_reason=reason)
        .where(
            excuse.c.excuse_id == excuse_id,
            excuse.c.decision.is_(None),
            clock.c.clock_id == excuse.c.clock_id,
            *within(tx.scope, clock.c.division),
        )
    )
    return written.rowcount == 1
