"""HOW WELL did insurers do? The doors of the statutory evaluation, of its publication, and of appeals against it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import oversight_evaluation_doors as doors
from ajx_gateway.api import oversight_evaluation_sheets as sheets
from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api.callers import AnyCaller
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.api.oversight_tables import items as plain_sheet
from ajx_gateway.errors import NotFound
from ajx_gateway.jurisdictions.schemes import MOST_BYTES
from ajx_gateway.oversight import (
    evaluation_appeals,
    evaluation_editions,
    evaluation_items,
    evaluation_own,
    evaluation_publishing,
    evaluation_reading,
    evaluation_what_if,
)
from ajx_gateway.oversight.evaluation_reading import Wanted
from ajx_gateway.oversight.evaluation_rights import ABSENT
from ajx_gateway.publishing.operations import Operation
from ajx_gateway.store.database import Store

router = APIRouter()

_ITEM = re.compile(r"[1-9][0-9]?", re.ASCII)
_ASKED = ("scheme", "edition")
_INSURER = re.compile(r"[0-9A-Z]{18}", re.ASCII)
_Draft = Annotated[str, Field(min_length=1, max_length=MOST_BYTES)]
_Scheme = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_-]+$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PublishWanted(_Body):
    """Why the evaluation is published, as known at which instant, by which scheme."""

    reason: parts.Words
    as_of: AwareDatetime | None = None
    scheme: _Scheme | None = None


class SupposedScheme(_Body):
    """Another scheme's id, or a draft as TOML; as known at which instant."""

    scheme: _Scheme | None = None
    draft: _Draft | None = None
    as_of: AwareDatetime | None = None


