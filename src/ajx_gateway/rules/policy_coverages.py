"""ARE the coverages of a policy complete, distinct and within its limits? And their deductibles coherent?"""

from collections.abc import Iterator
from typing import Any

from ajx_gateway.rules import clauses
from ajx_gateway.rules.days import text
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import Fault, rule
from ajx_gateway.standard import codes


@rule(
    "policy.coverage_repeated",
    kind="policy",
    title="保障责任重复",
    severity="error",
    clause=clauses.STANDARD,
    mend="同一保障责任只填写一次。",
)
def coverage_repeated(policy: Policy) -> Iterator[Fault]:
    listed = [coverage.code for coverage in policy.coverages]
    if len(set(listed)) < len(listed):
        for index, code in enumerate(listed):
            if code in listed[:index]:
                yield Fault(f"/coverages/{index}/code", "每项责任一次", code, "保障责任重复。")


@rule(
    "policy.coverage_missing",
    kind="policy",
    title="缺少基本保障责任",
    severity="warning",
    clause=clauses.COVERAGE,
    mend="保障范围不得小于规定的基本范围；保单确已包含的请补充填写。",
)
def coverage_missing(policy: Policy, *, required_coverages: tuple[str, ...]) -> Iterator[Fault]:
    covered = {coverage.code for coverage in policy.coverages}
    missing = [codes.title("coverage", code) for code in required_coverages if code not in covered]
    if missing:
        listed = "、".join(missing)
        yield Fault(
            "/coverages", f"包含{listed}", "、".join(sorted(covered)), f"缺少基本保障责任：{listed}。"
        )


@rule(
    "policy.coverage_limit_above_aggregate",
    kind="policy",
    title="单项责任限额高于累计限额",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对该项责任的限额。",
)
def coverage_limit_above_aggregate(policy: Policy) -> Iterator[Fault]:
    aggregate = policy.limits.aggregate
    for index, coverage in enumerate(policy.coverages):
        limit = coverage.limit
        if limit is not None and limit > aggregate:
            expected = f"不高于累计限额{text(aggregate)}"
            yield Fault(f"/coverages/{index}/limit", expected, text(limit), "单项责任限额高于累计限额。")


_NEEDS = {"none": (False, False), "amount": (True, False), "ratio": (False, True), "higher_of": (True, True)}


def _deductible_fault(deductible: Any) -> str | None:
    needs_amount, needs_ratio = _NEEDS[deductible.type]
    if (deductible.amount is not None) is not needs_amount:
        return "amount"
    if (deductible.ratio is not None) is not needs_ratio:
        return "ratio"
    return None


@rule(
    "policy.deductible_inconsistent",
    kind="policy",
    title="免赔类型与内容不一致",
    severity="error",
    clause=clauses.STANDARD,
    mend="无免赔（none）两项均不填；金额（amount）、比例（ratio）各填一项；较高者（higher_of）两项都填。",
)
def deductible_inconsistent(policy: Policy) -> Iterator[Fault]:
    for index, coverage in enumerate(policy.coverages):
        deductible = coverage.deductible
        if deductible is None:
            continue
        member = _deductible_fault(deductible)
        if member is not None:
            pointer = f"/coverages/{index}/deductible/{member}"
            message = "免赔类型与免赔额、免赔率的填写不一致。"
            yield Fault(pointer, f"与类型{deductible.type}一致", deductible.type, message)


@rule(
    "policy.deductible_consumes_cover",
    kind="policy",
    title="免赔使保障落空",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对免赔率、免赔额与该项限额。",
)
def deductible_consumes_cover(policy: Policy) -> Iterator[Fault]:
    for index, coverage in enumerate(policy.coverages):
        deductible = coverage.deductible
        if deductible is None:
            continue
        ratio, amount = deductible.ratio, deductible.amount
        if ratio is not None and ratio == 1:
            pointer = f"/coverages/{index}/deductible/ratio"
            yield Fault(pointer, "小于1", "1", "免赔率为100%，该项责任没有实际保障。")
        limit = coverage.limit
        if amount is not None and limit is not None and 0 < limit <= amount:
            pointer = f"/coverages/{index}/deductible/amount"
            yield Fault(pointer, f"小于限额{text(limit)}", text(amount), "免赔额不低于该项限额。")
