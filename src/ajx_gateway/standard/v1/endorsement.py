"""WHAT is an endorsement (批单)?"""

from typing import Annotated

from ajx_gateway.standard.marks import PART, mark
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.v1.parts import Limits, RevisedAt
from ajx_gateway.standard.vocabulary import (
    Coded,
    Count,
    Date,
    Key,
    Maybe,
    Money,
    SignedCount,
    SignedMoney,
    Text300,
)


class Cancellation(Part):
    """退保"""

    reason: Annotated[
        str, Coded("cancellation_reason"), mark("退保原因", "退保或者注销的原因。", "insured_request", "C1")
    ]
    refund: Annotated[Money, mark("退保金额", "退还的保险费，单位元。", "0.00", "C2")]


class Endorsement(Record, kind="endorsement", collection="endorsements", key="endorsement_no", zh="批单"):
    """批单"""

    endorsement_no: Annotated[
        Key, mark("批单号", "保险机构核心系统中的批单号，在本机构内唯一。", "E2026-440605-0001", "C1")
    ]
    policy_no: Annotated[Key, mark("保单号", "被批改的保单号。", "P2026-440605-0001", "C1")]
    type: Annotated[str, Coded("endorsement_type"), mark("批改类型", "批改的类型。", "add_persons", "C1")]
    issued_on: Annotated[Date, mark("出具日期", "批单出具的日期。", "2026-06-10", "C1")]
    effective_on: Annotated[Date, mark("生效日期", "批改生效的日期。", "2026-06-11", "C1")]
    reason: Annotated[Maybe[Text300], mark("批改原因", "批改的原因。", "新增生产线用工", "C1")] = None
    premium_change: Annotated[
        SignedMoney, mark("保费变化", "增收为正、退还为负，无变化填0，单位元。", "300.00", "C2")
    ]
    insured_count_change: Annotated[
        Maybe[SignedCount], mark("承保人数变化", "增加为正、减少为负。", 2, "C1")
    ] = None
    insured_count_after: Annotated[Maybe[Count], mark("批改后承保人数", "批改后的承保人数。", 48, "C1")] = (
        None
    )
    new_expires_on: Annotated[
        Maybe[Date], mark("新终保日期", "延长保险期限后的最后一日（含当日）。", "2027-03-31", "C0")
    ] = None
    new_limits: Annotated[Maybe[Limits], mark("新责任限额", "变更限额后的全部责任限额。", PART, "C2")] = None
    free_of_charge: Annotated[bool, mark("是否免费", "是否免费延长期限或者扩展保障。", False, "C1")]
    cancellation: Annotated[Maybe[Cancellation], mark("退保", "退保或者注销时填写。", PART, "C2")] = None
    revised_at: RevisedAt
