"""WHICH agencies and experts are registered, with what qualification and until when, and who served without?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert

from ajx_gateway.store import here
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.entitlements import Place, Wanted, conditions
from ajx_gateway.store.service_tables import registration
from ajx_gateway.store.tables import INSTANT
from ajx_gateway.store.versions import prepare_joins

Kind = Literal["agency", "expert"]
REASONS = ("unregistered", "out_of_date", "suspended")


async def record(tx: Transaction, row: Mapping[str, Any]) -> int | None:
    """Write the next version of a registration; its number, or None when somebody wrote that number first."""
    of = registration.c
    last = await tx.execute(
        sa.select(sa.func.max(of.version)).where(of.registration_id == row["registration_id"])
    )
    version = (last.scalar_one() or 0) + 1
    written = await tx.execute(
        insert(registration)
        .values({**row, "version": version})
        .on_conflict_do_nothing()
        .returning(of.version)
    )
    return version if written.first() is not None else None


def _current(kind: Kind, as_of: datetime | None, name: str) -> sa.Subquery:
    of = registration.c
    known = sa.true() if as_of is None else of.recorded_at <= sa.literal(as_of, INSTANT)
    return (
        sa.select(registration)
        .ext(distinct_on(of.registration_id))
        .where(of.kind == kind, known)
        .order_by(of.registration_id, of.version.desc())
        .subquery(name)
    )


def _valid(of: Any, day: Any) -> sa.ColumnElement[bool]:
    """Qualified on the day: within its dates, and not suspended or revoked by then."""
    return sa.and_(_dated(of, day), sa.or_(of.status == "active", day < of.status_on))


def _dated(of: Any, day: Any) -> sa.ColumnElement[bool]:
    return sa.and_(of.valid_from <= day, sa.or_(of.valid_to.is_(None), of.valid_to >= day))


async def page(
    tx: Transaction,
    kind: Kind,
    valid: bool | None,
    after: tuple[str, UUID] | None,
    limit: int,
    *,
    as_of: datetime,
    today: date,
) -> list[Mapping[str, Any]]:
    """The registrations that the scope may see, by code; ``valid`` narrows to those that (do not) hold today."""
    current = _current(kind, as_of, "current")
    of = current.c
    holds = _valid(of, sa.literal(today, sa.Date()))
    statement = sa.select(current, holds.label("valid")).order_by(of.code, of.registration_id).limit(limit)
    if valid is not None:
        statement = statement.where(holds if valid else sa.not_(holds))
    if after is not None:
        place = sa.tuple_(sa.literal(after[0], sa.Text()), sa.literal(after[1], sa.Uuid()))
        statement = statement.where(sa.tuple_(of.code, of.registration_id) > place)
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def history(tx: Transaction, kind: Kind, registration_id: UUID) -> list[Mapping[str, Any]]:
    """Every version of one registration, the newest first; empty when absent or foreign."""
    of = registration.c
    statement = (
        sa.select(registration)
        .where(of.registration_id == registration_id, of.kind == kind)
        .order_by(of.version.desc())
    )
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def unregistered(
    tx: Transaction,
    wanted: Wanted,
    reason: str | None,
    after: Place | None,
    limit: int,
    *,
    as_of: datetime | None,
) -> list[Mapping[str, Any]]:
    """Services of the period by agencies that no authority of the place had registered as qualified on that day."""
    await prepare_joins(tx, as_of)
    source = here.services(as_of)
    of = source.c
    registered = _current("agency", as_of, "registered")
    same = sa.and_(registered.c.code == of.agency_uscc, of.division.bool_op("^@")(registered.c.territory))
    valid, dated, known = (
        sa.exists().where(same, test)
        for test in (_valid(registered.c, of.started_on), _dated(registered.c, of.started_on), sa.true())
    )
    why = sa.case((sa.not_(known), "unregistered"), (dated, "suspended"), else_="out_of_date")
    rows = (
        sa.select(
            *(of[name] for name in (
                "record_id", "key", "insurer", "policy_no", "division", "enterprise_name", "enterprise_uscc",
                "agency_uscc", "started_on", "state", "cost",
            )),
            why.label("reason"),
        )
        .where(
            *conditions(source, wanted, tx, day="started_on"),
            of.agency_uscc.is_not(None),
            of.state != "cancelled",
            sa.not_(valid),
        )
        .subquery("rows")
    )  # fmt: skip
    statement = sa.select(rows).order_by(rows.c.started_on.desc(), rows.c.record_id).limit(limit)
    if reason is not None:
        statement = statement.where(rows.c.reason == reason)
    if after is not None and after.day is not None:
        beyond = sa.and_(rows.c.started_on == after.day, rows.c.record_id > after.record_id)
        statement = statement.where(sa.or_(rows.c.started_on < after.day, beyond))
    return [dict(row) for row in (await tx.execute(statement)).mappings()]
