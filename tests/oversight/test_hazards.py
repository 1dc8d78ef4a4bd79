"""Hazards on their way, and the alert of a refused major one: derived, never lost, clearing itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prevention_world import INSURERS, NOW, World, hazard, invented, policy
from shelving import CALLERS

from ajx_gateway.errors import Forbidden, NotFound
from ajx_gateway.identity import system_scope
from ajx_gateway.oversight.hazards import alert, alert_feed, answer_alert, hazard_list, hazards_by
from ajx_gateway.standard import record_id
from ajx_gateway.store.database import Store

TODAY = date(2026, 11, 20)
SOON = NOW + timedelta(hours=1)
SUZHOU, FOSHAN = "341302001", "440605011"


@pytest.fixture(scope="module")
async def world(store: Store) -> World:
    return await invented(store, seed=37)


def rows_of(world: World) -> list[dict[str, Any]]:
    rows = []
    for insurer, found in world.all("hazard"):
        parent = world.policy_of(insurer, found)
        assert parent is not None
        done = found["state"] in ("rectified", "closed")
        deadline = found.get("deadline_on")
        age = (TODAY - date.fromisoformat(found["found_on"])).days
        rows.append(
            {
                "key": (insurer, found["hazard_no"]), "insurer": insurer, "level": found["level"],
                "town": parent["enterprise"]["division"], "state": found["state"], "month": found["found_on"][:7],
                "open": not done, "overdue": not done and deadline is not None and deadline < str(TODAY),
                "undated": not done and deadline is None, "age": age, "found": found,
            }
        )  # fmt: skip
    return rows


def expected(rows: list[dict[str, Any]]) -> dict[str, int]:
    def count(test: Callable[[dict[str, Any]], Any]) -> int:
        return sum(bool(test(r)) for r in rows)

    return {
        "hazards": len(rows),
        "major": count(lambda r: r["level"] == "major"),
        "notified": count(lambda r: "notified_on" in r["found"]),
        "dated": count(lambda r: "deadline_on" in r["found"]),
        "rectified": count(lambda r: not r["open"]),
        "reviewed": count(lambda r: "reviewed_on" in r["found"]),
        "closed": count(lambda r: r["state"] == "closed"),
        "refused": count(lambda r: r["state"] == "refused"),
        "open": count(lambda r: r["open"]),
        "overdue": count(lambda r: r["overdue"]),
        "undated": count(lambda r: r["undated"]),
        "rectified_late": 0,
        "age_0": count(lambda r: r["open"] and r["age"] <= 7),
        "age_1": count(lambda r: r["open"] and 7 < r["age"] <= 30),
        "age_2": count(lambda r: r["open"] and 30 < r["age"] <= 90),
        "age_3": count(lambda r: r["open"] and r["age"] > 90),
    }


@pytest.mark.parametrize("by", ["level", "insurer", "town", "month"])
async def test_stages_and_ages_equal_a_recount(store: Store, world: World, by: str) -> None:
    answer = await hazards_by(store, CALLERS["auditor"], {"by": by}, as_of=None, now=SOON)
    rows = rows_of(world)
    told = {n: v for n, v in answer["total"]["values"].items() if n != "rectification_ratio"}
    assert told == expected(rows)
    for group in answer["groups"]:
        own = [r for r in rows if r[by] == group["keys"][by]]
        assert {n: v for n, v in group["values"].items() if n != "rectification_ratio"} == expected(own)
    assert told["overdue"] > 0
    assert told["closed"] > 0


@pytest.mark.parametrize("stage", ["open", "overdue", "undated", "closed", "refused"])
async def test_the_list_of_a_stage_pages_through_exactly_its_hazards(
    store: Store, world: World, stage: str
) -> None:
    rows = [r for r in rows_of(world) if r["town"].startswith("4406")]
    wanted = [r["key"] for r in rows if (r[stage] if stage in r else r["state"] == stage)]
    seen: list[tuple[str, str]] = []
    after = ""
    while True:
        page = await hazard_list(
            store, CALLERS["city"], {"stage": stage, "limit": "3", "after": after}, now=SOON
        )
        seen += [(i["insurer"], i["key"]) for i in page["items"]]
        if not (after := page["next"] or ""):
            break
    assert wanted
    assert sorted(seen) == sorted(wanted)


async def feed(store: Store, caller: str, **given: str) -> list[dict[str, Any]]:
    """The whole feed, page by page."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = await alert_feed(store, CALLERS[caller], {**given, "limit": "2", "after": after}, now=SOON)
        if not page["items"]:
            return found
        found += page["items"]
        after = page["next"]


async def test_every_refused_major_hazard_is_an_alert_of_its_territory(store: Store, world: World) -> None:
    refused = [r for r in rows_of(world) if r["level"] == "major" and r["state"] == "refused"]
    for caller, prefix in (("auditor", ""), ("city", "4406"), ("nanhai", "440605"), ("suzhou", "3413")):
        own = [r["key"] for r in refused if r["town"].startswith(prefix)]
        told = await feed(store, caller, standing="unanswered")
        assert sorted((i["insurer"], i["hazard_no"]) for i in told) == sorted(own)
    assert refused


