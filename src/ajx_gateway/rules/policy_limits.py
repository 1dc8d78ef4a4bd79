"""ARE limits, coverages and deductibles of a policy consistent, and as high as the law of the place asks?"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ajx_gateway.rules import clauses
from ajx_gateway.rules.days import text
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule


def limit_order(limits: Any, at: str) -> Iterator[Fault]:
    """Per person <= per accident <= aggregate; shared with endorsements that change limits."""
    if limits.per_person_death > limits.per_accident:
        expected = f"不低于每人限额{text(limits.per_person_death)}"
        yield Fault(f"{at}/per_accident", expected, text(limits.per_accident), "每次事故限额低于每人限额。")
    if limits.per_accident > limits.aggregate:
        expected = f"不低于每次事故限额{text(limits.per_accident)}"
        yield Fault(f"{at}/aggregate", expected, text(limits.aggregate), "累计限额低于每次事故限额。")


@rule(
    "policy.limits_out_of_order",
    kind="policy",
    title="责任限额大小颠倒",
    severity="error",
    clause=clauses.STANDARD,
    mend="应满足：每人限额 ≤ 每次事故限额 ≤ 累计限额。",
)
def limits_out_of_order(policy: Policy) -> Iterator[Fault]:
    yield from limit_order(policy.limits, "/limits")


@rule(
    "policy.limit_zero",
    kind="policy",
    title="责任限额为零",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写保单载明的责任限额。",
)
def limit_zero(policy: Policy) -> Iterator[Fault]:
    if policy.limits.per_person_death == 0:
        yield Fault("/limits/per_person_death", "大于0", "0", "每人死亡伤残责任限额为零。")


@rule(
    "policy.medical_above_death",
    kind="policy",
    title="每人医疗限额高于每人死亡限额",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对两项限额是否填反。",
)
def medical_above_death(policy: Policy) -> Iterator[Fault]:
    medical, death = policy.limits.per_person_medical, policy.limits.per_person_death
    if medical is not None and medical > death:
        yield Fault(
            "/limits/per_person_medical", f"不高于{text(death)}", text(medical), "每人医疗限额高于死亡限额。"
        )


@rule(
    "policy.sublimit_above_aggregate",
    kind="policy",
    title="分项限额高于累计限额",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对第三者、救援、法律费用等分项限额。",
)
def sublimit_above_aggregate(policy: Policy) -> Iterator[Fault]:
    limits = policy.limits
    for name in ("third_party_per_accident", "third_party_property", "rescue", "legal"):
        sublimit = getattr(limits, name)
        if sublimit is not None and sublimit > limits.aggregate:
            expected = f"不高于累计限额{text(limits.aggregate)}"
            yield Fault(f"/limits/{name}", expected, text(sublimit), "分项限额高于累计限额。")


@rule(
    "policy.third_party_limits_out_of_order",
    kind="policy",
    title="第三者财产限额高于第三者每次事故限额",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对两项限额。",
)
def third_party_limits_out_of_order(policy: Policy) -> Iterator[Fault]:
    per_accident, property_ = policy.limits.third_party_per_accident, policy.limits.third_party_property
    if per_accident is not None and property_ is not None and property_ > per_accident:
        expected = f"不高于{text(per_accident)}"
        message = "第三者财产限额高于第三者每次事故限额。"
        yield Fault("/limits/third_party_property", expected, text(property_), message)


@rule(
    "policy.death_limit_below_floor",
    kind="policy",
    title="每人死亡限额低于下限",
    severity="error",
    clause=clauses.MEASURES,
    mend="请按规定的最低保障承保。",
)
def death_limit_below_floor(policy: Policy, *, death_limit_floor: Decimal) -> Iterator[Fault]:
    limit = policy.limits.per_person_death
    if limit < death_limit_floor:
        expected = f"不低于{text(death_limit_floor)}"
        yield Fault("/limits/per_person_death", expected, text(limit), "每人死亡伤残责任限额低于规定下限。")


def _income(
    urban_income: Mapping[str, Mapping[int, Decimal]], division: str, before: int
) -> tuple[int, Decimal] | None:
    """(year, yuan) of the latest published income of the nearest place before that year."""
    for code in (division[:6], f"{division[:4]}00", f"{division[:2]}0000", "000000"):
        years = [year for year in urban_income.get(code, ()) if year < before]
        if years:
            return max(years), urban_income[code][max(years)]
    return None


@rule(
    "policy.death_limit_below_income",
    kind="policy",
    title="每人死亡限额低于收入倍数",
    severity="error",
    clause=clauses.RATING,
    mend="请按上一年度当地城镇居民人均可支配收入的倍数核定每人限额。",
)
def death_limit_below_income(
    policy: Policy,
    *,
    death_limit_income_multiple: Decimal,
    urban_income: Mapping[str, Mapping[int, Decimal]],
) -> Iterator[Fault]:
    income = _income(urban_income, policy.enterprise.division, policy.signed_on.year)
    limit = policy.limits.per_person_death
    if income is not None and limit < death_limit_income_multiple * income[1]:
        floor = death_limit_income_multiple * income[1]
        expected = f"不低于{floor:.2f}（{income[0]}年{text(income[1])}×{text(death_limit_income_multiple)}）"
        yield Fault("/limits/per_person_death", expected, text(limit), "每人死亡限额低于规定的收入倍数。")


@rule(
    "policy.income_figure_outdated",
    kind="policy",
    title="收入数据不是上一年度",
    severity="notice",
    clause=clauses.RATING,
    mend="上一年度收入尚未公布，暂按最近年度判断，无需处理。",
)
def income_figure_outdated(
    policy: Policy,
    *,
    death_limit_income_multiple: Decimal,
    urban_income: Mapping[str, Mapping[int, Decimal]],
) -> Iterator[Fault]:
    before = policy.signed_on.year
    income = _income(urban_income, policy.enterprise.division, before)
    if income is not None and income[0] != before - 1:
        actual = f"{income[0]}年（×{text(death_limit_income_multiple)}）"
        yield Fault(
            "/limits/per_person_death", f"{before - 1}年收入", actual, "没有上一年度的人均可支配收入。"
        )


@rule(
    "policy.death_limit_implausible",
    kind="policy",
    title="每人死亡限额异常高",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对限额的单位（元）。",
)
def death_limit_implausible(policy: Policy, *, death_limit_plausible_max: Decimal) -> Iterator[Fault]:
    limit = policy.limits.per_person_death
    if limit > death_limit_plausible_max:
        expected = f"不高于{text(death_limit_plausible_max)}"
        yield Fault("/limits/per_person_death", expected, text(limit), "每人死亡伤残责任限额异常高。")
