"""HOW are the insurers' doors described? One operation per door, for the OpenAPI document."""

from ajx_gateway.publishing.answers import ref
from ajx_gateway.publishing.headings import STATES
from ajx_gateway.publishing.operations import (
    ALL,
    PUSH_STATUSES,
    Operation,
    Part,
    as_json,
    header,
    in_path,
    inlined,
    listed,
    query,
    whole,
)
from ajx_gateway.standard import Kind

_IDEMPOTENCY = header(
    "Idempotency-Key",
    "本次报送的唯一标识；重试沿用同一值，得到同一回执。",
    required=True,
    minLength=1,
    maxLength=128,
    examples=["2026-11-21-0001"],
)
_STANDARD = header("Data-Standard", "数据标准版本；缺省为登记的版本。", examples=["1.0"])
_ENCODING = header("Content-Encoding", "正文压缩方式。", enum=["gzip", "zstd", "identity"])
_AS_OF = query("as_of", "查看该时刻的状态（RFC 3339，带时区）。", type="string", format="date-time")
_BOOLEAN: Part = {"type": "boolean", "default": False}
_AFTER = query("after", "上一页返回的 next。")
_LIMIT = query("limit", "每页条数。", type="integer", minimum=1, maximum=1000, default=100)


def _key(kind: Kind) -> Part:
    pattern = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$"
    return in_path(kind.key, f"{kind.title}编号；其中的斜杠写作 %2F。", pattern=pattern)


def push(kind: Kind) -> Operation:
    """POST of one object, an array or lines."""
    one, name = ref(kind.name), kind.title
    example = {"one": {"$ref": f"#/components/examples/{kind.name}"}}
    many = {"type": "array", "items": one, "maxItems": 10_000}
    body = {
        "required": True,
        "description": f"一条{name}、{name}数组或每行一条的 NDJSON；至多 10,000 条，解压后至多 64 MiB。",
        "content": {
            "application/json": {"schema": {"oneOf": [one, many]}, "examples": example},
            "application/x-ndjson": {"schema": {"type": "string", "description": "每行一个 JSON 对象"}},
        },
    }
    flags = [
        query("dry_run", "true：只校验，不写入。", **_BOOLEAN),
        query("atomic", "true：有一条被拒则全部不写入（422）。", **_BOOLEAN),
    ]
    replayed = {"Idempotent-Replayed": {"schema": {"type": "string"}, "description": "true：重放首次的结果"}}
    return Operation(
        id=f"push_{kind.name}",
        summary=f"报送{name}",
        tag="报送",
        description="能读取并判定即答 200，逐条结果见 items；提交后才应答，回执可离线验证。",
        success={**as_json(ref("PushAnswer")), "headers": replayed},
        statuses=PUSH_STATUSES,
        extra={
            "parameters": [_IDEMPOTENCY, _STANDARD, _ENCODING, *flags],
            "requestBody": body,
            # All or nothing, and not all were accepted: the same answer as ever, item by item.
            "responses": {"422": as_json(ref("PushAnswer"))},
        },
    )


def put(kind: Kind) -> Operation:
    """PUT of one record."""
    match = header("If-Match", "读取时得到的 ETag；不符则 412。", examples=['"3"'])
    content = {"schema": ref(kind.name), "examples": {"one": {"$ref": f"#/components/examples/{kind.name}"}}}
    return Operation(
        id=f"put_{kind.name}",
        summary=f"报送或更正一条{kind.title}",
        tag="报送",
        success=as_json(ref("PushAnswer")),
        statuses=PUSH_STATUSES,
        extra={
            "parameters": [_key(kind), _IDEMPOTENCY, _STANDARD, _ENCODING, match],
            "requestBody": {"required": True, "content": {"application/json": content}},
        },
    )


