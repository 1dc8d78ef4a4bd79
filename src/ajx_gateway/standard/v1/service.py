"""WHAT is a record of one prevention service (事故预防服务记录)?"""

from typing import Annotated

from ajx_gateway.standard.marks import PART, mark
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.v1.parts import Agency, Evidence, Person, RevisedAt
from ajx_gateway.standard.vocabulary import (
    Coded,
    Count,
    Date,
    Division9,
    Instant,
    Key,
    Maybe,
    Money,
    Sha256,
    Stars,
    Text50,
    Text300,
    Text1000,
    Text2000,
    Text4000,
    few,
)


class ServiceItem(Part):
    """服务项目"""

    code: Annotated[
        str, Coded("service_item"), mark("服务项目", "本次开展的服务项目。", "hazard_inspection", "C1")
    ]
    content: Annotated[
        Text1000, mark("服务内容", "该项目的具体内容。", "检查冲压设备安全装置与用电安全", "C1")
    ]


class Revisit(Part):
    """回访"""

    revisited_on: Annotated[Date, mark("回访日期", "回访的日期。", "2026-04-15", "C1")]
    method: Annotated[str, Coded("revisit_method"), mark("回访方式", "回访的方式。", "phone", "C1")]
    attitude: Annotated[Stars, mark("服务态度评分", "投保单位评分，1至5分。", 5, "C1")]
    professionalism: Annotated[Stars, mark("专业程度评分", "投保单位评分，1至5分。", 5, "C1")]
    timeliness: Annotated[Stars, mark("及时程度评分", "投保单位评分，1至5分。", 4, "C1")]
    opinion: Annotated[
        Maybe[Text1000], mark("具体意见", "投保单位的具体意见。", "检查细致，建议增加培训", "C1")
    ] = None


class Service(Record, kind="service", collection="services", key="service_no", zh="事故预防服务记录"):
    """事故预防服务记录"""

    service_no: Annotated[
        Key, mark("服务记录号", "保险机构内唯一的服务记录编号。", "S2026-440605-0001", "C1")
    ]
    policy_no: Annotated[Key, mark("保单号", "服务所属的保单号。", "P2026-440605-0001", "C1")]
    plan_no: Annotated[Maybe[Key], mark("服务计划号", "服务依据的服务计划。", "SP2026-440605-0001", "C1")] = (
        None
    )
    state: Annotated[str, Coded("service_state"), mark("服务状态", "服务当前的状态。", "confirmed", "C1")]
    form: Annotated[str, Coded("service_form"), mark("服务形式", "服务采用的形式。", "on_site", "C1")]
    started_at: Annotated[
        Instant, mark("开始时间", "服务开始的时间，带时区。", "2026-04-08T09:30:00+08:00", "C1")
    ]
    ended_at: Annotated[
        Maybe[Instant], mark("结束时间", "服务结束的时间，带时区。", "2026-04-08T11:40:00+08:00", "C1")
    ] = None
    division: Annotated[Division9, mark("服务所在地", "服务地点的九位区划代码。", "440605011", "C0")]
    address: Annotated[Text300, mark("服务地点", "服务的详细地点。", "示例路1号（虚构）", "C1")]
    agency: Annotated[Maybe[Agency], mark("技术服务机构", "提供服务的技术服务机构。", PART, "C0")] = None
    staff: Annotated[list[Person], few(0, 50), mark("服务人员", "提供服务的人员。", PART, "C3")]
    items: Annotated[
        list[ServiceItem], few(1, 50), mark("服务项目", "本次开展的服务项目，至少一项。", PART, "C1")
    ]
    measures: Annotated[
        Text2000, mark("服务措施", "本次采取的服务措施。", "现场检查、测试安全装置、讲解操作要点", "C1")
    ]
    process: Annotated[
        Text4000,
        mark(
            "服务过程", "服务过程的记录，不写个人信息。", "查看现场，测试设备，告知隐患并商定整改期限。", "C1"
        ),
    ]
    participants: Annotated[Maybe[Count], mark("参加人数", "参加培训、演练等的人数。", 12, "C1")] = None
    evidence: Annotated[
        list[Evidence], few(0, 200), mark("过程资料", "照片、签到表等资料的摘要。", PART, "C1")
    ]
    report_sha256: Annotated[
        Maybe[Sha256], mark("服务报告摘要", "服务报告文件的 SHA-256 值，小写十六进制。", f"{8:064x}", "C1")
    ] = None
    insurer_confirmed_on: Annotated[
        Maybe[Date], mark("保险机构确认日期", "保险机构确认服务的日期。", "2026-04-10", "C1")
    ] = None
    insured_confirmed_on: Annotated[
        Maybe[Date], mark("投保单位确认日期", "投保单位确认服务的日期。", "2026-04-09", "C1")
    ] = None
    insured_confirmer: Annotated[
        Maybe[Text50], mark("投保单位确认人", "投保单位确认人的姓名。", "测试丙", "C3")
    ] = None
    revisit: Annotated[Maybe[Revisit], mark("回访", "服务后的回访和满意度。", PART, "C1")] = None
    charge_mode: Annotated[
        str,
        Coded("charge_mode"),
        mark("收费方式", "无偿服务或者有偿服务；有偿服务不得列支事故预防费用。", "free", "C1"),
    ]
    cost: Annotated[Money, mark("服务费用", "本次服务的费用，单位元。", "800.00", "C2")]
    cancel_reason: Annotated[Maybe[Text300], mark("取消原因", "服务取消时的原因。", "投保单位停产", "C1")] = (
        None
    )
    revised_at: RevisedAt
