"""HOW is it wired? ``create_app(settings)``: the only file that sees every room."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway import __version__, errors
from ajx_gateway.api import (
    admission,
    catalogue,
    filing,
    findings,
    health,
    inbox,
    law,
    middleware,
    oversight,
    oversight_cases,
    oversight_evaluations,
    oversight_reports,
    oversight_roster,
    oversight_services,
    oversight_signs,
    pages,
    problems,
    token,
)
from ajx_gateway.api.context import Gateway
from ajx_gateway.api.directory import Directory
from ajx_gateway.api.limits import RateLimiter
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import KeyFault, KeyRing, SigningKey
from ajx_gateway.intake.desk import Desk
from ajx_gateway.oversight.reports import Press
from ajx_gateway.publishing import openapi
from ajx_gateway.settings import Settings, SettingsFault, read_data_key, read_retired_keys
from ajx_gateway.store.database import Store
from ajx_gateway.store.embedded import running_url

_BUSY = "数据库暂不可用，请稍后重试（报送请沿用同一幂等键）。"


class GatewayApp(FastAPI):
    """FastAPI whose OpenAPI document carries the published schemas."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            self.openapi_schema = openapi.complete(super().openapi())
        return self.openapi_schema


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] | None = None) -> FastAPI:
    """The gateway as an ASGI application; nothing is opened before its lifespan begins."""
    chosen = settings or Settings()
    registry = CollectorRegistry()
    app = GatewayApp(
        title="安责险数据网关",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would be built from the Host header
        lifespan=_lifespan(chosen, clock or _utc_now),
        middleware=_walls(chosen, registry),
        # Business numbers stand in addresses: no trace or log but our own carries them anywhere.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.metrics = registry
    problems.register(app)
    for leftover in (PoolTimeout, DBAPIError, ConnectionError, asyncpg.PostgresError, asyncpg.InterfaceError):
        app.add_exception_handler(leftover, _on_database_error)
    for router in _routers():
        # Not ``include_router``: what it merges into every request is not used here, and took a tenth of a small push.
        app.router.routes.extend(router.routes)
    app.router.routes.append(pages.static())
    app.router.routes.insert(0, Directory(app.router.routes))
    return app


def _walls(settings: Settings, registry: CollectorRegistry) -> list[Middleware]:
    """Outermost first."""
    return [
        Middleware(middleware.Wall, secure=settings.public_url.startswith("https://")),
        Middleware(middleware.Metrics, registry=registry),
        Middleware(admission.Gate, rooms=_rooms(settings), registry=registry),
        Middleware(middleware.HeadAsGet),
        Middleware(middleware.RecordKeys),
    ]


def _rooms(settings: Settings) -> admission.Rooms:
    return admission.Rooms(
        bulk_in_flight=settings.bulk_in_flight,
        bulk_bytes=settings.bulk_bytes,
        pushes_in_flight=settings.pushes_in_flight,
        reads_in_flight=settings.reads_in_flight,
        patience=settings.pool_timeout,
        max_body=settings.max_body_bytes,
    )


def _routers() -> list[APIRouter]:
    doors = (
        # The pushes first: addresses are compared one after the other.
        *(filing, token, health, pages, law, catalogue, inbox, findings, oversight, oversight_roster),
        *(oversight_cases, oversight_evaluations, oversight_services, oversight_reports, oversight_signs),
    )
    return [door.router for door in doors]


def _lifespan(settings: Settings, clock: Callable[[], datetime]) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        gateway = build(settings, clock)
        app.state.gateway = gateway
        try:
            yield
        finally:
            app.state.stopping = True
            await gateway.desk.store.close()

    return lifespan


def build(settings: Settings, clock: Callable[[], datetime]) -> Gateway:
    """Reads the keys and opens the pool (no connection yet)."""
    key = _signing_key(settings)
    store = Store(
        database_url(settings),
        data_key=read_data_key(settings),
        pool_size=settings.pool_size,
        pool_timeout=settings.pool_timeout,
        statement_timeout=settings.statement_timeout,
    )
    turns = asyncio.Semaphore(max(1, settings.pool_size // 2))
    desk = Desk(store, key, Calendar.load(settings.calendar_file), settings.token_issuer, turns=turns)
    return Gateway(
        desk=desk,
        clock=clock,
        keys=KeyRing.of(key, read_retired_keys(settings)),
        issuer=settings.token_issuer,
        base_url=settings.public_url,
        demo_clock=settings.demo_clock,
        max_body=settings.max_body_bytes,
        press=Press(settings.templates, settings.fonts),
        limiter=RateLimiter(settings.rate_limit_per_second, settings.rate_limit_burst),
    )


def database_url(settings: Settings) -> str:
    """The configured database, else the bundled one that somebody keeps running on the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    found = running_url(settings.data_dir)
    if found is None:
        raise SettingsFault("没有数据库：请设置 AJX_DATABASE_URL，或用 ajx up 启动自带的 PostgreSQL。")
    return found


def _signing_key(settings: Settings) -> SigningKey:
    path = settings.signing_key_path
    try:
        return SigningKey.load(path)
    except OSError as fault:
        raise SettingsFault(
            f"读不到签名私钥 {path}（{fault.strerror}）。请用 AJX_SIGNING_KEY_FILE 指明。"
        ) from None
    except KeyFault as fault:
        raise SettingsFault(f"签名私钥 {path} 无法使用：{fault}。") from None


async def _on_database_error(request: Request, error: Exception) -> Response:
    """What the store did not map: a refused or broken connection is a 503, any other fault stays a 500."""
    broken = isinstance(error, DBAPIError) and (
        error.connection_invalidated or isinstance(error.orig, OSError | asyncpg.PostgresConnectionError)
    )
    gone = isinstance(
        error, PoolTimeout | ConnectionError | asyncpg.PostgresConnectionError | asyncpg.InterfaceError
    )
    if not (broken or gone):
        raise error
    return problems.refusal(request, errors.Unavailable(_BUSY, retry_after=problems.RETRY_SECONDS))


def _utc_now() -> datetime:
    return datetime.now(UTC)
