"""WHICH numbers would tell of single enterprises? What roles that may not see them are shown instead.

Such roles get whole tables only: no filters, no periods, no instants of the past, for two such questions can be
subtracted from each other. In a table the first dimension (places before trades, insurers and time) cuts it into slices.
A slice with a cell of fewer distinct enterprises than the threshold is withheld, with all its cells; among its siblings
(places of one place, months of one quarter) the smallest other slice goes with it, so that nothing is the total less the
rest; and within a withheld place, every smaller place is. Every order of asking withholds the same slices.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Scope
from ajx_gateway.oversight.parameters import parameter

Key = tuple[str | None, ...]
Counts = Mapping[Key, int]

NOTE: Final = "少于规定企业数的数字及可推算出它的数字不予显示（suppressed）。"
# From the coarsest to the finest; what stands first cuts a table into slices.
HIERARCHIES: Final = (
    ("province", "city", "district", "town"),
    ("industry",),
    ("sector",),
    ("size",),
    ("class",),
    ("kind",),
    ("clock",),
    ("level",),
    ("purpose",),
    ("insurer",),
    ("year", "quarter", "month"),
)
_REFUSED = "当前身份不得查看单个企业，只能查询不带筛选、期间和时点的整表；请去掉参数 {}，改用 by 分组。"


def threshold(scope: Scope, now: Any) -> int | None:
    """The least number of enterprises behind a number; None for a role that may see single enterprises."""
    if scope.may_see_enterprises:
        return None
    least = parameter(scope, "suppression_threshold", now).value
    if not isinstance(least, int):
        raise TypeError("suppression_threshold is a count")
    return least


def whole_tables_only(scope: Scope, given: Mapping[str, str], allowed: Iterable[str]) -> None:
    """422 for a question that narrows, when the role must not see single enterprises."""
    if scope.may_see_enterprises:
        return
    narrowing = sorted(name for name, value in given.items() if value and name not in set(allowed))
    if narrowing:
        raise Unprocessable(_REFUSED.format("、".join(narrowing)), parameter=narrowing[0])


def slicing(by: Sequence[str]) -> str | None:
    """The dimension that cuts the table: the finest of the first hierarchy asked for."""
    for hierarchy in HIERARCHIES:
        asked = [name for name in hierarchy if name in by]
        if asked:
            return asked[-1]
    return None


def levels(by: Sequence[str]) -> list[tuple[str, ...]]:
    """The tables whose counts decide about this one, coarsest first; the last one is this table.

    Each is cut by a level of the slicing dimension's hierarchy and has the other dimensions as they were asked for.
    """
    cut = slicing(by)
    if cut is None:
        return [()]
    hierarchy = next(h for h in HIERARCHIES if cut in h)
    others = tuple(name for name in by if name not in hierarchy)
    return [(level, *others) for level in hierarchy[: hierarchy.index(cut) + 1]]


def parent(level: str, code: str | None) -> str | None:
    """The code of the next larger place or time that a slice lies in; None at the top and for what lies nowhere."""
    if code is None:
        return None
    match level:
        case "city":
            return code[:2].ljust(6, "0")
        case "district":
            return code[:4].ljust(6, "0")
        case "town":
            return code[:6]
        case "quarter":
            return code[:4]
        case "month":
            return f"{code[:4]}Q{(int(code[5:7]) + 2) // 3}"
    return None


def withheld(
    by: Sequence[str],
    tables: Sequence[Counts],
    sizes: Sequence[Mapping[str | None, int]],
    least: int,
) -> frozenset[str | None]:
    """The slices not to be shown. ``tables`` are the counts of enterprises of ``levels(by)``, keyed in that order;
    ``sizes`` those of each level alone, by which the smallest is found: the same one whatever else is asked."""
    hidden: frozenset[str | None] = frozenset()
    for (level, *_), counts, size in zip(levels(by), tables, sizes, strict=True):
        tainted = {key[0] for key, count in counts.items() if 0 < count < least}
        families: dict[str | None, set[str | None]] = {}
        for code in {key[0] for key in counts}:
            families.setdefault(parent(level, code), set()).add(code)
        found: set[str | None] = set()
        for above, family in families.items():
            if above is not None and above in hidden:
                found |= family
            else:
                found |= _with_another(family & tainted, family, size)
        if None in tainted:
            # What names no smaller place may lie in any of the larger ones, and be all that is missing there.
            for family in families.values():
                found |= set(_smallest(family - {None}, size)[:1])
        hidden = frozenset(found)
    return hidden


def _with_another(
    small: set[str | None], family: set[str | None], size: Mapping[str | None, int]
) -> set[str | None]:
    """What is small, and the smallest sibling that is not."""
    return small | set(_smallest(family - small, size)[:1] if small else ())


def _smallest(codes: Iterable[str | None], size: Mapping[str | None, int]) -> list[str | None]:
    return sorted(codes, key=lambda code: (size.get(code, 0), code or ""))


async def hidden_slices(
    by: Sequence[str], counting: Callable[[Sequence[str]], Awaitable[Mapping[Key, int]]], least: int
) -> tuple[frozenset[str | None], bool]:
    """The slices of the table ``by`` to be withheld, and whether its total is; ``counting`` tells how many enterprises
    stand behind the cells of any table."""
    whole = (await counting(())).get((), 0)
    if not by:
        return frozenset(), is_small(whole, least)
    tables, sizes = [], []
    for level in levels(by):
        tables.append(await counting(level))
        alone = tables[-1] if len(level) == 1 else await counting(level[:1])
        sizes.append({key[0]: count for key, count in alone.items()})
    return withheld(by, tables, sizes, least), is_small(whole, least)


def is_small(count: int, least: int) -> bool:
    """Whether a number by itself (a total) tells of too few enterprises."""
    return 0 < count < least


def closed(group: Mapping[str, Any], by: Sequence[str]) -> dict[str, Any]:
    """A withheld slice as one line: which one, and nothing of what it is made of."""
    cut = slicing(by)
    return {
        "keys": {name: code if name == cut else None for name, code in group["keys"].items()},
        "names": {name: text if name == cut else "（不细分）" for name, text in group["names"].items()},
        "suppressed": True,
    }


def shut(
    groups: Sequence[Mapping[str, Any]],
    by: Sequence[str],
    hidden: frozenset[str | None],
    nothing: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The groups with each withheld slice as one line, whose figures are ``nothing``."""
    cut, found, told = slicing(by), list[dict[str, Any]](), set[str | None]()
    for group in groups:
        code = group["keys"][cut] if cut else None
        if cut is None or code not in hidden:
            found.append(dict(group))
        elif code not in told:
            told.add(code)
            found.append({**closed(group, by), **nothing})
    return found
