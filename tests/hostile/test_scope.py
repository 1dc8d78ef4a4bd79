"""Nobody sees what is not theirs: every operation of the OpenAPI document, asked by every identity for own, foreign and
absent subjects. Forbidden and absent look the same, and what belongs elsewhere stands in no answer.

A new operation needs nothing here, unless it has a parameter in its path that ``values`` cannot fill: the test says so.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx
import pytest

from ajx_gateway import standard
from ajx_gateway.demo.codes import uscc
from ajx_gateway.identity import Caller
from ajx_gateway.standard.sample import sample

from .fuzzing import COMPLAINT, FINDING
from .gateway import CALLERS, Gateway, opened

Whose = Literal["foshan", "suzhou"]
PLACES: tuple[Whose, ...] = ("foshan", "suzhou")
# One instant for all: answers that differ, differ in what they tell.
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ABSENT_ID = "00000000-0000-4000-8000-00000000dead"
ABSENT_CODE = uscc("330100", 99)
# The samples' own values are public: they stand in the dictionary.
SAMPLE = ("91440605MA0000015R", "示例一号五金制品有限公司（虚构）")
ENTERPRISE = {
    "foshan": (uscc("440605", 55), "佛山示例九号五金厂（虚构）"),
    "suzhou": (uscc("341302", 77), "宿州示例七号机械厂（虚构）"),
}
DISTRICT = {"foshan": "440605", "suzhou": "341302"}
CITY = {"foshan": "440600", "suzhou": "341300"}
REGULATOR = {"foshan": "foshan-city", "suzhou": "suzhou-city"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Told by the gateway about itself or about everybody: whose they are makes no difference.
PUBLIC = frozenset({"version", "kind", "code", "name", "list", "collection", "period", "item"})


def filer(place: Whose) -> Caller:
    return next(c for c in CALLERS if c.name == ("insurer-a" if place == "foshan" else "suzhou-insurer-a"))


def document(kind: str, place: Whose) -> dict[str, Any]:
    """The standard's sample of a kind, moved to the place."""
    text = json.dumps(sample(kind), ensure_ascii=False)
    for ours, theirs in zip(SAMPLE, ENTERPRISE[place], strict=True):
        text = text.replace(ours, theirs)
    text = text.replace("2026-440605-", f"77-{DISTRICT[place]}-").replace("AR2026-440600", f"AR77-{place}")
    if place == "suzhou":
        for code in ("440605011", "440605", "440600"):
            moved = {"440605011": "341302001", "440605": "341302", "440600": "341300"}[code]
            text = text.replace(f'"{code}"', f'"{moved}"')
    found: dict[str, Any] = json.loads(text)
    return found


