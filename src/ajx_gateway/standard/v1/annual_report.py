"""WHAT is a periodic report of an insurer (年度服务报告)?"""

from typing import Annotated

from ajx_gateway.standard.marks import mark
from ajx_gateway.standard.record import Record
from ajx_gateway.standard.v1.parts import RevisedAt
from ajx_gateway.standard.vocabulary import (
    Coded,
    Count,
    Date,
    Division6,
    Key,
    Maybe,
    Money,
    Sha256,
    Text50,
    Text5000,
    Whole,
)


class AnnualReport(
    Record, kind="annual_report", collection="annual-reports", key="report_no", zh="年度服务报告"
):
    """年度服务报告"""

    report_no: Annotated[Key, mark("报告编号", "保险机构内唯一的报告编号。", "AR2026-440600", "C1")]
    type: Annotated[str, Coded("report_type"), mark("报告类型", "报告的类型。", "annual_service", "C1")]
    division: Annotated[Division6, mark("报告地区", "报告所对应地区的六位区划代码。", "440600", "C0")]
    year: Annotated[int, Whole(2000, 2100), mark("报告年度", "报告所属年度。", 2026, "C0")]
    quarter: Annotated[
        Maybe[Annotated[int, Whole(1, 4)]], mark("报告季度", "季度报告所属季度，年度报告不填。", 3, "C0")
    ] = None
    submitted_on: Annotated[Date, mark("提交日期", "报告提交的日期。", "2026-11-18", "C1")]
    policies: Annotated[Count, mark("承保保单数", "报告期内承保的保单数。", 1, "C1")]
    services: Annotated[Count, mark("服务次数", "报告期内完成的事故预防服务次数。", 1, "C1")]
    hazards_general: Annotated[Count, mark("一般隐患数", "报告期内发现的一般隐患数。", 1, "C1")]
    hazards_major: Annotated[Count, mark("重大隐患数", "报告期内发现的重大隐患数。", 0, "C1")]
    hazards_rectified: Annotated[Count, mark("已整改隐患数", "报告期内完成整改的隐患数。", 1, "C1")]
    fund_accrued: Annotated[Money, mark("费用提取", "报告期内提取的事故预防费用，单位元。", "2025.00", "C2")]
    fund_spent: Annotated[Money, mark("费用支出", "报告期内支出的事故预防费用，单位元。", "800.00", "C2")]
    summary: Annotated[
        Text5000,
        mark(
            "工作小结", "报告期内事故预防服务的开展情况、问题和打算。", "按计划完成服务，隐患全部整改。", "C1"
        ),
    ]
    document_sha256: Annotated[
        Maybe[Sha256], mark("报告文件摘要", "报告文件的 SHA-256 值，小写十六进制。", f"{10:064x}", "C1")
    ] = None
    contact_name: Annotated[Maybe[Text50], mark("联系人", "报告联系人姓名。", "测试丁", "C3")] = None
    revised_at: RevisedAt
