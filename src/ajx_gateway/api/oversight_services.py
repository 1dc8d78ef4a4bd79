"""WHAT did the services do? The doors of services, hazards, alerts, funds, agencies, samples and subsidies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api import oversight_service_bodies as bodies
from ajx_gateway.api import oversight_service_doors as doors
from ajx_gateway.api import oversight_service_tables as columns
from ajx_gateway.api import oversight_tables as sheets
from ajx_gateway.api.callers import AnyCaller
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.api.oversight_service_tables import Columns
from ajx_gateway.api.tables import Table
from ajx_gateway.identity import Caller
from ajx_gateway.oversight import agencies, funds, hazards, inspections, samples, services, subsidies
from ajx_gateway.store.agencies import Kind
from ajx_gateway.store.database import Store

router = APIRouter()
Door = Callable[..., Awaitable[Response]]


class Figures(Protocol):
    """A question about figures."""

    def __call__(
        self, store: Store, caller: Caller, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
    ) -> Awaitable[dict[str, Any]]: ...


class Listing(Protocol):
    """A question about a list."""

    def __call__(
        self, store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
    ) -> Awaitable[dict[str, Any]]: ...


def _store(request: Request) -> Store:
    return gateway_of(request).desk.store


def _figures(ask: Figures, stem: str, *more: str) -> Door:
    async def door(request: Request, caller: AnyCaller) -> Response:
        async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
            return await ask(store, caller, given, as_of=parts.as_of(given), now=now)

        asked = ("by", "period", "as_of", *parts.FILTERS, *more)
        return await parts.listed(request, asked, stem, sheets.aggregates, page)

    return door


def _list(
    ask: Listing,
    stem: str,
    listed: Columns,
    title: str,
    definition: str,
    *names: str,
    kind: str | None = None,
    told: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda found: found,
) -> Door:
    """``kind``: whose codes the list shows; ``told``: the answer as people read it, where codes lie deeper."""

    def sheet(found: dict[str, Any]) -> Table:
        return sheets.items(told(found), listed, title, definition, kind)

    async def door(request: Request, caller: AnyCaller) -> Response:
        async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
            return await ask(store, caller, given, now=now)

        return await parts.listed(request, (*names, *parts.PAGED), stem, sheet, page)

    return door


async def _signs(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await funds.sign_counts(store, caller, given, as_of=parts.as_of(given), now=now)

    return await parts.listed(
        request, ("period", "as_of", *parts.FILTERS), "fund-signs",
        lambda a: sheets.items(a, columns.SIGNS, "事故预防费疑点", funds.SIGN_DEFINITION), page,
    )  # fmt: skip


async def _sign(request: Request, caller: AnyCaller) -> Response:
    name = str(request.path_params["name"])

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await funds.sign_list(store, caller, name, given, now=now)

    return await parts.listed(
        request, ("period", *parts.FILTERS, *parts.PAGED), "fund-sign",
        lambda a: sheets.items(a, columns.SIGN, a["title"], a["definition"]), page,
    )  # fmt: skip


async def _alert(request: Request, caller: AnyCaller) -> Response:
    parts.given(request)
    identity = parts.identity_of(request, "没有这项提醒，或它不在本辖区。")
    return parts.as_json(await hazards.alert(_store(request), caller, identity, now=now_of(request)))


async def _answer(request: Request, caller: AnyCaller) -> Response:
    wanted = await parts.body_of(request, bodies.Answer)
    identity = parts.identity_of(request, "没有这项提醒，或它不在本辖区。")
    found = await hazards.answer_alert(_store(request), caller, identity, wanted.words, now=now_of(request))
    return parts.as_json(found, 201)


def _registry(kind: Kind, stem: str, title: str) -> Door:
    async def ask(store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
        return await agencies.registrations(store, caller, kind, given, now=now)

    return _list(ask, stem, columns.REGISTRATIONS, title, agencies.DEFINITION, "valid", kind="registration")


def _registered(kind: Kind) -> Door:
    async def door(request: Request, caller: AnyCaller) -> Response:
        parts.given(request)
        identity = parts.identity_of(request, "没有这项登记，或它不在本辖区。")
        found = await agencies.registered(_store(request), caller, kind, identity, now=now_of(request))
        return parts.as_json(found)

    return door


async def _register_agency(request: Request, caller: AnyCaller) -> Response:
    wanted = (await parts.body_of(request, bodies.Agency)).registering()
    return parts.as_json(await agencies.register(_store(request), caller, wanted, now=now_of(request)), 201)


async def _register_expert(request: Request, caller: AnyCaller) -> Response:
    wanted = (await parts.body_of(request, bodies.Expert)).registering()
    return parts.as_json(await agencies.register(_store(request), caller, wanted, now=now_of(request)), 201)


async def _draw(request: Request, caller: AnyCaller) -> Response:
    wanted = await parts.body_of(request, bodies.Draw)
    found = await samples.draw_sample(
        _store(request), caller, wanted.period, wanted.share(), wanted.seed, now=now_of(request)
    )
    return parts.as_json(found, 201)


async def _sample(request: Request, caller: AnyCaller) -> Response:
    identity = parts.identity_of(request, samples.ABSENT)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await samples.sample(store, caller, identity, given, now=now)

    return await parts.listed(
        request, ("population", *parts.PAGED), "sample",
        lambda a: sheets.items(a, columns.MEMBERS, "抽查企业名单", columns.drawn_by(a["sample"])), page,
    )  # fmt: skip


async def _check(request: Request, caller: AnyCaller) -> Response:
    parts.given(request)
    identity = parts.identity_of(request, samples.ABSENT)
    return parts.as_json(await samples.check(_store(request), caller, identity, now=now_of(request)))


async def _inspect(request: Request, caller: AnyCaller) -> Response:
    wanted = (await parts.body_of(request, bodies.Inspection)).inspected()
    return parts.as_json(await inspections.record(_store(request), caller, wanted, now=now_of(request)), 201)


_NARROWED = ("period", *parts.FILTERS)
_V1 = "/v1/oversight"
# fmt: off
parts.add_lists(router, (
    (f"{_V1}/services", _figures(services.services_by, "services"), doors.services()),
    (f"{_V1}/services/list",
     _list(services.service_list, "service-list", columns.SERVICES, "服务应做与已做", services.DEFINITION,
           "state", *_NARROWED), doors.service_list()),
    (f"{_V1}/hazards", _figures(hazards.hazards_by, "hazards"), doors.hazards()),
    (f"{_V1}/hazards/list",
     _list(hazards.hazard_list, "hazard-list", columns.HAZARDS, "隐患清单", hazards.DEFINITION,
           "stage", "level", *_NARROWED, kind="hazard"), doors.hazard_list()),
    (f"{_V1}/alerts",
     _list(hazards.alert_feed, "alerts", columns.ALERTS, "重大隐患拒不整改提醒", hazards.ALERT_DEFINITION,
           "standing", *parts.FILTERS, kind="hazard"), doors.alerts()),
    (f"{_V1}/funds", _figures(funds.funds_by, "funds", "basis"), doors.funds()),
    (f"{_V1}/funds/policies",
     _list(funds.fund_policies, "fund-policies", columns.FUNDS, "保单事故预防费", funds.DEFINITIONS["policy"],
           "state", *_NARROWED), doors.fund_policies()),
    (f"{_V1}/funds/signs", _signs, doors.fund_signs()),
    (f"{_V1}/funds/signs/{{name}}", _sign, doors.fund_sign()),
    (f"{_V1}/agencies", _registry("agency", "agencies", "技术服务机构登记"), doors.agencies()),
    (f"{_V1}/agencies/unregistered",
     _list(agencies.unregistered, "unregistered", columns.UNREGISTERED, "无有效登记的服务",
           agencies.UNREGISTERED_DEFINITION, "reason", *_NARROWED, kind="service"), doors.unregistered()),
    (f"{_V1}/experts", _registry("expert", "experts", "专家登记"), doors.experts()),
    (f"{_V1}/samples",
     _list(samples.sample_list, "samples", columns.SAMPLES, "抽样", samples.DEFINITION), doors.samples()),
    (f"{_V1}/samples/{{id}}", _sample, doors.sample()),
    (f"{_V1}/inspections",
     _list(inspections.inspection_list, "inspections", columns.INSPECTIONS, "检查结果", inspections.DEFINITION,
           "sample", "period", "insurer", "district", "town", told=columns.inspected), doors.inspections()),
    (f"{_V1}/subsidies", _figures(subsidies.subsidies_by, "subsidies"), doors.subsidies()),
    (f"{_V1}/subsidies/list",
     _list(subsidies.subsidy_list, "subsidy-list", columns.SUBSIDIES, "补贴清单", subsidies.DEFINITION,
           "state", *_NARROWED), doors.subsidy_list()),
))
_PLAIN = (
    ("GET", f"{_V1}/alerts/{{id}}", _alert, doors.alert()),
    ("POST", f"{_V1}/alerts/{{id}}/answer", _answer, doors.answer(bodies.Answer.model_json_schema())),
    ("GET", f"{_V1}/agencies/{{id}}", _registered("agency"), doors.agency()),
    ("POST", f"{_V1}/agencies", _register_agency, doors.register_agency(bodies.Agency.model_json_schema())),
    ("GET", f"{_V1}/experts/{{id}}", _registered("expert"), doors.expert()),
    ("POST", f"{_V1}/experts", _register_expert, doors.register_expert(bodies.Expert.model_json_schema())),
    ("POST", f"{_V1}/samples", _draw, doors.draw(bodies.Draw.model_json_schema())),
    ("GET", f"{_V1}/samples/{{id}}/check", _check, doors.check()),
    ("POST", f"{_V1}/inspections", _inspect, doors.inspect(bodies.Inspection.model_json_schema())),
)
# fmt: on
for _method, _path, _door, _described in _PLAIN:
    router.add_api_route(_path, _door, methods=[_method], **_described.routing())
