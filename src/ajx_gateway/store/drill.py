"""WHICH records stand behind a figure? Lists and single records of a territory, in their promoted columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ajx_gateway.store.columns import PROMOTED
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.sources import SOURCES, Filters, Rows, conditions, rows_of
from ajx_gateway.store.tables import HISTORY
from ajx_gateway.store.versions import prepare_joins

_ENVELOPE = ("record_id", "insurer", "key", "version", "revised_at", "recorded_at", "filing_id", "voided")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records of a kind; the period [begins, ends) is that of the kind's own date."""

    kind: str
    filters: Filters
    state: str | None = None
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: newest first (without a date last), then by id."""

    day: date | None
    record_id: UUID


def columns_of(kind: str) -> tuple[str, ...]:
    """The columns of a listed record, in order: the record itself, its own promoted ones, its enterprise."""
    names = [promoted.name for promoted in PROMOTED[kind]]
    enterprise = ("enterprise_uscc", "enterprise_name") if "policy_id" in names else ()
    return (*_ENVELOPE, "territory", *(name for name in names if name != "policy_id"), *enterprise)


def _rows(kind: str, as_of: datetime | None) -> Rows:
    return _current(kind) if as_of is None else rows_of(SOURCES[kind], as_of)


@cache
def _current(kind: str) -> Rows:
    """Made once: the columns of two wide tables cost more than finding a record in them."""
    return rows_of(SOURCES[kind], None)


def _columns(kind: str, rows: Rows) -> list[sa.ColumnElement[Any]]:
    def column(name: str) -> sa.ColumnElement[Any]:
        if name == "territory":
            return rows.division
        found: sa.ColumnElement[Any] = rows.own[name] if name in rows.own else rows.policy[name]
        return found

    return [column(name).label(name) for name in columns_of(kind)]


async def page(
    tx: Transaction, wanted: Wanted, after: Place | None, limit: int, *, now: datetime
) -> list[Mapping[str, Any]]:
    """The next records; later pages read the state that the first page's ``now`` saw."""
    as_of = now if after is not None else None
    await prepare_joins(tx, as_of)
    rows = _rows(wanted.kind, as_of)
    statement = _listed(tx, wanted, rows).limit(limit)
    if after is not None:
        statement = statement.where(_beyond(rows, after))
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


def everything(tx: Transaction, wanted: Wanted) -> sa.Select[Any]:
    """The whole list as it stands, in the same order."""
    return _listed(tx, wanted, _rows(wanted.kind, None))


def _listed(tx: Transaction, wanted: Wanted, rows: Rows) -> sa.Select[Any]:
    # A list shows cancelled services, too; what was voided is not a record any more.
    counting = replace(rows, counts=sa.not_(rows.own.voided))
    return (
        sa.select(*_columns(wanted.kind, rows), rows.day.label("on"))
        .select_from(rows.table)
        .where(*conditions(counting, wanted.filters, tx.scope), *_narrowed(rows, wanted))
        .order_by(rows.day.desc().nulls_last(), rows.own.record_id)
    )


def _narrowed(rows: Rows, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(rows.own.state == wanted.state)
    if wanted.begins is not None:
        found.append(rows.day >= wanted.begins)
    if wanted.ends is not None:
        found.append(rows.day < wanted.ends)
    return found


def _beyond(rows: Rows, after: Place) -> sa.ColumnElement[bool]:
    if after.day is None:
        return sa.and_(rows.day.is_(None), rows.own.record_id > after.record_id)
    same = sa.and_(rows.day == after.day, rows.own.record_id > after.record_id)
    return sa.or_(rows.day < after.day, same, rows.day.is_(None))


async def find(tx: Transaction, kind: str, record_id: UUID) -> Mapping[str, Any] | None:
    """One current record of the scope's territory, voided or not."""
    rows = _rows(kind, None)
    visible = conditions(replace(rows, counts=sa.true()), Filters(), tx.scope)
    statement = (
        sa.select(*_columns(kind, rows))
        .select_from(rows.table)
        .where(rows.own.record_id == record_id, *visible)
    )
    row = (await tx.execute(statement)).mappings().one_or_none()
    return None if row is None else dict(row)


async def states_of(tx: Transaction, kind: str, record_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Every state of a record that was ever accepted, in the order of its revisions, with its filing."""
    kept = HISTORY[kind]
    names = ("revised_at", "recorded_at", "version", "voided", "filing_id")
    found = await tx.execute(
        sa.select(*(kept.c[name] for name in names))
        .where(kept.c.record_id == record_id)
        .order_by(kept.c.revised_at)
    )
    return [dict(row) for row in found.mappings()]