async def refuse(world: World, number: int, town: str, **more: Any) -> UUID:
    """A refused major hazard under a policy of its own."""
    first = INSURERS[0]
    signed_on = date(2026, 6, 1)
    made = policy(number, town=town, signed_on=signed_on, tags=("construction",), enterprise=number)
    await world.push(first, "policy", made)
    found = hazard(number, f"P{number}", level="major", state="refused", day=date(2026, 7, 1), **more)
    await world.push(first, "hazard", found)
    return record_id(first.insurer or "", "hazard", f"H{number}")


async def test_an_alert_names_the_department_ages_is_answered_and_clears_itself(
    store: Store, world: World
) -> None:
    identity = await refuse(world, 800, SUZHOU)
    told = (await alert(store, CALLERS["suzhou"], identity, now=world.now + timedelta(hours=50)))["alert"]
    assert (told["standing"], told["department"]) == ("unanswered", "宿州市住房和城乡建设局")
    assert (told["unanswered_hours"], told["reported"]) == (50, False)
    answered = await answer_alert(
        store, CALLERS["suzhou"], identity, "已责令停产整改。", now=world.now + timedelta(seconds=1)
    )
    assert answered["alert"]["standing"] == "answered"
    assert [(a["words"], a["answered_by"]) for a in answered["answers"]] == [
        ("已责令停产整改。", "suzhou-city")
    ]
    world.now += timedelta(seconds=5)
    closed = hazard(800, "P800", level="major", state="closed", day=date(2026, 7, 1))
    await world.push(INSURERS[0], "hazard", closed | {"revised_at": "2026-08-01T10:00:00+08:00"})
    cleared = await alert(store, CALLERS["suzhou"], identity, now=SOON)
    assert (cleared["alert"]["standing"], cleared["alert"]["state"]) == ("cleared", "closed")
    again = hazard(800, "P800", level="major", state="refused", day=date(2026, 7, 1))
    await world.push(INSURERS[0], "hazard", again | {"revised_at": "2026-08-02T10:00:00+08:00"})
    raised = await alert(store, CALLERS["suzhou"], identity, now=SOON)
    assert [each["standing"] for each in raised["refusals"]] == ["cleared", "unanswered"]
    assert raised["alert"]["standing"] == "unanswered"


async def test_a_correction_of_a_refused_hazard_is_the_same_alert(store: Store, world: World) -> None:
    identity = await refuse(world, 801, FOSHAN)
    report = {"authority": "示例应急管理部门（虚构）", "reported_on": "2026-07-20"}
    again = hazard(801, "P801", level="major", state="refused", day=date(2026, 7, 1), refusal_report=report)
    await world.push(INSURERS[0], "hazard", again | {"revised_at": "2026-07-21T10:00:00+08:00"})
    told = await alert(store, CALLERS["nanhai"], identity, now=SOON)
    assert len(told["refusals"]) == 1
    assert (told["alert"]["reported"], told["alert"]["reported_on"]) == (True, "2026-07-20")
    assert told["alert"]["department"] == "本地区未作规定"


async def test_foreign_and_absent_alerts_look_the_same_and_only_regulators_answer(
    store: Store, world: World
) -> None:
    identity = await refuse(world, 802, SUZHOU)
    words = set()
    for one in (identity, UUID(int=7)):
        with pytest.raises(NotFound) as refusal:
            await alert(store, CALLERS["nanhai"], one, now=SOON)
        words.add(refusal.value.detail)
        with pytest.raises(NotFound) as refusal:
            await answer_alert(store, CALLERS["nanhai"], one, "已阅", now=SOON)
        words.add(refusal.value.detail)
    assert len(words) == 1
    for name in ("auditor", "adviser", "operator"):
        with pytest.raises(Forbidden):
            await answer_alert(store, CALLERS[name], identity, "已阅", now=SOON)
    with pytest.raises(Forbidden):
        await alert_feed(store, CALLERS["insurer"], {}, now=SOON)


async def test_an_alert_that_commits_late_is_not_skipped_by_the_feed(store: Store, world: World) -> None:
    """While an earlier transaction is still open, the feed waits rather than pass it by."""
    page = await alert_feed(store, CALLERS["auditor"], {"limit": "1000"}, now=SOON)
    async with store.writing(system_scope("a push that takes its time")) as slow:
        await slow.fetch("SELECT pg_current_xact_id()")
        await refuse(world, 803, FOSHAN)
        during = await alert_feed(
            store, CALLERS["auditor"], {"limit": "1000", "after": page["next"]}, now=SOON
        )
        assert during["items"] == []
    after = await alert_feed(store, CALLERS["auditor"], {"limit": "1000", "after": during["next"]}, now=SOON)
    assert [i["hazard_no"] for i in after["items"]] == ["H803"]


async def test_an_instant_before_any_law_finds_no_hazard_and_keeps_the_buckets(
    store: Store, world: World
) -> None:
    long_ago = datetime(74, 3, 21, tzinfo=UTC)
    found = await hazards_by(store, CALLERS["suzhou"], {}, as_of=long_ago, now=NOW)
    assert found["total"]["values"]["hazards"] == 0
    assert "age_3" in found["total"]["values"]
