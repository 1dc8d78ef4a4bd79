"""Warnings of what was filed become findings once, whoever pushes meanwhile and whenever the worker is killed."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ajx_gateway.identity import Caller, system_scope
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.voiding import void
from ajx_gateway.oversight import case_collecting, case_judging
from ajx_gateway.standard import CURRENT, KINDS
from ajx_gateway.store import cases
from ajx_gateway.store.database import Store

Make = Callable[..., dict[str, Any]]
Push = Callable[..., Any]
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
# The two that these tests play with; the sample has warnings of its own.
RULES = SIZE, STAFF = "policy.size_missing", "policy.staff_zero"


def flawed(make: Make, number: str, at: str = "2026-11-18T09:00:00+08:00", **own: Any) -> dict[str, Any]:
    """A policy without the enterprise's size: a warning that is on the list."""
    return make("policy", policy_no=number, revised_at=at, **{"enterprise.size": None, **own})


async def stored(store: Store, insurer: Caller) -> dict[tuple[str, str], dict[str, Any]]:
    """The cases of one insurer by key and rule."""
    async with store.reading(system_scope("look at the cases")) as tx:
        rows = await tx.fetch(
            "SELECT * FROM finding_case WHERE insurer = $1 AND rule = ANY($2)", insurer.insurer, list(RULES)
        )
    return {(row["subject_key"], row["rule"]): dict(row) for row in rows}


async def steps(store: Store, insurer: Caller) -> list[str]:
    async with store.reading(system_scope("look at the trail")) as tx:
        rows = await tx.fetch(
            "SELECT s.step FROM finding_step s JOIN finding_case c USING (case_id)"
            " WHERE c.insurer = $1 AND c.rule = ANY($2) ORDER BY case_id, seq",
            insurer.insurer,
            list(RULES),
        )
    return [row["step"] for row in rows]


async def told(store: Store, insurer: Caller) -> list[str]:
    async with store.reading(system_scope("look at the feed")) as tx:
        rows = await tx.fetch(
            "SELECT type FROM event WHERE insurer = $1 AND starts_with(type, 'finding')"
            " AND payload->>'rule' = ANY($2) ORDER BY xid, seq",
            insurer.insurer,
            list(RULES),
        )
    return [row["type"] for row in rows]


async def collect(store: Store) -> int:
    return await case_judging.collect(store, NOW)


