"""A source's file is taken over row by row with its history; the same file again changes nothing."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import rostering
from rostering import GUICHENG, SHISHAN, SOURCE, as_csv, code, entry, row
from shelving import CALLERS, Shelf

from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import scope_of
from ajx_gateway.oversight import roster, roster_file
from ajx_gateway.oversight.roster import Options
from ajx_gateway.store.database import Store
from ajx_gateway.store.roster_tables import roster_filing, roster_state

NOW = datetime(2024, 6, 1, 2, 0, tzinfo=UTC)
NANHAI, TOWN, CITY = CALLERS["nanhai"], CALLERS["guicheng"], CALLERS["city"]


@pytest.fixture
async def floor(shelf: Shelf) -> Shelf:
    await rostering.clear(shelf)
    return shelf


async def _upload(store: Store, *rows: Any, caller: Any = NANHAI, now: Any = NOW, **options: bool) -> Any:
    body = as_csv(rows)
    sheet = roster_file.read(body, "csv")
    found = await roster.upload(store, caller, body, sheet, "csv", Options(**options), now=now)
    return found.answer


async def _standing(store: Store, caller: Any = NANHAI, **given: str) -> Any:
    listed = await roster.roster_list(
        store, caller, {"on": "2024-06-01", **given}, now=NOW + timedelta(days=1)
    )
    return {(item["uscc"], item["source"]): item for item in listed["items"]}


def _counts(answer: Any) -> tuple[int, ...]:
    counts = answer["counts"]
    return tuple(counts[name] for name in ("created", "updated", "unchanged", "ended", "rejected"))


async def test_the_same_file_again_is_unchanged_and_leaves_no_trace(store: Store, floor: Shelf) -> None:
    assert _counts(await _upload(store, row(1), row(2))) == (2, 0, 0, 0, 0)
    again = await _upload(store, row(1), row(2))
    assert (_counts(again), again["filing"]) == ((0, 0, 2, 0, 0), None)
    assert len(await floor.rows(roster_filing)) == 1
    assert len(await floor.rows(roster_state)) == 2


async def test_a_changed_row_keeps_its_earlier_state_with_who_when_and_which_file(
    store: Store, floor: Shelf
) -> None:
    await _upload(store, row(1), now=NOW - timedelta(days=1))
    assert _counts(await _upload(store, row(1, name="改名的虚构厂"))) == (0, 1, 0, 0, 0)
    history = await roster.history(store, NANHAI, code(1), now=NOW)
    [newer, older] = history["items"]
    assert (newer["name"], newer["version"], older["version"]) == ("改名的虚构厂", 2, 1)
    assert older["superseded_at"] == newer["recorded_at"]
    assert newer["file_sha256"] != older["file_sha256"]
    assert {newer["recorded_by"], older["recorded_by"]} == {"nanhai-district"}


async def test_replace_ends_what_the_same_source_no_longer_names_and_says_so(
    store: Store, floor: Shelf
) -> None:
    await _upload(store, row(1), row(2), row(3, source="另一来源（虚构）"))
    answer = await _upload(store, row(1), replace=True, now=NOW + timedelta(hours=1))
    assert (_counts(answer), answer["ended"]) == ((0, 0, 1, 1, 0), [code(2)])
    assert set(await _standing(store)) == {(code(1), SOURCE), (code(3), "另一来源（虚构）")}
    assert (await _standing(store, on="2024-05-31"))[code(2), SOURCE]["effective_to"] == "2024-05-31"
    assert _counts(await _upload(store, row(1), replace=True, now=NOW + timedelta(hours=2)))[3] == 0


async def test_a_faulty_row_refuses_the_file_unless_partial_and_never_ends_anybody(
    store: Store, floor: Shelf
) -> None:
    await _upload(store, row(1), row(2))
    refused = await _upload(store, row(3), row(4, size="巨型"))
    assert (refused["verdict"], _counts(refused), refused["findings_total"]) == (
        "rejected",
        (0, 0, 0, 0, 1),
        1,
    )
    partly = await _upload(store, row(3), row(4, size="巨型"), partial=True)
    assert (partly["verdict"], _counts(partly)) == ("partial", (1, 0, 0, 0, 1))
    with pytest.raises(Unprocessable, match="replace"):
        await _upload(store, row(1), row(2, size="巨型"), partial=True, replace=True)
    assert len(await _standing(store)) == 3


async def test_a_dry_run_counts_and_writes_nothing(store: Store, floor: Shelf) -> None:
    await _upload(store, row(1), row(2))
    answer = await _upload(store, row(2, name="改名"), row(3), replace=True, dry_run=True)
    assert _counts(answer) == (1, 1, 0, 1, 0)
    assert set(await _standing(store)) == {(code(1), SOURCE), (code(2), SOURCE)}


async def test_only_the_territorys_regulator_files_and_a_row_elsewhere_is_a_finding(
    store: Store, floor: Shelf
) -> None:
    answer = await _upload(store, row(1), row(2, division=SHISHAN), caller=TOWN)
    assert [finding["column"] for finding in answer["findings"]] == ["division"]
    for name in ("adviser", "auditor", "consultant", "operator", "insurer"):
        with pytest.raises(Forbidden):
            await _upload(store, row(1), caller=CALLERS[name])


async def test_replace_by_a_town_leaves_the_other_towns_alone(store: Store, floor: Shelf) -> None:
    await _upload(store, row(1), row(2), row(3, division=SHISHAN), caller=CITY)
    answer = await _upload(store, row(1), caller=TOWN, replace=True)
    assert answer["ended"] == [code(2)]
    assert set(await _standing(store)) == {(code(1), SOURCE), (code(3), SOURCE)}


async def test_foreign_and_absent_enterprises_look_alike(store: Store, floor: Shelf) -> None:
    await _upload(store, row(1, division=SHISHAN))
    words = set()
    for uscc in (code(1), code(99)):
        with pytest.raises(NotFound) as refusal:
            await roster.history(store, TOWN, uscc, now=NOW)
        words.add(refusal.value.detail)
    assert len(words) == 1
    assert await _standing(store, TOWN) == {}


async def test_pages_hold_every_entry_once_while_another_file_comes_in(store: Store, floor: Shelf) -> None:
    await _upload(store, *(row(number) for number in range(1, 8)))
    page = await roster.roster_list(store, NANHAI, {"limit": "3"}, now=NOW)
    seen = [item["uscc"] for item in page["items"]]
    await _upload(
        store, *(row(number, name="改名") for number in range(1, 20)), now=NOW + timedelta(minutes=1)
    )
    while page["next"]:
        given = {"limit": "3", "after": page["next"]}
        page = await roster.roster_list(store, NANHAI, given, now=NOW + timedelta(minutes=2))
        seen += [item["uscc"] for item in page["items"]]
    assert seen == sorted(code(number) for number in range(1, 8))


async def test_the_same_file_filed_by_many_at_once_makes_each_entry_once(store: Store, floor: Shelf) -> None:
    entries = [entry(number) for number in range(300)]
    scope = scope_of(NANHAI)
    outcomes = await asyncio.gather(
        *(
            rostering.file(store, scope, entries, now=NOW, last_day=date(2024, 5, 31), replace=True)
            for _ in range(4)
        )
    )
    assert sorted((o.created, o.unchanged) for o in outcomes) == [(0, 300)] * 3 + [(300, 0)]
    assert len(await floor.rows(roster_state)) == 300


async def test_the_list_is_narrowed_by_day_place_sector_and_source(store: Store, floor: Shelf) -> None:
    await _upload(
        store,
        row(1),
        row(2, division=SHISHAN, sector_tags="危险化学品"),
        row(3, source="另一来源（虚构）", effective_from="2025-01-01"),
    )
    assert {u for u, _ in await _standing(store)} == {code(1), code(2)}
    assert {u for u, _ in await _standing(store, on="all")} == {code(1), code(2), code(3)}
    assert {u for u, _ in await _standing(store, town=GUICHENG)} == {code(1)}
    assert {u for u, _ in await _standing(store, sector="hazchem")} == {code(2)}
    assert {u for u, _ in await _standing(store, source="另一来源（虚构）", on="2025-02-01")} == {code(3)}
