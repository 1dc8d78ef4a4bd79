"""WHO is insured, and does the count agree with the list and with the staff?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "policy.named_count_differs",
    kind="policy",
    title="记名人数与被保险人数不一致",
    severity="error",
    clause=clauses.STANDARD,
    mend="记名投保（named）时名单人数应等于 insured_count。",
)
def named_count_differs(policy: Policy) -> Iterator[Fault]:
    listed = len(policy.insured_persons or ())
    if policy.insured_list_mode == "named" and listed != policy.insured_count:
        expected = f"{policy.insured_count}人"
        yield Fault("/insured_persons", expected, f"{listed}人", "记名名单的人数与被保险人数不一致。")


@rule(
    "policy.grouped_count_differs",
    kind="policy",
    title="分组人数与被保险人数不一致",
    severity="error",
    clause=clauses.STANDARD,
    mend="分组投保（grouped）时各组人数之和应等于 insured_count。",
)
def grouped_count_differs(policy: Policy) -> Iterator[Fault]:
    counted = sum(group.count for group in policy.insured_groups or ())
    if policy.insured_list_mode == "grouped" and counted != policy.insured_count:
        expected = f"{policy.insured_count}人"
        yield Fault("/insured_groups", expected, f"{counted}人", "各组人数之和与被保险人数不一致。")


@rule(
    "policy.list_contradicts_mode",
    kind="policy",
    title="名单与名单方式不符",
    severity="warning",
    clause=clauses.STANDARD,
    mend="记名填 insured_persons，分组填 insured_groups，不记名两者都不填。",
)
def list_contradicts_mode(policy: Policy) -> Iterator[Fault]:
    mode = policy.insured_list_mode
    if policy.insured_persons and mode != "named":
        yield Fault("/insured_persons", "仅记名投保填写", mode, "名单方式不是记名，却填写了人员名单。")
    if policy.insured_groups and mode != "grouped":
        yield Fault("/insured_groups", "仅分组投保填写", mode, "名单方式不是分组，却填写了岗位分组。")


@rule(
    "policy.person_repeated",
    kind="policy",
    title="被保险人重复",
    severity="error",
    clause=clauses.STANDARD,
    mend="同一人只列一次，请删除重复的人员并核对人数。",
)
def person_repeated(policy: Policy) -> Iterator[Fault]:
    first: dict[tuple[str, str], int] = {}
    for index, person in enumerate(policy.insured_persons or ()):
        earlier = first.setdefault((person.id_type, person.id_no), index)
        if earlier != index:
            pointer = f"/insured_persons/{index}"
            yield Fault(pointer, "每人一次", f"与第{earlier + 1}人相同", "名单中有证件相同的人员。")


@rule(
    "policy.not_whole_staff",
    kind="policy",
    title="未全员投保",
    severity="warning",
    clause=clauses.STAFF,
    mend="请督促投保单位将从业人员（含被派遣劳动者、实习生）全部纳入。",
)
def not_whole_staff(policy: Policy, *, whole_staff_required: bool) -> Iterator[Fault]:
    staff = policy.enterprise.employee_count
    if whole_staff_required and policy.subject.type == "enterprise" and policy.insured_count < staff:
        expected = f"不少于从业人员{staff}人"
        yield Fault(
            "/insured_count", expected, f"{policy.insured_count}人", "被保险人数少于从业人员数，未全员投保。"
        )


@rule(
    "policy.insured_above_staff",
    kind="policy",
    title="被保险人数多于从业人员数",
    severity="notice",
    clause=clauses.STAFF,
    mend="包含派遣、实习、临时人员时属正常，否则请核对两个人数。",
)
def insured_above_staff(policy: Policy) -> Iterator[Fault]:
    staff = policy.enterprise.employee_count
    if policy.insured_count > staff > 0:
        yield Fault(
            "/insured_count", f"不多于{staff}人", f"{policy.insured_count}人", "被保险人数多于从业人员数。"
        )


@rule(
    "policy.nobody_insured",
    kind="policy",
    title="被保险人数为零",
    severity="warning",
    clause=clauses.STAFF,
    mend="请填写被保险的从业人员数。",
)
def nobody_insured(policy: Policy) -> Iterator[Fault]:
    if policy.insured_count == 0:
        yield Fault("/insured_count", "大于0", "0", "被保险人数为零。")


@rule(
    "policy.staff_zero",
    kind="policy",
    title="从业人员数为零",
    severity="warning",
    clause=clauses.STAFF,
    mend="请核实从业人员数，它是判断全员投保的依据。",
)
def staff_zero(policy: Policy) -> Iterator[Fault]:
    if policy.enterprise.employee_count == 0:
        yield Fault("/enterprise/employee_count", "大于0", "0", "从业人员数为零，无法判断是否全员投保。")


@rule(
    "policy.dispatch_agency_missing",
    kind="policy",
    title="被派遣劳动者缺少派遣单位",
    severity="notice",
    clause=clauses.STAFF,
    mend="请补充派遣单位的统一社会信用代码，以免与派遣单位重复投保。",
)
def dispatch_agency_missing(policy: Policy) -> Iterator[Fault]:
    for index, person in enumerate(policy.insured_persons or ()):
        if person.employment_type == "dispatched" and person.dispatch_agency_uscc is None:
            pointer = f"/insured_persons/{index}/dispatch_agency_uscc"
            yield Fault(pointer, "派遣单位代码", "", "被派遣劳动者没有填写派遣单位。")
