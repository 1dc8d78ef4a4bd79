"""The door closes behind the last guest: whoever was let in is answered, and what is idle is let go."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from fastapi import FastAPI

from ajx_gateway.cli.door import Board, new_board
from ajx_gateway.cli.listening import bind, port_of
from ajx_gateway.cli.protocol import Protocol
from ajx_gateway.cli.serving import Server

ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class House:
    """A server in this process, told to stop by ``leave``."""

    server: Server
    port: int
    living: asyncio.Task[None]

    def leave(self) -> None:
        self.server.should_exit = True

    async def is_shut(self) -> None:
        """Until nobody can come in any more."""
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionRefusedError:
                return
            writer.transport.abort()
            await asyncio.sleep(0.01)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    app = FastAPI()
    app.get("/")(lambda: "well")
    config = uvicorn.Config(
        app, http=Protocol, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=10
    )
    server = Server(config, app, Board(new_board(1), 0))
    bound = bind("127.0.0.1", 0)
    port = port_of(bound)
    living = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield House(server, port, living)
    server.should_exit = True
    await living


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """Everything up to the end of the connection."""
    return await asyncio.wait_for(reader.read(), 60)


async def test_who_stands_at_the_door_when_it_closes_is_let_in_and_answered(house: House) -> None:
    # Nothing is awaited here: the kernel lets them stand at the door, the server has not seen them.
    guests = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(20)]
    for guest in guests:
        guest.sendall(ASKED)
        guest.setblocking(False)
    for server in house.server.servers:
        server.close()
    house.leave()
    for guest in guests:
        reader, writer = await asyncio.open_connection(sock=guest)
        assert (await _answer(reader)).startswith(b"HTTP/1.1 200 OK")
        writer.close()


async def test_a_request_that_has_begun_is_read_to_its_end_and_answered(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(ASKED)
    await reader.readuntil(b'"well"')
    writer.write(ASKED[:12])
    while not any(connection._head for connection in house.server._connections()):
        await asyncio.sleep(0.01)
    house.leave()
    await house.is_shut()
    writer.write(ASKED[12:])
    said = await _answer(reader)
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in said
    writer.close()


async def test_what_lies_unread_in_an_idle_connection_is_answered_before_it_is_closed(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(ASKED)
    await reader.readuntil(b'"well"')
    (connection,) = house.server._connections()
    assert not connection.about_to_speak(patience=0)
    # Written past the loop: the server has not read it when it looks.
    writer.get_extra_info("socket")._sock.send(ASKED)
    assert connection.about_to_speak(patience=0)
    house.leave()
    said = await _answer(reader)
    assert said.startswith(b"HTTP/1.1 200 OK")
    writer.close()


async def test_an_idle_connection_is_let_go_without_waiting_for_it(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(ASKED)
    await reader.readuntil(b'"well"')
    house.leave()
    assert await _answer(reader) == b""
    await house.living
    writer.close()
