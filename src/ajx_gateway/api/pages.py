"""HOW does a page look? Templates with one inline stylesheet, allowed by its hash; no other hosts."""

import base64
import hashlib
from datetime import date
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from ajx_gateway.api import cells, problems
from ajx_gateway.errors import NotFound
from ajx_gateway.publishing.vocabulary import SEVERITIES
from ajx_gateway.standard import CURRENT

_STYLESHEET = (files("ajx_gateway.api") / "templates" / "page.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLESHEET.encode()).digest()).decode()
_LOCKED = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'"
_PAGE_POLICY = f"default-src 'self'; style-src 'self' 'sha256-{_STYLE_HASH}'; {_LOCKED}"
# Swagger UI sets style attributes and draws its icons from data: addresses.
_DOCS_POLICY = f"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; {_LOCKED}"
_CODED = frozenset({"code", "rule", "name", "kind", "field", "version", "codes", "valid_from", "valid_to"})
_ROOMY = frozenset({"definition", "requirement", "clause", "mend", "note", "texts", "status"})


def _shown(cell: object) -> str:
    return cell.isoformat() if isinstance(cell, date) else cells.text_of(cell)


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("ajx_gateway.api"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["shown"] = _shown
    # Our own file, whose hash the policy names: escaping it would break both.
    style = Markup(_STYLESHEET)  # noqa: S704
    made.globals.update(stylesheet=style, current=CURRENT, coded=_CODED, roomy=_ROOMY, severities=SEVERITIES)
    return made


_ENVIRONMENT = _environment()


def page(template: str, *, title: str, lead: str = "", **values: object) -> HTMLResponse:
    """A rendered page under the strict policy."""
    text = _ENVIRONMENT.get_template(template).render(title=title, lead=lead, **values)
    headers = {"Content-Security-Policy": _PAGE_POLICY, "Vary": "Accept", "Cache-Control": "no-cache"}
    return HTMLResponse(text, headers=headers)


def table_page(
    *,
    title: str,
    lead: str,
    sections: list[dict[str, object]],
    downloads: list[tuple[str, str]] | None = None,
    notes: list[str] | None = None,
    choices: list[dict[str, object]] | None = None,
) -> HTMLResponse:
    """The page of one or more tables; a section has title, columns [(name, 中文)] and rows (mappings)."""
    return page(
        "table.html",
        title=title,
        lead=lead,
        sections=sections,
        files=downloads or [],
        notes=notes or [],
        choices=choices or [],
    )


async def landing(request: Request) -> Response:
    """The front door."""
    lead = "承保机构按公布的数据标准报送，监管部门读取准确、可追溯的统计。"
    return page("index.html", title="安责险数据网关", lead=lead)


async def docs(request: Request) -> Response:
    """Swagger UI, served from here and loading nothing from elsewhere."""
    text = _ENVIRONMENT.get_template("docs.html").render()
    return HTMLResponse(text, headers={"Content-Security-Policy": _DOCS_POLICY, "Cache-Control": "no-cache"})


async def problem_list(request: Request) -> Response:
    """All problems on one page."""
    rows = [
        {
            "code": {"text": each.code, "href": f"/problems/{each.code}"},
            "status": each.status,
            "title": each.title,
            "mend": each.mend,
        }
        for each in problems.explanations()
    ]
    columns = [("code", "代码"), ("status", "HTTP 状态"), ("title", "标题"), ("mend", "含义与改正")]
    return table_page(
        title="错误说明",
        lead="整个请求被拒绝时响应为 application/problem+json，type 指向下列说明；单条记录的问题见校验规则。",
        sections=[{"title": "", "columns": columns, "rows": rows}],
    )


async def problem_page(request: Request) -> Response:
    """What one problem means and how to mend it: the page that ``type`` points to."""
    code = request.path_params["code"]
    for each in problems.explanations():
        if each.code == code:
            return page("problem.html", title=each.title, problem=each)
    raise NotFound("没有这个错误代码，全部说明见 /problems。")


router = APIRouter()
for _path, _page in (
    ("/", landing),
    ("/docs", docs),
    ("/problems", problem_list),
    ("/problems/{code}", problem_page),
):
    router.add_api_route(_path, _page, methods=["GET"], include_in_schema=False, response_model=None)


class _Vendored(StaticFiles):
    """Files that change only with a release; browsers ask again with their ETag."""

    def file_response(self, *arguments: object, **options: object) -> Response:
        response = super().file_response(*arguments, **options)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response


def static() -> Mount:
    """The vendored files."""
    return Mount("/static", _Vendored(directory=Path(__file__).parent / "static"), name="static")
