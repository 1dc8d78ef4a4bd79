"""The client against a server that misbehaves on purpose: one key, bounded patience, fresh assertions."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest
import zstandard

from ajx_gateway.client import GatewayClient, Patience, Refused, Reply, Unreachable
from ajx_gateway.identity import SigningKey
from ajx_gateway.identity.tokens import ASSERTION_TYPE, verify_client_assertion

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
ISSUER = "https://issuer.example"
KEY = SigningKey.generate()
ANSWER = {"verdict": "accepted", "counts": {"created": 1}}

Answerer = Callable[[httpx.Request, int], httpx.Response]


class Stage:
    """A gateway's outside: a real token endpoint, and whatever the test makes of the rest."""

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer
        self.now = NOW
        self.waits: list[float] = []
        self.tokens: list[str] = []
        self.requests: list[httpx.Request] = []
        self.spent: set[str] = set()

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/oauth-authorization-server":
            return httpx.Response(200, json={"issuer": ISSUER})
        if request.url.path == "/oauth2/token":
            return self.token(request)
        self.requests.append(request)
        return self.answer(request, len(self.requests))

    def token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        assert (form["grant_type"], form["client_assertion_type"]) == ("client_credentials", ASSERTION_TYPE)
        claims = verify_client_assertion(
            form["client_assertion"],
            find_key=lambda client, kid: KEY.verifying,
            audience=ISSUER,
            now=self.now,
        )
        assert claims.jti not in self.spent, "an assertion was used twice"
        self.spent.add(claims.jti)
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        return httpx.Response(200, json={"access_token": self.tokens[-1], "expires_in": 600})

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    @asynccontextmanager
    async def client(self, patience: Patience | None = None) -> AsyncIterator[GatewayClient]:
        async with GatewayClient(
            "http://gateway.example",
            "insurer-a",
            KEY,
            patience=patience,
            transport=httpx.MockTransport(self.handle),
            clock=lambda: self.now,
            sleep=self.sleep,
        ) as client:
            yield client


def good(request: httpx.Request, number: int) -> httpx.Response:
    return httpx.Response(200, json=ANSWER)


