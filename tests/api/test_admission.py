"""The gate: so many at once, a short queue, an early refusal, and nobody's lane filled by others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from ajx_gateway.api.admission import SMALL, Gate, Lane, Rooms, Ticket
from ajx_gateway.errors import Unavailable

MIB = 1024 * 1024
ROOMS = Rooms(
    bulk_in_flight=2, bulk_bytes=8 * MIB, pushes_in_flight=2, reads_in_flight=2, patience=5, max_body=64 * MIB
)
# Nobody waits for long: what has no room is refused.
BRIEF = replace(ROOMS, patience=0.001)


class Door:
    """An application behind the gate that holds every request until it is opened."""

    def __init__(self, rooms: Rooms) -> None:
        self.registry = CollectorRegistry()
        self.now = 100.0
        self.gate = Gate(self.held, rooms=rooms, registry=self.registry, clock=lambda: self.now)
        self.app = FastAPI()
        self.opened = asyncio.Event()
        self.inside: list[str] = []

    async def held(self, scope: Any, receive: Any, send: Any) -> None:
        self.inside.append(scope["path"])
        await self.opened.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def ask(
        self, method: str, path: str, body: Iterable[bytes] = (), **headers: str
    ) -> asyncio.Task[tuple[int, dict[str, str], bytes, int]]:
        return asyncio.create_task(self._ask(method, path, list(body), headers))

    async def _ask(
        self, method: str, path: str, pieces: list[bytes], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes, int]:
        """(status, headers, body, how many pieces of the request's body were taken)."""
        sent: list[Any] = []
        taken = 0

        async def receive() -> Any:
            nonlocal taken
            if taken >= len(pieces):
                return {"type": "http.disconnect"}
            taken += 1
            return {"type": "http.request", "body": pieces[taken - 1], "more_body": taken < len(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw, "app": self.app, "state": {}}
        await self.gate(scope, receive, send)
        start = sent[0]
        answered = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return start["status"], answered, b"".join(each.get("body", b"") for each in sent[1:]), taken

    async def settled(self) -> None:
        """Until every task has gone as far as it can without anything new."""
        for _ in range(20):
            await asyncio.sleep(0)


def sorted_as(method: str, address: str, **headers: str) -> tuple[str | None, int]:
    gate = Gate(FastAPI(), rooms=ROOMS, registry=CollectorRegistry())
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    path, _, query = address.partition("?")
    asked = {"query_string": query.encode()} if query else {}
    return gate.sorted({"type": "http", "method": method, "path": path, "headers": raw, **asked})


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("POST", "/v1/policies", {"content_length": "2400"}, ("push", 2400)),
        ("POST", "/v1/policies", {"content_length": str(SMALL)}, ("push", SMALL)),
        ("POST", "/v1/policies", {"content_length": str(SMALL + 1)}, ("bulk", SMALL + 1)),
        ("PUT", "/v1/policies/P1/document", {"content_length": "5000000"}, ("bulk", 5_000_000)),
        ("POST", "/v1/policies", {"content_length": "9" * 30}, ("bulk", 64 * MIB)),
        ("POST", "/v1/policies", {"content_length": "much"}, ("bulk", 64 * MIB)),
        ("POST", "/v1/policies", {"transfer_encoding": "chunked"}, ("bulk", 64 * MIB)),
        ("POST", "/v1/policies", {}, ("push", 0)),
        ("POST", "/v1/policies", {"content_length": "200", "content_encoding": "zstd"}, ("bulk", 0)),
        ("POST", "/v1/policies", {"content_length": "1000000", "content_encoding": "gzip"}, ("bulk", 0)),
        ("POST", "/v1/policies", {"content_length": "200", "content_encoding": "identity"}, ("push", 200)),
        ("GET", "/v1/policies/P1", {}, ("read", 0)),
        ("HEAD", "/v1/events", {}, ("read", 0)),
        ("GET", "/v1/oversight/aggregates", {}, ("oversight", 0)),
        ("POST", "/v1/oversight/excuses/1/decision", {"content_length": "99999999"}, ("oversight", 0)),
        # As the door reads it, however it is written.
        ("GET", "/v1/oversight/hazards/list.csv?all=true", {}, ("export", 0)),
        ("GET", "/v1/oversight/hazards/list.csv?period=2024&all=true", {}, ("export", 0)),
        ("GET", "/v1/oversight/hazards/list.csv?all=%74rue", {}, ("export", 0)),
        ("GET", "/v1/oversight/hazards/list.csv?%61ll=true", {}, ("export", 0)),
        ("GET", "/v1/oversight/hazards/list.csv?small=true", {}, ("oversight", 0)),
        ("GET", "/v1/oversight/hazards/list.csv?insurer=all%3Dtrue", {}, ("oversight", 0)),
        ("GET", "/v1/oversight/hazards/list.csv?all=false", {}, ("oversight", 0)),
        ("GET", "/v1/deadlines.csv?all=true", {}, ("own_export", 0)),
        ("GET", "/v1/deadlines.csv?state=met", {}, ("read", 0)),
        ("POST", "/oauth2/token", {"content_length": "900"}, ("token", 0)),
        ("GET", "/readyz", {}, (None, 0)),
        ("GET", "/metrics", {}, (None, 0)),
        ("GET", "/standard/1.0/schemas/policy.json", {}, (None, 0)),
    ],
)
def test_every_request_has_its_lane_and_its_weight(
    method: str, path: str, headers: dict[str, str], expected: tuple[str | None, int]
) -> None:
    assert sorted_as(method, path, **headers) == expected


