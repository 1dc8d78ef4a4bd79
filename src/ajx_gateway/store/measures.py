"""WHAT can be counted, and how exactly? Every measure with title, definition, unit and SQL, in one registry.

A measure is read from one kind of record (its source) and belongs to a period by that source's date; or it is
a quotient of others. A new figure is one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ajx_gateway.store.measure import (
    RECTIFIED,
    Form,
    Measure,
    Row,
    accrued,
    amount,
    enterprise,
    enterprise_behind,
    one,
    overdue,
    own,
    premium,
    rated,
    spent,
    stars,
    when,
)


def _of(source: str, dated: str) -> Callable[..., Measure]:
    """A maker of this source's measures; what counts yuan is money."""

    def measure(name: str, title: str, definition: str, unit: str, row: Row, **more: Any) -> Measure:
        form: Form = "money" if unit == "元" else "count"
        return Measure(name, title, f"{definition}，{dated}", unit, form, source, row, **more)

    return measure


def _quotient(
    name: str,
    title: str,
    definition: str,
    over: tuple[tuple[str, ...], tuple[str, ...]],
    form: Form = "ratio",
) -> Measure:
    return Measure(name, title, definition, "分" if form == "score" else "", form, over=over)


_policy = _of("policy", "按签单日期归期")
_endorsement = _of("endorsement", "按签发日期归期")
_document = _of("document", "按受理日期归期")
_claim = _of("claim", "按报案日期归期")
_plan = _of("service_plan", "按提交日期归期")
_service = _of("service", "按服务开始日期归期，不含已取消")
_hazard = _of("hazard", "按发现日期归期")
_fund = _of(
    "fund_entry",
    "冲销计入被冲销分录一侧，调整注明用途或服务编号的计入支出、其余计入提取，均按带符号金额，按记账日期归期",
)
_report = _of("annual_report", "按提交日期归期，地区取报告所属地区")

