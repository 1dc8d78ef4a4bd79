"""WHAT shape do answers have? The JSON Schemas of everything that leaves, for the OpenAPI document."""

from collections.abc import Mapping

Schema = dict[str, object]


def _object(title: str, required: str, /, **properties: Schema) -> Schema:
    return {"type": "object", "title": title, "required": required.split(), "properties": properties}


def _text(title: str, **more: object) -> Schema:
    return {"type": "string", "title": title, **more}


def _list(title: str, items: Schema) -> Schema:
    return {"type": "array", "title": title, "items": items}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_INSTANT: Mapping[str, object] = {"format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_STATES = ["pending", "due_soon", "met", "overdue", "met_late", "excused", "void", "undetermined"]
_RESULTS = ["created", "updated", "unchanged", "stale", "rejected"]

PROBLEM = _object(
    "问题说明（RFC 9457）",
    "type title status detail code request_id",
    type=_text("说明页", format="uri-reference"),
    title=_text("标题"),
    status={"type": "integer", "title": "HTTP 状态"},
    detail=_text("具体情况与改正方法"),
    code=_text("稳定的英文代码", examples=["request.malformed"]),
    request_id=_text("请求编号"),
)
FINDING = _object(
    "校验发现",
    "rule severity pointer expected actual message clause",
    rule=_text("规则编号"),
    severity=_text("级别", enum=["error", "warning", "notice"]),
    pointer=_text("位置（JSON Pointer）", examples=["/premium/received"]),
    expected=_text("应为"),
    actual=_text("实际"),
    message=_text("说明"),
    clause=_text("依据"),
)
DEADLINE = _object(
    "期限",
    "clock due state",
    clock=_text("期限名称", examples=["policy_upload"]),
    due=_text("截止时刻（不含）", type=["string", "null"], **_INSTANT),
    state=_text("状态", enum=_STATES),
)
ITEM = _object(
    "逐条结果",
    "index key result findings",
    index={**_COUNT, "title": "在报送中的序号"},
    key={"type": ["string", "null"], "title": "记录编号"},
    result=_text("结果", enum=_RESULTS),
    version={"type": ["integer", "null"], "title": "记录版本"},
    retryable={"type": "boolean", "title": "原样重试是否可能成功"},
    findings=_list("校验发现", ref("Finding")),
    deadlines=_list("由此产生的期限", ref("Deadline")),
)
PUSH_ANSWER = _object(
    "报送结果",
    "filing verdict dry_run standard rules received_at counts items",
    filing={"type": ["string", "null"], "title": "报送编号"},
    verdict=_text("结论", enum=["accepted", "partial", "rejected"]),
    dry_run={"type": "boolean", "title": "是否试报"},
    standard=_text("数据标准版本"),
    rules=_text("规则集版本"),
    received_at=_text("接收时刻", **_INSTANT),
    counts=_object("计数", " ".join(_RESULTS), **dict.fromkeys(_RESULTS, _COUNT)),
    items=_list("逐条结果", ref("Item")),
    receipt={"type": ["string", "null"], "title": "签名回执（JWS，ES256）"},
)
VOIDING = {
    **_object(
        "作废申请",
        "reason revised_at",
        reason=_text("原因", minLength=1, maxLength=300),
        revised_at=_text("本状态在核心系统中的时刻", **_INSTANT),
    ),
    "additionalProperties": False,
    "examples": [{"reason": "重复录入", "revised_at": "2026-11-21T09:00:00+08:00"}],
}
PAGE = _object(
    "列表",
    "items next",
    items=_list("条目", {"type": "object"}),
    next={"type": ["string", "null"], "title": "下一页的 after"},
    as_of=_text("数据时点", **_INSTANT),
)
TOKEN = _object(
    "访问令牌",
    "access_token token_type expires_in",
    access_token=_text("访问令牌（JWT）"),
    token_type=_text("类型", const="Bearer"),
    expires_in={"type": "integer", "title": "有效秒数"},
)
OAUTH_ERROR = _object("授权错误（RFC 6749）", "error", error=_text("代码"), error_description=_text("说明"))

SCHEMAS: Mapping[str, Schema] = {
    "Problem": PROBLEM,
    "Finding": FINDING,
    "Deadline": DEADLINE,
    "Item": ITEM,
    "PushAnswer": PUSH_ANSWER,
    "Voiding": VOIDING,
    "Page": PAGE,
    "Token": TOKEN,
    "OAuthError": OAUTH_ERROR,
}
