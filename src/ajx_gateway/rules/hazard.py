"""IS a hazard followed from finding to closing, or to the report of a refusal?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.records import Hazard
from ajx_gateway.rules.registry import Fault, rule

_STAGES = {
    "found": (),
    "notified": ("notified_on",),
    "rectifying": ("notified_on",),
    "rectified": ("notified_on", "rectified_on"),
    "closed": ("notified_on", "rectified_on", "reviewed_on"),
    "refused": ("notified_on", "refused_on"),
}
_TITLES = {
    "found_on": "发现",
    "notified_on": "告知",
    "rectified_on": "整改完成",
    "reviewed_on": "复核",
    "refused_on": "拒绝整改",
}
_OPEN = ("found", "notified", "rectifying")


@rule(
    "hazard.basis_missing",
    kind="hazard",
    title="重大隐患缺少判定依据",
    severity="error",
    clause=clauses.HAZARDS,
    mend="请填写所依据的重大事故隐患判定标准及条款。",
)
def basis_missing(hazard: Hazard) -> Iterator[Fault]:
    if hazard.level == "major" and hazard.basis is None:
        yield Fault("/basis", "判定标准与条款", "", "重大事故隐患没有判定依据。")


@rule(
    "hazard.stage_date_missing",
    kind="hazard",
    title="隐患状态缺少相应日期",
    severity="error",
    clause=clauses.HAZARDS,
    mend="请按发现、告知、整改、复核各环节填写日期。",
)
def stage_date_missing(hazard: Hazard) -> Iterator[Fault]:
    for name in _STAGES[hazard.state]:
        if getattr(hazard, name) is None:
            yield Fault(
                f"/{name}", f"{_TITLES[name]}日期", "", f"状态为{hazard.state}，但没有{_TITLES[name]}日期。"
            )


@rule(
    "hazard.dates_out_of_order",
    kind="hazard",
    title="隐患环节日期颠倒",
    severity="error",
    clause=clauses.HAZARDS,
    mend="应满足：发现 ≤ 告知 ≤ 整改完成 ≤ 复核。",
)
def dates_out_of_order(hazard: Hazard) -> Iterator[Fault]:
    earlier, earlier_title = hazard.found_on, _TITLES["found_on"]
    for name in ("notified_on", "rectified_on", "reviewed_on"):
        day = getattr(hazard, name)
        if day is None:
            continue
        if day < earlier:
            message = f"{_TITLES[name]}日期早于{earlier_title}日期。"
            yield Fault(f"/{name}", f"不早于{earlier_title}日{earlier}", str(day), message)
        earlier, earlier_title = max(earlier, day), _TITLES[name]


@rule(
    "hazard.refused_before_notified",
    kind="hazard",
    title="拒绝整改早于告知",
    severity="error",
    clause=clauses.HAZARDS,
    mend="请核对告知、拒绝和报告日期。",
)
def refused_before_notified(hazard: Hazard) -> Iterator[Fault]:
    earliest = hazard.notified_on or hazard.found_on
    if hazard.refused_on is not None and hazard.refused_on < earliest:
        yield Fault(
            "/refused_on", f"不早于{earliest}", str(hazard.refused_on), "拒绝整改日期早于告知（发现）日期。"
        )
    report = hazard.refusal_report
    if report is not None and report.reported_on < hazard.found_on:
        pointer = "/refusal_report/reported_on"
        yield Fault(pointer, f"不早于{hazard.found_on}", str(report.reported_on), "报告日期早于发现日期。")


@rule(
    "hazard.in_future",
    kind="hazard",
    title="隐患日期在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请在事项发生后报送，或更正日期；计划的日期填 deadline_on。",
)
def in_future(hazard: Hazard, arrival: Arrival) -> Iterator[Fault]:
    received_on = arrival.today
    for name, title in _TITLES.items():
        day = getattr(hazard, name)
        if day is not None and day > received_on:
            yield Fault(f"/{name}", f"不晚于接收日{received_on}", str(day), f"{title}日期晚于网关接收日期。")


@rule(
    "hazard.deadline_before_notice",
    kind="hazard",
    title="整改期限早于告知",
    severity="error",
    clause=clauses.HAZARDS,
    mend="请核对整改期限。",
)
def deadline_before_notice(hazard: Hazard) -> Iterator[Fault]:
    earliest = hazard.notified_on or hazard.found_on
    if hazard.deadline_on is not None and hazard.deadline_on < earliest:
        yield Fault(
            "/deadline_on", f"不早于{earliest}", str(hazard.deadline_on), "整改期限早于告知（发现）日期。"
        )


@rule(
    "hazard.deadline_missing",
    kind="hazard",
    title="整改中的隐患没有期限",
    severity="warning",
    clause=clauses.HAZARDS,
    mend="请与投保单位约定并填写 deadline_on。",
)
def deadline_missing(hazard: Hazard) -> Iterator[Fault]:
    if hazard.state in ("notified", "rectifying") and hazard.deadline_on is None:
        yield Fault("/deadline_on", "整改期限", "", "隐患已告知，但没有整改期限。")


@rule(
    "hazard.deadline_too_far",
    kind="hazard",
    title="整改期限过长",
    severity="warning",
    clause=clauses.HAZARDS,
    mend="请核对整改期限；长期整改应分阶段并落实防范措施。",
)
def deadline_too_far(hazard: Hazard, *, hazard_deadline_days_max: int) -> Iterator[Fault]:
    if hazard.deadline_on is None:
        return
    days = (hazard.deadline_on - hazard.found_on).days
    if days > hazard_deadline_days_max:
        expected = f"发现后{hazard_deadline_days_max}日内"
        yield Fault("/deadline_on", expected, str(hazard.deadline_on), f"整改期限为发现后{days}日。")


@rule(
    "hazard.overdue",
    kind="hazard",
    title="隐患久未整改",
    severity="warning",
    clause=clauses.HAZARDS,
    mend="请督促整改并更新状态；重大隐患不予整改的应报告属地部门。",
)
def overdue(hazard: Hazard, arrival: Arrival, *, hazard_overdue_days: int) -> Iterator[Fault]:
    if hazard.state not in _OPEN or hazard.deadline_on is None:
        return
    late = (arrival.today - hazard.deadline_on).days
    if late > hazard_overdue_days:
        yield Fault("/state", "已整改或已报告", hazard.state, f"整改期限已过{late}日，隐患仍未整改。")


@rule(
    "hazard.closed_unreviewed",
    kind="hazard",
    title="未通过复核即关闭",
    severity="error",
    clause=clauses.HAZARDS,
    mend="复核通过（review_result 为 passed）后方可关闭。",
)
def closed_unreviewed(hazard: Hazard) -> Iterator[Fault]:
    if hazard.state == "closed" and hazard.review_result != "passed":
        yield Fault("/review_result", "passed", hazard.review_result or "", "隐患已关闭，但没有通过复核。")


@rule(
    "hazard.review_undated",
    kind="hazard",
    title="复核结果没有日期",
    severity="error",
    clause=clauses.HAZARDS,
    mend="请填写 reviewed_on。",
)
def review_undated(hazard: Hazard) -> Iterator[Fault]:
    if hazard.review_result is not None and hazard.reviewed_on is None and hazard.state != "closed":
        yield Fault("/reviewed_on", "复核日期", "", "有复核结果但没有复核日期。")


@rule(
    "hazard.evidence_missing",
    kind="hazard",
    title="已整改的隐患缺少资料",
    severity="warning",
    clause=clauses.TRACES,
    mend="请上传整改前后的照片等资料。",
)
def evidence_missing(hazard: Hazard) -> Iterator[Fault]:
    if hazard.state in ("rectified", "closed") and not hazard.evidence:
        yield Fault("/evidence", "整改资料", "0份", "隐患已整改，但没有资料。")
