"""The insurers' doors over HTTP: envelopes, bodies, answers."""

import gzip
import json
import uuid
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
import zstandard

from ajx_gateway.app import create_app
from ajx_gateway.settings import Settings
from ajx_gateway.standard import CURRENT, KINDS, VERSIONS
from ajx_gateway.standard.sample import sample

from .conftest import INSURER, OTHER, Running

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def fresh(key: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": key or uuid.uuid4().hex}


def policy(policy_no: str, **changed: object) -> dict[str, object]:
    return {**sample("policy"), "policy_no": policy_no, **changed}


async def push(client: httpx.AsyncClient, *documents: object, **headers: str) -> httpx.Response:
    return await client.post("/v1/policies", json=list(documents), headers={**fresh(), **headers})


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=lambda kind: kind.name)
async def test_every_collection_takes_its_published_example(insurer: httpx.AsyncClient, kind: object) -> None:
    document = sample(kind.name)  # type: ignore[attr-defined]
    collection, key = kind.collection, document[kind.key]  # type: ignore[attr-defined]
    answer = await insurer.post(f"/v1/{collection}", json=document, headers=fresh())
    assert answer.status_code == 200, answer.text
    assert answer.json()["verdict"] == "accepted", answer.text
    assert answer.headers["data-standard"] == CURRENT
    read = await insurer.get(f"/v1/{collection}/{key}")
    assert read.json()["record"] == document
    assert read.headers["etag"] == '"1"'
    history = await insurer.get(f"/v1/{collection}/{key}/history")
    assert [each["version"] for each in history.json()["items"]] == [1]


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
async def test_an_ndjson_batch_may_be_compressed(insurer: httpx.AsyncClient, coding: str) -> None:
    documents = [policy(f"ND-{coding}-{number}") for number in range(3)]
    body = b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in documents)
    packed = {"gzip": gzip.compress, "zstd": zstandard.compress}.get(coding, bytes)(body)
    headers = {**fresh(), "Content-Type": "application/x-ndjson", "Content-Encoding": coding}
    answer = await insurer.post("/v1/policies", content=packed, headers=headers)
    assert answer.json()["counts"]["created"] == 3


