"""Services due against done: each figure equals a recomputation over the documents that were pushed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from prevention_world import INSURERS, NOW, World, invented, plan, policy, service
from shelving import CALLERS

from ajx_gateway.errors import Forbidden
from ajx_gateway.oversight.services import service_list, services_by
from ajx_gateway.store.database import Store

SOON = NOW + timedelta(hours=1)
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
async def world(store: Store) -> World:
    return await invented(store, seed=11)


def standing(world: World) -> list[dict[str, Any]]:
    """Per policy what is due and done, counted by hand."""
    rows = []
    for insurer, found in world.all("policy"):
        plans = world.of_policy("service_plan", insurer, found["policy_no"])
        done = [
            each
            for each in world.of_policy("service", insurer, found["policy_no"])
            if each["state"] in ("completed", "confirmed")
        ]
        due = sum(item["planned_count"] for each in plans for item in each["items"])
        items = sum(len(each["items"]) for each in done)
        rows.append(
            {
                "insurer": insurer,
                "policy_no": found["policy_no"],
                "division": found["enterprise"]["division"],
                "tags": found["enterprise"]["sector_tags"],
                "signed_on": date.fromisoformat(found["signed_on"]),
                "expired": date.fromisoformat(found["expires_on"]) < TODAY,
                "due": due,
                "items": items,
                "owed": max(due - items, 0),
                "services": len(done),
                "planned": bool(plans),
            }
        )
    return rows


def expected(rows: list[dict[str, Any]]) -> dict[str, Any]:
    due, served = sum(r["due"] for r in rows), sum(r["services"] > 0 for r in rows)
    fulfilled = sum(min(r["due"], r["items"]) for r in rows)

    def ratio(above: int, below: int) -> str | None:
        return str((Decimal(above) / below).quantize(Decimal("0.0001"), ROUND_HALF_UP)) if below else None

    return {
        "policies": len(rows),
        "due": due,
        "fulfilled": fulfilled,
        "owed": sum(r["owed"] for r in rows),
        "owed_expired": sum(r["owed"] for r in rows if r["expired"]),
        "services_done": sum(r["services"] for r in rows),
        "items_done": sum(r["items"] for r in rows),
        "served": served,
        "unplanned": sum(not r["planned"] for r in rows),
        "fulfilment": ratio(fulfilled, due),
        "first_service_rate": ratio(served, len(rows)),
    }


GROUPS: dict[str, Callable[[dict[str, Any]], list[str | None]]] = {
    "insurer": lambda r: [r["insurer"]],
    "district": lambda r: [r["division"][:6]],
    "town": lambda r: [r["division"]],
    "sector": lambda r: list(r["tags"]) or [None],
    "month": lambda r: [f"{r['signed_on']:%Y-%m}"],
}


@pytest.mark.parametrize("by", GROUPS)
@pytest.mark.parametrize("period", ["", "2025", "2025-06", "2026Q1"])
async def test_every_figure_equals_a_recount_of_the_documents(
    store: Store, world: World, by: str, period: str
) -> None:
    answer = await services_by(store, CALLERS["auditor"], {"by": by, "period": period}, as_of=None, now=SOON)
    rows = [r for r in standing(world) if _within(r["signed_on"], period)]
    assert answer["total"]["values"] == expected(rows)
    keys = sorted({key for r in rows for key in GROUPS[by](r)}, key=lambda key: (key is None, key or ""))
    assert [group["keys"][by] for group in answer["groups"]] == keys
    for group in answer["groups"]:
        own = [r for r in rows if group["keys"][by] in GROUPS[by](r)]
        assert group["values"] == expected(own)


def _within(day: date, period: str) -> bool:
    spans = {
        "": (date.min, date.max),
        "2025": (date(2025, 1, 1), date(2026, 1, 1)),
        "2025-06": (date(2025, 6, 1), date(2025, 7, 1)),
        "2026Q1": (date(2026, 1, 1), date(2026, 4, 1)),
    }
    return spans[period][0] <= day < spans[period][1]


@pytest.mark.parametrize("state", ["", "owed", "owed_expired", "fulfilled", "unserved", "unplanned"])
async def test_the_list_behind_a_figure_holds_exactly_its_policies(
    store: Store, world: World, state: str
) -> None:
    tests: dict[str, Callable[[dict[str, Any]], bool]] = {
        "": lambda r: True,
        "owed": lambda r: r["owed"] > 0,
        "owed_expired": lambda r: r["owed"] > 0 and r["expired"],
        "fulfilled": lambda r: r["due"] > 0 and r["owed"] == 0,
        "unserved": lambda r: r["services"] == 0,
        "unplanned": lambda r: not r["planned"],
    }
    rows = [r for r in standing(world) if r["division"].startswith("4406") and tests[state](r)]
    assert rows
    seen: list[tuple[Any, ...]] = []
    after = ""
    while True:
        given = {"state": state, "limit": "3", "after": after}
        answer = await service_list(store, CALLERS["city"], given, now=SOON)
        seen += [
            (i["insurer"], i["policy_no"], i["due"], i["items_done"], i["owed"]) for i in answer["items"]
        ]
        after = answer["next"] or ""
        if not after:
            break
    assert sorted(seen) == sorted(
        (r["insurer"], r["policy_no"], r["due"], r["items"], r["owed"]) for r in rows
    )


async def test_figures_and_lists_stop_at_the_territory(store: Store, world: World) -> None:
    rows = standing(world)
    for name, prefix in (
        ("city", "4406"),
        ("nanhai", "440605"),
        ("guicheng", "440605011"),
        ("suzhou", "3413"),
    ):
        own = [r for r in rows if r["division"].startswith(prefix)]
        answer = await services_by(store, CALLERS[name], {"by": "town"}, as_of=None, now=SOON)
        assert answer["total"]["values"] == expected(own)
        listed = await service_list(store, CALLERS[name], {"limit": "1000"}, now=SOON)
        assert {(i["insurer"], i["policy_no"]) for i in listed["items"]} == {
            (r["insurer"], r["policy_no"]) for r in own
        }


async def test_insurers_see_neither_and_the_consultant_no_list(store: Store) -> None:
    with pytest.raises(Forbidden):
        await services_by(store, CALLERS["insurer"], {}, as_of=None, now=SOON)
    with pytest.raises(Forbidden):
        await service_list(store, CALLERS["consultant"], {}, now=SOON)


async def test_a_figure_of_an_instant_stays_when_services_come_later(store: Store, world: World) -> None:
    at = world.now + timedelta(seconds=30)
    before = await services_by(store, CALLERS["city"], {"by": "district"}, as_of=at, now=SOON)
    now = await services_by(store, CALLERS["city"], {"by": "district"}, as_of=None, now=SOON)
    assert before["groups"] == now["groups"]
    world.now = at + timedelta(seconds=30)
    day = date(2026, 10, 1)
    await world.push(
        INSURERS[0], "policy",
        policy(900, town="440605011", signed_on=date(2026, 9, 1), tags=("machinery",), enterprise=3),
    )  # fmt: skip
    await world.push(INSURERS[0], "service_plan", plan(900, "P900", 2, state="submitted", day=day))
    done = service(900, "P900", ["training"], state="completed", day=day, agency="91440605MA0000031F")
    await world.push(INSURERS[0], "service", done)
    again = await services_by(store, CALLERS["city"], {"by": "district"}, as_of=at, now=SOON)
    after = await services_by(store, CALLERS["city"], {"by": "district"}, as_of=None, now=SOON)
    assert again["groups"] == before["groups"]
    assert after["total"]["values"]["owed"] == before["total"]["values"]["owed"] + 1
    assert after["total"]["values"]["policies"] == before["total"]["values"]["policies"] + 1
