"""Who was in time: counts, shares and lags by hand, and the list behind each figure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from shelving import ANAN, BEIAN, Shelf, same_id
from ticking import DAY, NOW, start, uphold

from ajx_gateway.deadlines import Calendar
from ajx_gateway.errors import Forbidden, Unprocessable
from ajx_gateway.identity import Caller, scope_of, system_scope
from ajx_gateway.oversight.timeliness import deadline_list, deadlines_by
from ajx_gateway.store import tables
from ajx_gateway.store.clock_lists import filed_reports
from ajx_gateway.store.database import Store

Callers = dict[str, Caller]
CALENDAR = Calendar.load()


async def one_of_each(shelf: Shelf) -> None:
    met = datetime(2024, 5, 4, 4, 0, tzinfo=UTC)
    await start(shelf, "met-3", met_at=met)
    await start(shelf, "met-1", met_at=met - 2 * DAY, insurer=BEIAN)
    await start(shelf, "late-20", met_at=met + 17 * DAY, insurer=BEIAN)
    await start(shelf, "overdue")
    await start(shelf, "soon", due=NOW + DAY)
    await start(shelf, "pending", due=NOW + 9 * DAY)
    await start(shelf, "size-unknown", applicable=None)
    await start(shelf, "too-small", applicable=False)
    await start(shelf, "voided", voided=True)
    await uphold(shelf, await start(shelf, "excused"))


async def ask(store: Store, caller: Caller, **given: str) -> dict[str, Any]:
    return await deadlines_by(store, CALENDAR, caller, given, now=NOW)


async def test_every_state_is_counted_with_its_share_and_lag(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await one_of_each(shelf)
    answer = await ask(store, callers["suzhou"], by="clock")
    assert answer["total"] == {
        "clocks": 9,
        "pending": 1,
        "due_soon": 1,
        "met": 2,
        "overdue": 1,
        "met_late": 1,
        "excused": 1,
        "void": 1,
        "undetermined": 1,
        "on_time_share": "0.5000",
        "lag_days": {"p50": 3, "p90": 20},
    }
    assert answer["groups"][0]["keys"] == {"clock": "policy_upload"}
    assert answer["groups"][0]["names"] == {"clock": "电子保单上传"}
    assert answer["scope"] == "宿州市"


async def test_groups_by_insurer_add_up_to_the_total(store: Store, shelf: Shelf, callers: Callers) -> None:
    await one_of_each(shelf)
    answer = await ask(store, callers["suzhou"], by="insurer,district")
    assert [(g["keys"]["insurer"], g["clocks"], g["on_time_share"]) for g in answer["groups"]] == [
        (ANAN, 7, "0.5000"),
        (BEIAN, 2, "0.5000"),
    ]
    assert {g["names"]["district"] for g in answer["groups"]} == {"埇桥区"}


async def test_a_policy_cancelled_before_due_voids_its_clock_and_reinstating_revives_it(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await start(shelf, "P1")
    await start(shelf, "P2", met_at=datetime(2024, 5, 2, tzinfo=UTC))
    for policy_no in ("P1", "P2"):
        await shelf.put("policy", policy_no, division="341302001")
        await shelf.put(
            "endorsement", f"C{policy_no}", policy_no=policy_no, type="cancel", effective_on=date(2024, 5, 5)
        )
    answer = await ask(store, callers["suzhou"])
    assert (answer["total"]["void"], answer["total"]["met"]) == (1, 1)
    await shelf.put("endorsement", "R1", policy_no="P1", type="reinstate", effective_on=date(2024, 5, 6))
    assert (await ask(store, callers["suzhou"]))["total"]["overdue"] == 1
    await shelf.put(
        "endorsement", "R1", policy_no="P1", type="reinstate", effective_on=date(2024, 5, 6), voided=True,
        recorded_at=NOW - DAY,
    )  # fmt: skip
    assert (await ask(store, callers["suzhou"]))["total"]["void"] == 1


@pytest.mark.parametrize("types", [("cancel", "reinstate"), ("reinstate", "cancel")])
async def test_cancelled_and_reinstated_on_one_day_at_one_instant_the_policy_stands(
    store: Store, shelf: Shelf, callers: Callers, types: tuple[str, str]
) -> None:
    await shelf.put("policy", "P1", division="341302001")
    await start(shelf, "P1")
    for number, type_ in enumerate(types):
        await shelf.put(
            "endorsement",
            f"E{number}",
            policy_no="P1",
            type=type_,
            effective_on=date(2024, 5, 5),
            revised_at=NOW - DAY,
        )
    assert (await ask(store, callers["suzhou"]))["total"]["overdue"] == 1
    async with store.reading(system_scope("test")) as tx:
        assert await tx.fetch("SELECT 1 FROM policy WHERE cancelled_on(record_id) IS NOT NULL") == []


async def test_a_cancellation_after_the_last_day_leaves_the_breach(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "P1", division="341302001")
    await start(shelf, "P1")  # the last day is 8 May
    await shelf.put("endorsement", "C1", policy_no="P1", type="cancel", effective_on=date(2024, 5, 9))
    assert (await ask(store, callers["suzhou"]))["total"]["overdue"] == 1
    await shelf.put(
        "endorsement",
        "C1",
        policy_no="P1",
        type="cancel",
        effective_on=date(2024, 5, 8),
        recorded_at=NOW - DAY,
    )
    assert (await ask(store, callers["suzhou"]))["total"]["void"] == 1


async def test_filters_narrow_counts_and_lists_alike(store: Store, shelf: Shelf, callers: Callers) -> None:
    await one_of_each(shelf)
    await start(shelf, "elsewhere", division="341321100", start_on=date(2024, 4, 1), clock="service_done")
    for given, expected in (
        ({"state": "overdue"}, 2),
        ({"insurer": BEIAN}, 2),
        ({"district": "341321"}, 1),
        ({"town": "341302001"}, 9),
        ({"clock": "service_done"}, 1),
        ({"period": "2024-05"}, 9),
    ):
        counted = await ask(store, callers["suzhou"], **given)
        listed = await deadline_list(store, callers["suzhou"], given, now=NOW)
        assert (counted["total"]["clocks"], len(listed["items"])) == (expected, expected), given


async def test_another_territory_sees_nothing(store: Store, shelf: Shelf, callers: Callers) -> None:
    await one_of_each(shelf)
    assert (await ask(store, callers["city"]))["total"]["clocks"] == 0
    assert (await deadline_list(store, callers["city"], {}, now=NOW))["items"] == []


async def test_the_list_pages_without_loss_while_clocks_are_met(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    clocks = [await start(shelf, f"P{n}", due=NOW - (n % 3) * DAY - DAY) for n in range(11)]
    clocks.append(await start(shelf, "no-due", due=NOW - DAY))
    given = {"state": "overdue", "limit": "4"}
    seen: list[str] = []
    after = ""
    for page in range(3):
        answer = await deadline_list(
            store, callers["suzhou"], {**given, "after": after}, now=NOW + page * DAY
        )
        assert answer["as_of"] == "2024-06-01T10:00:00+08:00"
        seen += [item["clock_id"] for item in answer["items"]]
        after = answer["next"] or ""
        async with shelf.engine.begin() as connection:  # everybody uploads between the pages
            await connection.execute(tables.clock.update().values(met_at=NOW + DAY / 2))
    assert after == ""
    assert sorted(seen) == sorted(str(clock) for clock in clocks)
    assert (await deadline_list(store, callers["suzhou"], given, now=NOW + DAY))["items"] == []


async def test_a_cancellation_recorded_between_two_pages_does_not_change_the_list(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    for number in range(4):
        await shelf.put("policy", f"P{number}", division="341302001")
        await start(shelf, f"P{number}")
    given = {"state": "overdue", "limit": "2"}
    first = await deadline_list(store, callers["suzhou"], given, now=NOW)
    for number in range(4):
        await shelf.put(
            "endorsement", f"C{number}", policy_no=f"P{number}", type="cancel", effective_on=date(2024, 5, 2),
            recorded_at=NOW + timedelta(minutes=1),
        )  # fmt: skip
    later = await deadline_list(store, callers["suzhou"], {**given, "after": first["next"]}, now=NOW + DAY)
    assert [len(first["items"]), len(later["items"])] == [2, 2]


@pytest.mark.parametrize("after", ["x", "W10", "bnVsbA", "W251bGwsbnVsbCxudWxsLG51bGxd", "Ø"])
async def test_a_cursor_that_is_not_ours_is_refused(store: Store, callers: Callers, after: str) -> None:
    with pytest.raises(Unprocessable):
        await deadline_list(store, callers["suzhou"], {"after": after}, now=NOW)


async def test_a_cursor_of_another_question_is_refused(store: Store, shelf: Shelf, callers: Callers) -> None:
    await one_of_each(shelf)
    first = await deadline_list(store, callers["suzhou"], {"limit": "2"}, now=NOW)
    with pytest.raises(Unprocessable):
        await deadline_list(store, callers["suzhou"], {"state": "met", "after": first["next"]}, now=NOW)


async def test_the_list_names_the_enterprise_only_to_those_who_may_see_it(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "P1", division="341302001", enterprise_name="虚构化工厂")
    await start(shelf, "P1")
    seen = {
        name: (await deadline_list(store, callers[name], {}, now=NOW))["items"][0]
        for name in ("suzhou", "auditor", "operator")
    }
    assert {name: item["enterprise_name"] for name, item in seen.items()} == {
        "suzhou": "虚构化工厂",
        "auditor": "虚构化工厂",
        "operator": "＊＊＊",
    }
    assert seen["operator"]["enterprise_uscc"] == "＊＊＊"
    assert seen["suzhou"]["policy_no"] == "P1"
    assert seen["suzhou"]["due"] == "2024-05-09T00:00:00+08:00"
    assert seen["suzhou"]["state_title"] == "逾期未完成"


async def test_the_clock_of_a_claim_leads_to_its_policy(store: Store, shelf: Shelf, callers: Callers) -> None:
    await shelf.put("policy", "P1", division="341302001")
    claim = await shelf.put("claim", "C1", policy_no="P1")
    await start(shelf, "C1", clock="claim_result", subject_kind="claim", subject_id=claim)
    item = (await deadline_list(store, callers["suzhou"], {}, now=NOW))["items"][0]
    assert (item["policy_no"], item["subject_key"], item["enterprise_name"]) == ("P1", "C1", "虚构五金厂")


async def test_insurers_and_the_consultant_get_no_list(store: Store, callers: Callers) -> None:
    for name in ("insurer", "consultant"):
        with pytest.raises(Forbidden):
            await deadline_list(store, callers[name], {}, now=NOW)


async def test_a_fact_that_waits_for_its_policy_is_not_counted(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    waiting = dict.fromkeys(
        ("start_on", "start_seen_at", "start_current", "jurisdiction", "division", "nominal_on")
    )
    clock = same_id("waiting")
    await start(
        shelf, "P1", clock_id=clock, met_at=NOW - DAY, **{k: v for k, v in waiting.items() if k != "start_on"}
    )
    async with shelf.engine.begin() as connection:
        await connection.execute(tables.clock.update().values(start_on=None, due=None))
    assert (await ask(store, callers["auditor"]))["total"]["clocks"] == 0


async def test_the_years_reports_of_organisations_are_listed_with_their_state(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    answer = await ask(store, callers["city"], by="clock", period="2024")
    owed = answer["obligations"]
    assert owed, "佛山 asks organisations for periodic reports"
    assert {entry["jurisdiction"][:4] for entry in owed} == {"4406"}
    # The consultant's reports are not filed through the gateway yet: it cannot say that they are late.
    assert {entry["state"] for entry in owed if entry["due"] < "2024-06-01"} == {"undetermined"}
    assert {entry["state"] for entry in owed if entry["due"] > "2024-09-01"} == {"pending"}
    first = next(e for e in owed if (e["clock"], e["period"]) == ("quarterly_operation_report", "2024Q1"))
    assert first["due"] == "2024-04-16T00:00:00+08:00"


async def test_the_first_acceptance_of_a_periodic_report_is_what_counts(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    accepted = datetime(2024, 4, 10, tzinfo=UTC)
    quarterly = {"type": "quarterly_operation", "year": 2024, "quarter": 1, "report_division": "440608"}
    await shelf.put("annual_report", "Q1", recorded_at=accepted, **quarterly)
    await shelf.put("annual_report", "Q1", recorded_at=accepted + 9 * DAY, **quarterly)
    await shelf.put("annual_report", "Q2", recorded_at=accepted, voided=True, **{**quarterly, "quarter": 2})
    async with store.reading(scope_of(callers["city"])) as tx:
        assert await filed_reports(tx, 2024) == {("quarterly_operation", "440608", 1): accepted}
