"""HOW does one speak to the gateway without manners? A real server on a socket, and bytes as they come to mind."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from ajx_gateway.app import create_app
from ajx_gateway.cli.protocol import Protocol

from .gateway import Gateway

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
PATIENCE, QUIET = 60.0, 1.5


@dataclass(frozen=True)
class Listening:
    """Where the server listens, and what an insurer's request to it carries."""

    port: int
    token: str

    def head(self, *lines: str, method: str = "POST", path: str = "/v1/policies", key: str = "wire") -> bytes:
        """The head of an insurer's request, after which the server is to close."""
        own = [
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.token}",
            f"Idempotency-Key: {key}",
        ]
        last = () if any(line.startswith("Connection:") for line in lines) else ("Connection: close",)
        return "\r\n".join([f"{method} {path} HTTP/1.1", *own, *lines, *last, "", ""]).encode("latin-1")

    async def say(
        self, *pieces: bytes, pause: float = 0.0, leave: bool = False, silence: float = PATIENCE
    ) -> bytes:
        """Everything the server answers to these bytes until it closes or says nothing for ``silence`` seconds.

        Who expects an answer waits for it as long as a stalled machine may need; ``leave`` closes without reading.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answer = b""
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            # A server that waits for the rest of a request says nothing: we leave then.
            while not leave and (chunk := await asyncio.wait_for(reader.read(65_536), silence)):
                answer += chunk
        except (ConnectionError, TimeoutError):
            pass  # it hung up while we were still talking, as it may, or waits for more
        finally:
            writer.close()
        return answer

    async def alive(self) -> bool:
        """Whether it still answers others."""
        answer = await self.say(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return statuses(answer) == [200]


def statuses(answer: bytes) -> Sequence[int]:
    """The status of every response in these bytes."""
    return [int(found) for found in _STATUS.findall(answer)]


@contextmanager
def listening(gateway: Gateway) -> Iterator[Listening]:
    """A server in a thread, as ``ajx serve`` configures it, on the gateway's database and secrets."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            create_app(gateway.settings),
            http=Protocol,
            loop="asyncio",
            lifespan="on",
            ws="none",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_level="critical",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        until = time.monotonic() + PATIENCE
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        yield Listening(bound.getsockname()[1], gateway.tokens["insurer-a"])
        server.should_exit = True
        thread.join()
