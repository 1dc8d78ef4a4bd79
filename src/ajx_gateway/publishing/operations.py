"""WHAT is an operation in the OpenAPI document? Summary, parameters, bodies and statuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ajx_gateway.publishing.answers import ref

Part = dict[str, Any]

_REFUSALS: Mapping[int, str] = {
    400: "请求无法读取",
    401: "身份凭证无效",
    403: "无权执行",
    404: "未找到",
    409: "同一幂等键的请求正在处理，或当前状态不允许此操作",
    412: "If-Match 与当前版本不符",
    413: "超过大小或条数上限",
    415: "不支持的媒体类型或压缩方式",
    422: "请求头或参数不符合要求",
    429: "请求过于频繁",
    503: "服务暂不可用",
}
_RETRIED = {429, 503, 409}
PUSH_STATUSES = (400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 503)
READ_STATUSES = (401, 403, 404, 422, 429, 503)
PUBLIC_STATUSES = (404, 422)


@dataclass(frozen=True, slots=True)
class Operation:
    """One door; ``routing`` gives FastAPI's keyword arguments for it."""

    id: str
    summary: str
    tag: str
    description: str = ""
    status: int = 200
    success: Part = field(default_factory=dict)
    statuses: tuple[int, ...] = READ_STATUSES
    extra: Part = field(default_factory=dict)
    public: bool = False

    def routing(self, *, shown: bool = True) -> dict[str, Any]:
        answers: dict[int | str, Part] = {self.status: {"description": "成功", **self.success}}
        answers |= {status: _refusal(status) for status in self.statuses}
        secured: Part = {} if self.public else {"security": [{"bearer": []}]}
        return {
            "operation_id": self.id,
            "summary": self.summary,
            "description": self.description,
            "tags": [self.tag],
            "status_code": self.status,
            "responses": answers,
            "openapi_extra": {**self.extra, **secured},
            "include_in_schema": shown,
            "response_model": None,
        }


def _refusal(status: int) -> Part:
    content = {"application/problem+json": {"schema": ref("Problem")}}
    waiting = {"Retry-After": {"schema": {"type": "integer"}, "description": "等待的秒数"}}
    return {
        "description": _REFUSALS[status],
        "content": content,
        **({"headers": waiting} if status in _RETRIED else {}),
    }


def as_json(schema: Part, media: str = "application/json") -> Part:
    return {"content": {media: {"schema": schema}}}


def listed(schema: Part) -> Part:
    """A list's success in its three forms."""
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    binary = {"schema": {"type": "string", "contentMediaType": sheet}}
    return {
        "content": {
            "application/json": {"schema": schema},
            "text/csv": {"schema": {"type": "string"}},
            sheet: binary,
        }
    }


def whole(success: Part) -> Part:
    """The same list, which leaves whole as well (``all``): a sheet and its manifest in a ZIP."""
    archive = {"schema": {"type": "string", "contentMediaType": "application/zip"}}
    return {"content": {**success["content"], "application/zip": archive}}


def header(name: str, description: str, *, required: bool = False, **schema: Any) -> Part:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def query(name: str, description: str, **schema: Any) -> Part:
    """A query parameter; without a schema of its own it is a string."""
    return {"name": name, "in": "query", "description": description, "schema": schema or {"type": "string"}}


ALL = query(
    "all",
    "true：整表导出（.csv、.xlsx），答复为 ZIP，内含表格与 manifest.json（行数、SHA-256、时点、筛选条件）。",
    type="string",
    enum=["true", "false"],
)


def in_path(name: str, description: str, **schema: Any) -> Part:
    """A path parameter."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def public(
    name: str,
    summary: str,
    tag: str,
    *parameters: Part,
    success: Part | None = None,
    statuses: tuple[int, ...] | None = None,
) -> Operation:
    """A door that asks for no credentials."""
    return Operation(
        id=name,
        summary=summary,
        tag=tag,
        success=success or as_json({"type": "object"}),
        statuses=(PUBLIC_STATUSES if parameters else ()) if statuses is None else statuses,
        extra={"parameters": list(parameters)} if parameters else {},
        public=True,
    )


def inlined(schema: Part) -> Part:
    """A small schema without ``$defs``: their texts stand where they were referred to."""
    definitions = schema.get("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions:
                return walk(definitions[name])
            return {key: walk(value) for key, value in node.items() if key != "$defs"}
        return [walk(each) for each in node] if isinstance(node, list) else node

    found: Part = walk(schema)
    return found
