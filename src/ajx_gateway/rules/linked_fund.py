"""DOES a ledger entry fit the policy's fund, the service it pays, and the entry it reverses?"""

from collections.abc import Iterator
from decimal import Decimal

from ajx_gateway.rules import clauses
from ajx_gateway.rules.days import share, text
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.records import FundEntry
from ajx_gateway.rules.registry import Fault, rule
from ajx_gateway.rules.sums import fund_net


@rule(
    "fund_entry.spend_above_accrual",
    kind="fund_entry",
    title="支出超过该保单提取额",
    severity="warning",
    clause=clauses.LEDGER,
    linked=True,
    mend="请核对支出与提取；统筹使用其他保单费用的请分别列支。",
)
def spend_above_accrual(entry: FundEntry, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(entry.policy_no or "")
    if entry.type != "spend" or policy is None:
        return
    accrued = max(fund_net(known, policy.policy_no, "accrual"), policy.fund_amount)
    spent = fund_net(known, policy.policy_no, "spend")
    if spent > accrued:
        yield Fault(
            "/amount", f"累计不高于{text(accrued)}", text(spent), "该保单累计支出超过提取的服务费用。"
        )


@rule(
    "fund_entry.spend_above_cap",
    kind="fund_entry",
    title="支出超过保费比例上限",
    severity="warning",
    clause=clauses.MEASURES,
    linked=True,
    mend="请核对该保单的累计支出。",
)
def spend_above_cap(entry: FundEntry, known: Known, *, fund_spend_cap_ratio: Decimal) -> Iterator[Fault]:
    policy = known.policies.get(entry.policy_no or "")
    if entry.type != "spend" or policy is None:
        return
    cap = fund_spend_cap_ratio * (policy.premium_received - policy.premium_refunded)
    spent = fund_net(known, policy.policy_no, "spend")
    if spent > cap:
        expected = f"累计不高于{cap:.2f}（{share(fund_spend_cap_ratio)}）"
        yield Fault("/amount", expected, text(spent), "该保单累计支出超过保费的规定比例。")


@rule(
    "fund_entry.accrual_above_policy",
    kind="fund_entry",
    title="提取超过保单服务费用",
    severity="notice",
    clause=clauses.LEDGER,
    linked=True,
    mend="请核对提取分录与保单的 service_fund.amount。",
)
def accrual_above_policy(entry: FundEntry, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(entry.policy_no or "")
    if entry.type != "accrual" or policy is None:
        return
    accrued = fund_net(known, policy.policy_no, "accrual")
    if accrued > policy.fund_amount:
        expected = f"累计不高于{text(policy.fund_amount)}"
        yield Fault("/amount", expected, text(accrued), "该保单累计提取超过保单载明的服务费用。")


@rule(
    "fund_entry.service_unknown",
    kind="fund_entry",
    title="服务记录尚未报送",
    severity="warning",
    clause=clauses.LEDGER,
    linked=True,
    mend="请报送该服务记录，到达后本提示自动消除；号码有误的请更正。",
)
def service_unknown(entry: FundEntry, known: Known) -> Iterator[Fault]:
    if entry.service_no is not None and entry.service_no not in known.services:
        yield Fault("/service_no", "已报送的服务记录号", entry.service_no, "网关尚未收到该服务记录。")


@rule(
    "fund_entry.service_of_other_policy",
    kind="fund_entry",
    title="服务记录属于另一保单",
    severity="warning",
    clause=clauses.LEDGER,
    linked=True,
    mend="请核对服务记录号与保单号。",
)
def service_of_other_policy(entry: FundEntry, known: Known) -> Iterator[Fault]:
    service = known.services.get(entry.service_no or "")
    if service is not None and entry.policy_no is not None and service.policy_no != entry.policy_no:
        yield Fault(
            "/service_no", f"保单{entry.policy_no}的服务", service.policy_no, "服务记录属于另一保单。"
        )


@rule(
    "fund_entry.service_cancelled",
    kind="fund_entry",
    title="为已取消的服务列支",
    severity="warning",
    clause=clauses.LEDGER,
    linked=True,
    mend="已取消的服务不应列支费用，请核对或冲销。",
)
def service_cancelled(entry: FundEntry, known: Known) -> Iterator[Fault]:
    service = known.services.get(entry.service_no or "")
    if entry.type == "spend" and service is not None and service.state == "cancelled":
        yield Fault("/service_no", "未取消的服务", service.service_no, "支出对应的服务已经取消。")


@rule(
    "fund_entry.reversed_entry_unknown",
    kind="fund_entry",
    title="被冲销的分录尚未报送",
    severity="warning",
    clause=clauses.LEDGER,
    linked=True,
    mend="请报送原分录，到达后本提示自动消除；号码有误的请更正。",
)
def reversed_entry_unknown(entry: FundEntry, known: Known) -> Iterator[Fault]:
    if entry.reverses_entry_no is not None and entry.reverses_entry_no not in known.entries:
        yield Fault(
            "/reverses_entry_no", "已报送的分录号", entry.reverses_entry_no, "网关尚未收到被冲销的分录。"
        )


@rule(
    "fund_entry.reversal_differs",
    kind="fund_entry",
    title="冲销与原分录不符",
    severity="warning",
    clause=clauses.LEDGER,
    linked=True,
    mend="冲销金额应为原分录金额的相反数，保单号应与原分录相同。",
)
def reversal_differs(entry: FundEntry, known: Known) -> Iterator[Fault]:
    original = known.entries.get(entry.reverses_entry_no or "")
    if original is None or original.entry_no == entry.entry_no:
        return
    if entry.amount != -original.amount:
        yield Fault("/amount", text(-original.amount), text(entry.amount), "冲销金额与原分录不符。")
    if entry.policy_no != original.policy_no:
        expected, actual = original.policy_no or "", entry.policy_no or ""
        yield Fault("/policy_no", expected, actual, "冲销的保单号与原分录不同。")
