"""WAS the prevention fund accrued, spent and spent rightly? By policy, by ledger, and the signs of diversion."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ajx_gateway.errors import NotFound
from ajx_gateway.identity import Caller
from ajx_gateway.jurisdictions import all_jurisdictions
from ajx_gateway.oversight import asking, grouped, listing, suppression
from ajx_gateway.oversight.admission import admitted, territory_words
from ajx_gateway.oversight.services import ENTERPRISES, wanted_of
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.standard import codes
from ajx_gateway.store import fund_signs, funds
from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.entitlements import Place
from ajx_gateway.store.fund_signs import SIGNS
from ajx_gateway.store.measure import Form, Measure
from ajx_gateway.store.questions import Figures

BY_POLICY = tuple(DIMENSIONS)
BY_LEDGER = (*DIMENSIONS, "purpose")
BASES = {"policy": "按保单签单日期", "ledger": "按台账记账日期"}
STATES = {"below_floor": "欠提", "overspent": "超支", "unspent": "未使用", "no_floor": "未规定下限"}
UNREGULATED = "本地区未作规定"
DEFINITIONS = {
    "policy": (
        "按保单：本期签单的保单，其提取与支出不论何时记账。计提基数与下限比例取签单日、保单所在地的规定（佛山、宿州均为实收保费减"
        "退还保费）；冲销计入被冲销分录一侧。未规定下限的保单计入“未规定下限”，其下限按零计。"
    ),
    "ledger": "按台账：记账日期在本期的分录；集中支出（未注明保单）归入费用所在地。冲销计入被冲销分录一侧。",
}
SIGN_DEFINITION = "疑点只提示核查，不是结论。收款方与发票不在统计字段之内，其完整性在受理时校验。"


def _measure(
    name: str, title: str, definition: str, unit: str = "元", form: Form = "money", **more: Any
) -> Measure:
    return Measure(name, title, definition, unit, form, **more)


# fmt: off
_OF_POLICIES: tuple[Measure, ...] = (
    _measure("policies", "保单数", "本期签单的有效保单", "份", "count"),
    _measure("base", "计提基数", "规定的计提基数之和"),
    _measure("floor", "应提下限", "下限比例乘以计提基数，逐份保单截至分"),
    _measure("accrued", "已提取", "提取一侧分录金额"),
    _measure("gap", "欠提金额", "应提下限减已提取，逐份保单不小于零"),
    _measure("below_floor", "欠提保单数", "已提取低于应提下限的保单", "份", "count"),
    _measure("spent", "已支出", "支出一侧分录金额，不含集中支出"),
    _measure("remaining", "结余", "已提取减已支出"),
    _measure("overspent", "超支保单数", "已支出超过已提取的保单", "份", "count"),
    _measure("no_floor", "未规定下限的保单数", UNREGULATED, "份", "count"),
    _measure("accrual_ratio", "提取比例", "已提取除以计提基数", "", "ratio", over=(("accrued",), ("base",))),
    _measure("use_ratio", "使用率", "已支出除以已提取", "", "ratio", over=(("spent",), ("accrued",))),
)
_OF_LEDGER: tuple[Measure, ...] = (
    _measure("entries", "分录数", "台账分录", "笔", "count"),
    _measure("accrued", "提取", "提取一侧分录金额"),
    _measure("spent", "支出", "支出一侧分录金额"),
    _measure("pooled", "其中集中支出", "未注明保单的支出"),
    _measure("use_ratio", "使用率", "支出除以提取", "", "ratio", over=(("spent",), ("accrued",))),
)
# fmt: on


async def funds_by(
    store: Store, caller: Caller, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """The fund per group and in total; ``basis`` policy (default) or ledger."""
    scope = admitted(caller)
    grouped.only_whole(scope, given, as_of)
    basis = asking.one_of("basis", given.get("basis") or "policy", BASES)
    asked = grouped.read(given, BY_LEDGER if basis == "ledger" else BY_POLICY, as_of, now)
    measures = _OF_LEDGER if basis == "ledger" else _OF_POLICIES
    if not scope.may_see_enterprises:
        measures = (ENTERPRISES, *measures)
    async with store.reading(scope) as tx:
        figures = funds.by_entries if basis == "ledger" else funds.by_policies

        async def ask(by: tuple[str, ...]) -> Figures:
            return await figures(tx, wanted_of(asked), measures, by, as_of=as_of)

        found = await ask(asked.by)
        insurers = await grouped.insurer_names(tx, asked.by, found)
        hidden = await grouped.withheld(scope, asked, ask, as_of or now)
    purposes = {code: codes.title("fund_purpose", code) for code in codes.CODE_LISTS["fund_purpose"].codes()}
    answer = grouped.answered(
        scope, asked, measures, found, insurers, at=as_of or now, notes=[DEFINITIONS[basis]],
        names={"purpose": purposes | {"unstated": "未注明", "": "提取"}}, hidden=hidden,
    )  # fmt: skip
    return answer | {"basis": basis}


async def fund_policies(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of policies with base, floor, gap and ledger."""
    asked = grouped.read({n: v for n, v in given.items() if n != "state"}, BY_POLICY, None, now)
    state = asking.one_of("state", given["state"], STATES) if given.get("state") else None

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        after = Place(listing.day_of(cursor), cursor.row) if cursor else None
        as_of = at if cursor else None
        return await funds.page(tx, wanted_of(asked), state, after, limit, as_of=as_of)

    end = listing.by_day("signed_on")
    return await listing.page_of(store, caller, given, fetch, end, now=now, item=_policy)


