"""Complaints are answered by working days counted by hand, handled step by step, and disputes become findings."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from casework import registered
from shelving import ANAN, BEIAN, Shelf, same_id

from ajx_gateway import errors
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import Caller, scope_of
from ajx_gateway.oversight.cases import decide, finding_list
from ajx_gateway.oversight.complaint_clocks import clocks_of
from ajx_gateway.oversight.complaint_steps import Doing, take
from ajx_gateway.oversight.complaints import Complaining, complaint, complaint_list, enter
from ajx_gateway.store import cases
from ajx_gateway.store.case_tables import complaint_step
from ajx_gateway.store.database import Store

Callers = dict[str, Caller]
CALENDAR = Calendar.load()
DAY = timedelta(days=1)
NOW = datetime(2024, 9, 27, 6, 0, tzinfo=UTC)  # a Friday


def told(**own: Any) -> Complaining:
    """A complaint of 宿州 about the first insurer, received on the Friday before the October holidays."""
    given: dict[str, Any] = {
        "insurer": ANAN,
        "kind": "claims",
        "channel": "platform",
        "received_on": date(2024, 9, 27),
        "text": "赔款迟迟未付（虚构）",
        "division": "341302",
    }
    return Complaining(**(given | own))


async def entered(store: Store, caller: Caller, **own: Any) -> UUID:
    answer = await enter(store, CALENDAR, caller, told(**own), key=None, now=NOW)
    return UUID(answer["complaint"]["complaint_id"])


async def seen(store: Store, caller: Caller, identity: UUID, now: datetime) -> dict[str, Any]:
    answer = await complaint(store, CALENDAR, caller, identity, now=now)
    item: dict[str, Any] = answer["complaint"]
    return item


def row(received_on: date, **own: Any) -> dict[str, Any]:
    nothing = {"checking_from": None, "extended_days": 0, "answered_on": None}
    return {"division": "341302", "received_on": received_on, **nothing, **own}


@pytest.mark.parametrize(
    ("received_on", "answer_by", "checks_by"),
    [
        # Mon 3 June: 4 5 6 7, (8-10 端午 off), 11 12 13 14, 17 18 | 19 20 21, 24-28, 1-5, 8-12 July, 15 16.
        (date(2024, 6, 3), date(2024, 6, 18), date(2024, 7, 16)),
        # Fri 27 Sept: Sun 29 (made up) 30, (1-7 Oct off), 8-11, Sat 12 (made up), 14 15 16 | 17 18, 21-25,
        # 28-1, 4-8, 11 12 13 Nov.
        (date(2024, 9, 27), date(2024, 10, 16), date(2024, 11, 13)),
        # Wed 7 Feb: 8 9, (10-17 春节 off), Sun 18 (made up), 19-23, 26 27 | 28 29 1, 4-8, 11-15, 18-22, 25 26 March.
        (date(2024, 2, 7), date(2024, 2, 27), date(2024, 3, 26)),
        # Sat 1 June, no working day itself: 3-7, (10 off), 11-14, 17 | 18-21, 24-28, 1-5, 8-12, 15 July.
        (date(2024, 6, 1), date(2024, 6, 17), date(2024, 7, 15)),
    ],
)
def test_the_answer_is_due_after_ten_and_the_checks_after_thirty_working_days(
    received_on: date, answer_by: date, checks_by: date
) -> None:
    [answer] = clocks_of(row(received_on), CALENDAR, NOW)
    assert (answer.name, answer.due.nominal_on) == ("complaint_answer", answer_by)
    midnight = datetime.combine(answer_by + DAY, datetime.min.time(), UTC) - timedelta(hours=8)
    assert answer.due.due == midnight
    assert "AQ 9010-2019" in answer.clause
    _, check = clocks_of(row(received_on, checking_from=received_on), CALENDAR, NOW)
    assert (check.name, check.due.nominal_on) == ("complaint_check", checks_by)


@pytest.mark.parametrize(
    ("days", "ends"),
    [
        (30, datetime(2024, 12, 13, 16, tzinfo=UTC)),  # 13 Nov + 30 days = Fri 13 Dec, to its end
        (17, datetime(2024, 12, 2, 16, tzinfo=UTC)),  # + 17 = Sat 30 Nov, moved to Mon 2 Dec
        (1, datetime(2024, 11, 14, 16, tzinfo=UTC)),
    ],
)
def test_an_extension_counts_plain_days_and_moves_over_rest_days(days: int, ends: datetime) -> None:
    extended = row(date(2024, 9, 27), checking_from=date(2024, 10, 16), extended_days=days)
    _, check = clocks_of(extended, CALENDAR, NOW)
    assert check.due.due == ends


def test_before_the_standard_there_was_no_clock() -> None:
    assert clocks_of(row(date(2020, 1, 31)), CALENDAR, NOW) == []
    assert len(clocks_of(row(date(2020, 2, 3)), CALENDAR, NOW)) == 1


@pytest.mark.parametrize(
    ("answered_on", "asked", "state"),
    [
        (None, datetime(2024, 10, 9, 2, tzinfo=UTC), "pending"),
        (None, datetime(2024, 10, 15, 2, tzinfo=UTC), "due_soon"),
        (None, datetime(2024, 10, 16, 15, 59, tzinfo=UTC), "due_soon"),
        (None, datetime(2024, 10, 16, 16, 0, tzinfo=UTC), "overdue"),
        (date(2024, 10, 16), datetime(2024, 12, 1, tzinfo=UTC), "met"),
        (date(2024, 10, 17), datetime(2024, 12, 1, tzinfo=UTC), "met_late"),
    ],
)
def test_the_state_is_derived_when_it_is_asked(answered_on: date | None, asked: datetime, state: str) -> None:
    [clock] = clocks_of(row(date(2024, 9, 27), answered_on=answered_on), CALENDAR, asked)
    assert clock.state.value == state


async def test_a_complaint_goes_through_checks_extension_and_answer_and_is_closed(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    identity, office = await entered(store, callers["suzhou"]), callers["suzhou"]

    async def step(at: datetime, **doing: Any) -> None:
        await take(store, office, identity, Doing(words="虚构", **doing), now=at)

    with pytest.raises(errors.Conflict, match="核查中"):
        await step(NOW + DAY, step="extended", days=10)
    with pytest.raises(errors.Conflict, match="答复后"):
        await step(NOW + DAY, step="closed")
    await step(NOW + 12 * DAY, step="checking")
    item = await seen(store, office, identity, NOW + 20 * DAY)
    assert [(c["clock"], c["state"]) for c in item["clocks"]] == [
        ("complaint_answer", "met"),
        ("complaint_check", "pending"),
    ]
    assert item["due"] == "2024-11-14T00:00:00+08:00"
    for days in (0, 31, None):
        with pytest.raises(errors.Unprocessable, match="30"):
            await step(NOW + 13 * DAY, step="extended", days=days)
    await step(NOW + 30 * DAY, step="extended", days=10)
    await step(NOW + 31 * DAY, step="extended", days=30)
    with pytest.raises(errors.Unprocessable):
        await step(NOW + 32 * DAY, step="extended", days=20)
    assert (await seen(store, office, identity, NOW + 60 * DAY))["due"] == "2024-12-14T00:00:00+08:00"
    with pytest.raises(errors.Unprocessable, match="on"):
        await step(NOW + 70 * DAY, step="answered", on=date(2024, 9, 26))
    await step(NOW + 70 * DAY, step="answered")
    with pytest.raises(errors.Conflict):
        await step(NOW + 71 * DAY, step="answered")
    await step(NOW + 71 * DAY, step="closed")
    answer = await complaint(store, CALENDAR, office, identity, now=NOW + 99 * DAY)
    assert answer["complaint"]["state"] == "met"
    steps = [each["step"] for each in answer["trail"]]
    assert steps == ["received", "checking", "extended", "extended", "answered", "closed"]
    assert len(await shelf.rows(complaint_step)) == 6


async def test_a_litigation_that_is_the_insurers_doing_is_a_dispute_once_two_have_said_so(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    identity = await entered(store, callers["suzhou"], litigation=True, channel="court")
    doing = Doing(step="attributed", words="判决认定迟延理赔（虚构）", attributed=True, clause="附件 第10项")
    case = await take(store, callers["suzhou"], identity, doing, now=NOW + DAY)
    assert case is not None
    with pytest.raises(errors.Conflict, match="已经认定"):
        await take(store, callers["suzhou"], identity, doing, now=NOW + DAY)
    asked: dict[str, Any] = {
        "jurisdiction": "341300",
        "begins": date(2024, 1, 1),
        "ends": date(2025, 1, 1),
        "as_of": NOW + 9 * DAY,
    }
    for name in ("suzhou", "reviewer"):
        async with store.reading(scope_of(callers["suzhou"])) as tx:
            assert await cases.upheld(tx, **asked) == []
        await decide(store, callers[name], case, "upheld", "属实", now=NOW + 2 * DAY)
    async with store.reading(scope_of(callers["suzhou"])) as tx:
        [dispute] = await cases.upheld(tx, **asked)
    assert (dispute.category, dispute.subject_key, dispute.happened_on) == (
        "dispute",
        str(identity),
        date(2024, 9, 27),
    )
    assert dispute.clause == "附件 第10项"


async def test_a_complaint_that_is_not_the_insurers_doing_is_no_finding_and_one_without_a_court_no_dispute(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    for attributed, litigation, category in ((False, True, None), (True, False, "complaint")):
        identity = await entered(
            store, callers["suzhou"], litigation=litigation, text=f"{attributed}（虚构）"
        )
        doing = Doing(step="attributed", words="核查结论（虚构）", attributed=attributed)
        await take(store, callers["suzhou"], identity, doing, now=NOW)
        found = await finding_list(store, callers["suzhou"], {}, now=NOW)
        assert [item["category"] for item in found["items"]] == ([category] if category else [])
    assert "AQ 9010-2019" in found["items"][0]["clause"]


async def test_complaints_are_seen_in_their_territory_only(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    identity = await entered(store, callers["suzhou"])
    for name, count in (("suzhou", 1), ("reviewer", 1), ("auditor", 1), ("city", 0), ("adviser", 0)):
        found = await complaint_list(store, CALENDAR, callers[name], {}, now=NOW)
        assert len(found["items"]) == count, name
    for name in ("consultant", "insurer"):
        with pytest.raises(errors.Forbidden):
            await complaint_list(store, CALENDAR, callers[name], {}, now=NOW)
    words = set()
    for absent in (identity, same_id("nothing")):
        with pytest.raises(errors.NotFound) as refusal:
            await complaint(store, CALENDAR, callers["city"], absent, now=NOW)
        words.add(refusal.value.detail)
        with pytest.raises(errors.NotFound) as refusal:
            await take(store, callers["city"], absent, Doing("answered", "答复"), now=NOW)
        words.add(refusal.value.detail)
    assert len(words) == 1
    with pytest.raises(errors.Forbidden):
        await enter(store, CALENDAR, callers["auditor"], told(), key=None, now=NOW)
    with pytest.raises(errors.Unprocessable, match="本辖区"):
        await enter(store, CALENDAR, callers["city"], told(), key=None, now=NOW)
    doing = Doing(step="attributed", words="认定", attributed=True)
    with pytest.raises(errors.Forbidden):
        await take(store, callers["adviser"], identity, doing, now=NOW)


async def test_the_list_is_filtered_by_what_is_derived_and_pages_lose_nothing(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf, ANAN, BEIAN)
    late = [await entered(store, callers["suzhou"], received_on=date(2024, 8, n)) for n in range(1, 8)]
    await entered(store, callers["suzhou"], insurer=BEIAN)
    answered = await entered(store, callers["suzhou"], received_on=date(2024, 8, 5), text="已答复（虚构）")
    doing = Doing("answered", "已说明（虚构）", on=date(2024, 8, 6))
    await take(store, callers["suzhou"], answered, doing, now=NOW)
    given = {"state": "overdue", "limit": "2"}
    page = await complaint_list(store, CALENDAR, callers["suzhou"], given, now=NOW)
    found = [item["complaint_id"] for item in page["items"]]
    while page["next"]:
        assert len(page["items"]) == 2
        page = await complaint_list(
            store, CALENDAR, callers["suzhou"], {**given, "after": page["next"]}, now=NOW
        )
        found += [item["complaint_id"] for item in page["items"]]
    assert found == [str(one) for one in reversed(late)]
    for wanted, count in (
        ({"state": "met"}, 1),
        ({"insurer": BEIAN}, 1),
        ({"period": "2024-08"}, 8),
        ({"litigation": "true"}, 0),
    ):
        listed = await complaint_list(store, CALENDAR, callers["suzhou"], wanted, now=NOW)
        assert len(listed["items"]) == count, wanted


async def test_the_same_key_enters_the_same_complaint_once_and_nobody_is_named(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    answers = [
        await enter(store, CALENDAR, callers["suzhou"], told(), key="k", now=NOW + n * DAY) for n in range(2)
    ]
    assert answers[0]["complaint"] == answers[1]["complaint"] | {
        "clocks": answers[0]["complaint"]["clocks"],
        "state": answers[0]["complaint"]["state"],
        "state_title": answers[0]["complaint"]["state_title"],
    }
    with pytest.raises(errors.KeyReused):
        await enter(store, CALENDAR, callers["suzhou"], told(text="另一件"), key="k", now=NOW)
    for text in ("来电 13812345678", "证件 11010519491231002X 的伤者"):
        with pytest.raises(errors.Unprocessable, match="个人信息"):
            await enter(store, CALENDAR, callers["suzhou"], told(text=text), key=None, now=NOW)
