"""HOW MUCH of the premiums did the treasury pay, above the cap for what reason, and what does the city add?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from ajx_gateway.jurisdictions import Value
from ajx_gateway.store import filings
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.entitlements import Place, Wanted, conditions
from ajx_gateway.store.grouping import grouped
from ajx_gateway.store.lawful import by_law
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures
from ajx_gateway.store.versions import prepare_joins, versions

_ZERO: sa.ColumnElement[Any] = sa.literal_column("0")
_ONE: sa.ColumnElement[Any] = sa.literal_column("1")


def _ratio(value: Value) -> sa.ColumnElement[Any]:
    return sa.literal(Decimal(str(value.value)), sa.Numeric())


def _policies(tx: Transaction, wanted: Wanted, as_of: datetime | None) -> sa.Subquery:
    """The subsidised policies of the period with the law's two ratios; null where the place has none."""
    source = versions("policy", as_of, "policy")
    of = source.c
    laws = {
        "cap": by_law("subsidy_cap_ratio", of.division, of.signed_on, _ratio, sa.Numeric()),
        "match": by_law("city_subsidy_match_ratio", of.division, of.signed_on, _ratio, sa.Numeric()),
    }
    return (
        sa.select(source, *(told.label(f"law_{name}") for name, told in laws.items()))
        .where(*conditions(source, wanted, tx), of.subsidy_amount > 0)
        .subquery("subsidised")
    )


def _above(of: Any) -> sa.ColumnElement[bool]:
    """More than the cap allows of the adjusted premium, as the rule on subsidies measures it."""
    above: sa.ColumnElement[bool] = of.subsidy_amount > of.law_cap * of.premium_adjusted
    return above


async def figures(
    tx: Transaction, wanted: Wanted, measures: Sequence[Measure], by: Sequence[str], *, as_of: datetime | None
) -> Figures:
    """The subsidies of the period per group and in total."""
    await prepare_joins(tx, as_of)
    of = _policies(tx, wanted, as_of).c
    facts = sa.select(
        of.division, of.signed_on.label("day"), of.industry, of.size, of.insurer, of.sector_tags,
        of.enterprise_uscc.label("enterprises"),
        _ONE.label("subsidised"),
        of.subsidy_amount.label("subsidy"),
        of.premium_adjusted.label("premium"),
        sa.case((_above(of), _ONE), else_=_ZERO).label("above_cap"),
        sa.case((_above(of), of.subsidy_amount - of.law_cap * of.premium_adjusted), else_=_ZERO).label("excess"),
        sa.func.coalesce(of.law_match * of.subsidy_amount, 0).label("city_match"),
        sa.case((of.law_cap.is_(None), _ONE), else_=_ZERO).label("no_law"),
    )  # fmt: skip
    return await grouped(tx, facts.subquery("facts"), measures, by, sector=wanted.filters.sector)


async def page(
    tx: Transaction,
    wanted: Wanted,
    above_only: bool,
    after: Place | None,
    limit: int,
    *,
    as_of: datetime | None,
) -> list[Mapping[str, Any]]:
    """Subsidised policies with their ratio and cap, those signed last first, and where their bytes lie."""
    await prepare_joins(tx, as_of)
    of = _policies(tx, wanted, as_of).c
    named = (
        "record_id", "insurer", "division", "enterprise_name", "enterprise_uscc", "signed_on", "subsidy_amount",
        "premium_adjusted", "filing_id", "ordinal",
    )  # fmt: skip
    statement = (
        sa.select(
            *(of[name] for name in named),
            of.key.label("policy_no"),
            of.law_cap.label("cap_ratio"),
            sa.func.coalesce(_above(of), sa.false()).label("above_cap"),
        )
        .order_by(of.signed_on.desc(), of.record_id)
        .limit(limit)
    )
    if above_only:
        statement = statement.where(_above(of))
    if after is not None and after.day is not None:
        same = sa.and_(of.signed_on == after.day, of.record_id > after.record_id)
        statement = statement.where(sa.or_(of.signed_on < after.day, same))
    return [dict(row) for row in (await tx.execute(statement)).mappings()]


async def documents(tx: Transaction, places: Sequence[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], bytes]:
    """The filed bytes of these policies; asks for a scope that may read filings."""
    return await filings.items(tx, places)