async def test_large_pushes_go_one_by_one_while_small_ones_come() -> None:
    door = Door(ROOMS)
    big = {"content_length": str(MIB)}
    tasks = [door.ask("POST", "/v1/policies", content_length="2400")]
    await door.settled()
    tasks += [door.ask("POST", "/v1/claims", [b" "], **big) for _ in range(2)]
    await door.settled()
    assert door.inside == ["/v1/policies", "/v1/claims"]
    door.now += 2  # no small one for two seconds: as many as the setting says
    tasks += [door.ask("POST", "/v1/claims", [b" "], **big)]
    door.opened.set()
    assert [status for status, *_ in await asyncio.gather(*tasks)] == [200] * 4
    door.opened.clear()
    tasks = [door.ask("POST", "/v1/claims", [b" "], **big) for _ in range(3)]
    await door.settled()
    assert door.gate.lanes["bulk"].inside == 2
    door.opened.set()
    assert [status for status, *_ in await asyncio.gather(*tasks)] == [200] * 3


async def test_beyond_the_queue_a_push_is_refused_at_once_and_its_body_is_not_kept() -> None:
    door = Door(ROOMS)
    big = {"content_length": str(MIB)}
    tasks = [door.ask("POST", "/v1/policies", [b" "], **big) for _ in range(6)]
    await door.settled()
    assert len(door.inside) == 2  # four more wait
    status, headers, body, taken = await door.ask("POST", "/v1/policies", [b" " * MIB] * 100, **big)
    assert status == 503
    assert int(headers["retry-after"]) > 0
    assert headers["connection"] == "close"
    assert headers["content-type"] == "application/problem+json"
    told = json.loads(body)
    assert (told["code"], told["status"]) == ("service.unavailable", 503)
    assert "幂等键" in told["detail"]
    assert taken <= 8  # of a hundred pieces
    assert int(headers["content-length"]) == len(body)
    door.opened.set()
    assert [(await task)[0] for task in tasks] == [200] * 6
    assert b'ajx_refused_total{lane="bulk"} 1.0' in generate_latest(door.registry)


async def test_a_small_refusal_keeps_the_connection() -> None:
    door = Door(replace(ROOMS, pushes_in_flight=1))
    tasks = [door.ask("POST", "/v1/policies", [b"{}"], content_length="2") for _ in range(17)]
    await door.settled()
    status, headers, _, taken = await door.ask("POST", "/v1/policies", [b"{}"], content_length="2")
    assert (status, taken, "connection" in headers) == (503, 0, False)
    door.opened.set()
    assert {(await task)[0] for task in tasks} == {200}


async def test_who_waited_in_vain_is_refused() -> None:
    door = Door(BRIEF)
    tasks = [door.ask("GET", "/v1/events") for _ in range(5)]
    assert {(await task)[0] for task in tasks[2:]} == {503}
    assert len(door.inside) == 2
    door.opened.set()
    assert {(await task)[0] for task in tasks[:2]} == {200}
    assert (await door.ask("GET", "/v1/events"))[0] == 200


async def test_no_storm_of_insurers_keeps_a_regulator_a_token_or_a_small_push_waiting() -> None:
    door = Door(ROOMS)
    storm = [door.ask("POST", "/v1/policies", [b" "], content_length=str(MIB)) for _ in range(50)]
    storm += [door.ask("GET", "/v1/deadlines") for _ in range(50)]
    await door.settled()
    door.inside.clear()
    others = [
        door.ask("GET", "/v1/oversight/aggregates"),
        door.ask("POST", "/oauth2/token"),
        door.ask("POST", "/v1/claims", [b"{}"], content_length="2"),
        door.ask("GET", "/livez"),
    ]
    await door.settled()
    assert sorted(door.inside) == ["/livez", "/oauth2/token", "/v1/claims", "/v1/oversight/aggregates"]
    door.opened.set()
    await asyncio.gather(*storm, *others)


async def test_heavy_bodies_go_in_one_by_one_and_the_heaviest_alone() -> None:
    door = Door(ROOMS)
    heavy = [door.ask("POST", "/v1/policies", [b" "], content_length=str(5 * MIB)) for _ in range(2)]
    await door.settled()
    assert len(door.inside) == 1  # 5 and 5 are more than 8
    door.opened.set()
    await asyncio.gather(*heavy)
    assert (await door.ask("POST", "/v1/policies", [b" "], transfer_encoding="chunked"))[0] == 200
    lane = door.gate.lanes["bulk"]
    assert (lane.inside, lane.weight, len(lane.waiting)) == (0, 0, 0)


