"""WHO got the services that were promised? Due against done by place and insurer, and the policies behind each figure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ajx_gateway.identity import Caller
from ajx_gateway.oversight import asking, grouped, listing
from ajx_gateway.oversight.admission import admitted
from ajx_gateway.oversight.grouped import Asked
from ajx_gateway.oversight.shown import local_date
from ajx_gateway.store import entitlements
from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.entitlements import Place, Wanted
from ajx_gateway.store.measure import Form, Measure
from ajx_gateway.store.questions import Figures

DEFINITION = (
    "应做项次：本地区规定了服务项次标准的从其标准，否则取已提交或已确认的服务计划各项频次之和；已做项次：已完成或双方已确认的"
    "服务所含项目数。按保单逐份比较，一份保单多做的不抵另一份少做的。保单按签单日期归期，含已退保的保单。"
)
BY = tuple(DIMENSIONS)
STATES = {
    "owed": "尚欠", "owed_expired": "到期仍欠", "fulfilled": "已落实", "unserved": "未服务", "unplanned": "无标准亦无计划",
}  # fmt: skip


def _measure(name: str, title: str, definition: str, unit: str, form: Form = "count", **more: Any) -> Measure:
    return Measure(name, title, definition, unit, form, **more)


# fmt: off
MEASURES: tuple[Measure, ...] = (
    _measure("policies", "保单数", "本期签单的有效保单", "份"),
    _measure("due", "应做项次", "各保单应做项次之和", "项次"),
    _measure("fulfilled", "已落实项次", "已做项次，每份保单不超过其应做项次", "项次"),
    _measure("owed", "尚欠项次", "应做减已做，逐份保单不小于零", "项次"),
    _measure("owed_expired", "到期仍欠项次", "保险期间已满仍未补做的项次", "项次"),
    _measure("services_done", "完成服务次数", "已完成或双方已确认的服务", "次"),
    _measure("items_done", "已做项次", "上述服务所含项目数", "项次"),
    _measure("served", "已开展首次服务的保单数", "至少完成一次服务的保单", "份"),
    _measure("unplanned", "无标准亦无计划的保单数", "本地区未规定项次、也未提交服务计划的保单", "份"),
    _measure("fulfilment", "服务落实率", "已落实项次除以应做项次", "", "ratio", over=(("fulfilled",), ("due",))),
    _measure("first_service_rate", "首次服务率", "已开展首次服务的保单数除以保单数", "", "ratio",
             over=(("served",), ("policies",))),
)
ENTERPRISES = _measure("enterprises", "投保企业数", "本期签单的投保企业，按统一社会信用代码去重", "家",
                       how="distinct")
# fmt: on


def wanted_of(asked: Asked) -> Wanted:
    """The period and the filters in the store's terms."""
    period = asked.period
    return Wanted(asked.filters, period.begins if period else None, period.ends if period else None)


async def services_by(
    store: Store, caller: Caller, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """Services due and done per group and in total."""
    scope = admitted(caller)
    grouped.only_whole(scope, given, as_of)
    asked = grouped.read(given, BY, as_of, now)
    measures = MEASURES if scope.may_see_enterprises else (ENTERPRISES, *MEASURES)
    at = as_of or now
    async with store.reading(scope) as tx:

        async def ask(by: tuple[str, ...]) -> Figures:
            return await entitlements.figures(
                tx, wanted_of(asked), measures, by, as_of=as_of, today=local_date(at)
            )

        found = await ask(asked.by)
        insurers = await grouped.insurer_names(tx, asked.by, found)
        hidden = await grouped.withheld(scope, asked, ask, at)
    return grouped.answered(scope, asked, measures, found, insurers, at=at, notes=[DEFINITION], hidden=hidden)


async def service_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the policies behind a figure: who is owed what."""
    asked = grouped.read({n: v for n, v in given.items() if n != "state"}, BY, None, now)
    state = asking.one_of("state", given["state"], STATES) if given.get("state") else None

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        after = Place(listing.day_of(cursor), cursor.row) if cursor else None
        return await entitlements.page(
            tx, wanted_of(asked), state, after, limit, as_of=at if cursor else None, today=local_date(at)
        )

    return await listing.page_of(store, caller, given, fetch, listing.by_day("signed_on"), now=now)
