"""HOW do insurers file? All collections in one loop: push, put, void, read back, history, document.

No FastAPI body models: the bytes go to ``intake`` as they came (strictness, duplicate members, evidence).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import documents, tables
from ajx_gateway.api.bodies import demand_json, media_of, read_body
from ajx_gateway.api.callers import Insurer
from ajx_gateway.api.context import gateway_of, instant, now_of
from ajx_gateway.api.envelope import flag, idempotency_key, only, record_key, standard_version
from ajx_gateway.intake import documents as policy_documents
from ajx_gateway.intake import records, submit, voiding
from ajx_gateway.intake.desk import Answer
from ajx_gateway.publishing import doors, headings
from ajx_gateway.standard import KINDS, Kind

Handler = Callable[[Request, Insurer], Awaitable[Response]]
_MAX_RECORD = 8 * 1024 * 1024  # one policy may name 5,000 insured persons


def _answered(answer: Answer, version: str | None = None) -> Response:
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    if version:
        headers["Data-Standard"] = version
    if answer.etag:
        headers["ETag"] = answer.etag
    return Response(answer.body, answer.status, headers, media_type="application/json")


def _push(kind: Kind) -> Handler:
    async def push(request: Request, caller: Insurer) -> Response:
        only(request, ("dry_run", "atomic"))
        options = {"dry_run": flag(request, "dry_run"), "atomic": flag(request, "atomic")}
        most = gateway_of(request).max_body
        return await _submitted(request, caller, kind, media_of(request), most, **options)

    return push


def _put(kind: Kind) -> Handler:
    async def put(request: Request, caller: Insurer) -> Response:
        only(request, ())
        demand_json(request)
        most = min(gateway_of(request).max_body, _MAX_RECORD)
        named = {"only_key": record_key(request, kind.key), "if_match": request.headers.get("if-match")}
        return await _submitted(request, caller, kind, "json", most, **named)

    return put


async def _submitted(
    request: Request, caller: Insurer, kind: Kind, media: submit.Media, most: int, **options: Any
) -> Response:
    key, version, now = idempotency_key(request), standard_version(request, caller, kind), now_of(request)
    body = await read_body(request, most)
    answer = await submit.submit(
        gateway_of(request).desk,
        caller,
        kind,
        body,
        media=media,
        key=key,
        version=version,
        now=now,
        **options,
    )
    return _answered(answer, version)


def _void(kind: Kind) -> Handler:
    async def void(request: Request, caller: Insurer) -> Response:
        only(request, ())
        demand_json(request)
        gateway, key, version = (
            gateway_of(request),
            idempotency_key(request),
            standard_version(request, caller, kind),
        )
        name, now = record_key(request, kind.key), now_of(request)
        body = await read_body(request, 64 * 1024)
        answer = await voiding.void(gateway.desk, caller, kind, name, body, key=key, version=version, now=now)
        return _answered(answer, version)

    return void


def _fetch(kind: Kind) -> Handler:
    async def fetch(request: Request, caller: Insurer) -> Response:
        only(request, ("as_of",))
        stated, now = request.query_params.get("as_of"), now_of(request)
        as_of = instant(stated, "as_of") if stated is not None else None
        name = record_key(request, kind.key)
        found = await records.fetch(gateway_of(request).desk, caller, kind, name, as_of=as_of, now=now)
        headers = {"ETag": f'"{found["version"]}"'} if "version" in found and as_of is None else {}
        return Response(to_json(found), headers=headers, media_type="application/json")

    return fetch


def _history(kind: Kind) -> Handler:
    async def history(request: Request, caller: Insurer) -> Response:
        only(request, ())
        name, form = record_key(request, kind.key), tables.form_of(request)
        items = await records.history(gateway_of(request).desk, caller, kind, name)
        if form == "json":
            return Response(to_json({"items": items}), media_type="application/json")
        columns = [(member, headings.HISTORY.get(member, member)) for member in (items[0] if items else {})]
        definition = f"{kind.title} {name} 收到过的每一个版本，按接收先后排列。"
        table = tables.from_items(
            items,
            columns,
            title=f"{kind.title}历史",
            definition=definition,
            as_of=now_of(request),
            kind=kind.name,
        )
        return tables.table_response(table, form, f"{kind.name}-history")

    return history


async def document(request: Request, caller: Insurer) -> Response:
    """The electronic policy; its acceptance stops the upload clock."""
    only(request, ())
    gateway, key, now = gateway_of(request), idempotency_key(request), now_of(request)
    policy_no = record_key(request, "policy_no")
    body = await read_body(request, gateway.max_document)
    media = documents.document_media(body, documents.declared_media(request))
    answer = await policy_documents.file_document(
        gateway.desk, caller, policy_no, body, media_type=media, key=key, now=now
    )
    return _answered(answer)


def _open(router: APIRouter, kind: Kind) -> None:
    """The doors of one collection; a key may hold slashes, so the longer addresses are asked first."""
    collection = f"/v1/{kind.collection}"
    record = f"{collection}/{{{kind.key}:path}}"
    if kind.name == "policy":
        router.add_api_route(f"{record}/document", document, methods=["PUT"], **doors.document().routing())
    router.add_api_route(f"{record}/void", _void(kind), methods=["POST"], **doors.void(kind).routing())
    plain, *suffixed = tables.with_suffixes(f"{record}/history")
    router.add_api_route(plain, _history(kind), methods=["GET"], **doors.history(kind).routing())
    for path in suffixed:
        router.add_api_route(path, _history(kind), methods=["GET"], include_in_schema=False)
    router.add_api_route(record, _fetch(kind), methods=["GET"], **doors.fetch(kind).routing())
    router.add_api_route(record, _put(kind), methods=["PUT"], **doors.put(kind).routing())
    router.add_api_route(collection, _push(kind), methods=["POST"], **doors.push(kind).routing())


def filing_router() -> APIRouter:
    """All collections of the standard."""
    router = APIRouter()
    for kind in KINDS.values():
        _open(router, kind)
    return router


router = filing_router()
