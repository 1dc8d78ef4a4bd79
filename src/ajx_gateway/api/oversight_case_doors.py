"""HOW are the doors of findings and complaints described? Operations, and the columns of their sheets."""

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
    written,
)
from ajx_gateway.publishing.operations import Operation, Part, header, in_path, query
from ajx_gateway.store import complaints as kept
from ajx_gateway.store.cases import CATEGORIES, ORIGINS, STATES

FINDING_FILTERS = ("category", "state", "origin", "period", "insurer", "district", "town")
COMPLAINT_FILTERS = ("kind", "state", "litigation", "period", "insurer", "district", "town")
FINDING_COLUMNS: tuple[tuple[str, str], ...] = (
    ("case_id", "问题编号"),
    ("insurer", "承保机构"),
    ("place", "地区"),
    ("division", "地区代码"),
    ("category", "类别代码"),
    ("category_title", "类别"),
    ("origin_title", "来源"),
    ("title", "问题"),
    ("detail", "说明"),
    ("subject_kind", "对象类别"),
    ("subject_key", "对象编号"),
    ("rule", "规则"),
    ("pointer", "位置"),
    ("clause", "依据"),
    ("happened_on", "发生日期"),
    ("raised_at", "提出时刻"),
    ("raised_by", "提出人"),
    ("state", "状态代码"),
    ("state_title", "状态"),
    ("corrected_in", "待复核期间更正的版本"),
    ("reply", "机构答复"),
    ("replied_at", "答复时刻"),
    ("decision", "决定"),
    ("decision_reason", "决定理由"),
    ("decided_at", "决定时刻"),
    ("decided_by", "决定人"),
    ("confirmed_by", "复核人"),
)
COMPLAINT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("complaint_id", "投诉编号"),
    ("insurer", "承保机构"),
    ("place", "地区"),
    ("division", "地区代码"),
    ("kind_title", "类别"),
    ("channel_title", "渠道"),
    ("litigation", "是否涉诉"),
    ("text", "内容"),
    ("received_on", "收到日期"),
    ("due", "截止时刻（不含）"),
    ("state", "状态代码"),
    ("state_title", "状态"),
    ("checking_from", "告知核查日期"),
    ("extended_days", "延长日数"),
    ("answered_on", "答复日期"),
    ("attributed", "是否属机构责任"),
    ("closed_on", "办结日期"),
    ("case_id", "问题编号"),
)
CREDIT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("clock_id", "期限编号"),
    ("insurer", "承保机构"),
    ("division", "地区代码"),
    ("clock_title", "期限"),
    ("subject_kind", "对象类别"),
    ("subject_key", "对象编号"),
    ("due_before", "原截止时刻（不含）"),
    ("due_after", "顺延后截止时刻（不含）"),
    ("state_before", "登记前状态"),
    ("state_after", "登记后状态"),
    ("credited_at", "登记时刻"),
)
TRAIL_COLUMNS: tuple[tuple[str, str], ...] = (
    ("seq", "序号"),
    ("step", "步骤代码"),
    ("step_title", "步骤"),
    ("at", "时刻"),
    ("by", "办理人"),
    ("words", "内容"),
)
_FINDING = in_path("id", "问题编号", format="uuid")
_COMPLAINT = in_path("id", "投诉编号", format="uuid")
_KEY = header("Idempotency-Key", "同一值再次提交视为同一项，不会重复登记。", minLength=1, maxLength=128)


def findings() -> Operation:
    """GET /v1/oversight/findings."""
    return a_list(
        "oversight_findings",
        "问题清单",
        "规则发现、监管部门与保险顾问提出、抽查与投诉形成的问题，新的在前；翻页以首页时刻的状态为准。",
        query("category", "类别。", type="string", enum=list(CATEGORIES)),
        several("state", "状态。", list(STATES)),
        query("origin", "来源。", type="string", enum=list(ORIGINS)),
        PERIOD,
        INSURER,
        DISTRICT,
        TOWN,
        AFTER,
        LIMIT,
    )


def finding() -> Operation:
    """GET /v1/oversight/findings/{id}."""
    return a_list(
        "oversight_finding", "一项问题及其全部过程", "过程只增不改；待复核的意见一并列出。", _FINDING
    )


def new_finding(schema: Part) -> Operation:
    """POST /v1/oversight/findings."""
    return written(
        "raise_finding",
        "提出一项问题",
        "仅限辖区内的监管部门和保险顾问；承保机构随即在事件中得到通知，可以答复。",
        schema,
        201,
        _KEY,
    )


def decision(schema: Part) -> Operation:
    """POST /v1/oversight/findings/{id}/decision."""
    return written(
        "decide_finding",
        "决定一项问题是否成立",
        "影响评分而当地要求两人决定的，第一人的意见待另一身份以相同意见复核后生效；意见不一致的退回。",
        schema,
        200,
        _FINDING,
    )


def credits_of() -> Operation:
    """GET /v1/oversight/outages/{id}/credits."""
    return a_list(
        "oversight_outage_credits",
        "停机顺延清单",
        "登记停机时自动顺延的期限，含登记时刻前后的截止时刻与状态。",
        in_path("id", "停机编号", format="uuid"),
        AFTER,
        LIMIT,
    )


def complaints() -> Operation:
    """GET /v1/oversight/complaints."""
    return a_list(
        "oversight_complaints",
        "投诉清单",
        "投诉与涉诉，后收到的在前；办理期限按工作日计算，状态在查询时推定。",
        query("kind", "类别。", type="string", enum=list(kept.KINDS)),
        several("state", "期限状态。", ["pending", "due_soon", "met", "overdue", "met_late", "undetermined"]),
        query("litigation", "是否涉诉。", type="string", enum=["true", "false"]),
        PERIOD,
        INSURER,
        DISTRICT,
        TOWN,
        AFTER,
        LIMIT,
    )


def complaint() -> Operation:
    """GET /v1/oversight/complaints/{id}."""
    return a_list("oversight_complaint", "一项投诉及其全部过程", "含各期限的截止时刻与依据。", _COMPLAINT)


def new_complaint(schema: Part) -> Operation:
    """POST /v1/oversight/complaints."""
    return written(
        "enter_complaint",
        "登记一项投诉",
        "仅限辖区内的监管部门和保险顾问；内容不得含有个人信息。",
        schema,
        201,
        _KEY,
    )


def step(schema: Part) -> Operation:
    """POST /v1/oversight/complaints/{id}/steps."""
    return written(
        "step_complaint",
        "办理一项投诉",
        "告知核查、延长（说明理由）、答复、责任认定、办结；认定属承保机构责任的，形成一项待决定的问题。",
        schema,
        200,
        _COMPLAINT,
    )
