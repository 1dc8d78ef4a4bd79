"""HOW can the gateway refuse a whole request? The tree below; records are refused by findings instead.

GatewayError
├── Malformed            400  request.malformed            the bytes are not what the media type says
├── Unauthenticated      401  auth.invalid_token           always the same words, whatever was wrong
├── Forbidden            403  auth.forbidden
├── NotFound             404  resource.not_found           absent and foreign look the same
├── InFlight             409  idempotency.in_flight
├── Conflict             409  state.conflict               what is asked does not fit how things stand
├── PreconditionFailed   412  record.stale_precondition
├── TooLarge             413  request.too_large
├── UnsupportedMedia     415  request.unsupported_media
├── Unprocessable        422  request.unprocessable
│   └── KeyReused        422  idempotency.key_reused
├── TooManyRequests      429  request.rate_limited
└── Unavailable          503  service.unavailable
"""

from typing import ClassVar


class GatewayError(Exception):
    """A refusal of the whole request; rendered once, as RFC 9457, by ``api.problems``.

    ``detail`` is Chinese, says how to mend it, and never repeats personal data.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "service.internal"
    title: ClassVar[str] = "网关内部错误"

    def __init__(self, detail: str, *, retry_after: int | None = None, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.extra = extra


class Malformed(GatewayError):
    status, code, title = 400, "request.malformed", "请求内容无法读取"


class Unauthenticated(GatewayError):
    status, code, title = 401, "auth.invalid_token", "身份凭证无效"


class Forbidden(GatewayError):
    status, code, title = 403, "auth.forbidden", "无权执行此操作"


class NotFound(GatewayError):
    status, code, title = 404, "resource.not_found", "未找到"


class InFlight(GatewayError):
    status, code, title = 409, "idempotency.in_flight", "同一幂等键的请求正在处理"


class Conflict(GatewayError):
    status, code, title = 409, "state.conflict", "与当前状态冲突"


class PreconditionFailed(GatewayError):
    status, code, title = 412, "record.stale_precondition", "记录已被更新"


class TooLarge(GatewayError):
    status, code, title = 413, "request.too_large", "请求内容过大"


class UnsupportedMedia(GatewayError):
    status, code, title = 415, "request.unsupported_media", "不支持的媒体类型"


class Unprocessable(GatewayError):
    status, code, title = 422, "request.unprocessable", "请求参数不符合要求"


class KeyReused(Unprocessable):
    status, code, title = 422, "idempotency.key_reused", "幂等键已用于其他内容"


class TooManyRequests(GatewayError):
    status, code, title = 429, "request.rate_limited", "请求过于频繁"


class Unavailable(GatewayError):
    status, code, title = 503, "service.unavailable", "服务暂不可用"


def leaves() -> list[type[GatewayError]]:
    """Every concrete refusal, in the order of the tree."""
    found: list[type[GatewayError]] = []
    pending: list[type[GatewayError]] = list(GatewayError.__subclasses__())
    while pending:
        leaf = pending.pop(0)
        found.append(leaf)
        pending = [*leaf.__subclasses__(), *pending]
    return found
