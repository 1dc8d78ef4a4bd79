"""ARE the days of a claim in order, and do they fit its state?"""

from collections.abc import Iterator
from datetime import date

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.days import local_day
from ajx_gateway.rules.records import Claim
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "claim.occurred_after_reported",
    kind="claim",
    title="出险时间晚于报案时间",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对出险时间与报案时间及其时区。",
)
def occurred_after_reported(claim: Claim) -> Iterator[Fault]:
    occurred_at = claim.accident.occurred_at
    if occurred_at > claim.reported_at:
        expected = f"不晚于{claim.reported_at.isoformat()}"
        yield Fault("/accident/occurred_at", expected, occurred_at.isoformat(), "出险时间晚于报案时间。")


@rule(
    "claim.reported_late",
    kind="claim",
    title="出险后很久才报案",
    severity="notice",
    clause=clauses.STANDARD,
    mend="请核对出险时间的年份；确系迟报的请说明情况。",
)
def reported_late(claim: Claim, *, claim_report_days_max: int) -> Iterator[Fault]:
    lag = (local_day(claim.reported_at) - local_day(claim.accident.occurred_at)).days
    if lag > claim_report_days_max:
        expected = f"出险后{claim_report_days_max}日内"
        yield Fault("/reported_at", expected, claim.reported_at.isoformat(), f"出险{lag}日后才报案。")


def _dated(claim: Claim) -> Iterator[tuple[str, date, str]]:
    """(pointer, day, Chinese name) of the claim's own days."""
    yield "/reported_at", local_day(claim.reported_at), "报案"
    for name, title in (
        ("registered_on", "立案"),
        ("surveyed_on", "查勘"),
        ("adjudicated_on", "核赔"),
        ("closed_on", "结案"),
        ("reopened_on", "重开"),
        ("third_party_claim_on", "第三者索赔"),
    ):
        day = getattr(claim, name)
        if day is not None:
            yield f"/{name}", day, title
    if claim.refusal is not None:
        yield "/refusal/refused_on", claim.refusal.refused_on, "拒赔"
    for name in ("advance_payments", "payments"):
        for index, payment in enumerate(getattr(claim, name)):
            yield f"/{name}/{index}/paid_on", payment.paid_on, "赔付"


@rule(
    "claim.in_future",
    kind="claim",
    title="理赔日期在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请在事项发生后报送，或更正日期。",
)
def in_future(claim: Claim, arrival: Arrival) -> Iterator[Fault]:
    received_on = arrival.today
    for pointer, day, title in _dated(claim):
        if day > received_on:
            yield Fault(pointer, f"不晚于接收日{received_on}", str(day), f"{title}日期晚于网关接收日期。")


@rule(
    "claim.before_accident",
    kind="claim",
    title="理赔日期早于出险日",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对出险时间和各环节日期。",
)
def before_accident(claim: Claim) -> Iterator[Fault]:
    occurred_on = local_day(claim.accident.occurred_at)
    for pointer, day, title in _dated(claim):
        if day < occurred_on and pointer != "/reported_at":
            yield Fault(pointer, f"不早于出险日{occurred_on}", str(day), f"{title}日期早于出险日期。")


@rule(
    "claim.dates_out_of_order",
    kind="claim",
    title="理赔环节日期颠倒",
    severity="error",
    clause=clauses.STANDARD,
    mend="应满足：报案 ≤ 立案 ≤ 核赔 ≤ 结案。",
)
def dates_out_of_order(claim: Claim) -> Iterator[Fault]:
    earlier, earlier_title = local_day(claim.reported_at), "报案"
    for name, title in (("registered_on", "立案"), ("adjudicated_on", "核赔"), ("closed_on", "结案")):
        day = getattr(claim, name)
        if day is None:
            continue
        if day < earlier:
            message = f"{title}日期早于{earlier_title}日期。"
            yield Fault(f"/{name}", f"不早于{earlier_title}日{earlier}", str(day), message)
        earlier, earlier_title = max(earlier, day), title


_STAGES = {
    "registered": ("registered_on",),
    "adjudicated": ("registered_on", "adjudicated_on"),
    "paid": ("registered_on", "adjudicated_on"),
}


@rule(
    "claim.stage_date_missing",
    kind="claim",
    title="赔案状态缺少相应日期",
    severity="error",
    clause=clauses.STANDARD,
    mend="立案起填写 registered_on，核赔起填写 adjudicated_on。",
)
def stage_date_missing(claim: Claim) -> Iterator[Fault]:
    for name in _STAGES.get(claim.state, ()):
        if getattr(claim, name) is None:
            yield Fault(f"/{name}", "日期", "", f"状态为{claim.state}，但没有该环节的日期。")


@rule(
    "claim.reopen_incomplete",
    kind="claim",
    title="重开赔案缺少日期或原因",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写 reopened_on 和 reopen_reason。",
)
def reopen_incomplete(claim: Claim) -> Iterator[Fault]:
    if claim.state != "reopened":
        return
    for name, title in (("reopened_on", "重开日期"), ("reopen_reason", "重开原因")):
        if getattr(claim, name) is None:
            yield Fault(f"/{name}", title, "", f"重开的赔案没有{title}。")


@rule(
    "claim.reopened_before_closed",
    kind="claim",
    title="重开早于结案",
    severity="error",
    clause=clauses.STANDARD,
    mend="请保留首次结案日期；重开日期不得早于它。",
)
def reopened_before_closed(claim: Claim) -> Iterator[Fault]:
    reopened_on, closed_on = claim.reopened_on, claim.closed_on
    if (
        claim.state == "reopened"
        and reopened_on is not None
        and closed_on is not None
        and reopened_on < closed_on
    ):
        yield Fault("/reopened_on", f"不早于结案日{closed_on}", str(reopened_on), "重开日期早于结案日期。")


@rule(
    "claim.decided_late",
    kind="claim",
    title="核定超过法定期限",
    severity="notice",
    clause=f"{clauses.INSURANCE_LAW}第二十三条",
    mend="复杂赔案应当在期限内作出核定，请跟进。",
)
def decided_late(claim: Claim, *, claim_decide_days: int) -> Iterator[Fault]:
    if claim.adjudicated_on is None:
        return
    taken = (claim.adjudicated_on - local_day(claim.reported_at)).days
    if taken > claim_decide_days:
        expected = f"报案后{claim_decide_days}日内"
        yield Fault("/adjudicated_on", expected, str(claim.adjudicated_on), f"报案{taken}日后才核定。")


@rule(
    "claim.paid_late",
    kind="claim",
    title="赔付超过法定期限",
    severity="notice",
    clause=f"{clauses.INSURANCE_LAW}第二十三条",
    mend="达成赔偿协议后应当在期限内支付，请跟进。",
)
def paid_late(claim: Claim, *, claim_pay_days: int) -> Iterator[Fault]:
    if claim.adjudicated_on is None or claim.reopened_on is not None:
        return
    for index, payment in enumerate(claim.payments):
        taken = (payment.paid_on - claim.adjudicated_on).days
        if taken > claim_pay_days:
            expected = f"核赔后{claim_pay_days}日内"
            yield Fault(
                f"/payments/{index}/paid_on", expected, str(payment.paid_on), f"核赔{taken}日后才支付。"
            )
