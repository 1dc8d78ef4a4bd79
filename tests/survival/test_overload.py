"""Too much at once: refused early and politely, nothing acknowledged lost, memory bounded, and regulators served."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from ajx_gateway.identity import system_scope

from .arena import REGULATOR, Arena, arena
from .doors import document_of

MIB = 1024 * 1024
BATCH, PUSHES = 60, 40
# In flight and waiting in the one process: AJX_BULK_IN_FLIGHT, and twice as many.
IN_FLIGHT, ROOM = 2, 6
# A body and its text, and some; where the body is one text of 63 MiB, that text twice more.
MORE_MIB, MORE_WITH_TEXT_MIB = 180, 310
_SUMS = "/v1/oversight/aggregates?measures=policies"


@dataclass(frozen=True)
class Answer:
    """A whole response; status 0: the connection broke before there was one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_later(self) -> bool:
        """The one refusal that an overload may bring."""
        return (
            self.status == 503
            and int(self.headers["retry-after"]) > 0
            and self.headers["content-type"] == "application/problem+json"
            and json.loads(self.body)["code"] == "service.unavailable"
        )


def head(gateway: Arena, caller: str, method: str, path: str, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway", f"Authorization: Bearer {gateway.tokens[caller]}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@asynccontextmanager
async def connected(gateway: Arena) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*gateway.address)
    try:
        yield reader, writer
    finally:
        writer.close()


async def read(reader: asyncio.StreamReader) -> Answer:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Answer(int(first.split()[1]), headers, body)


async def ask(
    gateway: Arena, caller: str, method: str, path: str, body: bytes = b"", **headers: str
) -> Answer:
    """One request on a connection of its own, whose answer is read while the body is still being sent."""
    async with connected(gateway) as (reader, writer):
        writer.write(head(gateway, caller, method, path, Content_Length=str(len(body)), **headers))
        reading = asyncio.create_task(read(reader))
        try:
            for at in range(0, len(body), MIB):
                writer.write(body[at : at + MIB])
                await writer.drain()
                if reading.done():
                    break
        except ConnectionError:
            pass  # it has said all it wanted to say
        try:
            return await reading
        except (ConnectionError, asyncio.IncompleteReadError):
            return Answer(0, {}, b"")


def push(gateway: Arena, number: int) -> Coroutine[Any, Any, Answer]:
    """A batch above the size that counts as small."""
    documents = [document_of("policy", number * BATCH + n) for n in range(BATCH)]
    body = b"\n".join(json.dumps(one, ensure_ascii=False).encode() for one in documents)
    caller = f"insurer-{number % 4}"
    media = "application/x-ndjson"
    return ask(
        gateway, caller, "POST", "/v1/policies", body, Content_Type=media, Idempotency_Key=f"s{number}"
    )


@pytest.fixture(scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Arena]:
    """One server process, so that what it holds can be counted."""
    async with arena(tmp_path_factory.mktemp("overload") / "data", workers=1, callers=4) as made:
        yield made


async def stored(gateway: Arena) -> tuple[int, int]:
    """(policies, filings)"""
    store = gateway.store()
    try:
        async with store.reading(system_scope("count what was stored")) as tx:
            rows = await tx.fetch("SELECT (SELECT count(*) FROM policy), (SELECT count(*) FROM filing)")
            return int(rows[0][0]), int(rows[0][1])
    finally:
        await store.close()


async def test_a_storm_is_refused_in_part_and_everything_acknowledged_is_there(gateway: Arena) -> None:
    order: list[int] = []

    async def noted(number: int) -> Answer:
        answer = await push(gateway, number)
        order.append(answer.status)
        return answer

    answers = await asyncio.gather(*(noted(number) for number in range(PUSHES)))
    done = [number for number, answer in enumerate(answers) if answer.status == 200]
    later = [number for number, answer in enumerate(answers) if answer.is_later]
    assert sorted(done + later) == list(range(PUSHES)), order
    assert len(done) >= ROOM
    assert len(later) >= PUSHES // 2
    # Nobody waits for the work of others to be told "later".
    assert order.index(503) < IN_FLIGHT
    assert all(answers[number].headers["connection"] == "close" for number in later)
    assert await stored(gateway) == (len(done) * BATCH, len(done))
    for number in later:  # the same request under the same key, once there is room
        assert (await push(gateway, number)).status == 200
    assert await stored(gateway) == (PUSHES * BATCH, PUSHES)
    for number in done:
        again = await push(gateway, number)
        assert (again.body, again.headers["idempotent-replayed"]) == (answers[number].body, "true")


