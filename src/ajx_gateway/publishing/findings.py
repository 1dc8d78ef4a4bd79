"""HOW are the insurers' doors of findings described, and their columns headed?"""

from ajx_gateway.publishing.answers import ref
from ajx_gateway.publishing.operations import (
    ALL,
    Operation,
    Part,
    as_json,
    in_path,
    inlined,
    listed,
    query,
    whole,
)
from ajx_gateway.store.cases import CATEGORIES
from ajx_gateway.store.cases import STATES as EVERY_STATE

# What has been proposed and not yet confirmed is the authority's own affair.
STATES = tuple(state for state in EVERY_STATE if state != "proposed")
COLUMNS: tuple[tuple[str, str], ...] = (
    ("case_id", "问题编号"),
    ("category_title", "类别"),
    ("title", "问题"),
    ("detail", "说明"),
    ("subject_kind", "对象类别"),
    ("subject_key", "对象编号"),
    ("rule", "规则"),
    ("pointer", "位置"),
    ("clause", "依据"),
    ("happened_on", "发生日期"),
    ("raised_at", "提出时刻"),
    ("state", "状态代码"),
    ("state_title", "状态"),
    ("reply", "本机构答复"),
    ("replied_at", "答复时刻"),
    ("decision", "决定"),
    ("decision_reason", "决定理由"),
    ("decided_at", "决定时刻"),
)
TRAIL: tuple[tuple[str, str], ...] = (
    ("step", "步骤代码"),
    ("step_title", "步骤"),
    ("at", "时刻"),
    ("by", "办理人"),
    ("words", "内容"),
)
_TAG = "期限与事件"
_ID = in_path("id", "问题编号", format="uuid")


def findings() -> Operation:
    """GET /v1/findings."""
    state = query("state", "状态，可重复。", type="array", items={"type": "string", "enum": list(STATES)})
    category = query("category", "类别。", type="string", enum=list(CATEGORIES))
    after = query("after", "上一页返回的 next。")
    limit = query("limit", "每页条数。", type="integer", minimum=1, maximum=1000, default=100)
    return Operation(
        id="list_findings",
        summary="与本机构有关的问题",
        tag=_TAG,
        description="数据质量及监管部门提出的问题，新的在前；成立的计入评价。",
        success=whole(listed(ref("Page"))),
        extra={"parameters": [state, category, after, limit, ALL]},
    )


def finding() -> Operation:
    """GET /v1/findings/{id}."""
    return Operation(
        id="get_finding",
        summary="一项问题及其过程",
        tag=_TAG,
        success=listed({"type": "object"}),
        extra={"parameters": [_ID]},
    )


def reply(schema: Part) -> Operation:
    """POST /v1/findings/{id}/reply."""
    return Operation(
        id="reply_finding",
        summary="答复一项问题",
        tag=_TAG,
        description="决定之前可以多次答复，过程全部保留；决定之后不能再答复（409）。",
        success=as_json({"type": "object"}),
        statuses=(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        extra={
            "parameters": [_ID],
            "requestBody": {"required": True, "content": {"application/json": {"schema": inlined(schema)}}},
        },
    )
