"""WHO was in time, asked of millions of clocks? Counts by state, lags and ageing from what was counted ahead.

One statement reads the folded counts, the pending ones and the exceptions (excused clocks):
exact at every moment, equal to ``clock_lists.counts``. A period that cuts a month is counted from the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from ajx_gateway.deadlines import State, local_date, midnight
from ajx_gateway.identity import system_scope
from ajx_gateway.store.clock_counting import (
    CELL,
    UNMET,
    cells,
    class_of,
    contribution,
    counts,
    dimensions,
    numbered,
)
from ajx_gateway.store.clock_figures import put_together
from ajx_gateway.store.clock_grains import FINEST, chosen, exactly, read
from ajx_gateway.store.clock_grains import told as cells_of
from ajx_gateway.store.clock_lists import Wanted
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.folders import Turn, tidy
from ajx_gateway.store.rolling import PLACE_DIGITS, Bound

PORTION: Final = 20_000
# So many bytes of pending counts are no dearer to read than the rows.
MOST_PENDING: Final = 64 * 1024 * 1024
_TURN: Final = Turn("ajx fold clocks")
alone = _TURN.alone


async def figures(
    tx: Transaction, wanted: Wanted, by: Sequence[str], *, ageing: Sequence[int], now: datetime
) -> list[Mapping[str, Any]]:
    """Per group and in total (``is_total``): clocks by state, ``p50`` … ``max`` of the lag in days, and of the overdue ones
    how many fall into each bucket (``aged_0`` up to the first bound in days, …, the last one beyond every bound)."""
    pending = await _prepared(tx)
    whole = all(day is None or day.day == 1 for day in (wanted.begins, wanted.ends))
    bound = Bound()
    at = bound(now, "timestamptz")
    # Overdue for up to so many days: due since the midnight that began so many days ago, today counted.
    today = local_date(now)
    aged = [midnight(today - timedelta(days=days - 1)) for days in ageing]
    if whole and pending <= MOST_PENDING:
        told = _counted_ahead(tx, wanted, by, exactly(now, aged), bound)
    else:
        told = (
            f"SELECT {contribution('c', '1')} FROM clock c WHERE {counts('c')}{_of_rows(tx, wanted, bound)}"  # noqa: S608
        )
    told += f" UNION ALL {_exceptions(at)}{_of_rows(tx, wanted, bound)}"
    since = [bound(instant, "timestamptz") for instant in aged]
    rows = await tx.fetch(_statement(told, by, wanted.states, since, at), *bound.values)
    return put_together(rows, by, len(ageing) + 1)


async def _prepared(tx: Transaction) -> int:
    """How many bytes of counts are pending; and the statement that follows hashes its groups.

    PostgreSQL takes the cells of a territory for a tenth of what they are and would sort them.
    """
    [row] = await tx.fetch(
        "SELECT pg_relation_size('clock_delta') AS bytes, set_config('enable_sort', 'off', true),"
        " set_config('jit', 'off', true)"
    )
    return int(row["bytes"])


def _counted_ahead(
    tx: Transaction, wanted: Wanted, by: Sequence[str], exact: tuple[datetime, datetime], bound: Bound
) -> str:
    """The cells of the smallest grain that tells all that is asked, and the pending ones."""
    places = [place for place in (tx.scope.territory, wanted.district, wanted.town) if place]
    digits = max([PLACE_DIGITS.get(name, 0) for name in by] + [len(place) for place in places], default=0)
    insurer = wanted.insurer is not None or tx.scope.insurer is not None or "insurer" in by
    monthly = bool({"month", "quarter"} & set(by)) or any(
        day is not None and day.month != 1 for day in (wanted.begins, wanted.ends)
    )
    where = _bounds(tx, wanted, bound, "month")
    return (
        f"{read(chosen(digits, insurers=insurer, monthly=monthly), where, exact, bound)}"  # noqa: S608
        f" UNION ALL SELECT {', '.join(CELL)}, n FROM clock_delta WHERE true{where}"
    )


def _bounds(tx: Transaction, wanted: Wanted, bound: Bound, day: str, of: str = "") -> str:
    """The scope's territory and the filters, as conditions that follow others."""
    found = ""
    for place in (tx.scope.territory, wanted.district, wanted.town):
        if place:
            found += f" AND {bound.under(place, f'{of}division')}"
    for name, value in (("clock", wanted.clock), ("insurer", wanted.insurer), ("insurer", tx.scope.insurer)):
        if value is not None:
            found += f" AND {of}{name} = {bound(value, 'text')}"
    if wanted.begins is not None:
        found += f" AND {of}{day} >= {bound(wanted.begins, 'date')}"
    if wanted.ends is not None:
        found += f" AND {of}{day} < {bound(wanted.ends, 'date')}"
    return found


