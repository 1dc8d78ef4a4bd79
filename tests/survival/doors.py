"""WHICH requests write? One good request for every address not in oversight_doors.py, and who sends it."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI

from ajx_gateway.app import create_app
from ajx_gateway.demo.codes import uscc
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.identity.tokens import ASSERTION_TYPE, issue_access_token, sign_client_assertion
from ajx_gateway.standard import KINDS
from ajx_gateway.standard.sample import sample
from ajx_gateway.store import clients
from ajx_gateway.store.database import Store

from .arena import settings_of

INSURER = Caller("survivor", "insurer", "示例保险（虚构）", insurer="91340302SURV000001")
REGULATOR = Caller("suzhou-city", "regulator", "宿州市应急管理局（示例）", territory="3413")
REVIEWER = Caller("suzhou-reviewer", "regulator", "宿州市应急管理局复核（示例）", territory="3413")
OPERATOR = Caller("operator", "operator", "运维（示例）")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SUZHOU_TOWN = "341302001"
_BEGIN = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent as often as wanted."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    caller: Caller | None


@dataclass
class Answer:
    """What went out: status 0 as long as nothing did."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    def take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            self.content += message.get("body", b"")

    @property
    def is_good(self) -> bool:
        return self.status in {200, 201}

    @property
    def is_repeated(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"

    def __str__(self) -> str:
        return f"{self.status} {self.content.decode(errors='replace')[:500]}"


@dataclass
class Clock:
    """Never stands still, and is moved on by who has to wait."""

    waited: timedelta = timedelta(0)
    ticks: Iterator[int] = field(default_factory=itertools.count)

    def __call__(self) -> datetime:
        return _BEGIN + self.waited + timedelta(milliseconds=next(self.ticks))


@dataclass
class World:
    """A gateway in this process, its callers' keys, and its clock."""

    app: FastAPI
    keys: dict[str, SigningKey]
    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def gateway(self) -> Any:
        return self.app.state.gateway

    @property
    def store(self) -> Store:
        store: Store = self.gateway.desk.store
        return store

    def connections_out(self) -> int:
        """How many of the pool's connections nobody gave back."""
        pool: Any = self.store.engine.pool
        return int(pool.checkedout())

    def connections(self) -> int:
        """How many connections the pool holds."""
        pool: Any = self.store.engine.pool
        return int(pool.checkedin())

    def token(self, caller: Caller) -> str:
        """One a caller: signing and remembering them is other tests' business."""
        if caller.name not in self.tokens:
            self.tokens[caller.name] = self._issued(caller)
        return self.tokens[caller.name]

    def _issued(self, caller: Caller) -> str:
        return issue_access_token(
            self.gateway.desk.key,
            subject=caller.name,
            role=caller.role,
            issuer=self.gateway.issuer,
            audience=self.gateway.base_url,
            now=_BEGIN,
            lifetime=timedelta(days=1),
        )

    def asked(self, call: Call, answer: Answer) -> Awaitable[None]:
        """The request handed to the application itself; ``answer`` is filled in as it goes out."""
        path, _, query = call.path.partition("?")
        headers = {**call.headers, "Host": "gateway", "Content-Length": str(len(call.body))}
        if call.caller is not None:
            headers["Authorization"] = f"Bearer {self.token(call.caller)}"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": call.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("gateway", 80),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": call.body, "more_body": False}

        async def send(message: Any) -> None:
            answer.take(message)

        return self.app(scope, receive, send)

    async def send(self, call: Call) -> Answer:
        """Through the whole application, without a network between."""
        answer = Answer()
        await self.asked(call, answer)
        return answer

    async def must(self, call: Call) -> Any:
        answer = await self.send(call)
        if not answer.is_good:
            raise AssertionError(f"{call.method} {call.path}: {answer}")
        return json.loads(answer.content)


@asynccontextmanager
async def world(folder: Path, database_url: str) -> AsyncIterator[World]:
    clock = Clock()
    app = create_app(settings_of(folder, database_url, 8321), clock=clock)
    async with app.router.lifespan_context(app):
        made = World(app, {}, clock)
        async with made.store.writing(system_scope("register the test's callers")) as tx:
            for caller in (INSURER, REGULATOR, REVIEWER, OPERATOR):
                key = made.keys.setdefault(caller.name, SigningKey.generate())
                await clients.register(tx, caller, key.public_jwk(), now=_BEGIN)
        yield made


