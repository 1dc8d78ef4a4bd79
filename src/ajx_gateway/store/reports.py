"""WHICH reports went out? Editions of frozen figures, added and never changed, cut to the caller's territory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.report_tables import report
from ajx_gateway.store.sources import within
from ajx_gateway.store.tables import INSTANT

_LISTED = tuple(column for column in report.c if column.name != "figures")
_ATTEMPTS = 5
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('ajx.reports'))"


@dataclass(frozen=True, slots=True)
class NewReport:
    """What is kept of a report; ``territory`` and ``insurer`` are '' where the report has none."""

    kind: str
    territory: str
    insurer: str
    period: str
    title: str
    as_of: datetime
    figures: bytes
    digest: str
    made_by: str
    made_role: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the list is ordered by the instant of making, newest first, then by id."""

    made_at: datetime
    report_id: UUID


async def add(tx: Transaction, new: NewReport) -> Mapping[str, Any]:
    """Keep it as the next edition of its kind, place, insurer and period; the row without the figures."""
    same = _same(new.kind, new.territory, new.insurer, new.period)
    next_ = sa.select(sa.func.coalesce(sa.func.max(report.c.edition), 0) + 1).where(*same).scalar_subquery()
    for _ in range(_ATTEMPTS):
        fresh = insert(report).values(
            report_id=uuid4(),
            edition=next_,
            **{name: getattr(new, name) for name in NewReport.__slots__},
        )
        row = (await tx.execute(fresh.on_conflict_do_nothing().returning(*_LISTED))).mappings().one_or_none()
        if row is not None:
            return dict(row)
    raise RuntimeError("others kept taking the next edition")


async def add_once(tx: Transaction, new: NewReport, since: datetime) -> Mapping[str, Any] | None:
    """Keep it unless there is an edition whose figures are of ``since`` or later; two workers add it once."""
    await tx.fetch(_ONE_AT_A_TIME)
    if await made_since(tx, new.kind, new.territory, new.period, since):
        return None
    return await add(tx, new)


async def made_since(tx: Transaction, kind: str, territory: str, period: str, since: datetime) -> bool:
    """Whether an edition about all insurers has figures of ``since`` or later."""
    found = await tx.execute(
        sa.select(sa.literal(1))
        .where(*_same(kind, territory, "", period), report.c.as_of >= sa.literal(since, INSTANT))
        .limit(1)
    )
    return found.first() is not None


def _same(kind: str, territory: str, insurer: str, period: str) -> list[sa.ColumnElement[bool]]:
    told = {"kind": kind, "territory": territory, "insurer": insurer, "period": period}
    return [report.c[name] == value for name, value in told.items()]


async def find(tx: Transaction, report_id: UUID) -> Mapping[str, Any] | None:
    """The report with its figures, when the scope may see it."""
    found = await tx.execute(
        sa.select(report).where(report.c.report_id == report_id, *within(tx.scope, report.c.territory))
    )
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def page(
    tx: Transaction, kind: str | None, period: str | None, after: Place | None, limit: int, *, now: datetime
) -> list[Mapping[str, Any]]:
    """The next reports of the scope, newest first, of those made by ``now``."""
    statement = sa.select(*_LISTED).where(
        report.c.made_at <= sa.literal(now, INSTANT), *within(tx.scope, report.c.territory)
    )
    for name, value in (("kind", kind), ("period", period)):
        if value is not None:
            statement = statement.where(report.c[name] == value)
    if after is not None:
        statement = statement.where(
            sa.tuple_(report.c.made_at, report.c.report_id)
            < sa.tuple_(sa.literal(after.made_at, INSTANT), sa.literal(after.report_id, sa.Uuid()))
        )
    ordered = statement.order_by(report.c.made_at.desc(), report.c.report_id.desc()).limit(limit)
    return [dict(row) for row in (await tx.execute(ordered)).mappings()]
