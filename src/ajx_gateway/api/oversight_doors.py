"""HOW are the regulators' doors described? One operation per door, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from ajx_gateway.deadlines import State
from ajx_gateway.publishing.operations import Operation, Part, as_json, in_path, inlined, listed, query
from ajx_gateway.standard import KINDS
from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.clock_lists import BY
from ajx_gateway.store.measures import PUBLIC

_TAG = "监管"
_OBJECT: Part = {"type": "object"}
_AFTER = query("after", "上一页返回的 next。")
_LIMIT = query("limit", "每页条数。", type="integer", minimum=1, maximum=1000, default=100)
_PERIOD = query("period", "期间：2023、2023H1、2023Q4、2023-05 或 2023-01-01..2023-06-30。")
_DISTRICT = query("district", "区县，6位代码。", type="string", pattern="^[1-9][0-9]{5}$")
_TOWN = query("town", "镇街，9位代码。", type="string", pattern="^[1-9][0-9]{8}$")
_INSURER = query("insurer", "承保机构统一社会信用代码。", type="string", pattern="^[0-9A-Z]{18}$")
_SECTOR = query("sector", "行业领域代码。")
_INDUSTRY = query("industry", "行业门类或大类，如 C、C33。", type="string", pattern="^[A-T]([0-9]{2,4})?$")
_SIZE = query("size", "企业规模代码。")
_WRITTEN = (400, 401, 403, 404, 413, 415, 422, 429, 503)


def _several(name: str, description: str, values: list[str]) -> Part:
    return {
        **query(name, description, type="array", items={"type": "string", "enum": values}),
        "style": "form",
        "explode": False,
    }


def _list(name: str, summary: str, description: str, *parameters: Part) -> Operation:
    extra = {"parameters": list(parameters)}
    return Operation(name, summary, _TAG, description, success=listed(_OBJECT), extra=extra)


def aggregates() -> Operation:
    """GET /v1/oversight/aggregates."""
    return _list(
        "oversight_aggregates",
        "统计数据",
        "按任意至多三个维度分组；合计单独计算，不重复计数。数字与当时的记录逐条重算一致。",
        _several("measures", "指标。", [measure.name for measure in PUBLIC]),
        _several("by", "分组维度，至多三项。", list(DIMENSIONS)),
        _PERIOD,
        query("compare", "yoy：与上年同期比较。", type="string", enum=["yoy"]),
        query(
            "as_of", "该时刻所知的数字（RFC 3339，带时区）；缺省为现在。", type="string", format="date-time"
        ),
        _DISTRICT,
        _TOWN,
        _INSURER,
        _SECTOR,
        _INDUSTRY,
        _SIZE,
    )


_CLOCK = query("clock", "期限名称，如 policy_upload。")
_STATE = query("state", "状态。", type="string", enum=[state.value for state in State])


def deadlines() -> Operation:
    """GET /v1/oversight/deadlines."""
    return _list(
        "oversight_deadlines",
        "期限执行情况",
        "各状态的期限数、按期率与天数分位；by 含 clock 时附本地区当年各单位应报送的报告。",
        _several("by", "分组维度。", list(BY)),
        _CLOCK,
        _STATE,
        _PERIOD,
        _INSURER,
        _DISTRICT,
        _TOWN,
    )


def deadline_list() -> Operation:
    """GET /v1/oversight/deadlines/list."""
    return _list(
        "oversight_deadline_list",
        "期限清单",
        "任一数字背后的期限，按截止时刻排列；翻页以首页时刻为准。",
        _CLOCK,
        _STATE,
        _PERIOD,
        _INSURER,
        _DISTRICT,
        _TOWN,
        _AFTER,
        _LIMIT,
    )


def excuses() -> Operation:
    """GET /v1/oversight/excuses."""
    state = query("state", "open：待决定；decided：已决定。", type="string", enum=["open", "decided"])
    return _list("oversight_excuses", "免责申请", "本辖区的免责申请，先提出的在前。", state, _AFTER, _LIMIT)


def decision(schema: Part) -> Operation:
    """POST /v1/oversight/excuses/{id}/decision."""
    return _written(
        "decide_excuse", "决定一项免责申请", "仅限辖区内的监管部门；一项申请只决定一次。", schema, 200,
        in_path("id", "申请编号", format="uuid"),
    )  # fmt: skip


def outages() -> Operation:
    """GET /v1/oversight/outages."""
    return _list("oversight_outages", "网关停机记录", "停机期间的期限按整日顺延。")


def outage(schema: Part) -> Operation:
    """POST /v1/oversight/outages."""
    return _written(
        "record_outage", "登记网关停机", "仅限网关运维；受影响的期限在同一事务内顺延。", schema, 201
    )


def _written(
    name: str, summary: str, description: str, schema: Part, status: int, *parameters: Part
) -> Operation:
    body = {"required": True, "content": {"application/json": {"schema": inlined(schema)}}}
    extra: dict[str, Any] = {"requestBody": body}
    if parameters:
        extra["parameters"] = list(parameters)
    return Operation(
        name,
        summary,
        _TAG,
        description,
        status=status,
        success=as_json(_OBJECT),
        statuses=_WRITTEN,
        extra=extra,
    )


_COLLECTION = in_path("collection", "记录种类", enum=[kind.collection for kind in KINDS.values()])


def records() -> Operation:
    """GET /v1/oversight/records/{collection}."""
    return _list(
        "oversight_records",
        "记录清单",
        "数字背后的记录，新的在前；不含个人信息，无权查看企业的身份看到的企业名称被遮蔽。",
        _COLLECTION,
        _PERIOD,
        _DISTRICT,
        _TOWN,
        _INSURER,
        _SECTOR,
        _INDUSTRY,
        _SIZE,
        query("state", "记录状态代码。"),
        _AFTER,
        _LIMIT,
    )


def record() -> Operation:
    """GET /v1/oversight/records/{collection}/{id}."""
    identity = in_path("id", "记录标识（record_id）", format="uuid")
    return _list("oversight_record", "一条记录及其各版本", "每一版本注明所在的报送。", _COLLECTION, identity)
