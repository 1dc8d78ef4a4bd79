"""DO casualties, grade, victims and items of a claim tell the same accident?"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ajx_gateway.rules import clauses
from ajx_gateway.rules.records import Claim
from ajx_gateway.rules.registry import Fault, rule

GRADES = ("general", "larger", "major", "extraordinary")
_DEATH_ITEMS = {"emp_death", "tp_injury"}


@rule(
    "claim.casualties_differ",
    kind="claim",
    title="伤亡人数与受害人名单不符",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对死亡、失踪人数与受害人名单。",
)
def casualties_differ(claim: Claim) -> Iterator[Fault]:
    if not claim.victims:
        return
    harms = Counter(victim.harm for victim in claim.victims)
    for name, harm, title in (("deaths", "death", "死亡"), ("missing", "missing", "下落不明")):
        stated = getattr(claim.accident, name)
        if stated != harms[harm]:
            message = f"{title}人数与受害人名单不符。"
            yield Fault(f"/accident/{name}", f"{harms[harm]}人（名单）", f"{stated}人", message)


@rule(
    "claim.death_item_missing",
    kind="claim",
    title="有死亡但没有死亡赔偿项目",
    severity="warning",
    clause=clauses.COVERAGE,
    mend="请补充 emp_death 或 tp_injury 项目；不属保险责任的请在拒赔信息中说明。",
)
def death_item_missing(claim: Claim) -> Iterator[Fault]:
    dead = claim.accident.deaths + claim.accident.missing
    listed = {item.code for item in claim.items}
    if dead > 0 and not listed & _DEATH_ITEMS:
        yield Fault(
            "/items",
            "emp_death 或 tp_injury",
            "、".join(sorted(listed)),
            "事故有死亡或下落不明，但没有相应赔偿项目。",
        )


def _grade(figure: Decimal | int, thresholds: Sequence[int]) -> int:
    """How many of the rising thresholds the figure reaches (a threshold itself is included)."""
    return bisect_right(thresholds, figure)


@rule(
    "claim.accident_grade_differs",
    kind="claim",
    title="事故等级与伤亡损失不符",
    severity="warning",
    clause=clauses.ACCIDENT_GRADES,
    mend="请按死亡、重伤人数和直接经济损失中最高的一项核定等级。",
)
def accident_grade_differs(
    claim: Claim,
    *,
    accident_grade_deaths: Sequence[int],
    accident_grade_injuries: Sequence[int],
    accident_grade_losses: Sequence[int],
) -> Iterator[Fault]:
    accident = claim.accident
    if accident.grade is None:
        return
    others = max(
        _grade(accident.serious_injuries, accident_grade_injuries),
        _grade(accident.direct_loss, accident_grade_losses),
    )
    confirmed = max(others, _grade(accident.deaths, accident_grade_deaths))
    presumed = max(others, _grade(accident.deaths + accident.missing, accident_grade_deaths))
    if accident.grade not in (GRADES[confirmed], GRADES[presumed]):  # the missing may still be found
        yield Fault(
            "/accident/grade", GRADES[presumed], accident.grade, "事故等级与伤亡人数、直接经济损失不符。"
        )


@rule(
    "claim.disability_scale_missing",
    kind="claim",
    title="伤残等级没有评定标准",
    severity="error",
    clause=clauses.DISABILITY,
    mend="填写伤残等级时必须同时填写评定标准。",
)
def disability_scale_missing(claim: Claim) -> Iterator[Fault]:
    for index, victim in enumerate(claim.victims or ()):
        if victim.disability_grade is not None and victim.disability_scale is None:
            yield Fault(
                f"/victims/{index}/disability_scale", "gbt16180 或 jrt0083", "", "有伤残等级但没有评定标准。"
            )


@rule(
    "claim.disability_grade_missing",
    kind="claim",
    title="伤残人员没有等级",
    severity="warning",
    clause=clauses.DISABILITY,
    mend="评定后请补充伤残等级和评定标准。",
)
def disability_grade_missing(claim: Claim) -> Iterator[Fault]:
    if claim.state not in ("paid", "closed"):
        return
    for index, victim in enumerate(claim.victims or ()):
        if victim.harm == "disability" and victim.disability_grade is None:
            yield Fault(f"/victims/{index}/disability_grade", "1至10级", "", "伤残人员没有伤残等级。")


@rule(
    "claim.victim_repeated",
    kind="claim",
    title="受害人重复",
    severity="error",
    clause=clauses.STANDARD,
    mend="同一人只列一次。",
)
def victim_repeated(claim: Claim) -> Iterator[Fault]:
    first: dict[tuple[str, str], int] = {}
    for index, victim in enumerate(claim.victims or ()):
        earlier = first.setdefault((victim.id_type, victim.id_no), index)
        if earlier != index:
            yield Fault(
                f"/victims/{index}", "每人一次", f"与第{earlier + 1}人相同", "受害人名单中有证件相同的人员。"
            )
