"""WHO may ask here, and for which territory? Insurers never; lists not for the data consultant."""

from __future__ import annotations

from ajx_gateway.errors import Forbidden
from ajx_gateway.identity import Caller, Scope, scope_of
from ajx_gateway.standard import divisions

_TERRITORIAL = frozenset({"regulator", "adviser"})


def admitted(caller: Caller) -> Scope:
    """The caller's scope for figures; 403 for insurers, and for a territorial role without territory."""
    if caller.role == "insurer":
        raise Forbidden("承保机构不能使用监管接口；本机构的记录与期限见 /v1/<记录种类> 与 /v1/deadlines。")
    if caller.role in _TERRITORIAL and caller.territory is None:
        raise Forbidden("当前身份尚未登记辖区，请联系网关运维人员登记后再试。")
    return scope_of(caller)


def admitted_to_lists(caller: Caller) -> Scope:
    """The caller's scope for lists that name single enterprises or records."""
    scope = admitted(caller)
    if caller.role == "consultant":
        raise Forbidden("数据顾问可以查看汇总数字，不能查看企业或记录清单。")
    return scope


def admitted_to_enterprises(caller: Caller) -> Scope:
    """The caller's scope for lists that are nothing without the enterprises in them, and are ordered by their codes."""
    scope = admitted_to_lists(caller)
    if not scope.may_see_enterprises:
        raise Forbidden("网关运维不能查看企业名单。")
    return scope


def territory_words(scope: Scope) -> str:
    """The territory in words, as every answer states it."""
    if scope.territory is None:
        return "全部地区"
    return divisions.place_words(scope.territory)