def _policy(row: Mapping[str, Any]) -> dict[str, Any]:
    accrued, base = Decimal(row["accrued"]), row["base"]
    return {
        **row,
        "accrual_ratio": _share(accrued, base),
        "use_ratio": _share(Decimal(row["spent"]), accrued),
        "floor_said": UNREGULATED if row["floor"] is None else "",
    }


def _share(above: Decimal, below: Decimal | None) -> str | None:
    return str((above / below).quantize(Decimal("0.0001"), ROUND_HALF_UP)) if below else None


async def sign_counts(
    store: Store, caller: Caller, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """Every sign with its definition, how many rows its list has and their amount."""
    scope = admitted(caller)
    grouped.only_whole(scope, given, as_of)
    asked = grouped.read(given, (), as_of, now)
    async with store.reading(scope) as tx:
        found = await fund_signs.counts(tx, wanted_of(asked), as_of=as_of)
    stated = {value.name for place in all_jurisdictions().values() for value in place.values}
    least = suppression.threshold(scope, as_of or now)

    def shown(row: Mapping[str, Any]) -> dict[str, Any]:
        if least is not None and suppression.is_small(row["enterprises"], least):
            return {"count": None, "amount": None, "suppressed": True}
        return {"count": row["count"], "amount": f"{row['amount']:.2f}"}

    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(as_of or now),
        "definition": SIGN_DEFINITION,
        "period": asked.period.as_dict() if asked.period else None,
        "items": [
            {
                "name": sign.name,
                "title": sign.title,
                "definition": sign.definition,
                **shown(found[sign.name]),
                "note": "" if sign.law is None or sign.law in stated else UNREGULATED,
            }
            for sign in SIGNS.values()
        ],
    }


async def sign_list(
    store: Store, caller: Caller, name: str, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the rows behind a sign."""
    asked = grouped.read(given, (), None, now)
    sign = SIGNS.get(name)

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        if sign is None:
            raise NotFound("没有这项疑点。")
        after = Place(listing.day_of(cursor), cursor.row) if cursor else None
        as_of = at if cursor else None
        return await fund_signs.page(tx, sign, wanted_of(asked), after, limit, as_of=as_of)

    bound = {**given, "sign": name}
    page = await listing.page_of(store, caller, bound, fetch, listing.by_day("entered_on"), now=now)
    told = {"sign": name, "title": sign.title, "definition": sign.definition} if sign else {}
    return told | page
