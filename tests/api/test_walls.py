"""What surrounds every request, tried on an app of a few lines."""

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from structlog.testing import capture_logs

from ajx_gateway import errors
from ajx_gateway.api import middleware, problems
from ajx_gateway.api.envelope import record_key


def small_app() -> FastAPI:
    walls = [
        Middleware(middleware.Wall, secure=True),
        Middleware(middleware.Metrics, registry=CollectorRegistry()),
        Middleware(middleware.HeadAsGet),
        Middleware(middleware.RecordKeys),
    ]
    app = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False, middleware=walls)
    problems.register(app)

    @app.get("/count")
    async def count(number: int) -> int:
        return number

    @app.get("/fail")
    async def fail() -> None:
        raise KeyError("440605199001011234")

    @app.get("/refuse/{code}")
    async def refuse(code: str) -> None:
        leaf = next(leaf for leaf in errors.leaves() if leaf.code == code)
        raise leaf("具体情况", field="premium")

    @app.get("/v1/policies/{policy_no:path}/history")
    async def history(request: Request) -> Response:
        return PlainTextResponse("history of " + record_key(request, "policy_no"))

    @app.get("/v1/policies/{policy_no:path}")
    async def fetch(request: Request) -> Response:
        return PlainTextResponse(record_key(request, "policy_no"))

    return app


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(small_app()), base_url="http://gateway")


@pytest.mark.parametrize("leaf", errors.leaves(), ids=lambda leaf: leaf.code)
async def test_every_refusal_of_the_tree_is_a_problem(
    client: httpx.AsyncClient, leaf: type[errors.GatewayError]
) -> None:
    answer = await client.get(f"/refuse/{leaf.code}")
    assert answer.status_code == leaf.status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"].endswith(f"/problems/{leaf.code}")
    assert (told["title"], told["status"], told["code"]) == (leaf.title, leaf.status, leaf.code)
    assert told["detail"] == "具体情况"
    assert told["field"] == "premium"
    assert told["request_id"] == answer.headers["request-id"]
    if leaf.status in (429, 503):
        assert int(answer.headers["retry-after"]) > 0
    if leaf.status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_kind_of_problem_has_an_explanation() -> None:
    explained = {each.code for each in problems.explanations()}
    assert explained >= {leaf.code for leaf in errors.leaves()} | {"service.internal"}
    assert all(each.mend for each in problems.explanations())


async def test_an_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "resource.not_found")


async def test_a_wrong_method_is_a_problem_that_says_what_is_allowed(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/count")
    assert (answer.status_code, answer.json()["code"]) == (405, "request.method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_options_tells_the_methods_without_complaint(client: httpx.AsyncClient) -> None:
    answer = await client.options("/count")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, HEAD, OPTIONS", b"")


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/count", params={"number": 7})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "1"


async def test_a_parameter_fault_never_repeats_what_was_sent(client: httpx.AsyncClient) -> None:
    answer = await client.get("/count", params={"number": "440605199001011234X"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.unprocessable")
    assert answer.json()["errors"] == [{"in": "query", "name": "number", "rule": "int_parsing"}]
    assert "440605199001011234" not in answer.text


async def test_an_unexpected_failure_tells_nothing_outside_and_no_data_inside(
    client: httpx.AsyncClient,
) -> None:
    with capture_logs() as logs:
        answer = await client.get("/fail")
    assert (answer.status_code, answer.json()["code"]) == (500, "service.internal")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "440605199001011234" not in answer.text + repr(logs)
    assert "KeyError" not in answer.text
    assert [entry["error"] for entry in logs] == ["builtins.KeyError"]
    assert logs[0]["request_id"] == answer.json()["request_id"]


@pytest.mark.parametrize("stated", ["my-request.1", "a" * 64])
async def test_a_sane_request_id_is_kept(client: httpx.AsyncClient, stated: str) -> None:
    answer = await client.get("/count?number=1", headers={"Request-Id": stated})
    assert answer.headers["request-id"] == stated


@pytest.mark.parametrize("stated", ["", "a" * 65, "a b", "<script>", "编号"])
async def test_an_insane_request_id_is_replaced(client: httpx.AsyncClient, stated: str) -> None:
    answer = await client.get("/count?number=1", headers={"Request-Id": stated.encode()})
    assert answer.headers["request-id"] != stated
    assert len(answer.headers["request-id"]) == 32


async def test_every_response_carries_the_safe_headers(client: httpx.AsyncClient) -> None:
    for path in ("/count?number=1", "/nowhere", "/fail"):
        answer = await client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert answer.headers["strict-transport-security"]
        assert answer.headers["request-id"]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1/policies/A%2FB", "A/B"),
        ("/v1/policies/A/B", "A/B"),
        ("/v1/policies/A/history", "history of A"),
        ("/v1/policies/A%2Fhistory", "A/history"),
        ("/v1/policies/A%2fhistory/history", "history of A/history"),
        ("/v1/policies/A%2FB/history", "history of A/B"),
    ],
)
async def test_an_encoded_slash_belongs_to_the_key(client: httpx.AsyncClient, path: str, answer: str) -> None:
    assert (await client.get(path)).text == answer


@pytest.mark.parametrize("key", ["-A", "%20", "A" * 65, "保单", "A%00"])
async def test_a_key_that_cannot_exist_is_not_found(client: httpx.AsyncClient, key: str) -> None:
    assert (await client.get(f"/v1/policies/{key}")).status_code == 404
