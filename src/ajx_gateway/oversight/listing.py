"""HOW does a list of many pages read? One frame for every list: who may see it, the first page's instant, what follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import admitted_to_lists, territory_words
from ajx_gateway.oversight.shown import HIDDEN, shown, shown_instant
from ajx_gateway.store import cursors
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction

Row = Mapping[str, Any]
# One page: (transaction, where the last page ended, how many rows, the instant of the first page).
Fetch = Callable[[Transaction, Cursor | None, int, datetime], Awaitable[Sequence[Row]]]
End = Callable[[Row], tuple[str | None, UUID]]
_ENTERPRISE = ("enterprise_name", "enterprise_uscc")


async def page_of(
    store: Store,
    caller: Caller,
    given: Mapping[str, str],
    fetch: Fetch,
    end: End,
    *,
    now: datetime,
    item: Callable[[Row], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """``scope``, ``as_of``, ``items`` and ``next`` of one page."""
    scope = admitted_to_lists(caller)
    limit = asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    async with store.reading(scope) as tx:
        rows = await fetch(tx, cursor, limit + 1, at)
    more, rows = len(rows) > limit, rows[:limit]
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": [plain(item(row) if item else row, scope) for row in rows],
        "next": cursors.written(Cursor(at, *end(rows[-1])), given) if more else None,
    }


def plain(row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """A row as JSON writes it, without the enterprise for whoever needs none."""
    found = {name: shown(value) for name, value in row.items()}
    if not scope.may_see_enterprises:
        found |= {name: HIDDEN for name in _ENTERPRISE if found.get(name) is not None}
    return found


def by_day(name: str, identity: str = "record_id") -> End:
    """The end of a list that is ordered by a day, then by an id."""
    return lambda row: (row[name].isoformat() if row[name] else None, row[identity])


def day_of(cursor: Cursor | None) -> date | None:
    """The day on which the last page ended."""
    if cursor is None or cursor.sort is None:
        return None
    try:
        return date.fromisoformat(cursor.sort)
    except ValueError:
        raise not_ours() from None


def not_ours() -> Unprocessable:
    """Somebody else's cursor, or none at all."""
    return Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after")
