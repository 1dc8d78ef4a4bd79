"""HOW is a struck request judged? Its state is none or complete, its answer says no more than was committed, a retry mends it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from .doors import DOORS, Call, World
from .shelves import Shelves, look

# What an insurer repeats after a fault: the doors of the push path and the excuse.
STRUCK = {
    "push": ("POST", "/v1/policies"),
    "put": ("PUT", "/v1/policies/{policy_no}"),
    "void": ("POST", "/v1/policies/{policy_no}/void"),
    "document": ("PUT", "/v1/policies/{policy_no}/document"),
    "excuse": ("POST", "/v1/deadlines/{id}/excuse"),
}


@dataclass
class Counters:
    """What happened to all struck requests of one door."""

    strikes: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        told = ", ".join(f"{name} {number}" for name, number in sorted(self.seen.items()))
        return f"{self.strikes} struck: {told}"


async def complete(world: World, eye: Any, door: tuple[str, str]) -> dict[str, int]:
    """The rows that one undisturbed request of this door adds."""
    await world.must(await DOORS[door](world, next(world.numbers)))
    call = await DOORS[door](world, next(world.numbers))
    before = await look(eye)
    await world.must(call)
    return (await look(eye)).more_than(before)


async def judge(
    world: World,
    eye: Any,
    call: Call,
    before: Shelves,
    whole: dict[str, int],
    answer: httpx.Response | None,
    counters: Counters,
) -> None:
    """After a strike. ``answer`` is None when nothing was answered."""
    after = await look(eye)
    stored = after != before
    assert not stored or after.more_than(before) == whole, "half of a filing is stored"
    status = None if answer is None else answer.status_code
    counters.strikes += 1
    counters.seen[f"answered {status}" if status else "not answered"] += 1
    counters.seen["stored" if stored else "not stored"] += 1
    if answer is not None:
        assert status in {200, 201, 500, 503}, answer.text
        assert status not in {200, 201} or stored, "acknowledged, but not stored"
        assert status != 503 or int(answer.headers["Retry-After"]) > 0
    assert world.store.engine.pool.checkedout() == 0, "a connection leaked"
    kept = await _kept_answer(eye, call)
    again = await world.send(call)
    assert again.status_code in {200, 201}, again.text
    if stored and kept is not None:
        assert (again.content, again.headers.get("Idempotent-Replayed")) == (kept, "true")
    if answer is not None and answer.status_code in {200, 201}:
        assert again.content == answer.content, "a retry was answered otherwise"
    assert (await look(eye)).more_than(before) == whole, "the retry added something, or too little"
    thrice = await world.send(call)
    assert (thrice.status_code, thrice.content) == (again.status_code, again.content)


async def _kept_answer(eye: Any, call: Call) -> bytes | None:
    """The answer that was committed with the filing of this key."""
    import zstandard

    packed = await eye.fetchval(
        "SELECT answer FROM filing WHERE idempotency_key = $1", call.headers.get("Idempotency-Key")
    )
    return None if packed is None else zstandard.ZstdDecompressor().decompress(packed)
