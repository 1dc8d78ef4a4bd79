"""WHAT can be counted, and how exactly? Every measure with its title, definition, unit and SQL, in one registry.

A measure is read from one kind of record (its source) and belongs to a period by that source's date; or it is a
quotient of two others. A new figure is one entry in ``_MEASURES``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import sqlalchemy as sa

Form = Literal["count", "money", "ratio", "score"]
How = Literal["sum", "distinct", "latest"]
Columns = sa.ColumnCollection[str, sa.ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Asking:
    """What one row offers a measure: its own columns, its policy's, and the day of asking."""

    own: Any
    policy: Any
    today: sa.ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """``row`` is what one record contributes. ``how``: added up; counted once per value; or, for figures of an
    enterprise, taken from its latest signed policy in the group and then added up."""

    name: str
    title: str
    definition: str
    unit: str
    form: Form
    source: str = ""
    row: Callable[[Asking], sa.ColumnElement[Any]] | None = None
    how: How = "sum"
    over: tuple[tuple[str, ...], tuple[str, ...]] | None = None  # sums of measures: numerator, denominator
    hidden: bool = False

    @property
    def additive(self) -> bool:
        """Whether groups add up to the total (sector aside, which is multi-valued)."""
        return self.over is None and self.how == "sum"


def _one(_: Asking) -> sa.ColumnElement[Any]:
    return sa.literal_column("1")


def _when(test: Callable[[Any], Any]) -> Callable[[Asking], sa.ColumnElement[Any]]:
    return lambda a: sa.case((test(a.own), sa.literal_column("1")), else_=sa.literal_column("0"))


def _own(name: str) -> Callable[[Asking], sa.ColumnElement[Any]]:
    def row(a: Asking) -> sa.ColumnElement[Any]:
        column: sa.ColumnElement[Any] = a.own[name]
        return column

    return row


def _amount(
    test: Callable[[Any], Any], name: str = "amount"
) -> Callable[[Asking], sa.ColumnElement[Any]]:
    return lambda a: sa.case((test(a.own), a.own[name]), else_=sa.literal_column("0"))


RECTIFIED = ("rectified", "closed")


def _overdue(a: Asking) -> sa.ColumnElement[Any]:
    late = sa.and_(a.own.deadline_on < a.today, a.own.state.not_in(RECTIFIED))
    return sa.case((late, sa.literal_column("1")), else_=sa.literal_column("0"))


def _spending(own: Any) -> sa.ColumnElement[Any]:
    """A correcting entry belongs to the spending side when it names what was spent on, else to the accruals."""
    correcting = own.type.in_(("adjustment", "reversal"))
    named = sa.or_(own.purpose.is_not(None), own.service_no.is_not(None))
    return sa.or_(own.type == "spend", sa.and_(correcting, named))


def _stars(*names: str) -> Callable[[Asking], sa.ColumnElement[Any]]:
    def row(a: Asking) -> sa.ColumnElement[Any]:
        total: sa.ColumnElement[Any] = sum((a.own[name] for name in names[1:]), start=a.own[names[0]])
        return total

    return row


_DIMENSIONS = ("rating_attitude", "rating_professionalism", "rating_timeliness")


def _rated(weight: int) -> Callable[[Asking], sa.ColumnElement[Any]]:
    return lambda a: sa.case(
        (sa.and_(*(a.own[name].is_not(None) for name in _DIMENSIONS)), sa.literal_column(str(weight))),
        else_=sa.literal_column("0"),
    )


_SIGNED = "按签单日期归期"
_REPORTED = "按报案日期归期"
_STARTED = "按服务开始日期归期，不含已取消"
_FOUND = "按发现日期归期"
_ENTERED = "按记账日期归期"
_CORRECTIONS = "调整、冲销分录按带符号金额计入：注明用途或服务编号的计入支出，其余计入提取"

