"""WHAT awaits an insurer? Its clocks and their excuses, and its feed of events."""

import re
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway import relay
from ajx_gateway.api import tables
from ajx_gateway.api.bodies import demand_json, read_body
from ajx_gateway.api.callers import Insurer
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.api.envelope import number, only
from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.intake import inbox
from ajx_gateway.publishing import doors, headings

router = APIRouter()
_CURSOR = 512
# PostgreSQL cannot be asked about a NUL.
_CLOCK = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)


class ExcuseEvidence(BaseModel):
    """A file that supports an excuse, named by its digest."""

    model_config = ConfigDict(extra="forbid", strict=True)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    title: Annotated[str, Field(min_length=1, max_length=200)]


class ExcuseRequest(BaseModel):
    """Why a clock was, or will be, missed."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason_code: Literal["force_majeure", "gateway_outage", "enterprise_refused", "data_correction", "other"]
    reason: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
    evidence: Annotated[list[ExcuseEvidence], Field(max_length=20)] = []


def _cursor(request: Request) -> str | None:
    after = request.query_params.get("after")
    if after is not None and (len(after) > _CURSOR or not after.isascii() or not after.isprintable()):
        raise Unprocessable("after 应为上一页返回的 next 值。", parameter="after")
    return after or None


def _states(request: Request) -> tuple[str, ...]:
    stated = [part for value in request.query_params.getlist("state") for part in value.split(",") if part]
    if not set(stated) <= set(headings.STATES):
        raise Unprocessable(f"state 可用：{'、'.join(headings.STATES)}。", parameter="state")
    return tuple(stated)


def _clock(request: Request) -> str | None:
    stated = request.query_params.get("clock")
    if stated is not None and not _CLOCK.fullmatch(stated):
        raise Unprocessable("clock 应为期限名称，如 policy_upload。", parameter="clock")
    return stated


async def _deadlines(request: Request, caller: Insurer) -> Response:
    only(request, ("clock", "after", "limit"), several=("state",))
    form = tables.form_of(request)
    found = await inbox.deadlines(
        gateway_of(request).desk,
        caller,
        states=_states(request),
        clock=_clock(request),
        after=_cursor(request),
        limit=number(request, "limit", default=100, most=1000),
        now=now_of(request),
    )
    if form == "json":
        return Response(to_json(found), media_type="application/json")
    return _as_table(
        found, form, "deadlines", "期限清单", "本机构各业务期限的当前状态；due 为不含当刻的截止时刻。"
    )


def _as_table(
    found: dict[str, object], form: tables.Form, stem: str, title: str, definition: str
) -> Response:
    items = found["items"]
    rows = items if isinstance(items, list) else []
    columns = [(name, headings.COLUMNS.get(name, name)) for name in (rows[0] if rows else {})]
    as_of = str(found.get("as_of", ""))
    table = tables.from_items(rows, columns, title=title, definition=definition, as_of=as_of, unit="条")
    response = tables.table_response(table, form, stem)
    if found.get("next"):
        response.headers["Next-After"] = str(found["next"])
    return response


async def excuse(request: Request, caller: Insurer) -> Response:
    """Asks the regulator to excuse one clock."""
    only(request, ())
    demand_json(request)
    body = await read_body(request, 64 * 1024)
    try:
        wanted = ExcuseRequest.model_validate_json(body)
    except ValidationError as fault:
        places = [
            {"pointer": "/" + "/".join(map(str, each["loc"])), "rule": each["type"]}
            for each in fault.errors(include_input=False, include_context=False, include_url=False)[:100]
        ]
        raise Unprocessable("申请内容不符合要求，字段说明见 /docs。", errors=places) from None
    answer = await inbox.request_excuse(
        gateway_of(request).desk,
        caller,
        _clock_id(request),
        reason_code=wanted.reason_code,
        reason=wanted.reason,
        evidence=[each.model_dump() for each in wanted.evidence],
        now=now_of(request),
    )
    return Response(to_json(answer), 201, media_type="application/json")


def _clock_id(request: Request) -> UUID:
    try:
        return UUID(str(request.path_params["id"]))
    except ValueError:
        raise NotFound("没有这个期限。") from None


async def _events(request: Request, caller: Insurer) -> Response:
    only(request, ("after", "limit"))
    limit = number(request, "limit", default=100, most=1000)
    form = tables.form_of(request)
    feed = await relay.feed(gateway_of(request).desk.store, caller, after=_cursor(request), limit=limit)
    if form == "json":
        return Response(to_json(feed), media_type="application/json")
    feed = {**feed, "as_of": now_of(request)}
    return _as_table(feed, form, "events", "事件", "与本机构有关的事件，按提交先后排列。")


for _path, _shown in zip(tables.with_suffixes("/v1/deadlines"), (True, False, False), strict=True):
    router.add_api_route(_path, _deadlines, methods=["GET"], **doors.deadlines().routing(shown=_shown))
for _path, _shown in zip(tables.with_suffixes("/v1/events"), (True, False, False), strict=True):
    router.add_api_route(_path, _events, methods=["GET"], **doors.events().routing(shown=_shown))
router.add_api_route(
    "/v1/deadlines/{id}/excuse",
    excuse,
    methods=["POST"],
    **doors.excuse(ExcuseRequest.model_json_schema()).routing(),
)
