"""HOW are the regulators' doors described? One operation per door, for the OpenAPI document."""

from __future__ import annotations

from ajx_gateway.api.oversight_operations import (
    AFTER,
    DISTRICT,
    INDUSTRY,
    INSURER,
    LIMIT,
    PERIOD,
    SECTOR,
    SIZE,
    TOWN,
    a_list,
    several,
    written,
)
from ajx_gateway.deadlines import State
from ajx_gateway.publishing.operations import Operation, Part, in_path, query
from ajx_gateway.standard import KINDS
from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.clock_lists import BY
from ajx_gateway.store.measures import PUBLIC

_AS_OF = query(
    "as_of", "该时刻所知的数字（RFC 3339，带时区）；缺省为现在。", type="string", format="date-time"
)


def aggregates() -> Operation:
    """GET /v1/oversight/aggregates."""
    return a_list(
        "oversight_aggregates",
        "统计数据",
        "按任意至多三个维度分组；合计单独计算，不重复计数。数字与当时的记录逐条重算一致。",
        several("measures", "指标。", [measure.name for measure in PUBLIC]),
        several("by", "分组维度，至多三项。", list(DIMENSIONS)),
        PERIOD,
        query("compare", "yoy：与上年同期比较。", type="string", enum=["yoy"]),
        _AS_OF,
        DISTRICT,
        TOWN,
        INSURER,
        SECTOR,
        INDUSTRY,
        SIZE,
    )


_CLOCK = query("clock", "期限名称，如 policy_upload。")
_STATE = query("state", "状态。", type="string", enum=[state.value for state in State])


def deadlines() -> Operation:
    """GET /v1/oversight/deadlines."""
    return a_list(
        "oversight_deadlines",
        "期限执行情况",
        "各状态的期限数、按期率与天数分位；by 含 clock 时附本地区当年各单位应报送的报告。",
        several("by", "分组维度。", list(BY)),
        _CLOCK,
        _STATE,
        PERIOD,
        _AS_OF,
        INSURER,
        DISTRICT,
        TOWN,
    )


def deadline_list() -> Operation:
    """GET /v1/oversight/deadlines/list."""
    return a_list(
        "oversight_deadline_list",
        "期限清单",
        "任一数字背后的期限，按截止时刻排列；翻页以首页时刻为准。",
        _CLOCK,
        _STATE,
        PERIOD,
        INSURER,
        DISTRICT,
        TOWN,
        AFTER,
        LIMIT,
    )


def excuses() -> Operation:
    """GET /v1/oversight/excuses."""
    state = query("state", "open：待决定；decided：已决定。", type="string", enum=["open", "decided"])
    return a_list("oversight_excuses", "免责申请", "本辖区的免责申请，先提出的在前。", state, AFTER, LIMIT)


def decision(schema: Part) -> Operation:
    """POST /v1/oversight/excuses/{id}/decision."""
    return written(
        "decide_excuse", "决定一项免责申请", "仅限辖区内的监管部门；一项申请只决定一次。", schema, 200,
        in_path("id", "申请编号", format="uuid"),
    )  # fmt: skip


def outages() -> Operation:
    """GET /v1/oversight/outages."""
    return a_list("oversight_outages", "网关停机记录", "停机期间的期限按整日顺延。")


def outage(schema: Part) -> Operation:
    """POST /v1/oversight/outages."""
    return written(
        "record_outage", "登记网关停机", "仅限网关运维；受影响的期限在同一事务内顺延。", schema, 201
    )


_COLLECTION = in_path("collection", "记录种类", enum=[kind.collection for kind in KINDS.values()])


def records() -> Operation:
    """GET /v1/oversight/records/{collection}."""
    return a_list(
        "oversight_records",
        "记录清单",
        "数字背后的记录，新的在前；不含个人信息，无权查看企业的身份看到的企业名称被遮蔽。",
        _COLLECTION,
        PERIOD,
        DISTRICT,
        TOWN,
        INSURER,
        SECTOR,
        INDUSTRY,
        SIZE,
        query("state", "记录状态代码。"),
        AFTER,
        LIMIT,
    )


def record() -> Operation:
    """GET /v1/oversight/records/{collection}/{id}."""
    identity = in_path("id", "记录标识（record_id）", format="uuid")
    return a_list("oversight_record", "一条记录及其各版本", "每一版本注明所在的报送。", _COLLECTION, identity)
