"""HOW are the doors of the roster and of coverage described? One operation per door, for the OpenAPI document."""

from __future__ import annotations

from ajx_gateway.api.oversight_operations import (
    AFTER,
    DISTRICT,
    LIMIT,
    OBJECT,
    SECTOR,
    TAG,
    TOWN,
    a_list,
    a_sheet,
    several,
    written,
)
from ajx_gateway.api.tables import MEDIA
from ajx_gateway.oversight.coverage_figures import BY
from ajx_gateway.oversight.coverage_lists import PATHS
from ajx_gateway.publishing.operations import Operation, Part, in_path, query

_ON = query("on", "统计日，缺省为今天（as_of 的当天）。", type="string", format="date")
_AS_OF = query(
    "as_of", "该时刻所知的数字（RFC 3339，带时区）；缺省为现在。", type="string", format="date-time"
)
_USCC = in_path("uscc", "统一社会信用代码", pattern="^[0-9A-Z]{18}$")
_SHEET: Part = {"schema": {"type": "string", "contentMediaType": MEDIA["xlsx"]}}


def _switch(name: str, description: str) -> Part:
    return query(name, description, type="string", enum=["true", "false"])


def filing() -> Operation:
    """POST /v1/oversight/roster."""
    answers: Part = {"content": {"application/json": {"schema": OBJECT}, MEDIA["xlsx"]: _SHEET}}
    accepted: Part = {
        "content": {"text/csv": {"schema": {"type": "string"}}, MEDIA["xlsx"]: _SHEET},
        "required": True,
    }
    parameters = [
        _switch("replace", "true：同一来源中文件不再列出的单位自今日起移出名录。"),
        _switch("partial", "true：有错误时仍存入无误的行；缺省为全部存入或全部不存。"),
        _switch("dry_run", "true：只检查和试算，不写入。"),
    ]
    return Operation(
        "file_roster",
        "提交应保名录",
        TAG,
        "XLSX 或 CSV 原文件作为请求正文，按单位与来源逐行更新；逐行的全部错误一次给出，"
        "Accept 为 XLSX 时返回附错误说明列的原表。有错误而未存入时为 422，答复形状相同。",
        success=answers,
        statuses=(400, 401, 403, 413, 415, 422, 429, 503),
        extra={"parameters": parameters, "requestBody": accepted},
    )


def template() -> Operation:
    """GET /v1/oversight/roster/template."""
    return a_sheet("roster_template", "应保名录模板", "空白模板，各列的填法见说明行。")


def roster() -> Operation:
    """GET /v1/oversight/roster."""
    on = query("on", "只列这一天有效的单位，缺省为今天；all：全部。")
    source = query("source", "名单来源，完全一致。")
    return a_list(
        "oversight_roster", "应保名录", "本辖区名录，按单位代码排列；翻页以首页时刻为准。", on, DISTRICT, TOWN,
        SECTOR, source, AFTER, LIMIT,
    )  # fmt: skip


def history() -> Operation:
    """GET /v1/oversight/roster/{uscc}."""
    return a_list(
        "oversight_roster_history",
        "一家单位的名录历史",
        "各来源的每一次变更、提交人与文件摘要，以及上级单位保单佐证。",
        _USCC,
    )


def accepting(schema: Part) -> Operation:
    """POST /v1/oversight/roster/{uscc}/evidence."""
    return written(
        "accept_evidence", "认可上级单位保单佐证", "仅限辖区内的监管部门；认可后该单位计为已保并注明。", schema,
        201, _USCC,
    )  # fmt: skip


def withdrawing(schema: Part) -> Operation:
    """POST /v1/oversight/roster/{uscc}/evidence/{id}/withdrawal."""
    return written(
        "withdraw_evidence", "撤回佐证", "撤回后自即时起不再计入任何统计日；此前时刻的数字不变。", schema, 200,
        _USCC, in_path("id", "佐证编号", format="uuid"),
    )  # fmt: skip


def coverage() -> Operation:
    """GET /v1/oversight/coverage."""
    return a_list(
        "oversight_coverage",
        "应保尽保",
        "名录中的单位在统计日的投保覆盖率：合计、高危与重点行业、各级目标，以及至多两个维度的分组；企业去重。",
        several("by", "分组维度，至多两项。", list(BY)),
        _ON,
        _AS_OF,
        DISTRICT,
        TOWN,
        SECTOR,
    )


def coverage_list() -> Operation:
    """GET /v1/oversight/coverage/{list}."""
    days = query("days", "即将到期清单的天数，缺省见地方规定。", type="integer", minimum=1, maximum=366)
    return a_list(
        "oversight_coverage_list",
        "应保尽保清单",
        "never-insured 应保未保，lapsed 脱保，expiring 即将到期，understaffed 未全员投保。",
        in_path("list", "清单名称", enum=list(PATHS)),
        _ON,
        _AS_OF,
        DISTRICT,
        TOWN,
        SECTOR,
        days,
        AFTER,
        LIMIT,
    )
