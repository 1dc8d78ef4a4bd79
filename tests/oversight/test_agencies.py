"""The registry of agencies and experts, and services by those who are not in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from prevention_world import INSURERS, NOW, World, policy, service
from shelving import CALLERS

from ajx_gateway.demo.codes import uscc
from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.oversight import agencies
from ajx_gateway.oversight.agencies import Registering
from ajx_gateway.store.database import Store

SOON = NOW + timedelta(hours=1)
AGENCIES = [uscc("440600", 970 + number) for number in range(5)]
DAY = date(2026, 5, 10)


def agency(code: str, **more: Any) -> Registering:
    made = Registering(
        "agency", code, "示例安全技术服务有限公司（虚构）", "安全评价机构乙级", "示例资质-001", None, ("machinery",),
        date(2026, 1, 1), date(2026, 12, 31), "active", None, "虚构文件",
    )  # fmt: skip
    return replace(made, **more)


@pytest.fixture(scope="module")
async def world(store: Store) -> World:
    """A service a month by each of five agencies, under one policy in 桂城 and one in 宿州."""
    world = World(store)
    for town, number in (("440605011", 1), ("341302001", 2)):
        made = policy(number, town=town, signed_on=date(2026, 3, 1), tags=("machinery",), enterprise=number)
        await world.push(INSURERS[0], "policy", made)
        done = [
            service(10 * number + n, f"P{number}", ["training"], state="completed", day=DAY, agency=code)
            for n, code in enumerate(AGENCIES)
        ]
        await world.push(INSURERS[0], "service", *done)
    return world


async def listed(store: Store, caller: str, **given: str) -> set[tuple[str, str, str]]:
    page = await agencies.unregistered(store, CALLERS[caller], {"limit": "1000", **given}, now=SOON)
    return {(i["key"], i["agency_uscc"], i["reason"]) for i in page["items"]}


async def test_services_by_unregistered_lapsed_and_suspended_agencies_are_listed(
    store: Store, world: World
) -> None:
    city = CALLERS["city"]
    await agencies.register(store, city, agency(AGENCIES[0]), now=SOON)
    await agencies.register(store, city, agency(AGENCIES[1], valid_to=DAY - timedelta(days=1)), now=SOON)
    await agencies.register(store, city, agency(AGENCIES[2], status="suspended", status_on=DAY), now=SOON)
    later = agency(AGENCIES[3], status="revoked", status_on=DAY + timedelta(days=1))
    await agencies.register(store, city, later, now=SOON)
    assert await listed(store, "city") == {
        ("S11", AGENCIES[1], "out_of_date"),
        ("S12", AGENCIES[2], "suspended"),
        ("S14", AGENCIES[4], "unregistered"),
    }
    assert await listed(store, "guicheng", reason="suspended") == {("S12", AGENCIES[2], "suspended")}
    assert {reason for _, _, reason in await listed(store, "suzhou")} == {"unregistered"}
    assert len(await listed(store, "suzhou")) == 5
    assert await listed(store, "city", period="2026Q1") == set()


async def test_every_change_is_a_version_and_the_newest_one_holds(store: Store, world: World) -> None:
    city = CALLERS["nanhai"]
    first = await agencies.register(store, city, agency(AGENCIES[4]), now=NOW)
    identity = UUID(first["registration"]["registration_id"])
    assert ("S14", AGENCIES[4], "unregistered") not in await listed(store, "city")
    await agencies.register(store, city, agency(AGENCIES[4], valid_to=date(2026, 4, 30)), now=SOON)
    assert ("S14", AGENCIES[4], "out_of_date") in await listed(store, "city")
    history = await agencies.registered(store, city, "agency", identity, now=SOON)
    assert [(i["version"], i["valid_to"]) for i in history["items"]] == [(2, "2026-04-30"), (1, "2026-12-31")]
    page = await agencies.registrations(store, city, "agency", {"valid": "false"}, now=SOON)
    assert AGENCIES[4] in {i["code"] for i in page["items"]}


async def test_a_registry_is_seen_above_and_below_and_nowhere_else(store: Store, world: World) -> None:
    made = await agencies.register(store, CALLERS["nanhai"], agency(AGENCIES[0]), now=SOON)
    identity = UUID(made["registration"]["registration_id"])
    for name in ("city", "nanhai", "guicheng", "auditor"):
        found = await agencies.registered(store, CALLERS[name], "agency", identity, now=SOON)
        assert found["items"][0]["territory"] == "440605"
    words = set()
    for one in (identity, UUID(int=3)):
        with pytest.raises(NotFound) as refusal:
            await agencies.registered(store, CALLERS["suzhou"], "agency", one, now=SOON)
        words.add(refusal.value.detail)
    assert len(words) == 1
    codes: list[tuple[str, str]] = []
    after = ""
    while True:
        page = await agencies.registrations(
            store,
            CALLERS["nanhai"],
            "agency",
            {"limit": "2", "after": after},
            now=SOON + timedelta(seconds=1),
        )
        codes += [(i["code"], i["territory"]) for i in page["items"]]
        if not (after := page["next"] or ""):
            break
    assert codes == sorted(codes, key=lambda pair: pair[0])
    assert len(set(codes)) == len(codes) >= 2


async def test_experts_are_numbers_with_a_qualification(store: Store) -> None:
    expert = Registering(
        "expert", "ZJ-0001", None, "certified_safety_engineer", None, AGENCIES[0], (), date(2026, 1, 1), None,
        "active", None, "虚构文件",
    )  # fmt: skip
    await agencies.register(store, CALLERS["city"], expert, now=SOON)
    page = await agencies.registrations(store, CALLERS["city"], "expert", {"valid": "true"}, now=SOON)
    assert [(i["code"], i["name"], i["qualification_title"]) for i in page["items"]] == [
        ("ZJ-0001", None, "注册安全工程师")
    ]
    with pytest.raises(Unprocessable):
        await agencies.register(store, CALLERS["city"], replace(expert, qualification="wizard"), now=SOON)


async def test_what_cannot_be_right_is_refused_and_only_regulators_register(store: Store) -> None:
    wrong = [
        agency(AGENCIES[0][:-1] + ("0" if AGENCIES[0][-1] != "0" else "1")),
        agency(AGENCIES[0], valid_to=date(2025, 12, 31)),
        agency(AGENCIES[0], status="suspended"),
        agency(AGENCIES[0], sectors=("rumours",)),
    ]
    for each in wrong:
        with pytest.raises(Unprocessable):
            await agencies.register(store, CALLERS["city"], each, now=SOON)
    for name in ("auditor", "adviser", "operator", "insurer"):
        with pytest.raises(Forbidden):
            await agencies.register(store, CALLERS[name], agency(AGENCIES[0]), now=SOON)
