"""HOW many requests are worked on at once? A few of each sort, a short queue, and an early "later" for the rest.

Work that waits costs as much memory as work that is done, and whoever waits too long asks again: a process that takes
everything in finishes less and less. So each sort of request has a lane of its own: large bodies (few, and so many
bytes in all), small ones, what insurers read, what regulators ask, whole lists they take away, and tokens. Nobody's
storm fills another's lane, and the lanes of insurers together leave some of the pool's connections to everybody else.

A refusal comes before the body is read: 503 with Retry-After, so that the sender tries the same request again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ajx_gateway.api import problems
from ajx_gateway.errors import Unavailable

Sort = Literal["bulk", "push", "read", "own_export", "oversight", "export", "token"]
SMALL = 128 * 1024
# So much of a refused body is taken in and forgotten, for so long, that its sender gets to read the answer.
_FORGOTTEN_BYTES, _FORGETTING_SECONDS = 8 * 1024 * 1024, 1.0
# So long after a small push no more than one large one is worked on, so that the next small one is answered sooner.
_SMALL_ONES_SECONDS = 1.0
_WRITING = frozenset({"POST", "PUT"})
_BUSY: Mapping[Sort, str] = {
    "bulk": "大批量报送正忙，请按 Retry-After 等待后以同一幂等键原样重试。",
    "push": "报送正忙，请按 Retry-After 等待后以同一幂等键原样重试。",
    "read": "查询正忙，请按 Retry-After 等待后重试。",
    "own_export": "整表导出一次只做一项，请按 Retry-After 等待后重试。",
    "oversight": "监管查询正忙，请按 Retry-After 等待后重试。",
    "export": "整表导出一次只做一项，请按 Retry-After 等待后重试。",
    "token": "令牌申请正忙，请按 Retry-After 等待后重试。",
}
_RETRY: Mapping[Sort, int] = {
    "bulk": 2,
    "push": 1,
    "read": 1,
    "own_export": 10,
    "oversight": 1,
    "export": 10,
    "token": 1,
}


@dataclass(slots=True)
class Lane:
    """Room for ``requests`` that weigh ``capacity`` bytes together, first come, first served.

    ``queue`` more may wait, each for ``patience`` seconds, and only while half of that is likely to do: who would wait in
    vain is better told so at once. One request always gets in, however heavy. What a compressed body weighs is known
    only when it is there: it comes in weighing nothing, and is weighed before it is inflated.
    """

    requests: int
    queue: int
    patience: float
    capacity: int | None = None
    clock: Callable[[], float] = perf_counter
    alone_until: float = 0.0  # till then of ``clock`` no more than one request is worked on
    inside: int = 0
    weight: int = 0
    usual: float = 0.0  # seconds that a request has taken lately
    waiting: deque[tuple[asyncio.Future[None], int]] = field(default_factory=deque)
    unweighed: deque[tuple[asyncio.Future[None], int]] = field(default_factory=deque)

    async def enter(self, weight: int) -> bool:
        """Whether the request may be worked on; ``leave`` must follow."""
        if not self.waiting and self._has_room(weight):
            self._take(weight)
            return True
        likely = self.usual * (len(self.waiting) + 1) / self._most()
        if len(self.waiting) >= self.queue or likely > self.patience / 2:
            return False
        return await self._turn(self.waiting, weight, self.leave)

    async def weigh(self, weight: int) -> bool:
        """Whether somebody inside who weighed nothing may weigh so much from now on; ``leave`` that as well, then."""
        if not self.unweighed and self._can_bear(weight):
            self.weight += weight
            return True
        return await self._turn(self.unweighed, weight, self._unload)

    def leave(self, weight: int, took: float | None = None) -> None:
        """Room for the next; ``took`` is how many seconds the work has taken."""
        if took is not None:
            self.usual += (took - self.usual) / 8
        self.inside -= 1
        self._unload(weight)

    async def _turn(
        self, queue: deque[tuple[asyncio.Future[None], int]], weight: int, undo: Callable[[int], None]
    ) -> bool:
        turn = asyncio.get_running_loop().create_future()
        queue.append((turn, weight))
        try:
            await asyncio.wait((turn,), timeout=self.patience)
        except asyncio.CancelledError:
            if turn.done():
                undo(weight)
            raise
        finally:
            if not turn.done():
                queue.remove((turn, weight))
                self._call()
        return turn.done()

    def _most(self) -> int:
        return 1 if self.clock() < self.alone_until else self.requests

    def _unload(self, weight: int) -> None:
        self.weight -= weight
        self._call()

    def _can_bear(self, weight: int) -> bool:
        return self.capacity is None or not self.weight or self.weight + weight <= self.capacity

    def _has_room(self, weight: int) -> bool:
        # Somebody inside who waits for many bytes must not see them go to newcomers, one small push after the other.
        fair = not weight or not self.unweighed
        return fair and self.inside < self._most() and self._can_bear(weight)

    def _take(self, weight: int) -> None:
        self.inside += 1
        self.weight += weight

    def _call(self) -> None:
        """Those at the head of the queues who fit now; who is inside comes first."""
        while self.unweighed and self._can_bear(self.unweighed[0][1]):
            turn, weight = self.unweighed.popleft()
            self.weight += weight
            turn.set_result(None)
        while self.waiting and self._has_room(self.waiting[0][1]):
            turn, weight = self.waiting.popleft()
            self._take(weight)
            turn.set_result(None)


@dataclass(slots=True)
class Ticket:
    """A request's place in its lane."""

    lane: Lane
    sort: Sort
    weight: int

    async def weigh(self, size: int) -> None:
        """A compressed body is about to become so large; Unavailable when there is no room for it in good time."""
        more = max(0, size - self.weight)
        if not more:
            return
        if not await self.lane.weigh(more):
            raise _later(self.sort)
        self.weight += more


