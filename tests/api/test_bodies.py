"""Bodies: limits, compression, media types."""

import gzip
import tracemalloc
from collections.abc import AsyncIterator

import pytest
import zstandard
from starlette.requests import Request

from ajx_gateway.api import bodies
from ajx_gateway.errors import GatewayError, Malformed, TooLarge, UnsupportedMedia

MIB = 1024 * 1024


def request(body: bytes, chunk: int = 1000, **headers: str) -> Request:
    pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)] or [b""]

    async def receive() -> dict[str, object]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "zstd", "identity", ""])
async def test_a_body_arrives_whole_whatever_its_coding(coding: str) -> None:
    plain = b'{"policy_no": "P1"}' * 20_000
    sent = {"gzip": gzip.compress, "zstd": zstandard.compress}.get(coding.lower().removeprefix("x-"), bytes)(
        plain
    )
    assert await bodies.read_body(request(sent, content_encoding=coding), MIB) == plain


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
async def test_concatenated_members_are_one_body(compress: object) -> None:
    coding = "gzip" if compress is gzip.compress else "zstd"
    sent = compress(b"one\n") + compress(b"two\n")  # type: ignore[operator]
    assert await bodies.read_body(request(sent, content_encoding=coding), MIB) == b"one\ntwo\n"


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd,gzip", "compress", "gzip;q=1"])
async def test_an_unknown_coding_is_refused_before_the_body_is_read(coding: str) -> None:
    with pytest.raises(UnsupportedMedia):
        await bodies.read_body(request(b"x", content_encoding=coding), MIB)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize("spoil", [b"", b"not compressed", b"cut", b"garbage", b"flipped"])
async def test_a_damaged_compressed_body_is_a_400(coding: str, spoil: bytes) -> None:
    whole = (gzip.compress if coding == "gzip" else zstandard.ZstdCompressor(write_checksum=True).compress)(
        bytes(range(256)) * 40
    )
    flipped = bytearray(whole)
    flipped[-3] ^= 0x55
    sent = {b"cut": whole[:-5], b"garbage": whole + b"PK junk", b"flipped": bytes(flipped)}.get(spoil, spoil)
    with pytest.raises(Malformed):
        await bodies.read_body(request(sent, content_encoding=coding), MIB)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_a_bomb_is_cut_while_it_inflates(coding: str) -> None:
    bomb = _gzip_bomb() if coding == "gzip" else zstandard.compress(bytes(400 * MIB))
    tracemalloc.start()
    with pytest.raises(TooLarge):
        await bodies.read_body(request(bomb, content_encoding=coding), MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * MIB


def _gzip_bomb() -> bytes:
    one = gzip.compress(bytes(16 * MIB))
    return one * 25


async def test_the_limit_counts_received_bytes_even_without_a_content_length() -> None:
    with pytest.raises(TooLarge):
        await bodies.read_body(request(b"x" * (MIB + 1)), MIB)
    assert len(await bodies.read_body(request(b"x" * MIB), MIB)) == MIB


async def test_a_stated_length_above_the_limit_is_refused_without_reading() -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")

    big = request(b"", content_length="99999999999999999999999999")
    big.stream = never  # type: ignore[method-assign]
    with pytest.raises(TooLarge):
        await bodies.read_body(big, MIB)


@pytest.mark.parametrize(
    ("stated", "media"),
    [
        ("application/json", "json"),
        ("Application/JSON; charset=UTF-8", "json"),
        ('application/json;charset="utf-8"', "json"),
        ("application/x-ndjson", "ndjson"),
    ],
)
def test_the_two_media_types_are_known(stated: str, media: str) -> None:
    assert bodies.media_of(request(b"", content_type=stated)) == media


@pytest.mark.parametrize(
    "stated",
    ["", "text/plain", "application/json; charset=gbk", "application/jsonp", "application/json; v=1"],
)
def test_any_other_media_type_is_a_415(stated: str) -> None:
    with pytest.raises(UnsupportedMedia) as refused:
        bodies.media_of(request(b"", content_type=stated))
    assert isinstance(refused.value, GatewayError)
    assert "application/json" in refused.value.detail


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
async def test_a_body_of_endless_members_is_refused(compress: object) -> None:
    coding = "gzip" if compress is gzip.compress else "zstd"
    sent = compress(b"") * 10_001  # type: ignore[operator]
    with pytest.raises(Malformed):
        await bodies.read_body(request(sent, 100_000, content_encoding=coding), MIB)


async def test_a_body_lies_in_memory_once() -> None:
    sent = b" " * (32 * MIB)
    asked = request(sent, MIB)
    tracemalloc.start()
    body = await bodies.read_body(asked, 64 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert body == sent
    assert peak < 48 * MIB
