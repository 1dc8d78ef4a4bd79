"""WHICH entries, policies and services make up a ratio or a mean? Paged, as known at the evaluation's instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from ajx_gateway.deadlines import local_date
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.evaluation_measuring import STARS, Frame
from ajx_gateway.store.measure import Asking, accrued, spent
from ajx_gateway.store.sources import SOURCES, Filters, Rows, conditions, rows_of
from ajx_gateway.store.versions import prepare_joins

Part = Literal["spent", "accrued", "agreed", "rated"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: lists go by day, then by record."""

    day: date
    record_id: UUID


_SOURCE: Mapping[Part, str] = {
    "spent": "fund_entry",
    "accrued": "fund_entry",
    "agreed": "policy",
    "rated": "service",
}


async def page(
    tx: Transaction, frame: Frame, insurer: str, part: Part, after: Place | None, limit: int
) -> list[Mapping[str, Any]]:
    """The next rows of one insurer: ledger entries on the side asked for, policies with their fees, rated services."""
    await prepare_joins(tx, frame.as_of)
    rows = rows_of(SOURCES[_SOURCE[part]], frame.as_of)
    wanted, columns = _wanted(rows, part, frame)
    key = sa.tuple_(rows.day, rows.own.record_id)
    statement = (
        sa.select(
            rows.day.label("day"),
            rows.own.record_id.label("record_id"),
            rows.own.key.label("key"),
            rows.own.version.label("version"),
            (rows.own.key if part == "agreed" else rows.own.policy_no).label("policy_no"),
            *columns,
        )
        .select_from(rows.table)
        .where(
            *conditions(rows, Filters(district=frame.place, insurer=insurer), tx.scope),
            rows.day >= frame.begins,
            rows.day < frame.ends,
            *wanted,
        )
        .order_by(rows.day, rows.own.record_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(
            key > sa.tuple_(sa.literal(after.day, sa.Date()), sa.literal(after.record_id, sa.Uuid()))
        )
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


def _wanted(
    rows: Rows, part: Part, frame: Frame
) -> tuple[list[sa.ColumnElement[bool]], list[sa.ColumnElement[Any]]]:
    own = rows.own
    if part == "agreed":
        return [], [own.fund_amount.label("amount")]
    if part == "rated":
        given = [own[column].is_not(None) for column in STARS.values()]
        return given, [own[column].label(name) for name, column in STARS.items()]
    asking = Asking(own, rows.policy, rows.reversed, sa.literal(local_date(frame.as_of), sa.Date()))
    amount = (spent if part == "spent" else accrued)(asking)
    return [amount != 0], [amount.label("amount"), own.type.label("type"), own.purpose.label("purpose")]
