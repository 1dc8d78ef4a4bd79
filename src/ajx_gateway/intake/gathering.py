"""HOW do small requests share a commit? What arrives while one batch is under way goes together in the next.

A request that comes alone is worked on at once. Where several came together last time, a batch waits for as many to
come again, for a part of what the last one took at most: senders that were answered together ask again together, and
without that moment the first of them would go ahead alone. The busier the gateway, the larger the batches, so its cost
per request falls as the load rises. When the work on several fails, each is done alone: one sender's bad luck is never
another's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Generic, TypeVar

M = TypeVar("M")
R = TypeVar("R")

# Larger batches save little more, and all of them wait for the slowest.
_MOST = 64
# So long a batch may wait for company: a part of what the last one took, and never longer than so many seconds.
_PART, _LONGEST = 0.5, 0.02


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[M, R]):
    member: M
    names: frozenset[Hashable]  # of two that share one, the later goes with the next batch
    answer: asyncio.Future[R]


@dataclass(slots=True)
class _Habit:
    """How many came together last, and how long (seconds) they took."""

    together: int = 1
    took: float = 0.0


@dataclass(slots=True)
class _Queue(Generic[M, R]):
    habit: _Habit
    waiting: deque[_Waiting[M, R]] = field(default_factory=deque)
    complete: asyncio.Future[None] | None = None  # set when as many wait as came last time

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

    def _is_complete(self) -> bool:
        return len(self.waiting) >= self.habit.together


class Gathering(Generic[M, R]):
    """Batches of one process, one at a time per group and instant (``Hashable``), so many ``at_once``."""

    def __init__(
        self,
        at_once: int = 4,
        most: int = _MOST,
        longest: float = _LONGEST,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._most, self._longest, self._clock = most, longest, clock
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
        queue = self._queues.get((group, apart))
        if queue is None:
            queue = self._queues[group, apart] = _Queue(self._habits.setdefault(group, _Habit()))
            run = asyncio.create_task(self._run((group, apart), queue, work))
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)
        queue.add(_Waiting(member, names, answer))
        return await answer

    async def _run(
        self, name: Hashable, queue: _Queue[M, R], work: Callable[[Sequence[M]], Awaitable[Sequence[R]]]
    ) -> None:
        try:
            while queue.waiting:
                await queue.company(self._longest)
                async with self._free:
                    taken, begun = self._taken(queue.waiting), self._clock()
                    await _answer(taken, work)
                    queue.habit.together, queue.habit.took = len(taken), self._clock() - begun
        finally:
            del self._queues[name]
            for left in queue.waiting:  # only when the process itself is being stopped
                left.answer.cancel()

    def _taken(self, queue: deque[_Waiting[M, R]]) -> list[_Waiting[M, R]]:
        taken: list[_Waiting[M, R]] = []
        later: list[_Waiting[M, R]] = []
        named: set[Hashable] = set()
        while queue and len(taken) < self._most:
            one = queue.popleft()
            if one.answer.cancelled():
                continue
            if named.isdisjoint(one.names):
                taken.append(one)
            else:
                later.append(one)
            named |= one.names
        queue.extendleft(reversed(later))
        return taken


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
