"""HOW do small requests share a commit? What arrives while one batch is under way goes together in the next.

Nobody waits for company: a request that comes alone is worked on at once. The busier the gateway, the larger the
batches, so its cost per request falls as the load rises. When the work on several fails, each is done alone: one
sender's bad luck is never another's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

M = TypeVar("M")
R = TypeVar("R")

# Larger batches save little more, and all of them wait for the slowest.
_MOST = 64


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[M, R]):
    member: M
    names: frozenset[Hashable]  # of two that share one, the later goes with the next batch
    answer: asyncio.Future[R]


class Gathering(Generic[M, R]):
    """Batches of one process, one at a time per group (``Hashable``), so many groups ``at_once``."""

    def __init__(self, at_once: int = 4, most: int = _MOST) -> None:
        self._most = most
        self._free = asyncio.Semaphore(at_once)
        self._queues: dict[Hashable, deque[_Waiting[M, R]]] = {}
        self._runs: set[asyncio.Task[None]] = set()

    async def join(
        self,
        group: Hashable,
        member: M,
        names: frozenset[Hashable],
        work: Callable[[Sequence[M]], Awaitable[Sequence[R]]],
    ) -> R:
        """The member's own result; what ``work`` raises for it alone is raised here."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        queue = self._queues.get(group)
        if queue is None:
            queue = self._queues[group] = deque()
            run = asyncio.create_task(self._run(group, queue, work))
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)
        queue.append(_Waiting(member, names, answer))
        return await answer

    async def _run(
        self,
        group: Hashable,
        queue: deque[_Waiting[M, R]],
        work: Callable[[Sequence[M]], Awaitable[Sequence[R]]],
    ) -> None:
        try:
            while queue:
                async with self._free:
                    await _answer(self._taken(queue), work)
        finally:
            del self._queues[group]
            for left in queue:  # only when the process itself is being stopped
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
