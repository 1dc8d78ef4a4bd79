"""DOES a hazard fit its policy and service, and was a refusal reported as the place demands?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.records import Hazard
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "hazard.before_signing",
    kind="hazard",
    title="隐患发现早于签单",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对发现日期与保单号。",
)
def before_signing(hazard: Hazard, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(hazard.policy_no)
    if policy is not None and hazard.found_on < policy.signed_on:
        yield Fault(
            "/found_on",
            f"不早于签单日{policy.signed_on}",
            str(hazard.found_on),
            "隐患发现日期早于保单签单日期。",
        )


@rule(
    "hazard.service_unknown",
    kind="hazard",
    title="服务记录尚未报送",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请报送该服务记录，到达后本提示自动消除；号码有误的请更正。",
)
def service_unknown(hazard: Hazard, known: Known) -> Iterator[Fault]:
    if hazard.service_no is not None and hazard.service_no not in known.services:
        yield Fault("/service_no", "已报送的服务记录号", hazard.service_no, "网关尚未收到该服务记录。")


@rule(
    "hazard.service_of_other_policy",
    kind="hazard",
    title="服务记录属于另一保单",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对服务记录号与保单号。",
)
def service_of_other_policy(hazard: Hazard, known: Known) -> Iterator[Fault]:
    service = known.services.get(hazard.service_no or "")
    if service is not None and service.policy_no != hazard.policy_no:
        yield Fault(
            "/service_no", f"保单{hazard.policy_no}的服务", service.policy_no, "服务记录属于另一保单。"
        )


@rule(
    "hazard.found_before_service",
    kind="hazard",
    title="隐患发现早于服务",
    severity="notice",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对发现日期与服务记录号。",
)
def found_before_service(hazard: Hazard, known: Known) -> Iterator[Fault]:
    service = known.services.get(hazard.service_no or "")
    if service is not None and hazard.found_on < service.started_on:
        expected = f"不早于服务日{service.started_on}"
        yield Fault("/found_on", expected, str(hazard.found_on), "隐患发现日期早于所属服务。")


@rule(
    "hazard.refused_major_unreported",
    kind="hazard",
    title="重大隐患拒不整改未报告",
    severity="warning",
    clause=clauses.HAZARDS,
    linked=True,
    mend="请及时报告属地相关部门，并填写 refusal_report。",
)
def refused_major_unreported(
    hazard: Hazard, known: Known, *, major_refusal_report_required: bool
) -> Iterator[Fault]:
    """A warning by the law of the policy's place: the refusal itself must be on file before its report is."""
    refused = hazard.level == "major" and hazard.state == "refused"
    if major_refusal_report_required and refused and hazard.refusal_report is None:
        yield Fault("/refusal_report", "报告机关与日期", "", "存在重大隐患且拒不整改，尚未报告属地部门。")


@rule(
    "hazard.not_notified",
    kind="hazard",
    title="隐患尚未告知投保单位",
    severity="notice",
    clause=clauses.SERVICE_NORM,
    linked=True,
    mend="发现隐患应当及时书面告知投保单位，并填写 notified_on。",
)
def not_notified(hazard: Hazard, known: Known, *, hazard_notice_required: bool) -> Iterator[Fault]:
    if hazard_notice_required and hazard.state == "found" and hazard.notified_on is None:
        yield Fault("/notified_on", "告知日期", "", "隐患尚未告知投保单位。")
