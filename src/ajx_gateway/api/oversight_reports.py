"""WHICH reports go out? The doors that make reports, list them, lay them out as files and derive them again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, get_args

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import oversight_parts as parts
from ajx_gateway.api import oversight_tables as sheets
from ajx_gateway.api.callers import AnyCaller
from ajx_gateway.api.context import gateway_of, now_of
from ajx_gateway.api.envelope import only
from ajx_gateway.api.oversight_operations import AFTER, LIMIT, OBJECT, TAG, a_list, written
from ajx_gateway.api.tables import Table
from ajx_gateway.aside import at_press
from ajx_gateway.errors import Unprocessable
from ajx_gateway.oversight import reports
from ajx_gateway.oversight.report_kinds import RECIPES
from ajx_gateway.oversight.reports import FileForm
from ajx_gateway.publishing.operations import Operation, Part, as_json, in_path, query
from ajx_gateway.store.database import Store

router = APIRouter()

_ABSENT = "没有这份报告，或它不在本辖区。"
MEDIA: dict[FileForm, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TITLES: dict[FileForm, str] = {"docx": "Word 文件", "pdf": "PDF 文件", "xlsx": "Excel 文件"}
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("report_id", "报告编号"),
    ("kind_title", "种类"),
    ("title", "标题"),
    ("territory", "地区代码"),
    ("insurer", "承保机构"),
    ("period", "期间"),
    ("edition", "版次"),
    ("as_of", "数据时点"),
    ("code", "校验码"),
    ("digest", "校验码（SHA-256）"),
    ("made_by", "编制身份"),
    ("made_at", "编制时刻"),
)
_DIFFERENCES: tuple[tuple[str, str], ...] = (
    ("what", "类别"),
    ("section", "部分"),
    ("table", "表"),
    ("row", "行"),
    ("column", "栏"),
    ("then", "报告所载"),
    ("now", "重新推算"),
)


class Making(BaseModel):
    """About which insurer (its service report only), and as of when (the latest settled instant by default)."""

    model_config = ConfigDict(extra="forbid", strict=True)
    insurer: Annotated[str, Field(pattern="^[0-9A-Z]{18}$")] | None = None
    as_of: AwareDatetime | None = None


async def _make(request: Request, caller: AnyCaller) -> Response:
    gateway = gateway_of(request)
    bare = request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
    if bare:
        only(request, ())
    wanted = Making() if bare else await parts.body_of(request, Making)
    made = await reports.make(
        gateway.desk.store,
        gateway.desk.calendar,
        caller,
        str(request.path_params["kind"]),
        str(request.path_params["period"]),
        insurer=wanted.insurer,
        as_of=wanted.as_of,
        now=now_of(request),
    )
    response = parts.as_json(made, 201)
    response.headers["Location"] = made["links"]["figures"]
    return response


async def _list(request: Request, caller: AnyCaller) -> Response:
    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        return await reports.report_list(store, caller, given, now=now)

    return await parts.listed(
        request, ("kind", "period", *parts.PAGED), "reports",
        lambda a: sheets.items(a, _COLUMNS, "已编制的报告", "每份报告冻结其数据时点的数字，另编即为新版"), page,
    )  # fmt: skip


async def _report(request: Request, caller: AnyCaller) -> Response:
    parts.given(request)
    desk = gateway_of(request).desk
    identity = parts.identity_of(request, _ABSENT)
    return parts.as_json(await reports.report(desk.store, desk.calendar, caller, identity))


async def _file(request: Request, caller: AnyCaller) -> Response:
    parts.given(request)
    gateway, form = gateway_of(request), _form_of(request)
    told, seal = await reports.layout(gateway.desk.store, caller, parts.identity_of(request, _ABSENT))
    body = await at_press(reports.laid_out, told, seal, form, gateway.press)
    name = f'attachment; filename="{seal.kind}-{seal.period}-{seal.edition}.{form}"'
    return Response(body, media_type=MEDIA[form], headers={"Content-Disposition": name})


def _form_of(request: Request) -> FileForm:
    return next(form for form in get_args(FileForm) if request.url.path.endswith(f".{form}"))


async def _check(request: Request, caller: AnyCaller) -> Response:
    calendar, identity = gateway_of(request).desk.calendar, parts.identity_of(request, _ABSENT)

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        stated = given.get("digest") or None
        if stated is not None and (len(stated) != 64 or set(stated) - set("0123456789abcdef")):
            raise Unprocessable("digest 应为文件属性中的 64 位 SHA-256（小写十六进制）。", parameter="digest")
        return await reports.check(store, calendar, caller, identity, file_digest=stated, now=now)

    return await parts.listed(request, ("digest",), "report-check", _differences, page)


def _differences(found: dict[str, Any]) -> Table:
    told = (("同一时点不同", found["differences"]), ("此后重述", found["restatements"]))
    rows = [[what, *(each[name] for name, _ in _DIFFERENCES[1:])] for what, listed in told for each in listed]
    return Table(f"{found['title']}核对", found["verdict"], found["checked_at"], "处", _DIFFERENCES, rows)


_ID = in_path("id", "报告编号", format="uuid")
_KIND = query("kind", "报告种类。", type="string", enum=list(RECIPES))


def _made() -> Operation:
    return written(
        "make_report",
        "编制报告",
        "按数据时点冻结全部数字，存为新的一版；文件由链接下载。数据时点缺省为五分钟前（此前受理的报送均已入库）。",
        Making.model_json_schema(),
        201,
        in_path("kind", "报告种类", enum=list(RECIPES)),
        in_path("period", "期间：2023-12、2023Q4、2023H2 或 2023，随种类而定"),
    )


def _one() -> Operation:
    return Operation(
        "oversight_report",
        "一份报告",
        TAG,
        "冻结的数字（含定义、单位、合计）、校验码、版次与法定期限。",
        success=as_json(OBJECT),
        extra={"parameters": [_ID]},
    )


def _as_file(form: FileForm) -> Operation:
    binary: Part = {"type": "string", "contentMediaType": MEDIA[form]}
    return Operation(
        f"oversight_report_{form}",
        f"一份报告的{_TITLES[form]}",
        TAG,
        "由冻结的数字排版；文件属性与页脚载明报告编号、数据时点和校验码。",
        success=as_json(binary, MEDIA[form]),
        extra={"parameters": [_ID]},
    )


router.add_api_route("/v1/oversight/reports/{kind}/{period}", _make, methods=["POST"], **_made().routing())
parts.add_lists(
    router,
    (
        (
            "/v1/oversight/reports",
            _list,
            a_list(
                "oversight_reports", "报告清单", "本辖区已编制的报告，新的在前。", _KIND,
                query("period", "期间。"), AFTER, LIMIT,
            ),
        ),
        (
            "/v1/oversight/reports/{id}/check",
            _check,
            a_list(
                "check_report",
                "核对报告",
                "按同一数据时点重新推算并逐字节比较，另列此后的重述（当时、现在）。",
                _ID,
                query("digest", "文件属性中的 SHA-256。", type="string", pattern="^[0-9a-f]{64}$"),
            ),
        ),
    ),
)  # fmt: skip
for _each in get_args(FileForm):
    router.add_api_route(
        f"/v1/oversight/reports/{{id}}.{_each}", _file, methods=["GET"], **_as_file(_each).routing()
    )
router.add_api_route("/v1/oversight/reports/{id}", _report, methods=["GET"], **_one().routing())
