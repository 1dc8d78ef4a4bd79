"""HOW is the standard published? Versions, schemas, dictionary and code lists; no credentials."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import tables
from ajx_gateway.api.envelope import only
from ajx_gateway.api.lists import FORMS, as_json, day_of, downloads_of, list_response
from ajx_gateway.api.pages import table_page
from ajx_gateway.errors import NotFound
from ajx_gateway.publishing import catalogue, dictionary, headings, operations, schemas
from ajx_gateway.rendering.words import offered
from ajx_gateway.standard import CURRENT, KINDS, kinds_at

router = APIRouter()


async def versions(request: Request) -> Response:
    """The versions of the standard and the kinds of records in each."""
    only(request, ())
    form, found = tables.form_of(request, offered=FORMS), catalogue.versions(day_of(request))
    if form == "json":
        return as_json({"versions": found, "current": CURRENT, "rules": catalogue.ruleset()})
    if form != "html":
        table = tables.from_items(
            found,
            headings.VERSION,
            title="数据标准版本",
            definition="各版本的状态与日期。",
            as_of=day_of(request),
        )
        return tables.table_response(table, form, "standard-versions")
    kinds = [
        {
            "title": kind.title,
            "kind": kind.name,
            "name": f"/v1/{kind.collection}",
            "code": kind.key,
            "schema": {"text": "JSON Schema", "href": f"/standard/{CURRENT}/schemas/{kind.name}.json"},
        }
        for kind in kinds_at(CURRENT).values()
    ]
    return table_page(
        title="数据标准",
        lead=f"现行版本 {CURRENT}；规则集 {catalogue.ruleset()}。",
        sections=[
            {"title": "版本", "columns": headings.VERSION, "rows": found},
            {"title": f"{CURRENT} 的记录类别", "columns": headings.KIND, "rows": kinds},
        ],
        downloads=downloads_of(request),
    )


async def schema(request: Request) -> Response:
    """One kind's JSON Schema, the whole truth about its shape."""
    only(request, ())
    version, kind = catalogue.known_version(request.path_params["version"]), request.path_params["kind"]
    if kind not in kinds_at(version):
        kinds = {name: known.title for name, known in kinds_at(version).items()}
        raise NotFound(f"没有这类记录，可用：{offered(kinds)}。")
    return as_json(schemas.schema(kind, version), "application/schema+json")


async def fields(request: Request) -> Response:
    """The data dictionary."""
    only(request, ())
    version = catalogue.known_version(request.path_params["version"])
    form, rows = tables.form_of(request, offered=FORMS), dictionary.rows(version)
    title, definition = f"数据字典 {version}", "数据标准每个字段的名称、定义、约束、示例与隐私等级。"
    if form == "json":
        return as_json({"version": version, "privacy": dictionary.PRIVACY_TITLES, "items": rows})
    if form != "html":
        table = tables.from_items(
            rows,
            dictionary.COLUMNS,
            title=title,
            definition=definition,
            as_of=day_of(request),
            unit="字段",
            kind="dictionary",
        )
        return tables.table_response(table, form, f"dictionary-{version}")
    columns = dictionary.COLUMNS[1:]
    sections: list[dict[str, object]] = [
        {
            "title": f"{kind.title}（{kind.name}）",
            "anchor": kind.name,
            "columns": columns,
            "rows": [_linked(row, version) for row in rows if row["kind"] == kind.name],
        }
        for kind in kinds_at(version).values()
    ]
    levels = "；".join(f"{level} {text}" for level, text in dictionary.PRIVACY_TITLES.items())
    return table_page(
        title=title,
        lead=definition,
        sections=sections,
        downloads=downloads_of(request),
        notes=[f"隐私等级：{levels}"],
    )


def _linked(row: dictionary.Row, version: str) -> dictionary.Row:
    name = row["codes"]
    return {**row, "codes": {"text": name, "href": f"/standard/{version}/codes/{name}"}} if name else row


async def code_lists(request: Request) -> Response:
    """Which code lists there are."""
    only(request, ())
    version = catalogue.known_version(request.path_params["version"])
    found = catalogue.code_lists()
    return list_response(
        request,
        found,
        headings.CODE_LISTS,
        title="代码表",
        definition=f"数据标准 {version} 使用的全部代码表。",
        stem="codes",
        links={"name": "href"},
    )


async def code_list(request: Request) -> Response:
    """One code list with all its rows, past and present."""
    only(request, ())
    version, name = catalogue.known_version(request.path_params["version"]), request.path_params["list"]
    suffix = next((f".{form}" for form in ("csv", "xlsx") if request.url.path.endswith(f".{form}")), "")
    found = catalogue.code_list(name.removesuffix(suffix))
    return list_response(
        request,
        catalogue.codes(found, version),
        headings.CODES,
        title=f"代码表：{found.title}",
        definition=f"来源：{found.source}。生效、失效日期为空表示不限。",
        stem=f"codes-{found.name}",
        more={"name": found.name, "title": found.title, "source": found.source},
    )


def _open() -> None:
    version = operations.in_path("version", "数据标准版本", examples=[CURRENT])
    listed = operations.listed({"type": "object"})
    kind = operations.in_path("kind", "记录类别", enum=list(KINDS))
    name = operations.in_path("list", "代码表")
    doors = (
        (
            "/standard",
            versions,
            operations.public("standard_versions", "数据标准的版本", _TAG, success=listed, statuses=(422,)),
        ),
        (
            "/standard/{version}/dictionary",
            fields,
            operations.public("dictionary", "数据字典", _TAG, version, success=listed),
        ),
        (
            "/standard/{version}/codes",
            code_lists,
            operations.public("code_lists", "全部代码表", _TAG, version, success=listed),
        ),
    )
    for path, door, told in doors:
        plain, *suffixed = tables.with_suffixes(path)
        router.add_api_route(plain, door, methods=["GET"], **told.routing())
        for other in suffixed:
            router.add_api_route(other, door, methods=["GET"], **told.routing(shown=False))
    one = operations.public(
        "code_list", "一个代码表（可加 .csv、.xlsx）", _TAG, version, name, success=listed
    )
    router.add_api_route("/standard/{version}/codes/{list}", code_list, methods=["GET"], **one.routing())
    written = operations.as_json({"type": "object"}, "application/schema+json")
    shape = operations.public("record_schema", "一类记录的 JSON Schema", _TAG, version, kind, success=written)
    router.add_api_route(
        "/standard/{version}/schemas/{kind}.json",
        schema,
        methods=["GET"],
        response_class=Response,
        **shape.routing(),
    )


_TAG = "数据标准"
_open()
