"""HOW are the doors of services, funds, hazards, agencies and samples described? One operation per door."""

from __future__ import annotations

from collections.abc import Mapping

from ajx_gateway.api.oversight_operations import (
    AFTER,
    DISTRICT,
    INDUSTRY,
    INSURER,
    LIMIT,
    OBJECT,
    PERIOD,
    SECTOR,
    SIZE,
    TAG,
    TOWN,
    a_list,
    several,
    written,
)
from ajx_gateway.oversight import funds as fund_questions
from ajx_gateway.oversight import hazards as hazard_questions
from ajx_gateway.oversight import services as service_questions
from ajx_gateway.publishing.operations import Operation, Part, as_json, in_path, query
from ajx_gateway.store import agencies as agency_rows
from ajx_gateway.store import alerts as alert_rows
from ajx_gateway.store import fund_signs as sign_rows
from ajx_gateway.store import hazards as hazard_rows
from ajx_gateway.store.aggregates import DIMENSIONS

_AS_OF = query(
    "as_of", "该时刻所知的数字（RFC 3339，带时区）；缺省为现在。", type="string", format="date-time"
)
_NARROWED = (PERIOD, DISTRICT, TOWN, INSURER, SECTOR, INDUSTRY, SIZE)
_PAGED = (AFTER, LIMIT)
_ID = in_path("id", "编号", format="uuid")


def _by(names: tuple[str, ...]) -> Part:
    return several("by", "分组维度，至多三项。", list(names))


def _one_of(name: str, description: str, values: tuple[str, ...]) -> Part:
    return query(name, description, type="string", enum=list(values))


def _told(name: str, values: Mapping[str, str]) -> Part:
    return _one_of(name, "；".join(f"{code} {title}" for code, title in values.items()) + "。", tuple(values))


def _one(name: str, summary: str, description: str) -> Operation:
    extra = {"parameters": [_ID]}
    return Operation(name, summary, TAG, description, success=as_json(OBJECT), extra=extra)


def services() -> Operation:
    """GET /v1/oversight/services."""
    return a_list(
        "oversight_services", "服务应做与已做", "按保单比较应做与已做的服务项次，逐份不互抵。",
        _by(tuple(DIMENSIONS)), _AS_OF, *_NARROWED,
    )  # fmt: skip


def service_list() -> Operation:
    """GET /v1/oversight/services/list."""
    state = _told("state", service_questions.STATES)
    return a_list(
        "oversight_service_list", "服务应做与已做清单", "任一数字背后的保单。", state, *_NARROWED, *_PAGED
    )


def hazards() -> Operation:
    """GET /v1/oversight/hazards."""
    return a_list(
        "oversight_hazards", "隐患闭环", "各环节隐患数、逾期与账龄。", _by(hazard_questions.BY), _AS_OF, *_NARROWED
    )  # fmt: skip


def hazard_list() -> Operation:
    """GET /v1/oversight/hazards/list."""
    stage = _one_of("stage", "隐患状态，或 open 未整改、overdue 逾期、undated 无期限、rectified_late 逾期整改。",
                    hazard_rows.STAGES)  # fmt: skip
    level = _one_of("level", "隐患等级。", ("general", "major"))
    return a_list(
        "oversight_hazard_list", "隐患清单", "发现日期新的在前。", stage, level, *_NARROWED, *_PAGED
    )


def alerts() -> Operation:
    """GET /v1/oversight/alerts."""
    standing = _one_of("standing", "待答复、已答复、已解除。", alert_rows.STANDINGS)
    return a_list(
        "oversight_alerts", "重大隐患拒不整改提醒", "按提交顺序；next 始终可用于以后续取，不重不漏。",
        standing, DISTRICT, TOWN, INSURER, SECTOR, INDUSTRY, SIZE, *_PAGED,
    )  # fmt: skip


def alert() -> Operation:
    """GET /v1/oversight/alerts/{id}."""
    return _one("oversight_alert", "一项提醒及其经过", "历次拒不整改与全部答复。")


def answer(schema: Part) -> Operation:
    """POST /v1/oversight/alerts/{id}/answer."""
    return written("answer_alert", "答复一项提醒", "仅限辖区内的监管部门；每次答复都保留。", schema, 201, _ID)


def funds() -> Operation:
    """GET /v1/oversight/funds."""
    basis = _one_of(
        "basis", "policy：按保单（签单日期）；ledger：按台账（记账日期）。", tuple(fund_questions.BASES)
    )
    return a_list(
        "oversight_funds", "事故预防费", "计提基数、下限、提取、欠提、支出、结余；按台账时可按用途分组。",
        _by(fund_questions.BY_LEDGER), basis, _AS_OF, *_NARROWED,
    )  # fmt: skip