_MEASURES: tuple[Measure, ...] = (
    Measure("policies", "保单数", f"有效（未作废）保单份数，{_SIGNED}", "份", "count", "policy", _one),
    Measure(
        "enterprises", "投保企业数", f"保单所载投保企业按统一社会信用代码去重，{_SIGNED}", "家", "count", "policy",
        _own("enterprise_uscc"), how="distinct",
    ),
    Measure("insured_persons", "被保险人数", f"保单投保人数合计，{_SIGNED}", "人", "count", "policy", _own("insured_count")),
    Measure(
        "employees", "从业人数", f"投保企业从业人数，每家企业取组内最近签单的一份保单，{_SIGNED}", "人", "count", "policy",
        _own("employee_count"), how="latest",
    ),
    Measure(
        "premium", "保费", f"实收保费减退还保费，{_SIGNED}", "元", "money", "policy",
        lambda a: a.own.premium_received - a.own.premium_refunded,
    ),
    Measure("premium_adjusted", "应收保费", f"费率调整后的保费，{_SIGNED}", "元", "money", "policy", _own("premium_adjusted")),
    Measure("sum_insured", "保险金额", f"保单累计责任限额合计，{_SIGNED}", "元", "money", "policy", _own("aggregate")),
    Measure(
        "subsidy", "财政补贴", f"保单所载财政补贴金额，{_SIGNED}", "元", "money", "policy",
        lambda a: sa.func.coalesce(a.own.subsidy_amount, sa.literal_column("0")),
    ),
    Measure("fund_agreed", "约定事故预防费", f"保单约定的事故预防服务费用，{_SIGNED}", "元", "money", "policy", _own("fund_amount")),
    Measure("renewals", "续保保单数", f"注明续保自的保单份数，{_SIGNED}", "份", "count", "policy", _when(lambda c: c.renewal_of.is_not(None))),
    Measure("endorsements", "批单数", "批单份数，按签发日期归期", "份", "count", "endorsement", _one),
    Measure("cancellations", "退保批单数", "退保（注销）批单份数，按签发日期归期", "份", "count", "endorsement", _when(lambda c: c.type == "cancel")),
    Measure("premium_change", "批改保费", "批单引起的保费增减额，按签发日期归期", "元", "money", "endorsement", _own("premium_change")),
    Measure("documents", "电子保单数", "已受理的电子保单份数（重传另计），按受理日期归期", "份", "count", "document", _one),
    Measure("claims", "赔案数", f"赔案件数，{_REPORTED}", "件", "count", "claim", _one),
    Measure("claims_open", "未结赔案数", f"尚未结案的赔案件数，{_REPORTED}", "件", "count", "claim", _when(lambda c: c.state != "closed")),
    Measure("claims_closed", "已结赔案数", f"已结案的赔案件数，{_REPORTED}", "件", "count", "claim", _when(lambda c: c.state == "closed")),
    Measure("claims_paid", "已付赔款", f"赔款与预付赔款合计，{_REPORTED}", "元", "money", "claim", _own("paid")),
    Measure(
        "claims_reserve", "未决赔款准备金", f"未结赔案的准备金合计，{_REPORTED}", "元", "money", "claim",
        _amount(lambda c: c.state != "closed", "reserve"),
    ),
    Measure("direct_loss", "直接经济损失", f"赔案事故的直接经济损失，{_REPORTED}", "元", "money", "claim", _own("direct_loss")),
    Measure("deaths", "死亡人数", f"赔案事故死亡人数，{_REPORTED}", "人", "count", "claim", _own("deaths")),
    Measure("missing", "失踪人数", f"赔案事故失踪人数，{_REPORTED}", "人", "count", "claim", _own("missing")),
    Measure("serious_injuries", "重伤人数", f"赔案事故重伤人数，{_REPORTED}", "人", "count", "claim", _own("serious_injuries")),
    Measure("minor_injuries", "轻伤人数", f"赔案事故轻伤人数，{_REPORTED}", "人", "count", "claim", _own("minor_injuries")),
    Measure(
        "loss_ratio", "赔付率", "已付赔款（按报案日期归期）除以保费（按签单日期归期）", "", "ratio",
        over=(("claims_paid",), ("premium",)),
    ),
    Measure(
        "incurred_ratio", "含未决赔付率", "已付赔款与未决准备金之和（按报案日期归期）除以保费（按签单日期归期）", "", "ratio",
        over=(("claims_paid", "claims_reserve"), ("premium",)),
    ),
    Measure("service_plans", "服务计划数", "已提交的事故预防服务计划份数，按提交日期归期", "份", "count", "service_plan", _when(lambda c: c.state != "assigned")),
    Measure("services", "服务次数", f"事故预防服务次数，{_STARTED}", "次", "count", "service", _one),
    Measure(
        "services_completed", "完成服务次数", f"已完成或已确认的服务次数，{_STARTED}", "次", "count", "service",
        _when(lambda c: c.state.in_(("completed", "confirmed"))),
    ),
    Measure(
        "enterprises_served", "受服务企业数", f"接受服务的投保企业去重，{_STARTED}", "家", "count", "service",
        lambda a: a.policy.enterprise_uscc, how="distinct",
    ),
    Measure("service_cost", "服务费用", f"服务费用合计，{_STARTED}", "元", "money", "service", _own("cost")),
    Measure("services_rated", "已评价服务次数", f"三项评价齐全的服务次数，{_STARTED}", "次", "count", "service", _rated(1)),
    Measure("rating_stars", "评价星数", "三项评价星数之和", "分", "count", "service", _stars(*_DIMENSIONS), hidden=True),
    Measure("rating_answers", "评价项数", "三项评价的项数", "项", "count", "service", _rated(3), hidden=True),
    Measure(
        "rating", "服务评价", f"服务态度、专业度、及时性三项评价（1至5分）的平均分，{_STARTED}", "分", "score",
        over=(("rating_stars",), ("rating_answers",)),
    ),
    Measure("hazards_general", "一般隐患数", f"一般事故隐患条数，{_FOUND}", "条", "count", "hazard", _when(lambda c: c.level == "general")),
    Measure("hazards_major", "重大隐患数", f"重大事故隐患条数，{_FOUND}", "条", "count", "hazard", _when(lambda c: c.level == "major")),
    Measure(
        "hazards_rectified", "已整改隐患数", f"状态为已整改或已销号的隐患条数，{_FOUND}", "条", "count", "hazard",
        _when(lambda c: c.state.in_(RECTIFIED)),
    ),
    Measure("hazards_refused", "拒不整改隐患数", f"拒不整改的隐患条数，{_FOUND}", "条", "count", "hazard", _when(lambda c: c.state == "refused")),
    Measure("hazards_overdue", "逾期未整改隐患数", f"整改期限已过而尚未整改的隐患条数，{_FOUND}", "条", "count", "hazard", _overdue),
    Measure(
        "rectification_ratio", "隐患整改率", "已整改隐患数除以一般与重大隐患数之和", "", "ratio",
        over=(("hazards_rectified",), ("hazards_general", "hazards_major")),
    ),
    Measure(
        "fund_accrued", "事故预防费提取", f"提取分录金额；{_CORRECTIONS}。{_ENTERED}", "元", "money", "fund_entry",
        _amount(lambda c: sa.not_(_spending(c))),
    ),
    Measure(
        "fund_spent", "事故预防费支出", f"支出分录金额；{_CORRECTIONS}。{_ENTERED}", "元", "money", "fund_entry",
        _amount(_spending),
    ),
    Measure("fund_ratio", "事故预防费使用率", "事故预防费支出除以提取", "", "ratio", over=(("fund_spent",), ("fund_accrued",))),
    Measure("reports", "报告数", "已提交的年度、季度报告份数，按提交日期归期，地区取报告所属地区", "份", "count", "annual_report", _one),
)

MEASURES: Mapping[str, Measure] = MappingProxyType({m.name: m for m in _MEASURES})
PUBLIC: tuple[Measure, ...] = tuple(m for m in _MEASURES if not m.hidden)


def parts_of(measure: Measure) -> tuple[Measure, ...]:
    """The measures that must be read to give this one: itself, or the parts of the quotient."""
    if measure.over is None:
        return (measure,)
    return tuple(MEASURES[name] for side in measure.over for name in side)
