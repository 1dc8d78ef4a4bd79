"""WHO follows on a later page of a list of coverage? As known at the first page's instant, as fast as the first page.

Nearly everybody stands as they stood then: they come from what is counted today (``cover_lists``). Whoever was
touched since is left out there and found as known at that instant (``coverage.page``), and both are put in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ajx_gateway.store import cover_lists, coverage
from ajx_gateway.store.cover_lists import Place
from ajx_gateway.store.coverage import Asked, Listing
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.rolling import MOST_ANEW

# So many policies (or endorsements) recorded since are looked at; beyond, everybody is counted as known then.
_MOST_RECORDED: Final = 20_000


async def page(
    tx: Transaction, asked: Asked, listing: Listing, after: Place | None, limit: int
) -> list[Mapping[str, Any]]:
    """As ``coverage.page``, whether the question is about now or an instant. In a snapshot (``Store.reading``)."""
    if asked.as_of is None:
        return await cover_lists.page(tx, asked, listing, after, limit)
    touched = await _touched(tx, asked)
    if touched is None:
        return await coverage.page(tx, asked, listing, after, limit)
    now = replace(asked, as_of=None)
    same = await cover_lists.page(tx, now, listing, after, limit, without=touched)
    if not touched:
        return same
    others = await coverage.page(tx, asked, listing, after, limit, only=sorted(touched))
    return sorted([*same, *others], key=lambda row: (row["sort"], row["uscc"]))[:limit]


async def policies_of(tx: Transaction, usccs: Sequence[str], asked: Asked) -> list[Mapping[str, Any]]:
    """As ``coverage.policies_of``: only of those who were touched since is the past looked up."""
    touched = None if asked.as_of is None else await _touched(tx, asked)
    if asked.as_of is None or touched is None:
        return await coverage.policies_of(tx, usccs, asked.as_of)
    found = await coverage.policies_of(tx, [uscc for uscc in usccs if uscc not in touched], None)
    others = [uscc for uscc in usccs if uscc in touched]
    return found + (await coverage.policies_of(tx, others, asked.as_of) if others else [])


async def _touched(tx: Transaction, asked: Asked) -> frozenset[str] | None:
    """Who may stand otherwise now than at the instant; None when that is no easier than counting everybody."""
    place = asked.town or asked.district or tx.scope.territory or ""
    rows = await tx.fetch(
        f"SELECT enterprise_uscc FROM roster_touched($1, $2, {_MOST_RECORDED:d}) LIMIT {MOST_ANEW + 1:d}",  # noqa: S608
        asked.as_of,
        place,
    )
    if len(rows) > MOST_ANEW or any(row["enterprise_uscc"] is None for row in rows[:1]):
        return None
    return frozenset(row["enterprise_uscc"] for row in rows)
