"""WHICH door stands at an address without parts? Found by its name, not by comparing the address with hundreds of patterns."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

_DOOR = "ajx.door"


class Directory(BaseRoute):
    """Stands before all other routes and gives each such address and method the first route that takes it.

    What it does not know (addresses with parts, other methods) is compared one after the other, as ever.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._doors: dict[tuple[str, str], BaseRoute] = {}
        with_parts: list[BaseRoute] = []
        for route in routes:
            if isinstance(route, Route) and not route.param_convertors:
                for method in route.methods or ():
                    first = _taking(with_parts, route.path, method) or route
                    self._doors.setdefault((route.path, method), first)
            else:
                with_parts.append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        door = self._doors.get((scope["path"], scope["method"])) if scope["type"] == "http" else None
        if door is None:
            return Match.NONE, {}
        match, told = door.matches(scope)
        return match, {**told, _DOOR: door}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        door: BaseRoute = scope[_DOOR]
        await door.handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        raise NoMatchFound(name, path_params)


def _taking(routes: Sequence[BaseRoute], path: str, method: str) -> BaseRoute | None:
    scope = {"type": "http", "path": path, "method": method, "root_path": ""}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)