async def test_whoever_sends_slowly_fills_one_lane_only_and_gives_it_back(gateway: Arena) -> None:
    """Every place for large bodies is taken by somebody who has announced one and sends nothing."""
    policies, filings = await stored(gateway)
    announced = {"Content_Type": "application/x-ndjson", "Content_Length": str(MIB)}
    slow = [await asyncio.open_connection(*gateway.address) for _ in range(ROOM)]
    for number, (_, writer) in enumerate(slow):
        key = {"Idempotency_Key": f"slow {number}"}
        writer.write(head(gateway, "insurer-0", "POST", "/v1/policies", **announced, **key))
        await writer.drain()
    while not await _full(gateway):
        pass
    assert (await push(gateway, 1_000)).is_later
    one = json.dumps(document_of("policy", 700_000)).encode()
    small = {"Content_Type": "application/json", "Idempotency_Key": "small"}
    assert (await ask(gateway, "insurer-1", "POST", "/v1/policies", one, **small)).status == 200
    assert (await ask(gateway, REGULATOR.name, "GET", _SUMS)).status == 200
    assert (await ask(gateway, "insurer-1", "GET", "/v1/deadlines?limit=1")).status == 200
    assert (await ask(gateway, "insurer-1", "GET", "/readyz")).status == 200
    for _, writer in slow:
        writer.close()
    answer = await push(gateway, 1_000)
    while answer.is_later:
        answer = await push(gateway, 1_000)
    assert answer.status == 200
    assert await stored(gateway) == (policies + 1 + BATCH, filings + 2)


async def _full(gateway: Arena) -> bool:
    """Whether as many large bodies are let in, and wait, as may."""
    said = (await ask(gateway, "insurer-0", "GET", "/metrics")).body.decode()
    inside, queued = (
        f'ajx_in_flight{{lane="bulk"}} {IN_FLIGHT}.0',
        f'ajx_queued{{lane="bulk"}} {ROOM - IN_FLIGHT}.0',
    )
    return inside in said and queued in said


async def test_a_regulator_is_answered_in_the_middle_of_a_storm(gateway: Arena) -> None:
    storm = [asyncio.create_task(push(gateway, 2_000 + number)) for number in range(PUSHES)]
    storm += [
        asyncio.create_task(ask(gateway, "insurer-1", "GET", "/v1/events?limit=1")) for _ in range(PUSHES)
    ]
    asked: list[Answer] = []
    while not all(task.done() for task in storm):
        asked.append(await ask(gateway, REGULATOR.name, "GET", _SUMS))
    assert {answer.status for answer in asked} == {200}
    assert len(asked) > 1
    assert {answer.status for answer in await asyncio.gather(*storm)} <= {200, 503}


BLANK = b" " * (64 * MIB)
# As large as a body may be, or larger, and what becomes of it when there is room.
BODIES: tuple[tuple[bytes, dict[str, str], int], ...] = (
    (BLANK, {}, 400),
    (zstandard.compress(bytes(1024 * MIB)), {"Content_Encoding": "zstd"}, 413),
    (zstandard.compress(BLANK), {"Content_Encoding": "zstd"}, 400),
    (gzip.compress(b"[" * (64 * MIB), 1), {"Content_Encoding": "gzip"}, 400),
)
TEXT = (zstandard.compress(b'{"a":"' + b"a" * (63 * MIB) + b'"}'), {"Content_Encoding": "zstd"}, 200)


def mib(pid: int, what: str) -> int:
    """VmRSS: what a process holds; VmHWM: the most that it has ever held."""
    said = Path(f"/proc/{pid}/status").read_text()
    return int(said.split(f"{what}:")[1].split()[0]) // 1024


if Path("/proc/self/status").exists():

    async def test_memory_stays_bounded_however_many_large_bodies_come_at_once(gateway: Arena) -> None:
        (pid,) = gateway.workers()
        before = mib(pid, "VmRSS")

        async def one(number: int, sort: tuple[bytes, dict[str, str], int]) -> tuple[Answer, int]:
            body, headers, expected = sort
            key = {"Content_Type": "application/json", "Idempotency_Key": f"big {number}"}
            return await ask(gateway, "insurer-2", "POST", "/v1/policies", body, **key, **headers), expected

        for sorts, more in ((BODIES, MORE_MIB), ((*BODIES, TEXT), MORE_WITH_TEXT_MIB)):
            for number, sort in enumerate(sorts):
                answer, expected = await one(number, sort)
                assert answer.status == expected, answer.body[:300]
            many = [one(number, sort) for number, sort in enumerate(sorts * 5)]
            at_once = await asyncio.gather(*many)
            assert all(answer.is_later or answer.status in (expected, 0) for answer, expected in at_once)
            assert sum(answer.status == expected for answer, expected in at_once) >= IN_FLIGHT
            most = mib(pid, "VmHWM")
            print(f"\nthe server process held {before} MiB before and {most} MiB at most")
            assert most - before < more