def _of_rows(tx: Transaction, wanted: Wanted, bound: Bound) -> str:
    found = _bounds(tx, wanted, bound, "start_on", "c.")
    # The column sorts by a language's rules; prefixes are compared in byte order.
    return found.replace("c.division >=", 'c.division COLLATE "C" >=').replace(
        "c.division <", 'c.division COLLATE "C" <'
    )


def _exceptions(at: str) -> str:
    """Excused clocks: taken out of the class they count in, and put where they stand."""
    actual = (
        f"CASE WHEN s.side = -1 THEN {class_of('c')}"
        f" WHEN {class_of('c')} IN ('void', 'met') THEN {class_of('c')} ELSE 'excused' END"
    )
    told = contribution("c", "s.side").replace(f"{class_of('c')} AS class", f"{actual} AS class")
    return (
        f"SELECT {told} FROM excused_clocks({at}) e JOIN clock c USING (clock_id)"  # noqa: S608
        f" CROSS JOIN (VALUES (-1), (1)) AS s(side) WHERE {counts('c')}"
    )


def _keys(by: Sequence[str]) -> dict[str, str]:
    """Each dimension's code of a cell."""
    told = dimensions("division", "month")
    return {f"by_{name}": told.get(name, name) for name in by}


def _columns(by: Sequence[str]) -> list[str]:
    """Which of a cell's columns the dimensions are computed from."""
    told = dict.fromkeys(PLACE_DIGITS, "division") | dict.fromkeys(("month", "quarter", "year"), "month")
    return sorted({told.get(name, name) for name in by})


def _statement(told: str, by: Sequence[str], states: Sequence[str], ageing: Sequence[str], at: str) -> str:
    """Per cell's own columns how many clocks are in each state and bucket, and the lags of those met with their numbers.

    ``ageing``: since when what is due falls into each bucket but the last. What a cell counts as is one number: its state,
    and of overdue ones the bucket after all states.
    """
    own = _columns(by)
    listed = "".join(f"{name}, " for name in own)
    keys = "".join(f'({sql}) COLLATE "C" AS {name}, ' for name, sql in _keys(by).items())
    numbers = {state.value: number for number, state in enumerate(State)}
    first = len(numbers)
    aged = "".join(f" WHEN due >= {since} THEN {first + i}" for i, since in enumerate(ageing))
    last = f"{first + len(ageing)}"
    bucket = f"CASE{aged} ELSE {last} END" if aged else last
    counted = [f"sum(n) FILTER (WHERE what = {number})" for number in range(first + len(ageing) + 1)]
    only = ""
    if states:
        wanted = [numbers[state] for state in states]
        wanted += range(first, first + len(ageing) + 1) if State.OVERDUE in states else ()
        only = f" WHERE what IN ({', '.join(map(str, wanted))})"
    group = f" GROUP BY {', '.join(own)}" if own else ""
    met = f"FILTER (WHERE lag > {UNMET})"
    # A cell's number fits an integer, whose sum costs a fraction of a bigint's. OFFSET 0: what it counts as is
    # computed once, not in every sum.
    return (
        f"SELECT {keys}counted, lags, numbers FROM (SELECT {listed}ARRAY[{', '.join(counted)}]::bigint[] AS counted,"  # noqa: S608
        f" array_agg(lag) {met} AS lags, array_agg(n) {met} AS numbers FROM (SELECT {listed}lag, n::int AS n,"
        f" {numbered(at, numbers, bucket)} AS what FROM ({told}) AS told OFFSET 0) AS placed{only}{group}) AS grouped"
    )


