"""HOW does each clock stand at the moment of asking? The one SQL expression behind every list and count.

It says the same as the pure ``deadlines.state``; a test compares both on random rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from ajx_gateway.deadlines import State
from ajx_gateway.store import tables
from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.clock_memory import standing_at
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.sources import CHINA, local_day, starts_with, within
from ajx_gateway.store.tables import INSTANT
from ajx_gateway.store.versions import prepare_joins, versions

BY = ("clock", "insurer", "province", "city", "district", "town", "month", "quarter", "year")
_DAY: sa.ColumnElement[Any] = sa.literal_column("interval '1 day'")


def states(now: datetime, of: Any) -> sa.ColumnElement[str]:
    """The state of a clock at ``now``; ``of`` has the clock's columns, ``excused`` and ``cancelled_on``."""
    late = of.due.is_not(None) & (sa.literal(now, INSTANT) >= of.due)
    soon = sa.literal(now, INSTANT) >= of.due - of.due_soon_days * _DAY
    # On a provisional due being late is never final; being in time is, up to the end of the nominal day.
    surely = sa.case(
        (of.provisional & of.nominal_on.is_not(None), sa.func.least(of.due, _midnight(of.nominal_on + 1))),
        else_=of.due,
    )
    return sa.case(
        (_void(of), State.VOID.value),
        (of.due.is_(None) & of.excused, State.EXCUSED.value),
        (of.due.is_(None), State.UNDETERMINED.value),
        (of.met_at < surely, State.MET.value),
        (of.excused, State.EXCUSED.value),
        (of.applicable.is_(None), State.UNDETERMINED.value),
        (of.provisional & (of.met_at.is_not(None) | late), State.UNDETERMINED.value),
        (of.met_at.is_not(None), State.MET_LATE.value),
        (late, State.OVERDUE.value),
        (soon, State.DUE_SOON.value),
        else_=State.PENDING.value,
    )


def _void(of: Any) -> sa.ColumnElement[bool]:
    """It does not bind; or its record was voided or policy cancelled before due, and it was not met."""
    in_time = sa.func.coalesce(of.met_at < of.due, sa.false())
    cancelled = of.cancelled_on.is_not(None) & sa.or_(of.due.is_(None), _midnight(of.cancelled_on) < of.due)
    ended = of.voided | cancelled
    return sa.or_(of.applicable.is_(False), ended & sa.or_(of.due.is_(None), sa.not_(in_time)))


