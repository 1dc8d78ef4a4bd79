"""What the data consultant is shown of services, hazards, funds, subsidies and coverage tells of nobody: no cell of fewer
than five enterprises, and none that is the total less the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import rostering
from prevention_world import INSURERS, NOW, World, invented
from prevention_world import entry as ledger_entry
from rostering import GUICHENG, SHISHAN, code, entry
from shelving import CALLERS, Shelf

from ajx_gateway.api import oversight_roster_tables, oversight_tables
from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import scope_of
from ajx_gateway.oversight import coverage
from ajx_gateway.oversight.coverage_withheld import fewest
from ajx_gateway.oversight.funds import funds_by, sign_counts, sign_list
from ajx_gateway.oversight.hazards import hazards_by
from ajx_gateway.oversight.services import services_by
from ajx_gateway.oversight.subsidies import subsidies_by
from ajx_gateway.oversight.suppression import parent
from ajx_gateway.store.database import Store

SOON, LEAST = NOW + timedelta(hours=1), 5
CONSULTANT, AUDITOR = CALLERS["consultant"], CALLERS["auditor"]
QUESTIONS = {
    "services": services_by,
    "hazards": hazards_by,
    "funds": funds_by,
    "subsidies": subsidies_by,
}
PLACES = ("province", "city", "district", "town")
BY = (
    *((place,) for place in PLACES), ("insurer",), ("year",), ("quarter",), ("month",), ("sector",), ("size",),
    ("town", "insurer"), ("district", "year"), ("insurer", "quarter"),
)  # fmt: skip
Answer = Mapping[str, Any]


@pytest.fixture(scope="module")
async def world(store: Store) -> World:
    return await invented(store, seed=5, policies=40)


def lines(answer: Answer) -> dict[tuple[str | None, ...], Answer]:
    return {tuple(group["keys"].values()): group for group in answer["groups"]}


def slices(answer: Answer, cut: int) -> tuple[set[str | None], set[str | None]]:
    """What is shown and what is withheld, by the dimension that cuts the table."""
    shown, hidden = set[str | None](), set[str | None]()
    for key, group in lines(answer).items():
        (hidden if group.get("suppressed") else shown).add(key[cut])
    return shown, hidden


def alone(hidden: set[str | None], shown: set[str | None], level: str, above: set[str | None]) -> list[Any]:
    """The withheld slices that would be what their family is short of: no other of it is withheld, and its sum is told."""
    families: dict[str | None, set[str | None]] = {}
    for each in hidden | shown:
        families.setdefault(parent(level, each), set()).add(each)
    return [
        (family, members & hidden)
        for family, members in families.items()
        if len(members & hidden) == 1 and len(members) > 1 and (family is None or family in above)
    ]


@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_group_tells_of_few_and_none_is_the_total_less_the_rest(
    store: Store, world: World, name: str
) -> None:
    ask, withheld = QUESTIONS[name], 0
    for by in BY:
        asked = {"by": ",".join(by)}
        told = await ask(store, CONSULTANT, asked, as_of=None, now=SOON)
        whole = await ask(store, AUDITOR, asked, as_of=None, now=SOON)
        assert {key[0] for key in lines(told)} == {key[0] for key in lines(whole)}, by
        shown, hidden = slices(told, 0)
        assert not shown & hidden
        withheld += len(hidden)
        for key, group in lines(told).items():
            if group.get("suppressed"):
                assert not any(group["values"].values()), (by, key)
            else:
                assert not 0 < group["values"]["enterprises"] < LEAST, (by, key)
                others = {n: v for n, v in group["values"].items() if n != "enterprises"}
                assert others == {n: lines(whole)[key]["values"][n] for n in others}, (by, key)
        assert oversight_tables.aggregates(told).rows
    assert withheld > 5


async def test_a_withheld_place_has_company(store: Store, world: World) -> None:
    for ask in QUESTIONS.values():
        above: set[str | None] = set()
        for level in PLACES:
            told = await ask(store, CONSULTANT, {"by": level}, as_of=None, now=SOON)
            shown, hidden = slices(told, 0)
            assert alone(hidden, shown, level, above) == []
            above = shown


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_question_that_narrows_is_refused(store: Store, world: World, name: str) -> None:
    ask = QUESTIONS[name]
    for given in ({"period": "2025-06"}, {"town": "440605011"}, {"by": "town", "sector": "machinery"}):
        for caller in ("consultant", "operator"):
            with pytest.raises(Unprocessable):
                await ask(store, CALLERS[caller], given, as_of=None, now=SOON)
    with pytest.raises(Unprocessable):
        await ask(store, CONSULTANT, {}, as_of=NOW, now=SOON)


async def test_the_ledger_is_cut_by_purpose_and_tells_of_nobody(store: Store, world: World) -> None:
    told = await funds_by(store, CONSULTANT, {"basis": "ledger", "by": "purpose"}, as_of=None, now=SOON)
    shown, hidden = slices(told, 0)
    assert shown
    assert len(hidden) != 1
    assert all(
        not 0 < group["values"]["enterprises"] < LEAST
        for group in told["groups"]
        if not group.get("suppressed")
    )


async def test_a_sign_of_diversion_that_few_enterprises_show_is_not_counted_for_the_consultant(
    store: Store, world: World
) -> None:
    policy_no = world.all("policy")[0][1]["policy_no"]
    day = date(2026, 6, 1)
    unknown = ledger_entry(
        77_001, policy_no, "spend", "500.00", town=GUICHENG, day=day, purpose="training", service_no="S-NONE"
    )
    await world.push(INSURERS[0], "fund_entry", unknown)
    told = await sign_counts(store, CONSULTANT, {}, as_of=None, now=SOON)
    whole = await sign_counts(store, AUDITOR, {}, as_of=None, now=SOON)
    behind = {}
    for sign in whole["items"]:
        rows = (await sign_list(store, AUDITOR, sign["name"], {"limit": "1000"}, now=SOON))["items"]
        behind[sign["name"]] = len({row["enterprise_uscc"] or row["record_id"] for row in rows})
    hidden = {each["name"] for each in told["items"] if each.get("suppressed")}
    assert hidden == {name for name, enterprises in behind.items() if 0 < enterprises < LEAST}
    assert "service_unknown" in hidden
    for mine, theirs in zip(told["items"], whole["items"], strict=True):
        same = (None, None) if mine["name"] in hidden else (theirs["count"], theirs["amount"])
        assert (mine["count"], mine["amount"]) == same


# --- coverage --------------------------------------------------------------------------------------------------------

TODAY = datetime(2024, 6, 1, 2, 0, tzinfo=UTC)
LELIU, BEIJIAO = "440606102", "440606101"
# (town, tag) → how many are on the roster, and how many of them are insured.
ROSTER = {
    (GUICHENG, "hazchem"): (9, 9),
    (GUICHENG, "machinery"): (20, 12),
    (SHISHAN, "machinery"): (12, 9),
    ("440605122", "machinery"): (30, 20),
    (LELIU, "machinery"): (25, 19),
    (BEIJIAO, "dust_ex"): (16, 10),
    ("440608004", "machinery"): (14, 7),
}


@pytest.fixture
async def roster(shelf: Shelf, store: Store) -> Shelf:
    await rostering.clear(shelf)
    entries, number = [], 0
    for (town, tag), (listed, insured) in ROSTER.items():
        for place in range(listed):
            number += 1
            entries.append(entry(number, division=town, sector_tags=(tag,)))
            if place < insured:
                dates = {"effective_on": date(2024, 1, 1), "expires_on": date(2024, 12, 31)}
                await shelf.put("policy", f"P{number}", enterprise_uscc=code(number), **dates)
    await rostering.file(
        store, scope_of(CALLERS["city"]), entries, now=TODAY - timedelta(days=30), last_day=date(2024, 4, 30)
    )
    return shelf


async def covered(store: Store, caller: Any, *by: str) -> Answer:
    given = {"by": ",".join(by)}
    return await coverage.coverage_for(store, caller, given, as_of=None, now=TODAY)


def of(group: Answer) -> dict[str, int]:
    return {"enterprises": group["enterprises"], "insured": group["insured"], "proven": 0}


async def test_coverage_shows_no_few_insured_or_uninsured_and_no_place_alone(
    store: Store, roster: Shelf
) -> None:
    above: set[str | None] = {"440600"}
    for level in ("district", "town"):
        told, whole = await covered(store, CONSULTANT, level), await covered(store, CALLERS["city"], level)
        shown, hidden = slices(told, 0)
        small = {key[0] for key, group in lines(whole).items() if 0 < fewest(of(group)) < LEAST}
        assert small <= hidden, level
        assert alone(hidden, shown, level, above) == []
        for key, group in lines(told).items():
            if not group["suppressed"]:
                same = ("enterprises", "insured", "uninsured", "ratio")
                assert [group[n] for n in same] == [lines(whole)[key][n] for n in same]
        above = shown
    assert hidden == {SHISHAN, GUICHENG}, (
        "3 of 12 are not insured; the smallest of the other towns goes with it"
    )


async def test_the_classes_and_the_places_within_them_tell_no_more(store: Store, roster: Shelf) -> None:
    told = await covered(store, CONSULTANT, "town", "class")
    for group in told["groups"]:
        if not group["suppressed"]:
            assert not 0 < fewest(of(group)) < LEAST, group
    classes = {each["class"]: each for each in told["classes"]}
    assert sum(each["suppressed"] for each in classes.values()) != 1
    assert told["targets"] == []
    assert oversight_roster_tables.coverage(told).rows


async def test_what_is_said_of_staff_stands_beside_the_total_only(store: Store, roster: Shelf) -> None:
    told = await covered(store, CONSULTANT, "district")
    details = ("by_policy", "by_evidence", "staff", "low_limit")
    assert {group[name] for group in (*told["groups"], *told["classes"]) for name in details} == {None}
    assert told["total"]["by_policy"] == sum(insured for _, insured in ROSTER.values())


@pytest.mark.parametrize(
    "given",
    [{"by": "sector"}, {"by": "target"}, {"by": "town,sector"}, {"on": "2024-01-01"}, {"district": "440605"}],
)
async def test_coverage_is_not_cut_by_what_overlaps_or_narrows(
    store: Store, roster: Shelf, given: dict[str, str]
) -> None:
    with pytest.raises(Unprocessable):
        await coverage.coverage_for(store, CONSULTANT, given, as_of=None, now=TODAY)
    await coverage.coverage_for(store, CALLERS["city"], given, as_of=None, now=TODAY)


async def test_of_fewer_than_five_the_consultant_is_not_even_shown_the_total(
    store: Store, shelf: Shelf
) -> None:
    await rostering.clear(shelf)
    filed = [entry(number) for number in range(1, 4)]
    await rostering.file(
        store, scope_of(CALLERS["city"]), filed, now=TODAY - timedelta(days=30), last_day=date(2024, 4, 30)
    )
    told = await covered(store, CONSULTANT, "town")
    shown: Sequence[Answer] = [told["total"], *told["groups"]]
    assert [(each["enterprises"], each["suppressed"]) for each in shown] == [(None, True)] * 2
