"""IS each item acceptable, under the law of its place and day? One plain loop over the rules that apply."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ajx_gateway.jurisdictions import Profile
from ajx_gateway.rules.binding import Bench, Bound
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.places import own_place, policy_place
from ajx_gateway.rules.registry import Fault, engine_rule
from ajx_gateway.rules.siblings import merged
from ajx_gateway.standard import Finding, Item

FINDINGS_MAX = 100
GATEWAY = "网关接口规范"

INTERNAL = engine_rule(
    "rule.internal",
    title="规则执行异常",
    severity="warning",
    clause=GATEWAY,
    mend="本条记录不受影响，无需重报；请将回执编号告知网关运维方。",
)
CONFLICT = engine_rule(
    "record.revised_at_conflict",
    title="同一修订时间内容不一致",
    severity="error",
    clause=GATEWAY,
    mend="请以核心系统最后修改时间作为 revised_at，内容变化时该时间应当变化。",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """An item with its verdict. ``findings`` holds the first 100, ``count`` says how many there were."""

    item: Item
    profile: Profile | None
    findings: tuple[Finding, ...]
    count: int
    accepted: bool


def judge(kind: str, items: Sequence[Item], known: Known, *, surface_errors: bool = False) -> list[Judged]:
    """The verdict on every item of one batch, in its order.

    A rule that fails by a programming error costs the sender nothing: it becomes a ``rule.internal`` warning,
    unless ``surface_errors`` (the tests' setting) lets it through.
    """
    run = _surfacing if surface_errors else _guarded
    bench = Bench(kind)
    own = [_own_findings(bench, item, known, run) for item in items]
    for index in _conflicting(items, own, known):
        own[index].append(_conflict_finding(items[index]))
    accepted = [not any(finding.severity == "error" for finding in findings) for findings in own]
    stored = [
        (item.key, item.record)
        for item, passes in zip(items, accepted, strict=True)
        if passes and item.key is not None and item.record is not None
    ]
    wider = merged(kind, stored, known)
    return [
        _judged(bench, item, findings, passes, wider, run)
        for item, findings, passes in zip(items, own, accepted, strict=True)
    ]


Run = Callable[[Bound, Any, Known], list[Finding]]


def _own_findings(bench: Bench, item: Item, known: Known, run: Run) -> list[Finding]:
    found = list(item.findings)
    if item.record is None:
        return found
    for bound in bench.own_rules(*own_place(bench.kind, item.record)):
        found += run(bound, item.record, known)
    return found


def _judged(bench: Bench, item: Item, own: list[Finding], passes: bool, known: Known, run: Run) -> Judged:
    if item.record is None:
        return Judged(item, None, tuple(own[:FINDINGS_MAX]), len(own), False)
    place = policy_place(bench.kind, item.record, known)
    found = list(own)
    if passes:
        for bound in bench.linked_rules(*place):
            found += run(bound, item.record, known)
    found.sort(key=_gravity)  # what refuses the item is never cut off by what merely warns
    return Judged(item, bench.law(*place), tuple(found[:FINDINGS_MAX]), len(found), passes)


def _gravity(finding: Finding) -> int:
    return ("error", "warning", "notice").index(finding.severity)


def _surfacing(bound: Bound, record: Any, known: Known) -> list[Finding]:
    if bound.contextual:
        faults = bound.check(record, known, **bound.arguments)
    else:
        faults = bound.check(record, **bound.arguments)
    return [_finding(bound, fault) for fault in faults]


def _guarded(bound: Bound, record: Any, known: Known) -> list[Finding]:
    try:
        return _surfacing(bound, record, known)
    except Exception:  # a push never becomes a 500 because one rule is wrong
        message = f"规则 {bound.rule.id} 执行时发生内部异常，已跳过。{INTERNAL.mend}"
        return [Finding(INTERNAL.id, INTERNAL.severity, "", "规则正常执行", "", message, INTERNAL.clause)]


def _finding(bound: Bound, fault: Fault) -> Finding:
    made = bound.rule
    message = f"{fault.message}{made.mend}"
    return Finding(
        made.id, bound.severity, fault.pointer, fault.expected, fault.actual, message, bound.clause
    )


def _conflicting(items: Sequence[Item], own: list[list[Finding]], known: Known) -> Iterator[int]:
    """Positions whose key and revised_at an earlier item, or the stored record, has with other content."""
    seen: dict[tuple[str, Any], bytes] = {}
    for index, item in enumerate(items):
        if item.record is None or item.key is None or any(each.severity == "error" for each in own[index]):
            continue
        stored = known.stored.get(item.key)
        state = (item.key, item.record.revised_at)
        if stored is not None and stored.content_hash is not None and stored.revised_at == state[1]:
            seen.setdefault(state, stored.content_hash)
        if seen.setdefault(state, item.content_hash) != item.content_hash:
            yield index


def _conflict_finding(item: Item) -> Finding:
    revised_at = "" if item.record is None else item.record.revised_at.isoformat()
    message = f"同一业务号、同一修订时间已有内容不同的记录。{CONFLICT.mend}"
    return Finding(
        CONFLICT.id, CONFLICT.severity, "/revised_at", "内容变化时修订时间也变化", revised_at, message, CONFLICT.clause
    )
