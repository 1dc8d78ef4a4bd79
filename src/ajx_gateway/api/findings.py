"""WHAT was found about the caller, and what does it say to it? The insurers' doors of findings."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api import tables
from ajx_gateway.api.callers import Insurer
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.api.envelope import only
from ajx_gateway.errors import Unprocessable
from ajx_gateway.intake import replies
from ajx_gateway.oversight.asking import page_size
from ajx_gateway.publishing import findings as described
from ajx_gateway.publishing.findings import COLUMNS, STATES, TRAIL
from ajx_gateway.rendering.words import offered
from ajx_gateway.store.cases import CATEGORIES
from ajx_gateway.store.cases import STATES as EVERY_STATE
from ajx_gateway.store.database import Store

router = APIRouter()
_CURSOR = 512


class ReplyEvidence(BaseModel):
    """What supports a reply: a digest, an address or the number of a paper, with its title."""

    model_config = ConfigDict(extra="forbid", strict=True)
    title: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
    reference: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Reply(BaseModel):
    """What the insurer says to a finding."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reply: Annotated[
        str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
    ]
    evidence: Annotated[list[ReplyEvidence], Field(max_length=20)] = []


def _after(request: Request) -> str | None:
    after = request.query_params.get("after")
    if after is not None and (len(after) > _CURSOR or not after.isascii() or not after.isprintable()):
        raise Unprocessable("after 应为上一页返回的 next 值。", parameter="after")
    return after or None


def _states(request: Request) -> tuple[str, ...]:
    stated = [part for value in request.query_params.getlist("state") for part in value.split(",") if part]
    if not set(stated) <= set(STATES):
        raise Unprocessable(
            f"state 可用：{offered({state: EVERY_STATE[state] for state in STATES})}。", parameter="state"
        )
    return tuple(dict.fromkeys(stated))


def _category(request: Request) -> str | None:
    stated = request.query_params.get("category")
    if stated is not None and stated not in CATEGORIES:
        raise Unprocessable(f"category 可用：{offered(CATEGORIES)}。", parameter="category")
    return stated


async def _findings(request: Request, caller: Insurer) -> Response:
    only(request, ("category", "after", "limit", "all"), several=("state",))
    _after(request)
    states, category = _states(request), _category(request)

    async def page(store: Store, asked: dict[str, str], now: datetime) -> dict[str, Any]:
        found = await replies.findings(
            store,
            caller,
            states=states,
            category=category,
            after=asked.get("after") or None,
            limit=page_size(asked.get("limit")),
            now=now,
        )
        return {**found, "scope": "本机构"}

    asked = {**request.query_params, "state": ",".join(states)}
    return await parts.paged_or_whole(request, asked, "findings", _sheet, page, paged=True)


def _sheet(found: dict[str, Any]) -> tables.Table:
    told = {"definition": "与本机构有关的问题及其现状", "as_of": str(found["as_of"]), "unit": "项"}
    return tables.from_items(found["items"], COLUMNS, title="问题清单", **told)


async def _finding(request: Request, caller: Insurer) -> Response:
    only(request, ())
    found = await replies.finding(
        gateway_of(request).desk, caller, parts.identity_of(request, replies.ABSENT), now=now_of(request)
    )
    form = tables.form_of(request)
    if form == "json":
        return Response(to_json(found), media_type="application/json")
    table = tables.from_items(
        found["trail"],
        TRAIL,
        title=str(found["finding"]["title"]),
        definition="办理过程，先后排列",
        as_of=str(found["as_of"]),
        unit="步",
    )
    return tables.table_response(table, form, "finding")


async def _reply(request: Request, caller: Insurer) -> Response:
    wanted = await parts.body_of(request, Reply)
    found = await replies.reply(
        gateway_of(request).desk,
        caller,
        parts.identity_of(request, replies.ABSENT),
        wanted.reply,
        [each.model_dump() for each in wanted.evidence],
        now=now_of(request),
    )
    return Response(to_json(found), media_type="application/json")


for _path, _door, _told in (
    ("/v1/findings", _findings, described.findings()),
    ("/v1/findings/{id}", _finding, described.finding()),
):
    plain, *suffixed = tables.with_suffixes(_path)
    # The suffixed paths come first: a path parameter alone would take them.
    for _each in suffixed:
        router.add_api_route(_each, _door, methods=["GET"], **_told.routing(shown=False))
    router.add_api_route(plain, _door, methods=["GET"], **_told.routing())
router.add_api_route(
    "/v1/findings/{id}/reply",
    _reply,
    methods=["POST"],
    **described.reply(Reply.model_json_schema()).routing(),
)
