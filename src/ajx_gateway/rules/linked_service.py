"""DO services, plans and hazards fit their policy, plan and evidence?"""

from collections.abc import Iterator
from itertools import islice

from ajx_gateway.rules import clauses
from ajx_gateway.rules.cover_period import last_day
from ajx_gateway.rules.days import local_day
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.records import Service, ServicePlan
from ajx_gateway.rules.registry import Fault, rule

_NAMED_MAX = 5  # other services named in one finding


@rule(
    "service.before_signing",
    kind="service",
    title="服务早于签单",
    severity="warning",
    clause=clauses.SERVICE_NORM,
    linked=True,
    mend="请核对服务时间与保单号；签单前的风险评估不计入事故预防服务。",
)
def before_signing(service: Service, known: Known) -> Iterator[Fault]:
    policy, started_on = known.policies.get(service.policy_no), local_day(service.started_at)
    if policy is not None and started_on < policy.signed_on:
        yield Fault(
            "/started_at", f"不早于签单日{policy.signed_on}", str(started_on), "服务早于保单签单日期。"
        )


@rule(
    "service.after_expiry",
    kind="service",
    title="服务晚于保险到期",
    severity="warning",
    clause=clauses.SERVICE_NORM,
    linked=True,
    mend="请核对服务时间；续保后的服务请填写新的保单号。",
)
def after_expiry(service: Service, known: Known, *, service_grace_days: int) -> Iterator[Fault]:
    policy, started_on = known.policies.get(service.policy_no), local_day(service.started_at)
    if policy is None:
        return
    last = last_day(policy, known)
    if (started_on - last).days > service_grace_days:
        expected = f"不晚于{last}后{service_grace_days}日"
        yield Fault("/started_at", expected, str(started_on), "服务时保险已经到期。")


@rule(
    "service.plan_unknown",
    kind="service",
    title="服务计划尚未报送",
    severity="notice",
    clause=clauses.STANDARD,
    linked=True,
    mend="请报送该计划，到达后本提示自动消除；号码有误的请更正。",
)
def plan_unknown(service: Service, known: Known) -> Iterator[Fault]:
    if service.plan_no is not None and service.plan_no not in known.plans:
        yield Fault("/plan_no", "已报送的计划号", service.plan_no, "网关尚未收到该服务计划。")


@rule(
    "service.plan_of_other_policy",
    kind="service",
    title="服务计划属于另一保单",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对计划号与保单号。",
)
def plan_of_other_policy(service: Service, known: Known) -> Iterator[Fault]:
    plan = known.plans.get(service.plan_no or "")
    if plan is not None and plan.policy_no != service.policy_no:
        yield Fault("/plan_no", f"保单{service.policy_no}的计划", plan.policy_no, "服务计划属于另一保单。")


@rule(
    "service.evidence_reused",
    kind="service",
    title="资料与另一服务相同",
    severity="warning",
    clause=clauses.TRACES,
    linked=True,
    mend="不同的服务应有各自的现场资料，请核实；疑似虚假资料将移送核查。",
)
def evidence_reused(service: Service, known: Known) -> Iterator[Fault]:
    for index, evidence in enumerate(service.evidence):
        uses = known.evidence.get(evidence.sha256, ())
        own = (use.service_no for use in reversed(uses) if use.own and use.service_no != service.service_no)
        others = [str(service_no) for service_no in islice(own, _NAMED_MAX)]
        if others:
            message = f"同一份资料已用于另一服务：{'、'.join(others)}。"
            yield Fault(f"/evidence/{index}/sha256", "本次服务的资料", evidence.sha256, message)


@rule(
    "service.evidence_reused_elsewhere",
    kind="service",
    title="资料与其他机构的服务相同",
    severity="warning",
    clause=clauses.TRACES,
    linked=True,
    mend="请核实资料来源；疑似虚假资料将移送核查。",
)
def evidence_reused_elsewhere(service: Service, known: Known) -> Iterator[Fault]:
    for index, evidence in enumerate(service.evidence):
        uses = known.evidence.get(evidence.sha256)
        if uses and not uses[0].own:
            pointer = f"/evidence/{index}/sha256"
            yield Fault(pointer, "本次服务的资料", evidence.sha256, "同一份资料已用于其他保险机构的服务。")


@rule(
    "service_plan.submitted_before_signing",
    kind="service_plan",
    title="计划早于签单",
    severity="warning",
    clause=clauses.SERVICE_NORM,
    linked=True,
    mend="请核对提交日期与保单号。",
)
def submitted_before_signing(plan: ServicePlan, known: Known) -> Iterator[Fault]:
    policy, submitted_on = known.policies.get(plan.policy_no), plan.submitted_on
    if policy is not None and submitted_on is not None and submitted_on < policy.signed_on:
        yield Fault(
            "/submitted_on", f"不早于签单日{policy.signed_on}", str(submitted_on), "计划早于保单签单日期。"
        )
