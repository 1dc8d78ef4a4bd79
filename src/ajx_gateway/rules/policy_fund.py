"""IS the prevention service fund of a policy computed rightly and high enough?

The base is what was received; a refund may or may not have released its part, so both are accepted.
"""

from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal

from ajx_gateway.rules import clauses
from ajx_gateway.rules.days import share, text
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule

CENT = Decimal("0.01")


def _base(policy: Policy, fund_base: str) -> Decimal:
    """The smallest base the floor may be measured by, in yuan."""
    premium = policy.premium
    return premium.adjusted if fund_base == "total" else max(premium.received - premium.refunded, Decimal(0))


@rule(
    "policy.fund_amount_differs",
    kind="policy",
    title="服务费用与比例不符",
    severity="error",
    clause=clauses.LEDGER,
    mend="服务费用应等于提取比例乘以实收保费（可扣除退费），误差不超过0.01元。",
)
def fund_amount_differs(policy: Policy, *, fund_base: str = "received") -> Iterator[Fault]:
    fund, premium = policy.service_fund, policy.premium
    if fund_base == "profit":
        return
    gross = premium.adjusted if fund_base == "total" else premium.received
    highest = fund.ratio * gross
    lowest = fund.ratio * max(premium.received - premium.refunded, Decimal(0))
    if not lowest - CENT <= fund.amount <= highest + CENT:
        expected = f"{highest:.2f}（{text(gross)}×{share(fund.ratio)}）"
        yield Fault("/service_fund/amount", expected, text(fund.amount), "服务费用与提取比例、实收保费不符。")


@rule(
    "policy.fund_below_floor",
    kind="policy",
    title="服务费用低于下限",
    severity="error",
    clause=clauses.LEDGER,
    mend="请按不低于规定的比例提取事故预防服务费用。",
)
def fund_below_floor(
    policy: Policy, *, fund_floor_ratio: Decimal, fund_base: str = "received"
) -> Iterator[Fault]:
    fund = policy.service_fund
    if fund_base == "profit":
        return
    floor = (fund_floor_ratio * _base(policy, fund_base)).quantize(CENT, ROUND_DOWN)
    if fund.ratio < fund_floor_ratio:
        expected = f"不低于{share(fund_floor_ratio)}"
        yield Fault("/service_fund/ratio", expected, share(fund.ratio), "事故预防服务费用提取比例低于下限。")
    elif fund.amount < floor:
        expected = f"不低于{text(floor)}（{share(fund_floor_ratio)}）"
        yield Fault("/service_fund/amount", expected, text(fund.amount), "事故预防服务费用低于下限。")


@rule(
    "policy.fund_above_cap",
    kind="policy",
    title="服务费用比例高于上限",
    severity="warning",
    clause=clauses.MEASURES,
    mend="请核对提取比例。",
)
def fund_above_cap(policy: Policy, *, fund_spend_cap_ratio: Decimal) -> Iterator[Fault]:
    ratio = policy.service_fund.ratio
    if ratio > fund_spend_cap_ratio:
        expected = f"不高于{share(fund_spend_cap_ratio)}"
        yield Fault("/service_fund/ratio", expected, share(ratio), "事故预防服务费用比例高于上限。")
