"""HOW do the regulators' doors read and answer? The parts that every one of them shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import exports, faults, tables
from ajx_gateway.api.bodies import demand_json, read_body
from ajx_gateway.api.context import gateway_of, instant, now_of
from ajx_gateway.api.envelope import only
from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.publishing.operations import Operation

FILTERS = ("district", "town", "insurer", "sector", "industry", "size")
PAGED = ("after", "limit")
_CURSOR = 512
_BODY = 64 * 1024
Wanted = TypeVar("Wanted", bound=BaseModel)
# What people write: no control characters, never endless.
Words = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]


def given(request: Request, *names: str) -> dict[str, str]:
    """The query parameters, each known and named once, none of them endless."""
    only(request, names)
    found = dict(request.query_params)
    if any("\x00" in value for value in found.values()) or len(found.get("after", "")) > _CURSOR:
        raise Unprocessable("查询参数含有不能使用的字符，或 after 不是上一页返回的 next 值。")
    return found


def as_of(given: dict[str, str]) -> datetime | None:
    """Takes ``as_of`` out of the query parameters: the instant by whose knowledge is asked."""
    stated = given.pop("as_of", "")
    return instant(stated, "as_of") if stated else None


async def answer(
    request: Request, found: dict[str, Any], stem: str, sheet: Callable[[dict[str, Any]], tables.Table]
) -> Response:
    """As JSON, or as the CSV or XLSX that the caller prefers."""
    form = tables.form_of(request)
    if form == "json":
        return Response(to_json(found), media_type="application/json", headers={"Vary": "Accept"})
    table = await tables.insurers_named(sheet(found), gateway_of(request).desk.store)
    response = tables.table_response(table, form, stem)
    if found.get("next"):
        response.headers["Next-After"] = str(found["next"])
    return response


async def listed(
    request: Request,
    names: Sequence[str],
    stem: str,
    sheet: Callable[[dict[str, Any]], tables.Table],
    page: exports.Page,
) -> Response:
    """A list that takes these query parameters: the page asked for, or with ``all=true`` the whole of it."""
    return await paged_or_whole(
        request, given(request, *names, "all"), stem, sheet, page, paged="after" in names
    )


async def paged_or_whole(
    request: Request,
    stated: dict[str, str],
    stem: str,
    sheet: Callable[[dict[str, Any]], tables.Table],
    page: exports.Page,
    *,
    paged: bool,
) -> Response:
    """The same for query parameters that have been read.

    ``page`` must ask the store it is given, and judge by the instant it is given: a whole list asks it many times.
    """
    store, now = gateway_of(request).desk.store, now_of(request)
    if exports.wants_all(stated):
        return exports.of_pages(request, store, stated, page, sheet, stem, paged=paged, now=now)
    return await answer(request, await page(store, stated, now), stem, sheet)


def as_json(found: dict[str, Any], status: int = 200) -> Response:
    """The answer of a door that writes."""
    return Response(to_json(found), status, media_type="application/json")


def identity_of(request: Request, absent: str, name: str = "id") -> UUID:
    """The UUID in the path; 404 with these words when it is none: absent and foreign look the same."""
    try:
        return UUID(str(request.path_params[name]))
    except ValueError:
        raise NotFound(absent) from None


async def body_of(request: Request, model: type[Wanted], most: int = _BODY) -> Wanted:
    """The JSON body as the model; 422 with the places that are wrong, never with what stood there."""
    only(request, ())
    demand_json(request)
    body = await read_body(request, most)
    try:
        return model.model_validate_json(body)
    except ValidationError as fault:
        raise faults.refusal(fault) from None


def add_lists(
    router: APIRouter,
    lists: Sequence[tuple[str, Callable[..., Any], Operation]],
    *,
    methods: Sequence[str] = ("GET",),
) -> None:
    """Each list at its path and, not shown, at the path with .csv and .xlsx.

    The suffixed paths come first: a path parameter alone would take "policies.csv" for a collection.
    """
    for path, door, described in lists:
        plain, *suffixed = tables.with_suffixes(path)
        for each in suffixed:
            router.add_api_route(each, door, methods=list(methods), **described.routing(shown=False))
        router.add_api_route(plain, door, methods=list(methods), **described.routing())
