"""The directory finds the door that comparing addresses one after the other finds, and nothing else."""

from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Match, Mount, NoMatchFound, Route

from ajx_gateway.api.directory import Directory
from ajx_gateway.app import create_app
from ajx_gateway.settings import Settings


def scope(path: str, method: str = "GET", **more: object) -> dict[str, object]:
    return {"type": "http", "path": path, "method": method, "root_path": "", **more}


def test_every_address_of_the_gateway_without_parts_is_known_and_leads_where_it_led() -> None:
    directory, *routes = create_app(Settings()).router.routes
    assert isinstance(directory, Directory)
    asked = [
        (route.path, method)
        for route in routes
        if isinstance(route, Route) and "{" not in route.path
        for method in route.methods or ()
    ]
    assert ("/v1/policies", "POST") in asked
    assert ("/v1/oversight/aggregates.xlsx", "GET") in asked
    for path, method in asked:
        first = next(r for r in routes if r.matches(scope(path, method))[0] is Match.FULL)
        match, told = directory.matches(scope(path, method))
        assert match is Match.FULL
        assert told["ajx.door"] is first
        assert told.items() >= first.matches(scope(path, method))[1].items()


async def _said(directory: Directory, path: str) -> str:
    said: list[bytes] = []

    async def send(message: dict[str, object]) -> None:
        said.append(message.get("body", b""))  # type: ignore[arg-type]

    asked = scope(path, headers=[])
    asked.update(directory.matches(asked)[1])
    await directory.handle(asked, None, send)  # type: ignore[arg-type]
    return b"".join(said).decode()


def _saying(word: str) -> object:
    async def endpoint(_request: object) -> PlainTextResponse:
        return PlainTextResponse(word)

    return endpoint


async def test_of_several_doors_at_one_address_the_first_opens_also_when_it_has_parts() -> None:
    directory = Directory(
        [
            Route("/records/{key:path}", _saying("record")),
            Route("/records/all", _saying("all")),
            Route("/lists/all", _saying("list")),
            Route("/lists/{key}", _saying("one")),
        ]
    )
    assert await _said(directory, "/records/all") == "record"
    assert await _said(directory, "/lists/all") == "list"


@pytest.mark.parametrize(
    "asked",
    [
        scope("/count", "POST"),
        scope("/count/"),
        scope("/count", root_path="/count"),
        scope("/records/1"),
        scope("/static/app.css"),
        {"type": "websocket", "path": "/count", "root_path": ""},
    ],
)
def test_whatever_else_is_asked_is_left_to_the_others(asked: dict[str, object]) -> None:
    routes = [
        Route("/count", _saying("1")),
        Route("/records/{key}", _saying("record")),
        Mount("/static", routes=[]),
    ]
    found = Directory(routes).matches(asked)
    assert found[0] is Match.NONE


def test_it_names_no_address() -> None:
    with pytest.raises(NoMatchFound):
        Directory([]).url_path_for("count")
