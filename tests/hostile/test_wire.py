"""Bombs, lies, drips and nonsense on the wire: refused in good time, nothing stored, the next caller served."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Callable

import pytest
import zstandard

from ajx_gateway.identity import system_scope

from .corpus import MARKED, marked
from .gateway import Gateway
from .wire import PATIENCE, QUIET, Listening, statuses

MIB = 1024 * 1024
GOOD = json.dumps(marked("policy"), ensure_ascii=False).encode()
JSON = "Content-Type: application/json"


async def filings(gateway: Gateway) -> int:
    async with gateway.store.reading(system_scope("count the filings")) as tx:
        return int((await tx.fetch("SELECT count(*) AS filings FROM filing"))[0]["filings"])


# --- compressed bodies -----------------------------------------------------------------------------------------


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def _far_window() -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=30, compression_level=1)
    return (
        zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(b"{}") + b"\x00" * 16
    )


def _deflated_lie() -> bytes:
    """A gzip member whose trailer says that it holds nothing."""
    whole = bytearray(gzip.compress(GOOD))
    whole[-4:] = b"\0\0\0\0"
    return bytes(whole)


BOMBS: dict[str, tuple[str, Callable[[], bytes], set[int]]] = {
    "gzip of 1 GiB of zeros": ("gzip", lambda: gzip.compress(bytes(16 * MIB)) * 64, {413}),
    "zstd of 1 GiB of zeros": ("zstd", lambda: _zstd(bytes(1024 * MIB)), {413}),
    "zstd of 1 GiB in small frames": ("zstd", lambda: _zstd(bytes(MIB)) * 1024, {413}),
    "gzip of blanks, just above the limit": ("gzip", lambda: gzip.compress(b" " * (64 * MIB + 1)), {413}),
    "gzip of blanks, just below the limit": ("gzip", lambda: gzip.compress(b" " * (64 * MIB)), {400}),
    "gzip of 64 MiB of brackets": ("gzip", lambda: gzip.compress(b"[" * (64 * MIB)), {400}),
    "zstd of 64 MiB of empty objects": ("zstd", lambda: _zstd(b"[" + b"{}," * (21 * MIB) + b"{}]"), {413}),
    "zstd of a text of 64 MiB": ("zstd", lambda: _zstd(b'{"a":"' + b"a" * (63 * MIB) + b'"}'), {200}),
    "gzip in gzip, told once": ("gzip", lambda: gzip.compress(gzip.compress(bytes(64 * MIB))), {400}),
    "gzip in gzip, told twice": ("gzip, gzip", lambda: gzip.compress(gzip.compress(GOOD)), {415}),
    "gzip in zstd in gzip": ("gzip, zstd, gzip", lambda: gzip.compress(_zstd(gzip.compress(GOOD))), {415}),
    "a hundred thousand empty gzip members": ("gzip", lambda: gzip.compress(b"") * 100_000, {400}),
    "a hundred thousand empty zstd frames": ("zstd", lambda: _zstd(b"") * 100_000, {400}),
    "a zstd window of 1 GiB": ("zstd", _far_window, {400}),
    "a zstd dictionary that nobody has": ("zstd", lambda: b"\x28\xb5\x2f\xfd\x03\xff\xff\xff\xff\x00\x01\x00\x00", {400}),
    "a skippable zstd frame": ("zstd", lambda: b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + _zstd(GOOD), {200, 400}),
    "a gzip that lies about its length": ("gzip", _deflated_lie, {400}),
    "a gzip cut in the middle": ("gzip", lambda: gzip.compress(GOOD)[:-20], {400}),
    "a gzip followed by junk": ("gzip", lambda: gzip.compress(GOOD) + b"junk", {400}),
    "plain bytes called gzip": ("gzip", lambda: GOOD, {400}),
    "plain bytes called zstd": ("zstd", lambda: GOOD, {400}),
    "zlib called gzip": ("gzip", lambda: zlib.compress(GOOD), {400}),
    "nothing called gzip": ("gzip", lambda: b"", {400}),
    "brotli": ("br", lambda: GOOD, {415}),
    "deflate": ("deflate", lambda: zlib.compress(GOOD), {415}),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_without_much_work(gateway: Gateway, name: str) -> None:
    coding, make, expected = BOMBS[name]
    body = make()
    before = await filings(gateway)
    async with gateway.client("insurer-a") as client:
        begun = time.process_time()
        headers = {"Content-Type": "application/json", "Content-Encoding": coding, "Idempotency-Key": name}
        answer = await client.post("/v1/policies", content=body, headers=headers)
        took = time.process_time() - begun
    assert answer.status_code in expected, answer.text[:300]
    assert took < 10  # seconds of processor time, however busy the machine is
    assert await filings(gateway) == before + (answer.status_code == 200)
    assert answer.status_code == 200 or answer.headers["content-type"] == "application/problem+json"


_CROWDED = b'{"a' + b'":1,"a'.join(b"%d" % n for n in range(100)) + b'":1}'


@pytest.mark.parametrize(("what", "count"), [(b"{}", 10_000), (_CROWDED, 500)])
async def test_thousands_of_wrong_records_are_answered_briefly(
    gateway: Gateway, what: bytes, count: int
) -> None:
    """Thirty kilobytes of empty objects were once answered with forty-five megabytes."""
    async with gateway.client("insurer-a") as client:
        answer = await client.post(
            "/v1/policies",
            content=b"\n".join([what] * count),
            headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": f"brief {len(what)}"},
        )
    told = answer.json()
    assert told["counts"]["rejected"] == count
    assert all(item["findings"] for item in told["items"])
    # The first ones are told everything, the others that there is more.
    assert len(told["items"][0]["findings"]) > 10
    assert [finding["rule"] for finding in told["items"][-1]["findings"]][1:] == ["shape.too_many"]
    assert len(answer.content) < 20 * MIB


# --- requests that are none ------------------------------------------------------------------------------------


def _length(body: bytes) -> str:
    return f"Content-Length: {len(body)}"


_CHUNKED = (JSON, "Transfer-Encoding: chunked")
# What may come back: the statuses, in order; (): the server just hangs up.
LIES: dict[str, tuple[Callable[[Listening], bytes], list[tuple[int, ...]]]] = {
    "a length too long, then the end": (lambda at: at.head(JSON, f"Content-Length: {len(GOOD) + 1}") + GOOD, [(), (400,)]),
    "a length too short": (lambda at: at.head(JSON, "Content-Length: 10") + GOOD, [(400,), (400, 400)]),
    "a negative length": (lambda at: at.head(JSON, "Content-Length: -1") + GOOD, [(400,)]),
    "a length that is no number": (lambda at: at.head(JSON, "Content-Length: many") + GOOD, [(400,)]),
    "a length beyond all bounds": (lambda at: at.head(JSON, "Content-Length: 99999999999999999999999") + GOOD, [(400,), (413,)]),
    "a length of a terabyte": (lambda at: at.head(JSON, "Content-Length: 1099511627776") + GOOD, [(413,)]),
    "two lengths": (lambda at: at.head(JSON, _length(GOOD), "Content-Length: 3") + GOOD, [(400,)]),
    "a length with a plus": (lambda at: at.head(JSON, f"Content-Length: +{len(GOOD)}") + GOOD, [(400,)]),
    "a length and chunks": (lambda at: at.head(*_CHUNKED, _length(GOOD)) + b"0\r\n\r\n", [(400,)]),
    "chunks that are none": (lambda at: at.head(*_CHUNKED) + b"zz\r\n{}\r\n0\r\n\r\n", [(), (400,)]),
    "a chunk without an end": (lambda at: at.head(*_CHUNKED) + b"ffffffff\r\n{}", [(), (400,)]),
    "a chunk of 2^64": (lambda at: at.head(*_CHUNKED) + b"10000000000000000\r\n{}", [(), (400,)]),
    "no last chunk": (lambda at: at.head(*_CHUNKED) + b"2\r\n{}\r\n", [(), (400,)]),
    "an encoding nobody knows": (lambda at: at.head(JSON, "Transfer-Encoding: gzip") + GOOD, [(), (400,), (501,)]),
    "no body at all": (lambda at: at.head(JSON), [(400,)]),
    "no length": (lambda at: at.head(JSON) + GOOD, [(400,), (400, 400)]),
    "a header without a colon": (lambda at: at.head("nonsense", _length(b"{}")) + b"{}", [(400,)]),
    "a header with a NUL": (lambda at: at.head("X-A: a\0b", _length(b"{}")) + b"{}", [(400,)]),
    "a header in two lines": (lambda at: at.head("X-A: a\r\n b", JSON, _length(b"{}")) + b"{}", [(400,), (200,)]),
    "a header with a blank before the colon": (lambda at: at.head("X-A : a", _length(b"{}")) + b"{}", [(400,), (415,)]),
    "a header name with a bracket": (lambda at: at.head("X[A: a", _length(b"{}")) + b"{}", [(400,)]),
    "a header of a megabyte": (lambda at: at.head("X-A: " + "a" * MIB, _length(b"{}")) + b"{}", [(), (400,), (431,)]),
    "ten thousand headers": (lambda at: at.head(*(f"X-{n}: {n}" for n in range(10_000))) + b"", [(), (400,), (415,), (431,)]),
    "a path of a megabyte": (lambda at: at.head(method="GET", path="/" + "a" * MIB), [(), (400,), (414,), (404,)]),
    "a query of a megabyte": (lambda at: at.head(method="GET", path="/v1/events?after=" + "a" * MIB), [(), (400,), (414,), (422,)]),
    "a method that is none": (lambda at: at.head(method="POLICY", path="/v1/policies"), [(400,), (405,)]),
    "a method with a NUL": (lambda at: b"PO\0ST / HTTP/1.1\r\n\r\n", [(400,)]),
    "lines ended by LF alone": (lambda at: b"GET /livez HTTP/1.1\nHost: x\nConnection: close\n\n", [(), (400,), (200,)]),
    "no host": (lambda at: b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", [(400,), (200,)]),
    "a host of nonsense": (lambda at: b"GET /livez HTTP/1.1\r\nHost: \"<>\\^\r\nConnection: close\r\n\r\n", [(400,), (200,)]),
    "HTTP/0.9": (lambda at: b"GET /livez\r\n\r\n", [(), (400,), (200,)]),
    "HTTP/9.9": (lambda at: b"GET /livez HTTP/9.9\r\n\r\n", [(400,)]),
    "HTTP/2 with prior knowledge": (lambda at: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [(400,)]),
    "TLS": (lambda at: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), [(), (400,)]),
    "a PROXY line": (lambda at: b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n\r\n", [(400,)]),
    "bytes at random": (lambda at: bytes(range(256)) * 40, [(), (400,)]),
    "an absolute address": (
        lambda at: b"GET http://evil.example/livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        [(200,), (400,), (404,)],
    ),
    "a NUL in the path": (lambda at: at.head(method="GET", path="/v1/policies/A%00B"), [(404,)]),
    "bad UTF-8 in the path": (lambda at: at.head(method="GET", path="/v1/policies/%ff%fe"), [(404,)]),
    "bare UTF-8 in the path": (lambda at: at.head(method="GET", path="/v1/policies/\xe4\xbf\x9d"), [(400,), (404,)]),
    "dots in the path": (lambda at: at.head(method="GET", path="/static/../../../../etc/passwd"), [(404,)]),
    "hidden dots in the path": (lambda at: at.head(method="GET", path="/static/%2e%2e/%2e%2e/app.py"), [(404,)]),
    "half an escape in the path": (lambda at: at.head(method="GET", path="/v1/policies/%"), [(404,), (400,)]),
    "an upgrade to WebSocket": (
        lambda at: at.head("Connection: Upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Version: 13", method="GET",
                           path="/v1/events"), [(200,), (400,), (426,)],
    ),
    "a refused expectation": (lambda at: at.head(JSON, "Expect: 200-maybe", _length(b"{}")) + b"{}",
                              [(200,), (417,)]),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_is_refused_or_ignored_and_the_next_caller_is_served(
    gateway: Gateway, address: Listening, name: str
) -> None:
    said, expected = LIES[name]
    before = await filings(gateway)
    # A server that waits for the rest of such a request says nothing: we leave then, where that is an answer too.
    answer = await address.say(said(address), silence=QUIET if () in expected else PATIENCE)
    found = tuple(statuses(answer))
    assert found in expected, answer[:500]
    assert all(value.encode() not in answer for value in MARKED.values())
    assert await address.alive()
    assert await filings(gateway) <= before + found.count(200)


async def test_a_body_that_drips_is_taken_when_it_is_whole(gateway: Gateway, address: Listening) -> None:
    head = address.head(JSON, _length(GOOD), key="drip")
    cut = [GOOD[at : at + 100] for at in range(0, len(GOOD), 100)]
    answers = asyncio.gather(*(address.say(head, *cut, pause=0.02) for _ in range(20)))
    assert await address.alive()  # twenty slow ones keep nobody else waiting
    assert {status for answer in await answers for status in statuses(answer)} == {200}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
async def test_who_leaves_in_the_middle_has_filed_nothing(
    gateway: Gateway, address: Listening, share: float
) -> None:
    before = await filings(gateway)
    part = GOOD[: int(len(GOOD) * share)]
    for _ in range(20):
        await address.say(address.head(JSON, _length(GOOD), key=f"left {share}") + part, leave=True)
    assert await address.alive()
    assert await filings(gateway) == before


async def test_two_requests_in_one_breath_are_two(gateway: Gateway, address: Listening) -> None:
    one = address.head(JSON, _length(GOOD), "Connection: keep-alive", key="breath") + GOOD
    last = address.head(JSON, _length(GOOD), key="breath") + GOOD
    answer = await address.say(one + last)
    assert list(statuses(answer)) == [200, 200]
    assert b"idempotent-replayed: true" in answer.lower()


async def test_a_request_that_is_promised_is_asked_for(address: Listening) -> None:
    head = address.head(JSON, _length(GOOD), "Expect: 100-continue", key="promise")
    answer = await address.say(head, GOOD, pause=0.2)
    assert list(statuses(answer))[-1] == 200


async def test_an_oversized_body_is_refused_before_it_is_all_there(
    gateway: Gateway, address: Listening
) -> None:
    sent = 0

    async def flood() -> bytes:
        nonlocal sent
        reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
        writer.write(address.head(JSON, "Transfer-Encoding: chunked", key="flood"))
        piece = b"%x\r\n%s\r\n" % (MIB, b" " * MIB)
        try:
            while sent < 300:
                writer.write(piece)
                await writer.drain()
                sent += 1
            return await asyncio.wait_for(reader.read(4096), PATIENCE)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    answer = await flood()
    assert statuses(answer) in ([413], [])
    assert sent <= 300
    assert await address.alive()


# --- heads -----------------------------------------------------------------------------------------------------

KEYS: dict[bytes, int] = {
    b"k": 200, b"a b": 200, b"~!@#$%^&*()": 200, b"'; DROP TABLE filing; --": 200, b"x" * 128: 200, b"../../x": 200, b"\\0": 200,
    b"x" * 129: 422, b"x" * 100_000: 422, b"": 422, "编号".encode(): 422, b"\xff": 422, b"a\tb": 422, b"a\x7fb": 422, b"\xc2\xa0": 422,
    b"\x80\x81": 422,
}  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=lambda key: repr(key[:20]) + str(len(key)))
async def test_an_idempotency_key_is_taken_or_refused(gateway: Gateway, key: bytes) -> None:
    async with gateway.client("insurer-c") as client:
        headers = [(b"Content-Type", b"application/json"), (b"Idempotency-Key", key)]
        answers = [await client.post("/v1/policies", content=GOOD, headers=headers) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {KEYS[key]}
    if KEYS[key] == 200:
        assert answers[0].content == answers[1].content
        assert answers[1].headers["idempotent-replayed"] == "true"
    assert all(b"DROP" not in answer.content for answer in answers)


HEADS: dict[str, tuple[list[tuple[bytes, bytes]], set[int]]] = {
    "two keys": ([(b"Idempotency-Key", b"other")], {422}),
    "two content types": ([(b"Content-Type", b"application/json")], {415}),
    "no such standard": ([(b"Data-Standard", b"9.9")], {422}),
    "a standard of nonsense": ([(b"Data-Standard", b"\xff" * 1000)], {422}),
    "two standards": ([(b"Data-Standard", b"1.0"), (b"Data-Standard", b"1.0")], {422}),
    "two tokens": ([(b"Authorization", b"Bearer x")], {401}),
    "an encoding of nonsense": ([(b"Content-Encoding", b"\xff\xfe")], {415}),
    "two encodings": ([(b"Content-Encoding", b"gzip"), (b"Content-Encoding", b"gzip")], {415}),
    "an answer nobody makes": ([(b"Accept", b"image/png")], {200}),
    "an Accept of nonsense": ([(b"Accept", b"\xff;q=x,,;=,*/*;q=99999")], {200}),
    "a Request-Id with a line end": ([(b"Request-Id", b"a\r\nSet-Cookie: x=1")], {200}),
    "a Request-Id of a megabyte": ([(b"Request-Id", b"a" * MIB)], {200}),
    "a clock of its own": ([(b"Demo-Clock", b"1999-01-01T00:00:00Z")], {200}),
    "a forwarded host": ([(b"X-Forwarded-Host", b"evil.example"), (b"X-Forwarded-Proto", b"gopher")], {200}),
    "another method inside": ([(b"X-HTTP-Method-Override", b"DELETE")], {200}),
    "a range": ([(b"Range", b"bytes=0-1")], {200}),
    "a cookie of 100 KB": ([(b"Cookie", b"a=" + b"b" * 100_000)], {200}),
    "a precondition on a batch": ([(b"If-Match", b"\xff")], {200, 412, 422}),
}


@pytest.mark.parametrize("name", HEADS)
async def test_a_head_of_nonsense_does_no_harm(gateway: Gateway, name: str) -> None:
    more, expected = HEADS[name]
    async with gateway.client("insurer-d") as client:
        own = [(b"Content-Type", b"application/json"), (b"Idempotency-Key", name.encode())]
        answer = await client.post("/v1/policies", content=GOOD, headers=own + more)
    assert answer.status_code in expected, answer.text
    assert "set-cookie" not in answer.headers
    assert len(answer.headers["request-id"]) <= 64
    assert "evil.example" not in answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


TOKENS = (
    b"", b"Bearer", b"Bearer ", b"bearer x", b"Basic dXNlcjpwYXNz", b"Bearer " + b"a" * 100_000, b"Bearer a.b.c", b"Bearer \xff\xfe",
    b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJpbnN1cmVyLWEifQ.", b"Bearer a.b.c, Bearer d.e.f", b"Digest x", b"Bearer " + b"." * 1000,
    b"Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA", b"Bearer\tx", "Bearer 令牌".encode(), b"Negotiate", b"Bearer null", b"Bearer [object Object]",
)  # fmt: skip


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: repr(token[:24]))
@pytest.mark.parametrize("path", ["/v1/policies", "/v1/events", "/v1/oversight/aggregates"])
async def test_whoever_brings_a_token_of_nonsense_is_nobody(
    gateway: Gateway, token: bytes, path: str
) -> None:
    async with gateway.client(None) as client:
        method = "POST" if path == "/v1/policies" else "GET"
        answer = await client.request(method, path, headers=[(b"Authorization", token)])
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.invalid_token")


TYPES = {
    b"application/json": 200, b"application/json; charset=utf-8": 200, b"APPLICATION/JSON": 200, b'application/json;charset="UTF-8"': 200,
    b"": 415, b"text/plain": 415, b"text/json": 415, b"application/xml": 415, b"multipart/form-data; boundary=x": 415,
    b"application/x-www-form-urlencoded": 415, b"application/json; charset=gbk": 415, b"application/json; charset=utf-16": 415,
    b"application/vnd.api+json": 415, b"application/problem+json": 415, b"\xff": 415, b"application/json, text/plain": 415, b"*/*": 415,
    b"application/octet-stream": 415, b"application/json" + b";" * 10_000: 200, b"application/json; a=b": 415, b"json": 415,
}  # fmt: skip


@pytest.mark.parametrize("stated", TYPES, ids=lambda stated: repr(stated[:40]))
async def test_a_media_type_is_known_or_refused(gateway: Gateway, stated: bytes) -> None:
    async with gateway.client("insurer-e") as client:
        headers = [(b"Content-Type", stated), (b"Idempotency-Key", stated[:40].hex().encode() or b"none")]
        answer = await client.post("/v1/policies", content=GOOD, headers=headers)
    assert answer.status_code == TYPES[stated], answer.text


ADDRESSES = (
    "/v1/policies/" + "A" * 10_000, "/v1/policies/" + "A/" * 5_000, "/v1/policies/%2F%2F%2F", "/v1/policies/A%2Fhistory%2Fhistory",
    "/v1/policies/..%2f..%2f", "/v1/policies/%00", "/v1/policies/%ff", "/v1/policies/A?as_of=%00", "/v1/policies/A?as_of=" + "9" * 10_000,
    "/v1/policies/A?as_of=0001-01-01T00:00:00%2B14:00", "/v1/policies/A?as_of=9999-12-31T23:59:59-14:00", "/v1/policies/A?x=" + "y" * 60_000,
    "/v1/policies/A?as_of=2026-01-01T00:00:00Z&as_of=2026-01-01T00:00:00Z", "/v1/policies/A?%ff=%fe", "/v1/policies/A?&&&&=&;",
    "/v1/deadlines?state=" + "pending," * 5_000, "/v1/deadlines?limit=99999999999999999999", "/v1/deadlines?limit=%D9%A3", "/v1/deadlines?limit=1e3",
    "/v1/deadlines?after=%00", "/v1/deadlines?after=" + "A" * 512, "/v1/deadlines?clock=%00", "/v1/deadlines?clock=" + "x" * 60_000,
    "/v1/deadlines?clock=%ed%a0%80", "/v1/events?after=-1", "/v1/events?after=1-1-1", "/v1/events?after=99999999999999999999-1", "/v1/events?limit=0",
    "/v1/events.xlsx?after=%F0%9F%98%80", "/v1/deadlines/not-a-uuid/excuse", "/v1/../v1/policies/A", "//v1/policies/A", "/V1/POLICIES/A",
    "/v1/policies/A/history.xlsx%00", "/v1/policies/A.csv/history.csv", "/v1/nothing", "/q/" + "x" * 10_000, "/problems/%2e%2e%2f", "/docs/..%2f",
    "/static/%2e%2e%2fapp.py", "/standard/1.0/schemas/..%2f..%2fapp.json", "/standard/%00/codes/x", "/standard/1.0/codes/%ff",
    "/standard/requirements/341300?on=9999-99-99", "/standard/requirements/%D9%A3?on=2026-01-01", "/standard/rules?jurisdiction=" + "9" * 5_000,
    "/standard/requirements/341300?on=0001-01-01", "/standard/requirements/341300?on=9999-12-31",
)  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES, ids=lambda path: path[:60])
async def test_an_address_of_nonsense_is_refused(gateway: Gateway, path: str) -> None:
    async with gateway.client("insurer-f") as client:
        answer = await client.get(path)
    assert answer.status_code in {200, 400, 404, 405, 422}, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 2_000
