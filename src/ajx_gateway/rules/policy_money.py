"""DOES the money of a policy add up? Premium, subsidy, and signs of a sham."""

from collections.abc import Iterator
from decimal import Decimal

from ajx_gateway.rules import clauses
from ajx_gateway.rules.days import share, text
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "policy.received_above_adjusted",
    kind="policy",
    title="实收保费大于应收保费",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对应收（adjusted）与实收（received）；退费填写在 refunded。",
)
def received_above_adjusted(policy: Policy) -> Iterator[Fault]:
    premium = policy.premium
    if premium.received > premium.adjusted:
        expected = f"不大于应收保费{premium.adjusted}"
        yield Fault("/premium/received", expected, text(premium.received), "实收保费大于应收保费。")


@rule(
    "policy.refunded_above_received",
    kind="policy",
    title="退费大于实收保费",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对退费金额。",
)
def refunded_above_received(policy: Policy) -> Iterator[Fault]:
    premium = policy.premium
    if premium.refunded > premium.received:
        expected = f"不大于实收保费{premium.received}"
        yield Fault("/premium/refunded", expected, text(premium.refunded), "退费大于实收保费。")


@rule(
    "policy.premium_zero",
    kind="policy",
    title="保费为零",
    severity="warning",
    clause=clauses.MEASURES,
    mend="请核对保费；不收保费的保障请用批单（免费扩展）报送。",
)
def premium_zero(policy: Policy) -> Iterator[Fault]:
    if policy.premium.adjusted == 0:
        yield Fault("/premium/adjusted", "大于0", "0", "应收保费为零，疑似虚假承保。")


@rule(
    "policy.premium_unpaid",
    kind="policy",
    title="尚无实收保费",
    severity="notice",
    clause=clauses.MEASURES,
    mend="保费到账后请更新实收金额和到账日期。",
)
def premium_unpaid(policy: Policy) -> Iterator[Fault]:
    if policy.premium.received == 0 and policy.premium.adjusted > 0:
        yield Fault("/premium/received", "大于0", "0", "尚未收到保费，服务费用以实收保费为计提基数。")


@rule(
    "policy.received_on_missing",
    kind="policy",
    title="缺少保费到账日期",
    severity="notice",
    clause=clauses.STANDARD,
    mend="请补充 premium.received_on。",
)
def received_on_missing(policy: Policy) -> Iterator[Fault]:
    if policy.premium.received > 0 and policy.premium.received_on is None:
        yield Fault("/premium/received_on", "到账日期", "", "已有实收保费但没有到账日期。")


@rule(
    "policy.premium_per_head_low",
    kind="policy",
    title="人均保费过低",
    severity="warning",
    clause=clauses.MEASURES,
    mend="请核对保费与被保险人数，防止低价竞争或虚假承保。",
)
def premium_per_head_low(policy: Policy, *, premium_per_head_min: Decimal) -> Iterator[Fault]:
    heads, premium = policy.insured_count, policy.premium.adjusted
    if heads > 0 and 0 < premium < premium_per_head_min * heads:
        actual = f"{premium / heads:.2f}"
        yield Fault(
            "/premium/adjusted", f"人均不低于{premium_per_head_min}元", actual, f"人均保费仅{actual}元。"
        )


@rule(
    "policy.premium_per_head_high",
    kind="policy",
    title="人均保费过高",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对保费的单位（元）与被保险人数。",
)
def premium_per_head_high(policy: Policy, *, premium_per_head_max: Decimal) -> Iterator[Fault]:
    heads, premium = policy.insured_count, policy.premium.adjusted
    if heads > 0 and premium > premium_per_head_max * heads:
        actual = f"{premium / heads:.2f}"
        yield Fault(
            "/premium/adjusted", f"人均不高于{premium_per_head_max}元", actual, f"人均保费达{actual}元。"
        )


@rule(
    "policy.subsidy_above_cap",
    kind="policy",
    title="保费补贴超过比例",
    severity="warning",
    clause=clauses.STANDARD,
    mend="补贴比例原则上不高于上限；确有依据的请在 subsidy.reason 说明。",
)
def subsidy_above_cap(policy: Policy, *, subsidy_cap_ratio: Decimal) -> Iterator[Fault]:
    subsidy, cap = policy.subsidy, subsidy_cap_ratio * policy.premium.adjusted
    if subsidy is not None and not subsidy.reason and subsidy.amount > cap:
        expected = f"不高于{cap:.2f}（应收保费的{share(subsidy_cap_ratio)}）"
        yield Fault("/subsidy/amount", expected, text(subsidy.amount), "保费补贴超过比例且未说明原因。")


@rule(
    "policy.subsidy_above_cap_explained",
    kind="policy",
    title="保费补贴超过比例（已说明）",
    severity="notice",
    clause=clauses.STANDARD,
    mend="已附原因，补贴审核时将一并核查。",
)
def subsidy_above_cap_explained(policy: Policy, *, subsidy_cap_ratio: Decimal) -> Iterator[Fault]:
    subsidy, cap = policy.subsidy, subsidy_cap_ratio * policy.premium.adjusted
    if subsidy is not None and subsidy.reason and subsidy.amount > cap:
        expected = f"不高于{cap:.2f}（应收保费的{share(subsidy_cap_ratio)}）"
        yield Fault("/subsidy/amount", expected, text(subsidy.amount), "保费补贴超过比例。")


@rule(
    "policy.subsidy_above_premium",
    kind="policy",
    title="保费补贴大于保费",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对补贴金额。",
)
def subsidy_above_premium(policy: Policy) -> Iterator[Fault]:
    subsidy, premium = policy.subsidy, policy.premium.adjusted
    if subsidy is not None and subsidy.amount > premium:
        yield Fault(
            "/subsidy/amount", f"不大于应收保费{premium}", text(subsidy.amount), "补贴金额大于应收保费。"
        )


@rule(
    "policy.payer_not_allowed",
    kind="policy",
    title="保费缴纳人不符合规定",
    severity="warning",
    clause=clauses.STAFF,
    mend="保费由生产经营单位缴纳，不得以任何形式摊派给从业人员。",
)
def payer_not_allowed(policy: Policy, *, premium_payers_allowed: tuple[str, ...]) -> Iterator[Fault]:
    payer = policy.premium.payer
    if payer not in premium_payers_allowed:
        yield Fault("/premium/payer", "、".join(premium_payers_allowed), payer, "保费缴纳人不在规定范围。")
