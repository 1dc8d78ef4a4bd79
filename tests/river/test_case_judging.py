"""A finding that compares two records follows both, whichever came first or was corrected last."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from ajx_gateway.identity import Caller, system_scope
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.voiding import void
from ajx_gateway.oversight import case_judging
from ajx_gateway.standard import CURRENT, KINDS
from ajx_gateway.store import cases
from ajx_gateway.store.database import Store

Make = Callable[..., dict[str, Any]]
Push = Callable[..., Any]
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
FIRST, SECOND, THIRD = (f"2026-11-18T{hour:02d}:00:00+08:00" for hour in (9, 10, 11))
PERIOD = {"effective_on": "2024-01-01", "expires_on": "2024-12-31", "signed_on": "2023-12-20"}


async def collect(store: Store, *, later: timedelta = timedelta()) -> int:
    return await case_judging.collect(store, NOW + later)


async def state(store: Store, insurer: Caller, rule: str, key: str) -> str | None:
    """How the case about this record and rule stands; None when there is none."""
    row = await case(store, insurer, rule, key)
    return None if row is None else row["state"]


async def case(store: Store, insurer: Caller, rule: str, key: str) -> dict[str, Any] | None:
    async with store.reading(system_scope("look at the cases")) as tx:
        rows = await tx.fetch(
            "SELECT * FROM finding_case WHERE insurer = $1 AND rule = $2 AND subject_key = $3",
            insurer.insurer,
            rule,
            key,
        )
    return dict(rows[0]) if rows else None


async def steps(store: Store, found: dict[str, Any] | None) -> list[str]:
    assert found is not None
    async with store.reading(system_scope("look at the trail")) as tx:
        rows = await tx.fetch(
            "SELECT step FROM finding_step WHERE case_id = $1 ORDER BY seq", found["case_id"]
        )
    return [row["step"] for row in rows]


async def waiting(store: Store, insurer: Caller, kind: str) -> int:
    async with store.reading(system_scope("look at what waits")) as tx:
        rows = await tx.fetch(
            "SELECT count(*) AS n FROM finding_again WHERE insurer = $1 AND kind = $2", insurer.insurer, kind
        )
    return int(rows[0]["n"])


OUTSIDE = "claim.outside_period"


def late_claim(make: Make, at: str = FIRST) -> dict[str, Any]:
    """A claim of 2026 for a policy of 2024."""
    return make("claim", claim_no="C1", policy_no="P1", revised_at=at)


async def test_a_policy_that_comes_or_is_corrected_later_opens_and_clears_the_findings_of_its_claims(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("claim", late_claim(make))
    await collect(store)
    assert await state(store, insurer, OUTSIDE, "C1") is None
    await push("policy", make("policy", policy_no="P1", revised_at=FIRST, **PERIOD))
    await collect(store)
    assert await state(store, insurer, OUTSIDE, "C1") == "open"
    await push("policy", make("policy", policy_no="P1", revised_at=SECOND))
    await collect(store)
    found = await case(store, insurer, OUTSIDE, "C1")
    assert (await steps(store, found), found and found["state"]) == (["raised", "cleared"], "cleared")
    await push("policy", make("policy", policy_no="P1", revised_at=THIRD, **PERIOD))
    await collect(store)
    assert await state(store, insurer, OUTSIDE, "C1") == "open"
    assert await collect(store) == 0
    assert await waiting(store, insurer, "claim") == 0


async def test_the_plan_a_service_names_decides_whether_it_is_the_plan_of_another_policy(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    rule = "service.plan_of_other_policy"
    await push("policy", make("policy", policy_no="P1"), make("policy", policy_no="P2"))
    await push("service", make("service", service_no="S1", policy_no="P1", plan_no="J1"))
    await collect(store)
    await push("service_plan", make("service_plan", plan_no="J1", policy_no="P2", revised_at=FIRST))
    await collect(store)
    assert await state(store, insurer, rule, "S1") == "open"
    await push("service_plan", make("service_plan", plan_no="J1", policy_no="P1", revised_at=SECOND))
    await collect(store)
    assert await state(store, insurer, rule, "S1") == "cleared"


async def test_a_service_that_is_cancelled_later_makes_its_spending_a_finding_until_it_is_revived(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    rule, spend = "fund_entry.service_cancelled", {"type": "spend", "amount": "10.00", "service_no": "S1"}
    await push("policy", make("policy", policy_no="P1"))
    await push("service", make("service", service_no="S1", policy_no="P1", revised_at=FIRST))
    await push("fund_entry", make("fund_entry", entry_no="E1", policy_no="P1", **spend))
    await collect(store)
    assert await state(store, insurer, rule, "E1") is None
    left_out = (
        "insurer_confirmed_on",
        "insured_confirmed_on",
        "insured_confirmer",
        "revisit",
        "report_sha256",
    )
    cancelled = make(
        "service", service_no="S1", policy_no="P1", revised_at=SECOND, state="cancelled", cost="0.00"
    )
    cancelled["cancel_reason"] = "投保单位停产"
    cancelled = {name: value for name, value in cancelled.items() if name not in left_out}
    answer = await push("service", cancelled)
    assert answer["items"][0]["result"] == "updated", answer["items"][0]["findings"]
    await collect(store)
    assert await state(store, insurer, rule, "E1") == "open"
    await push("service", make("service", service_no="S1", policy_no="P1", revised_at=THIRD))
    await collect(store)
    assert await state(store, insurer, rule, "E1") == "cleared"


async def test_evidence_shown_again_by_another_insurer_is_a_finding_of_both(
    store: Store, push: Push, make: Make, insurer: Caller, other: Caller
) -> None:
    rule = "service.evidence_reused_elsewhere"
    for caller in (insurer, other):
        await push("policy", make("policy", policy_no="P1"), as_=caller)
    shown = {"evidence": [{**make("service")["evidence"][0], "sha256": "e1" * 32}]}
    await push("service", make("service", service_no="MINE", policy_no="P1", **shown))
    await collect(store)
    assert await state(store, insurer, rule, "MINE") is None
    await push("service", make("service", service_no="THEIRS", policy_no="P1", **shown), as_=other)
    await collect(store)
    assert await state(store, insurer, rule, "MINE") == "open"
    assert await state(store, other, rule, "THEIRS") == "open"


async def test_what_a_record_says_by_itself_becomes_a_case_when_its_policy_tells_the_place(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    rule = "hazard.deadline_missing"
    left_out = ("deadline_on", "rectified_on", "reviewed_on", "review_result", "service_no")
    open_ended = make("hazard", hazard_no="H1", policy_no="P1", state="notified")
    open_ended = {name: value for name, value in open_ended.items() if name not in left_out}
    answer = await push("hazard", open_ended)
    assert rule in {finding["rule"] for finding in answer["items"][0]["findings"]}, answer
    await collect(store)
    assert await state(store, insurer, rule, "H1") is None
    await push("policy", make("policy", policy_no="P1"))
    await collect(store)
    assert await state(store, insurer, rule, "H1") == "open"


async def test_a_voided_policy_no_longer_insures_twice(
    store: Store, push: Push, make: Make, insurer: Caller, desk: Desk
) -> None:
    rule, own = "policy.double_insurance_own", {"enterprise.uscc": "91440605MA0000015R"}
    await push("policy", make("policy", policy_no="P1", revised_at=FIRST, **own))
    await collect(store)
    await push("policy", make("policy", policy_no="P2", revised_at=FIRST, **own))
    await collect(store)
    assert [await state(store, insurer, rule, key) for key in ("P1", "P2")] == ["open", "open"]
    body = json.dumps({"reason": "重复录入", "revised_at": SECOND}).encode()
    await void(desk, insurer, KINDS["policy"], "P2", body, key="void-2", version=CURRENT, now=NOW)
    await collect(store)
    assert [await state(store, insurer, rule, key) for key in ("P1", "P2")] == ["cleared", "cleared"]


async def test_figures_of_a_report_are_counted_again_ten_minutes_after_its_records_changed(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    rule = "annual_report.figures_differ"
    figures = {"policies": 1, "services": 0, "hazards_general": 0, "hazards_major": 0, "hazards_rectified": 0}
    money = {"fund_accrued": "0.00", "fund_spent": "0.00"}
    await push("annual_report", make("annual_report", report_no="R1", **figures, **money))
    await collect(store)
    assert await state(store, insurer, rule, "R1") == "open"
    answer = await push("policy", make("policy", policy_no="P1"))
    assert answer["items"][0]["result"] == "created", answer["items"][0]["findings"]
    await collect(store)
    assert await state(store, insurer, rule, "R1") == "open"
    await collect(store, later=timedelta(minutes=10))
    assert await state(store, insurer, rule, "R1") == "cleared"


async def test_a_claim_that_was_judged_before_its_policy_and_committed_after_it_was_read_is_judged_again(
    store: Store, push: Push, make: Make, insurer: Caller, database_url: str
) -> None:
    owner = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    gate = owner.transaction()
    await gate.start()
    # The claim is judged, and then waits to be written.
    await owner.execute("LOCK TABLE claim IN SHARE MODE")
    claim = asyncio.create_task(push("claim", late_claim(make)))
    while not await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        await asyncio.wait({claim}, timeout=0.05)
    await push("policy", make("policy", policy_no="P1", revised_at=FIRST, **PERIOD))
    await collect(store)
    await gate.rollback()
    await owner.close()
    answer = await claim
    assert "claim.policy_unknown" in {finding["rule"] for finding in answer["items"][0]["findings"]}
    await collect(store)
    assert await state(store, insurer, OUTSIDE, "C1") == "open"


async def test_only_so_many_records_are_judged_at_a_time_and_the_rest_keep_their_turn(
    store: Store, push: Push, make: Make, insurer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_judging, "_PORTION", 2)
    await push("claim", *({**late_claim(make), "claim_no": f"C{n}"} for n in range(5)))
    await push("policy", make("policy", policy_no="P1", revised_at=FIRST, **PERIOD))
    await case_judging.collect(store, NOW, portions=1)
    assert await waiting(store, insurer, "claim") >= 3
    await collect(store)
    assert await waiting(store, insurer, "claim") == 0
    assert {await state(store, insurer, OUTSIDE, f"C{n}") for n in range(5)} == {"open"}


async def test_a_warning_that_no_place_follows_is_not_judged_again_when_its_record_comes_again(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    earlier = {"effective_on": "2022-01-01", "expires_on": "2022-12-31", "signed_on": "2021-12-20"}
    unfollowed, followed = make("policy", policy_no="P1", **PERIOD), make("policy", policy_no="P2", **earlier)
    for policy in (unfollowed, followed):
        policy["enterprise"]["employee_count_on"] = policy["premium"]["received_on"] = "2021-12-01"
    del followed["enterprise"]["size"]
    await push("policy", unfollowed, followed)
    await collect(store)
    answer = await push("policy", unfollowed, followed)
    assert [item["result"] for item in answer["items"]] == ["unchanged", "unchanged"]
    told = [{finding["rule"] for finding in item["findings"]} for item in answer["items"]]
    assert "policy.filed_late" in told[0]
    assert "policy.size_missing" in told[1] - told[0]
    await case_judging.collect(store, NOW, portions=0)
    assert await waiting(store, insurer, "policy") == 1


async def test_what_was_pushed_after_the_last_look_is_not_judged_twice(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", make("policy", policy_no="P1"))
    await collect(store)
    await push("policy", make("policy", policy_no="P2", **PERIOD))
    await case_judging.collect(store, NOW, portions=0)
    assert await waiting(store, insurer, "policy") == 0


async def test_a_correction_while_a_second_opinion_is_awaited_is_noted_and_decides_nothing(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("claim", late_claim(make))
    await push("policy", make("policy", policy_no="P1", revised_at=FIRST, **PERIOD))
    await collect(store)
    found = await case(store, insurer, OUTSIDE, "C1")
    assert found is not None
    async with store.writing(system_scope("state as an authority would")) as tx:
        await cases.change(tx, UUID(bytes=found["case_id"].bytes), state="proposed")
    await push("policy", make("policy", policy_no="P1", revised_at=SECOND))
    await collect(store)
    found = await case(store, insurer, OUTSIDE, "C1")
    assert found is not None
    assert (found["state"], found["corrected_in"]) == ("proposed", 1)
    assert await steps(store, found) == ["raised", "corrected"]
    await push("policy", make("policy", policy_no="P1", revised_at=THIRD, **PERIOD))
    await collect(store)
    found = await case(store, insurer, OUTSIDE, "C1")
    assert found is not None
    assert (found["state"], found["corrected_in"]) == ("proposed", None)
    assert await steps(store, found) == ["raised", "corrected", "recurred"]
