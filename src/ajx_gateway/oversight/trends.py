"""HOW punctual is each insurer, how old is what is overdue, and where does it go? Clocks with lags, ageing and trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ajx_gateway.deadlines import STATE_TITLES, State
from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight import asking, suppression
from ajx_gateway.oversight.admission import admitted, territory_words
from ajx_gateway.oversight.naming import DIMENSION_TITLES, LAG_TITLES, dimensions, name_of
from ajx_gateway.oversight.parameters import bounds
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.oversight.timeliness import DEFINITION, wanted_of
from ajx_gateway.store import aggregates, behind, clock_sums
from ajx_gateway.store.clock_lists import BY
from ajx_gateway.store.database import Store, Transaction

TIMES = ("month", "quarter", "year")
MOST_DIMENSIONS = 3
LAGS = tuple(LAG_TITLES)
_STATES = tuple(state.value for state in State)
_POINT, _SHARE = Decimal("0.01"), Decimal("0.0001")
_WORDS = (
    DEFINITION
    + "另列七成五位数、九成五位数与最大值；账龄为截止日次日起至今的天数；by 含一个时间维度时，change 为按期率较上一期的百分点。"
)


def ageing_of(given: Mapping[str, str], scope: Scope, now: datetime) -> tuple[int, ...]:
    """The bounds of the ageing buckets in days: the caller's, or the place's."""
    stated = given.get("ageing")
    if not stated:
        return bounds(scope, "overdue_ageing_days", now)
    parts = stated.split(",")
    if len(parts) > 8 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise Unprocessable("ageing 应为至多 8 个以逗号分隔的天数，例如 7,30,90。", parameter="ageing")
    asked = tuple(map(int, parts))
    if list(asked) != sorted(set(asked)) or asked[0] < 1:
        raise Unprocessable("ageing 的天数应为由小到大的正整数。", parameter="ageing")
    return asked


async def timeliness_by(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """Clocks by state per group and in total, with lag percentiles, ageing of the overdue, and the change in time."""
    scope = admitted(caller)
    suppression.whole_tables_only(scope, given, ("by", "ageing"))
    by = asking.several("by", given.get("by"), dimensions(BY))
    if len(by) > MOST_DIMENSIONS:
        raise Unprocessable(f"by 至多 {MOST_DIMENSIONS} 项。", parameter="by")
    wanted, ageing = wanted_of(given), ageing_of(given, scope, now)
    least = suppression.threshold(scope, now)
    async with store.reading(scope) as tx:
        rows = await clock_sums.figures(tx, wanted, by, ageing=ageing, now=now)
        insurers = await _insurers(tx, rows)
        hidden = None
        if least is not None:
            hidden = await suppression.hidden_slices(by, behind.of_clocks(tx, now), least)
    groups = [row for row in rows if not row["is_total"]]
    groups.sort(key=lambda row: [(row[f"by_{n}"] is None, row[f"by_{n}"] or "") for n in by])
    told = [
        {
            "keys": {n: row[f"by_{n}"] for n in by},
            "names": {n: name_of(n, row[f"by_{n}"], insurers) for n in by},
            **_figures(row, len(ageing)),
        }
        for row in groups
    ]
    answer = {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "definition": _WORDS,
        "by": [{"name": name, "title": DIMENSION_TITLES[name]} for name in by],
        "states": [{"name": state.value, "title": title} for state, title in STATE_TITLES.items()],
        "ageing": [{"name": f"aged_{i}", "title": title} for i, title in enumerate(_buckets(ageing))],
        "groups": _changed(told, by),
        "total": _figures(next(row for row in rows if row["is_total"]), len(ageing)),
    }
    return answer if hidden is None else _shut(answer, by, hidden, len(ageing))


async def _insurers(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return await aggregates.insurer_names(
        tx, sorted({row["by_insurer"] or "" for row in rows if "by_insurer" in row})
    )


def _buckets(bounds: Sequence[int]) -> list[str]:
    """1至7日、8至30日 … 超过90日."""
    starts = [1, *(days + 1 for days in bounds)]
    inner = [f"逾期{first}至{last}日" for first, last in zip(starts, bounds, strict=False)]
    return [*inner, f"逾期超过{bounds[-1]}日"]


def _figures(row: Mapping[str, Any], bounds: int) -> dict[str, Any]:
    counted = {state: row[state] for state in _STATES}
    share = on_time(row)
    return {
        "clocks": sum(counted.values()),
        **counted,
        "on_time_share": None if share is None else str(share.quantize(_SHARE, ROUND_HALF_UP)),
        "lag_days": {name: row[name] for name in LAGS},
        "ageing": {f"aged_{i}": row[f"aged_{i}"] for i in range(bounds + 1)},
    }


def on_time(row: Mapping[str, Any]) -> Decimal | None:
    """Met in time, of what was met or is overdue; None when nothing was due."""
    judged = row["met"] + row["met_late"] + row["overdue"]
    return Decimal(row["met"]) / judged if judged else None


def _changed(groups: list[dict[str, Any]], by: Sequence[str]) -> list[dict[str, Any]]:
    """Each group with the change of its share since the period before, when it has one time and a period before."""
    times = [name for name in by if name in TIMES]
    if len(times) != 1:
        return groups
    before: dict[tuple[Any, ...], Decimal | None] = {}
    for group in sorted(groups, key=lambda g: g["keys"][times[0]] or ""):
        whose = tuple(code for name, code in group["keys"].items() if name != times[0])
        share, earlier = on_time(group), before.get(whose)
        change = None if share is None or earlier is None else (share - earlier) * 100
        group["change"] = None if change is None else f"{change.quantize(_POINT, ROUND_HALF_UP):+}"
        before[whose] = share
    return groups


def _shut(
    answer: dict[str, Any], by: Sequence[str], hidden: tuple[frozenset[str | None], bool], bounds: int
) -> dict[str, Any]:
    nothing = {
        "clocks": None,
        **dict.fromkeys(_STATES, None),
        "on_time_share": None,
        "lag_days": dict.fromkeys(LAGS),
        "ageing": {f"aged_{i}": None for i in range(bounds + 1)},
    }
    slices, whole = hidden
    groups = suppression.shut(answer["groups"], by, slices, nothing)
    for group in groups:
        if "change" in group:
            group["change"] = None  # of a month that may be withheld
    total = {**nothing, "suppressed": True} if whole else answer["total"]
    return {
        **answer,
        "groups": groups,
        "total": total,
        "definition": f"{answer['definition']}{suppression.NOTE}",
    }
