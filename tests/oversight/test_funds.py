"""The fund: floors by the law of the place and day, both ledgers, and every sign, recounted from the documents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest
from prevention_world import INSURERS, NOW, World, entry, invented, policy, service
from shelving import CALLERS

from ajx_gateway.demo.codes import uscc
from ajx_gateway.errors import NotFound
from ajx_gateway.jurisdictions import profile
from ajx_gateway.oversight.aggregates import aggregates_for
from ajx_gateway.oversight.funds import fund_policies, funds_by, sign_counts, sign_list
from ajx_gateway.store.database import Store
from ajx_gateway.store.fund_signs import SIGNS

SOON = NOW + timedelta(hours=1)
ZERO = Decimal(0)


@pytest.fixture(scope="module")
async def world(store: Store) -> World:
    world = await invented(store, seed=23)
    first = INSURERS[0]
    (_, parent), *_ = [pair for pair in world.all("policy") if pair[0] == first.insurer]
    number, town = parent["policy_no"], parent["enterprise"]["division"]
    signed_on = date.fromisoformat(parent["signed_on"])
    day = signed_on + timedelta(days=30)
    paid = service(7001, number, ["training"], state="completed", day=day, agency="91440605MA0000031F")
    cancelled = service(7002, number, ["training"], state="cancelled", day=day, agency="91440605MA0000031F")
    await world.push(first, "service", paid | {"charge_mode": "paid", "cost": "300.00"}, cancelled)
    made = [
        entry(7001, number, "spend", "400.00", town=town, day=day, service_no="S7001"),
        entry(7002, number, "spend", "77.00", town=town, day=day, service_no="S7002"),
        entry(7003, number, "spend", "78.00", town=town, day=day, service_no="S-nobody-knows"),
        entry(
            7004, number, "spend", "79.00", town=town, day=signed_on - timedelta(days=3), service_no="S7001"
        ),
        entry(7005, number, "spend", "80.00", town=town, day=day),
        entry(7006, number, "spend", "80.00", town=town, day=day),
        entry(7007, None, "spend", "3000.00", town=town, day=day),
    ]
    await world.push(first, "fund_entry", *made)
    return world


def spending(world: World, insurer: str, one: dict[str, Any]) -> bool:
    """The side of an entry: a reversal stands on the side of what it reverses."""
    if one["type"] == "reversal":
        origin = world.stand["fund_entry"].get((insurer, one["reverses_entry_no"]))
        if origin is not None:
            return spending(world, insurer, origin)
    return one["type"] == "spend" or (
        one["type"] != "accrual" and bool(one.get("purpose") or one.get("service_no"))
    )


def standing(world: World) -> list[dict[str, Any]]:
    rows = []
    for insurer, found in world.all("policy"):
        entries = world.of_policy("fund_entry", insurer, found["policy_no"])
        signed_on = date.fromisoformat(found["signed_on"])
        place = found["enterprise"]["division"]
        law = profile(place, signed_on)
        ratio, base = law.value("fund_floor_ratio"), law.value("fund_base")
        kept = Decimal(found["premium"]["received"]) - Decimal(found["premium"]["refunded"])
        floor = None
        if ratio is not None and base is not None:
            assert isinstance(ratio.value, Decimal)
            assert base.value == "received"
            floor = (ratio.value * kept).quantize(Decimal("0.01"), ROUND_DOWN)
        accrued = sum((Decimal(e["amount"]) for e in entries if not spending(world, insurer, e)), ZERO)
        spent = sum((Decimal(e["amount"]) for e in entries if spending(world, insurer, e)), ZERO)
        rows.append(
            {
                "insurer": insurer, "policy_no": found["policy_no"], "division": place, "signed_on": signed_on,
                "base": kept if floor is not None else ZERO, "floor": floor, "accrued": accrued, "spent": spent,
                "gap": max((floor or ZERO) - accrued, ZERO),
            }
        )  # fmt: skip
    return rows


def expected(rows: list[dict[str, Any]]) -> dict[str, Any]:
    def money(name: str) -> str:
        return f"{sum((r[name] or ZERO for r in rows), ZERO):.2f}"

    return {
        "policies": len(rows),
        **{name: money(name) for name in ("base", "floor", "accrued", "gap", "spent")},
        "below_floor": sum(r["gap"] > 0 for r in rows),
        "remaining": f"{sum((r['accrued'] - r['spent'] for r in rows), ZERO):.2f}",
        "overspent": sum(r["spent"] > r["accrued"] for r in rows),
        "no_floor": sum(r["floor"] is None for r in rows),
    }


@pytest.mark.parametrize("period", ["", "2025", "2025-08"])
@pytest.mark.parametrize("by", ["insurer", "district", "month"])
async def test_floor_gap_and_spending_equal_a_recount(
    store: Store, world: World, by: str, period: str
) -> None:
    answer = await funds_by(store, CALLERS["auditor"], {"by": by, "period": period}, as_of=None, now=SOON)
    key: Callable[[dict[str, Any]], str] = {
        "insurer": lambda r: r["insurer"], "district": lambda r: r["division"][:6],
        "month": lambda r: f"{r['signed_on']:%Y-%m}",
    }[by]  # fmt: skip
    rows = [r for r in standing(world) if f"{r['signed_on']}".startswith(period)]
    for group, own in (
        (answer["total"], rows),
        *((g, [r for r in rows if key(r) == g["keys"][by]]) for g in answer["groups"]),
    ):
        told = {n: v for n, v in group["values"].items() if not n.endswith("_ratio")}
        assert told == expected(own)
    assert {g["keys"][by] for g in answer["groups"]} == {key(r) for r in rows}
    assert period or any(r["floor"] is not None and r["gap"] > 0 for r in rows)


async def test_a_reversal_stands_on_the_side_of_its_entry_though_that_lies_in_another_territory(
    store: Store, world: World
) -> None:
    """Its own words would make it an accrual; told now from what is counted ahead and in hindsight from the records."""
    other, there, here = INSURERS[1], "440605011", "341302001"
    signed_on, day = date(2026, 2, 2), date(2026, 3, 3)
    for number, town in ((7701, there), (7702, here)):
        await world.push(
            other, "policy", policy(number, town=town, signed_on=signed_on, tags=(), enterprise=77)
        )
    await world.push(other, "fund_entry", entry(7701, "P7701", "spend", "60.00", town=there, day=day))
    undoing = entry(7702, "P7702", "reversal", "-60.00", town=here, day=day) | {"reverses_entry_no": "F7701"}
    await world.push(other, "fund_entry", undoing)
    filters = {"period": "2026-02-02..2026-02-02"}
    entered = {"period": "2026-03-03..2026-03-03", "insurer": other.insurer or ""}
    for as_of in (None, world.now):
        told = {
            basis: (await funds_by(store, CALLERS["suzhou"], asked, as_of=as_of, now=SOON))["total"]["values"]
            for basis, asked in (("policy", filters), ("ledger", entered | {"basis": "ledger"}))
        }
        assert {basis: (each["accrued"], each["spent"]) for basis, each in told.items()} == {
            "policy": ("0.00", "-60.00"),
            "ledger": ("0.00", "-60.00"),
        }, as_of
        found = await aggregates_for(
            store, CALLERS["suzhou"], entered | {"measures": "fund_accrued,fund_spent"}, as_of=as_of, now=SOON
        )
        assert found["total"]["values"] == {"fund_accrued": "0.00", "fund_spent": "-60.00"}, as_of


async def test_the_floor_is_that_of_the_place(store: Store, world: World) -> None:
    found = await fund_policies(store, CALLERS["auditor"], {"limit": "1000"}, now=SOON)
    ratios = {(i["division"][:4], i["floor_ratio"]) for i in found["items"]}
    assert ratios == {("4406", "0.15"), ("3413", "0.12")}


async def test_the_ledger_by_purpose_holds_pooled_spends_too(store: Store, world: World) -> None:
    answer = await funds_by(
        store,
        CALLERS["auditor"],
        {"by": "purpose", "basis": "ledger", "period": "2025"},
        as_of=None,
        now=SOON,
    )
    sides: dict[str | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for insurer, one in world.all("fund_entry"):
        if not one["entered_on"].startswith("2025"):
            continue
        spends = spending(world, insurer, one)
        group = sides[(one.get("purpose") or "unstated") if spends else None]
        group["spent" if spends else "accrued"] += Decimal(one["amount"])
        if spends and "policy_no" not in one:
            group["pooled"] += Decimal(one["amount"])
    told = {
        g["keys"]["purpose"]: {n: Decimal(g["values"][n]) for n in ("accrued", "spent", "pooled")}
        for g in answer["groups"]
    }
    assert told == {p: {n: s[n] for n in ("accrued", "spent", "pooled")} for p, s in sides.items()}
    whole = sum((s["pooled"] for s in sides.values()), ZERO)
    assert answer["total"]["values"]["pooled"] == f"{whole:.2f}"
    assert whole > 0


@pytest.mark.parametrize("state", ["below_floor", "overspent", "unspent"])
async def test_the_policies_behind_the_fund_are_exactly_those(store: Store, world: World, state: str) -> None:
    tests: dict[str, Callable[[dict[str, Any]], bool]] = {
        "below_floor": lambda r: r["gap"] > 0, "overspent": lambda r: r["spent"] > r["accrued"],
        "unspent": lambda r: r["accrued"] > 0 and r["spent"] == 0,
    }  # fmt: skip
    rows = [r for r in standing(world) if r["division"].startswith("4406") and tests[state](r)]
    seen, after = [], ""
    while True:
        given = {"state": state, "limit": "4", "after": after}
        page = await fund_policies(store, CALLERS["city"], given, now=SOON)
        seen += [(i["insurer"], i["policy_no"], i["gap"], i["spent"]) for i in page["items"]]
        if not (after := page["next"] or ""):
            break
    assert rows
    assert sorted(seen) == sorted(
        (r["insurer"], r["policy_no"], f"{r['gap']:.2f}", f"{r['spent']:.2f}") for r in rows
    )


def signs(world: World) -> dict[str, set[tuple[str, str]]]:
    """Which entries carry which sign, told by hand; signs of a policy carry its number."""
    found: dict[str, set[tuple[str, str]]] = {name: set() for name in SIGNS}
    alike = Counter(
        (i, e.get("policy_no"), e.get("purpose"), e["amount"], e["entered_on"], e.get("service_no"))
        for i, e in world.all("fund_entry")
        if e["type"] == "spend"
    )
    by_service: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    spends = [(i, e) for i, e in world.all("fund_entry") if e["type"] == "spend"]
    for insurer, one in spends:
        by_service[insurer, one.get("service_no", "")] += Decimal(one["amount"])
    for insurer, one in spends:
        key, day = (insurer, one["entry_no"]), date.fromisoformat(one["entered_on"])
        served = world.stand["service"].get((insurer, one.get("service_no") or ""))
        parent = world.policy_of(insurer, one)
        tests = {
            "no_service": "policy_no" in one and "service_no" not in one,
            "service_unknown": "service_no" in one and served is None,
            "service_cancelled": served is not None and served["state"] == "cancelled",
            "paid_service": served is not None and served["charge_mode"] == "paid",
            "above_cost": served is not None
            and by_service[insurer, one["service_no"]] > Decimal(served["cost"]),
            "purpose_outside": one.get("purpose") in (None, "other"),
            "before_signing": parent is not None and day < date.fromisoformat(parent["signed_on"]),
            "after_grace": parent is not None
            and day > date.fromisoformat(parent["expires_on"]) + timedelta(days=30),
            "round_sum": Decimal(one["amount"]) % 1000 == 0,
            "repeated": alike[
                insurer, one.get("policy_no"), one.get("purpose"), one["amount"], one["entered_on"],
                one.get("service_no"),
            ] > 1,
        }  # fmt: skip
        for name, holds in tests.items():
            if holds:
                found[name].add(key)
    for row in standing(world):
        own = world.of_policy("fund_entry", row["insurer"], row["policy_no"])
        if row["spent"] > row["accrued"] and any(e["type"] == "spend" for e in own):
            found["above_accrual"].add((row["insurer"], row["policy_no"]))
    return found


@pytest.mark.parametrize(
    "name", sorted(set(SIGNS) - {"above_cap", "concentrated", "reversed_after_inspection"})
)
async def test_each_sign_lists_exactly_what_its_words_say(store: Store, world: World, name: str) -> None:
    page = await sign_list(store, CALLERS["auditor"], name, {"limit": "1000"}, now=SOON)
    told = {(i["insurer"], i["key"]) for i in page["items"]}
    assert told == signs(world)[name]
    assert told or name == "after_grace"
    counted = await sign_counts(store, CALLERS["auditor"], {}, as_of=None, now=SOON)
    [one] = [i for i in counted["items"] if i["name"] == name]
    assert one["count"] == len(page["items"])


async def test_one_agency_that_takes_more_than_half_is_told(store: Store, world: World) -> None:
    page = await sign_list(store, CALLERS["auditor"], "concentrated", {}, now=SOON)
    assert [(i["insurer"], i["key"], i["amount"]) for i in page["items"]] == [
        (INSURERS[0].insurer, "91440605MA0000031F", "556.00")
    ]


async def test_where_no_cap_is_stated_nobody_is_above_it(store: Store, world: World) -> None:
    counted = await sign_counts(store, CALLERS["auditor"], {}, as_of=None, now=SOON)
    [cap] = [i for i in counted["items"] if i["name"] == "above_cap"]
    assert (cap["count"], cap["note"]) == (0, "本地区未作规定")


async def test_signs_of_a_service_that_lies_elsewhere_are_the_same_in_hindsight(
    store: Store, world: World
) -> None:
    """An entry of 宿州 may name a service done under a policy of 南海, or one that only another insurer has."""
    filer, other, here, there = INSURERS[1], INSURERS[0], "341302001", "440605011"
    signed_on, day = date(2026, 4, 2), date(2026, 5, 5)
    for number, town in ((7801, there), (7802, here)):
        await world.push(
            filer, "policy", policy(number, town=town, signed_on=signed_on, tags=(), enterprise=78)
        )
    done = [
        service(number, "P7801", ["training"], state=state, day=day, agency=uscc("440600", number - 6850))
        for number, state in ((7801, "completed"), (7802, "cancelled"), (7803, "completed"))
    ]
    done[0] |= {"charge_mode": "paid", "cost": "300.00"}
    await world.push(filer, "service", *done)
    await world.push(
        other,
        "service",
        service(7804, "P1", ["training"], state="completed", day=day, agency=uscc("440600", 950)),
    )
    await world.push(
        filer,
        "fund_entry",
        *(
            entry(number, "P7802", "spend", "310.00", town=here, day=day, service_no=f"S{number}")
            for number in (7801, 7802, 7803, 7804)
        ),
    )
    asked, before = {"period": "2026-05-05..2026-05-05"}, world.now
    for as_of in (None, before):
        found = await sign_counts(store, CALLERS["suzhou"], asked, as_of=as_of, now=SOON)
        told = {each["name"]: each["count"] for each in found["items"] if each["count"]}
        assert told == {
            "paid_service": 1, "service_cancelled": 1, "service_unknown": 1, "above_cost": 1,
            "above_accrual": 1,
        }, as_of  # fmt: skip
    # What becomes of the service later does not change what was known.
    await world.push(
        filer,
        "service",
        done[2] | {"state": "cancelled", "cancel_reason": "虚构", "revised_at": "2026-06-30T10:00:00+08:00"},
    )
    for as_of, count in ((None, 2), (before, 1)):
        found = await sign_counts(store, CALLERS["suzhou"], asked, as_of=as_of, now=SOON)
        [cancelled] = [each for each in found["items"] if each["name"] == "service_cancelled"]
        assert cancelled["count"] == count, as_of


async def test_a_territory_sees_its_own_entries_only(store: Store, world: World) -> None:
    page = await sign_list(store, CALLERS["nanhai"], "no_service", {"limit": "1000"}, now=SOON)
    assert page["items"]
    assert all(i["division"].startswith("440605") for i in page["items"])
    with pytest.raises(NotFound):
        await sign_list(store, CALLERS["nanhai"], "rumours", {}, now=SOON)
