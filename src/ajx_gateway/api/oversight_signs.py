"""WHO was in time, and who only seems so? The doors of timeliness, of the signs and of correction churn."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import exports
from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api import oversight_sign_doors as doors
from ajx_gateway.api import oversight_sign_tables as sheets
from ajx_gateway.api.callers import AnyCaller
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.oversight import exports as whole_lists
from ajx_gateway.oversight import signs, trends
from ajx_gateway.store.database import Store

router = APIRouter()

_PLACED = ("period", "insurer", "district", "town")


async def _timeliness(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await trends.timeliness_by(store, caller, given, now=now)

    asked = ("by", "clock", "state", "ageing", *_PLACED)
    return await parts.listed(request, asked, "timeliness", sheets.timeliness, page)


async def _signs(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await signs.all_signs(store, caller, given, now=now)

    return await parts.listed(request, _PLACED, "signs", sheets.signs, page)


async def _sign(request: Request, caller: AnyCaller) -> Response:
    name = str(request.path_params["name"])

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await signs.sign_by(store, caller, name, given, now=now)

    return await parts.listed(request, ("by", *_PLACED, *signs.NUMBERS), f"sign-{name}", sheets.sign, page)


async def _sign_list(request: Request, caller: AnyCaller) -> Response:
    given = parts.given(request, *_PLACED, *signs.NUMBERS, *parts.PAGED, "all")
    name, store = str(request.path_params["name"]), gateway_of(request).desk.store
    if exports.wants_all(given):
        columns = sheets.SIGN_COLUMNS
        whole = whole_lists.of_sign(store, caller, name, given, columns, now=now_of(request))
        return exports.of_rows(request, store, whole)
    found = await signs.sign_list(store, caller, name, given, now=now_of(request))
    return await parts.answer(request, found, f"sign-{name}-list", sheets.sign_list)


async def _churn(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await signs.churn_by(store, caller, given, now=now)

    return await parts.listed(request, ("by", *_PLACED), "churn", sheets.churn, page)


parts.add_lists(
    router,
    (
        ("/v1/oversight/timeliness", _timeliness, doors.timeliness()),
        ("/v1/oversight/churn", _churn, doors.churn()),
        ("/v1/oversight/signs", _signs, doors.signs()),
        ("/v1/oversight/signs/{name}", _sign, doors.sign()),
        ("/v1/oversight/signs/{name}/list", _sign_list, doors.sign_list()),
    ),
)