async def test_who_hangs_up_while_waiting_gives_the_place_away() -> None:
    door = Door(ROOMS)
    tasks = [door.ask("GET", "/v1/events") for _ in range(4)]
    await door.settled()
    tasks[2].cancel()
    tasks[0].cancel()
    await door.settled()
    assert len(door.inside) == 3  # the third waiter came in, the second one left
    door.opened.set()
    assert [(await task)[0] for task in (tasks[1], tasks[3])] == [200, 200]
    assert door.gate.lanes["read"].inside == 0


async def test_a_compressed_body_waits_inside_until_there_is_room_for_what_it_becomes() -> None:
    lane = Lane(requests=3, queue=3, patience=60, capacity=10)
    assert [await lane.enter(0), await lane.enter(0)] == [True, True]
    assert await lane.weigh(9)
    second = asyncio.create_task(lane.weigh(9))
    third = asyncio.create_task(lane.enter(5))
    await asyncio.sleep(0)
    assert (second.done(), third.done()) == (False, False)
    lane.leave(9)
    assert await second  # who is inside comes first
    lane.leave(9)
    assert await third
    assert [await lane.enter(0), await lane.enter(0)] == [True, True]
    heavy = asyncio.create_task(lane.weigh(9))
    await asyncio.sleep(0)
    lane.leave(0)
    light = asyncio.create_task(lane.enter(1))
    await asyncio.sleep(0)
    assert (heavy.done(), light.done()) == (False, False)  # it would fit, but not before who came first
    lane.leave(5)
    assert await heavy
    assert await light
    lane.leave(9)
    lane.leave(1)
    assert await lane.enter(5)
    lane.leave(5)
    assert (lane.inside, lane.weight) == (0, 0)


async def test_a_body_that_finds_no_room_in_time_is_told_to_come_again() -> None:
    lane = Lane(requests=2, queue=1, patience=0.001, capacity=10)
    assert [await lane.enter(8), await lane.enter(0)] == [True, True]
    ticket = Ticket(lane, "bulk", 0)
    with pytest.raises(Unavailable) as refused:
        await ticket.weigh(5)
    assert refused.value.retry_after == 2
    await ticket.weigh(0)
    lane.leave(ticket.weight)
    assert (lane.inside, lane.weight, len(lane.unweighed)) == (1, 8, 0)


async def test_who_would_wait_in_vain_is_refused_at_once() -> None:
    lane = Lane(requests=2, queue=100, patience=8)
    for _ in range(100):
        assert await lane.enter(0)
        lane.leave(0, took=2.0)
    assert [await lane.enter(0), await lane.enter(0)] == [True, True]
    waiting = [asyncio.create_task(lane.enter(0)) for _ in range(4)]  # one, two, three, four seconds
    await asyncio.sleep(0)
    assert not await lane.enter(0)
    for _ in range(6):
        lane.leave(0)
    assert all(await asyncio.gather(*waiting))
    for _ in range(100):  # everything has become quick
        assert await lane.enter(0)
        lane.leave(0, took=0.0)
    crowd = [asyncio.create_task(lane.enter(0)) for _ in range(102)]
    await asyncio.sleep(0)
    assert sum(one.done() for one in crowd) == 2
    for _ in crowd:
        lane.leave(0)
    assert all(await asyncio.gather(*crowd))
    assert (lane.inside, len(lane.waiting)) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from(["enter", "leave", "cancel"]), st.integers(0, 12)), max_size=60))
@example([("enter", 11), ("enter", 0)])
def test_a_lane_never_holds_more_than_its_room_and_forgets_nobody(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        lane = Lane(requests=3, queue=4, patience=60, capacity=10)
        inside: list[int] = []
        waiting: list[tuple[asyncio.Task[bool], int]] = []

        async def gather() -> None:
            for _ in range(5):
                await asyncio.sleep(0)
            for task, weight in list(waiting):
                if task.done():
                    waiting.remove((task, weight))
                    if not task.cancelled() and task.result():
                        inside.append(weight)

        for step, number in steps:
            if step == "enter":
                waiting.append((asyncio.create_task(lane.enter(number)), number))
            elif step == "leave" and inside:
                lane.leave(inside.pop(number % len(inside)))
            elif step == "cancel" and waiting:
                waiting[number % len(waiting)][0].cancel()
            await gather()
            assert (lane.inside, lane.weight) == (len(inside), sum(inside))
            assert lane.inside <= 3
            assert (
                lane.weight <= 10 or sum(map(bool, inside)) == 1
            )  # whoever weighs nothing is in nobody's way
            assert len(lane.waiting) == len(waiting) <= 4
        while inside or waiting:
            for weight in inside:
                lane.leave(weight)
            inside.clear()
            await gather()
        assert (lane.inside, lane.weight, len(lane.waiting)) == (0, 0, 0)

    asyncio.run(play())
