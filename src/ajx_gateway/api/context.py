"""WHAT does a request find in this process? The Gateway of its app, and the instant at which it is judged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from starlette.requests import Request

from ajx_gateway.api.limits import RateLimiter
from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Caller, KeyRing, TokenCache
from ajx_gateway.intake.desk import Desk
from ajx_gateway.oversight.reports import Press

_INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything the doors need, built once by ``app``; no door reaches for anything else."""

    desk: Desk
    clock: Callable[[], datetime]
    keys: KeyRing  # the signing key and the retired ones that still verify
    issuer: str
    base_url: str
    demo_clock: bool = False
    max_body: int = 64 * 1024 * 1024
    max_document: int = 20 * 1024 * 1024
    press: Press = field(default_factory=Press)
    token_lifetime: timedelta = timedelta(minutes=15)
    # A revocation of a caller or a key works within ten seconds.
    callers: TokenCache[Caller] = field(
        default_factory=lambda: TokenCache(10_000, max_age=timedelta(seconds=10))
    )
    limiter: RateLimiter = field(default_factory=RateLimiter)


def gateway_of(request: Request) -> Gateway:
    """The Gateway that ``app`` put there in its lifespan."""
    return cast(Gateway, request.app.state.gateway)


def now_of(request: Request) -> datetime:
    """The instant of this request; the demo's loader alone may bring its own."""
    gateway = gateway_of(request)
    stated = request.headers.get("demo-clock") if gateway.demo_clock else None
    return gateway.clock() if stated is None else instant(stated, "Demo-Clock")


def instant(text: str, name: str) -> datetime:
    """An RFC 3339 instant with offset; a ``+`` that a URL turned into a space is mended."""
    try:
        if len(text) < len("2026-01-01T00:00:00Z"):  # pydantic would take plain numbers and dates, too
            raise ValueError
        return _INSTANT.validate_python(text.replace(" ", "+")).astimezone(UTC)
    except (ValidationError, ValueError, OverflowError):
        raise Unprocessable(
            f"{name} 应为带时区的时间，例如 2026-11-21T08:00:00+08:00（网址中的加号请写作 %2B）。",
            parameter=name,
        ) from None
