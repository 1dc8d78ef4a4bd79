"""WHO was in time? Clocks by state with share and lag, the list behind each figure, the year's reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ajx_gateway.deadlines import STATE_TITLES, Calendar, State
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.jurisdictions import clock_titles
from ajx_gateway.oversight import asking, obligations, suppression
from ajx_gateway.oversight.admission import admitted, admitted_to_lists, territory_words
from ajx_gateway.oversight.naming import DIMENSION_TITLES, dimensions, name_of
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import HIDDEN, local_date, shown, shown_instant
from ajx_gateway.store import aggregates, behind, clock_lists, clock_sums, cursors
from ajx_gateway.store.clock_lists import BY, Place, Wanted
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store

DEFINITION = (
    "期限自起算日次日起算，状态在查询时推定。按期率为按期完成除以按期完成、逾期完成与逾期未完成之和，不含免责、失效与暂不能确定；"
    "天数中位数、九成位数从起算日数到受理日。期间按起算日归期。"
)


def wanted_of(given: Mapping[str, str]) -> Wanted:
    """The filters among the query parameters."""
    filters = asking.filters_of({n: given.get(n, "") for n in ("insurer", "district", "town")})
    period = parse(given["period"]) if given.get("period") else None
    clock, state = given.get("clock"), given.get("state")
    return Wanted(
        clock=asking.one_of("clock", clock, dict(sorted(clock_titles().items()))) if clock else None,
        states=(asking.one_of("state", state, {s.value: title for s, title in STATE_TITLES.items()}),)
        if state
        else (),
        insurer=filters.insurer,
        district=filters.district,
        town=filters.town,
        begins=period.begins if period else None,
        ends=period.ends if period else None,
    )


async def deadlines_by(
    store: Store,
    calendar: Calendar,
    caller: Caller,
    given: Mapping[str, str],
    *,
    now: datetime,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """Clocks by state per group and in total; by clock, with the year's reports that organisations owe.

    ``as_of``: as the clocks stood, and were known, at that instant instead of ``now``.
    """
    scope = admitted(caller)
    narrowed = {**given, "as_of": "" if as_of is None else str(as_of)}
    suppression.whole_tables_only(scope, narrowed, ("by",))
    asking.not_later("as_of", as_of, now)
    now, remembered = as_of or now, as_of is not None
    by = asking.several("by", given.get("by"), dimensions(BY))
    wanted = wanted_of(given)
    async with store.reading(scope) as tx:
        if remembered:
            rows = await clock_lists.counts(tx, wanted, by, now=now, remembered=True)
        else:
            rows = await clock_sums.figures(tx, wanted, by, ageing=(), now=now)
        usccs = {row["by_insurer"] or "" for row in rows if "by_insurer" in row}
        insurers = await aggregates.insurer_names(tx, sorted(usccs))
        year = (wanted.begins or local_date(now)).year
        owed = None
        if "clock" in by:
            owed = await obligations.owed(tx, calendar, year, now=now, remembered=remembered)
        least, hidden = suppression.threshold(scope, now), None
        if least is not None:
            hidden = await suppression.hidden_slices(by, behind.of_clocks(tx, now), least)
    groups = [row for row in rows if not row["is_total"]]
    groups.sort(key=lambda row: [(row[f"by_{n}"] is None, row[f"by_{n}"] or "") for n in by])
    answer = {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "definition": DEFINITION,
        "by": [{"name": name, "title": DIMENSION_TITLES[name]} for name in by],
        "states": [{"name": state.value, "title": title} for state, title in STATE_TITLES.items()],
        "groups": [
            {
                "keys": {n: row[f"by_{n}"] for n in by},
                "names": {n: name_of(n, row[f"by_{n}"], insurers) for n in by},
                **_figures(row),
            }
            for row in groups
        ],
        "total": _figures(next(row for row in rows if row["is_total"])),
        **({} if owed is None else {"obligations": owed}),
    }
    return answer if hidden is None else _shut(answer, by, hidden)


def _shut(
    answer: dict[str, Any], by: Sequence[str], hidden: tuple[frozenset[str | None], bool]
) -> dict[str, Any]:
    """The answer without the figures of slices that are withheld."""
    nothing = {**dict.fromkeys(answer["total"]), "lag_days": {"p50": None, "p90": None}, "suppressed": True}
    groups = suppression.shut(answer["groups"], by, hidden[0], nothing)
    words = f"{DEFINITION}{suppression.NOTE}"
    return {**answer, "definition": words, "groups": groups, **({"total": nothing} if hidden[1] else {})}


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    counted = {state.value: row[state.value] for state in STATE_TITLES}
    judged = row["met"] + row["met_late"] + row["overdue"]
    share = (Decimal(row["met"]) / judged).quantize(Decimal("0.0001"), ROUND_HALF_UP) if judged else None
    return {
        "clocks": sum(counted.values()),
        **counted,
        "on_time_share": None if share is None else str(share),
        "lag_days": {"p50": row["p50"], "p90": row["p90"]},
    }


async def deadline_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the clocks behind a figure, soonest due first."""
    scope = admitted_to_lists(caller)
    wanted, limit = wanted_of(given), asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    after = Place(cursors.instant_of(cursor), cursor.row) if cursor else None
    async with store.reading(scope) as tx:
        rows = await clock_lists.page(tx, wanted, after, limit + 1, now=at)
    more, rows = len(rows) > limit, rows[:limit]
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": [item_of(row, scope) for row in rows],
        "next": cursors.written(_end(rows[-1], at), given) if more else None,
    }


def _end(row: Mapping[str, Any], at: datetime) -> Cursor:
    return Cursor(at, row["due"].isoformat() if row["due"] else None, row["clock_id"])


def item_of(row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """A row as it is listed for the scope."""
    item = {name: shown(value) for name, value in row.items()}
    item["clock_title"] = clock_titles().get(row["clock"], row["clock"])
    item["state_title"] = STATE_TITLES[State(row["state"])]
    if not scope.may_see_enterprises:
        item |= {name: HIDDEN for name in ("enterprise_name", "enterprise_uscc") if row[name] is not None}
    return item
