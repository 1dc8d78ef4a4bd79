"""HOW is the law published? A place's rules, thresholds and clocks on a day, each with its citation."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import tables
from ajx_gateway.api.envelope import only
from ajx_gateway.api.lists import FORMS, as_json, day_of, list_response
from ajx_gateway.jurisdictions import NATIONAL
from ajx_gateway.publishing import catalogue, headings, operations, reading
from ajx_gateway.standard import KINDS

router = APIRouter()


async def rules(request: Request) -> Response:
    """All rules; of a place, when one is named, those that run there on the day."""
    only(request, ("jurisdiction", "on"))
    on, code = day_of(request), request.query_params.get("jurisdiction")
    place = catalogue.place(code or NATIONAL, on)
    whose = f"{place.name} {on.isoformat()} 适用的" if code else "全部"
    found = catalogue.rules(place, everywhere=not code)
    return list_response(
        request,
        found,
        headings.RULES,
        title=f"校验规则：{place.name if code else '全部'}",
        definition=f"{whose}校验规则；规则集 {catalogue.ruleset()}。",
        stem=f"rules-{place.code}",
        more={
            "rules": catalogue.ruleset(),
            "jurisdiction": place.code,
            "name": place.name,
            "on": on.isoformat(),
        },
        sections=[{"title": "", "columns": headings.RULES, "rows": [_spoken(rule) for rule in found]}],
        choices=[_places_choice(code or ""), {"title": "日期", "name": "on", "value": on.isoformat()}],
    )


def _spoken(rule: dict[str, object]) -> dict[str, object]:
    kinds = rule["kinds"]
    names = [KINDS[kind].title for kind in kinds] if isinstance(kinds, list) else []
    return {**rule, "kinds": "全部" if len(names) == len(KINDS) else "、".join(names)}


def _places_choice(code: str) -> dict[str, object]:
    options = [("", "全部"), *((place["code"], place["name"]) for place in catalogue.places())]
    return {"title": "地区", "name": "jurisdiction", "value": code, "options": options}


async def places(request: Request) -> Response:
    """Whose rules the gateway knows, and the texts they stand on."""
    only(request, ())
    found = catalogue.places()
    shown = [{**place, "texts": "；".join(_cited(text) for text in place["texts"])} for place in found]  # type: ignore[attr-defined]
    if tables.form_of(request, offered=FORMS) == "json":
        return as_json({"items": found})
    return list_response(
        request,
        shown,
        headings.PLACES,
        title="各地要求",
        definition="网关执行其规定的地区及所依据的文件；未列出的地区执行全国规定。",
        stem="jurisdictions",
        links={"name": "href"},
    )


def _cited(text: dict[str, object]) -> str:
    begins, ends = text["in_force_from"] or "—", text["in_force_to"] or "现行"
    return f"{text['number']} {text['title']}（{begins} 至 {ends}）"


async def requirements(request: Request) -> Response:
    """Thresholds and clocks in force in a place on a day."""
    only(request, ("on",))
    code, on = request.path_params["jurisdiction"].split(".")[0], day_of(request)
    place = catalogue.place(code, on)
    found = catalogue.requirements(place)
    layers = " ".join(f"{layer.name}：{layer.status}" for layer in place.layers)
    names = {layer.code: layer.name for layer in place.layers}
    return list_response(
        request,
        found,
        headings.REQUIREMENTS,
        title=f"{place.name}的要求",
        definition=f"{on.isoformat()} 在{place.name}施行的阈值与期限，最具体的规定优先。",
        stem=f"requirements-{place.code}",
        more={"jurisdiction": place.code, "name": place.name, "on": on.isoformat(), "layers": layers},
        sections=[
            {
                "title": title,
                "columns": columns,
                "rows": [_read(item, names) for item in found if item["type"] == type_],
            }
            for type_, title, columns in (
                ("value", "阈值与条件", headings.VALUES),
                ("clock", "期限", headings.CLOCKS),
            )
        ],
        notes=[layers],
        choices=[{"title": "日期", "name": "on", "value": on.isoformat()}],
    )


def _read(item: dict[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """A requirement as a person reads it; the exact codes are in the other forms."""
    return {
        **item,
        "applies_to": reading.sizes(item) or "全部",
        "clause": f"{item['source']} {item['clause']}",
        "jurisdiction": names[str(item["jurisdiction"])],
    }


def _open() -> None:
    on = operations.query("on", "施行日期，缺省为今天。", type="string", format="date")
    where = operations.query("jurisdiction", f"行政区划代码；缺省列出全部规则，依据按全国（{NATIONAL}）。")
    code = operations.in_path("jurisdiction", "行政区划代码", examples=["341300"])
    listed = operations.listed({"type": "object"})
    doors = (
        ("/standard/rules", rules, operations.public("rules", "校验规则", _TAG, where, on, success=listed)),
        (
            "/standard/requirements",
            places,
            operations.public("jurisdictions", "已收录规定的地区", _TAG, success=listed, statuses=(422,)),
        ),
    )
    for path, door, told in doors:
        plain, *suffixed = tables.with_suffixes(path)
        router.add_api_route(plain, door, methods=["GET"], **told.routing())
        for other in suffixed:
            router.add_api_route(other, door, methods=["GET"], **told.routing(shown=False))
    one = operations.public(
        "requirements", "一地某日的阈值与期限（可加 .csv、.xlsx）", _TAG, code, on, success=listed
    )
    router.add_api_route(
        "/standard/requirements/{jurisdiction}", requirements, methods=["GET"], **one.routing()
    )


_TAG = "数据标准"
_open()