@dataclass
class World:
    """What was filed and made in two places that have nothing to do with each other."""

    gateway: Gateway
    documented: dict[str, Any]
    keys: dict[Whose, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    ids: dict[Whose, set[str]] = field(default_factory=lambda: defaultdict(set))

    async def file(self) -> None:
        for place in PLACES:
            async with self.gateway.client(filer(place).name) as client:
                for kind in standard.KINDS.values():
                    filed = document(kind.name, place)
                    self.keys[place][kind.key] = filed[kind.key]
                    answer = await client.post(
                        f"/v1/{kind.collection}",
                        json=filed,
                        headers={"Idempotency-Key": f"{place}-{kind.name}"},
                    )
                    [item] = answer.json()["items"]
                    assert item["result"] == "created", item
            about = {"insurer": filer(place).insurer, "division": DISTRICT[place]}
            async with self.gateway.client(REGULATOR[place]) as client:
                for path, body in (("findings", FINDING), ("complaints", COMPLAINT)):
                    made = await client.post(f"/v1/oversight/{path}", json={**body, **about})
                    assert made.status_code < 300, made.text
        await self._gather()

    async def _gather(self) -> None:
        """The identifiers that each place's regulator is shown, and nobody else's regulator."""
        for place in PLACES:
            async with self.gateway.client(REGULATOR[place]) as client:
                paths = [p for p, ops in self.documented["paths"].items() if "get" in ops and "{" not in p]
                paths += [f"/v1/oversight/records/{kind.collection}" for kind in standard.KINDS.values()]
                for path in paths:
                    if path.startswith("/v1/oversight/"):
                        answer = await client.get(path)
                        self.ids[place] |= set(_UUID.findall(answer.text))
        both = self.ids["foshan"] & self.ids["suzhou"]
        for place in PLACES:
            self.ids[place] -= both
            assert len(self.ids[place]) >= 8

    def secrets(self, place: Whose) -> list[str]:
        """What must be read in no answer to somebody who has no business there."""
        return [*ENTERPRISE[place], *self.keys[place].values(), str(filer(place).insurer)]

    def values(self, parameter: dict[str, Any], place: Whose | None) -> list[str]:
        """What may stand in the path for a subject of the place (None: of none)."""
        name, schema = parameter["name"], parameter.get("schema", {})
        if name in PUBLIC:
            known = {
                "version": ["1.0"],
                "code": ["request.unprocessable"],
                "period": ["2026"],
                "item": ["1", "7"],
            }
            if "enum" in schema:
                return [str(value) for value in schema["enum"]]
            if name in known:
                return known[name]
            if name in ("kind", "name", "list"):
                return ["policy", "sector_tag"]
        if name == "id":
            return [ABSENT_ID] if place is None else sorted(self.ids[place])
        if name in ("insurer", "uscc"):
            subject = ENTERPRISE[place][0] if place and name == "uscc" else None
            return [ABSENT_CODE if place is None else subject or str(filer(place).insurer)]
        if name == "jurisdiction":
            return ["330100" if place is None else CITY[place]]
        if any(name == kind.key for kind in standard.KINDS.values()):
            return ["ABSENT-1" if place is None else self.keys[place][name]]
        raise AssertionError(
            f"the path parameter {name!r} is new: say in tests/hostile/test_scope.py, World.values, what stands there for"
            " a subject of each place and for one that does not exist"
        )

    def addresses(
        self, path: str, parameters: list[dict[str, Any]], place: Whose | None
    ) -> Iterator[tuple[str, str]]:
        """Every path to a subject of the place: (what is public of it, the path)."""
        named = [p for p in parameters if p.get("in") == "path"]
        for chosen in itertools.product(*(self.values(p, place) for p in named)):
            filled, public = path, []
            for parameter, value in zip(named, chosen, strict=True):
                filled = filled.replace("{" + parameter["name"] + "}", quote(value, safe=""))
                public += [value] if parameter["name"] in PUBLIC else []
            yield "/".join(public), filled


def minimal(schema: dict[str, Any]) -> Any:
    """The least that a body's schema asks for, so that the subject is looked for and not the body refused."""
    for choice in ("const", "default"):
        if choice in schema and schema[choice] is not None:
            return schema[choice]
    if schema.get("enum"):
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return minimal(schema[several][0])
    match schema.get("type"):
        case "object":
            return {n: minimal(schema["properties"][n]) for n in schema.get("required", ())}
        case "array":
            return [minimal(schema.get("items", {}))] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return {"date": "2026-01-05", "date-time": "2026-01-05T00:00:00+08:00", "uuid": ABSENT_ID}.get(
        schema.get("format", ""), "虚构" * max(1, -(-schema.get("minLength", 1) // 2))
    )


def at_home(caller: Caller) -> Whose | None:
    code = caller.territory or (caller.insurer or "")[2:6]
    return "foshan" if code.startswith("4406") else "suzhou" if code.startswith("3413") else None


@pytest.fixture(scope="module")
async def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("scope")
    async with opened(database_url, folder, clock=lambda: NOW, pool_size=10) as gateway:
        made = World(gateway, gateway.app.openapi())
        await made.file()
        yield made


def operations(world: World, *methods: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, described in world.documented["paths"].items():
        for method, operation in described.items():
            if method in methods:
                yield method, path, operation


async def ask(client: httpx.AsyncClient, method: str, path: str, operation: dict[str, Any]) -> httpx.Response:
    sent: dict[str, Any] = {}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content and method != "get":
        sent["json"] = minimal(content["application/json"].get("schema", {}))
    elif content and method != "get":
        sent |= {"content": b"x", "headers": {"Content-Type": next(iter(content))}}
    if method != "get":
        sent["headers"] = {**sent.get("headers", {}), "Idempotency-Key": f"scope-{path}"[:120]}
    return await client.request(method, path, **sent)


def without_request(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, re.sub(r'"request_id":\s*"[^"]*"', "", answer.text)


def leaks(world: World, caller: Caller | None, path: str, answer: httpx.Response) -> list[str]:
    """What stands in the answer and is not for the caller."""
    if caller is None:
        hidden = [secret for place in PLACES for secret in world.secrets(place)]
    elif caller.role in ("consultant", "operator"):
        hidden = [word for place in PLACES for word in ENTERPRISE[place]]
    else:
        home = at_home(caller)
        hidden = [s for place in PLACES if home and place != home for s in world.secrets(place)]
        if caller.role == "insurer" and home and caller != filer(home):
            hidden += world.secrets(home)
    return [secret for secret in hidden if secret in answer.text]


EVERYBODY = (None, *CALLERS)


@pytest.mark.parametrize("caller", EVERYBODY, ids=lambda caller: caller.name if caller else "anonymous")
async def test_nobody_reads_what_is_not_theirs(world: World, caller: Caller | None) -> None:
    wrong: list[str] = []
    asked = 0
    async with world.gateway.client(caller.name if caller else None) as client:
        for method, path, operation in operations(world, "get"):
            for place in (*PLACES, None):
                for _, address in world.addresses(path, operation.get("parameters", []), place):
                    answer = await ask(client, method, address, operation)
                    asked += 1
                    if answer.status_code >= 500 and address not in ("/readyz",):
                        wrong.append(f"{address} is a {answer.status_code}")
                    found = leaks(world, caller, path, answer)
                    if found:
                        wrong.append(f"{address} tells of {found}")
                    if caller is None and operation.get("security") and answer.status_code != 401:
                        wrong.append(f"{address} lets nobody in: {answer.status_code}")
                if "{" not in path:
                    break
    assert asked > 50
    assert not wrong, "\n".join(wrong)


def foreign_to(caller: Caller) -> Whose | None:
    elsewhere: dict[Whose | None, Whose | None] = {"foshan": "suzhou", "suzhou": "foshan"}
    return elsewhere.get(at_home(caller))


BOUND = [caller for caller in CALLERS if at_home(caller)]


@pytest.mark.parametrize("caller", BOUND, ids=lambda caller: caller.name)
async def test_what_is_forbidden_looks_like_what_is_absent(world: World, caller: Caller) -> None:
    wrong, compared = [], 0
    foreign = foreign_to(caller)
    async with world.gateway.client(caller.name) as client:
        for method, path, operation in operations(world, "get", "post", "put"):
            parameters = operation.get("parameters", [])
            subjects = {p["name"] for p in parameters if p.get("in") == "path"} - PUBLIC
            if (
                not subjects
                or not operation.get("security")
                or (method != "get" and subjects & {kind.key for kind in standard.KINDS.values()})
            ):
                continue  # nothing is foreign there, or all is public; an insurer's own key is made by writing it
            absent = {
                public: without_request(await ask(client, method, address, operation))
                for public, address in world.addresses(path, parameters, None)
            }
            for public, address in world.addresses(path, parameters, foreign):
                got = without_request(await ask(client, method, address, operation))
                compared += 1
                if _said(got, address) != _said(absent[public], ""):
                    wrong.append(f"{method} {address}: {got} but absent {absent[public]}")
    assert compared > 20
    assert not wrong, "\n".join(wrong)


def _said(answer: tuple[int, str], address: str) -> tuple[int, str]:
    """The answer, without the subject that was asked for where it is echoed."""
    words = answer[1]
    for part in (*address.split("/"), ABSENT_ID, ABSENT_CODE, "ABSENT-1", "330100"):
        if len(part) >= 6 and (_UUID.fullmatch(part) or part[:1].isdigit() or "-" in part):
            words = words.replace(part, "…")
    return answer[0], words
