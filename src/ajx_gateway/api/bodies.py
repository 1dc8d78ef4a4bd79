"""WHAT bytes did the caller send? Read and inflated under one running limit, named by media type.

A body lies in memory once: BytesIO grows in place and gives its buffer away without a copy, which joining pieces does not.
"""

import asyncio
import re
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Literal, Protocol

import anyio.to_thread
import zstandard
from starlette.requests import Request

from ajx_gateway.api import admission
from ajx_gateway.errors import Malformed, TooLarge, UnsupportedMedia

Media = Literal["json", "ndjson"]
_MEDIA: dict[str, Media] = {"application/json": "json", "application/x-ndjson": "ndjson"}
_CHARSET = re.compile(r'\s*charset\s*=\s*("utf-8"|utf-8|utf8)\s*', re.IGNORECASE | re.ASCII)
# 128 bytes of zstd inflate to 4 MiB at most (four bytes per block of 128 KiB), of gzip to 128 KiB.
_SLICE = 128
# RFC 9659: no sender may ask for a larger one.
_MAX_WINDOW = 8 * 1024 * 1024
# A writer that begins a new member (frame) every 64 KiB, as parallel ones do, needs a thousand.
_MAX_MEMBERS = 10_000
# A body that takes longer to arrive keeps others from being let in.
_SECONDS = 60.0


class _Inflater(Protocol):
    """What zlib's and zstandard's decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _gzip() -> _Inflater:
    return zlib.decompressobj(wbits=31)


def _zstd() -> _Inflater:
    return zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()


_CODINGS: dict[str, Callable[[], _Inflater]] = {"gzip": _gzip, "x-gzip": _gzip, "zstd": _zstd}


async def read_body(request: Request, limit: int) -> bytes:
    """The decompressed body, at most ``limit`` bytes; a bomb is cut while it inflates."""
    coding = ",".join(request.headers.getlist("content-encoding")).strip().lower()
    if coding not in ("", "identity", *_CODINGS):
        raise UnsupportedMedia(
            "Content-Encoding 只支持 gzip 与 zstd（各至多一层）。", supported=["gzip", "zstd"]
        )
    received = await _receive(request, limit)
    if coding in ("", "identity"):
        return received
    # Inflating takes up to tenths of a second; other callers must not wait for it. Once to know how much comes out of
    # it, which takes no room, and once more when there is room for it.
    size = await anyio.to_thread.run_sync(inflated_size, received, _CODINGS[coding], limit)
    await admission.weigh(request.scope, size)
    return await anyio.to_thread.run_sync(inflate, received, _CODINGS[coding])


async def _receive(request: Request, limit: int) -> bytes:
    stated = request.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated[:20]) > limit:
        raise _too_large(limit)
    whole = BytesIO()
    try:
        async with asyncio.timeout(_SECONDS):
            async for chunk in request.stream():
                if whole.tell() + len(chunk) > limit:
                    raise _too_large(limit)
                whole.write(chunk)
    except TimeoutError:
        raise Malformed(f"请求正文在 {_SECONDS:.0f} 秒内没有传完，请检查网络或拆成较小的批次。") from None
    return whole.getvalue()


def inflated_size(data: bytes, inflater: Callable[[], _Inflater], limit: int) -> int:
    """The length of all members (frames) together; the body must end exactly where the last one ends."""
    total = 0
    try:
        for piece in _inflated(data, inflater):
            total += len(piece)
            if total > limit:
                raise _too_large(limit)
    except (zlib.error, zstandard.ZstdError):
        raise Malformed("请求正文解压失败：内容与 Content-Encoding 不符、已损坏或后有多余字节。") from None
    return total


def inflate(data: bytes, inflater: Callable[[], _Inflater]) -> bytes:
    """All members (frames) of a body whose size was found to be bearable."""
    whole = BytesIO()
    for piece in _inflated(data, inflater):
        whole.write(piece)
    return whole.getvalue()


def _inflated(data: bytes, inflater: Callable[[], _Inflater]) -> Iterator[bytes]:
    member, members, at = inflater(), 1, 0
    while at < len(data):
        if member.eof:  # both formats may be concatenated; junk fails as the head of a new member
            member, members = inflater(), members + 1
            if members > _MAX_MEMBERS:
                raise Malformed(f"请求正文由超过 {_MAX_MEMBERS} 段压缩数据拼成，请合并为一段。")
        piece = data[at : at + _SLICE]
        yield member.decompress(piece)
        at += len(piece) - (len(member.unused_data) if member.eof else 0)
    if not member.eof:
        raise Malformed("请求正文解压失败：压缩数据不完整，请检查传输是否中断。")


def _too_large(limit: int) -> TooLarge:
    size = f"{limit // 1024**2} MiB" if limit >= 1024**2 else f"{limit} 字节"
    return TooLarge(f"请求正文（解压后）超过上限 {size}，请拆成多个批次。", limit=limit)


def media_of(request: Request) -> Media:
    """``json`` or ``ndjson`` after the Content-Type, which must be there and speak UTF-8."""
    media, *parameters = _content_type(request).split(";")
    found = _MEDIA.get(media.strip().lower())
    if found is None or not all(_CHARSET.fullmatch(each) for each in parameters if each.strip()):
        raise UnsupportedMedia(
            "Content-Type 应为 application/json 或 application/x-ndjson，字符集为 UTF-8。",
            supported=list(_MEDIA),
        )
    return found


def _content_type(request: Request) -> str:
    stated = request.headers.getlist("content-type")
    return stated[0] if len(stated) == 1 else ""


def demand_json(request: Request) -> None:
    """For doors that take exactly one JSON object."""
    if media_of(request) != "json":
        raise UnsupportedMedia(
            "此接口的 Content-Type 应为 application/json。", supported=["application/json"]
        )
