"""WHAT is a hazard found by a service (隐患)?"""

from typing import Annotated

from ajx_gateway.standard.marks import PART, mark
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.v1.parts import Evidence, RevisedAt
from ajx_gateway.standard.vocabulary import (
    Coded,
    Date,
    Key,
    Maybe,
    Text100,
    Text200,
    Text300,
    Text2000,
    few,
)


class Basis(Part):
    """判定依据"""

    standard: Annotated[
        Text200, mark("依据标准", "判定隐患所依据的标准或者规定。", "示例判定标准（虚构）", "C0")
    ]
    clause: Annotated[Text200, mark("依据条款", "标准或者规定的条款。", "第1条", "C0")]


class RefusalReport(Part):
    """拒不整改报告"""

    authority: Annotated[
        Text200, mark("受理部门", "接收报告的负有安全监管职责的部门。", "示例应急管理部门（虚构）", "C0")
    ]
    reported_on: Annotated[Date, mark("报告日期", "向部门报告的日期。", "2026-04-23", "C1")]
    receipt_no: Annotated[Maybe[Text100], mark("回执编号", "部门出具的回执编号。", "示例回执-0001", "C1")] = (
        None
    )


class Hazard(Record, kind="hazard", collection="hazards", key="hazard_no", zh="隐患"):
    """隐患"""

    hazard_no: Annotated[Key, mark("隐患编号", "保险机构内唯一的隐患编号。", "H2026-440605-0001", "C1")]
    policy_no: Annotated[Key, mark("保单号", "隐患所属的保单号。", "P2026-440605-0001", "C1")]
    service_no: Annotated[
        Maybe[Key], mark("服务记录号", "发现隐患的服务记录。", "S2026-440605-0001", "C1")
    ] = None
    level: Annotated[str, Coded("hazard_level"), mark("隐患等级", "一般隐患或者重大隐患。", "general", "C1")]
    category: Annotated[str, Coded("hazard_category"), mark("隐患类别", "隐患的类别。", "equipment", "C1")]
    description: Annotated[
        Text2000, mark("隐患描述", "隐患的具体情况，不写个人信息。", "1台冲床双手启动按钮失效。", "C1")
    ]
    location: Annotated[Maybe[Text300], mark("隐患部位", "隐患所在的部位。", "冲压车间", "C1")] = None
    basis: Annotated[Maybe[Basis], mark("判定依据", "判定隐患的依据，重大隐患应当填写。", PART, "C0")] = None
    state: Annotated[str, Coded("hazard_state"), mark("隐患状态", "隐患当前的状态。", "closed", "C1")]
    found_on: Annotated[Date, mark("发现日期", "发现隐患的日期。", "2026-04-08", "C1")]
    notified_on: Annotated[Maybe[Date], mark("告知日期", "书面告知投保单位的日期。", "2026-04-08", "C1")] = (
        None
    )
    deadline_on: Annotated[Maybe[Date], mark("整改期限", "要求完成整改的日期。", "2026-04-22", "C1")] = None
    rectified_on: Annotated[Maybe[Date], mark("整改日期", "完成整改的日期。", "2026-04-18", "C1")] = None
    reviewed_on: Annotated[Maybe[Date], mark("复核日期", "复核整改结果的日期。", "2026-04-20", "C1")] = None
    review_result: Annotated[
        Maybe[Annotated[str, Coded("review_result")]], mark("复核结果", "复核的结果。", "passed", "C1")
    ] = None
    refused_on: Annotated[
        Maybe[Date], mark("拒不整改日期", "投保单位拒不整改的日期。", "2026-04-22", "C1")
    ] = None
    refusal_report: Annotated[
        Maybe[RefusalReport],
        mark("拒不整改报告", "投保单位拒不整改重大隐患时向部门的报告。", PART, "C1"),
    ] = None
    evidence: Annotated[
        Maybe[Annotated[list[Evidence], few(0, 200)]],
        mark("过程资料", "隐患与整改照片等资料的摘要。", PART, "C1"),
    ] = None
    revised_at: RevisedAt
