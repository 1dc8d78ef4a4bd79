"""HOW did a clock stand before it was changed? What a change of a clock's row replaces is kept beside it.

Corrections move clocks to another place, close and void them; an outage moves their due days. A row of ``clock``
stands since ``changed_at`` (since its start was received, when that is empty), a row of ``clock_before`` from ``since``
up to ``until``: so each row says by itself whether it stood at an instant, under any caller's scope.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from ajx_gateway.store.clock_counting import late, returning, telling
from ajx_gateway.store.tables import INSTANT, clock, clock_before

_COLUMNS = tuple(column.name for column in clock_before.c if column.name not in ("since", "until"))
_TOLD = ", ".join(_COLUMNS)


def remembering(
    change: str, *, first: str = "", answer: str = "SELECT count(*) AS touched FROM changed"
) -> str:
    """A statement that changes rows of ``clock``, made to keep what they were and to count what they are.

    It gives how many it touched, or another ``answer`` from the rows ``changed`` (each column as ``is_…``); ``first``
    names what both look at.

    Rows that it changes in a way that matters get the instant as their ``changed_at``; others keep theirs.
    """
    old = ", ".join(f"old.{name}" for name in _COLUMNS)
    return (
        f"WITH {first and first + ','} changed AS ({change} RETURNING {old}, coalesce(old.changed_at, old.start_seen_at) AS since,"  # noqa: S608
        f" CASE WHEN new.changed_at IS DISTINCT FROM old.changed_at THEN new.changed_at END AS until, {returning()}),"
        f" told AS ({telling('changed')}), late AS ({late('changed')}),"
        f" kept AS (INSERT INTO clock_before ({_TOLD}, since, until)"
        f" SELECT {_TOLD}, since, until FROM changed WHERE until > since)"
        f" {answer}"
    )


def standing_at(at: datetime) -> sa.Subquery:
    """The rows of all clocks as they stood at an instant that has passed; the acceptance is cut by the reader."""
    instant = sa.literal(at, INSTANT)
    now = sa.select(*(clock.c[name] for name in _COLUMNS)).where(
        sa.func.coalesce(clock.c.changed_at, clock.c.start_seen_at) <= instant
    )
    before = sa.select(*(clock_before.c[name] for name in _COLUMNS)).where(
        clock_before.c.since <= instant, clock_before.c.until > instant
    )
    return sa.union_all(now, before).subquery("stood")
