"""WHAT is a plan of prevention services (事故预防服务计划)?"""

from typing import Annotated

from ajx_gateway.standard.marks import PART, mark
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.v1.parts import Agency, Person, RevisedAt
from ajx_gateway.standard.vocabulary import (
    Coded,
    Date,
    Key,
    Maybe,
    Money,
    Positive,
    Text500,
    Text1000,
    few,
)


class PlannedItem(Part):
    """计划项目"""

    code: Annotated[
        str, Coded("service_item"), mark("服务项目", "计划开展的服务项目。", "hazard_inspection", "C1")
    ]
    form: Annotated[str, Coded("service_form"), mark("服务形式", "计划采用的服务形式。", "on_site", "C1")]
    measure: Annotated[
        Maybe[Text500], mark("服务措施", "计划采取的具体措施。", "冲压设备安全装置专项检查", "C1")
    ] = None
    planned_count: Annotated[Positive, mark("服务频次", "保险期间内计划开展的次数。", 2, "C1")]
    planned_on: Annotated[Maybe[Date], mark("计划日期", "计划首次开展的日期。", "2026-04-08", "C1")] = None
    duration_minutes: Annotated[
        Maybe[Positive], mark("服务时长", "每次服务的计划时长，单位分钟。", 120, "C1")
    ] = None


class ServicePlan(
    Record, kind="service_plan", collection="service-plans", key="plan_no", zh="事故预防服务计划"
):
    """事故预防服务计划"""

    plan_no: Annotated[Key, mark("服务计划号", "保险机构内唯一的服务计划编号。", "SP2026-440605-0001", "C1")]
    policy_no: Annotated[Key, mark("保单号", "服务计划所属的保单号。", "P2026-440605-0001", "C1")]
    state: Annotated[str, Coded("plan_state"), mark("计划状态", "服务计划当前的状态。", "confirmed", "C1")]
    agency: Annotated[Maybe[Agency], mark("技术服务机构", "选定的技术服务机构。", PART, "C0")] = None
    experts: Annotated[list[Person], few(0, 50), mark("服务专家", "选定的专家，没有时为空数组。", PART, "C3")]
    items: Annotated[
        list[PlannedItem], few(0, 100), mark("计划项目", "计划的服务项目、形式与频次。", PART, "C1")
    ]
    goals: Annotated[
        Maybe[Text1000], mark("预期目标", "服务的预期目标。", "冲压设备安全装置完好率达到100%", "C1")
    ] = None
    safeguards: Annotated[
        Maybe[Text1000],
        mark("服务保障", "人员、设备与经费等保障事项。", "指定专人联络，服务前三日确认时间", "C1"),
    ] = None
    submitted_on: Annotated[Maybe[Date], mark("提交日期", "服务计划提交的日期。", "2026-03-10", "C1")] = None
    confirmed_on: Annotated[Maybe[Date], mark("确认日期", "投保单位确认的日期。", "2026-03-12", "C1")] = None
    budget: Annotated[Maybe[Money], mark("计划费用", "计划投入的事故预防费用，单位元。", "1600.00", "C2")] = (
        None
    )
    revised_at: RevisedAt
