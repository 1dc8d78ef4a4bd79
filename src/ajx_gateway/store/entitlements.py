"""WHICH services are due, done and still owed? Per policy: what the law or the plan promises against what was done.

Counted in items (项次): a plan promises each of its items a number of times, a service does each of its items once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ajx_gateway.jurisdictions import Value
from ajx_gateway.jurisdictions.model import Entitlement
from ajx_gateway.store import here
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.grouping import grouped
from ajx_gateway.store.lawful import by_law
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures
from ajx_gateway.store.sources import Filters, starts_with, within
from ajx_gateway.store.versions import prepare_joins

STATES = ("owed", "owed_expired", "fulfilled", "unserved", "unplanned")
# Up to so many days each policy's services are looked up by themselves; beyond, all of them are read at once.
NARROW_DAYS = 100
_ZERO: sa.ColumnElement[Any] = sa.literal_column("0")
_ONE: sa.ColumnElement[Any] = sa.literal_column("1")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which policies: signed in the period [begins, ends), narrowed by the filters."""

    filters: Filters
    begins: date | None
    ends: date | None

    @property
    def narrow(self) -> bool:
        """Whether the policies are few enough to be looked at one by one."""
        if self.filters.town is not None:
            return True
        return (
            self.begins is not None
            and self.ends is not None
            and (self.ends - self.begins).days <= NARROW_DAYS
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: newest signing first, then by id."""

    day: date | None
    record_id: UUID


async def figures(
    tx: Transaction,
    wanted: Wanted,
    measures: Sequence[Measure],
    by: Sequence[str],
    *,
    as_of: datetime | None,
    today: date,
) -> Figures:
    """The measures of the services due, per group and in total."""
    await prepare_joins(tx, as_of)
    facts = _facts(tx, wanted, as_of, today).subquery("facts")
    return await grouped(tx, facts, measures, by, sector=wanted.filters.sector)


def conditions(
    source: sa.FromClause, wanted: Wanted, tx: Transaction, day: str = "signed_on"
) -> list[sa.ColumnElement[bool]]:
    """The territory, the filters and the period, as predicates on rows that carry their policy."""
    c, filters = source.c, wanted.filters
    found = [sa.not_(c.voided), *within(tx.scope, c.division)]
    if filters.district is not None:
        found.append(starts_with(c.division, filters.district))
    if filters.town is not None:
        found.append(c.division == filters.town)
    if filters.insurer is not None:
        found.append(c.insurer == filters.insurer)
    if filters.sector is not None:
        found.append(sa.literal(filters.sector) == sa.any_(c.sector_tags))
    if filters.industry is not None:
        found.append(starts_with(c.industry, filters.industry))
    if filters.size is not None:
        found.append(c.size == filters.size)
    if wanted.begins is not None:
        found.append(c[day] >= wanted.begins)
    if wanted.ends is not None:
        found.append(c[day] < wanted.ends)
    return found


def _standing(tx: Transaction, wanted: Wanted, as_of: datetime | None, *, each: bool) -> sa.Subquery:
    """A row a policy with its work added up."""
    source = here.prevention(as_of, each=each)
    names = (
        "insurer", "policy_no", "division", "enterprise_uscc", "enterprise_name", "industry", "size", "sector_tags",
        "signed_on", "effective_on", "expires_on", "premium_adjusted",
    )  # fmt: skip
    counted = ("planned", "plans", "services", "items")
    where = conditions(source, wanted, tx)
    if each:
        plain = [source.c[name] for name in ("record_id", *names, *counted, "first_on")]
        return sa.select(*plain).where(*where).subquery("standing")
    return (
        sa.select(
            source.c.record_id,
            *(sa.func.any_value(source.c[name], type_=source.c[name].type).label(name) for name in names),
            *(sa.func.coalesce(sa.func.sum(source.c[name]), 0).label(name) for name in counted),
            sa.func.min(source.c.on_day).label("first_on"),
        )
        .where(*where)
        .group_by(source.c.record_id)
        .subquery("standing")
    )


def _due(of: Any) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """How many items are due, and whether anything says so: the law of the place, else the plan."""
    law = by_law(
        "service_entitlements", of.division, of.signed_on, lambda value: _said(value, of), sa.Integer()
    )
    return sa.func.coalesce(law, of.planned), sa.or_(law.is_not(None), of.plans > 0)


def _said(value: Value, of: Any) -> sa.ColumnElement[Any]:
    """The highest of the entitlements that fit the policy's sectors and premium; null when none fits."""
    stated = value.value if isinstance(value.value, tuple) else ()
    fits = []
    for each in (one for one in stated if isinstance(one, Entitlement)):
        fit = of.premium_adjusted >= sa.literal(each.premium_from, sa.Numeric())
        if each.tags:
            tags = sa.cast(sa.literal(list(each.tags), sa.ARRAY(sa.Text())), sa.ARRAY(sa.Text()))
            fit = sa.and_(fit, of.sector_tags.bool_op("&&")(tags))
        fits.append(sa.case((fit, sa.literal(each.items, sa.Integer())), else_=sa.null()))
    return sa.func.greatest(*fits)


def _told(of: Any, today: date) -> dict[str, sa.ColumnElement[Any]]:
    """What one policy contributes to every measure, and the terms of the list."""
    due, promised = _due(of)
    owed = sa.func.greatest(due - of["items"], 0)
    expired = of.expires_on < sa.literal(today, sa.Date())
    return {
        "policies": _ONE,
        "due": due,
        "fulfilled": sa.func.least(due, of["items"]),
        "owed": owed,
        "owed_expired": sa.case((expired, owed), else_=_ZERO),
        "services_done": of.services,
        "items_done": of["items"],
        "served": sa.case((of.services > 0, _ONE), else_=_ZERO),
        "unplanned": sa.case((promised, _ZERO), else_=_ONE),
    }


def _facts(tx: Transaction, wanted: Wanted, as_of: datetime | None, today: date) -> sa.Select[Any]:
    of = _standing(tx, wanted, as_of, each=wanted.narrow and as_of is None).c
    placed = [
        of.division, of.signed_on.label("day"), of.industry, of.size, of.insurer, of.sector_tags,
        of.enterprise_uscc.label("enterprises"),
    ]  # fmt: skip
    return sa.select(*placed, *(told.label(name) for name, told in _told(of, today).items()))


async def page(
    tx: Transaction,
    wanted: Wanted,
    state: str | None,
    after: Place | None,
    limit: int,
    *,
    as_of: datetime | None,
    today: date,
) -> list[Mapping[str, Any]]:
    """Policies with what is owed to them, those signed last first."""
    await prepare_joins(tx, as_of)
    of = _standing(tx, wanted, as_of, each=as_of is None).c
    told = _told(of, today)
    named = (
        "record_id", "policy_no", "insurer", "division", "enterprise_name", "enterprise_uscc", "signed_on",
        "effective_on", "expires_on", "plans", "services", "first_on",
    )  # fmt: skip
    kept = ("due", "items_done", "fulfilled", "owed", "owed_expired", "unplanned")
    rows = sa.select(*(of[name] for name in named), *(told[name].label(name) for name in kept)).subquery(
        "rows"
    )
    statement = sa.select(rows).order_by(rows.c.signed_on.desc(), rows.c.record_id).limit(limit)
    if state is not None:
        statement = statement.where(_in_state(rows.c, state))
    if after is not None and after.day is not None:
        same = sa.and_(rows.c.signed_on == after.day, rows.c.record_id > after.record_id)
        statement = statement.where(sa.or_(rows.c.signed_on < after.day, same))
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


def _in_state(of: Any, state: str) -> sa.ColumnElement[bool]:
    tests: dict[str, sa.ColumnElement[bool]] = {
        "owed": of.owed > 0,
        "owed_expired": of.owed_expired > 0,
        "fulfilled": sa.and_(of.due > 0, of.owed == 0),
        "unserved": of.services == 0,
        "unplanned": of.unplanned == 1,
    }
    return tests[state]
