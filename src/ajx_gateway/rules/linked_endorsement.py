"""DOES an endorsement fit its policy's period?"""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.cover_period import last_day
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.records import Endorsement
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "endorsement.outside_period",
    kind="endorsement",
    title="批改生效日不在保险期间",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对批改生效日期与保单起止期。",
)
def outside_period(endorsement: Endorsement, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(endorsement.policy_no)
    if policy is None:
        return
    first, last = policy.effective_on, last_day(policy, known)
    if not first <= endorsement.effective_on <= last:
        yield Fault(
            "/effective_on", f"{first}至{last}", str(endorsement.effective_on), "批改生效日不在保险期间内。"
        )


@rule(
    "endorsement.new_expiry_not_later",
    kind="endorsement",
    title="新的止期早于保单止期",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="延长保险期限的新止期应晚于原止期，请核对。",
)
def new_expiry_not_later(endorsement: Endorsement, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(endorsement.policy_no)
    new_expires_on = endorsement.new_expires_on
    if policy is not None and new_expires_on is not None and new_expires_on < policy.expires_on:
        expected = f"不早于{policy.expires_on}"
        yield Fault("/new_expires_on", expected, str(new_expires_on), "新的止期早于保单止期。")


@rule(
    "endorsement.issued_before_signing",
    kind="endorsement",
    title="批改早于签单",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对批改日期与保单号。",
)
def issued_before_signing(endorsement: Endorsement, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(endorsement.policy_no)
    if policy is not None and endorsement.issued_on < policy.signed_on:
        yield Fault(
            "/issued_on",
            f"不早于{policy.signed_on}",
            str(endorsement.issued_on),
            "批改日期早于保单签单日期。",
        )
