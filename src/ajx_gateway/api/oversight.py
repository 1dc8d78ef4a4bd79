"""WHAT do regulators read and decide? Figures, deadlines, excuses, outages, and the records behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import oversight_doors as doors
from ajx_gateway.api import oversight_tables as sheets
from ajx_gateway.api import tables
from ajx_gateway.api.bodies import demand_json, read_body
from ajx_gateway.api.callers import AnyCaller
from ajx_gateway.api.context import gateway_of, instant, now_of
from ajx_gateway.api.envelope import only
from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.oversight import aggregates, records, standing, timeliness

router = APIRouter()

_FILTERS = ("district", "town", "insurer", "sector", "industry", "size")
_CLOCKS = ("clock", "state", "period", "insurer", "district", "town")
_PAGED = ("after", "limit")
_CURSOR = 512
_BODY = 64 * 1024
Wanted = TypeVar("Wanted", bound=BaseModel)
_Words = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]


class Deciding(BaseModel):
    """What a regulator decides about an excuse, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    decision: Literal["upheld", "dismissed"]
    reason: _Words


class OutageWindow(BaseModel):
    """When the gateway could not accept filings (``ends`` exclusive), and why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    begins: AwareDatetime
    ends: AwareDatetime
    reason: _Words


def _given(request: Request, *names: str) -> dict[str, str]:
    """The query parameters, each known and named once, none of them endless."""
    only(request, names)
    given = dict(request.query_params)
    if any("\x00" in value for value in given.values()) or len(given.get("after", "")) > _CURSOR:
        raise Unprocessable("查询参数含有不能使用的字符，或 after 不是上一页返回的 next 值。")
    return given


def _answer(
    request: Request, found: dict[str, Any], stem: str, sheet: Callable[[dict[str, Any]], tables.Table]
) -> Response:
    form = tables.form_of(request)
    if form == "json":
        return Response(to_json(found), media_type="application/json", headers={"Vary": "Accept"})
    response = tables.table_response(sheet(found), form, stem)
    if found.get("next"):
        response.headers["Next-After"] = str(found["next"])
    return response


async def _aggregates(request: Request, caller: AnyCaller) -> Response:
    given = _given(request, "measures", "by", "period", "compare", "as_of", *_FILTERS)
    stated = given.pop("as_of", "")
    as_of: datetime | None = instant(stated, "as_of") if stated else None
    store = gateway_of(request).desk.store
    found = await aggregates.aggregates_for(store, caller, given, as_of=as_of, now=now_of(request))
    return _answer(request, found, "aggregates", sheets.aggregates)


async def _deadlines(request: Request, caller: AnyCaller) -> Response:
    given, desk = _given(request, "by", *_CLOCKS), gateway_of(request).desk
    found = await timeliness.deadlines_by(desk.store, desk.calendar, caller, given, now=now_of(request))
    return _answer(request, found, "deadlines", sheets.deadlines)


async def _deadline_list(request: Request, caller: AnyCaller) -> Response:
    given = _given(request, *_CLOCKS, *_PAGED)
    found = await timeliness.deadline_list(gateway_of(request).desk.store, caller, given, now=now_of(request))
    return _answer(
        request, found, "deadline-list",
        lambda a: sheets.items(a, sheets.DEADLINE_COLUMNS, "期限清单", timeliness.DEFINITION),
    )  # fmt: skip


async def _excuses(request: Request, caller: AnyCaller) -> Response:
    given = _given(request, "state", *_PAGED)
    found = await standing.excuse_list(gateway_of(request).desk.store, caller, given, now=now_of(request))
    return _answer(
        request, found, "excuses",
        lambda a: sheets.items(a, sheets.EXCUSE_COLUMNS, "免责申请", "承保机构对期限提出的免责申请及其决定"),
    )  # fmt: skip


async def _outages(request: Request, caller: AnyCaller) -> Response:
    _given(request)
    found = await standing.outage_list(gateway_of(request).desk.store, caller, now=now_of(request))
    return _answer(
        request, found, "outages",
        lambda a: sheets.items(a, sheets.OUTAGE_COLUMNS, "网关停机记录", "不能受理报送的时段，期限整日顺延"),
    )  # fmt: skip


async def _records(request: Request, caller: AnyCaller) -> Response:
    given = _given(request, "period", "state", *_FILTERS, *_PAGED)
    collection = str(request.path_params["collection"])
    store = gateway_of(request).desk.store
    found = await records.record_list(store, caller, collection, given, now=now_of(request))
    columns = [(each["name"], each["title"]) for each in found["columns"]]
    return _answer(
        request, found, f"records-{collection}",
        lambda a: sheets.items(a, columns, f"{a['title']}清单", "本辖区的有效记录，不含个人信息"),
    )  # fmt: skip


async def _record(request: Request, caller: AnyCaller) -> Response:
    _given(request)
    found = await records.record(
        gateway_of(request).desk.store,
        caller,
        str(request.path_params["collection"]),
        _id(request, "没有这条记录，或它不在本辖区。"),
        now=now_of(request),
    )
    return _answer(request, found, "record", sheets.record)


def _id(request: Request, absent: str) -> UUID:
    try:
        return UUID(str(request.path_params["id"]))
    except ValueError:
        raise NotFound(absent) from None


async def _body(request: Request, model: type[Wanted]) -> Wanted:
    only(request, ())
    demand_json(request)
    body = await read_body(request, _BODY)
    try:
        return model.model_validate_json(body)
    except ValidationError as fault:
        places = [
            {"pointer": "/" + "/".join(map(str, each["loc"])), "rule": each["type"]}
            for each in fault.errors(include_input=False, include_context=False, include_url=False)[:100]
        ]
        raise Unprocessable("内容不符合要求，字段说明见 /docs。", errors=places) from None


async def _decide(request: Request, caller: AnyCaller) -> Response:
    wanted = await _body(request, Deciding)
    identity = _id(request, "没有这项免责申请，或它不在本辖区。")
    store = gateway_of(request).desk.store
    found = await standing.decide(
        store, caller, identity, wanted.decision, wanted.reason, now=now_of(request)
    )
    return Response(to_json(found), media_type="application/json")


async def _record_outage(request: Request, caller: AnyCaller) -> Response:
    wanted, desk = await _body(request, OutageWindow), gateway_of(request).desk
    found = await standing.record_outage(
        desk.store,
        desk.calendar,
        caller,
        (wanted.begins, wanted.ends),
        reason=wanted.reason,
        now=now_of(request),
    )
    return Response(to_json(found), 201, media_type="application/json")


_LISTS = (
    ("/v1/oversight/aggregates", _aggregates, doors.aggregates()),
    ("/v1/oversight/deadlines", _deadlines, doors.deadlines()),
    ("/v1/oversight/deadlines/list", _deadline_list, doors.deadline_list()),
    ("/v1/oversight/excuses", _excuses, doors.excuses()),
    ("/v1/oversight/outages", _outages, doors.outages()),
    ("/v1/oversight/records/{collection}", _records, doors.records()),
    ("/v1/oversight/records/{collection}/{id}", _record, doors.record()),
)
for _path, _door, _described in _LISTS:
    _plain, *_suffixed = tables.with_suffixes(_path)
    # The suffixed paths come first: {collection} alone would take "policies.csv" for a collection.
    for _each in _suffixed:
        router.add_api_route(_each, _door, methods=["GET"], **_described.routing(shown=False))
    router.add_api_route(_plain, _door, methods=["GET"], **_described.routing())
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
