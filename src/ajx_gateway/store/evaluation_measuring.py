"""WHAT did each insurer of a place do in a period, as it was known at an instant? The measures of an evaluation.

Everything is read from the histories, under the gateway's own scope and cut to the place: a record that has left the
territory since still counts where it lay at that instant, so that the same question has the same answer for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from ajx_gateway.deadlines import State, local_date
from ajx_gateway.store import aggregates
from ajx_gateway.store.clock_lists import clocks_at
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.measures import MEASURES
from ajx_gateway.store.questions import Question, Span
from ajx_gateway.store.sources import Filters, local_day, starts_with
from ajx_gateway.store.tables import HISTORY, INSTANT
from ajx_gateway.store.versions import prepare_joins, versions

# A clock's last day is that of the moment before its (exclusive) due instant.
_MOMENT: sa.ColumnElement[Any] = sa.literal_column("interval '1 microsecond'")
_TOLD = (State.OVERDUE.value, State.MET_LATE.value, State.EXCUSED.value, State.UNDETERMINED.value)
STARS: Mapping[str, str] = {
    "attitude": "rating_attitude",
    "professionalism": "rating_professionalism",
    "timeliness": "rating_timeliness",
}
_OPEN_HAZARD = ("found", "notified", "rectifying")


@dataclass(frozen=True, slots=True)
class Frame:
    """Which place (a prefix, 3413), which days [begins, ends), and as known at which instant."""

    place: str
    begins: date
    ends: date
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Sums:
    """An insurer's business and fund in the period, in yuan."""

    policies: int
    fund_agreed: Decimal
    fund_accrued: Decimal
    fund_spent: Decimal


async def sums(tx: Transaction, frame: Frame) -> dict[str, Sums]:
    """Per insurer: policies signed and their service fees; what was accrued and spent, by the day of entry."""
    names = tuple(Sums.__dataclass_fields__)
    question = Question(
        measures=[MEASURES[name] for name in names],
        by=("insurer",),
        spans=[Span(frame.begins, frame.ends)],
        filters=Filters(district=frame.place),
        as_of=frame.as_of,
        today=local_date(frame.as_of),
    )
    (found,) = await aggregates.from_rows(tx, question)
    return {
        key[0]: Sums(int(values.get("policies", 0)), *(Decimal(values.get(name, 0)) for name in names[1:]))
        for key, values in found.groups.items()
        if key[0] is not None
    }


async def ratings(tx: Transaction, frame: Frame) -> dict[str, tuple[int, dict[str, int]]]:
    """Per insurer: how many services of the period were rated, and the sum of stars per dimension."""
    await prepare_joins(tx, frame.as_of)
    service, conditions, joined = _services(frame)
    columns = [sa.func.sum(service.c[column]).label(name) for name, column in STARS.items()]
    found = await tx.execute(
        sa.select(service.c.insurer, sa.func.count().label("ratings"), *columns)
        .select_from(joined)
        .where(*conditions, *rated(service))
        .group_by(service.c.insurer)
    )
    return {row["insurer"]: (row["ratings"], {n: int(row[n]) for n in STARS}) for row in found.mappings()}


