"""WAS a prevention service really carried out, and do its traces hold together?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.days import local_day, text
from ajx_gateway.rules.records import Service
from ajx_gateway.rules.registry import Fault, rule

_DONE = ("completed", "confirmed")


@rule(
    "service.ended_before_started",
    kind="service",
    title="服务结束早于开始",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对服务的起止时间及其时区。",
)
def ended_before_started(service: Service) -> Iterator[Fault]:
    if service.ended_at is not None and service.ended_at < service.started_at:
        expected = f"不早于{service.started_at.isoformat()}"
        yield Fault("/ended_at", expected, service.ended_at.isoformat(), "服务结束时间早于开始时间。")


@rule(
    "service.duration_implausible",
    kind="service",
    title="服务时长异常",
    severity="warning",
    clause=clauses.SERVICE_NORM,
    mend="请核对起止时间；多日服务请按次分别报送。",
)
def duration_implausible(
    service: Service, *, service_minutes_min: int, service_minutes_max: int
) -> Iterator[Fault]:
    if service.ended_at is None or service.ended_at < service.started_at:
        return
    minutes = int((service.ended_at - service.started_at).total_seconds() // 60)
    if not service_minutes_min <= minutes <= service_minutes_max:
        expected = f"{service_minutes_min}至{service_minutes_max}分钟"
        yield Fault("/ended_at", expected, f"{minutes}分钟", f"服务时长为{minutes}分钟，明显异常。")


@rule(
    "service.in_future",
    kind="service",
    title="服务时间在接收时间之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="尚未进行的服务请填入服务计划，开始后再报送服务记录。",
)
def in_future(service: Service, arrival: Arrival, *, clock_skew_minutes: int) -> Iterator[Fault]:
    for name, title in (("started_at", "开始"), ("ended_at", "结束")):
        instant = getattr(service, name)
        if instant is None:
            continue
        if (instant - arrival.received_at).total_seconds() > clock_skew_minutes * 60:
            expected = f"不晚于{arrival.received_at.isoformat()}"
            yield Fault(f"/{name}", expected, instant.isoformat(), f"服务{title}时间晚于网关接收时间。")


@rule(
    "service.end_missing",
    kind="service",
    title="已完成的服务缺少结束时间",
    severity="error",
    clause=clauses.SERVICE_NORM,
    mend="请填写 ended_at。",
)
def end_missing(service: Service) -> Iterator[Fault]:
    if service.state in _DONE and service.ended_at is None:
        yield Fault("/ended_at", "结束时间", "", "服务已完成，但没有结束时间。")


@rule(
    "service.evidence_missing",
    kind="service",
    title="已完成的服务缺少过程资料",
    severity="error",
    clause=clauses.TRACES,
    mend="请上传现场照片等资料，或服务报告的摘要值（report_sha256）。",
)
def evidence_missing(service: Service) -> Iterator[Fault]:
    if service.state in _DONE and not service.evidence and service.report_sha256 is None:
        yield Fault("/evidence", "至少一份资料或服务报告", "0份", "服务已完成，但没有任何过程资料。")


@rule(
    "service.evidence_repeated",
    kind="service",
    title="同一资料重复提交",
    severity="warning",
    clause=clauses.TRACES,
    mend="同一文件只提交一次。",
)
def evidence_repeated(service: Service) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, evidence in enumerate(service.evidence):
        if evidence.sha256 in seen:
            yield Fault(
                f"/evidence/{index}/sha256", "各不相同", evidence.sha256, "同一份资料在本次服务中重复提交。"
            )
        seen.add(evidence.sha256)


@rule(
    "service.evidence_out_of_time",
    kind="service",
    title="资料形成时间不在服务期间",
    severity="warning",
    clause=clauses.TRACES,
    mend="请提交本次服务现场形成的资料。",
)
def evidence_out_of_time(service: Service) -> Iterator[Fault]:
    first, last = local_day(service.started_at), local_day(service.ended_at or service.started_at)
    for index, evidence in enumerate(service.evidence):
        if evidence.captured_at is not None and not first <= local_day(evidence.captured_at) <= last:
            captured = evidence.captured_at.isoformat()
            yield Fault(
                f"/evidence/{index}/captured_at", f"{first}至{last}", captured, "资料形成时间不在服务当日。"
            )


@rule(
    "service.nobody",
    kind="service",
    title="没有服务机构和服务人员",
    severity="error",
    clause=clauses.SERVICE_NORM,
    mend="请填写服务机构（agency）或服务人员（staff）。",
)
def nobody(service: Service) -> Iterator[Fault]:
    if service.state != "cancelled" and service.agency is None and not service.staff:
        yield Fault("/staff", "服务机构或服务人员", "", "没有服务机构，也没有服务人员。")


@rule(
    "service.staff_unqualified",
    kind="service",
    title="服务人员没有规定的资格",
    severity="warning",
    clause="佛府办〔2018〕2号 三（一）",
    mend="应由注册安全工程师、中级以上工程师或技术服务机构提供服务。",
)
def staff_unqualified(service: Service) -> Iterator[Fault]:
    if (
        service.agency is None
        and service.staff
        and all(each.qualification == "other" for each in service.staff)
    ):
        yield Fault(
            "/staff", "注册安全工程师或中级以上工程师", "other", "没有服务机构，服务人员也没有规定的资格。"
        )


@rule(
    "service.confirmations_missing",
    kind="service",
    title="已确认的服务缺少双方确认",
    severity="error",
    clause=clauses.SERVICE_NORM,
    mend="请填写保险机构和投保单位的确认日期。",
)
def confirmations_missing(service: Service) -> Iterator[Fault]:
    if service.state != "confirmed":
        return
    for name, title in (("insurer_confirmed_on", "保险机构"), ("insured_confirmed_on", "投保单位")):
        if getattr(service, name) is None:
            yield Fault(f"/{name}", "确认日期", "", f"服务状态为双方确认，但没有{title}确认日期。")


@rule(
    "service.unconfirmed",
    kind="service",
    title="服务完成后双方尚未确认",
    severity="notice",
    clause=clauses.SERVICE_NORM,
    mend="请双方确认后更新记录，服务时限以确认为完成。",
)
def unconfirmed(service: Service, *, service_confirmation_required: bool) -> Iterator[Fault]:
    confirmed = service.insurer_confirmed_on is not None and service.insured_confirmed_on is not None
    if service_confirmation_required and service.state == "completed" and not confirmed:
        yield Fault("/state", "双方确认", service.state, "服务已完成，尚未经双方确认。")


@rule(
    "service.confirmed_before_service",
    kind="service",
    title="确认早于服务",
    severity="error",
    clause=clauses.SERVICE_NORM,
    mend="应在服务结束后确认，请核对日期。",
)
def confirmed_before_service(service: Service) -> Iterator[Fault]:
    served_on = local_day(service.ended_at or service.started_at)
    for name, title in (("insurer_confirmed_on", "保险机构"), ("insured_confirmed_on", "投保单位")):
        day = getattr(service, name)
        if day is not None and day < served_on:
            yield Fault(f"/{name}", f"不早于服务日{served_on}", str(day), f"{title}确认日期早于服务结束。")


@rule(
    "service.confirmer_missing",
    kind="service",
    title="缺少投保单位确认人",
    severity="warning",
    clause=clauses.SERVICE_NORM,
    mend="请填写投保单位的确认人。",
)
def confirmer_missing(service: Service) -> Iterator[Fault]:
    if service.insured_confirmed_on is not None and service.insured_confirmer is None:
        yield Fault("/insured_confirmer", "确认人", "", "投保单位已确认，但没有确认人。")


@rule(
    "service.cancel_reason_missing",
    kind="service",
    title="取消服务缺少原因",
    severity="error",
    clause=clauses.SERVICE_NORM,
    mend="请填写 cancel_reason。",
)
def cancel_reason_missing(service: Service) -> Iterator[Fault]:
    if service.state == "cancelled" and not service.cancel_reason:
        yield Fault("/cancel_reason", "取消原因", "", "服务已取消，但没有原因。")


@rule(
    "service.cancelled_with_cost",
    kind="service",
    title="取消的服务仍有费用",
    severity="warning",
    clause=clauses.LEDGER,
    mend="取消的服务不应列支费用，请核对。",
)
def cancelled_with_cost(service: Service) -> Iterator[Fault]:
    if service.state == "cancelled" and service.cost > 0:
        yield Fault("/cost", "0", text(service.cost), "服务已取消，仍填写了费用。")
