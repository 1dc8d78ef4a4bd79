"""WHICH major hazards were refused, since when, and did anybody answer? Derived from the hazards' own history.

Nothing is written when a hazard arrives: an alert begins with the state that says major and refused, ends with the
first one after it that does not, and is found whenever somebody asks. It can be neither lost nor forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.entitlements import Wanted, conditions
from ajx_gateway.store.here import REFUSED
from ajx_gateway.store.service_tables import alert_answer

STANDINGS = ("unanswered", "answered", "cleared")
# Below the oldest transaction still running nothing can appear any more: no alert is skipped.
_SETTLED = sa.text("xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended, in the order of the commits."""

    xid: int
    alert_id: UUID
    version: int


def _episodes(tx: Transaction, wanted: Wanted) -> sa.CTE:
    """One row per time a hazard became refused, with how it stands now."""
    of = REFUSED.c
    refusing = sa.and_(of.level == "major", of.state == "refused", sa.not_(of.voided))
    order = {"partition_by": of.record_id, "order_by": of.version}
    last = {"partition_by": of.record_id, "order_by": of.version.desc()}
    # Voided hazards count here: their alert has ended.
    anyhow = conditions(REFUSED, Wanted(wanted.filters, None, None), tx)[1:]
    states = (
        sa.select(
            REFUSED,
            refusing.label("refusing"),
            sa.func.lag(refusing).over(**order).label("before"),  # type: ignore[arg-type]
            *(
                sa.func.first_value(of[name]).over(**last).label(f"now_{name}")  # type: ignore[arg-type]
                for name in ("state", "voided", "reported_on", "refused_on")
            ),
        )
        .where(*anyhow)
        .cte("states")
    )
    later = states.alias("later")
    cleared = (
        sa.select(sa.func.min(later.c.recorded_at))
        .where(
            later.c.record_id == states.c.record_id,
            later.c.version > states.c.version,
            sa.not_(later.c.refusing),
        )
        .scalar_subquery()
    )
    began = sa.and_(states.c.refusing, sa.not_(sa.func.coalesce(states.c.before, sa.false())))
    return sa.select(states, cleared.label("cleared_at")).where(began).cte("episodes")


def _told(tx: Transaction, wanted: Wanted) -> sa.Subquery:
    episodes = _episodes(tx, wanted)
    of = episodes.c
    in_time = sa.and_(
        alert_answer.c.alert_id == of.record_id,
        alert_answer.c.answered_at >= of.recorded_at,
        sa.or_(of.cleared_at.is_(None), alert_answer.c.answered_at < of.cleared_at),
    )
    answered = sa.select(sa.func.min(alert_answer.c.answered_at)).where(in_time).scalar_subquery()
    named = (
        "insurer", "policy_no", "division", "enterprise_name", "enterprise_uscc", "sector_tags", "category",
        "found_on", "version", "cleared_at",
    )  # fmt: skip
    rows = sa.select(
        of.record_id.label("alert_id"),
        of.key.label("hazard_no"),
        *(of[name] for name in named),
        of.recorded_at.label("raised_at"),
        of.now_refused_on.label("refused_on"),
        of.now_reported_on.label("reported_on"),
        of.now_state.label("state"),
        sa.func.coalesce(of.xid, 0).label("xid"),
        answered.label("answered_at"),
    ).subquery("rows")
    standing = sa.case(
        (rows.c.cleared_at.is_not(None), "cleared"),
        (rows.c.answered_at.is_not(None), "answered"),
        else_="unanswered",
    )
    return sa.select(rows, standing.label("standing")).subquery("alerts")


async def page(
    tx: Transaction, wanted: Wanted, standing: str | None, after: Place | None, limit: int
) -> list[Mapping[str, Any]]:
    """The next alerts of the scope in the order in which their hazards' states were committed."""
    alerts = _told(tx, wanted)
    of = alerts.c
    statement = sa.select(alerts).where(_SETTLED).order_by(of.xid, of.alert_id, of.version).limit(limit)
    if standing is not None:
        statement = statement.where(of.standing == standing)
    if after is not None:
        place = sa.tuple_(
            sa.literal(after.xid, sa.BigInteger()),
            sa.literal(after.alert_id, sa.Uuid()),
            sa.literal(after.version, sa.Integer()),
        )
        statement = statement.where(sa.tuple_(of.xid, of.alert_id, of.version) > place)
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def find(tx: Transaction, wanted: Wanted, alert_id: UUID) -> list[Mapping[str, Any]]:
    """Every time this hazard was refused, the first one first; empty outside the scope."""
    alerts = _told(tx, wanted)
    statement = sa.select(alerts).where(alerts.c.alert_id == alert_id).order_by(alerts.c.version)
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def answers(tx: Transaction, alert_id: UUID) -> list[Mapping[str, Any]]:
    """What was answered, in order."""
    of = alert_answer.c
    statement = (
        sa.select(of.answer_id, of.words, of.answered_at, of.answered_by)
        .where(of.alert_id == alert_id)
        .order_by(of.answered_at, of.answer_id)
    )
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def answer(tx: Transaction, alert: Mapping[str, Any], words: str, *, by: str, now: datetime) -> UUID:
    """Write an answer; nothing is ever overwritten."""
    identity = uuid4()
    row = {
        "answer_id": identity,
        "alert_id": alert["alert_id"],
        "insurer": alert["insurer"],
        "division": alert["division"],
        "words": words,
        "answered_at": now,
        "answered_by": by,
    }
    await tx.execute(alert_answer.insert().values(row))
    return identity
