"""IS the policy of a record known, and still valid? Warnings that clear themselves when it arrives."""

from collections.abc import Iterator
from typing import Any

from ajx_gateway.rules import clauses
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.registry import Fault, rule

_TITLES = {
    "endorsement": "批单",
    "claim": "赔案",
    "service_plan": "服务计划",
    "service": "服务记录",
    "hazard": "隐患",
    "fund_entry": "台账分录",
}


def policy_unknown(record: Any, known: Known) -> Iterator[Fault]:
    if record.policy_no is not None and record.policy_no not in known.policies:
        yield Fault("/policy_no", "已报送的保单号", record.policy_no, "网关尚未收到该保单。")


for _kind, _title in _TITLES.items():
    rule(
        f"{_kind}.policy_unknown",
        kind=_kind,
        title=f"{_title}的保单尚未报送",
        severity="warning",
        clause=clauses.STANDARD,
        linked=True,
        mend="请报送该保单，保单到达后本提示自动消除；号码有误的请更正。",
    )(policy_unknown)


@rule(
    "record.policy_voided",
    kind=tuple(_TITLES),
    title="所属保单已作废",
    severity="warning",
    clause=clauses.STANDARD,
    linked=True,
    mend="请核对保单号；保单误作废的请重新报送保单。",
)
def policy_voided(record: Any, known: Known) -> Iterator[Fault]:
    policy = known.policies.get(record.policy_no or "")
    if policy is not None and policy.voided:
        yield Fault("/policy_no", "有效的保单", policy.policy_no, "所属保单已经作废。")