def void(kind: Kind) -> Operation:
    """POST …/void."""
    content = {"application/json": {"schema": ref("Voiding")}}
    return Operation(
        id=f"void_{kind.name}",
        summary=f"作废一条{kind.title}",
        tag="报送",
        description="记录保留在历史中，不再计入统计；期限按规则失效。",
        success=as_json(ref("PushAnswer")),
        statuses=PUSH_STATUSES,
        extra={
            "parameters": [_key(kind), _IDEMPOTENCY, _STANDARD],
            "requestBody": {"required": True, "content": content},
        },
    )


def fetch(kind: Kind) -> Operation:
    """GET of one record."""
    etag = {"ETag": {"schema": {"type": "string"}, "description": "当前版本号"}}
    return Operation(
        id=f"get_{kind.name}",
        summary=f"读取本机构的一条{kind.title}",
        tag="读取",
        success={**as_json({"type": "object"}), "headers": etag},
        extra={"parameters": [_key(kind), _AS_OF]},
    )


def history(kind: Kind) -> Operation:
    """GET …/history."""
    return Operation(
        id=f"history_{kind.name}",
        summary=f"{kind.title}的历史版本",
        tag="读取",
        success=listed({"type": "object", "properties": {"items": {"type": "array"}}}),
        extra={"parameters": [_key(kind)]},
    )


def document() -> Operation:
    """PUT …/document."""
    binary: Part = {"schema": {"type": "string", "format": "binary"}}
    forms = ("application/pdf", "application/ofd", "application/octet-stream")
    return Operation(
        id="put_policy_document",
        summary="上传电子保单",
        tag="报送",
        description="PDF 或 OFD，按内容判断，至多 20 MiB；受理即停止保单上传期限。",
        success=as_json(ref("PushAnswer")),
        statuses=PUSH_STATUSES,
        extra={
            "parameters": [in_path("policy_no", "保单编号"), _IDEMPOTENCY, _ENCODING],
            "requestBody": {"required": True, "content": dict.fromkeys(forms, binary)},
        },
    )


def deadlines() -> Operation:
    """GET /v1/deadlines."""
    state = query("state", "状态，可重复。", type="array", items={"type": "string", "enum": list(STATES)})
    return Operation(
        id="list_deadlines",
        summary="本机构的期限清单",
        tag="期限与事件",
        success=whole(listed(ref("Page"))),
        extra={"parameters": [state, query("clock", "期限名称。"), _AFTER, _LIMIT, ALL]},
    )


def excuse(schema: Part) -> Operation:
    """POST /v1/deadlines/{id}/excuse."""
    return Operation(
        id="request_excuse",
        summary="对一个期限申请免责",
        tag="期限与事件",
        status=201,
        success=as_json({"type": "object"}),
        statuses=(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        extra={
            "parameters": [in_path("id", "期限编号", format="uuid")],
            "requestBody": {"required": True, "content": {"application/json": {"schema": inlined(schema)}}},
        },
    )


def events() -> Operation:
    """GET /v1/events."""
    return Operation(
        id="list_events",
        summary="与本机构有关的事件",
        tag="期限与事件",
        success=whole(listed(ref("Page"))),
        extra={"parameters": [_AFTER, _LIMIT, ALL]},
    )


def token() -> Operation:
    """POST /oauth2/token."""
    form = {"type": "object", "required": ["grant_type", "client_assertion_type", "client_assertion"]}
    properties = {name: {"type": "string"} for name in (*form["required"], "client_id")}
    body = {"application/x-www-form-urlencoded": {"schema": {**form, "properties": properties}}}
    refused = {"description": "授权错误", **as_json(ref("OAuthError"))}
    return Operation(
        id="issue_token",
        summary="申请访问令牌（private_key_jwt，ES256）",
        tag="身份",
        success=as_json(ref("Token")),
        statuses=(503,),
        extra={
            "requestBody": {"required": True, "content": body},
            "responses": {"400": refused, "401": refused},
        },
        public=True,
    )
