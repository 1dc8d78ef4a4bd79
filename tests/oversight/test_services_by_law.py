"""Services that the law of a place counts out: what is due then, whatever the plans say. No text in force does so yet;
an operator's own file may, and this one is made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shelving import ANAN, CALLERS, NOW, Shelf

from ajx_gateway import jurisdictions
from ajx_gateway.oversight.services import service_list, services_by
from ajx_gateway.store.database import Store

# From 2023-06-01 on: two items for everybody, four from 10,000 yuan on, six for hazardous chemicals.
LAW = """
code = "440605"
name = "佛山市南海区"
status = "虚构的测试规定。"

[text.TEST]
title = "虚构的服务项次标准"
number = "虚构〔2023〕1号"
issuer = "虚构"
in_force_from = 2023-06-01
status_note = "虚构。"

[[value]]
name = "service_entitlements"
value = [
    { tags = [], premium_from = "0", items = 2, clause = "虚构〔2023〕1号 一" },
    { tags = [], premium_from = "10000.00", items = 4, clause = "虚构〔2023〕1号 二" },
    { tags = ["hazchem"], premium_from = "0", items = 6, clause = "虚构〔2023〕1号 三" },
]
text = "TEST"
clause = "虚构〔2023〕1号"
valid_from = 2023-06-01
"""
BEFORE, SINCE = date(2023, 5, 31), date(2023, 6, 1)


@pytest.fixture
def made_law(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "440605-test.toml").write_text(LAW, encoding="utf-8")
    monkeypatch.setenv(jurisdictions.OVERLAY_VARIABLE, str(tmp_path))
    jurisdictions.law.cache_clear()
    yield
    monkeypatch.undo()
    jurisdictions.law.cache_clear()


# number, what it says otherwise, items due by the made-up law
CASES: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("P1", {"signed_on": SINCE, "premium_adjusted": Decimal("9999.99")}, 2),
    ("P2", {"signed_on": SINCE, "premium_adjusted": Decimal("10000.00")}, 4),
    # The highest of those that fit.
    ("P3", {"signed_on": SINCE, "premium_adjusted": Decimal("10000.00"), "sector_tags": ["hazchem", "machinery"]}, 6),
    # The law of the day of signing: before it the plan counts, and P4 has one of three items.
    ("P4", {"signed_on": BEFORE, "premium_adjusted": Decimal("50000.00")}, 3),
    # Elsewhere another place's law is none.
    ("P5", {"signed_on": SINCE, "premium_adjusted": Decimal("50000.00"), "division": "440604011"}, 0),
    # A plan that promises more, or less, than the law does not change what the law says.
    ("P6", {"signed_on": SINCE, "premium_adjusted": Decimal("1.00")}, 2),
)  # fmt: skip


async def test_what_the_law_counts_out_is_due_whatever_the_plan_says(
    store: Store, shelf: Shelf, made_law: None
) -> None:
    for number, own, _ in CASES:
        await shelf.put("policy", number, insurer=ANAN, **own)
    for number, promised in (("P4", 3), ("P6", 9)):
        await shelf.put("service_plan", f"N{number}", insurer=ANAN, policy_no=number, planned_count=promised)
    await shelf.put("service", "S1", insurer=ANAN, policy_no="P1", items=["training"])

    listed = await service_list(store, CALLERS["city"], {}, now=NOW)
    told = {item["policy_no"]: (item["due"], item["owed"]) for item in listed["items"]}
    assert told == {
        number: (due, due - 1 if number == "P1" else due)  # one of P1's two was done
        for number, _, due in CASES
    }
    total = (await services_by(store, CALLERS["city"], {}, as_of=None, now=NOW))["total"]["values"]
    assert total["due"] == sum(due for _, _, due in CASES)
    # P5 lies where no law counts services, and has no plan.
    assert (total["fulfilled"], total["unplanned"]) == (1, 1)


async def test_without_such_a_law_the_plans_say_what_is_due(store: Store, shelf: Shelf) -> None:
    for number, own, _ in CASES:
        await shelf.put("policy", number, insurer=ANAN, **own)
    await shelf.put("service_plan", "NP6", insurer=ANAN, policy_no="P6", planned_count=9)
    total = (await services_by(store, CALLERS["city"], {}, as_of=None, now=NOW))["total"]["values"]
    assert (total["due"], total["unplanned"]) == (9, len(CASES) - 1)