async def weigh(scope: Scope, size: int) -> None:
    """Weighs the request's body, where the request came through a gate."""
    ticket: Ticket | None = scope.get("admission")
    if ticket is not None:
        await ticket.weigh(size)


@dataclass(frozen=True, slots=True)
class Rooms:
    """How much one process takes on at once; the settings of the same names say it."""

    bulk_in_flight: int
    bulk_bytes: int
    pushes_in_flight: int
    reads_in_flight: int
    patience: float
    max_body: int

    def lanes(self, clock: Callable[[], float]) -> dict[Sort, Lane]:
        def quick(requests: int) -> Lane:
            return Lane(requests, 16 * requests, self.patience)

        return {
            # A large push takes seconds, so that waiting for one is worth some.
            "bulk": Lane(
                self.bulk_in_flight, 2 * self.bulk_in_flight, 10 * self.patience, self.bulk_bytes, clock
            ),
            "push": quick(self.pushes_in_flight),
            "read": quick(self.reads_in_flight),
            "oversight": quick(self.reads_in_flight),
            # One whole list at a time keeps one connection and never stands before a question; an insurer's, not before
            # a regulator's either.
            "own_export": Lane(1, 2, 10 * self.patience),
            "export": Lane(1, 2, 10 * self.patience),
            "token": quick(1),
        }


class Gate:
    """Lets a request into its lane, or refuses it at once."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        rooms: Rooms,
        registry: CollectorRegistry,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.app = app
        self.rooms = rooms
        self.clock = clock
        self.lanes = rooms.lanes(clock)
        refused = Counter(
            "ajx_refused", "Requests refused because their lane was full", ("lane",), registry=registry
        )
        gauge = partial(Gauge, labelnames=("lane",), registry=registry, multiprocess_mode="livesum")
        inside = gauge("ajx_in_flight", "Requests being worked on")
        queued = gauge("ajx_queued", "Requests waiting for their turn")
        self.refused = {sort: refused.labels(sort) for sort in self.lanes}
        self.inside = {sort: inside.labels(sort) for sort in self.lanes}
        self.queued = {sort: queued.labels(sort) for sort in self.lanes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sort, weight = self.sorted(scope) if scope["type"] == "http" else (None, 0)
        if sort is None:
            await self.app(scope, receive, send)
            return
        lane = self.lanes[sort]
        with self.queued[sort].track_inprogress():
            enters = await lane.enter(weight)
        if not enters:
            self.refused[sort].inc()
            await self._refuse(sort, scope, receive, send)
            return
        ticket, begun = Ticket(lane, sort, weight), self.clock()
        if sort == "push":
            self.lanes["bulk"].alone_until = begun + _SMALL_ONES_SECONDS
        scope["admission"] = ticket
        try:
            with self.inside[sort].track_inprogress():
                await self.app(scope, receive, send)
        finally:
            lane.leave(ticket.weight, self.clock() - begun)

    def sorted(self, scope: Scope) -> tuple[Sort | None, int]:
        """The lane of a request and what it weighs there; pages, the standard and health have none."""
        path: str = scope["path"]
        if path == "/oauth2/token":
            return "token", 0
        if not path.startswith("/v1/"):
            return None, 0
        if path.startswith("/v1/oversight/"):
            return ("export" if _whole(scope) else "oversight"), 0
        if scope["method"] not in _WRITING:
            return ("own_export" if _whole(scope) else "read"), 0
        headers = Headers(scope=scope)
        if headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
            return "bulk", 0  # however little arrives, much may come out of it
        weight = self._weight(headers)
        return ("push", weight) if weight <= SMALL else ("bulk", weight)

    def _weight(self, headers: Headers) -> int:
        """The bytes that the body will be, as far as its head tells; the whole limit when it does not."""
        stated = headers.get("content-length")
        if stated is None and "transfer-encoding" not in headers:
            return 0
        if stated is None or not (stated.isascii() and stated.isdigit()) or len(stated) > 12:
            return self.rooms.max_body
        return min(int(stated), self.rooms.max_body)

    async def _refuse(self, sort: Sort, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = problems.refusal(Request(scope), _later(sort))
        if sort != "bulk":  # the server itself reads past a small body
            await refusal(scope, receive, send)
            return
        refusal.headers["Connection"] = "close"

        async def send_open(message: Message) -> None:
            ended = message["type"] == "http.response.body"
            await send({**message, "more_body": True} if ended else message)

        await refusal(scope, receive, send_open)
        with suppress(TimeoutError):
            async with asyncio.timeout(_FORGETTING_SECONDS):
                await _forget(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _whole(scope: Scope) -> bool:
    """Whether the door will read ``all=true``, however that is written in the address."""
    asked: bytes = scope.get("query_string", b"")
    return b"=" in asked and QueryParams(asked).get("all") == "true"


def _later(sort: Sort) -> Unavailable:
    return Unavailable(_BUSY[sort], retry_after=_RETRY[sort])


async def _forget(receive: Receive) -> None:
    """Closing while the sender still writes would destroy the answer on its way to it."""
    taken, more = 0, True
    while more and taken < _FORGOTTEN_BYTES:
        message = await receive()
        taken += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
