"""IS each item acceptable, under the law of its place and day? One plain loop over the rules that apply."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ajx_gateway.jurisdictions import Profile, profile
from ajx_gateway.rules.binding import Bound, Sitting, sitting
from ajx_gateway.rules.edition import edition
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.places import own_place, policy_place
from ajx_gateway.rules.registry import Fault, engine_rule
from ajx_gateway.rules.siblings import merged
from ajx_gateway.standard import Finding, Item, Record

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


class Judged(NamedTuple):
    """An item with its verdict. ``findings`` holds the first 100, ``found`` says how many there were.

    ``clean``: whenever it comes and whatever else is known, this content has no fault by the rules of this edition.
    """

    item: Item
    profile: Profile | None
    findings: tuple[Finding, ...]
    found: int
    accepted: bool
    clean: bool = False


def judge(kind: str, items: Sequence[Item], known: Known, *, surface_errors: bool = False) -> list[Judged]:
    """The verdict on every item of one batch, in its order.

    A rule that fails by a programming error costs the sender nothing: it becomes a ``rule.internal`` warning,
    unless ``surface_errors`` (the tests' setting) lets it through.
    """
    own: list[list[Finding]] = []
    clean: list[bool] = []
    for item in items:
        found, is_clean = _own_findings(kind, item, known, surface_errors)
        own.append(found)
        clean.append(is_clean)
    for index in _conflicting(items, own, known):
        own[index].append(_conflict_finding(items[index]))
    accepted = [
        item.record is not None and not _refusing(found) for item, found in zip(items, own, strict=True)
    ]
    stored = [
        (item.key, item.record)
        for item, passes in zip(items, accepted, strict=True)
        if passes and item.key is not None
    ]
    wider = merged(kind, stored, known)
    return [
        _judged(kind, item, found, passes, is_clean, wider, surface_errors=surface_errors)
        for item, found, passes, is_clean in zip(items, own, accepted, clean, strict=True)
    ]


def _own_findings(kind: str, item: Item, known: Known, surface_errors: bool) -> tuple[list[Finding], bool]:
    """What is wrong with the item by itself, and whether its content is clean.

    Content that is stored already and was found clean by the same rules is still clean: only when it came is new.
    """
    if item.record is None:
        return list(item.findings), False
    stored = known.stored.get(item.key or "")
    still_clean = (
        stored is not None and stored.clean_edition == edition() and stored.content_hash == item.content_hash
    )
    own = sitting(kind, profile(*own_place(kind, item.record)), "arrival" if still_clean else "own")
    told = _told(own, item.record, known, surface_errors)
    clean = still_clean or all(bound.contextual for bound, _ in told)
    return [*item.findings, *(_finding(bound, fault) for bound, fault in told)], clean


def _told(
    found_by: Sitting, record: Record, known: Known, surface_errors: bool
) -> list[tuple[Bound, Fault | None]]:
    """What the rules find in one record; the hot loop of a push. It never becomes a 500 because one rule is wrong."""
    if surface_errors:
        return [(bound, fault) for bound in found_by.rules for fault in _alone(bound, record, known)]
    told: list[tuple[Bound, Fault | None]] = []
    found_by.look(record, known, told.append)
    return told


def _alone(bound: Bound, record: Record, known: Known) -> Iterator[Fault]:
    return bound.check(record, known) if bound.contextual else bound.check(record)


def _judged(
    kind: str,
    item: Item,
    own: list[Finding],
    passes: bool,
    clean: bool,
    known: Known,
    *,
    surface_errors: bool,
) -> Judged:
    law, found = None, own
    if item.record is not None:
        law = profile(*policy_place(kind, item.record, known))
        if passes:
            linked = _told(sitting(kind, law, "linked"), item.record, known, surface_errors)
            found = [*own, *(_finding(bound, fault) for bound, fault in linked)]
    if len(found) > 1:
        found.sort(key=_gravity)  # what refuses the item is never cut off by what merely warns
    return Judged(item, law, tuple(found[:FINDINGS_MAX]), len(found), passes, clean)


def _refusing(findings: Sequence[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _gravity(finding: Finding) -> int:
    return ("error", "warning", "notice").index(finding.severity)


def _internal_finding(bound: Bound) -> Finding:
    message = f"规则 {bound.rule.id} 执行时发生内部异常，已跳过。{INTERNAL.mend}"
    return Finding(INTERNAL.id, INTERNAL.severity, "", "规则正常执行", "", message, INTERNAL.clause)


def _finding(bound: Bound, fault: Fault | None) -> Finding:
    if fault is None:
        return _internal_finding(bound)
    made = bound.rule
    message = f"{fault.message}{made.mend}"
    return Finding(
        made.id, bound.severity, fault.pointer, fault.expected, fault.actual, message, bound.clause
    )


def _conflicting(items: Sequence[Item], own: list[list[Finding]], known: Known) -> Iterator[int]:
    """Positions whose key and revised_at an earlier item, or a stored version, has with other content."""
    seen: dict[tuple[str, Any], bytes] = {}
    for index, item in enumerate(items):
        if item.record is None or item.key is None or _refusing(own[index]):
            continue
        stored = known.stored.get(item.key)
        state = (item.key, item.record.revised_at)
        before = None if stored is None else stored.content_at(state[1])
        if before is not None:
            seen.setdefault(state, before)
        if seen.setdefault(state, item.content_hash) != item.content_hash:
            yield index


def conflicted(one: Judged) -> Judged:
    """The verdict on an item whose instant another content took while it was being judged."""
    found = (_conflict_finding(one.item), *one.findings)
    return Judged(one.item, one.profile, found[:FINDINGS_MAX], one.found + 1, False)


def _conflict_finding(item: Item) -> Finding:
    revised_at = "" if item.record is None else item.record.revised_at.isoformat()
    message = f"同一业务号、同一修订时间已有内容不同的记录。{CONFLICT.mend}"
    return Finding(
        CONFLICT.id,
        CONFLICT.severity,
        "/revised_at",
        "内容变化时修订时间也变化",
        revised_at,
        message,
        CONFLICT.clause,
    )
