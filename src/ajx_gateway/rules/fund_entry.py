"""IS a ledger entry complete, and does its sign fit its type?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.days import text
from ajx_gateway.rules.records import FundEntry
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "fund_entry.spend_incomplete",
    kind="fund_entry",
    title="支出信息不完整",
    severity="error",
    clause=clauses.LEDGER,
    mend="支出应填写用途、收款方，以及发票号或凭证摘要值。",
)
def spend_incomplete(entry: FundEntry) -> Iterator[Fault]:
    if entry.type != "spend":
        return
    if entry.purpose is None:
        yield Fault("/purpose", "费用用途", "", "支出没有用途。")
    if entry.payee is None:
        yield Fault("/payee", "收款方", "", "支出没有收款方。")
    if entry.invoice_no is None and entry.voucher_sha256 is None:
        yield Fault("/invoice_no", "发票号或凭证", "", "支出没有发票号，也没有凭证。")


@rule(
    "fund_entry.amount_sign",
    kind="fund_entry",
    title="金额正负与类型不符",
    severity="error",
    clause=clauses.LEDGER,
    mend="提取、支出为正数；调整可正可负；冲销为被冲销金额的相反数；均不为0。",
)
def amount_sign(entry: FundEntry) -> Iterator[Fault]:
    if entry.amount == 0 or (entry.type in ("accrual", "spend") and entry.amount < 0):
        expected = "大于0" if entry.type in ("accrual", "spend") else "不为0"
        yield Fault("/amount", expected, text(entry.amount), "金额的正负与台账类型不符。")


@rule(
    "fund_entry.reversed_entry_missing",
    kind="fund_entry",
    title="冲销没有指明原分录",
    severity="error",
    clause=clauses.LEDGER,
    mend="请填写 reverses_entry_no。",
)
def reversed_entry_missing(entry: FundEntry) -> Iterator[Fault]:
    if entry.type == "reversal" and entry.reverses_entry_no is None:
        yield Fault("/reverses_entry_no", "被冲销的分录号", "", "冲销没有指明被冲销的分录。")


@rule(
    "fund_entry.reversed_entry_unexpected",
    kind="fund_entry",
    title="非冲销分录却指明原分录",
    severity="error",
    clause=clauses.LEDGER,
    mend="冲销请将类型填为 reversal。",
)
def reversed_entry_unexpected(entry: FundEntry) -> Iterator[Fault]:
    if entry.type != "reversal" and entry.reverses_entry_no is not None:
        yield Fault("/reverses_entry_no", "仅冲销填写", entry.type, "类型不是冲销，却填写了被冲销的分录。")


@rule(
    "fund_entry.reverses_itself",
    kind="fund_entry",
    title="冲销指向自身",
    severity="error",
    clause=clauses.LEDGER,
    mend="请填写被冲销的原分录号。",
)
def reverses_itself(entry: FundEntry) -> Iterator[Fault]:
    if entry.reverses_entry_no == entry.entry_no:
        yield Fault("/reverses_entry_no", "另一分录", entry.entry_no, "冲销的分录是自身。")


@rule(
    "fund_entry.accrual_without_policy",
    kind="fund_entry",
    title="提取没有保单号",
    severity="error",
    clause=clauses.LEDGER,
    mend="服务费用按保单提取，请填写 policy_no。",
)
def accrual_without_policy(entry: FundEntry) -> Iterator[Fault]:
    if entry.type == "accrual" and entry.policy_no is None:
        yield Fault("/policy_no", "保单号", "", "提取分录没有保单号。")


@rule(
    "fund_entry.spend_unattributed",
    kind="fund_entry",
    title="支出未对应保单或服务",
    severity="notice",
    clause=clauses.LEDGER,
    mend="能对应到保单或服务记录的，请填写以便计算使用率。",
)
def spend_unattributed(entry: FundEntry) -> Iterator[Fault]:
    if entry.type == "spend" and entry.policy_no is None and entry.service_no is None:
        yield Fault("/policy_no", "保单号或服务记录号", "", "支出没有对应保单，也没有对应服务。")


@rule(
    "fund_entry.purpose_unexpected",
    kind="fund_entry",
    title="提取分录填写了用途",
    severity="notice",
    clause=clauses.LEDGER,
    mend="用途只在支出、调整、冲销时填写。",
)
def purpose_unexpected(entry: FundEntry) -> Iterator[Fault]:
    if entry.type == "accrual" and entry.purpose is not None:
        yield Fault("/purpose", "提取不填写", entry.purpose, "提取分录填写了费用用途。")


@rule(
    "fund_entry.note_missing",
    kind="fund_entry",
    title="调整没有说明",
    severity="warning",
    clause=clauses.LEDGER,
    mend="请在 note 说明调整的原因。",
)
def note_missing(entry: FundEntry) -> Iterator[Fault]:
    if entry.type == "adjustment" and not entry.note:
        yield Fault("/note", "调整原因", "", "调整分录没有说明原因。")


@rule(
    "fund_entry.paid_to_itself",
    kind="fund_entry",
    title="收款方是报送机构自己",
    severity="warning",
    clause=clauses.LEDGER,
    mend="服务费用专门用于投保单位的事故预防，不得挪用、挤占，请核对收款方。",
)
def paid_to_itself(entry: FundEntry, arrival: Arrival) -> Iterator[Fault]:
    if entry.type == "spend" and entry.payee is not None and entry.payee.uscc == arrival.insurer:
        yield Fault("/payee/uscc", "实际提供服务或货物的单位", arrival.insurer, "收款方是报送机构自己。")


@rule(
    "fund_entry.in_future",
    kind="fund_entry",
    title="入账日期在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请在入账后报送，或更正日期。",
)
def in_future(entry: FundEntry, arrival: Arrival) -> Iterator[Fault]:
    if entry.entered_on > arrival.today:
        expected = f"不晚于接收日{arrival.today}"
        yield Fault("/entered_on", expected, str(entry.entered_on), "入账日期晚于网关接收日期。")


@rule(
    "fund_entry.filed_late",
    kind="fund_entry",
    title="入账后很久才报送",
    severity="notice",
    clause=clauses.LEDGER,
    mend="费用的提取和使用应当及时上传。",
)
def filed_late(entry: FundEntry, arrival: Arrival, *, fund_entry_lag_days_max: int) -> Iterator[Fault]:
    lag = (arrival.today - entry.entered_on).days
    if lag > fund_entry_lag_days_max:
        expected = f"入账后{fund_entry_lag_days_max}日内报送"
        yield Fault("/entered_on", expected, str(entry.entered_on), f"入账{lag}日后才报送。")
