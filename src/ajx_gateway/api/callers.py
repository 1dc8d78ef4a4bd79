"""WHO is at the door? The token's caller, as registered now, in a role that the door asks for."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from ajx_gateway.api.context import Gateway, gateway_of
from ajx_gateway.errors import Forbidden, Unauthenticated
from ajx_gateway.identity import Caller, Role, system_scope
from ajx_gateway.identity.tokens import verify_access_token
from ajx_gateway.store import clients

_REFUSED = "身份凭证无效或已过期，请用 POST /oauth2/token 申请访问令牌，并以 Authorization: Bearer 携带。"


async def caller_of(request: Request) -> Caller:
    """The caller of this request; every failure is the same 401."""
    gateway = gateway_of(request)
    token = _bearer(request)
    now = gateway.clock()  # never the demo's clock: a token is valid today or not at all
    caller = gateway.callers.get(token, now)
    if caller is None:
        claims = verify_access_token(
            token, gateway.keys, issuer=gateway.issuer, audience=gateway.base_url, now=now
        )
        caller = await _registered(gateway, str(claims["sub"]), str(claims["role"]))
        gateway.callers.put(token, caller, expires_at=datetime.fromtimestamp(claims["exp"], UTC), now=now)
    gateway.limiter.spend(caller.name)
    request.scope["caller"] = caller
    return caller


def _bearer(request: Request) -> str:
    stated = request.headers.getlist("authorization")
    scheme, _, token = stated[0].partition(" ") if len(stated) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(_REFUSED)
    return token.strip(" ")


async def _registered(gateway: Gateway, name: str, role: str) -> Caller:
    async with gateway.desk.store.reading(system_scope("look a caller up")) as tx:
        client = await clients.find(tx, name)
    if client is None or client.caller.role != role:
        raise Unauthenticated(_REFUSED)
    return client.caller


def allowed(*roles: Role) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency: the caller, when they hold one of the roles, else 403."""

    async def holder(request: Request) -> Caller:
        caller = await caller_of(request)
        if caller.role not in roles:
            raise Forbidden(f"当前身份“{caller.title}”不能使用此接口。")
        return caller

    return holder


AnyCaller = Annotated[Caller, Depends(caller_of)]
Insurer = Annotated[Caller, Depends(allowed("insurer"))]