def _midnight(day: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """00:00 of the day where the law counts days, as an instant."""
    return sa.func.timezone(CHINA, sa.cast(day, sa.DateTime()))


def clocks_at(now: datetime, *, remembered: bool = False) -> sa.Subquery:
    """Every clock that has started and binds, with ``excused``, ``cancelled_on`` and ``state`` at ``now``.

    ``remembered``: as it stood at a ``now`` that has passed (later pages of a list, figures as of an instant),
    from histories, what changed clocks were before, and the instants of acceptance and decision.
    """
    clock: Any = standing_at(now) if remembered else tables.clock
    at = sa.literal(now, INSTANT)
    # Not EXISTS, which row-level security makes so dear in the planner's eyes, clock by clock, that nothing else counts.
    granted = sa.select(tables.excuse.c.clock_id).where(
        tables.excuse.c.decision == "upheld", tables.excuse.c.decided_at <= at
    )
    excused = clock.c.clock_id.in_(granted)
    apart = ("met_at", "changed_at", "cancelled_on")
    plain = [column for column in clock.c if column.name not in apart]
    met_at = sa.case((clock.c.met_at <= at, clock.c.met_at)).label("met_at")
    known, source = (clock.c.cancelled_on, clock) if not remembered else _with_cancellations(clock, now)
    base = (
        sa.select(*plain, met_at, excused.label("excused"), known)
        .select_from(source)
        .where(clock.c.start_seen_at <= at, clock.c.applicable.is_distinct_from(False))
        .subquery("facts")
    )
    return sa.select(base, states(now, base.c).label("state")).subquery("clocks")


def _with_cancellations(clock: Any, as_of: datetime) -> tuple[sa.ColumnElement[Any], sa.FromClause]:
    """The day each policy was cancelled on as known at an instant, and the clocks joined with it."""
    cancelled = _cancellations(as_of)
    on = sa.and_(clock.c.subject_kind == "policy", cancelled.c.policy_id == clock.c.subject_id)
    return cancelled.c.cancelled_on, clock.outerjoin(cancelled, on)


def _cancellations(as_of: datetime) -> sa.Subquery:
    """The day each policy was cancelled on, unless it was reinstated afterwards (as the function cancelled_on says)."""
    ending = versions("endorsement", as_of, "ending")
    return (
        sa.select(
            ending.c.policy_id,
            sa.case((ending.c.type == "cancel", ending.c.effective_on)).label("cancelled_on"),
        )
        .ext(distinct_on(ending.c.policy_id))
        .where(ending.c.type.in_(("cancel", "reinstate")), sa.not_(ending.c.voided))
        .order_by(
            ending.c.policy_id, ending.c.effective_on.desc(), ending.c.revised_at.desc(), ending.c.type.desc()
        )
        .subquery("cancelled")
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clocks: None (no states) means all. The period [begins, ends) is that of the start."""

    clock: str | None = None
    states: Sequence[str] = ()
    insurer: str | None = None
    district: str | None = None
    town: str | None = None
    begins: date | None = None
    ends: date | None = None


def _conditions(clocks: sa.Subquery, wanted: Wanted, tx: Transaction) -> list[sa.ColumnElement[bool]]:
    found = within(tx.scope, clocks.c.division)
    for name in ("clock", "insurer"):
        if getattr(wanted, name) is not None:
            found.append(clocks.c[name] == getattr(wanted, name))
    if wanted.states:
        found.append(clocks.c.state.in_(wanted.states))
    if wanted.district is not None:
        found.append(starts_with(clocks.c.division, wanted.district))
    if wanted.town is not None:
        found.append(clocks.c.division == wanted.town)
    if wanted.begins is not None:
        found.append(clocks.c.start_on >= wanted.begins)
    if wanted.ends is not None:
        found.append(clocks.c.start_on < wanted.ends)
    return found


async def counts(
    tx: Transaction, wanted: Wanted, by: Sequence[str], *, now: datetime, remembered: bool = False
) -> list[Mapping[str, Any]]:
    """Clocks by state, with the days from start to acceptance, per group and in total (``is_total``).

    ``remembered``: as they stood, and were known, at a ``now`` that has passed.
    """
    if remembered:
        await prepare_joins(tx, now)
    rows = (
        _placed(clocks_at(now, remembered=remembered), wanted, by, tx)
        .cte("placed")
        .prefix_with("MATERIALIZED")
    )
    keys = [rows.c[f"by_{name}"] for name in by]
    figures: list[sa.ColumnElement[Any]] = [
        sa.func.count().filter(rows.c.state == state.value).label(state.value) for state in State
    ]
    figures += [
        sa.func.percentile_disc(share).within_group(rows.c.lag).label(f"p{share * 100:.0f}")
        for share in (0.5, 0.9)
    ]
    none = [sa.cast(sa.null(), sa.Text()).label(key.name) for key in keys]
    total = sa.select(*_told("true"), *none, *figures).select_from(rows)
    grouped = sa.select(*_told("false"), *keys, *figures).group_by(*keys)
    statement = sa.union_all(total, grouped) if keys else total
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


def _told(is_total: str) -> list[sa.ColumnElement[Any]]:
    return [sa.literal_column(is_total).label("is_total")]


def _placed(clocks: sa.Subquery, wanted: Wanted, by: Sequence[str], tx: Transaction) -> sa.Select[Any]:
    """The clocks wanted, each with its state, its lag and its place on every dimension."""
    of = SimpleNamespace(division=clocks.c.division, day=clocks.c.start_on, insurer=clocks.c.insurer)
    lag = local_day(clocks.c.met_at).op("-")(clocks.c.start_on).label("lag")
    places = [clocks.c.clock if name == "clock" else DIMENSIONS[name](of) for name in by]
    keys = [
        sa.cast(place, sa.Text()).collate("C").label(f"by_{name}")
        for name, place in zip(by, places, strict=True)
    ]
    return sa.select(*[clocks.c.state, lag, *keys]).where(*_conditions(clocks, wanted, tx))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the list is ordered by due (none last), then by id."""

    due: datetime | None
    clock_id: UUID


async def page(
    tx: Transaction, wanted: Wanted, after: Place | None, limit: int, *, now: datetime
) -> list[Mapping[str, Any]]:
    """The next clocks with their policies; every page of one list is asked with the first page's ``now``."""
    clocks = clocks_at(now, remembered=after is not None)
    listed = _listed(clocks, wanted, tx).limit(limit)
    if after is not None:
        listed = listed.where(_beyond(clocks, after))
    return [dict(row) for row in (await tx.execute(_with_policies(listed.subquery("listed")))).mappings()]


def everything(tx: Transaction, wanted: Wanted, *, now: datetime) -> sa.Select[Any]:
    """The whole list as it stands, in the same order."""
    return _with_policies(_listed(clocks_at(now), wanted, tx).subquery("listed"))


def _listed(clocks: sa.Subquery, wanted: Wanted, tx: Transaction) -> sa.Select[Any]:
    return (
        sa.select(*(clocks.c[name] for name in _LISTED), clocks.c.subject_id)
        .where(*_conditions(clocks, wanted, tx))
        .order_by(clocks.c.due.asc().nulls_last(), clocks.c.clock_id)
    )


def _with_policies(listed: sa.Subquery) -> sa.Select[Any]:
    """The rows of one page with their policies; joined after the limit, so that a page costs a page."""
    claim, policy = tables.RECORDS["claim"], tables.RECORDS["policy"]
    # One comparison, so that each claim is looked up: of two conditions, every clock would be held against every claim.
    of_claim = claim.c.record_id == sa.case((listed.c.subject_kind == "claim", listed.c.subject_id))
    # CASE and not COALESCE: PostgreSQL does not look an index up by the latter under row-level security.
    subject = sa.case((listed.c.subject_kind == "claim", claim.c.policy_id), else_=listed.c.subject_id)
    return (
        sa.select(
            *(listed.c[name] for name in _LISTED),
            sa.func.coalesce(policy.c.key, claim.c.policy_no).label("policy_no"),
            policy.c.enterprise_name,
            policy.c.enterprise_uscc,
        )
        .select_from(listed.outerjoin(claim, of_claim).outerjoin(policy, policy.c.record_id == subject))
        .order_by(listed.c.due.asc().nulls_last(), listed.c.clock_id)
    )


_LISTED = (
    "clock_id", "clock", "subject_kind", "subject_key", "period", "insurer", "division", "start_on",
    "nominal_on", "due", "provisional", "met_at", "state",
)  # fmt: skip


def _beyond(clocks: sa.Subquery, after: Place) -> sa.ColumnElement[bool]:
    if after.due is None:
        return sa.and_(clocks.c.due.is_(None), clocks.c.clock_id > after.clock_id)
    due = sa.literal(after.due, INSTANT)
    next_ = sa.and_(clocks.c.due == due, clocks.c.clock_id > after.clock_id)
    return sa.or_(clocks.c.due > due, next_, clocks.c.due.is_(None))


async def filed_reports(
    tx: Transaction, year: int, as_of: datetime | None = None
) -> dict[tuple[str | None, str, int | None], datetime]:
    """When the first report of each type, place and quarter of the year was accepted, as far as known then."""
    report = versions("annual_report", as_of, "report")
    kept = tables.HISTORY["annual_report"]
    known = [] if as_of is None else [kept.c.recorded_at <= sa.literal(as_of, INSTANT)]
    accepted_at = sa.func.min(kept.c.recorded_at).label("accepted_at")
    rows = await tx.execute(
        sa.select(report.c.type, report.c.report_division, report.c.quarter, accepted_at)
        .join(kept, kept.c.record_id == report.c.record_id)
        .where(
            report.c.year == year,
            sa.not_(report.c.voided),
            *known,
            *within(tx.scope, report.c.report_division),
        )
        .group_by(report.c.type, report.c.report_division, report.c.quarter)
    )
    return {(row.type, row.report_division, row.quarter): row.accepted_at for row in rows}
