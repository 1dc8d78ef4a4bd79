"""DOES a policy fit the others: double insurance, renewal, the first signing day ever filed?"""

from collections.abc import Iterator
from itertools import islice

from ajx_gateway.rules import clauses
from ajx_gateway.rules.cover_period import last_day
from ajx_gateway.rules.known import CoverFacts, Known
from ajx_gateway.rules.overlaps import overlapping
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule

_NAMED_MAX = 5  # other policies named in one finding


def _overlapping(policy: Policy, known: Known, *, own: bool) -> Iterator[CoverFacts]:
    """Other covers of the same subject on at least one same day."""
    listed = known.covers.get(policy.enterprise.uscc, ())
    if not listed or (len(listed) == 1 and listed[0].own and listed[0].policy_no == policy.policy_no):
        return
    subject = policy.subject
    code = None if subject.type == "enterprise" else subject.code
    covers = overlapping(known, policy.enterprise.uscc, (subject.type, code), own=own)
    for cover in covers.during(policy.effective_on, policy.expires_on):
        if not (cover.own and cover.policy_no == policy.policy_no):
            yield cover


@rule(
    "policy.double_insurance_own",
    kind="policy",
    title="同一标的在本机构重复承保",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="续保请衔接起止日期；重复的保单请作废或退保。",
)
def double_insurance_own(policy: Policy, known: Known) -> Iterator[Fault]:
    others = [str(cover.policy_no) for cover in islice(_overlapping(policy, known, own=True), _NAMED_MAX)]
    if others:
        message = f"同一标的在本机构另有保险期间重叠的保单：{'、'.join(others)}。"
        yield Fault("/effective_on", "保险期间不重叠", str(policy.effective_on), message)


@rule(
    "policy.double_insurance_other",
    kind="policy",
    title="同一标的在其他机构重复投保",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请向投保单位核实是否重复投保。",
)
def double_insurance_other(policy: Policy, known: Known) -> Iterator[Fault]:
    if any(True for _ in _overlapping(policy, known, own=False)):
        message = "同一标的在其他保险机构有保险期间重叠的保单。"
        yield Fault("/effective_on", "保险期间不重叠", str(policy.effective_on), message)


@rule(
    "policy.renewed_policy_unknown",
    kind="policy",
    title="上一期保单未报送",
    severity="notice",
    clause=clauses.STANDARD,
    linked=True,
    mend="上一期由本机构承保的请补报；网关启用前的保单可标记 migrated 后报送。",
)
def renewed_policy_unknown(policy: Policy, known: Known) -> Iterator[Fault]:
    if policy.renewal_of is not None and policy.renewal_of not in known.policies:
        yield Fault("/renewal_of", "已报送的保单号", policy.renewal_of, "网关尚未收到上一期保单。")


@rule(
    "policy.renewal_gap",
    kind="policy",
    title="续保中断",
    severity="warning",
    clause="明府办〔2016〕112号 二（三）4 届满前续保",
    linked=True,
    mend="应在保险期间届满前办理续保，请核对起期。",
)
def renewal_gap(policy: Policy, known: Known, *, renewal_gap_days_max: int) -> Iterator[Fault]:
    former = known.policies.get(policy.renewal_of or "")
    if former is None:
        return
    last = last_day(former, known)
    gap = (policy.effective_on - last).days - 1
    if gap > renewal_gap_days_max:
        yield Fault(
            "/effective_on",
            f"{last}到期次日起保",
            str(policy.effective_on),
            f"与上一期保险之间有{gap}日没有保障。",
        )


@rule(
    "policy.renewal_of_other_enterprise",
    kind="policy",
    title="续保的投保单位不同",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="单位更名换码的属正常；否则请核对上一期保单号。",
)
def renewal_of_other_enterprise(policy: Policy, known: Known) -> Iterator[Fault]:
    former = known.policies.get(policy.renewal_of or "")
    if former is not None and former.enterprise_uscc != policy.enterprise.uscc:
        expected = former.enterprise_uscc
        yield Fault("/renewal_of", expected, policy.enterprise.uscc, "上一期保单的投保单位与本保单不同。")


@rule(
    "policy.signed_on_moved",
    kind="policy",
    title="签单日期被改动",
    severity="warning",
    clause=clauses.ON_TIME,
    linked=True,
    mend="时限仍按首次报送的签单日期计算；确系更正的请保留依据。",
)
def signed_on_moved(policy: Policy, known: Known) -> Iterator[Fault]:
    stored = known.stored.get(policy.policy_no)
    if stored is None or stored.first_start_on is None or stored.first_start_on == policy.signed_on:
        return
    expected = f"首次报送的{stored.first_start_on}"
    yield Fault("/signed_on", expected, str(policy.signed_on), "签单日期与首次报送的不同，影响时限起算。")
