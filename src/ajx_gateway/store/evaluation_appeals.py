"""WHICH items did insurers appeal against, and how was it decided? Once each, by the place's regulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.evaluation_tables import appeal, evaluation

Decision = Literal["upheld", "dismissed"]


@dataclass(frozen=True, slots=True)
class Appeal:
    """One appeal. Upheld, it strikes units out; with none struck, the item was judged anew as of ``reopened_as_of``."""

    appeal_id: UUID
    evaluation_id: UUID
    insurer: str
    place: str
    item: int
    reason: str
    units: list[UUID]
    evidence: list[Mapping[str, str]]
    requested_at: datetime
    requested_by: str
    decision: str | None = None
    decision_reason: str | None = None
    struck: list[UUID] | None = None
    reopened_as_of: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None


async def file(
    tx: Transaction,
    *,
    evaluation_id: UUID,
    insurer: str,
    place: str,
    item: int,
    reason: str,
    units: Sequence[UUID],
    evidence: Sequence[Mapping[str, str]],
    by: str,
    now: datetime,
) -> UUID | None:
    """Write an appeal; None when one of this insurer about this item waits already."""
    row = {
        "appeal_id": uuid4(),
        "evaluation_id": evaluation_id,
        "insurer": insurer,
        "place": place,
        "item": item,
        "reason": reason,
        "units": list(units),
        "evidence": [dict(one) for one in evidence],
        "requested_at": now,
        "requested_by": by,
    }
    written = await tx.execute(
        insert(appeal).values(row).on_conflict_do_nothing().returning(appeal.c.appeal_id)
    )
    return written.scalar_one_or_none()


async def find(tx: Transaction, appeal_id: UUID) -> Appeal | None:
    """The appeal, when the scope reaches it."""
    found = await tx.execute(sa.select(appeal).where(appeal.c.appeal_id == appeal_id))
    row = found.mappings().one_or_none()
    return None if row is None else Appeal(**row)


async def upheld(tx: Transaction, evaluation_id: UUID, insurer: str) -> dict[UUID, Appeal]:
    """The upheld appeals of one insurer against one evaluation."""
    found = await tx.execute(
        sa.select(appeal).where(
            appeal.c.evaluation_id == evaluation_id,
            appeal.c.insurer == insurer,
            appeal.c.decision == "upheld",
        )
    )
    return {row["appeal_id"]: Appeal(**row) for row in found.mappings()}


async def decide(
    tx: Transaction,
    appeal_id: UUID,
    decision: Decision,
    *,
    reason: str,
    struck: Sequence[UUID],
    reopened_as_of: datetime | None,
    by: str,
    now: datetime,
) -> bool:
    """Write the decision; False when it was decided already."""
    written = await tx.execute(
        sa.update(appeal)
        .values(
            decision=decision,
            decision_reason=reason,
            struck=list(struck),
            reopened_as_of=reopened_as_of,
            decided_at=now,
            decided_by=by,
        )
        .where(appeal.c.appeal_id == appeal_id, appeal.c.decision.is_(None))
    )
    return written.rowcount == 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: by the instant of the request, then by id."""

    requested_at: datetime
    appeal_id: UUID


async def page(
    tx: Transaction,
    *,
    place: str | None,
    state: Literal["open", "decided"] | None,
    after: Place | None,
    limit: int,
    now: datetime,
) -> list[Mapping[str, Any]]:
    """The next appeals within a territory (None: all that the scope reaches), oldest first, as of ``now``."""
    a, e = appeal.c, evaluation.c
    wanted: list[sa.ColumnElement[bool]] = [a.requested_at <= now]
    if place is not None:
        wanted.append(sa.func.starts_with(a.place, place))
    decided = sa.func.coalesce(a.decided_at <= now, sa.false())
    if state is not None:
        wanted.append(decided if state == "decided" else sa.not_(decided))
    if after is not None:
        wanted.append(
            sa.tuple_(a.requested_at, a.appeal_id)
            > sa.tuple_(sa.literal(after.requested_at, a.requested_at.type), sa.literal(after.appeal_id))
        )
    rows = await tx.execute(
        sa.select(appeal, e.jurisdiction, e.period, e.scheme)
        .join(evaluation, e.evaluation_id == a.evaluation_id)
        .where(*wanted)
        .order_by(a.requested_at, a.appeal_id)
        .limit(limit)
    )
    return [dict(row) for row in rows.mappings()]