def json_call(
    method: str, path: str, content: Any, caller: Caller, *, key: str | None = None, media: str = ""
) -> Call:
    headers = {"Content-Type": media or "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return Call(method, path, body, headers, caller)


def document_of(kind: str, number: int) -> dict[str, Any]:
    made = copy.deepcopy(sample(kind))
    made[KINDS[kind].key] = f"N-{number}"
    if kind == "policy":
        made["enterprise"] |= {"uscc": uscc("341302", 100_000 + number), "division": SUZHOU_TOWN}
    return made


async def stored(world: World, kind: str, number: int, **own: Any) -> dict[str, Any]:
    """A document that the gateway has accepted, with members of its own."""
    made = document_of(kind, number) | own
    path = f"/v1/{KINDS[kind].collection}"
    answer = await world.must(json_call("POST", path, made, INSURER, key=f"stored-{kind}-{number}"))
    if answer["verdict"] != "accepted":
        raise AssertionError(answer)
    return made


def _push(kind: str) -> Door:
    async def door(_world: World, number: int) -> Call:
        path = f"/v1/{KINDS[kind].collection}"
        return json_call("POST", path, document_of(kind, number), INSURER, key=f"push-{kind}-{number}")

    return door


def _put(kind: str) -> Door:
    async def door(world: World, number: int) -> Call:
        made = await stored(world, kind, number)
        later = datetime.fromisoformat(made["revised_at"]) + timedelta(seconds=1)
        path = f"/v1/{KINDS[kind].collection}/N-{number}"
        return json_call(
            "PUT", path, {**made, "revised_at": later.isoformat()}, INSURER, key=f"put-{kind}-{number}"
        )

    return door


def _void(kind: str) -> Door:
    async def door(world: World, number: int) -> Call:
        await stored(world, kind, number)
        path = f"/v1/{KINDS[kind].collection}/N-{number}/void"
        content = {"reason": "录入错误", "revised_at": _BEGIN.isoformat()}
        return json_call("POST", path, content, INSURER, key=f"void-{kind}-{number}")

    return door


async def _document(_world: World, number: int) -> Call:
    path = f"/v1/policies/N-{number}/document"
    return json_call("PUT", path, PDF, INSURER, key=f"document-{number}", media="application/pdf")


async def _excuse(world: World, number: int) -> Call:
    await stored(world, "policy", number)
    async with world.store.engine.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        clock_id = await raw.fetchval(
            "SELECT clock_id FROM clock WHERE subject_key = $1 AND applicable IS DISTINCT FROM false"
            " AND start_on IS NOT NULL ORDER BY clock LIMIT 1",
            f"N-{number}",
        )
    wanted = {"reason_code": "gateway_outage", "reason": "网关停机", "evidence": []}
    return json_call("POST", f"/v1/deadlines/{clock_id}/excuse", wanted, INSURER)


async def _decision(world: World, number: int) -> Call:
    asked = await world.must(await _excuse(world, number))
    content = {"decision": "dismissed", "reason": "理由不充分"}
    return json_call("POST", f"/v1/oversight/excuses/{asked['id']}/decision", content, REGULATOR)


async def _token(world: World, _number: int) -> Call:
    assertion = sign_client_assertion(
        world.keys[INSURER.name],
        client=INSURER.name,
        audience=world.gateway.issuer,
        now=world.clock(),
        lifetime=timedelta(minutes=4),
    )
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Call("POST", "/oauth2/token", urlencode(form).encode(), headers, None)


Door = Callable[[World, int], Awaitable[Call]]
DOORS: dict[tuple[str, str], Door] = {
    ("PUT", "/v1/policies/{policy_no}/document"): _document,
    ("POST", "/v1/deadlines/{id}/excuse"): _excuse,
    ("POST", "/v1/oversight/excuses/{id}/decision"): _decision,
    ("POST", "/oauth2/token"): _token,
}
for _kind in KINDS.values():
    _record = f"/v1/{_kind.collection}/{{{_kind.key}}}"
    DOORS["POST", f"/v1/{_kind.collection}"] = _push(_kind.name)
    DOORS["PUT", _record] = _put(_kind.name)
    DOORS["POST", f"{_record}/void"] = _void(_kind.name)
