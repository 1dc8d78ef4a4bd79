"""WHAT surrounds every request? Its id, safe headers, the last catch, HEAD, slashes in keys, and counts.

Pure ASGI: Starlette's BaseHTTPMiddleware breaks contextvars and cancellation.
"""

import re
import traceback
import uuid
from collections.abc import Mapping
from time import perf_counter
from urllib.parse import unquote

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ajx_gateway.api import problems

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SAFE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
}
_log = structlog.get_logger("ajx.api")


class Wall:
    """The outermost wall: gives the request its id, the response its headers, and a failure its 500."""

    def __init__(self, app: ASGIApp, *, secure: bool = False) -> None:
        self.app = app
        self.headers = {**_SAFE, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = Request(scope).headers.get("request-id", "")
        scope["request_id"] = stated if _SANE_ID.fullmatch(stated) else uuid.uuid4().hex
        started = False

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._mark(MutableHeaders(scope=message), scope["request_id"])
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        except ClientDisconnect:
            _log.info("request.abandoned", request_id=scope["request_id"])
        except Exception as error:
            _log.error("request.failed", **_anonymous(scope, error))
            if started:  # too late to answer: the server must see the break, without the message's data
                raise RuntimeError("response broke off") from None
            await problems.internal(Request(scope))(scope, receive, send_marked)

    def _mark(self, headers: MutableHeaders, request_id: str) -> None:
        headers["Request-Id"] = request_id
        for name, value in self.headers.items():
            headers.setdefault(name, value)


def _anonymous(scope: Scope, error: BaseException) -> dict[str, object]:
    """What may be logged of a failure: types and places, never messages, which can quote a record."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return {
        "request_id": scope["request_id"],
        "method": scope["method"],
        "route": route_of(scope),
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "cause": type(error.__cause__ or error.__context__).__qualname__,
        "at": [
            f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
            for frame in frames
        ],
    }


def route_of(scope: Scope) -> str:
    """The template of the matched route (no keys, no personal data), for logs and metrics."""
    route = scope.get("route")
    return str(getattr(route, "path_format", getattr(route, "path", "other")))


class HeadAsGet:
    """HEAD is GET without the body, for every address alike."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self.app({**scope, "method": "GET"}, receive, send_head)


class RecordKeys:
    """Keeps an encoded slash of a record key apart from the slashes of the address.

    Servers decode ``%2F`` before routing, which would read the key ``A/history`` as the history of ``A``.
    Here the path under ``/v1/`` keeps ``%2F``; ``envelope.record_key`` turns it back.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b""
        if scope["type"] == "http" and b"%2f" in raw.lower() and scope["path"].startswith("/v1/"):
            parts = re.split("%2f", raw.decode("ascii", "replace"), flags=re.IGNORECASE)
            scope = {**scope, "path": "%2F".join(unquote(part) for part in parts)}
        await self.app(scope, receive, send)


class Metrics:
    """Counts and times requests by route template in the registry of this app."""

    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry) -> None:
        self.app = app
        labels = ("method", "route")
        self.requests = Counter("ajx_requests", "HTTP requests", (*labels, "status"), registry=registry)
        self.seconds = Histogram("ajx_request_seconds", "HTTP request duration", labels, registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = perf_counter(), 500

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_counted)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.requests.labels(method, route_of(scope), str(status)).inc()
            self.seconds.labels(method, route_of(scope)).observe(perf_counter() - begun)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "PATCH"})
