"""WHICH entries of the ledger look as if the fund had been diverted? Named queries, each with its list.

A sign is a reason to look, never a verdict. Payees and invoices are not among the promoted columns: what the ledger
tells of them was judged when it was received.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from ajx_gateway.jurisdictions import Value
from ajx_gateway.standard import codes
from ajx_gateway.store import here
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.entitlements import Place, Wanted, conditions
from ajx_gateway.store.funds import grace_end
from ajx_gateway.store.grouping import prepare
from ajx_gateway.store.lawful import by_law
from ajx_gateway.store.service_tables import inspection
from ajx_gateway.store.tables import INSTANT
from ajx_gateway.store.versions import prepare_joins

_MONEY = sa.Numeric(18, 2)
_NAMED = (
    "record_id", "insurer", "division", "policy_no", "key", "service_no", "enterprise_name", "enterprise_uscc",
    "amount", "purpose", "entered_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a sign may look at: the spends of the period, all its entries, the instant."""

    spends: sa.CTE
    entries: sa.CTE
    as_of: datetime | None


Find = Callable[[Ledger], sa.Select[Any]]


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign with its words; ``law`` names the value without which it says nothing."""

    name: str
    title: str
    definition: str
    find: Find
    law: str | None = None


def _entries(of: sa.CTE, *tests: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*(of.c[name] for name in _NAMED)).where(*tests)


def _spends(test: Callable[[Any], sa.ColumnElement[bool]]) -> Find:
    return lambda ledger: _entries(ledger.spends, test(ledger.spends.c))


def _purpose(of: Any) -> sa.ColumnElement[bool]:
    named = [code for code in codes.CODE_LISTS["fund_purpose"].codes() if code != "other"]
    return sa.func.coalesce(of.purpose.not_in(named), sa.true())


def _money(value: Value) -> sa.ColumnElement[Any]:
    return sa.literal(Decimal(str(value.value)), sa.Numeric())


def _law(name: str, of: Any) -> sa.ColumnElement[Any]:
    return by_law(name, of.division, of.entered_on, _money, sa.Numeric())


def _round(of: Any) -> sa.ColumnElement[bool]:
    unit = _law("fund_round_sum", of)
    return sa.and_(of.amount >= unit, sa.func.mod(of.amount, unit) == 0)


def _repeated(ledger: Ledger) -> sa.Select[Any]:
    of = ledger.spends
    alike = (of.c.insurer, of.c.policy_id, of.c.purpose, of.c.amount, of.c.entered_on, of.c.service_no)
    times = sa.func.count().over(partition_by=alike)
    counted = sa.select(*(of.c[name] for name in _NAMED), times.label("times")).cte("counted")
    return _entries(counted, counted.c.times > 1)


def _above_cost(ledger: Ledger) -> sa.Select[Any]:
    of = ledger.spends
    paid = sa.func.sum(of.c.amount).over(partition_by=(of.c.insurer, of.c.service_no))
    added = sa.select(*(of.c[name] for name in _NAMED), paid.label("paid"), of.c.cost, of.c.service_id).cte(
        "added"
    )
    return _entries(added, added.c.service_id.is_not(None), added.c.paid > added.c.cost)


def _per_policy(limit: Callable[[Any], sa.ColumnElement[Any]]) -> Find:
    """The policies on which more was spent than the limit allows, whenever it was entered, if anything was entered in
    the period; the row is the policy's, its amount what is too much."""

    def find(ledger: Ledger) -> sa.Select[Any]:
        touched = sa.select(ledger.spends.c.policy_id).where(ledger.spends.c.policy_id.is_not(None))
        last = (
            sa.select(ledger.spends.c.policy_id, sa.func.max(ledger.spends.c.entered_on).label("entered_on"))
            .where(ledger.spends.c.policy_id.in_(touched))
            .group_by(ledger.spends.c.policy_id)
            .cte("touched")
        )
        policies = here.funds(ledger.as_of, each=True)
        joined = last.join(policies, policies.c.record_id == last.c.policy_id)
        summed = sa.select(policies, last.c.entered_on).select_from(joined).subquery("summed")
        most = limit(summed.c)
        return sa.select(
            summed.c.record_id, summed.c.insurer, summed.c.division, summed.c.policy_no,
            summed.c.policy_no.label("key"), sa.cast(sa.null(), sa.Text()).label("service_no"),
            summed.c.enterprise_name, summed.c.enterprise_uscc,
            sa.cast(summed.c.spent - most, _MONEY).label("amount"), sa.cast(sa.null(), sa.Text()).label("purpose"),
            summed.c.entered_on,
        ).where(summed.c.spent > most)  # fmt: skip

    return find


def _cap(of: Any) -> sa.ColumnElement[Any]:
    return _law("fund_spend_cap_ratio", of) * sa.func.greatest(of.premium_received - of.premium_refunded, 0)


def _concentrated(ledger: Ledger) -> sa.Select[Any]:
    """Insurers that paid more than the share of their services' costs to one agency; the row is the pair's."""
    of = ledger.spends.c
    pairs = (
        sa.select(
            of.insurer, of.agency_uscc, sa.func.sum(of.amount).label("amount"),
            sa.func.max(of.entered_on).label("entered_on"), sa.func.min(of.division).label("division"),
        )
        .where(of.agency_uscc.is_not(None))
        .group_by(of.insurer, of.agency_uscc)
        .cte("pairs")
    )  # fmt: skip
    whole = sa.func.sum(pairs.c.amount).over(partition_by=pairs.c.insurer)
    shares = sa.select(pairs, whole.label("whole")).cte("shares")
    none = sa.cast(sa.null(), sa.Text())
    identity = sa.func.record_id_of(
        shares.c.insurer, sa.literal("agency"), shares.c.agency_uscc, type_=sa.Uuid()
    )
    return sa.select(
        identity.label("record_id"), shares.c.insurer, sa.func.left(shares.c.division, 4).label("division"),
        none.label("policy_no"), shares.c.agency_uscc.label("key"), none.label("service_no"),
        none.label("enterprise_name"), none.label("enterprise_uscc"), shares.c.amount, none.label("purpose"),
        shares.c.entered_on,
    ).where(shares.c.amount > _law("agency_concentration_ratio", shares.c) * shares.c.whole)  # fmt: skip


