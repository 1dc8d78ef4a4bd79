"""IS the rate of a policy what its factors make it, within bounds, and floated in the right direction?"""

from collections.abc import Iterator
from decimal import Decimal

from ajx_gateway.rules import clauses
from ajx_gateway.rules.days import share, text
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule


def _with_factors(base: Decimal, policy: Policy) -> Decimal:
    for factor in policy.rating.factors:
        base *= factor.value
    return base


def _far(actual: Decimal, computed: Decimal, tolerance: Decimal) -> bool:
    return actual != computed and abs(actual - computed) > tolerance * max(actual, computed)


@rule(
    "policy.premium_differs_from_factors",
    kind="policy",
    title="应收保费与费率因子不符",
    severity="warning",
    clause=clauses.RATING,
    mend="请核对基准保费、调整因子和应收保费，因子应全部列出。",
)
def premium_differs_from_factors(policy: Policy, *, premium_tolerance_ratio: Decimal) -> Iterator[Fault]:
    computed = _with_factors(policy.premium.base, policy)
    if policy.rating.factors and _far(policy.premium.adjusted, computed, premium_tolerance_ratio):
        expected = f"约{computed:.2f}（基准保费×各因子）"
        yield Fault(
            "/premium/adjusted", expected, text(policy.premium.adjusted), "应收保费与基准保费乘以各因子不符。"
        )


@rule(
    "policy.rate_differs_from_factors",
    kind="policy",
    title="实际费率与费率因子不符",
    severity="warning",
    clause=clauses.RATING,
    mend="请核对基准费率、调整因子和实际费率，因子应全部列出。",
)
def rate_differs_from_factors(policy: Policy, *, rate_tolerance_ratio: Decimal) -> Iterator[Fault]:
    rating = policy.rating
    computed = _with_factors(rating.base_rate, policy)
    if rating.factors and _far(rating.actual_rate, computed, rate_tolerance_ratio):
        expected = f"约{computed:.6f}（基准费率×各因子）"
        yield Fault(
            "/rating/actual_rate", expected, text(rating.actual_rate), "实际费率与基准费率乘以各因子不符。"
        )


@rule(
    "policy.rate_float_exceeded",
    kind="policy",
    title="费率浮动超过幅度",
    severity="error",
    clause=clauses.RATING,
    mend="请按备案的费率和浮动幅度核定实际费率。",
)
def rate_float_exceeded(policy: Policy, *, rate_float_bound: Decimal) -> Iterator[Fault]:
    rating = policy.rating
    if abs(rating.actual_rate - rating.base_rate) > rate_float_bound * rating.base_rate:
        expected = f"在基准费率{text(rating.base_rate)}的±{share(rate_float_bound)}以内"
        yield Fault("/rating/actual_rate", expected, text(rating.actual_rate), "实际费率超出规定的浮动幅度。")


@rule(
    "policy.rate_lowered_without_ground",
    kind="policy",
    title="应上浮的费率被下浮",
    severity="warning",
    clause=clauses.RATING,
    mend="黑名单、职业健康D级的单位费率不应低于基准费率，请核对。",
)
def rate_lowered_without_ground(
    policy: Policy,
    *,
    float_up_credit_lists: tuple[str, ...],
    float_up_occupational_health_grades: tuple[str, ...],
) -> Iterator[Fault]:
    enterprise, rating = policy.enterprise, policy.rating
    bad = (
        enterprise.credit_list in float_up_credit_lists
        or enterprise.occupational_health_grade in float_up_occupational_health_grades
    )
    if bad and rating.actual_rate < rating.base_rate:
        expected = f"不低于基准费率{text(rating.base_rate)}"
        yield Fault(
            "/rating/actual_rate", expected, text(rating.actual_rate), "该单位应上浮费率，实际却下浮。"
        )


@rule(
    "policy.rate_raised_despite_merit",
    kind="policy",
    title="应下浮的费率被上浮",
    severity="notice",
    clause=clauses.RATING,
    mend="红名单、标准化一二级、职业健康A级的单位可以下浮费率，请核对上浮原因。",
)
def rate_raised_despite_merit(
    policy: Policy,
    *,
    float_down_credit_lists: tuple[str, ...],
    float_down_standardization_levels: tuple[str, ...],
    float_down_occupational_health_grades: tuple[str, ...],
) -> Iterator[Fault]:
    enterprise, rating = policy.enterprise, policy.rating
    good = (
        enterprise.credit_list in float_down_credit_lists
        or enterprise.standardization_level in float_down_standardization_levels
        or enterprise.occupational_health_grade in float_down_occupational_health_grades
    )
    if good and rating.actual_rate > rating.base_rate:
        expected = f"不高于基准费率{text(rating.base_rate)}"
        yield Fault(
            "/rating/actual_rate", expected, text(rating.actual_rate), "该单位可下浮费率，实际却上浮。"
        )


@rule(
    "policy.rate_below_pure_risk",
    kind="policy",
    title="实际费率低于纯风险损失率",
    severity="warning",
    clause=clauses.MEASURES,
    mend="请核对费率，防止低价竞争。",
)
def rate_below_pure_risk(policy: Policy) -> Iterator[Fault]:
    pure, actual = policy.rating.pure_risk_loss_rate, policy.rating.actual_rate
    if pure is not None and actual < pure:
        yield Fault("/rating/actual_rate", f"不低于{text(pure)}", text(actual), "实际费率低于纯风险损失率。")
