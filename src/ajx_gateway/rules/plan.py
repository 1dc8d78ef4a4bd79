"""IS a service plan what AQ 9010 asks of one: items, measures, people, goals, in a sensible order?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.records import ServicePlan
from ajx_gateway.rules.registry import Fault, rule

_SUBMITTED = ("submitted", "confirmed")


@rule(
    "service_plan.stage_date_missing",
    kind="service_plan",
    title="计划状态缺少相应日期",
    severity="error",
    clause=clauses.STANDARD,
    mend="提交起填写 submitted_on，确认时填写 confirmed_on。",
)
def stage_date_missing(plan: ServicePlan) -> Iterator[Fault]:
    if plan.state in _SUBMITTED and plan.submitted_on is None:
        yield Fault("/submitted_on", "提交日期", "", f"状态为{plan.state}，但没有提交日期。")
    if plan.state == "confirmed" and plan.confirmed_on is None:
        yield Fault("/confirmed_on", "确认日期", "", "状态为已确认，但没有确认日期。")


@rule(
    "service_plan.stage_date_premature",
    kind="service_plan",
    title="计划日期与状态不符",
    severity="warning",
    clause=clauses.STANDARD,
    mend="已提交、已确认的请更新状态。",
)
def stage_date_premature(plan: ServicePlan) -> Iterator[Fault]:
    if plan.state == "assigned" and plan.submitted_on is not None:
        yield Fault("/submitted_on", "提交后填写", plan.state, "计划尚未提交，却有提交日期。")
    if plan.state != "confirmed" and plan.confirmed_on is not None:
        yield Fault("/confirmed_on", "确认后填写", plan.state, "计划尚未确认，却有确认日期。")


@rule(
    "service_plan.confirmed_before_submitted",
    kind="service_plan",
    title="确认早于提交",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对提交、确认日期。",
)
def confirmed_before_submitted(plan: ServicePlan) -> Iterator[Fault]:
    submitted_on, confirmed_on = plan.submitted_on, plan.confirmed_on
    if submitted_on is not None and confirmed_on is not None and confirmed_on < submitted_on:
        yield Fault("/confirmed_on", f"不早于{submitted_on}", str(confirmed_on), "确认日期早于提交日期。")


@rule(
    "service_plan.in_future",
    kind="service_plan",
    title="计划提交或确认在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请在提交、确认后报送，或更正日期。",
)
def in_future(plan: ServicePlan, arrival: Arrival) -> Iterator[Fault]:
    received_on = arrival.today
    for name, title in (("submitted_on", "提交"), ("confirmed_on", "确认")):
        day = getattr(plan, name)
        if day is not None and day > received_on:
            yield Fault(
                f"/{name}", f"不晚于接收日{received_on}", str(day), f"计划{title}日期晚于网关接收日期。"
            )


@rule(
    "service_plan.nobody",
    kind="service_plan",
    title="计划没有服务机构和专家",
    severity="error",
    clause=clauses.SERVICE_NORM,
    mend="请填写服务机构（agency）或专家（experts）。",
)
def nobody(plan: ServicePlan) -> Iterator[Fault]:
    if plan.agency is None and not plan.experts:
        yield Fault("/agency", "服务机构或专家", "", "没有确定服务机构，也没有确定专家。")


@rule(
    "service_plan.experts_unqualified",
    kind="service_plan",
    title="专家没有规定的资格",
    severity="warning",
    clause="佛府办〔2018〕2号 三（一）",
    mend="专家应为注册安全工程师或中级以上工程师。",
)
def experts_unqualified(plan: ServicePlan) -> Iterator[Fault]:
    if plan.agency is None and plan.experts and all(each.qualification == "other" for each in plan.experts):
        yield Fault("/experts", "注册安全工程师或中级以上工程师", "other", "专家没有规定的资格。")


@rule(
    "service_plan.items_missing",
    kind="service_plan",
    title="提交的计划没有服务项目",
    severity="error",
    clause=clauses.SERVICE_NORM,
    mend="请填写服务项目、形式和次数。",
)
def items_missing(plan: ServicePlan) -> Iterator[Fault]:
    if plan.state in _SUBMITTED and not plan.items:
        yield Fault("/items", "至少一个服务项目", "0个", "计划已提交，但没有服务项目。")


@rule(
    "service_plan.content_missing",
    kind="service_plan",
    title="计划内容不完整",
    severity="warning",
    clause=clauses.SERVICE_NORM,
    mend="计划应载明服务措施、预期目标和服务保障事项。",
)
def content_missing(plan: ServicePlan) -> Iterator[Fault]:
    if plan.state not in _SUBMITTED:
        return
    for name, title in (("goals", "预期目标"), ("safeguards", "服务保障事项")):
        if not getattr(plan, name):
            yield Fault(f"/{name}", title, "", f"计划没有载明{title}。")
    for index, item in enumerate(plan.items):
        if not item.measure:
            yield Fault(f"/items/{index}/measure", "服务措施", "", "计划的服务项目没有服务措施。")


@rule(
    "service_plan.item_repeated",
    kind="service_plan",
    title="计划项目重复",
    severity="notice",
    clause=clauses.SERVICE_NORM,
    mend="同一项目、同一形式请合并次数。",
)
def item_repeated(plan: ServicePlan) -> Iterator[Fault]:
    seen: set[tuple[object, ...]] = set()
    for index, item in enumerate(plan.items):
        listed = (item.code, item.form, item.planned_on)
        if listed in seen:
            yield Fault(f"/items/{index}/code", "不重复", item.code, "计划中有相同的服务项目。")
        seen.add(listed)
