"""WHICH findings does somebody see? Pages of them as they stood at an instant, and one with its whole trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store.case_tables import finding_case, finding_step
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.sources import starts_with, within
from ajx_gateway.store.tables import INSTANT, RECORDS, insurer


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings; None means any. ``begins`` and ``ends`` (exclusive) are days on which they happened."""

    category: str | None = None
    states: Sequence[str] = ()
    origin: str | None = None
    insurer: str | None = None
    district: str | None = None
    town: str | None = None
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: newest first, then by id."""

    raised_at: datetime
    case_id: UUID


async def page(
    tx: Transaction, wanted: Wanted, after: Place | None, limit: int, *, now: datetime
) -> list[dict[str, Any]]:
    """The next findings, newest first, each as it stood at ``now``."""
    at = sa.literal(now, INSTANT)
    c, stood = finding_case.c, _state_at(at)
    statement = sa.select(finding_case, stood.label("stood")).where(c.raised_at <= at, *_narrowed(tx, wanted))
    if wanted.states:
        statement = statement.where(stood.in_(wanted.states))
    if after is not None:
        place = sa.tuple_(sa.literal(after.raised_at, INSTANT), sa.literal(after.case_id, sa.Uuid()))
        statement = statement.where(sa.tuple_(c.raised_at, c.case_id) < place)
    found = await tx.execute(statement.order_by(c.raised_at.desc(), c.case_id.desc()).limit(limit))
    return [_as_it_stood(dict(row), now) for row in found.mappings()]


def _narrowed(tx: Transaction, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    c = finding_case.c
    found = within(tx.scope, c.division)
    for name in ("category", "origin", "insurer"):
        if getattr(wanted, name) is not None:
            found.append(c[name] == getattr(wanted, name))
    for prefix in (wanted.district, wanted.town):
        if prefix is not None:
            found.append(starts_with(c.division, prefix))
    if wanted.begins is not None:
        found.append(c.happened_on >= wanted.begins)
    if wanted.ends is not None:
        found.append(c.happened_on < wanted.ends)
    return found


def _state_at(at: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    s = finding_step.c
    return (
        sa.select(s.state)
        .where(s.case_id == finding_case.c.case_id, s.at <= at)
        .order_by(s.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


_REPLY = ("reply", "replied_at", "replied_by")
_DECISION = ("decision", "decision_reason", "decided_at", "decided_by", "confirmed_by")


def _as_it_stood(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    row["state"] = row.pop("stood")
    for at, names in (("replied_at", _REPLY), ("decided_at", _DECISION)):
        if row[at] is not None and row[at] > now:
            row |= dict.fromkeys(names)
    return row


async def find(tx: Transaction, case_id: UUID) -> dict[str, Any] | None:
    """One finding of the scope as it stands."""
    c = finding_case.c
    statement = sa.select(finding_case).where(c.case_id == case_id, *within(tx.scope, c.division))
    row = (await tx.execute(statement)).mappings().one_or_none()
    return None if row is None else dict(row)


async def trail(tx: Transaction, case_id: UUID) -> list[Mapping[str, Any]]:
    """Everything that was ever done about it, in order."""
    s = finding_step.c
    found = await tx.execute(
        sa.select(s.seq, s.step, s.state, s.at, s.by, s.words, s.evidence)
        .where(s.case_id == case_id)
        .order_by(s.seq)
    )
    return [dict(row) for row in found.mappings()]


async def is_registered(tx: Transaction, uscc: str) -> bool:
    """Is there an insurer under this code?"""
    return (
        await tx.execute(sa.select(insurer.c.insurer).where(insurer.c.insurer == uscc))
    ).first() is not None


@dataclass(frozen=True, slots=True)
class Subject:
    """The record a finding is about: its id, and its newest version and place where the scope sees it."""

    record_id: UUID
    version: int | None = None
    division: str | None = None


async def subject_of(tx: Transaction, uscc: str, kind: str, key: str) -> Subject:
    """A record that was never filed, or lies elsewhere, is named all the same: by its id alone."""
    identity, own, policy = record_id(uscc, kind, key), RECORDS[kind], RECORDS["policy"].alias("p")
    place: sa.ColumnElement[Any] = own.c.division
    joined: sa.FromClause = own
    if "policy_id" in own.c:
        joined = own.outerjoin(policy, policy.c.record_id == own.c.policy_id)
        place = sa.func.coalesce(policy.c.division, own.c.division)
    row = (
        await tx.execute(
            sa.select(own.c.version, place.label("division"))
            .select_from(joined)
            .where(own.c.record_id == identity)
        )
    ).one_or_none()
    return Subject(identity) if row is None else Subject(identity, row.version, row.division)