def fund_policies() -> Operation:
    """GET /v1/oversight/funds/policies."""
    state = _told("state", fund_questions.STATES)
    return a_list(
        "oversight_fund_policies", "保单事故预防费清单", "任一数字背后的保单。", state, *_NARROWED, *_PAGED
    )


def fund_signs() -> Operation:
    """GET /v1/oversight/funds/signs."""
    return a_list(
        "oversight_fund_signs", "事故预防费疑点", "每项疑点的定义、笔数与金额。", _AS_OF, *_NARROWED
    )


def fund_sign() -> Operation:
    """GET /v1/oversight/funds/signs/{name}."""
    name = in_path("name", "疑点名称", enum=list(sign_rows.SIGNS))
    return a_list("oversight_fund_sign", "一项疑点的清单", "记账日期新的在前。", name, *_NARROWED, *_PAGED)


_VALID = _one_of("valid", "今天是否有效。", ("true", "false"))


def agencies() -> Operation:
    """GET /v1/oversight/agencies."""
    return a_list("oversight_agencies", "技术服务机构登记", "本辖区及上级、下级地区的登记。", _VALID, *_PAGED)


def agency() -> Operation:
    """GET /v1/oversight/agencies/{id}."""
    return _one("oversight_agency", "一家机构的登记历史", "新的版本在前。")


def register_agency(schema: Part) -> Operation:
    """POST /v1/oversight/agencies."""
    return written(
        "register_agency", "登记或变更技术服务机构", "仅限监管部门；同一机构再次登记即为变更。", schema, 201
    )


def unregistered() -> Operation:
    """GET /v1/oversight/agencies/unregistered."""
    reason = _one_of("reason", "未登记、不在有效期内、已暂停或撤销。", agency_rows.REASONS)
    return a_list(
        "oversight_unregistered", "无有效登记的服务", "由未登记或资格失效的机构提供的服务。",
        reason, *_NARROWED, *_PAGED,
    )  # fmt: skip


def experts() -> Operation:
    """GET /v1/oversight/experts."""
    return a_list("oversight_experts", "专家登记", "只有登记编号与资格，没有姓名。", _VALID, *_PAGED)


def expert() -> Operation:
    """GET /v1/oversight/experts/{id}."""
    return _one("oversight_expert", "一名专家的登记历史", "新的版本在前。")


def register_expert(schema: Part) -> Operation:
    """POST /v1/oversight/experts."""
    return written("register_expert", "登记或变更专家", "仅限监管部门；只用登记编号。", schema, 201)


def samples() -> Operation:
    """GET /v1/oversight/samples."""
    return a_list("oversight_samples", "抽样", "新的在前，附已检查的比例。", *_PAGED)


def sample() -> Operation:
    """GET /v1/oversight/samples/{id}."""
    whole = _one_of("population", "true：列出总体，而不只是抽中的。", ("true", "false"))
    return a_list(
        "oversight_sample", "一次抽样的名单", "按企业代码排列，注明是否已检查。", _ID, whole, *_PAGED
    )


def draw(schema: Part) -> Operation:
    """POST /v1/oversight/samples."""
    return written(
        "draw_sample", "抽样", "按承保机构和镇街分层，凭种子可以重抽；比例不低于本地区规定。", schema, 201
    )


def check() -> Operation:
    """GET /v1/oversight/samples/{id}/check."""
    return _one("check_sample", "重抽核对", "用所存总体、比例和种子重抽，与所存名单比较。")


def inspections() -> Operation:
    """GET /v1/oversight/inspections."""
    of_sample = query("sample", "抽样编号。", type="string", format="uuid")
    return a_list(
        "oversight_inspections", "检查结果", "检查日期新的在前。", of_sample, PERIOD, INSURER, DISTRICT, TOWN, *_PAGED
    )  # fmt: skip


def inspect(schema: Part) -> Operation:
    """POST /v1/oversight/inspections."""
    return written(
        "record_inspection", "登记检查结果", "仅限监管部门和保险顾问机构；发现的问题同时立案。", schema, 201
    )


def subsidies() -> Operation:
    """GET /v1/oversight/subsidies."""
    return a_list(
        "oversight_subsidies", "财政补贴表", "缺省按区县；补贴、比例、超过上限的、市级应配套。",
        _by(tuple(DIMENSIONS)), _AS_OF, *_NARROWED,
    )  # fmt: skip


def subsidy_list() -> Operation:
    """GET /v1/oversight/subsidies/list."""
    state = _one_of("state", "all 全部；above_cap 超过上限的，附理由。", ("all", "above_cap"))
    return a_list("oversight_subsidy_list", "补贴清单", "享受补贴的保单。", state, *_NARROWED, *_PAGED)
