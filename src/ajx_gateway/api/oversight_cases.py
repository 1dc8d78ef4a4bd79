"""WHAT was found, and who complained? The regulators' doors of findings, decisions and complaints."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import oversight_case_doors as doors
from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api import oversight_tables as sheets
from ajx_gateway.api.callers import AnyCaller
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.api.envelope import idempotency_key
from ajx_gateway.api.tables import Table
from ajx_gateway.oversight import cases, complaint_steps, complaints, standing
from ajx_gateway.oversight.cases import Found
from ajx_gateway.oversight.complaint_steps import Doing
from ajx_gateway.oversight.complaints import Complaining
from ajx_gateway.store.database import Store

router = APIRouter()


Uscc = Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$")]
Division = Annotated[str, Field(pattern=r"^[1-9][0-9]{5}([0-9]{3})?$")]
Key = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Kind = Literal[
    "policy", "endorsement", "claim", "service_plan", "service", "hazard", "fund_entry", "annual_report"
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Evidence(_Body):
    """What supports a finding or a reply: a digest, an address or the number of a paper, with its title."""

    title: Title
    reference: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class NewFinding(_Body):
    """What was found, about whom, on which clause it stands."""

    insurer: Uscc
    category: Literal[
        "product", "workflow", "data", "claim_result", "dispute", "service", "fund", "inspection", "complaint", "other"
    ]  # fmt: skip
    origin: Literal["regulator", "inspection"] = "regulator"
    title: Title
    detail: parts.Words
    clause: Title
    happened_on: date
    division: Division | None = None
    subject_kind: Kind | None = None
    subject_key: Key | None = None
    evidence: Annotated[list[Evidence], Field(max_length=20)] = []


class Decision(_Body):
    """Does the finding stand, and why?"""

    decision: Literal["upheld", "dismissed"]
    reason: parts.Words


class NewComplaint(_Body):
    """What somebody complained about; nobody is named in it."""

    insurer: Uscc
    kind: Literal["underwriting", "claims", "service", "other"]
    channel: Literal["platform", "telephone", "letter", "visit", "court", "other"]
    received_on: date
    text: parts.Words
    division: Division
    litigation: bool = False
    subject_kind: Kind | None = None
    subject_key: Key | None = None


class ComplaintStep(_Body):
    """One step of handling a complaint."""

    step: Literal["checking", "extended", "answered", "attributed", "closed"]
    words: parts.Words
    on: date | None = None
    days: Annotated[int, Field(ge=1, le=3660)] | None = None
    attributed: bool | None = None
    clause: Title | None = None


async def _findings(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await cases.finding_list(store, caller, given, now=now)

    return await parts.listed(
        request, (*doors.FINDING_FILTERS, *parts.PAGED), "findings",
        lambda a: sheets.items(a, doors.FINDING_COLUMNS, "问题清单", "发现的问题及其现状，成立的计入评价"), page,
    )  # fmt: skip


async def _finding(request: Request, caller: AnyCaller) -> Response:
    identity = parts.identity_of(request, cases.ABSENT)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await cases.finding(store, caller, identity, now=now)

    return await parts.listed(request, (), "finding", _trail, page)


def _trail(answer: dict[str, Any]) -> Table:
    item = answer.get("finding") or answer["complaint"]
    steps = {"items": answer["trail"], "scope": answer["scope"], "as_of": answer["as_of"]}
    title = str(item.get("title") or f"{item['kind_title']}投诉")
    return sheets.items(steps, doors.TRAIL_COLUMNS, title, "办理过程，先后排列，只增不改")


def _key(request: Request) -> str | None:
    return idempotency_key(request) if "idempotency-key" in request.headers else None


async def _raise(request: Request, caller: AnyCaller) -> Response:
    wanted = await parts.body_of(request, NewFinding)
    found = await cases.raise_finding(
        gateway_of(request).desk.store,
        caller,
        Found(**wanted.model_dump()),
        key=_key(request),
        now=now_of(request),
    )
    return parts.as_json(found, 201)


async def _decide(request: Request, caller: AnyCaller) -> Response:
    wanted = await parts.body_of(request, Decision)
    identity = parts.identity_of(request, cases.ABSENT)
    store = gateway_of(request).desk.store
    found = await cases.decide(store, caller, identity, wanted.decision, wanted.reason, now=now_of(request))
    return parts.as_json(found)


async def _complaints(request: Request, caller: AnyCaller) -> Response:
    calendar = gateway_of(request).desk.calendar

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await complaints.complaint_list(store, calendar, caller, given, now=now)

    return await parts.listed(
        request, (*doors.COMPLAINT_FILTERS, *parts.PAGED), "complaints",
        lambda a: sheets.items(a, doors.COMPLAINT_COLUMNS, "投诉清单", "投诉与涉诉及其办理期限，状态在查询时推定"), page,
    )  # fmt: skip


async def _complaint(request: Request, caller: AnyCaller) -> Response:
    identity, calendar = parts.identity_of(request, complaints.ABSENT), gateway_of(request).desk.calendar

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await complaints.complaint(store, calendar, caller, identity, now=now)

    return await parts.listed(request, (), "complaint", _trail, page)


async def _enter(request: Request, caller: AnyCaller) -> Response:
    wanted, desk = await parts.body_of(request, NewComplaint), gateway_of(request).desk
    told = Complaining(**wanted.model_dump())
    found = await complaints.enter(
        desk.store, desk.calendar, caller, told, key=_key(request), now=now_of(request)
    )
    return parts.as_json(found, 201)


async def _credits(request: Request, caller: AnyCaller) -> Response:
    identity = parts.identity_of(request, "没有这次停机。")

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await standing.credit_list(store, caller, identity, given, now=now)

    return await parts.listed(
        request, parts.PAGED, "outage-credits",
        lambda a: sheets.items(a, doors.CREDIT_COLUMNS, "停机顺延清单", "因网关停机顺延的期限及其前后状态"), page,
    )  # fmt: skip


async def _step(request: Request, caller: AnyCaller) -> Response:
    wanted, desk = await parts.body_of(request, ComplaintStep), gateway_of(request).desk
    identity, now = parts.identity_of(request, complaints.ABSENT), now_of(request)
    doing = Doing(**wanted.model_dump())
    await complaint_steps.take(desk.store, caller, identity, doing, now=now)
    return parts.as_json(await complaints.complaint(desk.store, desk.calendar, caller, identity, now=now))


parts.add_lists(
    router,
    (
        ("/v1/oversight/findings", _findings, doors.findings()),
        ("/v1/oversight/findings/{id}", _finding, doors.finding()),
        ("/v1/oversight/outages/{id}/credits", _credits, doors.credits_of()),
        ("/v1/oversight/complaints", _complaints, doors.complaints()),
        ("/v1/oversight/complaints/{id}", _complaint, doors.complaint()),
    ),
)
for _path, _door, _described in (
    ("/v1/oversight/findings", _raise, doors.new_finding(NewFinding.model_json_schema())),
    ("/v1/oversight/findings/{id}/decision", _decide, doors.decision(Decision.model_json_schema())),
    ("/v1/oversight/complaints", _enter, doors.new_complaint(NewComplaint.model_json_schema())),
    ("/v1/oversight/complaints/{id}/steps", _step, doors.step(ComplaintStep.model_json_schema())),
):
    router.add_api_route(_path, _door, methods=["POST"], **_described.routing())
