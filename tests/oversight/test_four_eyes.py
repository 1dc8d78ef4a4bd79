"""Where points are at stake two identities decide: neither one twice, nor two that disagree, nor two at once."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from casework import HOUR, NOW, case_of, raised, registered, trail_of
from shelving import ANAN, Shelf, same_id
from ticking import request, start

from ajx_gateway.errors import Conflict, Unprocessable
from ajx_gateway.identity import Caller, scope_of
from ajx_gateway.oversight import four_eyes, standing
from ajx_gateway.oversight.cases import decide
from ajx_gateway.store import cases, statements, tables
from ajx_gateway.store.case_tables import statement
from ajx_gateway.store.database import Store

Callers = dict[str, Caller]
YEAR = (date(2024, 1, 1), date(2025, 1, 1))


async def upheld(store: Store, caller: Caller) -> list[UUID]:
    begins, ends = YEAR
    async with store.reading(scope_of(caller)) as tx:
        found = await cases.upheld(tx, jurisdiction="341300", begins=begins, ends=ends, as_of=NOW + 9 * HOUR)
    return [one.case_id for one in found]


@pytest.mark.parametrize(
    ("division", "on", "two"),
    [
        ("341302", date(2024, 1, 1), True),
        ("341300", date(2024, 12, 31), True),
        ("341302", date(2023, 12, 31), False),
        ("440605011", date(2024, 6, 1), False),
    ],
)
def test_the_law_of_the_place_and_day_says_whether_two_must_decide(
    division: str, on: date, two: bool
) -> None:
    assert four_eyes.required(division, on) is two


async def test_a_finding_costs_points_only_when_a_second_identity_says_the_same(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    first = await decide(store, callers["suzhou"], case, "upheld", "属实", now=NOW + HOUR)
    assert first["finding"]["state"] == "proposed"
    assert first["awaiting_second"]["stated_by"] == "suzhou-city"
    assert await upheld(store, callers["suzhou"]) == []
    second = await decide(store, callers["reviewer"], case, "upheld", "复核属实", now=NOW + 2 * HOUR)
    assert (second["finding"]["state"], second["awaiting_second"]) == ("upheld", None)
    assert await upheld(store, callers["suzhou"]) == [case]
    row = await case_of(shelf, case)
    assert (row["decided_by"], row["confirmed_by"], row["decided_at"]) == (
        "suzhou-city",
        "suzhou-reviewer",
        NOW + 2 * HOUR,
    )
    events = [e["type"] for e in await shelf.rows(tables.event) if e["insurer"] == ANAN]
    assert events == ["finding.raised", "finding.decided"]


async def test_it_costs_nothing_before_the_second_has_spoken(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    await decide(store, callers["suzhou"], case, "upheld", "属实", now=NOW + HOUR)
    await decide(store, callers["reviewer"], case, "upheld", "属实", now=NOW + 2 * HOUR)
    begins, ends = YEAR
    async with store.reading(scope_of(callers["suzhou"])) as tx:
        asked: dict[str, Any] = {"jurisdiction": "341300", "begins": begins, "ends": ends}
        assert await cases.upheld(tx, **asked, as_of=NOW + HOUR) == []
        assert len(await cases.upheld(tx, **asked, as_of=NOW + 2 * HOUR)) == 1
        earlier = {**asked, "ends": date(2024, 5, 20)}
        assert await cases.upheld(tx, **earlier, as_of=NOW + 2 * HOUR) == []


async def test_the_same_identity_cannot_be_both(store: Store, shelf: Shelf, callers: Callers) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    await decide(store, callers["suzhou"], case, "upheld", "属实", now=NOW)
    with pytest.raises(Conflict, match="同一身份"):
        await decide(store, callers["suzhou"], case, "upheld", "仍然属实", now=NOW + HOUR)
    with pytest.raises(Conflict, match="同一身份"):
        await decide(store, callers["suzhou"], case, "dismissed", "改主意了", now=NOW + HOUR)
    assert (await case_of(shelf, case))["state"] == "proposed"
    assert len(await shelf.rows(statement)) == 1


async def test_two_that_disagree_leave_it_open_with_both_on_the_trail_and_may_begin_again(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    await decide(store, callers["suzhou"], case, "upheld", "属实", now=NOW)
    answer = await decide(store, callers["reviewer"], case, "dismissed", "证据不足", now=NOW + HOUR)
    assert (answer["finding"]["state"], answer["awaiting_second"]) == ("open", None)
    await decide(store, callers["reviewer"], case, "dismissed", "证据不足", now=NOW + 2 * HOUR)
    done = await decide(store, callers["suzhou"], case, "dismissed", "同意", now=NOW + 3 * HOUR)
    assert done["finding"]["state"] == "dismissed"
    assert await trail_of(shelf, case) == [
        ("raised", "open", "suzhou-city"),
        ("stated", "proposed", "suzhou-city"),
        ("differed", "open", "suzhou-reviewer"),
        ("stated", "proposed", "suzhou-reviewer"),
        ("decided", "dismissed", "suzhou-city"),
    ]
    assert await upheld(store, callers["suzhou"]) == []


async def test_what_was_corrected_meanwhile_is_cleared_when_the_two_disagree_and_may_be_upheld_when_they_agree(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    for second, state in (("dismissed", "cleared"), ("upheld", "upheld")):
        case = await raised(store, callers["suzhou"])
        await decide(store, callers["suzhou"], case, "upheld", "属实", now=NOW)
        async with store.writing(scope_of(callers["suzhou"])) as tx:
            await cases.change(tx, case, corrected_in=2)
        answer = await decide(store, callers["reviewer"], case, second, "已经更正", now=NOW + HOUR)
        assert answer["finding"]["state"] == state
        last = (await trail_of(shelf, case))[-1]
        assert last == (("cleared", "cleared", "gateway") if second == "dismissed" else last)
    told = [event["type"] for event in await shelf.rows(tables.event)]
    assert told.count("finding.cleared") == 1


async def test_what_is_decided_stays_decided(store: Store, shelf: Shelf, callers: Callers) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    for name in ("suzhou", "reviewer"):
        await decide(store, callers[name], case, "dismissed", "不成立", now=NOW)
    for name in ("suzhou", "reviewer"):
        with pytest.raises(Conflict, match="不成立"):
            await decide(store, callers[name], case, "upheld", "属实", now=NOW + HOUR)


async def test_one_identity_decides_where_the_law_asks_for_no_second(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    case = await raised(store, callers["city"], division="440605011")
    answer = await decide(store, callers["nanhai"], case, "upheld", "属实", now=NOW)
    assert (answer["finding"]["state"], answer["four_eyes"]) == ("upheld", False)
    assert (answer["finding"]["decided_by"], answer["finding"]["confirmed_by"]) == ("nanhai-district", None)


@pytest.mark.parametrize("turn", range(3))
async def test_of_sixteen_identities_that_state_at_once_one_is_first_one_final_and_the_others_are_refused(
    store: Store, shelf: Shelf, callers: Callers, turn: int
) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    many = [Caller(f"office-{n}", "regulator", "虚构", territory="3413") for n in range(16)]

    async def attempt(caller: Caller) -> str:
        try:
            answer = await decide(store, caller, case, "upheld", "属实", now=NOW + HOUR)
        except Conflict:
            return "refused"
        return str(answer["finding"]["state"])

    outcomes = sorted(await asyncio.gather(*map(attempt, many)))
    assert outcomes == ["proposed", *["refused"] * 14, "upheld"]
    assert len(await shelf.rows(statement)) == 2
    assert [step for step, _, _ in await trail_of(shelf, case)] == ["raised", "stated", "decided"]
    decided = [e for e in await shelf.rows(tables.event) if e["type"] == "finding.decided"]
    assert len(decided) == 1


async def test_one_identity_that_sends_its_statement_sixteen_times_is_still_one(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    sent = [decide(store, callers["suzhou"], case, "upheld", "属实", now=NOW) for _ in range(16)]
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in outcomes) == 15
    assert (await case_of(shelf, case))["state"] == "proposed"


async def test_an_excuse_in_suzhou_waits_for_the_second_identity(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    excuse = await request(shelf, await start(shelf, "P1"))
    first = await standing.decide(store, callers["suzhou"], excuse, "upheld", "属实", now=NOW)
    assert first["excuse"]["decision"] is None
    assert first["excuse"]["awaiting_second"]["decision"] == "upheld"
    assert (await shelf.rows(tables.excuse))[0]["decision"] is None
    with pytest.raises(Conflict, match="同一身份"):
        await standing.decide(store, callers["suzhou"], excuse, "upheld", "属实", now=NOW)
    listed = await standing.excuse_list(store, callers["reviewer"], {"state": "open"}, now=NOW + HOUR)
    assert [item["awaiting_second"]["stated_by"] for item in listed["items"]] == ["suzhou-city"]
    second = await standing.decide(store, callers["reviewer"], excuse, "upheld", "复核", now=NOW + HOUR)
    assert (second["excuse"]["decision"], second["excuse"]["decided_by"]) == ("upheld", "suzhou-reviewer")
    assert [e["type"] for e in await shelf.rows(tables.event)] == ["excuse.decided"]
    with pytest.raises(Unprocessable, match="不能再次决定"):
        await standing.decide(store, callers["suzhou"], excuse, "dismissed", "不属实", now=NOW + 2 * HOUR)


async def test_an_excuse_on_which_two_disagree_stays_open(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    excuse = await request(shelf, await start(shelf, "P1"))
    await standing.decide(store, callers["suzhou"], excuse, "upheld", "属实", now=NOW)
    answer = await standing.decide(store, callers["reviewer"], excuse, "dismissed", "不属实", now=NOW)
    assert (answer["excuse"]["decision"], answer["excuse"]["awaiting_second"]) == (None, None)
    assert await shelf.rows(tables.event) == []


async def test_statements_are_the_authoritys_own(store: Store, shelf: Shelf, callers: Callers) -> None:
    subject = same_id("subject")
    async with store.writing(scope_of(callers["suzhou"])) as tx:
        stated = await statements.state(
            tx, subject="appeal", subject_id=subject, insurer=ANAN, division="341300", decision="upheld",
            reason="属实", by="suzhou-city", now=NOW,
        )  # fmt: skip
    assert stated == "first"
    seen = {}
    for name in ("suzhou", "reviewer", "auditor", "city", "insurer"):
        async with store.reading(scope_of(callers[name])) as tx:
            seen[name] = len(await statements.of(tx, "appeal", subject))
    assert seen == {"suzhou": 1, "reviewer": 1, "auditor": 1, "city": 0, "insurer": 0}
