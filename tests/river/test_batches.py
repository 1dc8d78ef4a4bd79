"""Batches: a constant number of statements, and the state of a serial order whatever the interleaving."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from ajx_gateway import standard
from ajx_gateway.identity import scope_of
from ajx_gateway.intake import records
from ajx_gateway.store.records import CHUNK

from .conftest import NOW


async def statements_of(store, insurer, work) -> int:
    """How many SQL statements the pool's connections run while ``work`` goes on."""
    counted = 0
    connections = []

    def count(_record: Any) -> None:
        nonlocal counted
        counted += 1

    async with store.reading(scope_of(insurer)) as tx:
        connections.append(tx.raw)
    # One idle connection stands in the pool after this; the work below uses it.
    raw = connections[0]
    raw.add_query_logger(count)
    try:
        await work()
    finally:
        raw.remove_query_logger(count)
    return counted


@pytest.mark.parametrize("kind", list(standard.KINDS))
async def test_a_batch_of_1000_takes_as_many_statements_as_a_batch_of_10(store, insurer, push, make, kind):
    key = standard.KINDS[kind].key

    def batch(size: int, run: int) -> list[dict[str, Any]]:
        return [make(kind, **{key: f"{kind}-{run}-{number}"}) for number in range(size)]

    await push(kind, *batch(10, 0))  # warms the statement cache
    few = await statements_of(store, insurer, lambda: push(kind, *batch(10, 1), key=f"{kind}-few"))
    many = await statements_of(store, insurer, lambda: push(kind, *batch(CHUNK, 2), key=f"{kind}-many"))
    assert few > 0
    # What is sealed travels with the COMMIT where it is short, and by itself where it is long.
    assert many - few in {0, 1}
    assert many <= 25


async def test_concurrent_overlapping_batches_end_in_the_order_of_revised_at(desk, push, make, insurer):
    rng = random.Random(7)
    numbers = [f"RACE-{n}" for n in range(40)]
    hours = list(range(24))

    def batch() -> list[dict[str, Any]]:
        chosen = rng.sample(numbers, 25)
        hour = hours.pop(rng.randrange(len(hours)))
        return [
            make(
                "policy",
                policy_no=n,
                promised_settlement_days=100 + hour,
                revised_at=f"2026-11-10T{hour:02}:00:00+08:00",
            )
            for n in chosen
        ]

    batches = [batch() for _ in range(16)]
    answers = await asyncio.gather(*(push("policy", *b) for b in batches))
    assert all(item["result"] in {"created", "updated", "stale"} for a in answers for item in a["items"])
    last = {n: max(d["revised_at"] for b in batches for d in b if d["policy_no"] == n) for n in numbers}
    for number, revised_at in last.items():
        stored = await records.fetch(desk, insurer, standard.KINDS["policy"], number, as_of=None, now=NOW)
        assert stored["record"]["revised_at"] == revised_at
        filed = sum(d["policy_no"] == number for b in batches for d in b)
        states = await records.history(desk, insurer, standard.KINDS["policy"], number)
        assert len(states) == filed
        counted = sorted(s["version"] for s in states if s["version"] is not None)
        assert counted == list(range(1, stored["version"] + 1))


async def test_one_key_several_times_in_a_batch_is_written_in_turn(push, make):
    states = [
        make(
            "policy", policy_no="TURNS", promised_settlement_days=n, revised_at=f"2026-11-1{n}T00:00:00+08:00"
        )
        for n in (1, 3, 2)
    ]
    answer = await push("policy", *states)
    assert [item["result"] for item in answer["items"]] == ["created", "updated", "stale"]


async def test_ten_thousand_items_pass_and_one_more_does_not(push, make):
    from ajx_gateway import errors

    documents = [{"policy_no": f"MANY-{n}"} for n in range(10_001)]
    with pytest.raises(errors.TooLarge):
        await push("policy", *documents)
