"""Do single pushes that come together share a commit, and does each still get its own answer?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

import pytest

from ajx_gateway import errors, standard
from ajx_gateway.identity import Caller, Scope, scope_of
from ajx_gateway.intake.desk import Answer, Desk
from ajx_gateway.intake.gathering import Gathering
from ajx_gateway.intake.submit import submit
from ajx_gateway.store.database import Store
from river.conftest import NOW

POLICY = standard.KINDS["policy"]


async def push(desk: Desk, caller: Caller, document: dict[str, Any], key: str) -> Answer:
    body = json.dumps(document, ensure_ascii=False).encode()
    return await submit(desk, caller, POLICY, body, media="json", key=key, version="1.0", now=NOW)


async def transactions(store: Store, caller: Caller) -> tuple[int, int]:
    """(filings, transactions that wrote them) of an insurer."""
    async with store.reading(scope_of(caller)) as tx:
        [row] = await tx.fetch(
            "SELECT count(*) AS filings, count(DISTINCT xmin::text) AS transactions FROM filing WHERE insurer = $1",
            caller.insurer,
        )
    return row["filings"], row["transactions"]


def result_of(answer: Answer) -> dict[str, Any]:
    [item] = json.loads(answer.body)["items"]
    return item  # type: ignore[no-any-return]


async def test_pushes_that_come_together_share_commits_and_keep_their_own_receipts(
    desk: Desk, store: Store, insurer: Caller, make: Callable[..., dict[str, Any]]
) -> None:
    documents = [make("policy", policy_no=f"G-{number}") for number in range(30)]
    answers = await asyncio.gather(*(push(desk, insurer, d, f"k-{d['policy_no']}") for d in documents))
    assert [result_of(answer)["key"] for answer in answers] == [d["policy_no"] for d in documents]
    assert {result_of(answer)["result"] for answer in answers} == {"created"}
    assert len({json.loads(answer.body)["receipt"] for answer in answers}) == 30
    filings, shared = await transactions(store, insurer)
    assert filings == 30
    assert shared < 10
    again = await asyncio.gather(*(push(desk, insurer, d, f"k-{d['policy_no']}") for d in documents))
    assert [one.body for one in again] == [one.body for one in answers]
    assert all(one.replayed for one in again)


async def test_one_refused_push_leaves_the_others_alone(
    desk: Desk, insurer: Caller, make: Callable[..., dict[str, Any]]
) -> None:
    good = [make("policy", policy_no=f"H-{number}") for number in range(6)]
    bad = make("policy", policy_no="H-bad", **{"expires_on": "2020-01-01"})
    answers = await asyncio.gather(
        *(push(desk, insurer, d, d["policy_no"]) for d in [*good[:3], bad, *good[3:]])
    )
    assert [result_of(answer)["result"] for answer in answers] == ["created"] * 3 + ["rejected"] + [
        "created"
    ] * 3


async def test_one_record_pushed_many_times_at_once_is_stored_once(
    desk: Desk, insurer: Caller, make: Callable[..., dict[str, Any]]
) -> None:
    document = make("policy", policy_no="SAME")
    answers = await asyncio.gather(*(push(desk, insurer, document, f"same-{n}") for n in range(12)))
    results = sorted(result_of(answer)["result"] for answer in answers)
    assert results == ["created"] + ["unchanged"] * 11


async def test_one_key_used_many_times_at_once_files_once(
    desk: Desk, store: Store, insurer: Caller, make: Callable[..., dict[str, Any]]
) -> None:
    document = make("policy", policy_no="ONCE")
    others = [make("policy", policy_no=f"O-{number}") for number in range(4)]
    answers = await asyncio.gather(
        *(push(desk, insurer, document, "one-key") for _ in range(8)),
        *(push(desk, insurer, other, other["policy_no"]) for other in others),
    )
    assert len({answer.body for answer in answers[:8]}) == 1
    assert (await transactions(store, insurer))[0] == 5


async def test_a_key_that_stands_for_another_body_refuses_that_push_alone(
    desk: Desk, insurer: Caller, make: Callable[..., dict[str, Any]]
) -> None:
    await push(desk, insurer, make("policy", policy_no="FIRST"), "taken")
    found = await asyncio.gather(
        push(desk, insurer, make("policy", policy_no="SECOND"), "taken"),
        *(push(desk, insurer, make("policy", policy_no=f"T-{n}"), f"t-{n}") for n in range(4)),
        return_exceptions=True,
    )
    assert isinstance(found[0], errors.KeyReused)
    assert [result_of(answer)["result"] for answer in found[1:] if isinstance(answer, Answer)] == [
        "created"
    ] * 4


async def test_a_batch_that_fails_is_done_one_by_one() -> None:
    worked: list[list[int]] = []

    async def work(members: Sequence[int]) -> Sequence[int]:
        worked.append(list(members))
        await asyncio.sleep(0)
        if 3 in members:
            raise ValueError("three")
        return [member * 10 for member in members]

    gathering: Gathering[int, int] = Gathering()
    found = await asyncio.gather(
        *(gathering.join("g", n, frozenset({n}), work) for n in range(6)), return_exceptions=True
    )
    assert [str(one) if isinstance(one, ValueError) else one for one in found] == [0, 10, 20, "three", 40, 50]
    assert worked[1:] == [[1, 2, 3, 4, 5], [1], [2], [3], [4], [5]] or worked[0] == [0, 1, 2, 3, 4, 5]


async def test_members_of_the_same_name_never_meet_and_keep_their_order() -> None:
    worked: list[list[str]] = []

    async def work(members: Sequence[str]) -> Sequence[str]:
        worked.append(list(members))
        await asyncio.sleep(0)
        return members

    gathering: Gathering[str, str] = Gathering()
    members = ["first", "a1", "a2", "b", "a3"]
    await asyncio.gather(*(gathering.join("g", m, frozenset({m[0]}), work) for m in members))
    assert [m for batch in worked for m in batch if m[0] == "a"] == ["a1", "a2", "a3"]
    assert all(len({m[0] for m in batch}) == len(batch) for batch in worked)


async def test_who_came_together_is_waited_for_and_who_comes_alone_is_not() -> None:
    worked: list[list[int]] = []

    async def work(members: Sequence[int]) -> Sequence[int]:
        worked.append(list(members))
        return members

    # By this clock every batch takes an hour: the wait would be the longest there is.
    gathering: Gathering[int, int] = Gathering(longest=60.0, clock=count(0, 3600).__next__)

    def join(number: int) -> asyncio.Task[int]:
        return asyncio.create_task(gathering.join("g", number, frozenset(), work))

    await join(0)
    await asyncio.gather(*(join(number) for number in (1, 2, 3)))
    assert worked == [[0], [1, 2, 3]]
    first = join(4)
    for _ in range(5):
        await asyncio.sleep(0)
    assert worked[2:] == []  # three came last time: the first of them waits
    await asyncio.gather(first, join(5), join(6))
    assert worked[2:] == [[4, 5, 6]]


async def test_company_that_stays_away_is_not_waited_for_twice() -> None:
    worked: list[list[int]] = []

    async def work(members: Sequence[int]) -> Sequence[int]:
        worked.append(list(members))
        return members

    gathering: Gathering[int, int] = Gathering(clock=lambda: 0.0)  # no batch takes any time: nobody waits
    await asyncio.gather(*(gathering.join("g", number, frozenset(), work) for number in (1, 2)))
    assert await gathering.join("g", 3, frozenset(), work) == 3
    assert worked == [[1, 2], [3]]


async def test_who_gives_up_waiting_is_not_worked_on() -> None:
    worked: list[int] = []
    begun = asyncio.Event()
    go_on = asyncio.Event()

    async def work(members: Sequence[int]) -> Sequence[int]:
        worked.extend(members)
        begun.set()
        await go_on.wait()
        return members

    gathering: Gathering[int, int] = Gathering()
    first = asyncio.create_task(gathering.join("g", 1, frozenset(), work))
    await begun.wait()
    second = asyncio.create_task(gathering.join("g", 2, frozenset(), work))
    third = asyncio.create_task(gathering.join("g", 3, frozenset(), work))
    await asyncio.sleep(0)
    second.cancel()
    go_on.set()
    assert (await first, await third) == (1, 3)
    with pytest.raises(asyncio.CancelledError):
        await second
    assert worked == [1, 3]


async def test_a_batch_that_takes_long_is_not_waited_for_but_by_who_shares_a_name_with_it() -> None:
    worked: list[list[str]] = []
    ends = {"slow": asyncio.Event()}

    async def work(members: Sequence[str]) -> Sequence[str]:
        worked.append(list(members))
        for member in members:
            if member in ends:
                await ends[member].wait()
        return members

    gathering: Gathering[str, str] = Gathering(late=-1.0)  # whatever is not done at once takes long
    join = partial(gathering.join, "g", work=work)
    slow = asyncio.create_task(join("slow", frozenset({"a"})))
    same = asyncio.create_task(join("of the same name", frozenset({"a"})))
    for _ in range(20):
        await asyncio.sleep(0)
    assert await join("other", frozenset({"b"})) == "other"
    assert worked == [["slow"], ["other"]]
    assert not slow.done()
    ends["slow"].set()
    assert (await slow, await same) == ("slow", "of the same name")
    assert worked[2:] == [["of the same name"]]


async def test_so_many_batches_of_one_group_go_on_at_once_and_the_next_waits() -> None:
    begun: list[int] = []
    go_on = asyncio.Event()

    async def work(members: Sequence[int]) -> Sequence[int]:
        begun.extend(members)
        await go_on.wait()
        return members

    gathering: Gathering[int, int] = Gathering(at_once=10, late=-1.0)
    joined = []
    for number in range(5):
        joined.append(asyncio.create_task(gathering.join("g", number, frozenset({number}), work)))
        for _ in range(20):
            await asyncio.sleep(0)
    assert begun == [0, 1, 2]
    go_on.set()
    assert await asyncio.gather(*joined) == [0, 1, 2, 3, 4]
    assert begun == [0, 1, 2, 3, 4]


def test_the_scope_groups(insurer: Caller, other: Caller) -> None:
    assert isinstance(hash(scope_of(insurer)), int)
    assert scope_of(insurer) != scope_of(other)
    assert isinstance(scope_of(insurer), Scope)
