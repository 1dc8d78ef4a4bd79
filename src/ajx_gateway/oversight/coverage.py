"""HOW MANY of those who must insure are insured? The question about coverage, read, asked and answered.

Two days matter: ``on``, the day asked about, and ``as_of``, the instant at which it was known. The figures come from one
snapshot; what is made of them stands in ``coverage_figures``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import admitted
from ajx_gateway.oversight.coverage_figures import BY, Request, answer
from ajx_gateway.oversight.coverage_law import death_floors, law_prefixes
from ajx_gateway.oversight.coverage_withheld import only_whole
from ajx_gateway.oversight.naming import dimensions
from ajx_gateway.oversight.roster import day_of
from ajx_gateway.oversight.shown import local_date
from ajx_gateway.store import cover_sums
from ajx_gateway.store.cover_sums import Kept
from ajx_gateway.store.coverage import Asked
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.rolling import PLACE_DIGITS


def read(given: Mapping[str, str], as_of: datetime | None, now: datetime) -> Request:
    """The query parameters as a Request; 422 with the possible values otherwise."""
    asking.not_later("as_of", as_of, now)
    filters = asking.filters_of({name: given.get(name, "") for name in ("district", "town", "sector")})
    by = asking.several("by", given.get("by"), dimensions(BY))
    if len(by) > 2:
        raise Unprocessable("by 至多两项。", parameter="by")
    on = day_of(given.get("on"), "on") or local_date(as_of or now)
    return Request(on, by, as_of, filters.district, filters.town, filters.sector)


def asked_of(request: Request, until: date) -> Asked:
    """The question as the store takes it."""
    return Asked(
        request.on,
        request.as_of,
        until,
        request.district,
        request.town,
        request.sector,
        tuple(death_floors(request.on)),
    )


def kept_of(request: Request) -> Kept:
    """What the answer tells apart: places of different law, the places that are asked for, and whether with the tags."""
    digits = max((PLACE_DIGITS.get(name, 0) for name in request.by), default=0)
    tagged = not digits or any(name not in PLACE_DIGITS for name in request.by)
    return Kept(law_prefixes(), digits, tagged)


async def coverage_for(
    store: Store, caller: Caller, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """The answer to one question about coverage, from one snapshot."""
    scope = admitted(caller)
    request = read(given, as_of, now)
    only_whole(scope, given, request.by, as_of)
    async with store.reading(scope) as tx:
        return await coverage_in(tx, request, now=now)


async def coverage_in(tx: Transaction, request: Request, *, now: datetime) -> dict[str, Any]:
    """The same within a transaction that is already open, for reports that ask several things of one snapshot."""
    found = await cover_sums.counts(tx, asked_of(request, request.on), kept_of(request))
    return answer(tx.scope, request, found, now)