def _after_inspection(ledger: Ledger) -> sa.Select[Any]:
    of = ledger.entries
    known = (
        sa.true() if ledger.as_of is None else inspection.c.recorded_at <= sa.literal(ledger.as_of, INSTANT)
    )
    inspected = sa.exists().where(
        inspection.c.policy_id == of.c.policy_id, inspection.c.inspected_on <= of.c.entered_on, known
    )
    return _entries(of, of.c.type == "reversal", of.c.spending, inspected)


# fmt: off
_ALL = (
    Sign("no_service", "支出未注明服务编号", "归属某一保单而未注明服务记录编号的支出",
         _spends(lambda c: sa.and_(c.policy_id.is_not(None), c.service_no.is_(None)))),
    Sign("service_unknown", "支出对应的服务不存在", "所注明的服务记录未报送或已作废",
         _spends(lambda c: sa.and_(c.service_no.is_not(None), c.service_id.is_(None)))),
    Sign("service_cancelled", "为已取消的服务支出", "所注明的服务记录状态为已取消",
         _spends(lambda c: c.service_state == "cancelled")),
    Sign("paid_service", "有偿服务列支", "所注明的服务为有偿服务，费用已由投保单位支付",
         _spends(lambda c: c.charge_mode == "paid")),
    Sign("above_cost", "支出超过服务费用", "同一服务的支出合计超过服务记录载明的费用", _above_cost),
    Sign("purpose_outside", "用途不明或为其他", "用途未注明、不在用途代码内，或为“其他”", _spends(_purpose)),
    Sign("before_signing", "签单前支出", "记账日期早于保单签单日期",
         _spends(lambda c: c.entered_on < c.signed_on)),
    Sign("after_grace", "到期后支出", "记账日期晚于保险期间届满与合理期间之和",
         _spends(lambda c: c.entered_on > grace_end(c, c.entered_on))),
    Sign("above_accrual", "支出超过提取", "本期有支出的保单，其累计支出超过累计提取；金额为超出部分",
         _per_policy(lambda c: c.accrued)),
    Sign("above_cap", "支出超过上限", "本期有支出的保单，其累计支出超过规定的使用比例上限；金额为超出部分",
         _per_policy(_cap), law="fund_spend_cap_ratio"),
    Sign("round_sum", "整数金额支出", "金额为规定单位整数倍的支出", _spends(lambda c: _round(c)),
         law="fund_round_sum"),
    Sign("repeated", "相同支出重复入账", "同一保单、服务、用途、金额、日期的支出不止一笔", _repeated),
    Sign("concentrated", "费用集中于一家服务机构", "同一承保机构的服务支出中，一家服务机构所占超过提示比例；编号为服务机构代码",
         _concentrated, law="agency_concentration_ratio"),
    Sign("reversed_after_inspection", "检查后冲销", "保单接受检查之后冲销的支出", _after_inspection),
)
# fmt: on
SIGNS: Mapping[str, Sign] = MappingProxyType({sign.name: sign for sign in _ALL})


def _ledger(tx: Transaction, wanted: Wanted, as_of: datetime | None) -> Ledger:
    source = here.entries(as_of)
    inside = sa.select(source).where(*conditions(source, wanted, tx, day="entered_on")).cte("entries")
    spends = sa.select(inside).where(inside.c.type == "spend").cte("spends")
    return Ledger(spends, inside, as_of)


async def counts(tx: Transaction, wanted: Wanted, *, as_of: datetime | None) -> dict[str, Mapping[str, Any]]:
    """Per sign how many rows its list has, of how many enterprises, and the sum of their amounts (yuan).

    A row without an enterprise (spent for several, or under a policy unknown yet) counts as one of its own.
    """
    await prepare_joins(tx, as_of)
    await prepare(tx)
    ledger = _ledger(tx, wanted, as_of)
    found: dict[str, Mapping[str, Any]] = {}
    for sign in _ALL:
        rows = sign.find(ledger).subquery("rows")
        told = sa.select(
            sa.func.count().label("count"),
            sa.func.coalesce(sa.func.sum(rows.c.amount), 0).label("amount"),
            sa.func.count(
                sa.distinct(sa.func.coalesce(rows.c.enterprise_uscc, sa.cast(rows.c.record_id, sa.Text)))
            ).label("enterprises"),
        )
        row = (await tx.execute(told.select_from(rows))).mappings().one()
        found[sign.name] = {**row, "amount": Decimal(row["amount"])}
    return found


async def page(
    tx: Transaction, sign: Sign, wanted: Wanted, after: Place | None, limit: int, *, as_of: datetime | None
) -> list[Mapping[str, Any]]:
    """The rows behind a sign, entered last first."""
    await prepare_joins(tx, as_of)
    await prepare(tx)
    rows = sign.find(_ledger(tx, wanted, as_of)).subquery("rows")
    statement = sa.select(rows).order_by(rows.c.entered_on.desc(), rows.c.record_id).limit(limit)
    if after is not None and after.day is not None:
        same = sa.and_(rows.c.entered_on == after.day, rows.c.record_id > after.record_id)
        statement = statement.where(sa.or_(rows.c.entered_on < after.day, same))
    return [dict(row) for row in (await tx.execute(statement)).mappings()]
