"""HOW do figures by group read? Request and answer in the shape of the aggregates, for figures that join several kinds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Scope
from ajx_gateway.oversight import asking, suppression
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.aggregates import MOST_DIMENSIONS
from ajx_gateway.oversight.naming import DIMENSION_TITLES, dimensions, name_of
from ajx_gateway.oversight.periods import Period, parse
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.oversight.written import text, value
from ajx_gateway.store import aggregates
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures, Key
from ajx_gateway.store.sources import Filters

SECTOR_NOTE = "一家企业有多个行业领域时分别计入各组，合计不重复计数。"
Names = Mapping[str, Mapping[str, str]]
# How a question's figures are asked by some dimensions.
Ask = Callable[[tuple[str, ...]], Awaitable[Figures]]
Hidden = tuple[frozenset[str | None], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """Dimensions, period, filters and instant of a question about figures."""

    by: tuple[str, ...]
    period: Period | None
    filters: Filters
    as_of: datetime | None


def read(given: Mapping[str, str], known: Sequence[str], as_of: datetime | None, now: datetime) -> Asked:
    """The query parameters; 422 with the possible values otherwise."""
    by = asking.several("by", given.get("by"), dimensions(known))
    if len(by) > MOST_DIMENSIONS:
        raise Unprocessable(f"by 至多 {MOST_DIMENSIONS} 项。", parameter="by")
    period = parse(given["period"]) if given.get("period") else None
    asking.not_later("as_of", as_of, now)
    return Asked(by, period, asking.filters_of(given), as_of)


def only_whole(scope: Scope, given: Mapping[str, str], as_of: datetime | None) -> None:
    """422 for a role that may not see single enterprises and asks for more than whole tables."""
    narrowing = {**given, "as_of": "" if as_of is None else shown_instant(as_of)}
    suppression.whole_tables_only(scope, narrowing, ("basis", "by"))


async def withheld(scope: Scope, asked: Asked, ask: Ask, at: datetime) -> Hidden | None:
    """The slices to be withheld and whether the total is, by the enterprises behind them; None where nothing ever is.

    ``ask`` tells of how many enterprises (the measure of that name) stand in each group by some dimensions.
    """
    least = suppression.threshold(scope, at)
    if least is None:
        return None

    async def counting(by: Sequence[str]) -> dict[Key, int]:
        found = await ask(tuple(by))
        if not by:
            return {(): int(found.total.get("enterprises") or 0)}
        return {key: int(values.get("enterprises") or 0) for key, values in found.groups.items()}

    return await suppression.hidden_slices(asked.by, counting, least)


async def insurer_names(tx: Transaction, by: Sequence[str], found: Figures) -> dict[str, str]:
    """The registered names of the insurers among the groups."""
    if "insurer" not in by:
        return {}
    place = list(by).index("insurer")
    return await aggregates.insurer_names(tx, sorted({key[place] or "" for key in found.groups}))


def answered(
    scope: Scope,
    asked: Asked,
    measures: Sequence[Measure],
    found: Figures,
    insurers: Mapping[str, str],
    *,
    at: datetime,
    notes: Sequence[str] = (),
    names: Names | None = None,
    hidden: Hidden | None = None,
) -> dict[str, Any]:
    """The answer; ``names`` are those of dimensions that only this question has."""
    shown = [measure for measure in measures if not measure.hidden]
    own = names or {}

    def named(name: str, code: str | None) -> str:
        return own[name].get(code or "", code or "—") if name in own else name_of(name, code, insurers)

    nothing = {
        "values": dict.fromkeys((m.name for m in shown), None),
        "suppressed": [m.name for m in shown],
    }

    def values(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"values": {m.name: text(m, value(m, row)) for m in shown}}

    def group(key: Key) -> dict[str, Any]:
        pairs = list(zip(asked.by, key, strict=True))
        told = {"keys": dict(pairs), "names": {name: named(name, code) for name, code in pairs}}
        return told | values(found.groups[key])

    keys = sorted(found.groups, key=lambda key: tuple((part is None, part or "") for part in key))
    slices, whole = hidden or (frozenset(), False)
    groups = [group(key) for key in keys] if asked.by else []
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "period": asked.period.as_dict() if asked.period else None,
        "compare": None,
        "by": [{"name": name, "title": DIMENSION_TITLES[name]} for name in asked.by],
        "filters": {n: v for n in Filters.__dataclass_fields__ if (v := getattr(asked.filters, n))},
        "measures": [
            {"name": m.name, "title": m.title, "definition": m.definition, "unit": m.unit} for m in shown
        ],
        "notes": [
            *notes,
            *([] if hidden is None else [suppression.NOTE]),
            *([SECTOR_NOTE] if "sector" in asked.by else []),
        ],
        "groups": suppression.shut(groups, asked.by, slices, nothing),
        "total": nothing if whole else values(found.total),
    }
