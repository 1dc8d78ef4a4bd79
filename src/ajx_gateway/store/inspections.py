"""WHAT did inspections find? Their results, each under the policy it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.service_tables import inspection, sample_member
from ajx_gateway.store.sources import Filters, starts_with, within
from ajx_gateway.store.tables import INSTANT, RECORDS


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which inspections: of a sample, of a period [begins, ends), narrowed by insurer, district and town."""

    sample_id: UUID | None
    filters: Filters
    begins: date | None
    ends: date | None


async def policy_of(tx: Transaction, insurer: str, policy_no: str) -> Mapping[str, Any] | None:
    """The policy that was inspected, when the scope may see it."""
    of = RECORDS["policy"].c
    named = (
        "record_id",
        "insurer",
        "division",
        "enterprise_uscc",
        "enterprise_name",
        "sector_tags",
        "version",
    )
    statement = sa.select(*(of[name] for name in named)).where(
        of.insurer == insurer, of.key == policy_no, sa.not_(of.voided), *within(tx.scope, of.division)
    )
    row = (await tx.execute(statement)).mappings().one_or_none()
    return None if row is None else dict(row)


async def is_drawn(tx: Transaction, sample_id: UUID, enterprise_uscc: str) -> bool:
    """Whether the enterprise is among those drawn by this sample, in the scope."""
    of = sample_member.c
    statement = sa.select(of.drawn).where(of.sample_id == sample_id, of.enterprise_uscc == enterprise_uscc)
    return bool((await tx.execute(statement)).scalar_one_or_none())


async def record(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Write one inspection; nothing is ever overwritten."""
    await tx.execute(inspection.insert().values(dict(row)))


async def page(
    tx: Transaction, wanted: Wanted, after: tuple[date, UUID] | None, limit: int, *, at: datetime
) -> list[Mapping[str, Any]]:
    """The inspections recorded by then, the latest first."""
    of = inspection.c
    found = [of.recorded_at <= sa.literal(at, INSTANT), *within(tx.scope, of.division)]
    if wanted.sample_id is not None:
        found.append(of.sample_id == wanted.sample_id)
    if wanted.filters.insurer is not None:
        found.append(of.insurer == wanted.filters.insurer)
    if wanted.filters.district is not None:
        found.append(starts_with(of.division, wanted.filters.district))
    if wanted.filters.town is not None:
        found.append(of.division == wanted.filters.town)
    if wanted.begins is not None:
        found.append(of.inspected_on >= wanted.begins)
    if wanted.ends is not None:
        found.append(of.inspected_on < wanted.ends)
    if after is not None:
        same = sa.and_(of.inspected_on == after[0], of.inspection_id > after[1])
        found.append(sa.or_(of.inspected_on < after[0], same))
    statement = (
        sa.select(inspection).where(*found).order_by(of.inspected_on.desc(), of.inspection_id).limit(limit)
    )
    return [dict(row) for row in (await tx.execute(statement)).mappings()]