def rated(service: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """Only services with all three ratings."""
    return [service.c[column].is_not(None) for column in STARS.values()]


def _services(frame: Frame) -> tuple[sa.FromClause, list[sa.ColumnElement[bool]], sa.FromClause]:
    """The services of the period that took place, with their policies, which say where they belong."""
    service, policy = versions("service", frame.as_of, "service"), versions("policy", frame.as_of, "policy")
    joined = service.join(policy, policy.c.record_id == service.c.policy_id)
    conditions = [
        sa.not_(service.c.voided),
        service.c.state != "cancelled",
        service.c.started_on >= frame.begins,
        service.c.started_on < frame.ends,
        starts_with(policy.c.division, frame.place),
    ]
    return service, conditions, joined


async def late(tx: Transaction, frame: Frame, clocks: Sequence[str]) -> list[Mapping[str, Any]]:
    """The clocks of these names whose last day lies in the period and that were not kept, or are excused or
    undetermined; one without a last day belongs where it started."""
    await prepare_joins(tx, frame.as_of)
    found = clocks_at(frame.as_of, remembered=True)
    day = sa.func.coalesce(local_day(found.c.due - _MOMENT), found.c.start_on)
    names = (
        "clock_id", "clock", "insurer", "subject_kind", "subject_key", "subject_id", "jurisdiction", "period",
        "start_on", "due", "met_at", "state",
    )  # fmt: skip
    rows = await tx.execute(
        sa.select(*(found.c[name] for name in names), day.label("day"))
        .where(
            found.c.clock.in_(clocks),
            starts_with(found.c.division, frame.place),
            found.c.state.in_(_TOLD),
            day >= frame.begins,
            day < frame.ends,
        )
        .order_by(found.c.insurer, day, found.c.clock_id)
    )
    return [dict(row) for row in rows.mappings()]


async def not_closed(tx: Transaction, frame: Frame) -> list[Mapping[str, Any]]:
    """Services of the period that did not run through: not confirmed, without a submitted plan, or with hazards left."""
    await prepare_joins(tx, frame.as_of)
    service, conditions, joined = _services(frame)
    plan = versions("service_plan", frame.as_of, "plan")
    same_plan = sa.and_(
        plan.c.insurer == service.c.insurer,
        plan.c.key == service.c.plan_no,
        plan.c.state != "assigned",
        sa.not_(plan.c.voided),
    )
    hazards = _hazards_left(frame)
    same_service = sa.and_(hazards.c.insurer == service.c.insurer, hazards.c.service_no == service.c.key)
    unconfirmed, unplanned = service.c.state != "confirmed", plan.c.record_id.is_(None)
    names = ("record_id", "insurer", "key", "version", "started_on", "policy_no", "state", "plan_no")
    rows = await tx.execute(
        sa.select(
            *(service.c[name] for name in names),
            unconfirmed.label("unconfirmed"),
            unplanned.label("unplanned"),
            hazards.c.hazards,
        )
        .select_from(joined.outerjoin(plan, same_plan).outerjoin(hazards, same_service))
        .where(*conditions, sa.or_(unconfirmed, unplanned, hazards.c.hazards.is_not(None)))
        .order_by(service.c.insurer, service.c.started_on, service.c.record_id)
    )
    return [dict(row) for row in rows.mappings()]


def _hazards_left(frame: Frame) -> sa.Subquery:
    """Per service: the hazards past their deadline and not rectified, and major ones refused without a report."""
    hazard = versions("hazard", frame.as_of, "hazard")
    overdue = sa.and_(
        hazard.c.state.in_(_OPEN_HAZARD),
        sa.func.coalesce(hazard.c.deadline_on < local_date(frame.as_of), sa.true()),
    )
    silent = sa.and_(hazard.c.state == "refused", hazard.c.level == "major", hazard.c.reported_on.is_(None))
    return (
        sa.select(
            hazard.c.insurer,
            hazard.c.service_no,
            sa.func.array_agg(aggregate_order_by(hazard.c.key, hazard.c.key)).label("hazards"),
        )
        .where(sa.not_(hazard.c.voided), hazard.c.service_no.is_not(None), sa.or_(overdue, silent))
        .group_by(hazard.c.insurer, hazard.c.service_no)
        .subquery("hazards")
    )


async def states_at(
    tx: Transaction, kind: str, ids: Iterable[UUID], as_of: datetime
) -> dict[UUID, Mapping[str, Any]]:
    """The version of each record at the instant, and whose policy it is."""
    history = HISTORY[kind]
    told = (
        "record_id",
        "version",
        *(("enterprise_name", "enterprise_uscc") if kind == "policy" else ("policy_no",)),
    )
    rows = await tx.execute(
        sa.select(*(history.c[name] for name in told))
        .ext(distinct_on(history.c.record_id))
        .where(
            history.c.record_id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Uuid()))),
            history.c.recorded_at <= sa.literal(as_of, INSTANT),
        )
        .order_by(history.c.record_id, history.c.revised_at.desc())
    )
    return {row["record_id"]: dict(row) for row in rows.mappings()}


async def discharging(tx: Transaction, rows: Iterable[Mapping[str, Any]]) -> dict[UUID, Mapping[str, Any]]:
    """Per clock of an insurer's report that was met: the state of the report whose acceptance met it."""
    met = [row for row in rows if row["subject_kind"] == "insurer" and row["met_at"] is not None]
    if not met:
        return {}
    found = await tx.fetch(
        "SELECT c.clock_id, h.record_id, h.key, h.version FROM"
        " unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])"
        " AS c(clock_id, insurer, place, year, met_at) JOIN annual_report_history h ON h.recorded_at = c.met_at"
        " AND h.insurer = c.insurer AND h.report_division = c.place AND h.year = c.year ORDER BY h.key DESC",
        [row["clock_id"] for row in met],
        [row["insurer"] for row in met],
        [row["jurisdiction"] for row in met],
        [int(row["period"][:4]) for row in met],
        [row["met_at"] for row in met],
    )
    names = ("record_id", "key", "version")
    return {
        UUID(bytes=row["clock_id"].bytes): {name: row[name] for name in names}
        | {"record_id": UUID(bytes=row["record_id"].bytes)}
        for row in found
    }


def ended(frame: Frame) -> bool:
    """Whether the period was over at the instant."""
    return local_date(frame.as_of) > frame.ends - timedelta(days=1)
