"""WHAT is an entry of the prevention fund's ledger (事故预防费用台账)?"""

from typing import Annotated

from ajx_gateway.standard.marks import PART, mark
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.v1.parts import RevisedAt
from ajx_gateway.standard.vocabulary import (
    Coded,
    Date,
    Division6,
    Key,
    Maybe,
    Sha256,
    SignedMoney,
    Text100,
    Text200,
    Text500,
    Uscc,
)


class Payee(Part):
    """收款单位"""

    name: Annotated[
        Text200, mark("收款单位名称", "收款单位的名称。", "示例安全技术服务有限公司（虚构）", "C1")
    ]
    uscc: Annotated[
        Maybe[Uscc],
        mark("收款单位统一社会信用代码", "收款单位的统一社会信用代码。", "91440605MA0000031F", "C1"),
    ] = None


class FundEntry(Record, kind="fund_entry", collection="fund-entries", key="entry_no", zh="事故预防费用台账"):
    """事故预防费用台账"""

    entry_no: Annotated[Key, mark("台账编号", "保险机构内唯一的台账记录编号。", "F2026-440605-0001", "C1")]
    policy_no: Annotated[
        Maybe[Key], mark("保单号", "费用所属的保单；统筹使用的费用可以不填。", "P2026-440605-0001", "C1")
    ] = None
    division: Annotated[
        Division6, mark("费用所在地", "费用归集地的六位区划代码（市或者区县）。", "440605", "C0")
    ]
    type: Annotated[
        str, Coded("fund_entry_type"), mark("台账类型", "提取、支出、调整或者冲销。", "spend", "C1")
    ]
    amount: Annotated[
        SignedMoney,
        mark("金额", "提取和支出记正数；调整可正可负；冲销记被冲销金额的相反数。单位元。", "800.00", "C2"),
    ]
    entered_on: Annotated[Date, mark("记账日期", "记账的日期。", "2026-04-15", "C1")]
    purpose: Annotated[
        Maybe[Annotated[str, Coded("fund_purpose")]],
        mark("费用用途", "支出的用途。", "hazard_inspection", "C1"),
    ] = None
    service_no: Annotated[
        Maybe[Key], mark("服务记录号", "支出对应的服务记录。", "S2026-440605-0001", "C1")
    ] = None
    payee: Annotated[Maybe[Payee], mark("收款单位", "支出的收款单位。", PART, "C1")] = None
    invoice_no: Annotated[Maybe[Text100], mark("发票号码", "支出的发票号码。", "示例发票-0001", "C2")] = None
    voucher_sha256: Annotated[
        Maybe[Sha256], mark("凭证摘要", "支出凭证文件的 SHA-256 值，小写十六进制。", f"{9:064x}", "C1")
    ] = None
    reverses_entry_no: Annotated[
        Maybe[Key], mark("被冲销台账编号", "冲销时填写被冲销的台账编号。", "F2026-440605-0000", "C1")
    ] = None
    note: Annotated[Maybe[Text500], mark("备注", "需要说明的事项。", "示例备注", "C1")] = None
    revised_at: RevisedAt
