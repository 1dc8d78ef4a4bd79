"""WHAT became of the prevention fund? By policy against the law's floor, and by entry of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from ajx_gateway.jurisdictions import Value
from ajx_gateway.store import here
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.entitlements import Place, Wanted, conditions
from ajx_gateway.store.grouping import Dimension, grouped
from ajx_gateway.store.lawful import by_law
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures
from ajx_gateway.store.versions import prepare_joins

STATES = ("below_floor", "overspent", "unspent", "no_floor")
PURPOSE: Mapping[str, Dimension] = {"purpose": lambda facts: facts.purpose}
_ZERO: sa.ColumnElement[Any] = sa.literal_column("0")
_ONE: sa.ColumnElement[Any] = sa.literal_column("1")
_MONEY = sa.Numeric(18, 2)


def _ratio(value: Value) -> sa.ColumnElement[Any]:
    return sa.literal(Decimal(str(value.value)), sa.Numeric())


def base_of(of: Any) -> sa.ColumnElement[Any]:
    """The base of the floor by the law of the policy's place and day (yuan); null where the law names none.

    ``received`` is what was received less what was refunded, never below 0 (F18 保费实际收入); ``total`` the adjusted
    premium; of a share in the profit nothing can be computed here.
    """
    bases: dict[str, sa.ColumnElement[Any]] = {
        "received": sa.func.greatest(of.premium_received - of.premium_refunded, 0),
        "total": of.premium_adjusted,
    }
    none: sa.ColumnElement[Any] = sa.cast(sa.null(), _MONEY)
    return by_law(
        "fund_base", of.division, of.signed_on, lambda value: bases.get(str(value.value), none), _MONEY
    )


def floor_ratio(of: Any) -> sa.ColumnElement[Any]:
    """The least share to be accrued by the law of the policy's place and day; null where there is none."""
    return by_law("fund_floor_ratio", of.division, of.signed_on, _ratio, sa.Numeric())


def _standing(tx: Transaction, wanted: Wanted, as_of: datetime | None, *, each: bool) -> sa.Subquery:
    """A row a policy with its ledger added up."""
    source = here.funds(as_of, each=each)
    names = (
        "insurer", "policy_no", "division", "enterprise_uscc", "enterprise_name", "industry", "size", "sector_tags",
        "signed_on", "expires_on", "premium_received", "premium_refunded", "premium_adjusted",
    )  # fmt: skip
    where = conditions(source, wanted, tx)
    summed = ("accrued", "spent", "entries")
    if each:
        return sa.select(*(source.c[n] for n in ("record_id", *names, *summed))).where(*where).subquery("one")
    return (
        sa.select(
            source.c.record_id,
            *(sa.func.any_value(source.c[n], type_=source.c[n].type).label(n) for n in names),
            *(sa.func.coalesce(sa.func.sum(source.c[n]), 0).label(n) for n in summed),
        )
        .where(*where)
        .group_by(source.c.record_id)
        .subquery("one")
    )


def _weighed(standing: sa.Subquery) -> sa.Subquery:
    """The same with base and floor. Base and ratio are read once, the floor is cut to the cent as the rule cuts it."""
    lawful = sa.select(
        standing, base_of(standing.c).label("base"), floor_ratio(standing.c).label("floor_ratio")
    ).subquery("lawful")
    floor = sa.func.trunc(lawful.c.floor_ratio * lawful.c.base, 2)
    return sa.select(lawful, sa.cast(floor, _MONEY).label("floor")).subquery("weighed")


def _told(of: Any) -> dict[str, sa.ColumnElement[Any]]:
    gap = sa.func.greatest(sa.func.coalesce(of.floor, 0) - of.accrued, 0)
    return {
        "policies": _ONE,
        "base": sa.func.coalesce(of.base, 0),
        "floor": sa.func.coalesce(of.floor, 0),
        "accrued": of.accrued,
        "gap": gap,
        "below_floor": sa.case((gap > 0, _ONE), else_=_ZERO),
        "spent": of.spent,
        "remaining": of.accrued - of.spent,
        "overspent": sa.case((of.spent > of.accrued, _ONE), else_=_ZERO),
        "no_floor": sa.case((of.floor.is_(None), _ONE), else_=_ZERO),
    }


