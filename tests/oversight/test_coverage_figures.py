"""Who of the roster is insured on a day: counted once, under the highest obligation, as known at an instant."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import rostering
from rostering import GUICHENG, SHISHAN, code, entry
from shelving import BEIAN, CALLERS, Shelf

from ajx_gateway.errors import Forbidden
from ajx_gateway.identity import scope_of
from ajx_gateway.oversight import coverage, coverage_lists, roster, roster_proofs
from ajx_gateway.store.database import Store

NOW = datetime(2024, 6, 1, 2, 0, tzinfo=UTC)
ON = "2023-12-31"
CITY, NANHAI, TOWN = CALLERS["city"], CALLERS["nanhai"], CALLERS["guicheng"]
PROOF: dict[str, Any] = {
    "policy_no": "集团保单（虚构）",
    "insurer_name": "虚构保险",
    "policyholder_name": "虚构集团",
    "effective_on": date(2023, 1, 1),
    "expires_on": date(2023, 12, 31),
    "document_sha256": "a" * 64,
    "insured_count": None,
    "reason": "母公司统一投保（虚构）",
}


@pytest.fixture
async def floor(shelf: Shelf) -> Shelf:
    await rostering.clear(shelf)
    return shelf


async def _file(store: Store, *entries: Any, now: datetime = NOW - timedelta(days=30), **more: Any) -> Any:
    return await rostering.file(store, scope_of(CITY), entries, now=now, last_day=date(2024, 4, 30), **more)


async def _ask(store: Store, caller: Any = NANHAI, as_of: datetime | None = None, **given: str) -> Any:
    return await coverage.coverage_for(store, caller, {"on": ON, **given}, as_of=as_of, now=NOW)


async def _list(store: Store, path: str, caller: Any = NANHAI, as_of: Any = None, **given: str) -> Any:
    return await coverage_lists.page(store, caller, path, {"on": ON, **given}, as_of=as_of, now=NOW)


def _policy(number: int, **own: Any) -> dict[str, Any]:
    return {"enterprise_uscc": code(number), "effective_on": date(2023, 5, 11), **own}


async def test_an_enterprise_with_several_tags_entries_and_policies_counts_once_under_its_highest_target(
    store: Store, floor: Shelf
) -> None:
    await _file(
        store,
        entry(1, sector_tags=("hazchem", "machinery", "dust_ex")),
        entry(1, source="镇街名录（虚构）", sector_tags=("machinery",)),
        entry(2, sector_tags=("dust_ex", "machinery")),
        entry(3, sector_tags=("machinery",)),
    )
    await floor.put("policy", "P1", **_policy(1))
    await floor.put("policy", "P1b", insurer=BEIAN, **_policy(1))
    await floor.put("policy", "P3", **_policy(3))
    found = await _ask(store, by="sector")
    assert (found["total"]["enterprises"], found["total"]["insured"], found["total"]["ratio"]) == (
        3,
        2,
        "0.6667",
    )
    measured = {
        t["target_ratio"]: (t["enterprises"], t["insured"], t["met"], t["gap"]) for t in found["targets"]
    }
    assert measured == {"1.00": (1, 1, True, 0), "0.70": (1, 0, False, 1), "0.30": (1, 1, True, 0)}
    assert all(t["clause"] and t["past_due"] for t in found["targets"])
    sectors = {g["keys"]["sector"]: g["enterprises"] for g in found["groups"]}
    assert sectors == {"hazchem": 1, "machinery": 3, "dust_ex": 2}


@pytest.mark.parametrize(
    ("own", "insured"),
    [
        ({}, True),
        ({"effective_on": date(2023, 12, 31)}, True),
        ({"effective_on": date(2024, 1, 1)}, False),
        ({"expires_on": date(2023, 12, 31)}, True),
        ({"expires_on": date(2023, 12, 30)}, False),
        ({"voided": True}, False),
        ({"division": "341302010"}, True),
    ],
)
async def test_a_policy_covers_from_its_first_to_its_last_day_wherever_it_lies_unless_it_was_voided(
    store: Store, floor: Shelf, own: dict[str, Any], insured: bool
) -> None:
    await _file(store, entry(1))
    await floor.put("policy", "P1", **_policy(1, **own))
    assert (await _ask(store))["total"]["insured"] == insured
    assert (await _ask(store, as_of=NOW))["total"]["insured"] == insured


async def test_a_cancelled_policy_covers_up_to_the_day_before_and_again_when_it_is_reinstated(
    store: Store, floor: Shelf
) -> None:
    await _file(store, entry(1))
    await floor.put("policy", "P1", **_policy(1))
    await floor.put("endorsement", "E1", policy_no="P1", type="cancel", effective_on=date(2023, 12, 31))
    assert (await _ask(store))["total"]["insured"] == 0
    assert (await _ask(store, on="2023-12-30"))["total"]["insured"] == 1
    await floor.put("endorsement", "E2", policy_no="P1", type="reinstate", effective_on=date(2024, 1, 5))
    assert (await _ask(store))["total"]["insured"] == 1
    assert (await _ask(store, as_of=NOW))["total"]["insured"] == 1


async def test_an_entry_counts_on_the_days_on_which_it_stands(store: Store, floor: Shelf) -> None:
    await _file(store, entry(1, effective_from=date(2023, 6, 1), effective_to=date(2023, 12, 31)))
    days = {"2023-05-31": 0, "2023-06-01": 1, "2023-12-31": 1, "2024-01-01": 0}
    assert {on: (await _ask(store, on=on))["total"]["enterprises"] for on in days} == days


async def test_accepted_evidence_covers_and_is_told_apart_until_it_is_withdrawn(
    store: Store, floor: Shelf
) -> None:
    await _file(store, entry(1))
    accepted = await roster_proofs.accept(store, NANHAI, code(1), dict(PROOF), now=NOW - timedelta(days=2))
    total = (await _ask(store))["total"]
    assert (total["insured"], total["by_policy"], total["by_evidence"]) == (1, 0, 1)
    assert (await _ask(store, TOWN))["total"]["by_evidence"] == 1
    evidence = accepted["evidence"]["evidence_id"]
    await roster_proofs.withdraw(
        store, TOWN, code(1), UUID(evidence), "材料失效", now=NOW - timedelta(days=1)
    )
    assert (await _ask(store))["total"]["insured"] == 0
    assert (await _ask(store, as_of=NOW - timedelta(days=2)))["total"]["insured"] == 1


async def test_staff_is_compared_with_the_number_counted_last_and_low_limits_are_told(
    store: Store, floor: Shelf
) -> None:
    await _file(
        store,
        entry(1, employee_count=30, employee_counted_on=date(2023, 12, 1)),
        entry(2, employee_count=30, employee_counted_on=date(2023, 1, 1)),
        entry(3),
    )
    for number in (1, 2, 3):
        await floor.put(
            "policy",
            f"P{number}",
            **_policy(number, insured_count=12, employee_count=12 + (number == 3), per_person_death=300_000),
        )
    staff = (await _ask(store))["total"]["staff"]
    assert staff == {
        "full": 1, "short": 2, "unknown": 0, "insured_persons": 36, "employees": 55, "ratio": "0.3333",
    }  # fmt: skip
    listed = (await _list(store, "understaffed"))["items"]
    assert [(each["uscc"], each["missing_count"]) for each in listed] == sorted([(code(1), 18), (code(3), 1)])


async def test_a_limit_below_the_floor_of_the_day_is_told(store: Store, floor: Shelf) -> None:
    await _file(store, entry(1), entry(2))
    for number, limit in ((1, 399_999), (2, 400_000)):
        await floor.put(
            "policy",
            f"P{number}",
            **_policy(number, expires_on=date(2026, 1, 1), per_person_death=limit),
        )
    assert (await _ask(store, on="2025-12-31"))["total"]["low_limit"] == 1


async def test_the_lists_tell_who_was_never_insured_lapsed_or_will_be_soon(
    store: Store, floor: Shelf
) -> None:
    await _file(store, *(entry(number) for number in range(1, 7)))
    await floor.put(
        "policy", "OLD", **_policy(2, effective_on=date(2022, 5, 1), expires_on=date(2023, 4, 30))
    )
    await floor.put("policy", "SOON", **_policy(3, expires_on=date(2024, 1, 10)))
    await floor.put("policy", "RENEWED", **_policy(4, expires_on=date(2024, 1, 10)))
    await floor.put(
        "policy", "NEXT", **_policy(4, effective_on=date(2024, 1, 11), expires_on=date(2025, 1, 10))
    )
    await floor.put("policy", "LONG", **_policy(5, expires_on=date(2024, 5, 10)))
    await floor.put("policy", "LATER", **_policy(6, effective_on=date(2024, 1, 1)))
    for as_of in (None, NOW):
        found = {
            path: [(item["uscc"], item["days"]) for item in (await _list(store, path, as_of=as_of))["items"]]
            for path in ("never-insured", "lapsed", "expiring")
        }
        assert found == {
            "never-insured": sorted([(code(1), None), (code(6), None)]),
            "lapsed": [(code(2), 245)],
            "expiring": [(code(3), 10)],
        }
    assert (await _list(store, "expiring", days="9"))["items"] == []
    assert len((await _list(store, "expiring", days="200"))["items"]) == 2


async def test_a_list_pages_over_what_was_known_at_its_first_page(store: Store, floor: Shelf) -> None:
    await _file(store, *(entry(number) for number in range(1, 8)))
    first = await _list(store, "never-insured", limit="3")
    await floor.put("policy", "P1", recorded_at=NOW + timedelta(hours=1), **_policy(1))
    seen, page = [item["uscc"] for item in first["items"]], first
    while page["next"]:
        page = await _list(store, "never-insured", limit="3", after=page["next"])
        seen += [item["uscc"] for item in page["items"]]
    assert seen == sorted(code(number) for number in range(1, 8))


async def test_a_town_sees_its_own_enterprises_only_and_a_policy_elsewhere_without_its_number(
    store: Store, floor: Shelf
) -> None:
    await _file(store, entry(1), entry(2, division=SHISHAN))
    await floor.put("policy", "AWAY", **_policy(1, division="341302010", expires_on=date(2024, 1, 5)))
    town = await _ask(store, TOWN, by="town")
    assert town["scope"] == "佛山市南海区桂城街道"
    assert [group["keys"]["town"] for group in town["groups"]] == [GUICHENG]
    [item] = (await _list(store, "expiring", TOWN))["items"]
    assert (item["uscc"], item["policy_no"], item["insurer"], item["days"]) == (code(1), None, None, 5)
    assert (await _ask(store, CALLERS["suzhou"]))["total"]["enterprises"] == 0
    assert (await _ask(store, CALLERS["auditor"]))["total"]["enterprises"] == 2


async def test_the_consultant_gets_no_list_and_insurers_no_figure(store: Store, floor: Shelf) -> None:
    with pytest.raises(Forbidden):
        await _list(store, "lapsed", CALLERS["consultant"])
    with pytest.raises(Forbidden):
        await _ask(store, CALLERS["insurer"])


async def test_the_operator_reads_no_list_of_enterprises(store: Store, floor: Shelf) -> None:
    await _file(store, entry(1))
    with pytest.raises(Forbidden):
        await _list(store, "never-insured", CALLERS["operator"])
    with pytest.raises(Forbidden):
        await roster.roster_list(store, CALLERS["operator"], {}, now=NOW)
    with pytest.raises(Forbidden):
        await roster.history(store, CALLERS["operator"], code(1), now=NOW)
    assert len((await roster.roster_list(store, CITY, {"on": ON}, now=NOW))["items"]) == 1


async def test_the_roster_is_remembered_as_it_was_known(store: Store, floor: Shelf) -> None:
    await _file(store, entry(1), entry(2), now=NOW - timedelta(days=10))
    await _file(store, entry(1, effective_to=date(2023, 6, 30)), now=NOW - timedelta(days=5))
    assert (await _ask(store))["total"]["enterprises"] == 1
    assert (await _ask(store, as_of=NOW - timedelta(days=6)))["total"]["enterprises"] == 2
    assert (await _ask(store, as_of=NOW - timedelta(days=11)))["total"]["enterprises"] == 0
