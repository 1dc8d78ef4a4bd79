"""DOES a claim fit its policy: period, limits, and the first completion ever filed?"""

from collections.abc import Iterator
from datetime import date

from ajx_gateway.rules import clauses
from ajx_gateway.rules.cover_period import cancelled_on, last_day
from ajx_gateway.rules.days import local_day, text
from ajx_gateway.rules.facts import claim_facts
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.records import Claim
from ajx_gateway.rules.registry import Fault, rule
from ajx_gateway.rules.sums import claims_paid

COMPLETION = "应急监二〔2023〕84号附件 第8项"


@rule(
    "claim.outside_period",
    kind="claim",
    title="出险日不在保险期间",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对出险时间、保单号，以及是否有延期批单未报送。",
)
def outside_period(claim: Claim, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(claim.policy_no)
    if policy is None:
        return
    first, last = policy.effective_on, last_day(policy, known)
    occurred_on = local_day(claim.accident.occurred_at)
    if not first <= occurred_on <= last:
        yield Fault("/accident/occurred_at", f"{first}至{last}", str(occurred_on), "出险日不在保险期间内。")


@rule(
    "claim.after_cancellation",
    kind="claim",
    title="退保后出险",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对退保生效日期与出险时间。",
)
def after_cancellation(claim: Claim, known: Known) -> Iterator[Fault]:
    if claim.policy_no not in known.policies:
        return
    cancelled = cancelled_on(claim.policy_no, known)
    occurred_on = local_day(claim.accident.occurred_at)
    if cancelled is not None and occurred_on >= cancelled:
        yield Fault(
            "/accident/occurred_at", f"早于退保生效日{cancelled}", str(occurred_on), "出险时保单已经退保。"
        )


@rule(
    "claim.paid_above_accident_limit",
    kind="claim",
    title="赔款超过每次事故限额",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对赔款与保单限额；限额已批改的请更新保单。",
)
def paid_above_accident_limit(claim: Claim, known: Known) -> Iterator[Fault]:
    policy, paid = known.policies.get(claim.policy_no), claim_facts(claim).paid
    if policy is not None and paid > policy.per_accident:
        expected = f"不高于{text(policy.per_accident)}"
        yield Fault("/payments", expected, text(paid), "本案赔款超过每次事故责任限额。")


@rule(
    "claim.paid_above_aggregate_limit",
    kind="claim",
    title="累计赔款超过累计限额",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对该保单各赔案的赔款与累计限额。",
)
def paid_above_aggregate_limit(claim: Claim, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(claim.policy_no)
    if policy is None:
        return
    paid = claims_paid(known, claim.policy_no)
    if paid > policy.aggregate:
        yield Fault(
            "/payments", f"累计不高于{text(policy.aggregate)}", text(paid), "该保单累计赔款超过累计责任限额。"
        )


def completion_day(claim: Claim) -> date | None:
    """理赔完成: the later of the final payment and the closing; a closing without payment counts alone."""
    if claim.closed_on is None:
        return None
    return max((claim.closed_on, *(payment.paid_on for payment in claim.payments)))


@rule(
    "claim.completion_moved",
    kind="claim",
    title="理赔完成日期被改动",
    severity="warning",
    clause=COMPLETION,
    linked=True,
    mend="时限仍按首次报送的理赔完成日计算；重开的赔案请填写重开日期和原因。",
)
def completion_moved(claim: Claim, known: Known) -> Iterator[Fault]:
    stored, completed = known.stored.get(claim.claim_no), completion_day(claim)
    if stored is None or stored.first_start_on is None or completed is None or claim.reopened_on is not None:
        return
    if completed != stored.first_start_on:
        expected = f"首次报送的{stored.first_start_on}"
        yield Fault("/closed_on", expected, str(completed), "理赔完成日期与首次报送的不同，影响时限起算。")
