"""HOW are the doors of the evaluation described? One operation per door, for the OpenAPI document."""

from __future__ import annotations

from ajx_gateway.api.oversight_operations import AFTER, LIMIT, a_list, written
from ajx_gateway.jurisdictions.schemes import shipped
from ajx_gateway.publishing.operations import Operation, Part, in_path, query

_JURISDICTION = in_path("jurisdiction", "地区，6位代码。", pattern="^[1-9][0-9]{5}$")
_PERIOD = in_path("period", "评价周期：2024 或 2024H1。", pattern="^[0-9]{4}(H[12])?$")
_INSURER = in_path("insurer", "承保机构统一社会信用代码。", pattern="^[0-9A-Z]{18}$")
_ITEM = in_path("item", "项。", pattern="^[1-9][0-9]?$")
_EDITION = query("edition", "版次；缺省为最新一版。", type="integer", minimum=1)
_AS_OF = query(
    "as_of", "按该时刻所知的记录预览（RFC 3339，带时区）；缺省为已发布的评价，未发布时为现在。",
    type="string", format="date-time",
)  # fmt: skip
_PART = query(
    "part", "比例的组成：spent 支出、accrued 提取、agreed 保单约定的服务费；评价：rated。",
    type="string", enum=["spent", "accrued", "agreed", "rated"],
)  # fmt: skip


def _scheme() -> Part:
    return query("scheme", "评价办法的编号；缺省为本地区的办法。", type="string", enum=list(shipped()))


def overview() -> Operation:
    """GET /v1/oversight/evaluations/{jurisdiction}/{period}."""
    return a_list(
        "oversight_evaluation",
        "法定评价",
        "每家承保机构的得分、等次与各项扣分。已发布的按发布时的内容答复，永不改变；未发布的按记录即时推算（预览）。",
        _JURISDICTION,
        _PERIOD,
        _scheme(),
        _AS_OF,
        _EDITION,
    )


def card() -> Operation:
    """GET /v1/oversight/evaluations/{jurisdiction}/{period}/{insurer}."""
    return a_list(
        "oversight_scorecard",
        "一家承保机构的评分",
        "每项扣分连同所依据的记录、版本与条款（每项至多100条，全部见该项清单）。",
        _JURISDICTION,
        _PERIOD,
        _INSURER,
        _scheme(),
        _AS_OF,
        _EDITION,
    )


def items() -> Operation:
    """GET /v1/oversight/evaluations/{jurisdiction}/{period}/{insurer}/items/{item}."""
    return a_list(
        "oversight_scorecard_item",
        "一项扣分所依据的记录",
        "逐条列出，翻页以首页的时刻和版次为准。",
        _JURISDICTION,
        _PERIOD,
        _INSURER,
        _ITEM,
        _PART,
        _scheme(),
        _AS_OF,
        _EDITION,
        AFTER,
        LIMIT,
    )


def publication(schema: Part) -> Operation:
    """POST /v1/oversight/evaluations/{jurisdiction}/{period}/publication."""
    return written(
        "publish_evaluation",
        "发布评价",
        "仅限该地区的监管部门。要求两人的地区，首次提出后（state 为 awaiting_second）由另一身份复核发布（published）。"
        "发布后不再改变，重复发布答复409。",
        schema,
        200,
        _JURISDICTION,
        _PERIOD,
    )


def check() -> Operation:
    """GET /v1/oversight/evaluations/{jurisdiction}/{period}/publication/check."""
    return a_list(
        "check_evaluation",
        "核对已发布的评价",
        "按发布时的时刻与办法从记录重新推算各版评分，逐项比较；列出不同之处。",
        _JURISDICTION,
        _PERIOD,
        _scheme(),
    )


def what_if(schema: Part) -> Operation:
    """POST /v1/oversight/evaluations/{jurisdiction}/{period}/what-if."""
    return written(
        "suppose_evaluation",
        "按另一办法试算",
        "同样的记录，按另一办法或草案（TOML）评分，与本地区办法的得分并列；不保存。草案有误时逐项说明。",
        schema,
        200,
        _JURISDICTION,
        _PERIOD,
    )


def appeals() -> Operation:
    """GET /v1/oversight/appeals."""
    state = query("state", "open：待决定；decided：已决定。", type="string", enum=["open", "decided"])
    return a_list("oversight_appeals", "申诉", "承保机构对评分的申诉，先提出的在前。", state, AFTER, LIMIT)


def ruling(schema: Part) -> Operation:
    """POST /v1/oversight/appeals/{id}/decision."""
    return written(
        "decide_appeal",
        "决定一项申诉",
        "仅限该地区的监管部门，一项申诉只决定一次。成立的，撤销所列扣分，或按现有记录重评该项，产生新一版评分，旧版仍可查。",
        schema,
        200,
        in_path("id", "申诉编号", format="uuid"),
    )


def own_list() -> Operation:
    """GET /v1/evaluations."""
    return _for_insurers(a_list("own_evaluations", "本机构的评价", "已发布的各期评分，最新一版。"))


def own_card() -> Operation:
    """GET /v1/evaluations/{jurisdiction}/{period}."""
    text = "一期评分，每项扣分连同所依据的记录。"
    shown = a_list("own_scorecard", "本机构的一期评分", text, _JURISDICTION, _PERIOD, _scheme(), _EDITION)
    return _for_insurers(shown)


def own_items() -> Operation:
    """GET /v1/evaluations/{jurisdiction}/{period}/items/{item}."""
    return _for_insurers(
        a_list(
            "own_scorecard_item",
            "本机构一项扣分所依据的记录",
            "逐条列出；unit 即申诉时所填的编号。",
            _JURISDICTION,
            _PERIOD,
            _ITEM,
            _PART,
            _scheme(),
            _EDITION,
            AFTER,
            LIMIT,
        )
    )


def appeal(schema: Part) -> Operation:
    """POST /v1/evaluations/{jurisdiction}/{period}/items/{item}/appeal."""
    return _for_insurers(
        written(
            "appeal_item",
            "对一项评分申诉",
            "列出有异议的记录（units），或不列、对整项申诉；一项同时只有一件待决定的申诉。",
            schema,
            201,
            _JURISDICTION,
            _PERIOD,
            _ITEM,
        )
    )


def _for_insurers(described: Operation) -> Operation:
    return Operation(
        described.id,
        described.summary,
        "期限与事件",
        described.description,
        described.status,
        described.success,
        described.statuses,
        described.extra,
    )
