"""DO the co-insurers of a policy make a whole? Shares, one lead, distinct members, the sender among them."""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.days import text, total
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "policy.co_insurer_shares",
    kind="policy",
    title="共保份额合计不等于1",
    severity="error",
    clause=clauses.CO_INSURANCE,
    mend="各共保人份额（含出单公司）之和应恰好为1。",
)
def co_insurer_shares(policy: Policy) -> Iterator[Fault]:
    if policy.co_insurers:
        whole = total(member.share for member in policy.co_insurers)
        if whole != 1:
            yield Fault("/co_insurers", "份额合计为1", text(whole), "共保份额合计不等于1。")


@rule(
    "policy.co_insurer_lead",
    kind="policy",
    title="主承保人不是恰好一家",
    severity="error",
    clause=clauses.CO_INSURANCE,
    mend="请将其中一家的角色填为 lead，其余填为 follower。",
)
def co_insurer_lead(policy: Policy) -> Iterator[Fault]:
    leads = sum(member.role == "lead" for member in policy.co_insurers or ())
    if policy.co_insurers and leads != 1:
        yield Fault("/co_insurers", "恰好1家主承保人", f"{leads}家", "主承保人不是恰好一家。")


@rule(
    "policy.co_insurer_repeated",
    kind="policy",
    title="共保人重复",
    severity="error",
    clause=clauses.CO_INSURANCE,
    mend="同一家公司只列一次，份额合并填写。",
)
def co_insurer_repeated(policy: Policy) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, member in enumerate(policy.co_insurers or ()):
        if member.uscc in seen:
            yield Fault(f"/co_insurers/{index}/uscc", "各家不同", member.uscc, "共保人重复。")
        seen.add(member.uscc)


@rule(
    "policy.submitter_not_co_insurer",
    kind="policy",
    title="报送机构不在共保人之列",
    severity="error",
    clause=clauses.CO_INSURANCE,
    mend="共保人应当包括报送机构自己；请核对代码或由出单公司报送。",
)
def submitter_not_co_insurer(policy: Policy, arrival: Arrival) -> Iterator[Fault]:
    members = [member.uscc for member in policy.co_insurers or ()]
    if members and arrival.insurer not in members:
        yield Fault("/co_insurers", f"包含{arrival.insurer}", "、".join(members), "报送机构不在共保人之列。")


@rule(
    "policy.co_insurer_alone",
    kind="policy",
    title="共保只有一家",
    severity="warning",
    clause=clauses.CO_INSURANCE,
    mend="独家承保请不要填写 co_insurers。",
)
def co_insurer_alone(policy: Policy) -> Iterator[Fault]:
    if policy.co_insurers and len(policy.co_insurers) == 1:
        yield Fault("/co_insurers", "两家以上", "1家", "只有一家共保人。")


@rule(
    "policy.co_insurer_share_zero",
    kind="policy",
    title="共保份额为零",
    severity="warning",
    clause=clauses.CO_INSURANCE,
    mend="不承担份额的公司请从共保人中删除。",
)
def co_insurer_share_zero(policy: Policy) -> Iterator[Fault]:
    for index, member in enumerate(policy.co_insurers or ()):
        if member.share == 0:
            yield Fault(f"/co_insurers/{index}/share", "大于0", "0", "共保份额为零。")
