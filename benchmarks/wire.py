"""HOW does a benchmark ask without eating the processor it measures? Bytes made beforehand, a bare socket, no parsing.

The answers are kept as they came and judged when the clock has stopped.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self, cast

_END = b"\r\n\r\n"
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, head and body of one response, and the seconds from its request's first to its own last byte."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    def counts(self) -> dict[str, int]:
        """The counts of a push's answer, without reading its thousand items."""
        begin = self.body.index(b'"counts":') + len(b'"counts":')
        found: dict[str, int] = _DECODER.raw_decode(self.body[begin : begin + 400].decode(errors="ignore"))[0]
        return found

    def json(self) -> Any:
        return json.loads(self.body)


def request(method: str, path: str, token: str, body: bytes = b"", **headers: str) -> bytes:
    """One HTTP/1.1 request as bytes; ``content_type="…"`` becomes ``content-type: …``."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"authorization: Bearer {token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if method != "GET":
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + _END + body


class Wire(asyncio.Protocol):
    """One keep-alive connection that carries one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[bytes, bytes]] | None = None
        self._pieces: list[bytes] = []
        self._received = 0
        self._wanted = -1
        self._body_at = 0

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        _, wire = await asyncio.get_running_loop().create_connection(cls, host, port)
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self._received += len(data)
        if self._wanted < 0:
            self._read_head()
        if 0 <= self._wanted <= self._received and self._waiting is not None:
            whole = b"".join(self._pieces)
            waiting, self._waiting = self._waiting, None
            self._pieces, self._received, self._wanted = [], 0, -1
            if not waiting.done():
                waiting.set_result((whole[: self._body_at], whole[self._body_at :]))

    def _read_head(self) -> None:
        so_far = b"".join(self._pieces)
        self._pieces = [so_far]
        end = so_far.find(_END)
        if end < 0:
            return
        head = so_far[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        if at < 0:
            raise SystemExit(f"an answer without a length: {so_far[:200]!r}")
        self._body_at = end + len(_END)
        self._wanted = self._body_at + int(head[at + 17 :].split(b"\r\n", 1)[0])

    def connection_lost(self, fault: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(fault or ConnectionResetError("closed by the server"))

    async def ask(self, raw: bytes) -> Answer:
        if self._transport is None:
            raise AssertionError("not connected")
        self._waiting = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self._transport.write(raw)
        head, body = await self._waiting
        return Answer(int(head[9:12]), head, body, time.perf_counter() - begun)

    @property
    def port(self) -> int:
        """The client's own port: what the server's processes know the connection by."""
        if self._transport is None:
            raise AssertionError("not connected")
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclass(frozen=True, slots=True)
class Storm:
    """The answers to all requests, in the requests' order, and the seconds they took together."""

    answers: list[Answer]
    seconds: float

    def demand(self, status: int = 200) -> Self:
        for answer in self.answers:
            if answer.status != status:
                raise SystemExit(f"HTTP {answer.status} instead of {status}: {answer.body[:500]!r}")
        return self

    @property
    def latencies(self) -> list[float]:
        return [answer.seconds for answer in self.answers]


async def storm(
    wires: Sequence[Wire], requests: Sequence[bytes], *, budget: float | None = None, least: int = 3
) -> Storm:
    """All requests once, each connection taking the next one as soon as it is free.

    With a ``budget`` in seconds no request is begun after it, but the ``least``.
    """
    answers: list[Answer | None] = [None] * len(requests)
    numbers = iter(range(len(requests)))

    async def client(wire: Wire) -> None:
        for number in numbers:
            if budget is not None and number >= least and time.perf_counter() - begun > budget:
                return
            answers[number] = await wire.ask(requests[number])

    begun = time.perf_counter()
    await asyncio.gather(*(client(wire) for wire in wires))
    seconds = time.perf_counter() - begun
    return Storm([answer for answer in answers if answer is not None], seconds)


@asynccontextmanager
async def storming(wires: Sequence[Wire], make: Callable[[], bytes]) -> AsyncIterator[list[Answer]]:
    """Requests without end on every connection while the block runs, from when each was answered once.

    What was asked is answered before the block is left; the answers collect in the list.
    """
    answers: list[Answer] = []
    stop, warm = asyncio.Event(), asyncio.Event()

    async def client(wire: Wire) -> None:
        while not stop.is_set():
            answers.append(await wire.ask(make()))
            if len(answers) >= len(wires):
                warm.set()

    running = asyncio.gather(*(client(wire) for wire in wires))
    running.add_done_callback(lambda _: warm.set())
    try:
        await warm.wait()
        yield answers
    finally:
        stop.set()
        await running


@asynccontextmanager
async def connected(base_url: str, count: int, hello: bytes, server: int) -> AsyncIterator[list[Wire]]:
    """``count`` connections that the server's processes share evenly, as far as this machine lets us see.

    Processes that accept from one socket may leave all connections to one of them; a comparison of servers must not
    hang on that. ``hello`` is a cheap request, ``server`` the process under which the server's processes run.
    """
    host, port = base_url.removeprefix("http://").rsplit(":", 1)
    kept: dict[int, list[Wire]] = {}
    processes = serving(server, int(port))
    most = len(processes)
    for _ in range(max(60, 4 * count)):
        if sum(map(len, kept.values())) == count:
            break
        wire = await Wire.open(host, int(port))
        await wire.ask(hello)
        owner = owner_of(processes, wire.port, int(port))
        mine = kept.setdefault(owner, [])
        if owner and len(mine) >= -(-count // most):
            wire.close()
            continue
        mine.append(wire)
    # One of each process in turn: the first few connections are spread as evenly as all of them.
    wires = [wire for layer in zip_longest(*kept.values()) for wire in layer if wire is not None]
    if len(wires) < count:
        raise SystemExit(f"{count} connections could not be spread over the server's processes")
    try:
        yield wires
    finally:
        for wire in wires:
            wire.close()


def descendants(pid: int) -> list[int]:
    """The process and everything it has started, directly or not."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found, queue = [], [pid]
    while queue:
        one = queue.pop()
        found.append(one)
        queue += parents.get(one, [])
    return found


def _sockets(pid: int) -> set[str]:
    found = set()
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                name = str(link.readlink())
            except OSError:
                continue
            if name.startswith("socket:["):
                found.add(name[8:-1])
    except OSError:
        pass
    return found


def _tcp() -> list[tuple[int, int, str]]:
    """(local port, other port, inode) of every IPv4 socket of this machine."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return []
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return [(int(row[1].split(":")[1], 16), int(row[2].split(":")[1], 16), row[9]) for row in rows]


def serving(server: int, port: int) -> list[int]:
    """The processes under ``server`` that hold the listening socket and serve it (its parent holds it, too)."""
    listening = {inode for local, other, inode in _tcp() if local == port and other == 0}
    found = [pid for pid in descendants(server) if pid != server and _sockets(pid) & listening]
    return found or [server]


def owner_of(processes: Sequence[int], client_port: int, port: int) -> int:
    """Which of the processes has accepted this connection; 0 where the system does not say."""
    inodes = {inode for local, other, inode in _tcp() if local == port and other == client_port}
    return next((pid for pid in processes if _sockets(pid) & inodes), 0)
