"""Signs that somebody manages the clock: each found in a made-up case, counted per insurer, and with its list."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from shelving import ANAN, BEIAN, Shelf
from ticking import start

from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight import signs
from ajx_gateway.store import tables
from ajx_gateway.store.database import Store
from ajx_gateway.store.sign_book import SIGNS

Callers = dict[str, Caller]
NOW = datetime(2024, 6, 1, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PLACE = "341302001"


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)


async def signed(shelf: Shelf, number: str, signed_on: date, received_on: date, **own: Any) -> UUID:
    return await shelf.put(
        "policy",
        number,
        **{
            "signed_on": signed_on,
            "effective_on": signed_on + DAY,
            "recorded_at": noon(received_on),
            "division": PLACE,
            **own,
        },
    )


async def figures(store: Store, caller: Caller, name: str, **given: str) -> dict[str, Any]:
    return await signs.sign_by(store, caller, name, {"period": "2024", **given}, now=NOW)


async def listed(store: Store, caller: Caller, name: str, **given: str) -> list[dict[str, Any]]:
    found = await signs.sign_list(store, caller, name, {"period": "2024", **given}, now=NOW)
    items: list[dict[str, Any]] = found["items"]
    return items


async def test_a_signing_after_its_own_receipt_is_found_though_it_was_corrected(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await signed(shelf, "plain", date(2024, 3, 1), date(2024, 3, 2))
    await signed(shelf, "future", date(2024, 3, 9), date(2024, 3, 2))
    await signed(shelf, "future", date(2024, 3, 2), date(2024, 3, 20))
    await signed(shelf, "other", date(2024, 3, 9), date(2024, 3, 2), insurer=BEIAN, division="440605011")
    answer = await figures(store, callers["suzhou"], "future_signing")
    assert (answer["total"]["found"], answer["total"]["base"], answer["total"]["share"]) == (1, 2, "0.5000")
    [item] = await listed(store, callers["suzhou"], "future_signing")
    assert (item["key"], item["was"], item["now_is"], item["days"]) == (
        "future",
        "2024-03-02",
        "2024-03-09",
        7,
    )


async def test_a_signing_long_before_receipt_or_after_effect_is_found(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await signed(shelf, "plain", date(2024, 3, 1), date(2024, 3, 31))
    await signed(shelf, "late", date(2024, 3, 1), date(2024, 4, 1))
    await signed(shelf, "after", date(2024, 3, 1), date(2024, 3, 2), effective_on=date(2024, 2, 29))
    keys = {item["key"] for item in await listed(store, callers["suzhou"], "backdated_signing")}
    assert keys == {"late", "after"}
    keys = {item["key"] for item in await listed(store, callers["suzhou"], "backdated_signing", days="31")}
    assert keys == {"after"}


async def test_a_start_that_moved_in_the_insurers_favour_is_found(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await start(shelf, "same")
    await start(shelf, "later", start_current=date(2024, 5, 4))
    await start(shelf, "earlier", start_current=date(2024, 4, 30))
    [item] = await listed(store, callers["suzhou"], "start_moved")
    assert (item["key"], item["was"], item["now_is"], item["days"]) == (
        "later",
        "2024-05-01",
        "2024-05-04",
        3,
    )
    answer = await figures(store, callers["suzhou"], "start_moved", by="insurer,district")
    assert [(g["keys"], g["found"], g["base"]) for g in answer["groups"]] == [
        ({"insurer": ANAN, "district": "341302"}, 1, 3)
    ]
    assert await listed(store, callers["suzhou"], "start_moved", days="4") == []


async def test_a_move_that_would_make_a_late_acceptance_timely_is_found(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    late = datetime(2024, 5, 10, tzinfo=UTC)  # due is 9 May, 00:00
    await start(shelf, "turned", met_at=late, start_current=date(2024, 5, 4))
    await start(shelf, "not-enough", met_at=late + 9 * DAY, start_current=date(2024, 5, 4))
    await start(shelf, "in-time", met_at=late - 5 * DAY, start_current=date(2024, 5, 4))
    assert [item["key"] for item in await listed(store, callers["suzhou"], "late_turned_timely")] == [
        "turned"
    ]


async def test_a_late_clock_that_a_correction_ended_is_found(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    for number, until, applicable in (("late", 12, False), ("in-time", 5, False), ("binding", 12, True)):
        division = PLACE if applicable else None
        clock_id = await start(shelf, number, applicable=applicable, division=division)
        row = next(r for r in await shelf.rows(tables.clock) if r["clock_id"] == clock_id)
        kept = {name: value for name, value in row.items() if name in tables.clock_before.c}
        before = {**kept, "applicable": True, "division": PLACE, "since": row["start_seen_at"]}
        await shelf.put_row(tables.clock_before, **before, until=noon(date(2024, 5, until)))
    assert [item["key"] for item in await listed(store, callers["suzhou"], "late_then_void")] == ["late"]


async def test_an_electronic_policy_that_was_replaced_is_found(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    for number, digests in (("kept", "aa"), ("replaced", "ab")):
        policy = await signed(shelf, number, date(2024, 3, 1), date(2024, 3, 1))
        for at, digest in enumerate(digests):
            await shelf.put_row(
                tables.document,
                filing_id=UUID(int=hash((number, at)) % 2**64),
                policy_id=policy,
                insurer=ANAN,
                policy_no=number,
                media_type="application/pdf",
                sha256=digest * 32,
                bytes=1,
                accepted_at=noon(date(2024, 3, 2 + at)),
            )
    answer = await figures(store, callers["suzhou"], "document_replaced")
    assert (answer["total"]["found"], answer["total"]["base"]) == (1, 2)
    assert [i["key"] for i in await listed(store, callers["suzhou"], "document_replaced")] == ["replaced"]


async def corrected(shelf: Shelf, number: int, day: date, insurer: str = ANAN) -> None:
    """A policy of the new year whose second state was received on the day."""
    key = f"{insurer[-2:]}{day:%m%d}{number}"
    await signed(shelf, key, date(2024, 1, 2), date(2024, 1, 3), insurer=insurer)
    await signed(shelf, key, date(2024, 1, 2), day, insurer=insurer, insured_count=11)
    async with shelf.engine.begin() as connection:
        kept = tables.HISTORY["policy"]
        await connection.execute(
            sa.update(kept).where(kept.c.key == key, kept.c.recorded_at == noon(day)).values(version=2)
        )


async def test_corrections_massed_before_the_end_of_a_month_are_found(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    for number in range(6):
        await corrected(shelf, number, date(2024, 3, 30))
        await corrected(shelf, number, date(2024, 3, 10 + number), insurer=BEIAN)
    await corrected(shelf, 9, date(2024, 3, 5))
    answer = await figures(store, callers["suzhou"], "mass_corrections", least="6")
    assert {g["keys"]["insurer"]: (g["found"], g["base"]) for g in answer["groups"]} == {
        ANAN: (6, 7),
        BEIAN: (0, 6),
    }
    assert len(await listed(store, callers["suzhou"], "mass_corrections", least="6")) == 6
    for tighter in ({"least": "7"}, {"least": "6", "factor": "99"}, {"least": "6", "window": "1"}):
        answer = await figures(store, callers["suzhou"], "mass_corrections", **tighter)
        assert answer["total"]["found"] == 0, tighter


async def test_churn_is_states_per_record(store: Store, shelf: Shelf, callers: Callers) -> None:
    await corrected(shelf, 1, date(2024, 3, 5))
    await corrected(shelf, 2, date(2024, 3, 5))
    await signed(shelf, "once", date(2024, 1, 2), date(2024, 3, 6))
    await signed(shelf, "once", date(2024, 1, 2), date(2024, 3, 6), division="440605011", insurer=BEIAN)
    answer = await signs.churn_by(store, callers["suzhou"], {"period": "2024", "by": "kind,insurer"}, now=NOW)
    [group] = answer["groups"]
    assert group["keys"] == {"kind": "policy", "insurer": ANAN}
    assert (group["states"], group["records"], group["corrections"]) == (5, 3, 2)
    assert (group["states_per_record"], group["most_states"]) == ("1.67", 2)
    march = {"period": "2024-03", "by": "month"}
    answer = await signs.churn_by(store, callers["suzhou"], march, now=NOW)
    assert (answer["total"]["states"], answer["total"]["records"]) == (3, 3)


async def test_the_list_pages_without_repeating_or_losing(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    for number in range(7):
        await signed(shelf, f"P{number}", date(2024, 3, 9 + number // 2), date(2024, 3, 2))
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await signs.sign_list(
            store, callers["suzhou"], "future_signing", {"period": "2024", "limit": "3", **after}, now=NOW
        )
        seen += [item["key"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(seen) == [f"P{number}" for number in range(7)]


async def test_all_signs_stand_in_one_list_by_insurer(store: Store, shelf: Shelf, callers: Callers) -> None:
    await signed(shelf, "future", date(2024, 3, 9), date(2024, 3, 2))
    answer = await signs.all_signs(store, callers["suzhou"], {"period": "2024"}, now=NOW)
    assert {item["sign"] for item in answer["items"]} == set(SIGNS)
    found = {(i["sign"], i["keys"]["insurer"]): i["found"] for i in answer["items"] if i["keys"]["insurer"]}
    assert found[("future_signing", ANAN)] == 1
    assert {each["name"] for each in answer["signs"]} == set(SIGNS)


async def test_the_definition_of_a_sign_says_its_numbers(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    """Whoever reads a sheet has not chosen the numbers, and knows none of their names."""
    told = await figures(store, callers["suzhou"], "backdated_signing", days="45")
    assert "超过45日" in told["definition"]
    found = await signs.all_signs(store, callers["suzhou"], {"period": "2024"}, now=NOW)
    for sign in found["signs"]:
        assert not re.search("[a-z]{3,}", sign["definition"]), sign
    [massed] = [sign for sign in found["signs"] if sign["name"] == "mass_corrections"]
    assert f"不少于{massed['parameters']['least']}笔" in massed["definition"]


async def test_signs_stay_in_the_territory_and_lists_away_from_the_consultant(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await signed(shelf, "future", date(2024, 3, 9), date(2024, 3, 2))
    assert (await figures(store, callers["city"], "future_signing"))["total"]["found"] == 0
    assert (await listed(store, callers["operator"], "future_signing"))[0]["enterprise_uscc"] == "＊＊＊"
    for name in ("insurer", "consultant"):
        with pytest.raises(Forbidden):
            await listed(store, callers[name], "future_signing")
    answer = await signs.sign_by(store, callers["consultant"], "future_signing", {}, now=NOW)
    assert (answer["total"]["found"], answer["total"]["suppressed"]) == (None, True)
    assert [group.get("suppressed") for group in answer["groups"]] == [True]
    with pytest.raises(Unprocessable, match="period"):
        await figures(store, callers["consultant"], "future_signing")


@pytest.mark.parametrize("given", [{"days": "-1"}, {"days": "1.5"}, {"factor": "3"}, {"by": "enterprise"}])
async def test_a_sign_is_asked_for_strictly(store: Store, callers: Callers, given: dict[str, str]) -> None:
    with pytest.raises(Unprocessable):
        await figures(store, callers["suzhou"], "backdated_signing", **given)


async def test_a_sign_that_is_none_is_absent(store: Store, callers: Callers) -> None:
    with pytest.raises(NotFound):
        await figures(store, callers["suzhou"], "bad_weather")
