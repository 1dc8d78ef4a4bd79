"""HOW is a struck request judged? Its state is none or complete, its answer says no more than was committed, a retry mends it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import zstandard

from .doors import DOORS, Answer, Call, World
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
    answer: Answer,
    counters: Counters,
) -> None:
    """After a strike, whether anything was answered or not."""
    after = await look(eye)
    stored = after != before
    counters.strikes += 1
    counters.seen[f"answered {answer.status}" if answer.status else "not answered"] += 1
    counters.seen["stored" if stored else "not stored"] += 1
    assert not stored or after.more_than(before) == whole, "half of a filing is stored"
    assert answer.status in {0, 200, 201, 500, 503}, answer
    assert not answer.is_good or stored, "acknowledged, but not stored"
    assert answer.status != 503 or int(answer.headers["retry-after"]) > 0
    assert world.connections_out() == 0, "a connection leaked"
    kept = await _kept_answer(eye, call)
    again = await world.send(call)
    assert again.is_good, again
    if kept is not None:
        assert (again.content, again.is_repeated) == (kept, True), "a retry was answered otherwise"
    if answer.is_good:
        assert again.content == answer.content, "a retry was answered otherwise"
    assert (await look(eye)).more_than(before) == whole, "the retry added something, or too little"
    thrice = await world.send(call)
    assert (thrice.status, thrice.content) == (again.status, again.content)


async def _kept_answer(eye: Any, call: Call) -> bytes | None:
    """The answer that was committed with the filing of this key."""
    packed = await eye.fetchval(
        "SELECT answer FROM filing WHERE idempotency_key = $1", call.headers.get("Idempotency-Key")
    )
    return None if packed is None else zstandard.ZstdDecompressor().decompress(packed)