async def fold(store: Store, *, portion: int = PORTION) -> int:
    """Fold one portion of what is committed; how many rows it had (0 also while another folder is at work)."""
    async with store.writing(system_scope("fold the counts of clocks")) as tx:
        if not await _TURN.taken(tx):
            return 0
        return await fold_portion(tx, "public", portion)


async def fold_some(store: Store, *, portion: int = PORTION, portions: int = 5) -> int:
    """Fold what is pending, so many portions at the most; how many rows there were."""
    folded = 0
    for _ in range(portions):
        taken = await fold(store, portion=portion)
        folded += taken
        if taken:
            await tidy(store, "clock_delta")
        if taken < portion:
            break
    return folded


async def fold_portion(tx: Transaction, schema: str, portion: int = PORTION) -> int:
    """Fold one portion of this schema's pending counts in a transaction that no other folder disturbs.

    Counts that came to nothing are taken out: most clocks run, then are met, and leave nothing where they ran.
    """
    [row] = await tx.fetch(_folding(schema), portion)
    if row["gone"]:
        await tx.fetch(
            f"DELETE FROM {schema}.clock_sum WHERE ctid = ANY ($1::text[]::tid[]) AND n = 0",  # noqa: S608
            row["gone"],
        )
    return int(row["taken"])


@cache
def _folding(schema: str) -> str:
    cell = ", ".join(CELL)
    facts = f"SELECT {cell}, sum(n) AS n FROM taken GROUP BY {cell} HAVING sum(n) <> 0"  # noqa: S608
    return (
        f"WITH taken AS (DELETE FROM {schema}.clock_delta WHERE ctid = ANY"  # noqa: S608
        f" (ARRAY(SELECT ctid FROM {schema}.clock_delta LIMIT $1)) RETURNING *),"
        f" added AS (INSERT INTO {schema}.clock_sum AS s (grain, {cell}, n)"
        f" {cells_of(facts)} ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
        f" ON CONFLICT (grain, {cell}) DO UPDATE SET n = s.n + excluded.n RETURNING s.ctid, s.n)"
        " SELECT (SELECT count(*) FROM taken) AS taken,"
        " (SELECT array_agg(ctid::text) FROM added WHERE n = 0) AS gone"
    )


async def miscounted(tx: Transaction) -> list[str]:
    """The cells, in words, in which what was counted ahead differs from the clocks themselves, or a grain from the finest."""
    cell = ", ".join(CELL)
    counted = cells(f"SELECT {contribution('c', '1')} FROM public.clock c WHERE {counts('c')}")  # noqa: S608
    finest = f"SELECT {cell}, n FROM public.clock_sum WHERE grain = {FINEST}"  # noqa: S608
    either = (
        f"SELECT {FINEST} AS grain, {cell}, n FROM ({finest} UNION ALL SELECT {cell}, n FROM public.clock_delta"  # noqa: S608
        f" UNION ALL SELECT {cell}, -n FROM ({counted}) AS counted) AS facts",
        f"SELECT grain, {cell}, n FROM public.clock_sum UNION ALL"  # noqa: S608
        f" SELECT grain, {cell}, -n FROM ({cells_of(finest)}) AS told",
    )
    for rows in either:
        found = await tx.fetch(
            f"SELECT {cell} FROM ({rows}) AS either GROUP BY grain, {cell} HAVING sum(n) <> 0 LIMIT 1000"  # noqa: S608
        )
        if found:
            return [f"{row['division']} {row['clock']} {row['month']:%Y-%m}" for row in found]
    return []
