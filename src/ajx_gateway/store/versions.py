"""WHICH version of each record counts: the current one, or the one known at an instant?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.tables import HISTORY, RECORDS


def versions(kind: str, as_of: datetime | None, name: str) -> sa.FromClause:
    """One row per record, voided ones included, under the alias ``name``.

    Without ``as_of`` the current table. With it, per record the highest ``revised_at`` among the states
    recorded by then: order of arrival never decides, neither today nor in hindsight.
    """
    if as_of is None:
        return RECORDS[kind].alias(name)
    if kind == "policy":
        return _policies(as_of, name)
    return _latest(HISTORY[kind], as_of).subquery(name)


def _latest(history: sa.Table, as_of: datetime, *among: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(history)
        .ext(distinct_on(history.c.record_id))
        .where(history.c.recorded_at <= as_of, *among)
        .order_by(history.c.record_id, history.c.revised_at.desc())
    )


def _policies(as_of: datetime, name: str) -> sa.FromClause:
    """A policy about which nothing arrived since is what it was; only of the others the history is read.

    Of policies alone: a child record is seen through its policy, which may have moved elsewhere meanwhile.
    """
    policy, history = RECORDS["policy"], HISTORY["policy"]
    arrived = sa.select(history.c.record_id).where(history.c.recorded_at > as_of).cte(f"{name}_touched")
    touched = sa.select(arrived.c.record_id)
    same = sa.select(*(policy.c[column.name] for column in history.c)).where(
        policy.c.recorded_at <= as_of, ~sa.exists().where(arrived.c.record_id == policy.c.record_id)
    )
    before = _latest(history, as_of, history.c.record_id.in_(touched)).subquery()
    return sa.union_all(same, sa.select(before)).subquery(name)


async def prepare_joins(tx: Transaction, as_of: datetime | None) -> None:
    """Before versions of the past are joined: PostgreSQL has no statistics of them, takes them for a handful and
    compares every row with every other. For the rest of this transaction it hashes or merges instead."""
    if as_of is not None:
        await tx.execute(sa.select(sa.func.set_config("enable_nestloop", "off", True)))