async def test_a_listed_warning_becomes_a_case_with_its_clause_and_other_findings_do_not(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    answer = await push("policy", flawed(make, "P1"))
    warned = {f["rule"] for f in answer["items"][0]["findings"] if f["severity"] == "warning"}
    assert SIZE in warned
    answer = await push("service", make("service", service_no="S1", policy_no="NOT-FILED-YET"))
    assert "service.policy_unknown" in {f["rule"] for f in answer["items"][0]["findings"]}
    await collect(store)
    case = (await stored(store, insurer))["P1", SIZE]
    assert (case["state"], case["category"], case["origin"], case["version"]) == ("open", "data", "rule", 1)
    assert (case["title"], case["happened_on"].isoformat()) == ("缺少企业规模", "2026-11-20")
    assert "第2项" in case["clause"]
    assert case["jurisdiction"] == case["division"][:4] + "00"
    said = (str(insurer.insurer), "policy", "P1", SIZE, case["pointer"])
    assert case_collecting.case_id_of(*said) == UUID(bytes=case["case_id"].bytes)
    async with store.reading(system_scope("look at the other rules")) as tx:
        rows = await tx.fetch("SELECT 1 FROM finding_case WHERE rule LIKE '%policy_unknown'")
    assert rows == []


async def test_twice_is_once(store: Store, push: Push, make: Make, insurer: Caller) -> None:
    await push("policy", flawed(make, "P1"), flawed(make, "P2"))
    assert await collect(store) >= 1
    before = await stored(store, insurer)
    assert await collect(store) == 0
    await push("policy", flawed(make, "P1"))  # unchanged: judged again, no new state
    await collect(store)
    assert await stored(store, insurer) == before
    assert await told(store, insurer) == ["finding.raised"] * 2


async def test_a_correction_clears_the_case_and_its_return_opens_it_again(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", flawed(make, "P1"))
    await collect(store)
    sound = make("policy", policy_no="P1", revised_at="2026-11-18T10:00:00+08:00")
    await push("policy", sound)
    await collect(store)
    case = (await stored(store, insurer))["P1", SIZE]
    assert (case["state"], case["version"]) == ("cleared", 2)
    await push("policy", flawed(make, "P1", "2026-11-18T11:00:00+08:00"))
    await collect(store)
    case = (await stored(store, insurer))["P1", SIZE]
    assert (case["state"], case["version"]) == ("open", 3)
    assert await steps(store, insurer) == ["raised", "cleared", "raised"]
    assert await told(store, insurer) == ["finding.raised", "finding.cleared", "finding.raised"]


async def test_a_void_clears_and_a_late_old_state_changes_nothing(
    store: Store, push: Push, make: Make, insurer: Caller, desk: Desk
) -> None:
    await push("policy", flawed(make, "P1"))
    await collect(store)
    body = json.dumps({"reason": "误报", "revised_at": "2026-11-19T09:00:00+08:00"}).encode()
    await void(desk, insurer, KINDS["policy"], "P1", body, key="void-1", version=CURRENT, now=NOW)
    await collect(store)
    assert (await stored(store, insurer))["P1", SIZE]["state"] == "cleared"
    answer = await push("policy", flawed(make, "P1", "2026-11-17T09:00:00+08:00"))
    assert answer["items"][0]["result"] == "stale"
    await collect(store)
    assert (await stored(store, insurer))["P1", SIZE]["state"] == "cleared"


async def test_what_was_decided_is_neither_cleared_nor_raised_again(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", flawed(make, "P1"), flawed(make, "P2"))
    await collect(store)
    found = await stored(store, insurer)
    async with store.writing(system_scope("decide as the authorities would")) as tx:
        for key, state in (("P1", "upheld"), ("P2", "dismissed")):
            case_id = UUID(bytes=found[key, SIZE]["case_id"].bytes)
            await cases.change(tx, case_id, state=state, decision=state, decided_at=NOW)
    later = "2026-11-18T10:00:00+08:00"
    await push("policy", make("policy", policy_no="P1", revised_at=later), flawed(make, "P2", later))
    await collect(store)
    after = await stored(store, insurer)
    assert (after["P1", SIZE]["state"], after["P2", SIZE]["state"]) == ("upheld", "dismissed")
    assert len(await told(store, insurer)) == 2


async def test_what_was_corrected_before_it_was_read_never_becomes_a_case(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    await push("policy", flawed(make, "P1"))
    await push("policy", make("policy", policy_no="P1", revised_at="2026-11-18T10:00:00+08:00"))
    await collect(store)
    assert await stored(store, insurer) == {}


async def test_the_pages_of_a_long_feed_lose_nothing(
    store: Store, push: Push, make: Make, insurer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ajx_gateway.store import case_collecting as shelf

    monkeypatch.setattr(shelf, "_FILINGS", 3)
    monkeypatch.setattr(shelf, "_ITEMS", 4)
    for batch in range(6):
        await push("policy", *(flawed(make, f"P{batch}-{n}") for n in range(3)))
    await collect(store)
    assert {key for key, _ in await stored(store, insurer)} == {
        f"P{b}-{n}" for b in range(6) for n in range(3)
    }


async def _storm(push: Push, make: Make, rounds: Iterable[int], flaws: dict[str, set[str]]) -> None:
    """Eight writers; each corrects and spoils its own records again and again, two rules at a time."""

    async def writer(number: int) -> None:
        for turn in rounds:
            documents = []
            for n in range(3):
                key, at = f"W{number}-{n}", f"2026-11-18T{turn // 60 + 1:02d}:{turn % 60:02d}:00+08:00"
                rules = {rule for rule, every in ((SIZE, 2), (STAFF, 3)) if (turn + number + n) % every == 0}
                own: dict[str, Any] = {"enterprise.employee_count": 0} if STAFF in rules else {}
                document = make("policy", policy_no=key, revised_at=at, **own)
                if SIZE in rules:
                    document["enterprise"].pop("size")
                documents.append(document)
                flaws[key] = rules
            answer = await push("policy", *documents, key=f"storm-{number}-{turn}")
            assert {item["result"] for item in answer["items"]} <= {"created", "updated"}

    await asyncio.gather(*(writer(number) for number in range(8)))


def _open(found: dict[tuple[str, str], dict[str, Any]]) -> dict[str, set[str]]:
    """The rules of the open cases by key."""
    shown: dict[str, set[str]] = {}
    for (key, rule), case in found.items():
        if case["state"] == "open":
            shown.setdefault(key, set()).add(rule)
    return shown


async def test_under_concurrent_pushes_the_open_cases_are_those_of_the_newest_states(
    store: Store, push: Push, make: Make, insurer: Caller
) -> None:
    flaws: dict[str, set[str]] = {}
    # Between the last rounds of the two storms every record has changed what it shows.
    for rounds in (range(12), range(12, 25)):
        storm = asyncio.create_task(_storm(push, make, rounds, flaws))
        while not storm.done():
            # Two workers: one reads, the other does nothing.
            await asyncio.gather(collect(store), collect(store))
        await storm
        await collect(store)
        found = await stored(store, insurer)
        assert _open(found) == {key: rules for key, rules in flaws.items() if rules}
    assert any(case["state"] == "cleared" for case in found.values())
    trail = await steps(store, insurer)
    feed = await told(store, insurer)
    assert trail.count("raised") == feed.count("finding.raised")
    assert trail.count("cleared") == feed.count("finding.cleared")


_WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from ajx_gateway.oversight import case_collecting
from ajx_gateway.store.database import Store

async def main():
    store = Store(sys.argv[1], data_key=b"k" * 32, pool_size=2)
    print("ready", flush=True)
    while True:
        await case_judging.collect(store, datetime(2026, 11, 20, 3, tzinfo=UTC))

asyncio.run(main())
"""


async def test_a_worker_killed_again_and_again_loses_nothing_and_raises_nothing_twice(
    store: Store, push: Push, make: Make, insurer: Caller, database_url: str, tmp_path: Path
) -> None:
    flaws: dict[str, set[str]] = {}
    script = tmp_path / "worker.py"
    script.write_text(_WORKER, encoding="utf-8")
    storm = asyncio.create_task(_storm(push, make, range(10), flaws))
    killed = 0
    while killed < 4:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, str(script), database_url, stdout=asyncio.subprocess.PIPE
        )
        assert worker.stdout is not None
        await worker.stdout.readline()
        # It is at work as soon as it is ready; killed after one more push was stored, or when all are.
        before = len(flaws)
        while len(flaws) == before and not storm.done():
            await asyncio.wait({storm}, timeout=0.05)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
        killed += 1
    await storm
    await collect(store)
    found = await stored(store, insurer)
    assert _open(found) == {key: rules for key, rules in flaws.items() if rules}
    raised = (await told(store, insurer)).count("finding.raised")
    assert raised == (await steps(store, insurer)).count("raised")
