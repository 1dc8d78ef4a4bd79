"""WHICH figures of coverage may a role see that may see no single enterprise? What cannot be traced to a few of them.

A figure of coverage tells of three groups at once: those on the roster, those insured and those not. Where one of them is
small, its whole slice is withheld, and with it what would give it away (``suppression``). Such a role gets the total, the
classes and the places. Sectors and targets are withheld altogether: they overlap with the classes and with each other,
so that one of them less another would be a figure of a few. What is said of staff stands beside the total only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Scope
from ajx_gateway.oversight import suppression
from ajx_gateway.oversight.shown import shown_instant

# The sums of coverage by some dimensions: key → name → number.
Sums = Callable[[Sequence[str]], Mapping[tuple[str, ...], Mapping[str, int]]]
_BY: Final = frozenset({"city", "district", "town", "class"})
_OVERLAP: Final = (
    "行业领域、目标与类别互相重叠，相减可得个别企业；当前身份的 by 只能取 city、district、town、class。"
)
_NOTE: Final = "当前身份不显示目标；全员投保等细项只随合计显示。"
_DETAILS: Final = ("by_policy", "by_evidence", "staff", "low_limit")


def only_whole(scope: Scope, given: Mapping[str, str], by: Sequence[str], as_of: datetime | None) -> None:
    """422 for a question of such a role that narrows, or cuts into what overlaps."""
    if scope.may_see_enterprises:
        return
    narrowing = {**given, "as_of": "" if as_of is None else shown_instant(as_of)}
    suppression.whole_tables_only(scope, narrowing, ("by",))
    if not _BY.issuperset(by):
        raise Unprocessable(_OVERLAP, parameter="by")


def withheld(
    scope: Scope, told: dict[str, Any], by: Sequence[str], sums: Sums, now: datetime
) -> dict[str, Any]:
    """The answer as this role may see it."""
    least = suppression.threshold(scope, now)
    if least is None:
        return told
    nothing = {**dict.fromkeys(_figures(told["total"])), "suppressed": True}
    classes = _hidden(("class",), sums, least)
    shown = {
        "total": _total(told["total"], sums(()).get((), {}), least, nothing),
        "classes": [
            {**each, **nothing} if each["class"] in classes else _without_details(each)
            for each in told["classes"]
        ],
        "targets": [],
        "groups": suppression.shut(
            [_without_details(each) for each in told["groups"]], by, _hidden(by, sums, least), nothing
        ),
        "notes": [*told["notes"], suppression.NOTE, _NOTE],
    }
    return {**told, **shown}


def _hidden(by: Sequence[str], sums: Sums, least: int) -> frozenset[str | None]:
    if not by:
        return frozenset()
    tables, sizes = list[suppression.Counts](), list[Mapping[str | None, int]]()
    for level in suppression.levels(by):
        tables.append({(*key,): fewest(each) for key, each in sums(level).items()})
        alone = sums(level[:1])
        sizes.append({key[0]: fewest(each) for key, each in alone.items()})
    return suppression.withheld(by, tables, sizes, least)


def fewest(sums: Mapping[str, int]) -> int:
    """The smallest of the groups of which a figure tells, those in which nobody is left out."""
    insured = sums["insured"] + sums["proven"]
    told = (sums["enterprises"], insured, sums["enterprises"] - insured)
    return min((number for number in told if number), default=0)


def _total(
    total: Mapping[str, Any], sums: Mapping[str, int], least: int, nothing: Mapping[str, Any]
) -> dict[str, Any]:
    """The total; its parts only where all that add up to one another are large enough."""
    if sums and suppression.is_small(fewest(sums), least):
        return dict(nothing)
    staff = total["staff"]
    few = [suppression.is_small(total[name], least) for name in ("by_policy", "by_evidence", "low_limit")]
    told = {**total, "suppressed": False}
    if any(suppression.is_small(staff[name], least) for name in ("full", "short", "unknown")):
        told["staff"] = None
    if few[0] or few[1]:
        told |= {"by_policy": None, "by_evidence": None, "staff": None}
    if few[2]:
        told["low_limit"] = None
    return told


def _figures(total: Mapping[str, Any]) -> list[str]:
    return [name for name in total if name != "suppressed"]


def _without_details(each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, **dict.fromkeys(_DETAILS), "suppressed": False}
