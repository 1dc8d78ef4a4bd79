"""What clients really send: offers of HTTP/2, heads in pieces, pipelines, endless headers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from ajx_gateway.cli.protocol import MAX_HEAD, Protocol


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body and the names of the headers."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    said = f"{len(body)} {b','.join(name for name, _ in scope['headers']).decode()}".encode()
    headers = [(b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(echo, http=Protocol, lifespan="off", ws="none", port=0, log_level="error")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def talk(port: int, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
    said = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return said


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close%s\r\nContent-Length: 5\r\n%s\r\n"
JAVA = b"Upgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"


async def test_an_offer_of_http2_is_ignored_and_the_body_is_read(port):
    said = await talk(port, HEAD % (b", Upgrade, HTTP2-Settings", JAVA) + b"hello")
    assert b"200 OK" in said
    assert b"\r\n\r\n5 " in said
    assert b"upgrade" not in said.lower().split(b"\r\n\r\n")[1]


async def test_a_head_in_many_pieces_is_read(port):
    whole = HEAD % (b", Upgrade", JAVA) + b"hello"
    assert b"\r\n\r\n5 " in await talk(port, *(whole[i : i + 7] for i in range(0, len(whole), 7)))


async def test_what_looks_like_an_offer_inside_a_body_stays(port):
    body = b"x\r\nUpgrade: h2c\r\n\r\ny"
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b"\r\n\r\n%d " % len(body) in await talk(port, head + body)


async def test_two_requests_on_one_connection_are_both_answered(port):
    first = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for body in (b"ab", b"abc"):
        writer.write(first.replace(b": 2", b": %d" % len(body)).removesuffix(b"ab") + body)
        await writer.drain()
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        assert (await reader.readexactly(length)).startswith(b"%d " % len(body))
    writer.close()


async def test_a_pipelined_request_may_send_its_body_later(port):
    one = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
    last = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"
    said = await talk(port, one + last, b"wxyz")
    assert said.count(b"200 OK") == 2
    assert b"\r\n\r\n4 " in said


async def test_an_endless_head_is_refused(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n" + b"X-Filler: " + b"a" * (MAX_HEAD + 10))
    await writer.drain()
    assert (await asyncio.wait_for(reader.read(), 60)).startswith(b"HTTP/1.1 400")
    writer.close()
