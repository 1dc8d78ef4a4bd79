"""WHAT did the treasury add to the premiums? The sheet of subsidies by place, and what exceeds the cap, with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ajx_gateway.identity import Caller, system_scope
from ajx_gateway.oversight import asking, grouped, listing
from ajx_gateway.oversight.admission import admitted
from ajx_gateway.oversight.services import ENTERPRISES, wanted_of
from ajx_gateway.store import subsidies
from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.entitlements import Place
from ajx_gateway.store.measure import Form, Measure
from ajx_gateway.store.questions import Figures

BY = tuple(DIMENSIONS)
STATES = {"all": "全部", "above_cap": "超过上限"}
UNREGULATED = "本地区未作规定"
DEFINITION = (
    "保单所载财政补贴，按签单日期归期。上限与市级配套比例取签单日、保单所在地的规定，补贴比例以应收保费为分母；"
    "本地区没有补贴规定的，不设上限、不计配套（本地区未作规定）。"
)


def _measure(
    name: str, title: str, definition: str, unit: str = "元", form: Form = "money", **more: Any
) -> Measure:
    return Measure(name, title, definition, unit, form, **more)


# fmt: off
MEASURES: tuple[Measure, ...] = (
    _measure("subsidised", "享受补贴的保单数", "载有财政补贴的有效保单", "份", "count"),
    _measure("subsidy", "财政补贴", "补贴金额"),
    _measure("premium", "应收保费", "上述保单的应收保费"),
    _measure("above_cap", "超过上限的保单数", "补贴超过规定比例的保单", "份", "count"),
    _measure("excess", "超过上限的金额", "补贴减去规定比例乘以应收保费"),
    _measure("city_match", "市级应配套", "规定的市级配套比例乘以补贴"),
    _measure("no_law", "无补贴规定的保单数", UNREGULATED, "份", "count"),
    _measure("subsidy_ratio", "补贴比例", "财政补贴除以应收保费", "", "ratio", over=(("subsidy",), ("premium",))),
)
# fmt: on


async def subsidies_by(
    store: Store, caller: Caller, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """The sheet: subsidies per group and in total, by district unless asked otherwise."""
    scope = admitted(caller)
    grouped.only_whole(scope, given, as_of)
    asked = grouped.read({**given, "by": given.get("by") or "district"}, BY, as_of, now)
    measures = MEASURES if scope.may_see_enterprises else (ENTERPRISES, *MEASURES)
    async with store.reading(scope) as tx:

        async def ask(by: tuple[str, ...]) -> Figures:
            return await subsidies.figures(tx, wanted_of(asked), measures, by, as_of=as_of)

        found = await ask(asked.by)
        insurers = await grouped.insurer_names(tx, asked.by, found)
        hidden = await grouped.withheld(scope, asked, ask, as_of or now)
    notes = [DEFINITION, *([f"部分保单：{UNREGULATED}。"] if found.total.get("no_law") else [])]
    return grouped.answered(
        scope, asked, measures, found, insurers, at=as_of or now, notes=notes, hidden=hidden
    )


async def subsidy_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of subsidised policies; what exceeds the cap with the reason its insurer filed."""
    asked = grouped.read({n: v for n, v in given.items() if n != "state"}, BY, None, now)
    state = asking.one_of("state", given["state"], STATES) if given.get("state") else "all"

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        after = Place(listing.day_of(cursor), cursor.row) if cursor else None
        above = state == "above_cap"
        rows = await subsidies.page(tx, wanted_of(asked), above, after, limit, as_of=at if cursor else None)
        return await _with_reasons(store, rows)

    end = listing.by_day("signed_on")
    page = await listing.page_of(store, caller, given, fetch, end, now=now, item=_item)
    return {"definition": DEFINITION, **page}


async def _with_reasons(store: Store, rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The reasons stand in the filings, which no regulator reads: only those of rows already found are looked up."""
    above = [(row["filing_id"], row["ordinal"]) for row in rows if row["above_cap"]]
    found: Mapping[Any, bytes] = {}
    if above:
        async with store.reading(system_scope("the reasons of subsidies above the cap")) as tx:
            found = await subsidies.documents(tx, above)
    return [{**row, "reason": _reason(found.get((row["filing_id"], row["ordinal"])))} for row in rows]


def _reason(document: bytes | None) -> str | None:
    if document is None:
        return None
    subsidy = json.loads(document).get("subsidy") or {}
    reason = subsidy.get("reason")
    return str(reason) if reason else None


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    premium = Decimal(row["premium_adjusted"])
    ratio = Decimal(row["subsidy_amount"]) / premium if premium else None
    kept = {name: value for name, value in row.items() if name not in ("filing_id", "ordinal")}
    return kept | {
        "subsidy_ratio": None if ratio is None else str(ratio.quantize(Decimal("0.0001"), ROUND_HALF_UP)),
        "cap_said": UNREGULATED if row["cap_ratio"] is None else "",
    }
