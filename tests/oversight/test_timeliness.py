"""How punctual insurers are, by hand: shares, lags, ageing, trend; and what is kept from who may not see enterprises."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from shelving import ANAN, BEIAN, Shelf
from ticking import DAY, NOW, start

from ajx_gateway.api.oversight_sign_tables import timeliness
from ajx_gateway.api.oversight_tables import deadlines
from ajx_gateway.deadlines import Calendar
from ajx_gateway.errors import Forbidden, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight.aggregates import aggregates_for
from ajx_gateway.oversight.report_kinds import Clocks
from ajx_gateway.oversight.report_tables import of_clocks
from ajx_gateway.oversight.timeliness import deadlines_by
from ajx_gateway.oversight.trends import timeliness_by
from ajx_gateway.store.database import Store

Callers = dict[str, Caller]
MET = datetime(2024, 5, 4, 4, 0, tzinfo=UTC)


async def ask(store: Store, caller: Caller, **given: str) -> dict[str, Any]:
    return await timeliness_by(store, caller, given, now=NOW)


async def test_lags_and_ageing_are_told_per_insurer(store: Store, shelf: Shelf, callers: Callers) -> None:
    for number, days in enumerate((0, 1, 2, 3)):
        await start(shelf, f"P{number}", met_at=MET + days * DAY)
    await start(shelf, "late", met_at=MET + 16 * DAY)
    for number, days in enumerate((1, 7, 8, 31)):
        # Due at the midnight that began so many days ago: today is the first day late.
        due = datetime(2024, 5, 31, 16, tzinfo=UTC) - (days - 1) * DAY
        await start(shelf, f"due{number}", insurer=BEIAN, due=due)
    answer = await ask(store, callers["suzhou"], by="insurer", ageing="7,30")
    first, second = answer["groups"]
    assert (first["keys"], first["met"], first["met_late"], first["on_time_share"]) == (
        {"insurer": ANAN}, 4, 1, "0.8000",
    )  # fmt: skip
    assert first["lag_days"] == {"p50": 5, "p75": 6, "p90": 19, "p95": 19, "max": 19}
    assert second["ageing"] == {"aged_0": 2, "aged_1": 1, "aged_2": 1}
    assert [each["title"] for each in answer["ageing"]] == ["逾期1至7日", "逾期8至30日", "逾期超过30日"]
    assert (second["overdue"], second["on_time_share"]) == (4, "0.0000")


async def test_a_month_is_compared_with_the_month_before(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    for month, met in ((3, 1), (4, 3), (5, 2)):
        for number in range(4):
            begun = date(2024, month, 1)
            at = datetime(2024, month, 3, tzinfo=UTC) if number < met else None
            await start(shelf, f"{month}{number}", start_on=begun, met_at=at)
    answer = await ask(store, callers["suzhou"], by="insurer,month")
    assert [(g["keys"]["month"], g["on_time_share"], g["change"]) for g in answer["groups"]] == [
        ("2024-03", "0.2500", None),
        ("2024-04", "0.7500", "+50.00"),
        ("2024-05", "0.5000", "-25.00"),
    ]


async def test_a_withheld_district_takes_the_smallest_other_with_it(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    for place, enterprises in (("341302001", 3), ("341321100", 9), ("341322100", 6)):
        for number in range(enterprises):
            key = f"{place}{number}"
            uscc = f"9134130{place[4:6]}MA{number:07}"
            await shelf.put("policy", key, division=place, enterprise_uscc=uscc)
            await start(shelf, key, division=place)
    seen = await ask(store, callers["suzhou"], by="district")
    assert [group["clocks"] for group in seen["groups"]] == [3, 9, 6]
    answer = await ask(store, callers["consultant"], by="district")
    assert [(g["keys"]["district"], g["clocks"]) for g in answer["groups"]] == [
        ("341302", None),
        ("341321", 9),
        ("341322", None),
    ]
    assert answer["total"]["clocks"] == 18
    given = {"measures": "policies,premium", "by": "district"}
    figures = await aggregates_for(store, callers["operator"], given, as_of=None, now=NOW)
    assert [g["values"]["policies"] for g in figures["groups"]] == [None, 9, None]
    assert figures["groups"][0]["suppressed"] == ["policies", "premium"]
    assert figures["total"]["values"] == {"policies": 18, "premium": "18000.00"}


async def test_a_small_cell_closes_its_whole_slice(store: Store, shelf: Shelf, callers: Callers) -> None:
    for place, months in (("341302001", (6, 2)), ("341321100", (7, 6)), ("341322100", (9, 8))):
        for month, enterprises in enumerate(months, start=4):
            for number in range(enterprises):
                uscc = f"9134130{place[4:6]}MA{month}{number:06}"
                key = f"{place}{month}{number}"
                await shelf.put(
                    "policy", key, division=place, enterprise_uscc=uscc, signed_on=date(2024, month, 2)
                )
    given = {"measures": "policies", "by": "town,month"}
    answer = await aggregates_for(store, callers["consultant"], given, as_of=None, now=NOW)
    assert [(tuple(g["keys"].values()), g["values"]["policies"]) for g in answer["groups"]] == [
        (("341302001", None), None),
        (("341321100", None), None),
        (("341322100", "2024-04"), 9),
        (("341322100", "2024-05"), 8),
    ]


@pytest.mark.parametrize("given", [{"district": "341302"}, {"period": "2024"}, {"clock": "policy_upload"}])
async def test_who_may_not_see_enterprises_asks_for_whole_tables(
    store: Store, callers: Callers, given: dict[str, str]
) -> None:
    with pytest.raises(Unprocessable, match=next(iter(given))):
        await ask(store, callers["consultant"], **given)


@pytest.mark.parametrize("ageing", ["0", "7,7", "30,7", "a", "7,", "1,2,3,4,5,6,7,8,9", "99999"])
async def test_ageing_is_read_strictly(store: Store, callers: Callers, ageing: str) -> None:
    with pytest.raises(Unprocessable, match="ageing"):
        await ask(store, callers["suzhou"], ageing=ageing)


async def test_insurers_are_refused(store: Store, callers: Callers) -> None:
    with pytest.raises(Forbidden):
        await ask(store, callers["insurer"])


async def test_an_empty_shelf_has_an_empty_total(store: Store, shelf: Shelf, callers: Callers) -> None:
    answer = await ask(store, callers["suzhou"], by="clock")
    assert (answer["groups"], answer["total"]["clocks"], answer["total"]["on_time_share"]) == ([], 0, None)


async def test_every_table_calls_a_percentile_of_the_days_by_the_same_chinese_words(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await start(shelf, "P1", met_at=MET)
    told = await ask(store, callers["suzhou"], by="insurer")
    short = await deadlines_by(store, Calendar.load(), callers["suzhou"], {"by": "insurer"}, now=NOW)
    reported = of_clocks(Clocks("clocks", "期限", "insurer"), short, {})
    wide, narrow = dict(timeliness(told).columns), dict(deadlines(short).columns)
    lags = {name: wide[name] for name in told["total"]["lag_days"]}
    assert lags == {
        "p50": "天数中位数", "p75": "天数七成五位数", "p90": "天数九成位数", "p95": "天数九成五位数", "max": "天数最大值",
    }  # fmt: skip
    assert {name: narrow[name] for name in ("p50", "p90")} == {name: lags[name] for name in ("p50", "p90")}
    assert {c.name: c.title for c in reported.columns if c.name in lags} == {
        "p50": lags["p50"],
        "p90": lags["p90"],
    }
