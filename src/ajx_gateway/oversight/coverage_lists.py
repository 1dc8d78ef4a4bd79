"""WHICH enterprises are behind the figures? Never insured, lapsed, about to expire, and with staff left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.jurisdictions import NATIONAL, profile
from ajx_gateway.oversight import asking, coverage
from ajx_gateway.oversight.admission import admitted_to_enterprises, territory_words
from ajx_gateway.oversight.shown import shown, shown_instant
from ajx_gateway.standard import codes
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import aggregates, cover_pages, cursors
from ajx_gateway.store.coverage import APART, Asked, Listing
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction

TITLES: Mapping[Listing, str] = {
    "never_insured": "应保未保单位",
    "lapsed": "脱保单位",
    "expiring": "保单即将到期单位",
    "understaffed": "未全员投保单位",
}
PATHS: Mapping[str, Listing] = {
    "never-insured": "never_insured",
    "lapsed": "lapsed",
    "expiring": "expiring",
    "understaffed": "understaffed",
}
DEFINITIONS: Mapping[Listing, str] = {
    "never_insured": "在名录中、统计日未被覆盖、此前也没有过保单的单位",
    "lapsed": "在名录中、统计日未被覆盖、此前有过保单的单位；天数自保障终止次日起算",
    "expiring": "统计日被覆盖、在给定天数内到期而尚无接续保单的单位；天数为到期前剩余天数",
    "understaffed": "统计日有有效保单、投保人数少于从业人数的单位",
}
MOST_DAYS = 366
# Enterprises are ordered by their codes: the cursor needs no row's id.
_NO_ROW = UUID(int=0)


async def page(
    store: Store,
    caller: Caller,
    path: str,
    given: Mapping[str, str],
    *,
    as_of: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """One page of a list; every page is as known at the first one's instant."""
    scope = admitted_to_enterprises(caller)
    if path not in PATHS:
        raise NotFound("没有这种清单。")
    listing, limit = PATHS[path], asking.page_size(given.get("limit"))
    request = coverage.read({n: v for n, v in given.items() if n != "by"}, as_of, now)
    days = _days(given.get("days"), listing, scope, request.on)
    question = {**given, "list": path}
    cursor = cursors.read(given.get("after"), question, now)
    if cursor is not None:
        request = replace(request, as_of=cursor.as_of, on=_on(cursor))
    asked = coverage.asked_of(request, request.on + timedelta(days=days))
    async with store.reading(scope) as tx:
        rows = await cover_pages.page(tx, asked, listing, _after(cursor), limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        covers = await _covers(tx, rows, asked)
        insurers = await _insurers(tx, covers)
    at = request.as_of or now
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "on": request.on.isoformat(),
        "list": path,
        "title": TITLES[listing],
        "definition": DEFINITIONS[listing],
        "days": days if listing == "expiring" else None,
        "items": [_item(row, covers.get(row["uscc"], ()), insurers, asked, listing) for row in rows],
        "next": _next(rows[-1], at, request.on, question) if more else None,
    }


def _days(text: str | None, listing: Listing, scope: Scope, on: date) -> int:
    if text and listing != "expiring":
        raise Unprocessable("只有即将到期清单（expiring）可以用 days。", parameter="days")
    if not text:
        return _notice_days(scope, on) if listing == "expiring" else 0
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_DAYS):
        raise Unprocessable(f"days 应为 1 至 {MOST_DAYS} 的整数。", parameter="days")
    return int(text)


def _notice_days(scope: Scope, on: date) -> int:
    """How far ahead the list looks unless told otherwise, as the parameters of the territory say."""
    place = (scope.territory or NATIONAL).ljust(6, "0")
    stated = profile(place, on).value("renewal_notice_days")
    return cast(int, stated.value) if stated else 0


def _parts(cursor: Cursor) -> tuple[str, str, str]:
    parts = (cursor.sort or "").split("|")
    if len(parts) != 3:
        raise Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after")
    return parts[0], parts[1], parts[2]


def _on(cursor: Cursor) -> date:
    try:
        return date.fromisoformat(_parts(cursor)[0])
    except ValueError:
        raise Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after") from None


def _after(cursor: Cursor | None) -> tuple[str, str] | None:
    return _parts(cursor)[1:] if cursor else None


def _next(row: Mapping[str, Any], at: datetime, on: date, question: Mapping[str, str]) -> str:
    sort = f"{on.isoformat()}|{row['sort']}|{row['uscc']}"
    return cursors.written(Cursor(at, sort, _NO_ROW), question)


async def _covers(
    tx: Transaction, rows: Sequence[Mapping[str, Any]], asked: Asked
) -> dict[str, list[Mapping[str, Any]]]:
    """The policies of each enterprise of the page that had begun by the day, the last to end last."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for policy in await cover_pages.policies_of(tx, [row["uscc"] for row in rows], asked):
        if policy["effective_on"] <= asked.on:
            found.setdefault(policy["enterprise_uscc"], []).append(policy)
    for policies in found.values():
        policies.sort(key=lambda p: (last_day(p), p["signed_on"], p["policy_no"] or ""))
    return found


def last_day(policy: Mapping[str, Any]) -> date:
    """The last day of the cover: that of expiry, or the one before the cancellation."""
    cancelled: date | None = policy["cancelled_on"]
    expires: date = policy["expires_on"]
    return expires if cancelled is None else min(expires, cancelled - timedelta(days=1))


async def _insurers(tx: Transaction, covers: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    named = sorted({p["insurer"] for policies in covers.values() for p in policies if p["insurer"]})
    return await aggregates.insurer_names(tx, named)


def _item(
    row: Mapping[str, Any],
    policies: Sequence[Mapping[str, Any]],
    insurers: Mapping[str, str],
    asked: Asked,
    listing: Listing,
) -> dict[str, Any]:
    divisions = sorted(set(row["divisions"].split(APART)))
    tags = sorted({tag for tag in row["tags"].split(APART) if tag})
    last = policies[-1] if policies else None
    ended = last_day(last) if last else None
    return {
        "uscc": row["uscc"],
        "name": row["name"],
        "divisions": divisions,
        "division_names": [place_words(division) for division in divisions],
        "sector_tags": tags,
        "sector_titles": [codes.title("sector_tag", tag) for tag in tags],
        "policy_no": last["policy_no"] if last else None,
        "insurer": last["insurer"] if last else None,
        "insurer_name": insurers.get(last["insurer"]) if last and last["insurer"] else None,
        "covered_until": shown(row["ends_on"] or ended),
        "by_evidence": bool(row["proven"]) and row["insured"] is None,
        "insured_count": row["insured"],
        "employee_count": row["employees"],
        "missing_count": _missing(row) if listing == "understaffed" else None,
        "low_limit": bool(row["low"]),
        "days": _counted_days(listing, row, ended, asked.on),
    }


def _missing(row: Mapping[str, Any]) -> int:
    return int(row["employees"]) - int(row["insured"])


def _counted_days(listing: Listing, row: Mapping[str, Any], ended: date | None, on: date) -> int | None:
    """Days left of a cover, or days since it ended."""
    if listing == "expiring":
        return (cast(date, row["ends_on"]) - on).days
    if listing == "lapsed" and ended is not None:
        return (on - ended).days
    return None
