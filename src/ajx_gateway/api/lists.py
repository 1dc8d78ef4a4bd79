"""HOW does a public list answer? As JSON by default, a Chinese page for browsers, CSV or XLSX when asked."""

import re
from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import tables
from ajx_gateway.api.context import now_of
from ajx_gateway.api.pages import table_page
from ajx_gateway.errors import Unprocessable

FORMS: tuple[tables.Form, ...] = ("json", "html", "csv", "xlsx")
Columns = Sequence[tuple[str, str]]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CACHE = {"Cache-Control": "public, max-age=300", "Vary": "Accept"}


def as_json(content: object, media: str = "application/json") -> Response:
    return Response(to_json(content), headers=_CACHE, media_type=media)


def day_of(request: Request) -> date:
    """The day asked about; today in China when none is named."""
    stated = request.query_params.get("on")
    if stated is None:
        return now_of(request).astimezone(tables.CHINA).date()
    try:
        if not _DAY.fullmatch(stated):
            raise ValueError
        return date.fromisoformat(stated)
    except ValueError:
        raise Unprocessable("on 应为日期，例如 2026-01-01。", parameter="on") from None


def downloads_of(request: Request, *extra: tuple[str, str]) -> list[tuple[str, str]]:
    asked = f"?{urlencode(list(request.query_params.items()))}" if request.query_params else ""
    return [(form.upper(), f"{request.url.path}.{form}{asked}") for form in ("csv", "xlsx")] + list(extra)


def list_response(
    request: Request,
    items: Sequence[dict[str, object]],
    columns: Columns,
    *,
    title: str,
    definition: str,
    stem: str,
    more: dict[str, object] | None = None,
    links: dict[str, str] | None = None,
    sections: list[dict[str, object]] | None = None,
    notes: list[str] | None = None,
    choices: list[dict[str, object]] | None = None,
) -> Response:
    """One list in the form that was asked for; ``sections`` says how its page is cut, if not as one table."""
    form = tables.form_of(request, offered=FORMS)
    if form == "json":
        return as_json({**(more or {}), "items": items})
    if form != "html":
        table = tables.from_items(
            items, columns, title=title, definition=definition, as_of=day_of(request), unit="条"
        )
        return tables.table_response(table, form, stem)
    rows = [
        {**item, **{name: {"text": item[name], "href": item[href]} for name, href in (links or {}).items()}}
        for item in items
    ]
    return table_page(
        title=title,
        lead=definition,
        sections=sections or [{"title": "", "columns": columns, "rows": rows}],
        downloads=downloads_of(request),
        notes=notes,
        choices=choices,
    )
