"""WHAT does a clock's row contribute to the counts, whatever time it is? The SQL that pushes, folder and questions share.

A clock that was met, or can never be, counts in a class that time does not change, with its lag. One that still runs
counts as open, by its due instant: only the question knows whether that has passed. Excuses stand in another table;
those few clocks are put right at every question (see ``clock_sums``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# The lag of a clock that was not met.
UNMET: Final = -1_000_000
CELL: Final = ("division", "insurer", "month", "clock", "class", "due", "soon", "lag")
# What a contribution is computed from.
READ: Final = (
    "insurer", "clock", "division", "start_on", "start_seen_at", "applicable", "nominal_on", "due", "provisional",
    "due_soon_days", "met_at", "voided", "cancelled_on",
)  # fmt: skip
_CHINA = "'Asia/Shanghai'"


def midnight(day: str) -> str:
    """00:00 of the day where the law counts days, as an instant."""
    return f"timezone({_CHINA}, ({day})::timestamp)"


def local_day(instant: str) -> str:
    """The calendar day of an instant there."""
    return f"timezone({_CHINA}, {instant})::date"


def dimensions(division: str, day: str) -> dict[str, str]:
    """The code of a row on each dimension of place and time; null where its division names a larger place."""
    return {
        "province": f"left(nullif({division}, ''), 2) || '0000'",
        "city": f"CASE WHEN substr({division}, 3, 2) NOT IN ('', '00') THEN left({division}, 4) || '00' END",
        "district": f"CASE WHEN substr({division}, 5, 2) NOT IN ('', '00') THEN left({division}, 6) END",
        "town": f"CASE WHEN length({division}) = 9 THEN {division} END",
        "month": f"to_char({day}, 'YYYY-MM')",
        "quarter": f"to_char({day}, 'YYYY\"Q\"Q')",
        "year": f"to_char({day}, 'YYYY')",
    }


def counts(r: str) -> str:
    """Whether the row counts at all: it has started and binds."""
    return f"{r}.start_seen_at IS NOT NULL AND {r}.applicable IS DISTINCT FROM false"


def class_of(r: str) -> str:
    """Its class; ``open`` and ``provisional`` are those whose state time decides (see ``clock_lists.states``)."""
    surely = (
        f"CASE WHEN {r}.provisional AND {r}.nominal_on IS NOT NULL"
        f" THEN least({r}.due, {midnight(f'{r}.nominal_on + 1')}) ELSE {r}.due END"
    )
    ended = f"({r}.voided OR {r}.cancelled_on IS NOT NULL AND ({r}.due IS NULL OR {midnight(f'{r}.cancelled_on')} < {r}.due))"
    return (
        f"CASE WHEN {ended} AND ({r}.due IS NULL OR {r}.met_at IS NULL OR {r}.met_at >= {r}.due) THEN 'void'"
        f" WHEN {r}.due IS NULL THEN 'undetermined'"
        f" WHEN {r}.met_at < {surely} THEN 'met'"
        f" WHEN {r}.applicable IS NULL THEN 'undetermined'"
        f" WHEN {r}.provisional AND {r}.met_at IS NOT NULL THEN 'undetermined'"
        f" WHEN {r}.met_at IS NOT NULL THEN 'met_late'"
        f" WHEN {r}.provisional THEN 'provisional' ELSE 'open' END"
    )


def numbered(now: str, numbers: Mapping[str, int], overdue: str) -> str:
    """The number of a cell's state at an instant; of an overdue one ``overdue``."""
    own = " ".join(
        f"WHEN '{name}' THEN {numbers[name]}"
        for name in ("met", "met_late", "void", "undetermined", "excused")
    )
    running = f"WHEN {now} >= due - soon * interval '1 day' THEN {numbers['due_soon']} ELSE {numbers['pending']} END"
    return (
        f"CASE class {own} WHEN 'open' THEN CASE WHEN {now} >= due THEN {overdue} {running}"
        f" WHEN 'provisional' THEN CASE WHEN {now} >= due THEN {numbers['undetermined']} {running} END"
    )


def contribution(r: str, n: str) -> str:
    """A select list: the row's cell, and ``n``."""
    return (
        f"coalesce({r}.division, '') AS division, {r}.insurer AS insurer,"
        f" date_trunc('month', {r}.start_on::timestamp)::date AS month, {r}.clock AS clock, {class_of(r)} AS class,"
        f" {r}.due AS due, {r}.due_soon_days AS soon,"
        f" coalesce({local_day(f'{r}.met_at')} - {r}.start_on, {UNMET}) AS lag, {n} AS n"
    )


def cells(rows: str) -> str:
    """Contributions added up per cell: the due instant is told of open clocks only."""
    still = "class IN ('open', 'provisional')"
    return (
        "SELECT division, insurer, month, clock, class,"  # noqa: S608
        f" CASE WHEN {still} THEN due ELSE '-infinity' END AS due, CASE WHEN {still} THEN soon ELSE 0 END AS soon,"
        f" lag, sum(n) AS n FROM ({rows}) AS told GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0"
    )


def telling(changed: str) -> str:
    """The statement that adds to the pending counts what ``changed`` says: columns ``was_…`` and ``is_…`` of each row."""
    sides = " UNION ALL ".join(
        f"SELECT {contribution('r', n)} FROM (SELECT {', '.join(f'{side}_{c} AS {c}' for c in READ)}"  # noqa: S608
        f" FROM {changed}) AS r WHERE {counts('r')}"
        for side, n in (("was", "-1"), ("is", "1"))
    )
    return f"INSERT INTO clock_delta ({', '.join(CELL)}, n) {cells(sides)}"


def late(changed: str) -> str:
    """The statement that notes which of those ``changed`` have run out already: their day does not come any more."""
    return (
        f"INSERT INTO clock_late (clock_id, insurer) SELECT is_clock_id, is_insurer FROM {changed}"  # noqa: S608
        " WHERE is_due <= now() AND is_met_at IS NULL AND is_applicable AND NOT is_provisional AND NOT is_voided"
    )


def returning() -> str:
    """What a statement that changes clocks must return for ``telling``."""
    names = [f"new.{c} AS is_{c}" for c in ("clock_id", "subject_id")]
    return ", ".join([*names, *(f"old.{c} AS was_{c}, new.{c} AS is_{c}" for c in READ)])
