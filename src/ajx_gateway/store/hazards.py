"""HOW far is each hazard on its way from found to closed, how old are the open ones, and which are overdue?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from ajx_gateway.store import here
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.entitlements import Place, Wanted, conditions
from ajx_gateway.store.grouping import Dimension, grouped
from ajx_gateway.store.measure import RECTIFIED, Measure
from ajx_gateway.store.questions import Figures
from ajx_gateway.store.versions import prepare_joins

# Beside the hazard's own states: what a list may be cut to.
STAGES = (
    "found", "notified", "rectifying", "refused", "rectified", "closed", "open", "overdue", "undated", "rectified_late",
)  # fmt: skip
MORE: Mapping[str, Dimension] = {"level": lambda facts: facts.level}
_ZERO: sa.ColumnElement[Any] = sa.literal_column("0")
_ONE: sa.ColumnElement[Any] = sa.literal_column("1")


def _tests(of: Any, today: date) -> dict[str, sa.ColumnElement[bool]]:
    is_open = of.state.not_in(RECTIFIED)
    return {
        "notified": of.notified_on.is_not(None),
        "dated": of.deadline_on.is_not(None),
        "rectified": of.state.in_(RECTIFIED),
        "reviewed": of.reviewed_on.is_not(None),
        "closed": of.state == "closed",
        "refused": of.state == "refused",
        "major": of.level == "major",
        "open": is_open,
        "overdue": sa.and_(is_open, of.deadline_on < sa.literal(today, sa.Date())),
        "undated": sa.and_(is_open, of.deadline_on.is_(None)),
        "rectified_late": sa.and_(of.state.in_(RECTIFIED), of.rectified_on > of.deadline_on),
    }


def _aged(of: Any, today: date, bounds: Sequence[int]) -> dict[str, sa.ColumnElement[bool]]:
    """The open ones by the days since they were found: up to each bound, and beyond the last."""
    age = sa.literal(today, sa.Date()) - of.found_on
    is_open, found, after = of.state.not_in(RECTIFIED), {}, None
    for number, bound in enumerate((*bounds, None)):
        tests = [is_open]
        if after is not None:
            tests.append(age > after)
        if bound is not None:
            tests.append(age <= bound)
        found[f"age_{number}"] = sa.and_(*tests)
        after = bound
    return found


async def figures(
    tx: Transaction,
    wanted: Wanted,
    measures: Sequence[Measure],
    by: Sequence[str],
    bounds: Sequence[int],
    *,
    as_of: datetime | None,
    today: date,
) -> Figures:
    """Hazards found in the period by stage and age, per group and in total."""
    await prepare_joins(tx, as_of)
    source = here.hazards(as_of)
    of = source.c
    tests = _tests(of, today) | _aged(of, today, bounds)
    facts = sa.select(
        of.division, of.found_on.label("day"), of.industry, of.size, of.insurer, of.sector_tags, of.level,
        of.enterprise_uscc.label("enterprises"), _ONE.label("hazards"),
        *(sa.case((test, _ONE), else_=_ZERO).label(name) for name, test in tests.items()),
    ).where(*conditions(source, wanted, tx, day="found_on"))  # fmt: skip
    found = facts.subquery("facts")
    return await grouped(tx, found, measures, by, sector=wanted.filters.sector, more=MORE)


async def page(
    tx: Transaction,
    wanted: Wanted,
    stage: str | None,
    level: str | None,
    after: Place | None,
    limit: int,
    *,
    as_of: datetime | None,
    today: date,
) -> list[Mapping[str, Any]]:
    """Hazards with their stages, found last first."""
    await prepare_joins(tx, as_of)
    source = here.hazards(as_of)
    of = source.c
    named = (
        "record_id", "key", "insurer", "policy_no", "division", "enterprise_name", "enterprise_uscc", "service_no",
        "level", "state", "category", "found_on", "notified_on", "deadline_on", "rectified_on", "reviewed_on",
        "refused_on", "reported_on",
    )  # fmt: skip
    tests = _tests(of, today)
    late = sa.case((tests["overdue"], sa.literal(today, sa.Date()) - of.deadline_on)).label("overdue_days")
    statement = (
        sa.select(*(of[name] for name in named), late)
        .where(*conditions(source, wanted, tx, day="found_on"))
        .order_by(of.found_on.desc(), of.record_id)
        .limit(limit)
    )
    if stage is not None:
        computed = stage in ("open", "overdue", "undated", "rectified_late")
        statement = statement.where(tests[stage] if computed else of.state == stage)
    if level is not None:
        statement = statement.where(of.level == level)
    if after is not None and after.day is not None:
        same = sa.and_(of.found_on == after.day, of.record_id > after.record_id)
        statement = statement.where(sa.or_(of.found_on < after.day, same))
    return [dict(row) for row in (await tx.execute(statement)).mappings()]
