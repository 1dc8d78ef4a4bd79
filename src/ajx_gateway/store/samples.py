"""WHO is to be inspected? Populations as they are insured on a day, samples drawn from them, and what was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.service_tables import inspection, sample, sample_member
from ajx_gateway.store.sources import within
from ajx_gateway.store.tables import INSTANT
from ajx_gateway.store.versions import prepare_joins, versions


@dataclass(frozen=True, slots=True)
class Member:
    """One insured enterprise with the stratum it lies in: insurer and town of its policy signed last."""

    enterprise_uscc: str
    enterprise_name: str
    insurer: str
    division: str
    policy_no: str


async def population(tx: Transaction, on: date, *, as_of: datetime | None) -> list[Member]:
    """The distinct enterprises of the scope that are insured on the day, by code; cancelled policies do not count."""
    await prepare_joins(tx, as_of)
    policy, ending = versions("policy", as_of, "policy"), versions("endorsement", as_of, "ending")
    cancelled = (
        sa.select(ending.c.policy_id, ending.c.type, ending.c.effective_on)
        .ext(distinct_on(ending.c.policy_id))
        .where(ending.c.type.in_(("cancel", "reinstate")), sa.not_(ending.c.voided))
        .order_by(
            ending.c.policy_id, ending.c.effective_on.desc(), ending.c.revised_at.desc(), ending.c.type.desc()
        )
        .subquery("cancelled")
    )
    of, day = policy.c, sa.literal(on, sa.Date())
    ended = sa.and_(cancelled.c.type == "cancel", cancelled.c.effective_on <= day)
    statement = (
        sa.select(
            of.enterprise_uscc,
            of.enterprise_name,
            of.insurer,
            of.division,
            of.key.label("policy_no"),
        )
        .ext(distinct_on(of.enterprise_uscc.collate("C")))
        .select_from(policy.outerjoin(cancelled, cancelled.c.policy_id == of.record_id))
        .where(
            sa.not_(of.voided),
            of.effective_on <= day,
            of.expires_on >= day,
            sa.not_(sa.func.coalesce(ended, sa.false())),
            *within(tx.scope, of.division),
        )
        .order_by(of.enterprise_uscc.collate("C"), of.signed_on.desc(), of.insurer, of.key)
    )
    return [Member(**row) for row in (await tx.execute(statement)).mappings()]


async def keep(tx: Transaction, told: Mapping[str, Any], drawn: Sequence[tuple[Member, int, bool]]) -> None:
    """Store a sample with its whole population: (member, place in the order of its stratum, drawn)."""
    await tx.execute(sample.insert().values(dict(told)))
    columns: list[list[Any]] = [
        [m.enterprise_uscc for m, _, _ in drawn], [m.enterprise_name for m, _, _ in drawn],
        [m.insurer for m, _, _ in drawn], [m.division for m, _, _ in drawn], [m.policy_no for m, _, _ in drawn],
        [place for _, place, _ in drawn], [is_drawn for _, _, is_drawn in drawn],
    ]  # fmt: skip
    await tx.fetch(
        "INSERT INTO sample_member (sample_id, enterprise_uscc, enterprise_name, insurer, division, policy_no, place,"
        " drawn) SELECT $1, m.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[],"
        " $8::bool[]) AS m",
        told["sample_id"],
        *columns,
    )


async def page(
    tx: Transaction, after: tuple[datetime, UUID] | None, limit: int, *, at: datetime
) -> list[Mapping[str, Any]]:
    """The samples of the scope, drawn last first, with how many of the drawn were inspected by then."""
    of = sample.c
    statement = (
        _with_progress(at)
        .where(of.as_of <= sa.literal(at, INSTANT))
        .order_by(of.as_of.desc(), of.sample_id)
        .limit(limit)
    )
    if after is not None:
        instant, identity = sa.literal(after[0], INSTANT), sa.literal(after[1], sa.Uuid())
        same = sa.and_(of.as_of == instant, of.sample_id > identity)
        statement = statement.where(sa.or_(of.as_of < instant, same))
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


def _inspected(member: Any, at: datetime) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        inspection.c.sample_id == member.sample_id,
        inspection.c.enterprise_uscc == member.enterprise_uscc,
        inspection.c.recorded_at <= sa.literal(at, INSTANT),
    )


def _with_progress(at: datetime) -> sa.Select[Any]:
    member = sample_member.c
    mine = sa.and_(member.sample_id == sample.c.sample_id, member.drawn)
    done = sa.select(sa.func.count()).where(mine, _inspected(member, at)).scalar_subquery()
    seen = sa.select(sa.func.count()).where(mine).scalar_subquery()
    return sa.select(*sample.c, seen.label("drawn_here"), done.label("inspected"))


async def find(tx: Transaction, sample_id: UUID, *, at: datetime) -> Mapping[str, Any] | None:
    """One sample of the scope."""
    row = (
        (await tx.execute(_with_progress(at).where(sample.c.sample_id == sample_id))).mappings().one_or_none()
    )
    return None if row is None else dict(row)


async def members(
    tx: Transaction, sample_id: UUID, whole: bool, after: str | None, limit: int | None, *, at: datetime
) -> list[Mapping[str, Any]]:
    """What was drawn (or the whole population), by code, and whether it was inspected by then."""
    of = sample_member.c
    code = of.enterprise_uscc.collate("C")
    statement = (
        sa.select(*of, _inspected(of, at).label("inspected"))
        .where(of.sample_id == sample_id)
        .order_by(code)
        .limit(limit)
    )
    if not whole:
        statement = statement.where(of.drawn)
    if after is not None:
        statement = statement.where(code > after)
    return [dict(row) for row in (await tx.execute(statement)).mappings()]
