"""The sheet of subsidies: ratio, cap with reasons above it, the city's share; nothing is invented where no law says so."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from prevention_world import INSURERS, NOW, World, policy
from shelving import CALLERS

from ajx_gateway.oversight.subsidies import subsidies_by, subsidy_list
from ajx_gateway.store.database import Store

SOON = NOW + timedelta(hours=1)
CENT = Decimal("0.01")
# number, town, share of the premium, reason
CASES = (
    (1, "440605011", "0.30", None), (2, "440605011", "0.31", "区级重点扶持（虚构）"), (3, "440608004", "0.50", None),
    (4, "341302001", "0.90", None), (5, "440605121", "0", None), (6, "440608004", "0.10", None),
)  # fmt: skip


@pytest.fixture(scope="module")
async def world(store: Store) -> World:
    world = World(store)
    made = []
    for number, town, share, reason in CASES:
        one = policy(
            number, town=town, signed_on=date(2026, 2, number), tags=("machinery",), enterprise=number
        )
        amount = (Decimal(one["premium"]["adjusted"]) * Decimal(share)).quantize(CENT)
        one["subsidy"] = {"amount": f"{amount:.2f}", "source": "示例补贴（虚构）"}
        if reason:
            one["subsidy"]["reason"] = reason
        if not amount:
            del one["subsidy"]
        made.append(one)
    await world.push(INSURERS[0], "policy", *made)
    return world


def expected(rows: list[dict[str, Any]], cap: Decimal | None) -> dict[str, Any]:
    paid = [
        (Decimal(r["subsidy"]["amount"]), Decimal(r["premium"]["adjusted"])) for r in rows if "subsidy" in r
    ]
    subsidy, premium = (sum((pair[n] for pair in paid), Decimal(0)) for n in (0, 1))
    excess = sum((max(s - cap * p, Decimal(0)) for s, p in paid), Decimal(0)) if cap else Decimal(0)
    match = subsidy * Decimal("0.20") if cap else Decimal(0)
    ratio = (subsidy / premium).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return {
        "subsidised": len(paid),
        "subsidy": f"{subsidy:.2f}",
        "premium": f"{premium:.2f}",
        "above_cap": sum(s > cap * p for s, p in paid) if cap else 0,
        "excess": str(excess.quantize(CENT, ROUND_HALF_UP)),
        "city_match": str(match.quantize(CENT, ROUND_HALF_UP)),
        "no_law": 0 if cap else len(paid),
        "subsidy_ratio": str(ratio),
    }


async def test_each_districts_sheet_equals_a_recount(store: Store, world: World) -> None:
    answer = await subsidies_by(store, CALLERS["auditor"], {"period": "2026Q1"}, as_of=None, now=SOON)
    told = {g["keys"]["district"]: g["values"] for g in answer["groups"]}
    rows = [p for _, p in world.all("policy")]
    for district, cap in (("440605", Decimal("0.30")), ("440608", Decimal("0.30")), ("341302", None)):
        own = [p for p in rows if p["enterprise"]["division"].startswith(district)]
        assert told.pop(district) == expected(own, cap)
    assert told == {}
    assert any("本地区未作规定" in note for note in answer["notes"])


async def test_what_is_above_the_cap_comes_with_the_reason_that_was_filed(store: Store, world: World) -> None:
    page = await subsidy_list(store, CALLERS["city"], {"state": "above_cap"}, now=SOON)
    told = {i["policy_no"]: (i["subsidy_ratio"], i["reason"]) for i in page["items"]}
    assert told == {"P2": ("0.3100", "区级重点扶持（虚构）"), "P3": ("0.5000", None)}
    assert (await subsidy_list(store, CALLERS["suzhou"], {"state": "above_cap"}, now=SOON))["items"] == []


async def test_where_no_law_speaks_of_subsidies_the_list_says_so(store: Store, world: World) -> None:
    page = await subsidy_list(store, CALLERS["suzhou"], {}, now=SOON)
    assert [(i["policy_no"], i["cap_ratio"], i["cap_said"]) for i in page["items"]] == [
        ("P4", None, "本地区未作规定")
    ]
    own = await subsidy_list(store, CALLERS["city"], {"limit": "1"}, now=SOON)
    assert [i["policy_no"] for i in own["items"]] == ["P6"]
    rest = await subsidy_list(store, CALLERS["city"], {"limit": "1", "after": own["next"]}, now=SOON)
    assert [i["policy_no"] for i in rest["items"]] == ["P3"]
