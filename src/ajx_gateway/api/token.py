"""HOW does a machine get in? client_credentials with private_key_jwt (RFC 6749, 7523), and its discovery."""

from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api.bodies import read_body
from ajx_gateway.api.context import Gateway, gateway_of
from ajx_gateway.errors import GatewayError, Unauthenticated, Unavailable
from ajx_gateway.identity import system_scope
from ajx_gateway.identity.tokens import (
    ASSERTION_TYPE,
    AssertionClaims,
    claimed_signer,
    issue_access_token,
    verify_client_assertion,
)
from ajx_gateway.publishing import doors, operations
from ajx_gateway.store import clients

router = APIRouter()
_FORM = "application/x-www-form-urlencoded"
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _Refused(Exception):
    """An OAuth refusal: RFC 6749's error code and a Chinese description."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.body = {"error": error, "error_description": description}
        self.status = status


async def token(request: Request) -> Response:
    """Exchanges a client's signed assertion for an access token."""
    try:
        form = await _form(request)
        answer = await _exchange(gateway_of(request), form)
    except _Refused as refused:
        return Response(to_json(refused.body), refused.status, _NO_STORE, media_type="application/json")
    return Response(to_json(answer), headers=_NO_STORE, media_type="application/json")


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise _Refused("invalid_request", f"Content-Type 应为 {_FORM}。")
    try:
        body = await read_body(request, 16 * 1024)
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except Unavailable:
        raise
    except (GatewayError, ValueError):
        raise _Refused("invalid_request", "表单无法读取。") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _Refused("invalid_request", "表单参数不得重复。")
    return form


async def _exchange(gateway: Gateway, form: dict[str, str]) -> dict[str, object]:
    if form.get("grant_type") != "client_credentials":
        raise _Refused("unsupported_grant_type", "grant_type 应为 client_credentials。")
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        raise _Refused(
            "invalid_request", f"需要 client_assertion，且 client_assertion_type 应为 {ASSERTION_TYPE}。"
        )
    try:
        return await _issue(gateway, form["client_assertion"], form.get("client_id"))
    except Unauthenticated:
        _refuse_client()


async def _issue(gateway: Gateway, assertion: str, client_id: str | None) -> dict[str, object]:
    now = gateway.clock()
    signer = claimed_signer(assertion)
    scope = system_scope("authenticate a client")
    async with gateway.desk.store.writing(scope) as tx:
        jwk = await clients.find_key(tx, signer.client, signer.kid)
        claims = _verified(gateway, assertion, jwk)
        client = await clients.find(tx, claims.client)
        fresh = client is not None and await clients.spend_assertion(
            tx, claims.client, claims.jti, expires_at=claims.exp, now=now
        )
    if client is None or not fresh or client_id not in (None, claims.client):
        _refuse_client()
    access = issue_access_token(
        gateway.desk.key,
        subject=client.caller.name,
        role=client.caller.role,
        issuer=gateway.issuer,
        audience=gateway.base_url,
        now=now,
        lifetime=gateway.token_lifetime,
    )
    seconds = int(gateway.token_lifetime.total_seconds())
    return {"access_token": access, "token_type": "Bearer", "expires_in": seconds}


def _verified(gateway: Gateway, assertion: str, jwk: Mapping[str, Any] | None) -> AssertionClaims:
    """Addressed to the issuer or to this endpoint: RFC 7523 clients use either."""
    now = gateway.clock()
    try:
        return verify_client_assertion(
            assertion, find_key=lambda _client, _kid: jwk, audience=gateway.issuer, now=now
        )
    except Unauthenticated:
        return verify_client_assertion(
            assertion, find_key=lambda _client, _kid: jwk, audience=token_endpoint(gateway), now=now
        )


def _refuse_client() -> NoReturn:
    raise _Refused(
        "invalid_client", "客户端断言无效、已使用或已过期：须为 ES256 签名，五分钟内有效，jti 不得重复。", 401
    ) from None


def token_endpoint(gateway: Gateway) -> str:
    return f"{gateway.base_url}/oauth2/token"


async def metadata(request: Request) -> Response:
    """RFC 8414: what an OAuth library needs to know."""
    gateway = gateway_of(request)
    document = {
        "issuer": gateway.issuer,
        "token_endpoint": token_endpoint(gateway),
        "jwks_uri": f"{gateway.base_url}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "service_documentation": f"{gateway.base_url}/docs",
    }
    return Response(to_json(document), headers=_CACHED, media_type="application/json")


async def jwks(request: Request) -> Response:
    """The public keys that verify receipts and access tokens, retired ones included."""
    return Response(to_json(gateway_of(request).keys.jwks()), headers=_CACHED, media_type="application/json")


_CACHED = {"Cache-Control": "public, max-age=300"}
router.add_api_route("/oauth2/token", token, methods=["POST"], **doors.token().routing())
router.add_api_route(
    "/.well-known/oauth-authorization-server",
    metadata,
    methods=["GET"],
    **operations.public("oauth_metadata", "授权服务元数据（RFC 8414）", "身份").routing(),
)
router.add_api_route(
    "/.well-known/jwks.json",
    jwks,
    methods=["GET"],
    **operations.public("jwks", "网关公钥（JWKS）", "身份").routing(),
)