class AppealEvidence(_Body):
    """A file that supports an appeal, named by its digest."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    title: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class AppealWanted(_Body):
    """Why an item is wrong, and the units objected to (none: the item as a whole)."""

    reason: parts.Words
    units: Annotated[list[UUID], Field(max_length=1000)] = []
    evidence: Annotated[list[AppealEvidence], Field(max_length=20)] = []
    scheme: _Scheme | None = None


class AppealRuling(_Body):
    """What is decided about an appeal; ``struck`` absent: the units it named."""

    decision: Literal["upheld", "dismissed"]
    reason: parts.Words
    struck: Annotated[list[UUID], Field(max_length=1000)] | None = None


def _store(request: Request) -> Store:
    return gateway_of(request).desk.store


def _named(request: Request) -> tuple[str, str]:
    return str(request.path_params["jurisdiction"]), str(request.path_params["period"])


def _insurer(request: Request) -> str:
    stated = str(request.path_params["insurer"])
    if not _INSURER.fullmatch(stated):
        raise NotFound(ABSENT)
    return stated


def _item(request: Request) -> int:
    stated = str(request.path_params["item"])
    if not _ITEM.fullmatch(stated):
        raise NotFound(ABSENT)
    return int(stated)


def _asks(request: Request) -> Callable[[dict[str, str], datetime], Wanted]:
    """How the evaluation in the path is asked for, by the query parameters."""

    def wanted(given: dict[str, str], now: datetime) -> Wanted:
        as_of = parts.as_of(dict(given))
        return evaluation_reading.wanted_of(*_named(request), given, as_of=as_of, now=now)

    return wanted


async def _overview(request: Request, caller: AnyCaller) -> Response:
    wanted = _asks(request)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await evaluation_reading.overview(store, caller, wanted(given, now), now=now)

    return await parts.listed(request, (*_ASKED, "as_of"), "evaluation", sheets.overview, page)


async def _card(request: Request, caller: AnyCaller) -> Response:
    wanted, insurer = _asks(request), _insurer(request)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await evaluation_reading.one(store, caller, wanted(given, now), insurer, now=now)

    return await parts.listed(request, (*_ASKED, "as_of"), "scorecard", sheets.card, page)


async def _items(request: Request, caller: AnyCaller) -> Response:
    wanted, insurer, item = _asks(request), _insurer(request), _item(request)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        asked = wanted(given, now)
        return await evaluation_items.item_list(store, caller, asked, insurer, item, given, now=now)

    asked = (*_ASKED, "as_of", "part", *parts.PAGED)
    return await parts.listed(request, asked, "scorecard-item", sheets.listed, page)


async def _check(request: Request, caller: AnyCaller) -> Response:
    wanted = _asks(request)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await evaluation_editions.check(store, caller, wanted(given, now), now=now)

    return await parts.listed(request, ("scheme",), "evaluation-check", sheets.differences, page)


async def _publish(request: Request, caller: AnyCaller) -> Response:
    body = await parts.body_of(request, PublishWanted)
    wanted = evaluation_publishing.Publishing(
        body.reason, body.as_of, evaluation_reading.scheme_named(body.scheme)
    )
    found = await evaluation_publishing.publish(
        _store(request), caller, *_named(request), wanted, now=now_of(request)
    )
    return parts.as_json(found)


async def _what_if(request: Request, caller: AnyCaller) -> Response:
    body = await parts.body_of(request, SupposedScheme, most=2 * MOST_BYTES)
    supposed = evaluation_what_if.Supposed(body.scheme, body.draft, body.as_of)
    found = await evaluation_what_if.what_if(
        _store(request), caller, *_named(request), supposed, now=now_of(request)
    )
    return parts.as_json(found)


async def _appeals(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await evaluation_appeals.appeal_list(store, caller, given, now=now)

    return await parts.listed(
        request, ("state", *parts.PAGED), "appeals",
        lambda a: plain_sheet(a, evaluation_appeals.APPEAL_COLUMNS, "申诉", "承保机构对评分的申诉及其决定"), page,
    )  # fmt: skip


async def _rule(request: Request, caller: AnyCaller) -> Response:
    body = await parts.body_of(request, AppealRuling)
    identity = parts.identity_of(request, evaluation_appeals.ABSENT)
    ruling = evaluation_appeals.Ruling(body.decision, body.reason, body.struck)
    found = await evaluation_appeals.decide(_store(request), caller, identity, ruling, now=now_of(request))
    return parts.as_json(found)


async def _own_list(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await evaluation_own.own_list(store, caller, now=now)

    return await parts.listed(
        request, (), "evaluations",
        lambda a: plain_sheet(a, evaluation_own.OWN_COLUMNS, "本机构的评价", "已发布的各期评分，最新一版"), page,
    )  # fmt: skip


async def _own_card(request: Request, caller: AnyCaller) -> Response:
    wanted = _asks(request)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await evaluation_own.own_card(store, caller, wanted(given, now))

    return await parts.listed(request, _ASKED, "scorecard", sheets.card, page)


async def _own_items(request: Request, caller: AnyCaller) -> Response:
    wanted, item = _asks(request), _item(request)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await evaluation_own.own_item(store, caller, wanted(given, now), item, given, now=now)

    return await parts.listed(request, (*_ASKED, "part", *parts.PAGED), "scorecard-item", sheets.listed, page)


async def _appeal(request: Request, caller: AnyCaller) -> Response:
    body = await parts.body_of(request, AppealWanted)
    given = {"scheme": body.scheme} if body.scheme else {}
    wanted = evaluation_reading.wanted_of(*_named(request), given, as_of=None, now=now_of(request))
    objection = evaluation_own.Objection(
        body.reason, body.units, [each.model_dump() for each in body.evidence]
    )
    found = await evaluation_own.appeal(
        _store(request), caller, wanted, _item(request), objection, now=now_of(request)
    )
    return parts.as_json(found, 201)


_PLACE = "/v1/oversight/evaluations/{jurisdiction}/{period}"
_OWN = "/v1/evaluations"
parts.add_lists(
    router,
    (
        (f"{_PLACE}/publication/check", _check, doors.check()),
        (_PLACE, _overview, doors.overview()),
        (f"{_PLACE}/{{insurer}}", _card, doors.card()),
        (f"{_PLACE}/{{insurer}}/items/{{item}}", _items, doors.items()),
        ("/v1/oversight/appeals", _appeals, doors.appeals()),
        (_OWN, _own_list, doors.own_list()),
        (f"{_OWN}/{{jurisdiction}}/{{period}}", _own_card, doors.own_card()),
        (f"{_OWN}/{{jurisdiction}}/{{period}}/items/{{item}}", _own_items, doors.own_items()),
    ),
)


def _write(path: str, door: Any, described: Operation) -> None:
    router.add_api_route(path, door, methods=["POST"], **described.routing())


_write(f"{_PLACE}/publication", _publish, doors.publication(PublishWanted.model_json_schema()))
_write(f"{_PLACE}/what-if", _what_if, doors.what_if(SupposedScheme.model_json_schema()))
_write("/v1/oversight/appeals/{id}/decision", _rule, doors.ruling(AppealRuling.model_json_schema()))
_write(
    f"{_OWN}/{{jurisdiction}}/{{period}}/items/{{item}}/appeal",
    _appeal,
    doors.appeal(AppealWanted.model_json_schema()),
)
