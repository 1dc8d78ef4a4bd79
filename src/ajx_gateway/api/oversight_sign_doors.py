"""HOW are the doors of timeliness and signs described? One operation per door, for the OpenAPI document."""

from __future__ import annotations

from ajx_gateway.api.oversight_operations import (
    AFTER,
    DISTRICT,
    INSURER,
    LIMIT,
    PERIOD,
    TOWN,
    a_list,
    several,
)
from ajx_gateway.deadlines import State
from ajx_gateway.publishing.operations import Operation, Part, in_path, query
from ajx_gateway.store import churn as churned
from ajx_gateway.store import signs as signed
from ajx_gateway.store.clock_lists import BY
from ajx_gateway.store.sign_book import SIGNS

_PLACED = (PERIOD, INSURER, DISTRICT, TOWN)
_NAME = in_path("name", "迹象名称", enum=list(SIGNS))


def _count(name: str, description: str) -> Part:
    return query(name, description, type="string", pattern="^[0-9]{1,5}$")


_NUMBERS = (
    _count("days", "日数；缺省取本地区参数。"),
    _count("window", "月末日数；缺省取本地区参数。"),
    _count("least", "最少笔数；缺省取本地区参数。"),
    query("factor", "倍数；缺省取本地区参数。", type="string", pattern=r"^[0-9]{1,5}(\.[0-9]{1,2})?$"),
)


def timeliness() -> Operation:
    """GET /v1/oversight/timeliness."""
    return a_list(
        "oversight_timeliness",
        "及时性",
        "各状态的期限数、按期率、天数分位（p50、p75、p90、p95、最大）、逾期账龄；by 含一个时间维度时附较上一期的变化。"
        "期间为整月时由预先计数得出，与逐条计算一致。",
        several("by", "分组维度，至多三项。", list(BY)),
        query("clock", "期限名称，如 policy_upload。"),
        query("state", "状态。", type="string", enum=[state.value for state in State]),
        query("ageing", "逾期账龄分段的天数，如 7,30,90；缺省取本地区参数。"),
        *_PLACED,
    )


def churn() -> Operation:
    """GET /v1/oversight/churn."""
    return a_list(
        "oversight_churn",
        "更正频次",
        "每条记录平均报送几次，按种类、机构、地区、月份；period 缺省为本年。",
        several("by", "分组维度，缺省 kind,insurer。", list(churned.BY)),
        *_PLACED,
    )


def signs() -> Operation:
    """GET /v1/oversight/signs."""
    return a_list(
        "oversight_signs",
        "异常迹象",
        "各机构的全部迹象及其定义；迹象只提示核查方向，不构成认定。period 缺省为本年。",
        *_PLACED,
    )


def sign() -> Operation:
    """GET /v1/oversight/signs/{name}."""
    return a_list(
        "oversight_sign",
        "一种异常迹象",
        "按维度分组的笔数、基数与占比；阈值可用参数另定。",
        _NAME,
        several("by", "分组维度，缺省 insurer。", list(signed.BY)),
        *_PLACED,
        *_NUMBERS,
    )


def sign_list() -> Operation:
    """GET /v1/oversight/signs/{name}/list."""
    return a_list(
        "oversight_sign_list",
        "迹象清单",
        "任一数字背后的记录，新的在前。",
        _NAME,
        *_PLACED,
        *_NUMBERS,
        AFTER,
        LIMIT,
    )
