"""IS the subject of a policy described: the enterprise, a project, a vessel or a vehicle?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "policy.project_incomplete",
    kind="policy",
    title="项目信息不完整",
    severity="error",
    clause=clauses.STANDARD,
    mend="按项目投保应填写项目名称、开工日期和计划竣工日期。",
)
def project_incomplete(policy: Policy) -> Iterator[Fault]:
    if policy.subject.type != "project":
        return
    for name, title in (("name", "项目名称"), ("started_on", "开工日期"), ("completed_on", "计划竣工日期")):
        if getattr(policy.subject, name) is None:
            yield Fault(f"/subject/{name}", title, "", f"按项目投保但没有{title}。")


@rule(
    "policy.project_permit_missing",
    kind="policy",
    title="项目缺少许可或合同金额",
    severity="warning",
    clause=clauses.STANDARD,
    mend="取得施工许可证号、确定合同金额后请补充。",
)
def project_permit_missing(policy: Policy) -> Iterator[Fault]:
    if policy.subject.type != "project":
        return
    for name, title in (("permit_no", "施工许可证号"), ("contract_amount", "合同金额")):
        if getattr(policy.subject, name) is None:
            yield Fault(f"/subject/{name}", title, "", f"按项目投保但没有{title}。")


@rule(
    "policy.project_dates",
    kind="policy",
    title="竣工早于开工",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对项目的开工、竣工日期。",
)
def project_dates(policy: Policy) -> Iterator[Fault]:
    started_on, completed_on = policy.subject.started_on, policy.subject.completed_on
    if started_on is not None and completed_on is not None and completed_on < started_on:
        expected = f"不早于{started_on}"
        yield Fault("/subject/completed_on", expected, str(completed_on), "计划竣工日期早于开工日期。")


@rule(
    "policy.project_started_uninsured",
    kind="policy",
    title="开工后才起保",
    severity="warning",
    clause=clauses.MEASURES,
    mend="工程项目应当在开工前投保，请核对开工日期与保险起期。",
)
def project_started_uninsured(policy: Policy) -> Iterator[Fault]:
    started_on = policy.subject.started_on
    if policy.subject.type == "project" and started_on is not None and started_on < policy.effective_on:
        expected = f"不晚于开工日{started_on}"
        yield Fault("/effective_on", expected, str(policy.effective_on), "项目开工后才起保。")


@rule(
    "policy.project_outlasts_cover",
    kind="policy",
    title="项目竣工前保险已到期",
    severity="notice",
    clause=clauses.MEASURES,
    mend="请在到期前办理延期或续保。",
)
def project_outlasts_cover(policy: Policy) -> Iterator[Fault]:
    completed_on = policy.subject.completed_on
    if policy.subject.type == "project" and completed_on is not None and completed_on > policy.expires_on:
        expected = f"不早于计划竣工日{completed_on}"
        yield Fault("/expires_on", expected, str(policy.expires_on), "保险期间短于项目工期。")


@rule(
    "policy.subject_code_missing",
    kind="policy",
    title="船舶或车辆缺少编号",
    severity="error",
    clause=clauses.STANDARD,
    mend="船舶填写船舶登记号，车辆填写号牌号码。",
)
def subject_code_missing(policy: Policy) -> Iterator[Fault]:
    if policy.subject.type in ("vessel", "vehicle") and policy.subject.code is None:
        yield Fault("/subject/code", "船舶登记号或号牌号码", "", "按船舶或车辆投保但没有编号。")


@rule(
    "policy.subject_superfluous",
    kind="policy",
    title="标的信息与标的类型不符",
    severity="notice",
    clause=clauses.STANDARD,
    mend="按项目投保请将类型填为 project，否则不填许可、合同和工期。",
)
def subject_superfluous(policy: Policy) -> Iterator[Fault]:
    if policy.subject.type == "project":
        return
    for name in ("permit_no", "contract_amount", "started_on", "completed_on"):
        if getattr(policy.subject, name) is not None:
            yield Fault(
                f"/subject/{name}", "仅项目填写", policy.subject.type, "标的不是项目，却填写了项目信息。"
            )
