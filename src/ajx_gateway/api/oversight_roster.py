"""WHO must insure and who does? The doors of the roster and of coverage."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api import oversight_roster_doors as doors
from ajx_gateway.api import oversight_roster_sheets as files
from ajx_gateway.api import oversight_roster_tables as sheets
from ajx_gateway.api import tables
from ajx_gateway.api.bodies import read_body
from ajx_gateway.api.callers import AnyCaller
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.api.documents import declared_media
from ajx_gateway.api.envelope import flag, only
from ajx_gateway.errors import NotFound, UnsupportedMedia
from ajx_gateway.oversight import coverage, coverage_lists, roster, roster_file, roster_proofs
from ajx_gateway.oversight.admission import admitted_to_lists
from ajx_gateway.standard.checkdigits import uscc_fault
from ajx_gateway.store.database import Store

router = APIRouter()

MOST_BYTES = 24 * 1024 * 1024
_FORMS: dict[str, roster_file.Form] = {"text/csv": "csv", tables.MEDIA["xlsx"]: "xlsx"}
_FILED = ("replace", "partial", "dry_run")
_ASKED = ("on", "as_of", "district", "town", "sector")
_NO_EVIDENCE = "没有这项有效的佐证，或它不在本辖区。"

_Name = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029\ufffe\uffff]*$")
]


class Evidence(BaseModel):
    """A parent company's policy that covers this enterprise, too."""

    model_config = ConfigDict(extra="forbid", strict=True)
    policy_no: _Name
    insurer_name: _Name
    policyholder_name: _Name
    effective_on: date
    expires_on: date
    document_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    insured_count: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    reason: parts.Words


class Withdrawal(BaseModel):
    """Why evidence no longer counts."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: parts.Words


async def _file(request: Request, caller: AnyCaller) -> Response:
    only(request, _FILED)
    options = roster.Options(**{name: flag(request, name) for name in _FILED})
    roster.may_file(caller)
    form = _FORMS.get(declared_media(request))
    if form is None:
        raise UnsupportedMedia(
            "应保名录应为 XLSX 或 CSV 文件，请按其类型设置 Content-Type。", supported=list(_FORMS)
        )
    body = await read_body(request, MOST_BYTES)
    sheet = await asyncio.to_thread(roster_file.read, body, form)
    store = gateway_of(request).desk.store
    found = await roster.upload(store, caller, body, sheet, form, options, now=now_of(request))
    if tables.form_of(request, offered=("json", "xlsx")) == "xlsx":
        book = await asyncio.to_thread(files.returned_xlsx, found)
        return files.returned_response(book, found.status)
    return Response(
        to_json(found.answer), found.status, media_type="application/json", headers={"Vary": "Accept"}
    )


async def _template(request: Request, caller: AnyCaller) -> Response:
    only(request, ())
    admitted_to_lists(caller)
    told, form = roster.template(), tables.form_of(request)
    if form == "json":
        listed = [{"name": name, "title": title} for name, title in told["columns"]]
        return parts.as_json({"definition": told["definition"], "columns": listed})
    return files.template_response(form, told["definition"], told["columns"])


async def _roster(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await roster.roster_list(store, caller, given, now=now)

    asked = ("on", "district", "town", "sector", "source", *parts.PAGED)
    return await parts.listed(request, asked, "roster", sheets.roster, page)


async def _history(request: Request, caller: AnyCaller) -> Response:
    uscc = _uscc(request)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await roster.history(store, caller, uscc, now=now)

    return await parts.listed(request, (), "roster-history", sheets.history, page)


def _uscc(request: Request) -> str:
    """The enterprise in the path; 404 with the words of an absent one when it is no code at all."""
    code = str(request.path_params["uscc"])
    if uscc_fault(code):
        raise NotFound(roster.ABSENT)
    return code


async def _accept(request: Request, caller: AnyCaller) -> Response:
    roster.may_file(caller)
    offered = await parts.body_of(request, Evidence)
    found = await roster_proofs.accept(
        gateway_of(request).desk.store, caller, _uscc(request), offered.model_dump(), now=now_of(request)
    )
    return parts.as_json(found, 201)


async def _withdraw(request: Request, caller: AnyCaller) -> Response:
    roster.may_file(caller)
    wanted = await parts.body_of(request, Withdrawal)
    evidence = parts.identity_of(request, _NO_EVIDENCE)
    found = await roster_proofs.withdraw(
        gateway_of(request).desk.store, caller, _uscc(request), evidence, wanted.reason, now=now_of(request)
    )
    return parts.as_json(found)


async def _coverage(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await coverage.coverage_for(store, caller, given, as_of=parts.as_of(given), now=now)

    return await parts.listed(request, ("by", *_ASKED), "coverage", sheets.coverage, page)


async def _coverage_list(request: Request, caller: AnyCaller) -> Response:
    named = str(request.path_params["list"])

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        # The instant stays part of what a cursor belongs to.
        as_of = parts.as_of(dict(given))
        return await coverage_lists.page(store, caller, named, given, as_of=as_of, now=now)

    asked = ("days", *_ASKED, *parts.PAGED)
    return await parts.listed(request, asked, f"coverage-{named}", sheets.coverage_list, page)


_LISTS: tuple[tuple[str, Any, Any], ...] = (
    ("/v1/oversight/roster/template", _template, doors.template()),
    ("/v1/oversight/roster", _roster, doors.roster()),
    ("/v1/oversight/roster/{uscc}", _history, doors.history()),
    ("/v1/oversight/coverage", _coverage, doors.coverage()),
    ("/v1/oversight/coverage/{list}", _coverage_list, doors.coverage_list()),
)
parts.add_lists(router, _LISTS)
router.add_api_route("/v1/oversight/roster", _file, methods=["POST"], **doors.filing().routing())
router.add_api_route(
    "/v1/oversight/roster/{uscc}/evidence",
    _accept,
    methods=["POST"],
    **doors.accepting(Evidence.model_json_schema()).routing(),
)
router.add_api_route(
    "/v1/oversight/roster/{uscc}/evidence/{id}/withdrawal",
    _withdraw,
    methods=["POST"],
    **doors.withdrawing(Withdrawal.model_json_schema()).routing(),
)
