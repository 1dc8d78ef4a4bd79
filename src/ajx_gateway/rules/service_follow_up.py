"""WAS a service followed up: revisit, charge, items, participants, agency?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.days import local_day
from ajx_gateway.rules.records import Service
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "service.revisited_before_service",
    kind="service",
    title="回访早于服务",
    severity="error",
    clause=clauses.SERVICE_NORM,
    mend="请核对回访日期。",
)
def revisited_before_service(service: Service) -> Iterator[Fault]:
    served_on = local_day(service.ended_at or service.started_at)
    if service.revisit is not None and service.revisit.revisited_on < served_on:
        expected, actual = f"不早于服务日{served_on}", str(service.revisit.revisited_on)
        yield Fault("/revisit/revisited_on", expected, actual, "回访日期早于服务日期。")


@rule(
    "service.revisit_unexpected",
    kind="service",
    title="未完成的服务已有回访",
    severity="warning",
    clause=clauses.SERVICE_NORM,
    mend="服务完成后再回访；已完成的请更新状态。",
)
def revisit_unexpected(service: Service) -> Iterator[Fault]:
    if service.revisit is not None and service.state in ("in_progress", "cancelled"):
        yield Fault("/revisit", "服务完成后填写", service.state, "服务尚未完成或已取消，却有回访。")


@rule(
    "service.follow_up_in_future",
    kind="service",
    title="确认或回访日期在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请在事项发生后报送，或更正日期。",
)
def follow_up_in_future(service: Service, arrival: Arrival) -> Iterator[Fault]:
    received_on = arrival.today
    days = [(f"/{name}", getattr(service, name)) for name in ("insurer_confirmed_on", "insured_confirmed_on")]
    if service.revisit is not None:
        days.append(("/revisit/revisited_on", service.revisit.revisited_on))
    for pointer, day in days:
        if day is not None and day > received_on:
            yield Fault(pointer, f"不晚于接收日{received_on}", str(day), "确认或回访日期晚于网关接收日期。")


@rule(
    "service.paid_without_cost",
    kind="service",
    title="有偿服务没有费用",
    severity="warning",
    clause="佛府办〔2018〕2号 三（三）",
    mend="有偿服务请填写费用；无偿服务的收费方式为 free。",
)
def paid_without_cost(service: Service) -> Iterator[Fault]:
    if service.charge_mode == "paid" and service.cost == 0 and service.state != "cancelled":
        yield Fault("/cost", "大于0", "0", "收费方式为有偿，费用却为零。")


@rule(
    "service.item_repeated",
    kind="service",
    title="服务项目重复",
    severity="notice",
    clause=clauses.SERVICE_NORM,
    mend="同一项目请合并填写内容。",
)
def item_repeated(service: Service) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, item in enumerate(service.items):
        if item.code in seen:
            yield Fault(f"/items/{index}/code", "每个项目一次", item.code, "服务项目重复。")
        seen.add(item.code)


@rule(
    "service.participants_missing",
    kind="service",
    title="培训、演练没有参加人数",
    severity="notice",
    clause=clauses.SERVICE_NORM,
    mend="请填写 participants。",
)
def participants_missing(service: Service) -> Iterator[Fault]:
    held = service.state in ("completed", "confirmed")
    if (
        held
        and not service.participants
        and any(item.code in ("training", "drill") for item in service.items)
    ):
        yield Fault("/participants", "参加人数", "", "培训或演练没有参加人数。")


@rule(
    "service.agency_qualification_missing",
    kind=("service", "service_plan"),
    title="服务机构没有资质编号",
    severity="notice",
    clause=clauses.MEASURES,
    mend="请填写服务机构的资质编号。",
)
def agency_qualification_missing(record: Service) -> Iterator[Fault]:
    if record.agency is not None and record.agency.qualification_no is None:
        yield Fault("/agency/qualification_no", "资质编号", "", "服务机构没有资质编号。")
