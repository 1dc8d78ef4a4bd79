"""WHICH enterprises are on a list of coverage today? Candidates from what was counted ahead, each looked at anew.

The segments of the day tell who can be on a list; the rows decide (``coverage.page``), about them and about everybody
who was noted since. So only a page's worth of enterprises is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ajx_gateway.store import coverage
from ajx_gateway.store.cover_sums import anew, places
from ajx_gateway.store.coverage import Asked, Listing
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.rolling import MOST_ANEW, Bound

Place = tuple[str, str]
# Of those who are bare on a day, some never had a cover and some had: so many are looked at for each one asked for.
_WIDER: Final = 4
# Who can be on a list, by their segment of the day; of the same enterprises the index of each list is made.
_BARE: Final = "insured IS NULL AND NOT proven AND NOT apart"
# Who was insured on an earlier day of the roster was insured before; who was not may have been before it began.
_NEVER: Final = (
    " AND NOT EXISTS (SELECT 1 FROM cover_segment e WHERE e.enterprise_uscc = s.enterprise_uscc"
    " AND e.begins_on < s.begins_on AND e.insured IS NOT NULL)"
)
_STANDING: Final[Mapping[Listing, str]] = {
    "never_insured": _BARE + _NEVER,
    "lapsed": _BARE,
    "understaffed": "insured < employees",
}


async def page(
    tx: Transaction,
    asked: Asked,
    listing: Listing,
    after: Place | None,
    limit: int,
    *,
    without: frozenset[str] = frozenset(),
) -> list[Mapping[str, Any]]:
    """As ``coverage.page``; ``without`` the enterprises that are named. In a snapshot (``Store.reading``)."""
    who = await anew(tx, asked)
    if who is None:
        return await _of_all(tx, asked, listing, after, limit, without)
    if listing == "expiring":
        ending = await _ending(tx, asked)
        if len(ending) > MOST_ANEW:
            return await _of_all(tx, asked, listing, after, limit, without)
        only = [uscc for uscc in (*ending, *who.all) if uscc not in without]
        return await coverage.page(tx, asked, listing, after, limit, only=only)
    found: list[Mapping[str, Any]] = []
    many = limit
    while True:
        many = min(_WIDER * many, MOST_ANEW)
        standing = await _standing(tx, asked, listing, after, many)
        upto = standing[-1] if len(standing) == many else None
        only = [uscc for uscc in (*(uscc for _, uscc in standing), *who.all) if uscc not in without]
        found += await coverage.page(tx, asked, listing, after, limit - len(found), only=only, upto=upto)
        if upto is None or len(found) == limit:
            return found
        after = upto


async def _of_all(
    tx: Transaction, asked: Asked, listing: Listing, after: Place | None, limit: int, without: frozenset[str]
) -> list[Mapping[str, Any]]:
    """Found from the rows of everybody."""
    found = await coverage.page(tx, asked, listing, after, limit + len(without))
    return [row for row in found if row["uscc"] not in without][:limit]


async def _standing(
    tx: Transaction, asked: Asked, listing: Listing, after: Place | None, many: int
) -> list[Place]:
    """The next enterprises that their segment of the day puts on the list, in its order."""
    bound = Bound()
    on = bound(asked.on, "date")
    where = f"{_STANDING[listing]} AND begins_on <= {on} AND ends_on >= {on}{places(tx, asked, bound)}"
    if asked.sector is not None:
        where += f" AND {bound(asked.sector, 'text')} = ANY (string_to_array(tags, ','))"
    if after is not None:
        place, uscc = (bound(part, "text") for part in after)
        where += f" AND (division, enterprise_uscc) > ({place}, {uscc})"
    rows = await tx.fetch(
        f"SELECT division, enterprise_uscc FROM cover_segment s WHERE {where}"  # noqa: S608
        f" ORDER BY division, enterprise_uscc LIMIT {many:d}",
        *bound.values,
    )
    return [(row["division"], row["enterprise_uscc"]) for row in rows]


async def _ending(tx: Transaction, asked: Asked) -> Sequence[str]:
    """Who has a cover that ends, or changes, from the day on and before ``until``: whoever is on the list does."""
    bound = Bound()
    on, until = bound(asked.on, "date"), bound(asked.until, "date")
    rows = await tx.fetch(
        "SELECT DISTINCT enterprise_uscc FROM cover_segment WHERE (insured IS NOT NULL OR proven)"  # noqa: S608
        f" AND ends_on >= {on} AND ends_on < {until}{places(tx, asked, bound)} LIMIT {MOST_ANEW + 1:d}",
        *bound.values,
    )
    return [row["enterprise_uscc"] for row in rows]
