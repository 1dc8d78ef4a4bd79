"""HOW does a refusal look? RFC 9457 problem+json in Chinese, for our own errors and for the framework's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway import errors

MEDIA = "application/problem+json"
RETRY_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Explanation:
    """One kind of problem as its page explains it."""

    code: str
    status: int
    title: str
    mend: str


_MENDS: Mapping[str, str] = {
    "request.malformed": "请检查必需的请求头与正文：正文为 UTF-8 的 JSON 或 NDJSON，与声明的类型、压缩一致。",
    "auth.invalid_token": "令牌缺失、过期或无效。请向 /oauth2/token 申请，以 Authorization: Bearer 携带。",
    "auth.forbidden": "当前身份不允许此操作。承保机构只能报送和读取本机构的记录。",
    "resource.not_found": "地址或编号不存在，或不属于当前身份的范围。编号中的斜杠请写作 %2F。",
    "idempotency.in_flight": "上一次请求仍在处理。按 Retry-After 等待后原样重试，将得到同一回执。",
    "state.conflict": "对象的当前状态不允许此操作，例如已经决定、已经发布，或本人已就此发表意见。请先重新读取。",
    "record.stale_precondition": "If-Match 与当前版本不符，记录已被更新。请重新读取后再提交。",
    "request.too_large": "请拆成多个批次（每批至多 10,000 条、解压后至多 64 MiB）。",
    "request.unsupported_media": "类型为 application/json 或 application/x-ndjson，压缩为 gzip 或 zstd。",
    "request.unprocessable": "请求头或查询参数的取值不符合要求，detail 说明了是哪一项。",
    "idempotency.key_reused": "该幂等键已用于内容不同的请求。内容有变化时请换用新的幂等键。",
    "request.rate_limited": "请求过于频繁。按 Retry-After 的秒数等待后重试。",
    "service.unavailable": "服务暂时繁忙或正在维护。按 Retry-After 等待后以同一幂等键重试即可。",
    "request.method_not_allowed": "该地址不支持此方法，可用的方法见 Allow 响应头。",
    "service.internal": "网关内部错误。可用同一幂等键安全重试；仍不成功时请把 request_id 告知运维人员。",
}


def explanations() -> list[Explanation]:
    """Every kind of problem this gateway answers with: the tree of errors and the framework's two."""
    own = [(leaf.code, leaf.status, leaf.title) for leaf in errors.leaves()]
    framework = [("request.method_not_allowed", 405, "不支持的方法")]
    internal = [(errors.GatewayError.code, errors.GatewayError.status, errors.GatewayError.title)]
    return [Explanation(*row, mend=_MENDS[row[0]]) for row in [*own, *framework, *internal]]


def problem(
    request: Request,
    explained: Explanation,
    detail: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Response:
    """The one place that writes a problem."""
    gateway = getattr(request.app.state, "gateway", None)
    body: dict[str, object] = {
        **(extra or {}),
        "type": f"{gateway.base_url if gateway else ''}/problems/{explained.code}",
        "title": explained.title,
        "status": status or explained.status,
        "detail": detail,
        "code": explained.code,
        "request_id": request.scope.get("request_id", ""),
    }
    return Response(to_json(body), status or explained.status, headers, media_type=MEDIA)


@lru_cache(maxsize=256)
def _explained(code: str) -> Explanation:
    return next(each for each in explanations() if each.code == code)


def refusal(request: Request, error: errors.GatewayError) -> Response:
    """Our own errors; 429 and 503 always say when to come back."""
    headers: dict[str, str] = {}
    wait = error.retry_after if error.retry_after is not None else _default_wait(error)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="ajx", error="invalid_token"'
    return problem(request, _explained(error.code), error.detail, headers=headers, extra=error.extra)


def _default_wait(error: errors.GatewayError) -> int | None:
    return (
        RETRY_SECONDS
        if isinstance(error, errors.Unavailable | errors.InFlight | errors.TooManyRequests)
        else None
    )


async def _on_gateway_error(request: Request, error: Exception) -> Response:
    return refusal(request, cast(errors.GatewayError, error))


_FRAMEWORK: Mapping[int, tuple[str, str]] = {
    400: ("request.malformed", "请求无法读取。"),
    401: ("auth.invalid_token", "身份凭证无效。"),
    403: ("auth.forbidden", "无权执行此操作。"),
    404: ("resource.not_found", "没有这个地址，可用的地址见 /docs。"),
    405: ("request.method_not_allowed", "该地址不支持此方法。"),
    413: ("request.too_large", "请求内容过大。"),
    415: ("request.unsupported_media", "不支持的媒体类型。"),
    503: ("service.unavailable", "服务暂不可用，请稍后重试。"),
}


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's and FastAPI's own refusals; a bare OPTIONS is told what the address allows."""
    status = cast(HTTPException, error).status_code
    headers = dict(cast(HTTPException, error).headers or {})
    if status == 405:
        headers["Allow"] = allowed = ", ".join(_allowed(headers.get("Allow", headers.get("allow", ""))))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allowed})
    if status < 400:
        return Response(status_code=status, headers=headers)
    fallback = (
        ("service.internal", "网关内部错误。") if status >= 500 else ("request.malformed", "请求无法处理。")
    )
    code, detail = _FRAMEWORK.get(status, fallback)
    return problem(request, _explained(code), detail, status=status, headers=headers)


def _allowed(listed: str) -> list[str]:
    methods = {method.strip() for method in listed.split(",") if method.strip()}
    return sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))


async def _on_validation_error(request: Request, error: Exception) -> Response:
    """FastAPI's parameter errors: where, and what was expected; never the input, which may be personal."""
    found: Sequence[Mapping[str, object]] = cast(RequestValidationError, error).errors()
    places = [
        {"in": str(loc[0]), "name": ".".join(map(str, loc[1:])), "rule": str(each["type"])}
        for each in found[:100]
        for loc in [cast(Sequence[object], each["loc"])]
    ]
    names = "、".join(sorted({place["name"] for place in places if place["name"]})) or "请求"
    detail = f"参数不符合要求：{names}。各参数的取值见 /docs。"
    return problem(request, _explained("request.unprocessable"), detail, extra={"errors": places})


def internal(request: Request) -> Response:
    """What an unexpected failure looks like from outside: nothing but where to ask."""
    return problem(
        request,
        _explained("service.internal"),
        "网关内部错误，请稍后重试（报送请沿用同一幂等键），或把 request_id 告知运维人员。",
    )


def register(app: FastAPI) -> None:
    """Takes over every refusal of the app."""
    app.add_exception_handler(errors.GatewayError, _on_gateway_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