def in_turn(*answers: httpx.Response | Exception) -> Answerer:
    def answer(request: httpx.Request, number: int) -> httpx.Response:
        outcome = answers[min(number, len(answers)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return answer


async def test_a_push_carries_token_key_media_and_switches() -> None:
    stage = Stage(good)
    async with stage.client() as client:
        reply = await client.push(
            "policies", b"{}\n", media="ndjson", key="k-1", dry_run=True, headers={"Data-Standard": "1.0"}
        )
    sent = stage.requests[0]
    assert reply.json() == ANSWER
    assert (sent.method, sent.url.path, sent.url.query) == ("POST", "/v1/policies", b"dry_run=true")
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert sent.headers["Content-Type"] == "application/x-ndjson"
    assert (sent.headers["Idempotency-Key"], sent.headers["Data-Standard"]) == ("k-1", "1.0")


async def test_a_compressed_push_unpacks_to_the_same_bytes() -> None:
    stage = Stage(good)
    body = b'{"policy_no":"P-1"}\n' * 1000
    async with stage.client() as client:
        await client.push("policies", body, media="ndjson", key="k", compress=True)
    assert stage.requests[0].headers["Content-Encoding"] == "zstd"
    assert zstandard.decompress(stage.requests[0].content) == body


@pytest.mark.parametrize(
    "first",
    [
        httpx.Response(409, headers={"Retry-After": "2"}),
        httpx.Response(429, headers={"Retry-After": "2"}),
        httpx.Response(503, headers={"Retry-After": "2"}),
        httpx.Response(429, headers={"Retry-After": "Sat, 21 Nov 2026 08:00:02 GMT"}),
    ],
    ids=["in flight", "rate limited", "overloaded", "HTTP date"],
)
async def test_later_means_the_same_request_with_the_same_key_after_the_stated_time(
    first: httpx.Response,
) -> None:
    stage = Stage(in_turn(first, httpx.Response(200, json=ANSWER)))
    async with stage.client() as client:
        reply = await client.push("policies", b"[]", media="json", key="k-9")
    assert reply.status == 200
    assert stage.waits == [2.0]
    assert [sent.headers["Idempotency-Key"] for sent in stage.requests] == ["k-9", "k-9"]
    assert stage.requests[0].content == stage.requests[1].content == b"[]"


async def test_a_lost_connection_is_tried_again_with_growing_pauses() -> None:
    stage = Stage(in_turn(httpx.ConnectError("x"), httpx.ReadError("x"), httpx.Response(200, json=ANSWER)))
    async with stage.client() as client:
        await client.push("policies", b"[]", media="json", key="k")
    assert len(stage.requests) == 3
    assert 0.25 <= stage.waits[0] <= 0.5 <= stage.waits[1] <= 1.0


async def test_patience_ends_after_its_attempts() -> None:
    stage = Stage(in_turn(httpx.ConnectTimeout("x")))
    async with stage.client(Patience(attempts=3)) as client:
        with pytest.raises(Unreachable, match="尝试 3 次"):
            await client.get("/v1/deadlines")
    assert len(stage.requests) == 3


@pytest.mark.parametrize("stated", ["3600", "9" * 30, "Sun, 22 Nov 2026 08:00:00 GMT"])
async def test_a_wait_beyond_our_patience_is_not_waited_at_all(stated: str) -> None:
    busy = httpx.Response(
        503, headers={"Retry-After": stated, "Content-Type": "application/problem+json"}, json={"code": "x"}
    )
    stage = Stage(in_turn(busy))
    async with stage.client(Patience(seconds=30)) as client:
        with pytest.raises(Refused) as refusal:
            await client.get("/v1/deadlines")
    assert (refusal.value.status, stage.waits, len(stage.requests)) == (503, [], 1)


@pytest.mark.parametrize("stated", ["", "-5", "soon", "١٢", "Sat, 21 Nov 2026", "1e9"])
async def test_a_senseless_retry_after_falls_back_to_our_own_pause(stated: str) -> None:
    busy = httpx.Response(429, headers=[(b"Retry-After", stated.encode())])
    stage = Stage(in_turn(busy, httpx.Response(200, json=ANSWER)))
    async with stage.client() as client:
        assert (await client.get("/v1/deadlines")).status == 200
    assert 0 < stage.waits[0] <= 0.5


async def test_a_token_is_kept_until_shortly_before_it_ends() -> None:
    stage = Stage(good)
    async with stage.client() as client:
        await client.get("/v1/deadlines")
        stage.now += timedelta(seconds=569)
        await client.get("/v1/deadlines")
        assert stage.tokens == ["token-1"]
        stage.now += timedelta(seconds=1)
        await client.get("/v1/deadlines")
    assert stage.tokens == ["token-1", "token-2"]


async def test_a_refused_token_is_renewed_once_and_not_for_ever() -> None:
    problem = {"code": "auth.invalid_token", "detail": "身份凭证无效"}
    stage = Stage(in_turn(httpx.Response(401, json=problem)))
    async with stage.client() as client:
        with pytest.raises(Refused, match="身份凭证无效") as refusal:
            await client.get("/v1/deadlines")
    assert refusal.value.code == "auth.invalid_token"
    assert stage.tokens == ["token-1", "token-2"]


async def test_a_retried_token_request_brings_a_fresh_assertion() -> None:
    class Losing(Stage):
        def token(self, request: httpx.Request) -> httpx.Response:
            answer = super().token(request)
            if len(self.spent) == 1:
                raise httpx.ReadError("the answer is lost")
            return answer

    stage = Losing(good)
    async with stage.client() as client:
        await client.get("/v1/deadlines")
    assert len(stage.spent) == 2


async def test_a_refused_atomic_push_is_an_answer_and_a_problem_is_an_error() -> None:
    rejected = httpx.Response(422, json={"verdict": "rejected"})
    reused = httpx.Response(
        422,
        headers={"Content-Type": "application/problem+json"},
        content=json.dumps({"code": "idempotency.key_reused", "title": "幂等键已用于其他内容"}).encode(),
    )
    stage = Stage(in_turn(rejected, reused))
    async with stage.client() as client:
        reply = await client.push("policies", b"[]", media="json", key="k", atomic=True)
        assert (reply.status, reply.json()["verdict"]) == (422, "rejected")
        with pytest.raises(Refused, match="幂等键已用于其他内容"):
            await client.push("policies", b"[]", media="json", key="k", atomic=True)


async def test_an_answer_that_is_no_gateways_is_an_error_too() -> None:
    stage = Stage(in_turn(httpx.Response(404, text="<html>nginx</html>"), httpx.Response(400, json=[1])))
    async with stage.client() as client:
        for _ in range(2):
            with pytest.raises(Refused, match="HTTP 4"):
                await client.get("/nowhere")


async def test_record_keys_are_escaped_in_paths() -> None:
    stage = Stage(good)
    async with stage.client() as client:
        await client.put_record("policies", "P/1", b"{}", key="a", headers={"If-Match": '"3"'})
        await client.void("policies", "P/1", b"{}", key="b")
        await client.put_document("P/1", b"%PDF-", media_type="application/pdf", key="c")
    assert [(sent.method, sent.url.raw_path) for sent in stage.requests] == [
        ("PUT", b"/v1/policies/P%2F1"),
        ("POST", b"/v1/policies/P%2F1/void"),
        ("PUT", b"/v1/policies/P%2F1/document"),
    ]
    assert stage.requests[0].headers["If-Match"] == '"3"'
    assert stage.requests[2].headers["Content-Type"] == "application/pdf"


def test_a_replay_is_recognised() -> None:
    assert Reply(200, {"idempotent-replayed": "true"}, b"").replayed
    assert not Reply(200, {}, b"").replayed
