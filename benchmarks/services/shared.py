"""WHAT do the compared services have in common? The token check, the pool, the row of a policy.

They check the same ES256 tokens as the gateway and remember them; they keep no filing, judge no rule, settle no clock
and sign no receipt. All of that is in their favour.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.exceptions import HTTPException

from ajx_gateway.errors import Unauthenticated
from ajx_gateway.identity import KeyRing, SigningKey, TokenCache
from ajx_gateway.identity.tokens import verify_access_token
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.standard.v1.policy import Policy
from ajx_gateway.store.columns import PROMOTED, place

ISSUER = os.environ["BENCH_ISSUER"]
INSURER = os.environ["BENCH_INSURER"]
POLICIES: TypeAdapter[list[Policy]] = TypeAdapter(list[Policy])

_keys = KeyRing.of(SigningKey.load(Path(os.environ["BENCH_SIGNING_KEY"])))
_known: TokenCache[str] = TokenCache()


def engine() -> AsyncEngine:
    """The same pool settings as the gateway's, where a route does not need fewer connections."""
    return create_async_engine(
        os.environ["BENCH_DATABASE_URL"],
        pool_size=int(os.environ["BENCH_POOL"]),
        max_overflow=0,
        pool_timeout=30,
        connect_args={"server_settings": {"jit": "off"}},
    )


def service() -> FastAPI:
    """An application with its pool in ``state.engine`` and ``/livez``."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = engine()
        yield
        await app.state.engine.dispose()

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.get("/livez")
    async def livez() -> dict[str, bool]:
        return {"alive": True}

    return app


async def caller(request: Request) -> str:
    """The bearer token's subject, verified once and then remembered for a minute."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    now = datetime.now(UTC)
    name = _known.get(token, now)
    if name is None:
        try:
            claims = verify_access_token(token, _keys, issuer=ISSUER, audience=ISSUER, now=now)
        except Unauthenticated:
            raise HTTPException(401) from None
        name = str(claims["sub"])
        _known.put(token, name, expires_at=datetime.fromtimestamp(claims["exp"], UTC), now=now)
    return name


async def policies(request: Request) -> list[Policy]:
    """The body, validated as one array in pydantic-core: FastAPI's own body parameter would build it twice."""
    try:
        return POLICIES.validate_json(await request.body())
    except ValidationError as fault:
        raise HTTPException(422, str(fault.error_count())) from None


def rows(received: list[Policy]) -> list[dict[str, Any]]:
    """The rows of the same table that the gateway fills, in the order of their ids (no deadlocks)."""
    filing, now = uuid.uuid4(), datetime.now(UTC)
    made = [
        {
            "record_id": record_id(INSURER, "policy", policy.policy_no),
            "insurer": INSURER,
            "key": policy.policy_no,
            "revised_at": policy.revised_at,
            "content_hash": b"",
            "version": 1,
            "filing_id": filing,
            "ordinal": ordinal,
            "recorded_at": now,
            "voided": False,
            "voided_by": None,
            "division": place("policy", policy),
            **{column.name: column.read(policy) for column in PROMOTED["policy"]},
        }
        for ordinal, policy in enumerate(received)
    ]
    return sorted(made, key=lambda row: row["record_id"].bytes)
