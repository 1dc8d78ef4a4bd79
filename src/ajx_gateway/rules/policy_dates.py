"""ARE the days of a policy in order? Signing, effect, expiry, head count, payment, conversion."""

from collections.abc import Iterator

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.days import months_between
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule


@rule(
    "policy.expires_before_effective",
    kind="policy",
    title="保险期间止期早于起期",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对起止日期，止期为承保的最后一日（含当日）。",
)
def expires_before_effective(policy: Policy) -> Iterator[Fault]:
    if policy.expires_on < policy.effective_on:
        yield Fault(
            "/expires_on", f"不早于{policy.effective_on}", str(policy.expires_on), "保险期间的止期早于起期。"
        )


@rule(
    "policy.signed_after_effective",
    kind="policy",
    title="签单晚于起保（倒签）",
    severity="warning",
    clause=clauses.STANDARD,
    mend="倒签单请核实原因；日期填错的请更正后重报。",
)
def signed_after_effective(policy: Policy) -> Iterator[Fault]:
    if policy.signed_on > policy.effective_on:
        expected = f"不晚于{policy.effective_on}"
        yield Fault("/signed_on", expected, str(policy.signed_on), "签单日期晚于保险起期，疑似倒签。")


@rule(
    "policy.signed_in_future",
    kind="policy",
    title="签单日期在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请在签单后报送，或更正签单日期。",
)
def signed_in_future(policy: Policy, arrival: Arrival) -> Iterator[Fault]:
    if policy.signed_on > arrival.today:
        expected = f"不晚于接收日{arrival.today}"
        yield Fault("/signed_on", expected, str(policy.signed_on), "签单日期晚于网关接收日期。")


@rule(
    "policy.term_too_long",
    kind="policy",
    title="保险期限过长",
    severity="warning",
    clause=clauses.RATING,
    mend="工程项目请将保险标的类型填为 project；其他情形请核对止期。",
)
def term_too_long(policy: Policy, *, term_months_max: int) -> Iterator[Fault]:
    months = months_between(policy.effective_on, policy.expires_on)
    if policy.subject.type != "project" and months > term_months_max:
        message = f"保险期限约{months}个月，超过{term_months_max}个月。"
        yield Fault("/expires_on", f"不超过{term_months_max}个月", str(policy.expires_on), message)


@rule(
    "policy.project_term_implausible",
    kind="policy",
    title="项目保险期限异常",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对起止日期的年份。",
)
def project_term_implausible(policy: Policy, *, project_term_months_max: int) -> Iterator[Fault]:
    months = months_between(policy.effective_on, policy.expires_on)
    if policy.subject.type == "project" and months > project_term_months_max:
        expected = f"不超过{project_term_months_max}个月"
        yield Fault(
            "/expires_on", expected, str(policy.expires_on), f"项目保险期限约{months}个月，明显过长。"
        )


@rule(
    "policy.effective_long_after_signing",
    kind="policy",
    title="起保日距签单日过久",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对签单日期与保险起期。",
)
def effective_long_after_signing(policy: Policy, *, effective_lead_days_max: int) -> Iterator[Fault]:
    lead = (policy.effective_on - policy.signed_on).days
    if lead > effective_lead_days_max:
        expected = f"签单后{effective_lead_days_max}日内起保"
        yield Fault("/effective_on", expected, str(policy.effective_on), f"签单后{lead}日才起保。")


@rule(
    "policy.filed_late",
    kind="policy",
    title="签单后很久才报送",
    severity="notice",
    clause=clauses.ON_TIME,
    mend="请在签单后及时报送；网关启用前签发的保单请标记 migrated。",
)
def filed_late(policy: Policy, arrival: Arrival, *, filing_lag_days_max: int) -> Iterator[Fault]:
    lag = (arrival.today - policy.signed_on).days
    if not policy.migrated and lag > filing_lag_days_max:
        expected = f"签单后{filing_lag_days_max}日内报送"
        yield Fault("/signed_on", expected, str(policy.signed_on), f"签单后{lag}日才报送。")


@rule(
    "policy.employee_count_after_signing",
    kind="policy",
    title="员工人数统计日晚于签单日",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请填写投保时采用的统计日期。",
)
def employee_count_after_signing(policy: Policy) -> Iterator[Fault]:
    counted_on = policy.enterprise.employee_count_on
    if counted_on > policy.signed_on:
        pointer = "/enterprise/employee_count_on"
        yield Fault(pointer, f"不晚于{policy.signed_on}", str(counted_on), "员工人数的统计日期晚于签单日期。")


@rule(
    "policy.employee_count_outdated",
    kind="policy",
    title="员工人数统计日过旧",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请向投保单位核实最近的从业人员数。",
)
def employee_count_outdated(policy: Policy, *, employee_count_age_days_max: int) -> Iterator[Fault]:
    counted_on = policy.enterprise.employee_count_on
    age = (policy.signed_on - counted_on).days
    if age > employee_count_age_days_max:
        expected = f"签单前{employee_count_age_days_max}日内"
        yield Fault(
            "/enterprise/employee_count_on", expected, str(counted_on), f"员工人数是签单前{age}日统计的。"
        )


@rule(
    "policy.premium_received_in_future",
    kind="policy",
    title="保费到账日期在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="尚未到账的保费请不要填写到账日期。",
)
def premium_received_in_future(policy: Policy, arrival: Arrival) -> Iterator[Fault]:
    received_on = policy.premium.received_on
    if received_on is not None and received_on > arrival.today:
        expected = f"不晚于接收日{arrival.today}"
        yield Fault("/premium/received_on", expected, str(received_on), "保费到账日期晚于网关接收日期。")


@rule(
    "policy.premium_received_after_effective",
    kind="policy",
    title="起保后保费才到账",
    severity="notice",
    clause=clauses.MEASURES,
    mend="请督促投保单位及时、足额缴纳保费。",
)
def premium_received_after_effective(policy: Policy) -> Iterator[Fault]:
    received_on = policy.premium.received_on
    if received_on is not None and received_on > policy.effective_on:
        expected = f"不晚于{policy.effective_on}"
        yield Fault("/premium/received_on", expected, str(received_on), "保费在保险起期之后才到账。")


@rule(
    "policy.conversion_gap",
    kind="policy",
    title="转投前后保障中断",
    severity="notice",
    clause=clauses.CONVERSION,
    mend="同类商业保险到期后应当及时转投，请核对两个日期。",
)
def conversion_gap(policy: Policy) -> Iterator[Fault]:
    former = policy.converted_from
    if former is not None and (policy.effective_on - former.expires_on).days > 1:
        expected = "原保险到期次日起保"
        yield Fault(
            "/effective_on",
            expected,
            str(policy.effective_on),
            f"原保险{former.expires_on}到期，保障有中断。",
        )


@rule(
    "policy.placement_filed_after_signing",
    kind="policy",
    title="异地投保报备晚于签单",
    severity="notice",
    clause=clauses.PLACEMENT,
    mend="异地投保应当先向行业主管部门报备，请核对报备日期。",
)
def placement_filed_after_signing(policy: Policy) -> Iterator[Fault]:
    filing = policy.remote_placement_filing
    if filing is not None and filing.filed_on > policy.signed_on:
        pointer = "/remote_placement_filing/filed_on"
        yield Fault(
            pointer, f"不晚于{policy.signed_on}", str(filing.filed_on), "异地投保报备日期晚于签单日期。"
        )
