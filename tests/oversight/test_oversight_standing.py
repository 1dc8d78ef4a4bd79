"""Excuses are decided once and by the right office; outages give the clocks their days back."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from shelving import ANAN, Shelf, same_id
from ticking import DAY, NOW, request, start

from ajx_gateway.deadlines import Calendar
from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight.standing import credit_list, decide, excuse_list, outage_list, record_outage
from ajx_gateway.oversight.timeliness import deadlines_by
from ajx_gateway.store import tables
from ajx_gateway.store.database import Store

Callers = dict[str, Caller]
CALENDAR = Calendar.load()
# Where one identity decides; 宿州 asks for two (test_four_eyes.py).
FOSHAN: dict[str, Any] = {"jurisdiction": "440600", "division": "440605011"}


async def overdue_with_excuse(shelf: Shelf) -> UUID:
    return await request(shelf, await start(shelf, "P1", **FOSHAN))


async def test_an_upheld_excuse_excuses_the_clock_and_tells_the_insurer(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    excuse = await overdue_with_excuse(shelf)
    answer = await decide(store, callers["city"], excuse, "upheld", "台风停产，属实", now=NOW)
    assert answer["excuse"]["decision"] == "upheld"
    counted = await deadlines_by(store, CALENDAR, callers["city"], {}, now=NOW)
    assert (counted["total"]["excused"], counted["total"]["overdue"]) == (1, 0)
    events = await shelf.rows(tables.event)
    assert [(e["type"], e["insurer"], e["payload"]["decision"]) for e in events] == [
        ("excuse.decided", ANAN, "upheld")
    ]


async def test_a_dismissed_excuse_leaves_the_breach(store: Store, shelf: Shelf, callers: Callers) -> None:
    excuse = await overdue_with_excuse(shelf)
    await decide(store, callers["city"], excuse, "dismissed", "证据不足", now=NOW)
    counted = await deadlines_by(store, CALENDAR, callers["city"], {}, now=NOW)
    assert counted["total"]["overdue"] == 1


async def test_an_excuse_is_decided_once_and_the_first_decision_stands(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    excuse = await overdue_with_excuse(shelf)
    await decide(store, callers["city"], excuse, "dismissed", "证据不足", now=NOW)
    with pytest.raises(Unprocessable):
        await decide(store, callers["city"], excuse, "upheld", "改主意了", now=NOW + DAY)
    row = (await shelf.rows(tables.excuse))[0]
    assert (row["decision"], row["decision_reason"], row["decided_at"]) == ("dismissed", "证据不足", NOW)
    assert len(await shelf.rows(tables.event)) == 1


async def test_only_the_territorys_regulator_decides(store: Store, shelf: Shelf, callers: Callers) -> None:
    excuse = await overdue_with_excuse(shelf)
    for name in ("insurer", "consultant", "adviser", "auditor", "operator"):
        with pytest.raises(Forbidden):
            await decide(store, callers[name], excuse, "upheld", "准予", now=NOW)
    with pytest.raises(NotFound):
        await decide(store, callers["suzhou"], excuse, "upheld", "准予", now=NOW)
    with pytest.raises(NotFound):
        await decide(store, callers["city"], same_id("nothing"), "upheld", "准予", now=NOW)
    assert (await shelf.rows(tables.excuse))[0]["decision"] is None


async def test_excuses_are_listed_by_state_in_pages(store: Store, shelf: Shelf, callers: Callers) -> None:
    asked = [
        await request(shelf, await start(shelf, f"P{n}", **FOSHAN), requested_at=NOW - n * DAY)
        for n in range(5)
    ]
    await decide(store, callers["city"], asked[4], "upheld", "属实", now=NOW)
    seen: list[str] = []
    given = {"state": "open", "limit": "2"}
    page = await excuse_list(store, callers["city"], given, now=NOW + DAY)
    await decide(store, callers["city"], asked[0], "upheld", "属实", now=NOW + 2 * DAY)
    while True:
        seen += [item["excuse_id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = await excuse_list(store, callers["city"], {**given, "after": page["next"]}, now=NOW + 3 * DAY)
    assert seen == [str(asked[n]) for n in (3, 2, 1, 0)]
    decided = await excuse_list(store, callers["city"], {"state": "decided"}, now=NOW + 3 * DAY)
    assert {item["excuse_id"] for item in decided["items"]} == {str(asked[4]), str(asked[0])}
    assert (await excuse_list(store, callers["suzhou"], {}, now=NOW))["items"] == []


async def test_an_outage_moves_the_running_clocks_by_whole_days_and_leaves_the_others(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    # Signed on Monday 6 May 2024: the seventh day is Monday the 13th, so it is due on the 14th at 00:00.
    due = datetime(2024, 5, 13, 16, tzinfo=UTC)
    own: dict[str, Any] = {"start_on": date(2024, 5, 6), "due": due}
    running = await start(shelf, "running", **own)
    late = await start(shelf, "late", **own, met_at=due)
    over = await start(shelf, "over", start_on=date(2024, 4, 8), due=datetime(2024, 4, 15, 16, tzinfo=UTC))
    begins = datetime(2024, 5, 9, 1, tzinfo=UTC)
    window = (begins, begins + DAY / 4)
    answer = await record_outage(store, CALENDAR, callers["operator"], window, reason="机房断电", now=NOW)
    assert (answer["moved"], answer["relieved"]) == (2, 1)
    moved = {row["clock_id"]: row["due"] for row in await shelf.rows(tables.clock)}
    assert moved == {running: due + DAY, late: due + DAY, over: datetime(2024, 4, 15, 16, tzinfo=UTC)}
    counted = await deadlines_by(store, CALENDAR, callers["suzhou"], {"insurer": ANAN}, now=NOW)
    assert (counted["total"]["met"], counted["total"]["overdue"]) == (1, 2)


async def test_what_an_outage_gave_back_is_written_down_and_told_to_the_insurer(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    due = datetime(2024, 5, 13, 16, tzinfo=UTC)
    own: dict[str, Any] = {"start_on": date(2024, 5, 6), "due": due, "nominal_on": date(2024, 5, 13)}
    late = await start(shelf, "late", **own, met_at=due)
    for name in ("running", "other"):
        await start(shelf, name, **own)
    window = (datetime(2024, 5, 9, 1, tzinfo=UTC), datetime(2024, 5, 9, 5, tzinfo=UTC))
    answer = await record_outage(store, CALENDAR, callers["operator"], window, reason="断电", now=NOW)
    outage = UUID(answer["outage_id"])
    listed, given = [], {"limit": "2"}
    page = await credit_list(store, callers["suzhou"], outage, given, now=NOW)
    listed += page["items"]
    page = await credit_list(store, callers["suzhou"], outage, {**given, "after": page["next"]}, now=NOW)
    listed += page["items"]
    assert page["next"] is None
    turned = {item["subject_key"]: (item["state_before"], item["state_after"]) for item in listed}
    assert turned == {
        "late": ("met_late", "met"),
        "running": ("overdue", "overdue"),
        "other": ("overdue", "overdue"),
    }
    assert {item["due_after"] for item in listed} == {"2024-05-15T00:00:00+08:00"}
    assert (await credit_list(store, callers["city"], outage, {}, now=NOW))["items"] == []
    [event] = await shelf.rows(tables.event)
    assert (event["type"], event["payload"]["deadline"]) == ("deadline.credited", str(late))
    again = await record_outage(store, CALENDAR, callers["operator"], window, reason="断电", now=NOW)
    assert (again["moved"], again["relieved"]) == (0, 0)


async def test_the_same_outage_recorded_twice_counts_once(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await start(shelf, "P1", start_on=date(2024, 5, 6), due=datetime(2024, 5, 13, 16, tzinfo=UTC))
    window = (datetime(2024, 5, 9, 1, tzinfo=UTC), datetime(2024, 5, 9, 5, tzinfo=UTC))
    for _ in range(2):
        await record_outage(store, CALENDAR, callers["operator"], window, reason="断电", now=NOW)
    listed = await outage_list(store, callers["city"], now=NOW)
    assert [item["reason"] for item in listed["items"]] == ["断电"]
    assert (await shelf.rows(tables.clock))[0]["due"] == datetime(2024, 5, 14, 16, tzinfo=UTC)


async def test_only_the_operator_records_outages(store: Store, shelf: Shelf, callers: Callers) -> None:
    for name in ("insurer", "suzhou", "consultant", "adviser", "auditor"):
        with pytest.raises(Forbidden):
            await record_outage(store, CALENDAR, callers[name], (NOW - DAY, NOW), reason="断电", now=NOW)
    assert await shelf.rows(tables.outage) == []


@pytest.mark.parametrize(("begins", "ends"), [(NOW, NOW), (NOW, NOW - DAY), (NOW - 400 * DAY, NOW)])
async def test_a_window_that_cannot_be_an_outage_is_refused(
    store: Store, callers: Callers, begins: datetime, ends: datetime
) -> None:
    with pytest.raises(Unprocessable):
        await record_outage(store, CALENDAR, callers["operator"], (begins, ends), reason="断电", now=NOW)
