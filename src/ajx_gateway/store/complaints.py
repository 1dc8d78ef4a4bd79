"""WHO complained about which insurer, and what was done? Rows with an append-only trail; clocks are derived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ajx_gateway.store.case_tables import complaint, complaint_step
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.sources import starts_with, within
from ajx_gateway.store.tables import INSTANT

KINDS: Mapping[str, str] = MappingProxyType(
    {"underwriting": "承保", "claims": "理赔", "service": "事故预防服务", "other": "其他"}
)
CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "platform": "平台",
        "telephone": "电话",
        "letter": "来信",
        "visit": "来访",
        "court": "司法文书",
        "other": "其他",
    }
)
STEPS: Mapping[str, str] = MappingProxyType(
    {
        "received": "收到",
        "checking": "告知需进一步核查",
        "extended": "延长",
        "answered": "答复",
        "attributed": "责任认定",
        "closed": "办结",
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which complaints; None means any. ``begins`` and ``ends`` (exclusive) are days of receipt."""

    kind: str | None = None
    insurer: str | None = None
    district: str | None = None
    town: str | None = None
    litigation: bool | None = None
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: newest first, then by id."""

    received_on: date
    complaint_id: UUID


async def enter(tx: Transaction, row: Mapping[str, Any]) -> bool:
    """Enter a complaint with the first step of its trail; False when it is entered already."""
    added = await tx.execute(
        insert(complaint).values(dict(row)).on_conflict_do_nothing().returning(complaint.c.complaint_id)
    )
    if added.first() is None:
        return False
    await add_step(tx, row, "received", by=row["recorded_by"], words=row["text"], now=row["recorded_at"])
    return True


async def page(
    tx: Transaction, wanted: Wanted, after: Place | None, limit: int, *, now: datetime
) -> list[dict[str, Any]]:
    """The next complaints that were recorded by ``now``, those received last first."""
    c = complaint.c
    found = [c.recorded_at <= sa.literal(now, INSTANT), *within(tx.scope, c.division)]
    asked = {name: getattr(wanted, name) for name in ("kind", "insurer", "litigation")}
    found += [c[name] == value for name, value in asked.items() if value is not None]
    found += [starts_with(c.division, prefix) for prefix in (wanted.district, wanted.town) if prefix]
    if wanted.begins is not None:
        found.append(c.received_on >= wanted.begins)
    if wanted.ends is not None:
        found.append(c.received_on < wanted.ends)
    if after is not None:
        place = sa.tuple_(sa.literal(after.received_on, sa.Date()), sa.literal(after.complaint_id, sa.Uuid()))
        found.append(sa.tuple_(c.received_on, c.complaint_id) < place)
    statement = sa.select(complaint).where(*found).limit(limit)
    rows = await tx.execute(statement.order_by(c.received_on.desc(), c.complaint_id.desc()))
    return [dict(row) for row in rows.mappings()]


async def find(tx: Transaction, complaint_id: UUID, *, hold: bool = False) -> dict[str, Any] | None:
    """One complaint of the scope; ``hold`` locks it to the end of the transaction."""
    c = complaint.c
    statement = sa.select(complaint).where(c.complaint_id == complaint_id, *within(tx.scope, c.division))
    found = await tx.execute(statement.with_for_update() if hold else statement)
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def change(tx: Transaction, complaint_id: UUID, **values: Any) -> None:
    """Write how a held complaint stands now."""
    await tx.execute(complaint.update().values(**values).where(complaint.c.complaint_id == complaint_id))


async def add_step(
    tx: Transaction, row: Mapping[str, Any], step: str, *, by: str, words: str, now: datetime
) -> None:
    """Write the next step of the trail; the caller holds the complaint."""
    s = complaint_step.c
    number = sa.select(sa.func.coalesce(sa.func.max(s.seq), 0) + 1).where(
        s.complaint_id == row["complaint_id"]
    )
    await tx.execute(
        insert(complaint_step).values(
            complaint_id=row["complaint_id"],
            seq=number.scalar_subquery(),
            insurer=row["insurer"],
            division=row["division"],
            step=step,
            at=now,
            by=by,
            words=words,
        )
    )


async def trail(tx: Transaction, complaint_id: UUID) -> list[Mapping[str, Any]]:
    """Everything that was ever done about it, in order."""
    s = complaint_step.c
    found = await tx.execute(
        sa.select(s.seq, s.step, s.at, s.by, s.words).where(s.complaint_id == complaint_id).order_by(s.seq)
    )
    return [dict(row) for row in found.mappings()]
