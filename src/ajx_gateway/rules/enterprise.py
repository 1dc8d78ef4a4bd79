"""IS the enterprise described well enough to be supervised, and the policy placed where it should be?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "policy.size_missing",
    kind="policy",
    title="缺少企业规模",
    severity="warning",
    clause=clauses.EVALUATION,
    mend="请填写统计上大中小微型企业划分的规模。",
)
def size_missing(policy: Policy) -> Iterator[Fault]:
    if policy.enterprise.size is None:
        message = "没有企业规模，无法判断首次服务时限是否适用。"
        yield Fault("/enterprise/size", "large、medium、small、micro 之一", "", message)


@rule(
    "policy.sector_tags_missing",
    kind="policy",
    title="缺少行业领域标签",
    severity="notice",
    clause=clauses.CONVERSION,
    mend="属于高危行业领域或重点推行范围的，请填写全部适用的标签。",
)
def sector_tags_missing(policy: Policy) -> Iterator[Fault]:
    if not policy.enterprise.sector_tags:
        yield Fault(
            "/enterprise/sector_tags", "适用的行业领域标签", "", "没有行业领域标签，不计入重点领域覆盖率。"
        )


@rule(
    "policy.sector_tag_repeated",
    kind="policy",
    title="行业领域标签重复",
    severity="warning",
    clause=clauses.STANDARD,
    mend="同一标签只填写一次。",
)
def sector_tag_repeated(policy: Policy) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, tag in enumerate(policy.enterprise.sector_tags):
        if tag in seen:
            yield Fault(f"/enterprise/sector_tags/{index}", "每个标签一次", tag, "行业领域标签重复。")
        seen.add(tag)


@rule(
    "policy.remote_placement_unfiled",
    kind="policy",
    title="异地投保未报备",
    severity="warning",
    clause=clauses.PLACEMENT,
    mend="请填写向行业主管部门报备的机关、编号和日期。",
)
def remote_placement_unfiled(policy: Policy, *, remote_placement_filing_required: bool) -> Iterator[Fault]:
    """A branch outside the enterprise's prefecture (first four digits) is a remote placement."""
    branch, enterprise = policy.branch.division, policy.enterprise.division
    remote = branch[:4] != enterprise[:4]
    if remote_placement_filing_required and remote and policy.remote_placement_filing is None:
        yield Fault(
            "/remote_placement_filing", "异地投保报备", branch, "出单机构不在投保单位所在市，且没有报备。"
        )


@rule(
    "policy.renewal_of_itself",
    kind="policy",
    title="续保指向自身",
    severity="error",
    clause=clauses.STANDARD,
    mend="renewal_of 填写上一期保单号；新保请不要填写。",
)
def renewal_of_itself(policy: Policy) -> Iterator[Fault]:
    if policy.renewal_of == policy.policy_no:
        yield Fault("/renewal_of", "上一期保单号", policy.policy_no, "续保的上一期保单号是本保单自身。")


@rule(
    "policy.parent_cover_is_itself",
    kind="policy",
    title="上级统保指向自身",
    severity="warning",
    clause=clauses.CONVERSION,
    mend="parent_cover 填写上级公司统一购买的保单，不是本保单。",
)
def parent_cover_is_itself(policy: Policy) -> Iterator[Fault]:
    cover = policy.parent_cover
    if cover is not None and cover.policy_no == policy.policy_no:
        yield Fault(
            "/parent_cover/policy_no", "上级公司的保单号", cover.policy_no, "上级统保保单号是本保单自身。"
        )
