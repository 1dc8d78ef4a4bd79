"""WHAT does the gateway answer to anything its OpenAPI document allows or forbids, whoever asks?

schemathesis invents requests that fit the document and requests that do not; every answer must be one that the
document promises: a status it lists, in a media type and a shape it describes, and never a 5xx. Whole records take it
long to invent, so most of what is filed here are good records with something spoiled in them.
"""

from __future__ import annotations

import asyncio
import copy
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema_rs
import requests
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok
from starlette.routing import BaseRoute, Match
from structlog.testing import capture_logs

from ajx_gateway import standard
from ajx_gateway.api.directory import Directory
from ajx_gateway.standard.sample import every_member, sample

from .gateway import BASE, CALLERS, Gateway, opened

T = TypeVar("T")
Operation = APIOperation[Any, Any, Any, Any]
Invented = Case[Any]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
ROLES = (None, *(caller.name for caller in CALLERS))
_PROBLEM = "application/problem+json"
_ACCEPT = (
    None,
    None,
    "application/json",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip()


def _logged(operation: Operation, logs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each error that the gateway logged meanwhile, once."""
    told = (
        f"{operation.label}: logged {e['event']} {e.get('error')}" for e in logs if e["log_level"] == "error"
    )
    return list(dict.fromkeys(told))


@dataclass
class Fuzzer:
    """The gateway in a loop of its own, its document, and what was seen so far."""

    gateway: Gateway
    loop: asyncio.AbstractEventLoop
    known: dict[str, list[str]] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)
    documented: dict[str, Any] = field(default_factory=dict)
    routes: list[BaseRoute] = field(default_factory=list)
    _shapes: dict[tuple[str, str, str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.documented = self.gateway.app.openapi()
        for route in self.gateway.app.router.routes:
            if isinstance(route, Directory):  # it leads to one of the others
                continue
            included = getattr(route, "original_router", None)
            self.routes += [route] if included is None else included.routes

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    # --- asking ----------------------------------------------------------------------------------------------

    def operations(self) -> list[Operation]:
        schema = schemathesis.openapi.from_dict(json.loads(json.dumps(self.documented)))
        return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]

    def ask(
        self, case: Invented, role: str | None, accept: str | None, *, stray: bool
    ) -> tuple[Answer, BaseRoute | None]:
        """The answer to a case, and the route that gave it (None: no such address).

        ``stray``: with a query parameter that nobody knows.
        """
        named = {**self.gateway.headers(role), **({"Accept": accept} if accept else {})}
        said = case.as_transport_kwargs(base_url=BASE, headers=named)
        prepared = requests.Request(**{name: said[name] for name in said if name in _REQUEST}).prepare()
        body: Any = prepared.body or b""
        url = str(prepared.url)
        if stray:
            url += ("&" if "?" in url else "?") + "stray=1"
        headers = {**prepared.headers, **named}
        return self._call(
            str(prepared.method), url, headers, body.encode() if isinstance(body, str) else bytes(body)
        )

    def _call(
        self, method: str, url: str, headers: Mapping[str, Any], body: bytes
    ) -> tuple[Answer, BaseRoute | None]:
        parts = urlsplit(url)
        raw = parts.path.encode("ascii")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote_to_bytes(raw).decode("utf-8", "replace"),
            "raw_path": raw,
            "query_string": parts.query.encode("ascii"),
            "root_path": "",
            "headers": [(_bytes(name).lower(), _bytes(value)) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8321),
            "state": {},
            "extensions": {},
        }
        return self.run(self._asgi(scope, body)), self._route(scope)

    async def _asgi(self, scope: dict[str, Any], body: bytes) -> Answer:
        sent: list[Any] = []
        inbox = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            # A client that stays on the line: one that hung up would get nothing of an answer that is streamed.
            return inbox.pop() if inbox else await asyncio.Future()

        async def send(message: Any) -> None:
            sent.append(message)

        await self.gateway.app(dict(scope), receive, send)
        start = sent[0]
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]
        }
        return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))

    def _route(self, scope: dict[str, Any]) -> BaseRoute | None:
        """The route that answers: an encoded slash is part of a key there (see ``api.middleware.RecordKeys``)."""
        parts = re.split(b"%2f", scope["raw_path"], flags=re.IGNORECASE)
        path = "%2F".join(unquote_to_bytes(part).decode("utf-8", "replace") for part in parts)
        keyed = {**scope, "path": path if path.startswith("/v1/") else scope["path"]}
        return next((route for route in self.routes if route.matches(keyed)[0] is Match.FULL), None)

    # --- judging ---------------------------------------------------------------------------------------------

    def faults(self, method: str, answer: Answer, route: BaseRoute | None, role: str | None) -> Iterator[str]:
        """What is wrong with an answer; nothing, when the document promised it."""
        if answer.status >= 500:
            yield f"is a {answer.status}"
        if "request-id" not in answer.headers:
            yield "has no Request-Id"
        if method != "GET" and b"rule.internal" in answer.body:
            yield "says that a rule failed"
        if isinstance(route, APIRoute) and route.include_in_schema:
            self.counted["judged by the document"] += 1
            yield from self._promised(method, answer, route, role)
        elif answer.status >= 400 and answer.media != _PROBLEM:
            yield f"is a {answer.status} as {answer.media}"

    def _promised(self, method: str, answer: Answer, route: APIRoute, role: str | None) -> Iterator[str]:
        operation = self.documented["paths"][route.path_format].get(method.lower())
        if operation is None:
            if answer.status not in (404, 405):
                yield f"answers {method}, which is not documented, with {answer.status}"
            return
        if role is None and operation.get("security") and answer.status != 401:
            yield f"lets nobody in: {answer.status}"
        promised = operation["responses"].get(str(answer.status))
        if promised is None:
            yield f"has the status {answer.status}, which is not documented"
            return
        content = promised.get("content", {})
        if content and answer.media not in content:
            yield f"is {answer.media}, documented are {sorted(content)}"
        elif content and answer.media.endswith("json"):
            shape = self._shape(route.path_format, method, str(answer.status), answer.media, content)
            yield from (
                f"{each.instance_path}: {each.message}"[:300]
                for each in shape.iter_errors(json.loads(answer.body))
            )

    def _shape(self, path: str, method: str, status: str, media: str, content: Any) -> Any:
        known = (path, method, status, media)
        if known not in self._shapes:
            schema = {**content[media].get("schema", {}), "components": self.documented["components"]}
            self._shapes[known] = jsonschema_rs.Draft202012Validator(schema)
        return self._shapes[known]

    # --- fuzzing ---------------------------------------------------------------------------------------------

    def fuzz(self, operation: Operation, mode: GenerationMode, cases: int, *, first: int = 0) -> list[str]:
        """Asks that many invented questions; returns what was wrong, each once."""
        wrong: dict[str, None] = {}

        @seed(first)
        @settings(
            max_examples=cases,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def ask(case: Invented, data: st.DataObject) -> None:
            # Anybody, and as often somebody whose door it is.
            role = data.draw(st.sampled_from(data.draw(st.sampled_from((ROLES, _at_home(operation.path))))))
            if data.draw(st.booleans()):
                self._meet(case, data)
            accept = data.draw(st.sampled_from(_ACCEPT)) if case.method == "GET" else None
            stray = data.draw(st.integers(0, 19)) == 0
            answer, route = self.ask(case, role, accept, stray=stray)
            self.counted["cases"] += 1
            self.counted[f"{answer.status // 100}xx"] += 1
            for fault in self.faults(case.method, answer, route, role):
                wrong.setdefault(
                    f"{operation.label} as {role}, {mode}: {fault} — {case.as_curl_command()[:300]}"
                )

        try:
            with capture_logs() as logs:
                ask()
        except Unsatisfiable:
            self.counted["operations that cannot be asked wrongly"] += 1
        return [*wrong, *_logged(operation, logs)]

    def misfile(self, operation: Operation, cases: int, *, first: int = 0) -> list[str]:
        """Files that many records, most of them spoiled, at a door that takes records; returns what was wrong."""
        chance, wrong = random.Random(f"{operation.label} {first}"), dict[str, None]()
        kind = next(
            kind for kind in standard.KINDS.values() if operation.path.split("/")[2] == kind.collection
        )
        with capture_logs() as logs:
            for number in range(cases):
                documents = [spoiled(kind.name, chance) for _ in range(chance.choice((1, 1, 1, 2, 5)))]
                lines = chance.random() < 0.3
                body = _written(documents, chance, lines=lines)
                path = operation.path.replace(
                    "{" + kind.key + "}", chance.choice((*self.known[kind.key][:1], "A%2FB"))
                )
                role = chance.choice(chance.choice((ROLES, _at_home(operation.path))))
                headers = {
                    **self.gateway.headers(role),
                    "Content-Type": "application/x-ndjson" if lines else "application/json",
                    "Idempotency-Key": f"{first} {number % 50}",
                    **(
                        {"Data-Standard": chance.choice(("1.0", "1.1", "9.9"))}
                        if chance.random() < 0.2
                        else {}
                    ),
                }
                method = operation.method.upper()
                query = chance.choice(("", "", "", "?atomic=true", "?dry_run=true", "?atomic=2"))
                answer, route = self._call(method, BASE + path + query, headers, body)
                self.counted["cases"] += 1
                self.counted[f"{answer.status // 100}xx"] += 1
                for fault in self.faults(method, answer, route, role):
                    wrong.setdefault(f"{operation.label}{query} as {role}: {fault} — {body[:2000]!r}")
        return [*wrong, *_logged(operation, logs)]

    def _meet(self, case: Invented, data: st.DataObject) -> None:
        """Something that exists, in place of an invented name that never does."""
        for name in list(case.path_parameters or {}):
            if self.known.get(name):
                case.path_parameters[name] = data.draw(st.sampled_from(self.known[name]))

    async def furnish(self) -> None:
        """A few records of every kind, so that there is something to read, to void and to decide about."""
        for name in ("insurer-a", "suzhou-insurer-a"):
            async with self.gateway.client(name) as client:
                for kind in standard.KINDS.values():
                    document = sample(kind.name)
                    if kind.name == "policy" and name.startswith("suzhou"):
                        document["enterprise"]["division"] = "341302001"
                    await client.post(
                        f"/v1/{kind.collection}", json=document, headers={"Idempotency-Key": kind.name}
                    )
                    self.known.setdefault(
                        kind.key, [document[kind.key], f"{document[kind.key]}/void", "A/history"]
                    )
                clocks = (await client.get("/v1/deadlines")).json()["items"]
                self.known.setdefault("id", []).extend(clock["id"] for clock in clocks[:5])
                for clock in clocks[:2]:
                    asked = {"reason_code": "force_majeure", "reason": "台风"}
                    found = await client.post(f"/v1/deadlines/{clock['id']}/excuse", json=asked)
                    self.known["id"].append(found.json()["id"])
        async with self.gateway.client("suzhou-city") as client:
            about = {"insurer": USCC["suzhou-insurer-a"], "division": "341302"}
            found = await client.post("/v1/oversight/findings", json={**FINDING, **about})
            self.known["id"].append(found.json()["finding"]["case_id"])
            entered = await client.post("/v1/oversight/complaints", json={**COMPLAINT, **about})
            self.known["id"].append(entered.json()["complaint"]["complaint_id"])
        async with self.gateway.client("auditor") as client:
            for kind in standard.KINDS.values():
                listed = (await client.get(f"/v1/oversight/records/{kind.collection}")).json()
                self.known["id"] += [item["record_id"] for item in listed["items"][:1] if "record_id" in item]
        self.known |= {
            "version": ["1.0", "9.9"],
            "kind": list(standard.KINDS),
            "jurisdiction": ["341300", "440600", "440605", "000000", "999999"],
            "collection": [kind.collection for kind in standard.KINDS.values()],
        }


USCC = {caller.name: caller.insurer for caller in CALLERS}
FINDING = {
    "category": "product",
    "title": "虚构",
    "detail": "虚构",
    "clause": "附件 第1项",
    "happened_on": "2026-01-05",
}
COMPLAINT = {"kind": "claims", "channel": "platform", "received_on": "2026-01-05", "text": "虚构"}
_REQUEST = {"method", "url", "headers", "files", "data", "params", "auth", "cookies", "json"}


def _at_home(path: str) -> tuple[str, ...]:
    if path.startswith("/v1/oversight/"):
        return ("foshan-city", "suzhou-city", "auditor", "operator", "guicheng-town")
    return ("insurer-a", "suzhou-insurer-a")


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


@contextmanager
def fuzzer(database_url: str, folder: Path) -> Iterator[Fuzzer]:
    """A furnished gateway to ask."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stack = AsyncExitStack()

    async def begin() -> Gateway:
        return await stack.enter_async_context(opened(database_url, folder))

    gateway = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    found = Fuzzer(gateway, loop)
    try:
        found.run(found.furnish())
        yield found
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def takes_records(operation: Operation) -> bool:
    """Whether whole records are filed at this door."""
    last = operation.path.endswith(("/void", "/excuse", "/decision", "/document"))
    filed = operation.method.upper() in ("POST", "PUT") and operation.path.startswith("/v1/")
    collections = {kind.collection for kind in standard.KINDS.values()}
    return filed and not last and operation.path.split("/")[2] in collections


_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, -0.0, 10**18, 10**30, 1e300, "", " ", "甲", "A", "\0", "a\u0000b", "\ud800", "\u202e", "\n", "0", "0.00",
    "-1.00", "99999999999999.99", "1e5", "１", "NaN", "2026-02-30", "2026-02-28", "9999-12-31", "0001-01-01", "2026-01-01T00:00:00Z", "9" * 400,
    "甲" * 5_000, [], {}, [[]], [None], {"": 1}, [{}], "' OR 1=1 --", "=1+1", "440605199001019999", "91440605MA0000000X", "440605", "accident",
)  # fmt: skip


def spoiled(kind: str, chance: random.Random) -> Any:
    """A good record of the kind in which up to five things are replaced, taken out, renamed, doubled or exchanged."""
    document = copy.deepcopy(chance.choice((sample, every_member))(kind))
    for _ in range(chance.choice((0, 1, 1, 1, 2, 5))):
        places = list(_places(document))
        if not places:
            break
        holder, at = chance.choice(places)
        match chance.randrange(6):
            case 0 | 1:
                holder[at] = copy.deepcopy(chance.choice(_ODD))
            case 2:
                del holder[at]
            case 3 if isinstance(holder, dict):
                holder[str(at) + chance.choice(("s", "_", "\0", "\ud800", " "))] = holder.pop(at)
            case 4:
                other, there = chance.choice(places)
                holder[at] = copy.deepcopy(other[there])
            case _:
                holder[at] = [copy.deepcopy(holder[at])] * chance.choice((1, 2, 200))
    return document


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document: what holds it, and where."""
    for at, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, at
        if isinstance(value, dict | list):
            yield from _places(value)


def _written(documents: list[Any], chance: random.Random, *, lines: bool) -> bytes:
    """As bytes, of which one in ten bodies has lost or changed some."""
    texts = [json.dumps(document, ensure_ascii=True) for document in documents]
    body = ("\n".join(texts) if lines else texts[0] if len(texts) == 1 else f"[{','.join(texts)}]").encode()
    if chance.random() < 0.9:
        return body
    at = chance.randrange(len(body))
    return (
        body[:at]
        + chance.choice((b"", b"\0", b"\xff", b'"', b"}", b",", b"\\"))
        + body[at + chance.choice((0, 1, 100, len(body))) :]
    )


def share(operation: Operation, cases: int) -> int:
    """How many of ``cases`` for each operation and mode schemathesis invents: whole records take it long."""
    return max(1, cases // 50) if takes_records(operation) else cases


def attack(asking: Fuzzer, cases: int, *, first: int = 0) -> Iterator[str]:
    """Every operation in both modes, ``cases`` each; for records ten times as many spoiled ones. Yields what was wrong."""
    for operation in asking.operations():
        for mode in MODES:
            yield from asking.fuzz(operation, mode, share(operation, cases), first=first)
        if takes_records(operation):
            yield from asking.misfile(operation, 10 * cases, first=first)
