"""Nobody sees what is not theirs: every operation of the OpenAPI document, asked by every identity for own, foreign and
absent subjects, as JSON, as a sheet and whole. Forbidden and absent look the same, and what belongs elsewhere stands in
no answer.

A new operation needs nothing here, unless it has a parameter in its path that ``World.values`` cannot fill: the test
says so.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from ajx_gateway.identity import Caller
from ajx_gateway.rendering.fonts import faces_or_none

from .bodies import ENTERPRISE, Whose
from .gateway import CALLERS
from .world import (
    ABSENT_CODE,
    ABSENT_ID,
    PLACES,
    PUBLIC,
    World,
    at_home,
    elsewhere,
    filer,
    laid_out,
)

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


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


@pytest.fixture(scope="module")
async def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with laid_out(database_url, tmp_path_factory.mktemp("scope")) as made:
        yield made


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
    # The manifest says which address was asked: that the caller knew before.
    text = re.sub(r'"address": "[^"]*"', "", words_of(answer.content))
    return [secret for secret in hidden if secret in text]


def words_of(body: bytes) -> str:
    """What can be read in an answer, packed or not."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return "\n".join(words_of(archive.read(name)) for name in archive.namelist())


EVERYBODY = (None, *CALLERS)


def may_be_out(address: str, answer: httpx.Response) -> bool:
    """Readiness itself, and a PDF where no font of this machine knows Chinese (which the refusal then says)."""
    if address.endswith(".pdf") and faces_or_none() is None:
        return answer.status_code == 503 and "中文字体" in answer.json()["detail"]
    return address == "/readyz"


def forms(operation: dict[str, Any], address: str, *, every: bool) -> Iterator[str]:
    """The same list's other forms: the whole of it always, and every form once."""
    offered = operation["responses"].get("200", {}).get("content", {})
    if "application/zip" in offered:
        yield f"{address}.csv?all=true"
    if "application/zip" in offered and every:
        yield f"{address}.xlsx?all=true"
    if "text/csv" in offered and every:
        yield from (f"{address}.{form}" for form in ("csv", "xlsx"))


@pytest.mark.parametrize("caller", EVERYBODY, ids=lambda caller: caller.name if caller else "anonymous")
async def test_nobody_reads_what_is_not_theirs(world: World, caller: Caller | None) -> None:
    wrong: list[str] = []
    asked, whole = 0, 0
    async with world.gateway.client(caller.name if caller else None) as client:
        for method, path, operation in world.operations("get"):
            tried = set[int]()
            for place in (*PLACES, None):
                for _, address in world.addresses(path, operation.get("parameters", []), place):
                    answer = await ask(client, method, address, operation)
                    asked += 1
                    if answer.status_code >= 500 and not may_be_out(address, answer):
                        wrong.append(f"{address} is a {answer.status_code}")
                    found = leaks(world, caller, path, answer)
                    if found:
                        wrong.append(f"{address} tells of {found}")
                    if caller is None and operation.get("security") and answer.status_code != 401:
                        wrong.append(f"{address} lets nobody in: {answer.status_code}")
                    first, status = answer.status_code not in tried, answer.status_code
                    tried.add(status)
                    for other in forms(operation, address, every=first) if first or status == 200 else ():
                        told = await client.get(other)
                        whole += 1
                        if told.status_code != answer.status_code:
                            wrong.append(f"{other} is a {told.status_code}, not a {answer.status_code}")
                        found = leaks(world, caller, path, told)
                        if found:
                            wrong.append(f"{other} tells of {found}")
                if "{" not in path:
                    break
    assert asked > 50
    assert whole > 50
    assert not wrong, "\n".join(wrong)


def foreign_to(caller: Caller) -> Whose | None:
    return next((place for place in elsewhere(caller) if place != at_home(caller)), None)


BOUND = [caller for caller in CALLERS if at_home(caller)]


@pytest.mark.parametrize("caller", BOUND, ids=lambda caller: caller.name)
async def test_what_is_forbidden_looks_like_what_is_absent(world: World, caller: Caller) -> None:
    wrong, compared = [], 0
    foreign = foreign_to(caller)
    async with world.gateway.client(caller.name) as client:
        for method, path, operation in world.operations("get"):
            parameters = operation.get("parameters", [])
            subjects = {p["name"] for p in parameters if p.get("in") == "path"} - PUBLIC
            if not subjects or not operation.get("security"):
                continue  # nothing is foreign there, or all is public
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
