"""Each of 宿州's ten items, once published, opens the same records, versions and clauses for ever."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from evaluating import DAY, PLACE, Doors
from judging import FILED, GENG, clock, entry, finding, plan, policy, service
from shelving import Shelf

from ajx_gateway.standard.record_id import record_id

LISTS = [(item, "") for item in (1, 2, 3, 5, 6, 7, 8, 9, 10)] + [(4, "?part=spent"), (4, "?part=agreed")]
STARS = ("rating_attitude", "rating_professionalism", "rating_timeliness")


@pytest.fixture
async def ten(evaluated: Doors, shelf: Shelf) -> Doors:
    """Something behind each item of one insurer; published as known on the day before."""
    claim = {"policy_no": "P1", "division": "341302001", "recorded_at": FILED}
    await shelf.put("claim", "C1", insurer=GENG, **claim)
    await clock(shelf, "P2", "first_service", date(2024, 4, 16))
    await clock(shelf, "C1", "claim_result", date(2024, 5, 8), subject_kind="claim")
    accepted = FILED + timedelta(days=300)
    late = {"met_at": accepted, "period": "2024", "division": "341300"}
    stated = {"type": "annual_service", "year": 2024, "report_division": "341300", "recorded_at": accepted}
    await shelf.put("annual_report", "A1", insurer=GENG, **stated)
    await clock(shelf, GENG, "annual_report", date(2024, 12, 15), subject_kind="insurer", **late)
    for category in ("product", "data", "dispute"):
        about = {"subject_kind": "policy", "subject_key": "P1", "version": 1}
        await finding(shelf, category, **about, record_id=record_id(GENG, "policy", "P1"))
    await evaluated.published()
    return evaluated


async def opened(gateway: Doors, item: int, part: str) -> list[dict[str, Any]]:
    answer = await gateway.get("suzhou-city", f"{PLACE}/{GENG}/items/{item}{part}")
    assert (answer["edition"], answer["item"]) == (1, item)
    rows: list[dict[str, Any]] = answer["items"]
    return rows


async def correct_everything(gateway: Doors, shelf: Shelf) -> None:
    """Every record behind the items gets a new state: moved away, voided, other amounts, other stars."""
    gateway.now[0] += 30 * DAY
    later: dict[str, Any] = {"recorded_at": gateway.now[0], "revised_at": gateway.now[0], "version": 2}
    for number in ("P1", "P2", "P3"):
        moved: dict[str, Any] = {
            "division": "440605011",
            "fund_amount": Decimal("1.00"),
            "signed_on": date(2023, 3, 1),
        }
        await policy(shelf, number, **later, **moved)
    await shelf.put("claim", "C1", insurer=GENG, policy_no="P9", division="440605011", voided=True, **later)
    stars: dict[str, Any] = dict.fromkeys(STARS, 1)
    await service(shelf, "S1", "P1", **later, started_on=date(2023, 4, 1), **stars)
    await service(shelf, "S2", "P1", **later, state="cancelled")
    await plan(shelf, "N1", "P1", **later, voided=True)
    await shelf.put("annual_report", "A1", insurer=GENG, **later, voided=True)
    await entry(shelf, "E1", "999.00", **later, entered_on=date(2023, 6, 30))
    for category in ("product", "data", "dispute"):
        await finding(shelf, category, name=f"late {category}", decided_at=gateway.now[0])


async def test_each_item_opens_with_its_records_versions_and_clauses(ten: Doors) -> None:
    card = (await ten.get("suzhou-city", f"{PLACE}/{GENG}"))["card"]
    assert [item["item"] for item in card["items"]] == list(range(1, 11))
    for item, part in LISTS:
        rows = await opened(ten, item, part)
        assert rows, f"item {item}{part} opens nothing"
        for row in rows:
            assert row["clause"], f"item {item}{part} names no clause"
            assert row["version"] == 1, f"item {item}{part} names no record and version"
            assert row["record_id"] == str(record_id(GENG, row["kind"], row["key"]))
    # What was deducted is what its list counts.
    lates = [item for item in card["items"] if item["item"] in (1, 2, 3, 5, 6, 7, 8, 10)]
    for item in lates:
        rows = await opened(ten, item["item"], "")
        assert sum(row["counted"] for row in rows) == item["units"] > 0


async def test_corrections_of_everything_change_none_of_the_lists(ten: Doors, shelf: Shelf) -> None:
    paths = [f"{PLACE}/{GENG}/items/{item}" for item, _ in LISTS]
    given = [{"part": part.removeprefix("?part=")} if part else {} for _, part in LISTS]
    before = [
        (await ten.ask("suzhou-city", "GET", f"{path}{form}", params=asked)).content
        for path, asked in zip(paths, given, strict=True)
        for form in ("", ".csv")
    ]
    assert all(before)
    await correct_everything(ten, shelf)
    after = [
        (await ten.ask("suzhou-city", "GET", f"{path}{form}", params=asked)).content
        for path, asked in zip(paths, given, strict=True)
        for form in ("", ".csv")
    ]
    assert after == before
    checked = await ten.get("suzhou-city", f"{PLACE}/publication/check")
    assert (checked["equal"], checked["items"]) == (True, [])
    # The same question as of now has another answer: the corrections were not idle.
    now = ten.now[0].isoformat()
    spent = await ten.get("suzhou-city", f"{PLACE}/{GENG}/items/4", part="spent", as_of=now)
    assert spent["items"] == []


async def test_a_file_of_a_ratio_or_a_mean_names_versions_and_clauses_too(ten: Doors) -> None:
    for item, part in ((4, "spent"), (4, "agreed"), (9, "rated")):
        answer = await ten.ask(
            "suzhou-city", "GET", f"{PLACE}/{GENG}/items/{item}.csv", params={"part": part}
        )
        head = next(line for line in answer.text.splitlines() if "业务号" in line)
        assert "版本" in head
        assert "依据" in head