# fmt: off
_MEASURES: tuple[Measure, ...] = (
    _policy("policies", "保单数", "有效（未作废）保单份数", "份", one),
    _policy("enterprises", "投保企业数", "投保企业按统一社会信用代码去重", "家",
            own("enterprise_uscc"), how="distinct"),
    _policy("insured_persons", "被保险人数", "保单承保人数合计", "人", own("insured_count")),
    _policy("employees", "从业人数", "投保企业从业人数，每家企业取组内最近签单的一份保单", "人",
            own("employee_count"), how="latest"),
    _policy("premium", "保费", "实收保费减退还保费", "元", premium),
    _policy("premium_adjusted", "应收保费", "费率调整后的保费", "元", own("premium_adjusted")),
    _policy("sum_insured", "保险金额", "累计责任限额合计", "元", own("aggregate")),
    _policy("subsidy", "财政补贴", "保单所载财政补贴金额", "元", own("subsidy_amount")),
    _policy("fund_agreed", "约定事故预防费", "保单约定的事故预防服务费用", "元", own("fund_amount")),
    _policy("renewals", "续保保单数", "注明续保自的保单份数", "份",
            when(lambda c: c.renewal_of.is_not(None))),
    _endorsement("endorsements", "批单数", "批单份数", "份", one),
    _endorsement("cancellations", "退保批单数", "退保（注销）批单份数", "份",
                 when(lambda c: c.type == "cancel")),
    _endorsement("premium_change", "批改保费", "批单引起的保费增减额", "元", own("premium_change")),
    _document("documents", "电子保单数", "已受理的电子保单份数（重传另计）", "份", one),
    _claim("claims", "赔案数", "赔案件数", "件", one),
    _claim("claims_open", "未结赔案数", "尚未结案的赔案件数", "件", when(lambda c: c.state != "closed")),
    _claim("claims_closed", "已结赔案数", "已结案的赔案件数", "件", when(lambda c: c.state == "closed")),
    _claim("claims_paid", "已付赔款", "赔款与预付赔款合计", "元", own("paid")),
    _claim("claims_reserve", "未决赔款准备金", "未结赔案的准备金合计", "元",
           amount("reserve", lambda c: c.state != "closed")),
    _claim("direct_loss", "直接经济损失", "赔案事故的直接经济损失", "元", own("direct_loss")),
    _claim("deaths", "死亡人数", "赔案事故死亡人数", "人", own("deaths")),
    _claim("missing", "失踪人数", "赔案事故失踪人数", "人", own("missing")),
    _claim("serious_injuries", "重伤人数", "赔案事故重伤人数", "人", own("serious_injuries")),
    _claim("minor_injuries", "轻伤人数", "赔案事故轻伤人数", "人", own("minor_injuries")),
    _quotient("loss_ratio", "赔付率", "已付赔款（按报案日期归期）除以保费（按签单日期归期）",
              (("claims_paid",), ("premium",))),
    _quotient("incurred_ratio", "含未决赔付率",
              "已付赔款与未决准备金之和（按报案日期归期）除以保费（按签单日期归期）",
              (("claims_paid", "claims_reserve"), ("premium",))),
    _plan("service_plans", "服务计划数", "已提交的事故预防服务计划份数", "份",
          when(lambda c: c.state != "assigned")),
    _service("services", "服务次数", "事故预防服务次数", "次", one),
    _service("services_completed", "完成服务次数", "已完成或已确认的服务次数", "次",
             when(lambda c: c.state.in_(("completed", "confirmed")))),
    _service("enterprises_served", "受服务企业数", "接受服务的投保企业去重", "家", enterprise,
             how="distinct"),
    _service("service_cost", "服务费用", "服务费用合计", "元", own("cost")),
    _service("services_rated", "已评价服务次数", "三项评价齐全的服务次数", "次", rated(1)),
    _service("rating_stars", "评价星数", "三项评价星数之和", "分", stars, hidden=True),
    _service("rating_answers", "评价项数", "三项评价的项数", "项", rated(3), hidden=True),
    _quotient("rating", "服务评价",
              "态度、专业度、及时性三项评价（1至5分）的平均分，按服务开始日期归期，不含已取消",
              (("rating_stars",), ("rating_answers",)), "score"),
    _hazard("hazards_general", "一般隐患数", "一般事故隐患条数", "条", when(lambda c: c.level == "general")),
    _hazard("hazards_major", "重大隐患数", "重大事故隐患条数", "条", when(lambda c: c.level == "major")),
    _hazard("hazards_rectified", "已整改隐患数", "状态为已整改或已销号的隐患条数", "条",
            when(lambda c: c.state.in_(RECTIFIED))),
    _hazard("hazards_refused", "拒不整改隐患数", "拒不整改的隐患条数", "条",
            when(lambda c: c.state == "refused")),
    _hazard("hazards_overdue", "逾期未整改隐患数", "整改期限已过而尚未整改的隐患条数", "条", overdue),
    _quotient("rectification_ratio", "隐患整改率", "已整改隐患数除以一般与重大隐患数之和，按发现日期归期",
              (("hazards_rectified",), ("hazards_general", "hazards_major"))),
    _fund("fund_accrued", "事故预防费提取", "提取分录金额", "元",
          accrued),
    _fund("fund_spent", "事故预防费支出", "支出分录金额", "元", spent),
    _quotient("fund_ratio", "事故预防费使用率", "事故预防费支出除以提取，按记账日期归期",
              (("fund_spent",), ("fund_accrued",))),
    _report("reports", "报告数", "已提交的年度、季度报告份数", "份", one),
    # Behind how many enterprises a number stands: for roles that may not be shown single ones.
    *(
        Measure(f"enterprises_of_{source}", "企业数", "数字背后的企业去重", "家", "count", source, enterprise_behind,
                how="distinct", hidden=True)
        for source in ("policy", "endorsement", "document", "claim", "service_plan", "service", "hazard", "fund_entry")
    ),
)
# fmt: on

MEASURES: Mapping[str, Measure] = MappingProxyType({m.name: m for m in _MEASURES})
PUBLIC: tuple[Measure, ...] = tuple(m for m in _MEASURES if not m.hidden)


def parts_of(measure: Measure) -> tuple[Measure, ...]:
    """The measures that must be read to give this one: itself, or the parts of the quotient."""
    if measure.over is None:
        return (measure,)
    return tuple(MEASURES[name] for side in measure.over for name in side)