async def test_the_same_key_gives_the_same_bytes_and_says_so(insurer: httpx.AsyncClient) -> None:
    sent, headers = [policy("IDEM-1")], fresh()
    first = await insurer.post("/v1/policies", json=sent, headers=headers)
    again = await insurer.post("/v1/policies", json=sent, headers=headers)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    other = await insurer.post("/v1/policies", json=[policy("IDEM-2")], headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")


async def test_a_push_without_an_idempotency_key_is_told_how_to_mend_it(insurer: httpx.AsyncClient) -> None:
    answer = await insurer.post("/v1/policies", json=[])
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", "x" * 129, "编号", "a\tb"])
async def test_an_idempotency_key_has_1_to_128_printable_ascii_characters(
    insurer: httpx.AsyncClient, key: str
) -> None:
    answer = await insurer.post("/v1/policies", json=[], headers={"Idempotency-Key": key.encode()})  # type: ignore[dict-item]
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("request.malformed", "request.unprocessable")


async def test_an_unknown_standard_version_lists_the_supported_ones(insurer: httpx.AsyncClient) -> None:
    answer = await push(insurer, policy("V-1"), **{"Data-Standard": "9.9"})
    assert (answer.status_code, answer.json()["supported"]) == (422, list(VERSIONS))


@pytest.mark.parametrize(
    "query", ["dry_run=yes", "dry_run=1", "atomic=TRUE", "dry-run=true", "dry_run=true&dry_run=false"]
)
async def test_switches_are_exactly_true_or_false_and_never_mistyped(
    insurer: httpx.AsyncClient, query: str
) -> None:
    answer = await insurer.post(f"/v1/policies?{query}", json=[policy("SWITCH")], headers=fresh())
    assert (answer.status_code, answer.json()["code"]) == (422, "request.unprocessable")
    assert (await insurer.get("/v1/policies/SWITCH")).status_code == 404


async def test_a_dry_run_writes_nothing(insurer: httpx.AsyncClient) -> None:
    answer = await insurer.post("/v1/policies?dry_run=true", json=[policy("DRY")], headers=fresh())
    assert (answer.status_code, answer.json()["dry_run"]) == (200, True)
    assert (await insurer.get("/v1/policies/DRY")).status_code == 404


async def test_an_atomic_push_with_a_rejected_item_is_a_422_of_the_same_shape(
    insurer: httpx.AsyncClient,
) -> None:
    spoilt = policy("ATOM-2", insured_count=-1)
    answer = await insurer.post("/v1/policies?atomic=true", json=[policy("ATOM-1"), spoilt], headers=fresh())
    assert (answer.status_code, answer.json()["counts"]["rejected"]) == (422, 2)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[]", {"Content-Type": "text/plain"}, 415),
        (b"[]", {"Content-Type": "application/json; charset=gbk"}, 415),
        (b"[]", {"Content-Type": "application/json", "Content-Encoding": "br"}, 415),
        (b"[]", {"Content-Type": "application/json", "Content-Encoding": "gzip"}, 400),
        (
            gzip.compress(b"[]", mtime=0) + b"junk",
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            400,
        ),
        (b"", {"Content-Type": "application/json"}, 400),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"\xff\xfe[\x00]\x00", {"Content-Type": "application/json"}, 400),
        (b"nothing", {"Content-Type": "application/json"}, 400),
    ],
)
async def test_what_cannot_be_read_is_a_problem(
    insurer: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await insurer.post("/v1/policies", content=body, headers={**fresh(), **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_body_above_the_limit_is_a_413_however_it_is_packed(
    installation: Callable[..., Settings], gateway: Running
) -> None:
    small = create_app(installation(max_body_bytes=4096), clock=gateway.clock)
    async with (
        small.router.lifespan_context(small),
        Running(small, {}, gateway.clock).client(INSURER) as client,
    ):
        packed = {**fresh(), "Content-Type": "application/json", "Content-Encoding": "gzip"}
        bomb = await client.post("/v1/policies", content=gzip.compress(b" " * 9_000_000), headers=packed)
        plain = await client.post("/v1/policies", json="x" * 5000, headers=fresh())
    assert [bomb.status_code, plain.status_code] == [413, 413]
    assert plain.json()["limit"] == 4096


async def test_put_honours_if_match(insurer: httpx.AsyncClient) -> None:
    created = await insurer.put("/v1/policies/PUT-1", json=policy("PUT-1"), headers=fresh())
    assert (created.status_code, created.headers["etag"]) == (200, '"1"')
    later = policy("PUT-1", revised_at="2026-11-20T12:00:00+08:00", promised_settlement_days=9)
    stale = await insurer.put("/v1/policies/PUT-1", json=later, headers={**fresh(), "If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "record.stale_precondition")
    updated = await insurer.put("/v1/policies/PUT-1", json=later, headers={**fresh(), "If-Match": '"1"'})
    assert updated.headers.get("etag") == '"2"', updated.text


async def test_put_refuses_a_body_with_another_key(insurer: httpx.AsyncClient) -> None:
    answer = await insurer.put("/v1/policies/PUT-2", json=policy("PUT-3"), headers=fresh())
    assert answer.status_code == 422


async def test_a_key_with_slashes_works_at_every_door(insurer: httpx.AsyncClient) -> None:
    key, path = "P/2026/void", "/v1/policies/P%2F2026%2Fvoid"
    assert (await push(insurer, policy(key))).json()["verdict"] == "accepted"
    assert (await insurer.get(path)).json()["key"] == key
    assert len((await insurer.get(f"{path}/history")).json()["items"]) == 1
    document = await insurer.put(
        f"{path}/document", content=PDF, headers={**fresh(), "Content-Type": "application/pdf"}
    )
    assert document.status_code == 200, document.text
    reason = {"reason": "重复录入", "revised_at": "2026-11-21T00:00:00+08:00"}
    voided = await insurer.post(f"{path}/void", json=reason, headers=fresh())
    assert voided.status_code == 200, voided.text
    assert (await insurer.get(path)).json()["voided"] is True


async def test_as_of_shows_the_record_as_it_stood(insurer: httpx.AsyncClient, gateway: Running) -> None:
    await push(insurer, policy("ASOF"))
    between = gateway.clock().isoformat()
    gateway.clock.offset[0] += timedelta(seconds=1)
    await push(insurer, policy("ASOF", revised_at="2026-11-20T12:00:00+08:00", promised_settlement_days=9))
    then = await insurer.get("/v1/policies/ASOF", params={"as_of": between})
    assert (then.json()["version"], "etag" in then.headers) == (1, False)
    unescaped = await insurer.get("/v1/policies/ASOF?as_of=" + between)
    assert unescaped.json()["version"] == 1
    assert (await insurer.get("/v1/policies/ASOF?as_of=2020-01-01T00:00:00Z")).status_code == 404


@pytest.mark.parametrize("as_of", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", "1700000000", ""])
async def test_as_of_needs_an_instant_with_an_offset(insurer: httpx.AsyncClient, as_of: str) -> None:
    assert (await insurer.get("/v1/policies/ASOF", params={"as_of": as_of})).status_code == 422


async def test_another_insurers_record_looks_absent(gateway: Running, insurer: httpx.AsyncClient) -> None:
    await push(insurer, policy("MINE"))
    async with gateway.client(OTHER) as other:
        foreign, absent = await other.get("/v1/policies/MINE"), await other.get("/v1/policies/NONE")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["detail"] == absent.json()["detail"]


async def test_history_also_comes_as_a_sheet(insurer: httpx.AsyncClient) -> None:
    await push(insurer, policy("SHEET"))
    sheet = await insurer.get("/v1/policies/SHEET/history.csv")
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert sheet.content.startswith(b"\xef\xbb\xbf")
    book = await insurer.get("/v1/policies/SHEET/history.xlsx")
    assert book.content.startswith(b"PK")


@pytest.mark.parametrize("body", [b"not a pdf", b"", PDF[:-8]])
async def test_the_document_door_refuses_what_is_no_policy(insurer: httpx.AsyncClient, body: bytes) -> None:
    headers = {**fresh(), "Content-Type": "application/pdf"}
    answer = await insurer.put("/v1/policies/DOC/document", content=body, headers=headers)
    assert answer.status_code in (400, 415)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_demo_clock_is_ignored_outside_the_demo(
    insurer: httpx.AsyncClient, gateway: Running
) -> None:
    answer = await push(insurer, policy("CLOCK"), **{"Demo-Clock": "2022-03-04T05:06:07+08:00"})
    assert not answer.json()["received_at"].startswith("2022")


async def test_the_demo_clock_is_the_requests_now_in_the_demo(
    installation: Callable[..., Settings], gateway: Running
) -> None:
    demo = create_app(installation(demo_clock=True), clock=gateway.clock)
    async with demo.router.lifespan_context(demo), Running(demo, {}, gateway.clock).client(INSURER) as client:
        answer = await push(client, policy("DEMO"), **{"Demo-Clock": "2026-03-04T05:06:07+08:00"})
        assert answer.json()["received_at"] == "2026-03-04T05:06:07+08:00"
        spoilt = await push(client, policy("DEMO"), **{"Demo-Clock": "yesterday"})
    assert spoilt.status_code == 422


async def test_a_caller_above_its_allowance_gets_a_429(
    installation: Callable[..., Settings], gateway: Running
) -> None:
    limited = create_app(installation(rate_limit_per_second=0.5, rate_limit_burst=2), clock=gateway.clock)
    async with (
        limited.router.lifespan_context(limited),
        Running(limited, {}, gateway.clock).client(INSURER) as client,
    ):
        statuses = [(await client.get("/v1/policies/NONE")).status_code for _ in range(3)]
        last = await client.get("/v1/policies/NONE")
    assert statuses == [404, 404, 429]
    assert int(last.headers["retry-after"]) >= 1


async def test_a_database_that_is_gone_is_a_503_that_says_when_to_come_back(
    installation: Callable[..., Settings], gateway: Running
) -> None:
    nowhere = installation(database_url="postgresql://nobody:x@127.0.0.1:9/none")
    app = create_app(nowhere, clock=gateway.clock)
    async with app.router.lifespan_context(app), Running(app, {}, gateway.clock).client(INSURER) as client:
        answers = [await client.get("/v1/policies/NONE"), await client.get("/readyz")]
        alive = await client.get("/livez")
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "service.unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    assert alive.status_code == 200
