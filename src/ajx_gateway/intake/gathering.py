"""HOW do small requests share a commit? What arrives while one batch is under way goes together in the next.

A request that comes alone is worked on at once. Where several came together last time, a batch waits for as many to
come again, for a part of what the last one took at most: senders that were answered together ask again together, and
without that moment the first of them would go ahead alone. The busier the gateway, the larger the batches, so its cost
per request falls as the load rises. A batch that takes long, as it does beside large pushes, is not waited for: the next
one goes beside it. When the work on several fails, each is done alone: one sender's bad luck is never another's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Generic, TypeVar

M = TypeVar("M")
R = TypeVar("R")

# Larger batches save little more, and all of them wait for the slowest.
_MOST = 64
# So long a batch may wait for company: a part of what the last one took, and never longer than so many seconds.
_PART, _LONGEST = 0.5, 0.02
# After so many seconds, and so many more for each member, a batch is late: who waits goes beside it. Large batches take
# their time, and smaller ones beside them would only make all of them slower. So many of one group at once.
_LATE, _LATE_EACH, _BESIDE = 0.01, 0.0025, 3


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[M, R]):
    member: M
    names: frozenset[Hashable]  # of two that share one, the later waits until the first is done
    answer: asyncio.Future[R]


@dataclass(slots=True)
class _Habit:
    """How many came together last, and how long (seconds) they took."""

    together: int = 1
    took: float = 0.0


@dataclass(slots=True)
class _Queue(Generic[M, R]):
    name: Hashable
    work: Callable[[Sequence[M]], Awaitable[Sequence[R]]]
    habit: _Habit
    waiting: deque[_Waiting[M, R]] = field(default_factory=deque)
    complete: asyncio.Future[None] | None = None  # set when as many wait as came last time
    runs: int = 0
    late: int = 0  # of the runs, those whose batch takes long
    under_way: set[Hashable] = field(default_factory=set)  # the names of those being worked on

    def add(self, one: _Waiting[M, R]) -> None:
        self.waiting.append(one)
        if self.complete is not None and not self.complete.done() and self._is_complete():
            self.complete.set_result(None)

    async def company(self, longest: float) -> None:
        """Wait for as many as came together last time, for a moment at most."""
        if self._is_complete():
            return
        self.complete = asyncio.get_running_loop().create_future()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.complete, min(self.habit.took * _PART, longest))

    def is_held_up(self) -> bool:
        """Whether somebody waits for nothing but batches that take long."""
        return bool(self.waiting) and self.runs == self.late < _BESIDE

    def take(self, most: int) -> list[_Waiting[M, R]]:
        """Who goes next: of those who share a name only the first, and nobody whose name is under way."""
        taken: list[_Waiting[M, R]] = []
        later: list[_Waiting[M, R]] = []
        named = set(self.under_way)
        while self.waiting and len(taken) < most:
            one = self.waiting.popleft()
            if one.answer.cancelled():
                continue
            (taken if named.isdisjoint(one.names) else later).append(one)
            named |= one.names
        self.waiting.extendleft(reversed(later))
        return taken

    @contextmanager
    def working_on(
        self, taken: Sequence[_Waiting[M, R]], late: float, held_up: Callable[[], None]
    ) -> Iterator[None]:
        """While they are worked on their names are taken; ``held_up`` is called after so many seconds."""
        names = {name for one in taken for name in one.names}
        is_late = False

        def note() -> None:
            nonlocal is_late
            is_late = True
            self.late += 1
            held_up()

        self.under_way |= names
        timer = asyncio.get_running_loop().call_later(late, note)
        try:
            yield
        finally:
            timer.cancel()
            self.late -= is_late
            self.under_way -= names

    def _is_complete(self) -> bool:
        return len(self.waiting) >= self.habit.together


class Gathering(Generic[M, R]):
    """Batches of one process, by group and instant (``Hashable``), so many ``at_once``; of one group the next is begun when
    the last one is done or late: ``late`` seconds, and some for each member."""

    def __init__(
        self,
        at_once: int = 4,
        most: int = _MOST,
        longest: float = _LONGEST,
        late: float = _LATE,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._most, self._longest, self._late, self._clock = most, longest, late, clock
        self._free = asyncio.Semaphore(at_once)
        self._queues: dict[Hashable, _Queue[M, R]] = {}
        self._habits: dict[Hashable, _Habit] = {}
        self._runs: set[asyncio.Task[None]] = set()

    async def join(
        self,
        group: Hashable,
        member: M,
        names: frozenset[Hashable],
        work: Callable[[Sequence[M]], Awaitable[Sequence[R]]],
        *,
        apart: Hashable = None,
    ) -> R:
        """The member's own result; what ``work`` raises for it alone is raised here.

        Members of one ``group`` share a batch unless they are to be kept ``apart``. There are few groups: what is
        known of one is never forgotten.
        """
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        name = (group, apart)
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = _Queue(name, work, self._habits.setdefault(group, _Habit()))
        queue.add(_Waiting(member, names, answer))
        self._go_on(queue)
        return await answer

    def _go_on(self, queue: _Queue[M, R]) -> None:
        if queue.is_held_up():
            queue.runs += 1
            run = asyncio.create_task(self._run(queue))
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)

    async def _run(self, queue: _Queue[M, R]) -> None:
        try:
            while queue.waiting:
                if queue.runs == 1:
                    await queue.company(self._longest)
                async with self._free:
                    taken, begun = queue.take(self._most), self._clock()
                    if not taken:  # who is left waits for a name that another run has
                        return
                    late = self._late + _LATE_EACH * len(taken)
                    with queue.working_on(taken, late, partial(self._go_on, queue)):
                        await _answer(taken, queue.work)
                    queue.habit.together, queue.habit.took = len(taken), self._clock() - begun
        finally:
            queue.runs -= 1
            if not queue.runs:
                del self._queues[queue.name]
                for left in queue.waiting:  # only when the process itself is being stopped
                    left.answer.cancel()


async def _answer(
    taken: Sequence[_Waiting[M, R]], work: Callable[[Sequence[M]], Awaitable[Sequence[R]]]
) -> None:
    if len(taken) > 1:
        try:
            results = await work([one.member for one in taken])
        except Exception:  # whose fault it was shows when each is done alone
            for one in taken:
                await _answer([one], work)
            return
        for one, result in zip(taken, results, strict=True):
            if not one.answer.done():
                one.answer.set_result(result)
        return
    for one in taken:
        try:
            [alone] = await work([one.member])
        except Exception as failure:
            if not one.answer.done():
                one.answer.set_exception(failure)
        else:
            if not one.answer.done():
                one.answer.set_result(alone)
