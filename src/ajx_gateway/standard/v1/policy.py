"""WHAT is a policy (保单)?"""

from typing import Annotated

from ajx_gateway.standard.marks import PART, mark
from ajx_gateway.standard.record import Record
from ajx_gateway.standard.v1.parts import Limits, RevisedAt
from ajx_gateway.standard.v1.policy_parts import (
    Branch,
    CoInsurer,
    ConvertedFrom,
    Coverage,
    Enterprise,
    InsuredGroup,
    InsuredPerson,
    ParentCover,
    Premium,
    Product,
    Rating,
    RemotePlacementFiling,
    ServiceFund,
    Subject,
    Subsidy,
)
from ajx_gateway.standard.vocabulary import Coded, Count, Date, Key, Maybe, Whole, few


class Policy(Record, kind="policy", collection="policies", key="policy_no", zh="保单"):
    """保单"""

    policy_no: Annotated[
        Key, mark("保单号", "保险机构核心系统中的保单号，在本机构内唯一。", "P2026-440605-0001", "C1")
    ]
    product: Annotated[Product, mark("保险产品", "保单使用的保险产品。", PART, "C0")]
    branch: Annotated[Branch, mark("承保分支机构", "出具保单的分支机构。", PART, "C0")]
    enterprise: Annotated[Enterprise, mark("投保企业", "投保的生产经营单位。", PART, "C1")]
    subject: Annotated[Subject, mark("承保标的", "保单承保的标的。", PART, "C1")]
    signed_on: Annotated[
        Date, mark("签单日期", "保单完成签署的日期，电子保单上传和服务时限自此起算。", "2026-02-24", "C1")
    ]
    effective_on: Annotated[Date, mark("起保日期", "保险责任开始的日期。", "2026-03-01", "C0")]
    expires_on: Annotated[Date, mark("终保日期", "保险责任的最后一日（含当日）。", "2027-02-28", "C0")]
    limits: Annotated[Limits, mark("责任限额", "保单的各项责任限额。", PART, "C2")]
    coverages: Annotated[
        list[Coverage], few(1, 30), mark("保障项目", "保单承保的保障项目，至少一项。", PART, "C1")
    ]
    premium: Annotated[Premium, mark("保险费", "保险费及其缴纳情况。", PART, "C2")]
    rating: Annotated[Rating, mark("费率", "基准费率、实际费率与浮动因子。", PART, "C2")]
    insured_count: Annotated[Count, mark("承保人数", "保单承保的从业人员数。", 46, "C1")]
    insured_list_mode: Annotated[
        str,
        Coded("insured_list_mode"),
        mark("人员清单方式", "被保险人员以记名、分组还是人数方式确定。", "grouped", "C1"),
    ]
    insured_groups: Annotated[
        Maybe[Annotated[list[InsuredGroup], few(0, 500)]],
        mark("被保险人员分组", "按岗位分组的被保险人数。", PART, "C1"),
    ] = None
    insured_persons: Annotated[
        Maybe[Annotated[list[InsuredPerson], few(0, 5000)]],
        mark("被保险人员清单", "记名方式的被保险人员清单。", PART, "C3"),
    ] = None
    co_insurers: Annotated[
        Maybe[Annotated[list[CoInsurer], few(0, 50)]],
        mark("共保人", "共保业务的全部共保人及份额。", PART, "C2"),
    ] = None
    service_fund: Annotated[ServiceFund, mark("事故预防费用", "本保单提取的事故预防服务费用。", PART, "C2")]
    subsidy: Annotated[Maybe[Subsidy], mark("财政补贴", "本保单享受的财政补贴。", PART, "C2")] = None
    renewal_of: Annotated[
        Maybe[Key], mark("续保原保单号", "本保单续保的原保单号。", "P2025-440605-0001", "C1")
    ] = None
    converted_from: Annotated[
        Maybe[ConvertedFrom], mark("原商业保险", "由同类商业保险转换而来时填写。", PART, "C1")
    ] = None
    parent_cover: Annotated[
        Maybe[ParentCover], mark("上级统一投保", "上级公司已统一投保、本保单补足差额时填写。", PART, "C1")
    ] = None
    remote_placement_filing: Annotated[
        Maybe[RemotePlacementFiling],
        mark("异地投保报备", "由外地保险机构承保时的报备情况。", PART, "C1"),
    ] = None
    promised_settlement_days: Annotated[
        Maybe[Annotated[int, Whole(1, 365)]],
        mark("承诺理赔天数", "保险机构承诺的理赔时限，单位日。", 30, "C0"),
    ] = None
    migrated: Annotated[
        Maybe[bool], mark("是否历史迁入", "网关启用前签署、迁入的保单，不起算时限。", False, "C1")
    ] = None
    revised_at: RevisedAt
