"""WHAT awaits an insurer? Its clocks and their excuses, and its feed of events."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway import relay
from ajx_gateway.api import exports, tables
from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api.callers import Insurer
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.api.envelope import only
from ajx_gateway.errors import Unprocessable
from ajx_gateway.intake import inbox
from ajx_gateway.oversight.asking import page_size
from ajx_gateway.oversight.exports import Export
from ajx_gateway.publishing import doors, headings
from ajx_gateway.rendering.words import offered
from ajx_gateway.store.database import Store

router = APIRouter()
_CURSOR = 512
_OWN = "本机构"
_DEADLINES = "期限清单"
_ABOUT_DEADLINES = "本机构各业务期限的当前状态；due 为不含当刻的截止时刻。"
# PostgreSQL cannot be asked about a NUL, nor keep one.
_NO_NUL = r"^[^\x00]*$"
_CLOCK = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)


class ExcuseEvidence(BaseModel):
    """A file that supports an excuse, named by its digest."""

    model_config = ConfigDict(extra="forbid", strict=True)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    title: Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_NUL)]


class ExcuseRequest(BaseModel):
    """Why a clock was, or will be, missed."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason_code: Literal["force_majeure", "gateway_outage", "enterprise_refused", "data_correction", "other"]
    reason: Annotated[str, Field(min_length=1, max_length=1000, pattern=_NO_NUL)]
    evidence: Annotated[list[ExcuseEvidence], Field(max_length=20)] = []


def _cursor(request: Request) -> str | None:
    after = request.query_params.get("after")
    if after is not None and (len(after) > _CURSOR or not after.isascii() or not after.isprintable()):
        raise Unprocessable("after 应为上一页返回的 next 值。", parameter="after")
    return after or None


def _states(request: Request) -> tuple[str, ...]:
    stated = [part for value in request.query_params.getlist("state") for part in value.split(",") if part]
    if not set(stated) <= set(headings.STATES):
        raise Unprocessable(f"state 可用：{offered(headings.STATES)}。", parameter="state")
    return tuple(stated)


def _clock(request: Request) -> str | None:
    stated = request.query_params.get("clock")
    if stated is not None and not _CLOCK.fullmatch(stated):
        raise Unprocessable("clock 应为期限名称，如 policy_upload。", parameter="clock")
    return stated


async def _deadlines(request: Request, caller: Insurer) -> Response:
    only(request, ("clock", "after", "limit", "all"), several=("state",))
    states, clock, after = _states(request), _clock(request), _cursor(request)
    store, now = gateway_of(request).desk.store, now_of(request)
    asked = {**request.query_params, "state": ",".join(states)}
    if exports.wants_all(asked):
        return exports.of_rows(request, store, _every_deadline(store, caller, states, clock, asked, now))
    found = await inbox.deadlines(
        store,
        caller,
        states=states,
        clock=clock,
        after=after,
        limit=page_size(request.query_params.get("limit")),
        now=now,
    )
    return await parts.answer(request, found, "deadlines", _deadline_sheet)


def _titled(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "state_title": headings.STATES[item["state"]]}


def _deadline_sheet(found: dict[str, Any]) -> tables.Table:
    rows = map(_titled, found["items"])
    told = {"title": _DEADLINES, "definition": _ABOUT_DEADLINES, "as_of": found["as_of"], "unit": "条"}
    return tables.from_items(rows, headings.DEADLINES, **told)


def _every_deadline(
    store: Store,
    caller: Insurer,
    states: tuple[str, ...],
    clock: str | None,
    asked: Mapping[str, str],
    now: datetime,
) -> Export:
    """The insurer's clocks may be hundreds of thousands: they come from one cursor of the database."""

    async def portions() -> AsyncGenerator[list[dict[str, Any]], None]:
        every = inbox.every_deadline(store, caller, states=states, clock=clock, now=now)
        async with aclosing(every) as found:
            async for items in found:
                yield [_titled(item) for item in items]

    filters = {name: value for name, value in asked.items() if value}
    as_of = now.astimezone(tables.CHINA).isoformat()
    return Export(
        "deadlines", _DEADLINES, _ABOUT_DEADLINES, _OWN, as_of, filters, headings.DEADLINES, portions
    )


async def excuse(request: Request, caller: Insurer) -> Response:
    """Asks the regulator to excuse one clock."""
    wanted = await parts.body_of(request, ExcuseRequest)
    answer = await inbox.request_excuse(
        gateway_of(request).desk,
        caller,
        parts.identity_of(request, "没有这个期限。"),
        reason_code=wanted.reason_code,
        reason=wanted.reason,
        evidence=[each.model_dump() for each in wanted.evidence],
        now=now_of(request),
    )
    return Response(to_json(answer), 201, media_type="application/json")


async def _events(request: Request, caller: Insurer) -> Response:
    only(request, ("after", "limit", "all"))
    _cursor(request)

    async def page(store: Store, asked: dict[str, str], now: datetime) -> dict[str, Any]:
        limit, after = page_size(asked.get("limit")), asked.get("after") or None
        found = await relay.feed(store, caller, after=after, limit=limit)
        return {**found, "scope": _OWN, "as_of": now.astimezone(tables.CHINA).isoformat()}

    asked = dict(request.query_params)
    return await parts.paged_or_whole(request, asked, "events", _event_sheet, page, paged=True)


def _event_sheet(found: dict[str, Any]) -> tables.Table:
    told = {"definition": "与本机构有关的事件，按提交先后排列。", "as_of": found["as_of"], "unit": "条"}
    return tables.from_items(found["items"], headings.EVENTS, title="事件", kind="event", **told)


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
