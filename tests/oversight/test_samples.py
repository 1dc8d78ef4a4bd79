"""Samples that anybody can draw again, and inspections whose findings become cases."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prevention_world import INSURERS, NOW, World, invented
from shelving import CALLERS

from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import scope_of
from ajx_gateway.oversight import inspections, samples
from ajx_gateway.oversight.inspections import Found, Inspected
from ajx_gateway.oversight.samples import digest, draw, draw_sample
from ajx_gateway.store import samples as sample_rows
from ajx_gateway.store.database import Store
from ajx_gateway.store.samples import Member

SOON = NOW + timedelta(hours=1)
QUARTER = date(2026, 1, 1)


@pytest.fixture(scope="module")
async def world(store: Store) -> World:
    return await invented(store, seed=53, policies=30)


def insured(world: World, prefix: str, on: date = QUARTER) -> dict[str, tuple[str, str]]:
    """Per enterprise in force on the day the stratum of its policy signed last."""
    found: dict[str, tuple[Any, ...]] = {}
    for insurer, policy in world.all("policy"):
        place = policy["enterprise"]["division"]
        if not place.startswith(prefix) or not policy["effective_on"] <= str(on) <= policy["expires_on"]:
            continue
        uscc = policy["enterprise"]["uscc"]
        order = (-date.fromisoformat(policy["signed_on"]).toordinal(), insurer, policy["policy_no"])
        if uscc not in found or order < found[uscc][0]:
            found[uscc] = (order, (insurer, place))
    return {uscc: stratum for uscc, (_, stratum) in found.items()}


async def test_the_population_and_the_draw_are_what_the_words_say(store: Store, world: World) -> None:
    told = await draw_sample(store, CALLERS["city"], "2026Q1", None, "seed-1", now=SOON)
    one = told["sample"]
    expected = insured(world, "4406")
    assert (one["population"], one["ratio"], one["population_on"]) == (len(expected), "0.20", "2026-01-01")
    strata: dict[tuple[str, str], list[str]] = defaultdict(list)
    for uscc, stratum in expected.items():
        strata[stratum].append(uscc)
    drawn = {
        uscc
        for members in strata.values()
        for uscc in sorted(members, key=lambda u: hashlib.sha256(f"seed-1|{u}".encode()).hexdigest())[
            : math.ceil(len(members) * 0.2)
        ]
    }
    page = await samples.sample(store, CALLERS["city"], UUID(one["sample_id"]), {"limit": "1000"}, now=SOON)
    assert {i["enterprise_uscc"] for i in page["items"]} == drawn
    assert one["drawn"] == len(drawn) >= math.ceil(len(expected) * 0.2)
    whole = await samples.sample(
        store, CALLERS["city"], UUID(one["sample_id"]), {"population": "true", "limit": "1000"}, now=SOON
    )
    assert {i["enterprise_uscc"]: (i["insurer"], i["division"]) for i in whole["items"]} == expected


async def test_after_later_corrections_the_same_seed_draws_the_same_list(store: Store, world: World) -> None:
    told = await draw_sample(store, CALLERS["city"], "2026Q1", Decimal("0.35"), "seed-2", now=SOON)
    one = told["sample"]
    world.now = SOON + timedelta(minutes=1)
    mine = [p for i, p in world.all("policy") if i == INSURERS[0].insurer][:6]
    moved = [
        {
            **p,
            "enterprise": {**p["enterprise"], "division": "440608004", "operating_division": "440608004"},
            "revised_at": "2026-11-20T09:00:00+08:00",
        }
        for p in mine
    ]
    await world.push(INSURERS[0], "policy", *moved)
    later = world.now + timedelta(minutes=1)
    identity = UUID(one["sample_id"])
    checked = await samples.check(store, CALLERS["city"], identity, now=later)
    assert (checked["same"], checked["whole"]) == (True, True)
    async with store.reading(scope_of(CALLERS["city"])) as tx:
        then = await sample_rows.population(tx, QUARTER, as_of=SOON)
        today = await sample_rows.population(tx, QUARTER, as_of=None)
        kept = await sample_rows.members(tx, identity, False, None, None, at=later)
    assert digest(then) == one["population_digest"] != digest(today)
    again = {m.enterprise_uscc for m, _, drawn in draw(then, Decimal("0.35"), "seed-2") if drawn}
    assert again == {each["enterprise_uscc"] for each in kept}


async def test_a_sample_that_was_tampered_with_is_told(store: Store, world: World) -> None:
    told = await draw_sample(store, CALLERS["suzhou"], "2026Q2", Decimal("0.5"), "seed-3", now=SOON)
    identity = told["sample"]["sample_id"]
    async with store.engine.begin() as owner:
        await owner.exec_driver_sql(
            f"UPDATE sample_member SET drawn = NOT drawn WHERE sample_id = '{identity}' AND place = 1"
        )
    checked = await samples.check(store, CALLERS["suzhou"], UUID(identity), now=SOON)
    assert checked["same"] is False


async def test_the_laws_share_is_the_least_and_where_there_is_none_it_must_be_stated(
    store: Store, world: World
) -> None:
    with pytest.raises(Unprocessable, match=r"不得低于 0\.20"):
        await draw_sample(store, CALLERS["city"], "2026Q1", Decimal("0.19"), "s", now=SOON)
    with pytest.raises(Unprocessable, match="本地区未作规定"):
        await draw_sample(store, CALLERS["suzhou"], "2026Q1", None, "s", now=SOON)
    told = await draw_sample(store, CALLERS["suzhou"], "2026Q1", Decimal("0.1"), "s", now=SOON)
    assert told["sample"]["law_said"] == "本地区未作规定"
    for name in ("auditor", "operator", "consultant", "insurer"):
        with pytest.raises(Forbidden):
            await draw_sample(store, CALLERS[name], "2026Q1", Decimal("0.2"), "s", now=SOON)


MEMBERS = st.lists(
    st.builds(
        Member,
        enterprise_uscc=st.text("0123456789ABC", min_size=3, max_size=6),
        enterprise_name=st.just("虚构"),
        insurer=st.sampled_from(["a", "b"]),
        division=st.sampled_from(["440605011", "440605121"]),
        policy_no=st.just("P"),
    ),
    unique_by=lambda member: member.enterprise_uscc,
    max_size=60,
)


@given(MEMBERS, st.decimals("0.01", "1", places=2), st.text(min_size=1, max_size=5))
@settings(max_examples=60)
def test_every_stratum_gives_at_least_its_share_and_order_of_arrival_is_nothing(
    members: list[Member], ratio: Decimal, seed: str
) -> None:
    drawn = draw(members, ratio, seed)
    assert drawn == draw(list(reversed(members)), ratio, seed)
    assert digest(members) == digest(list(reversed(members)))
    assert {m for m, _, _ in drawn} == set(members)
    taken = sum(is_drawn for _, _, is_drawn in drawn)
    assert taken >= math.ceil(ratio * len(members))
    for stratum in {(m.insurer, m.division) for m in members}:
        inside = [is_drawn for m, _, is_drawn in drawn if (m.insurer, m.division) == stratum]
        assert sum(inside) == math.ceil(ratio * len(inside))


def inspected(sample_id: UUID | None, member: dict[str, Any], *findings: Found) -> Inspected:
    results = {"fully_insured": ("yes", ""), "service_delivered": ("no", "未见服务记录")}
    return Inspected(
        sample_id, member["insurer"], member["policy_no"], date(2026, 11, 19), results, list(findings)
    )


async def test_an_inspection_counts_for_its_sample_and_raises_its_findings_as_cases(
    store: Store, world: World
) -> None:
    told = await draw_sample(store, CALLERS["city"], "2026Q1", None, "seed-4", now=SOON)
    identity = UUID(told["sample"]["sample_id"])
    page = await samples.sample(
        store, CALLERS["city"], identity, {"population": "true", "limit": "1000"}, now=SOON
    )
    drawn = [i for i in page["items"] if i["drawn"]]
    [other, *_] = [i for i in page["items"] if not i["drawn"]]
    found = Found("service", "服务未开展", "计划内的服务未开展。", "佛应急〔2020〕29号 附件4")
    for name in ("adviser", "city"):
        answer = await inspections.record(
            store, CALLERS[name], inspected(identity, drawn[0], found), now=SOON
        )
        [raised] = answer["inspection"]["findings"]
        assert UUID(raised["case_id"])
    with pytest.raises(Unprocessable, match="不在这次抽样抽中的名单内"):
        await inspections.record(store, CALLERS["city"], inspected(identity, other), now=SOON)
    [first, *_] = (await samples.sample_list(store, CALLERS["city"], {}, now=SOON))["items"]
    done = {i["sample_id"]: (i["inspected"], i["drawn_here"]) for i in
            (await samples.sample_list(store, CALLERS["city"], {}, now=SOON))["items"]}  # fmt: skip
    assert done[str(identity)] == (1, len(drawn))
    assert first["definition" if "definition" in first else "seed"]
    listed = await inspections.inspection_list(store, CALLERS["city"], {"sample": str(identity)}, now=SOON)
    assert [i["recorded_by"] for i in listed["items"]].count("adviser") == 1
    async with store.engine.connect() as owner:
        rows = (await owner.exec_driver_sql("SELECT origin, category, state FROM finding_case")).all()
    assert set(rows) == {("inspection", "service", "open")}


async def test_an_inspection_of_a_foreign_policy_is_an_inspection_of_none(store: Store, world: World) -> None:
    [(insurer, foreign), *_] = [
        (i, p) for i, p in world.all("policy") if p["enterprise"]["division"].startswith("3413")
    ]
    member = {"insurer": insurer, "policy_no": foreign["policy_no"]}
    absent = {"insurer": insurer, "policy_no": "P-nobody"}
    words = []
    for each in (member, absent):
        with pytest.raises(NotFound) as refusal:
            await inspections.record(store, CALLERS["nanhai"], inspected(None, each), now=SOON)
        words.append(refusal.value.detail)
    assert words[0] == words[1]
    answer = await inspections.record(store, CALLERS["suzhou"], inspected(None, member), now=SOON)
    assert answer["inspection"]["policy_no"] == foreign["policy_no"]
    mine = await inspections.inspection_list(store, CALLERS["nanhai"], {}, now=SOON)
    assert all(i["division"].startswith("440605") for i in mine["items"])
    with pytest.raises(Forbidden):
        await inspections.record(store, CALLERS["auditor"], inspected(None, member), now=SOON)


async def test_a_sample_is_seen_by_its_districts_with_their_own_members_and_by_nobody_else(
    store: Store, world: World
) -> None:
    told = await draw_sample(store, CALLERS["city"], "2026Q1", None, "seed-5", now=SOON)
    identity = UUID(told["sample"]["sample_id"])
    mine = await samples.sample(store, CALLERS["nanhai"], identity, {"population": "true"}, now=SOON)
    assert {i["enterprise_uscc"] for i in mine["items"]} == {
        uscc for uscc, (_, place) in insured(world, "4406").items() if place.startswith("440605")
    }
    assert (await samples.check(store, CALLERS["nanhai"], identity, now=SOON))["whole"] is False
    words = set()
    for one in (identity, UUID(int=5)):
        with pytest.raises(NotFound) as refusal:
            await samples.sample(store, CALLERS["suzhou"], one, {}, now=SOON)
        words.add(refusal.value.detail)
    assert len(words) == 1
