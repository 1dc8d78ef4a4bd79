"""WAS this request answered before? Work under an idempotency key happens once; a retry gets the first answer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from ajx_gateway import errors
from ajx_gateway.identity import Scope
from ajx_gateway.intake.desk import Answer, Desk
from ajx_gateway.store import filings
from ajx_gateway.store.database import Transaction, is_transient
from ajx_gateway.store.together import Question, Rows, together

log = structlog.get_logger()

# How long a request waits for an earlier one under the same key before it is told to come back.
_PATIENCE = 10.0
_ATTEMPTS = 5


class Again(Exception):
    """The ground moved between judging and writing: the transaction is undone and the work done again."""


class Undone(Exception):
    """The work is to be answered but not kept (dry run)."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Request:
    """What makes two requests the same: the door, the record, the parameters and the body."""

    insurer: str
    key: str
    door: str
    body_sha256: bytes

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.door.encode() + b"\n" + self.body_sha256).digest()


Work = Callable[[Transaction, Sequence[Rows]], Awaitable[Answer]]


async def once(
    desk: Desk, scope: Scope, request: Request, work: Work, beside: Sequence[Question] = ()
) -> Answer:
    """Do the work in one transaction and answer after its commit, or give the answer given before.

    ``work`` gets the answers to what is asked ``beside`` the key, in the same statement.

    ``errors.InFlight`` when an earlier request under the key is still running after ten seconds,
    ``errors.KeyReused`` when the key stands for another request.
    """
    waited, pause, attempts = 0.0, 0.02, 0
    while True:
        try:
            async with desk.turns, desk.store.pushing(scope) as tx:
                key, *answers = await together(tx, [filings.claim(request.insurer, [request.key]), *beside])
                [(mine, before)] = filings.claimed(key)
                if before is not None:
                    return _replay(request, before)
                if mine:
                    return await work(tx, answers)
        except Undone as undone:
            return undone.answer
        except Again:
            attempts += 1
        except Exception as failure:
            attempts += 1
            again = is_transient(failure) or filings.is_repeated(failure)
            if not again or attempts >= _ATTEMPTS:
                raise
            log.info("transaction.retried", attempt=attempts, reason=type(failure).__name__)
        if attempts >= _ATTEMPTS:
            raise errors.Unavailable("该记录正被频繁改写，请稍后用同一幂等键重试。", retry_after=1)
        if waited >= _PATIENCE:
            raise errors.InFlight("同一幂等键的上一个请求仍在处理，请稍后用同一幂等键重试。", retry_after=2)
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, 0.5)


async def once_together(
    desk: Desk,
    scope: Scope,
    requests: Sequence[Request],
    work: Callable[[Transaction, Sequence[Rows], Sequence[int]], Awaitable[Sequence[Answer]]],
    beside: Sequence[Question] = (),
) -> list[Answer]:
    """As ``once`` for several requests in one transaction, all or none; ``work`` gets the numbers of the new ones.

    Whatever stands in the way is raised, for ``once`` to deal with one by one.
    """
    async with desk.turns, desk.store.pushing(scope) as tx:
        keys = filings.claim(requests[0].insurer, [request.key for request in requests])
        claimed, *beside_them = await together(tx, [keys, *beside])
        found = filings.claimed(claimed)
        if not all(mine or before for mine, before in found):
            raise Again
        answers = {
            number: _replay(requests[number], before)
            for number, (_, before) in enumerate(found)
            if before is not None
        }
        new = [number for number in range(len(requests)) if number not in answers]
        if new:
            answers |= zip(new, await work(tx, beside_them, new), strict=True)
    return [answers[number] for number in range(len(requests))]


def _replay(request: Request, before: filings.Filed) -> Answer:
    if before.fingerprint != request.fingerprint:
        raise errors.KeyReused("该幂等键已用于另一份报送；新的内容请使用新的幂等键，重试请原样重发。")
    return Answer(before.status, before.answer, replayed=True, etag=before.etag)
