"""WHAT do regulators read and decide? Figures, deadlines, excuses, outages, and the records behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import exports
from ajx_gateway.api import oversight_doors as doors
from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api import oversight_tables as sheets
from ajx_gateway.api.callers import AnyCaller
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.oversight import aggregates, records, standing, timeliness
from ajx_gateway.oversight import exports as whole_lists
from ajx_gateway.store.database import Store

router = APIRouter()

_CLOCKS = ("clock", "state", "period", "insurer", "district", "town")


class Deciding(BaseModel):
    """What a regulator decides about an excuse, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    decision: Literal["upheld", "dismissed"]
    reason: parts.Words


class OutageWindow(BaseModel):
    """When the gateway could not accept filings (``ends`` exclusive), and why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    begins: AwareDatetime
    ends: AwareDatetime
    reason: parts.Words


async def _aggregates(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await aggregates.aggregates_for(store, caller, given, as_of=parts.as_of(given), now=now)

    asked = ("measures", "by", "period", "compare", "as_of", *parts.FILTERS)
    return await parts.listed(request, asked, "aggregates", sheets.aggregates, page)


async def _deadlines(request: Request, caller: AnyCaller) -> Response:
    calendar = gateway_of(request).desk.calendar

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        as_of = parts.as_of(given)
        return await timeliness.deadlines_by(store, calendar, caller, given, now=now, as_of=as_of)

    return await parts.listed(request, ("by", "as_of", *_CLOCKS), "deadlines", sheets.deadlines, page)


async def _deadline_list(request: Request, caller: AnyCaller) -> Response:
    given, store = parts.given(request, *_CLOCKS, *parts.PAGED, "all"), gateway_of(request).desk.store
    if exports.wants_all(given):
        columns = sheets.DEADLINE_COLUMNS
        whole = whole_lists.of_deadlines(store, caller, given, columns, now=now_of(request))
        return exports.of_rows(request, store, whole)
    found = await timeliness.deadline_list(store, caller, given, now=now_of(request))
    return await parts.answer(
        request, found, "deadline-list",
        lambda a: sheets.items(a, sheets.DEADLINE_COLUMNS, "期限清单", timeliness.DEFINITION),
    )  # fmt: skip


async def _excuses(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await standing.excuse_list(store, caller, given, now=now)

    return await parts.listed(
        request, ("state", *parts.PAGED), "excuses",
        lambda a: sheets.items(a, sheets.EXCUSE_COLUMNS, "免责申请", "承保机构对期限提出的免责申请及其决定"), page,
    )  # fmt: skip


async def _outages(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await standing.outage_list(store, caller, now=now)

    return await parts.listed(
        request, (), "outages",
        lambda a: sheets.items(a, sheets.OUTAGE_COLUMNS, "网关停机记录", "不能受理报送的时段，期限整日顺延"), page,
    )  # fmt: skip


async def _records(request: Request, caller: AnyCaller) -> Response:
    given = parts.given(request, "period", "state", *parts.FILTERS, *parts.PAGED, "all")
    collection = str(request.path_params["collection"])
    store = gateway_of(request).desk.store
    if exports.wants_all(given):
        whole = whole_lists.of_records(store, caller, collection, given, now=now_of(request))
        return exports.of_rows(request, store, whole, records.kind_of(collection).name)
    found = await records.record_list(store, caller, collection, given, now=now_of(request))
    columns = [(each["name"], each["title"]) for each in found["columns"]]
    return await parts.answer(
        request, found, f"records-{collection}",
        lambda a: sheets.items(a, columns, f"{a['title']}清单", "本辖区的有效记录，不含个人信息", a["kind"]),
    )  # fmt: skip


async def _record(request: Request, caller: AnyCaller) -> Response:
    collection = str(request.path_params["collection"])
    identity = parts.identity_of(request, "没有这条记录，或它不在本辖区。")

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await records.record(store, caller, collection, identity, now=now)

    return await parts.listed(request, (), "record", sheets.record, page)


async def _decide(request: Request, caller: AnyCaller) -> Response:
    wanted = await parts.body_of(request, Deciding)
    identity = parts.identity_of(request, "没有这项免责申请，或它不在本辖区。")
    store = gateway_of(request).desk.store
    found = await standing.decide(
        store, caller, identity, wanted.decision, wanted.reason, now=now_of(request)
    )
    return parts.as_json(found)


async def _record_outage(request: Request, caller: AnyCaller) -> Response:
    wanted, desk = await parts.body_of(request, OutageWindow), gateway_of(request).desk
    found = await standing.record_outage(
        desk.store,
        desk.calendar,
        caller,
        (wanted.begins, wanted.ends),
        reason=wanted.reason,
        now=now_of(request),
    )
    return parts.as_json(found, 201)


_LISTS = (
    ("/v1/oversight/aggregates", _aggregates, doors.aggregates()),
    ("/v1/oversight/deadlines", _deadlines, doors.deadlines()),
    ("/v1/oversight/deadlines/list", _deadline_list, doors.deadline_list()),
    ("/v1/oversight/excuses", _excuses, doors.excuses()),
    ("/v1/oversight/outages", _outages, doors.outages()),
    ("/v1/oversight/records/{collection}", _records, doors.records()),
    ("/v1/oversight/records/{collection}/{id}", _record, doors.record()),
)
parts.add_lists(router, _LISTS)
router.add_api_route(
    "/v1/oversight/excuses/{id}/decision",
    _decide,
    methods=["POST"],
    **doors.decision(Deciding.model_json_schema()).routing(),
)
router.add_api_route(
    "/v1/oversight/outages",
    _record_outage,
    methods=["POST"],
    **doors.outage(OutageWindow.model_json_schema()).routing(),
)