async def by_policies(
    tx: Transaction,
    wanted: Wanted,
    measures: Sequence[Measure],
    by: Sequence[str],
    *,
    as_of: datetime | None,
) -> Figures:
    """The fund of the policies signed in the period, whenever it was entered."""
    await prepare_joins(tx, as_of)
    weighed = _weighed(_standing(tx, wanted, as_of, each=wanted.narrow and as_of is None))
    of = weighed.c
    placed = [of.division, of.signed_on.label("day"), of.industry, of.size, of.insurer, of.sector_tags]
    facts = sa.select(
        *placed, of.enterprise_uscc.label("enterprises"), *(told.label(n) for n, told in _told(of).items())
    )
    return await grouped(tx, facts.subquery("facts"), measures, by, sector=wanted.filters.sector)


async def by_entries(
    tx: Transaction,
    wanted: Wanted,
    measures: Sequence[Measure],
    by: Sequence[str],
    *,
    as_of: datetime | None,
) -> Figures:
    """The ledger of the period, by the day of entry; entries for many policies lie where the fund is kept."""
    await prepare_joins(tx, as_of)
    source = here.entries(as_of)
    of = source.c
    spends = sa.case((of.spending, of.amount), else_=_ZERO)
    facts = sa.select(
        of.division, of.entered_on.label("day"), of.industry, of.size, of.insurer, of.sector_tags,
        sa.case((of.spending, sa.func.coalesce(of.purpose, "unstated"))).label("purpose"),
        of.enterprise_uscc.label("enterprises"),
        _ONE.label("entries"),
        sa.case((of.spending, _ZERO), else_=of.amount).label("accrued"),
        spends.label("spent"),
        sa.case((of.policy_id.is_(None), spends), else_=_ZERO).label("pooled"),
    ).where(*conditions(source, wanted, tx, day="entered_on"))  # fmt: skip
    found = facts.subquery("facts")
    return await grouped(tx, found, measures, by, sector=wanted.filters.sector, more=PURPOSE)


async def page(
    tx: Transaction,
    wanted: Wanted,
    state: str | None,
    after: Place | None,
    limit: int,
    *,
    as_of: datetime | None,
) -> list[Mapping[str, Any]]:
    """Policies with base, floor and ledger, those signed last first."""
    await prepare_joins(tx, as_of)
    weighed = _weighed(_standing(tx, wanted, as_of, each=as_of is None))
    of, told = weighed.c, _told(weighed.c)
    named = (
        "record_id", "policy_no", "insurer", "division", "enterprise_name", "enterprise_uscc", "signed_on",
        "expires_on", "floor_ratio", "entries",
    )  # fmt: skip
    statement = (
        sa.select(
            *(of[name] for name in named),
            *(sa.cast(of[name], _MONEY).label(name) for name in ("base", "floor", "accrued", "spent")),
            *(sa.cast(told[name], _MONEY).label(name) for name in ("gap", "remaining")),
        )
        .order_by(of.signed_on.desc(), of.record_id)
        .limit(limit)
    )
    if state is not None:
        tests: dict[str, sa.ColumnElement[bool]] = {
            "below_floor": told["gap"] > 0,
            "overspent": of.spent > of.accrued,
            "unspent": sa.and_(of.accrued > 0, of.spent == 0),
            "no_floor": of.floor.is_(None),
        }
        statement = statement.where(tests[state])
    if after is not None and after.day is not None:
        same = sa.and_(of.signed_on == after.day, of.record_id > after.record_id)
        statement = statement.where(sa.or_(of.signed_on < after.day, same))
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


def grace_end(of: Any, day: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The last day on which the policy's fund may be spent, by the law of the day; the policy's end where none says."""
    days = by_law(
        "service_grace_days", of.division, day,
        lambda value: sa.literal(int(str(value.value)), sa.Integer()), sa.Integer(),
    )  # fmt: skip
    return sa.cast(of.expires_on + sa.func.coalesce(days, 0), sa.Date())
