"""A database that holds cancelled policies counts their clocks right as soon as it is migrated, and knows the others to come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ajx_gateway.deadlines import ClockFact
from ajx_gateway.identity import system_scope
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clock_endings, clock_lists, clock_sums
from ajx_gateway.store.clock_counting import UNMET
from ajx_gateway.store.clock_lists import Wanted
from ajx_gateway.store.clocks import clock_id
from ajx_gateway.store.database import Store, Transaction

INSURER = "9134130000000000X0"
SIGNED = date(2024, 5, 1)
DUE = datetime(2024, 5, 8, 16, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
SCOPE = system_scope("test")
_CLOCK = (
    "INSERT INTO clock (clock_id, subject_id, subject_kind, subject_key, insurer, clock, jurisdiction, division, start_on,"
    " start_seen_at, start_current, applicable, nominal_on, due, provisional, due_soon_days, met_at, voided) VALUES"
    " ($1, $2, 'policy', $3, $4, 'policy_upload', '341300', '341302001', $5, $6, $5, true, $7, $8, false, 3, $9, false)"
)
_ENDING = (
    "INSERT INTO endorsement (record_id, insurer, key, revised_at, content_hash, version, filing_id, ordinal, recorded_at,"
    " voided, policy_id, policy_no, type, issued_on, effective_on, premium_change) VALUES ($1, $2, $3, $4, '', 1, $1, 0, $4,"
    " $5, $6, $7, $8, $9, $9, 0)"
)
# Policy, when its clock was met, what was endorsed from which day and whether that was voided; the state it must have.
CASES: tuple[tuple[str, datetime | None, tuple[tuple[str, int, bool], ...], str], ...] = (
    ("running", None, (), "overdue"),
    ("cancelled", None, (("cancel", 5, False),), "void"),
    ("too-late", None, (("cancel", 9, False),), "overdue"),
    ("met", DUE - timedelta(days=1), (("cancel", 5, False),), "met"),
    ("met-late", DUE + timedelta(days=1), (("cancel", 5, False),), "void"),
    ("revived", None, (("cancel", 5, False), ("reinstate", 6, False)), "overdue"),
    ("withdrawn", None, (("cancel", 5, True),), "overdue"),
)  # fmt: skip


def identity(number: str) -> Any:
    return clock_id(record_id(INSURER, "policy", number), ClockFact("policy", number, "policy_upload"))


async def stored(tx: Transaction) -> None:
    """What the release before had stored of the cases, and counted ahead."""
    for number, met_at, endings, _ in CASES:
        subject = record_id(INSURER, "policy", number)
        told = (subject, number, INSURER, SIGNED, DUE - timedelta(days=7), SIGNED + timedelta(days=7), DUE)
        await tx.fetch(_CLOCK, identity(number), *told, met_at)
        for type_, day, voided in endings:
            name = f"{type_} {number}"
            own = (record_id(INSURER, "endorsement", name), INSURER, name, NOW, voided)
            for table in ("endorsement", "endorsement_history"):
                told_of = (*own, subject, number, type_, date(2024, 5, day))
                await tx.fetch(_ENDING.replace("endorsement", table), *told_of)
    for state, lag, n in (("open", UNMET, 5), ("met", 7, 1), ("met_late", 9, 1)):
        due = DUE if state == "open" else datetime.min.replace(tzinfo=UTC)
        await tx.fetch(
            "INSERT INTO clock_delta VALUES ('341302001', $1, '2024-05-01', 'policy_upload', $2,"
            " CASE WHEN $2 = 'open' THEN $3::timestamptz ELSE '-infinity' END, $4, $5, $6)",
            INSURER, state, due, 3 if state == "open" else 0, lag, n,
        )  # fmt: skip


async def test_cancelled_clocks_are_counted_right_after_the_migration(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    await migrate_to("0009")
    async with held_store.writing(SCOPE) as tx:
        await stored(tx)
    await migrate_to("0010")
    states = [state for *_, state in CASES]
    for _ in ("pending", "folded"):
        async with held_store.reading(SCOPE) as tx:
            assert await clock_sums.miscounted(tx) == []
            [ahead] = await clock_sums.figures(tx, Wanted(), (), ageing=(), now=NOW)
            [one_by_one] = await clock_lists.counts(tx, Wanted(), (), now=NOW)
        expected = {state: states.count(state) for state in ("overdue", "void", "met", "met_late")}
        assert {state: ahead[state] for state in expected} == expected
        assert {state: one_by_one[state] for state in expected} == expected
        while await clock_sums.fold(held_store):
            pass
    # Filings are of today's release.
    await migrate_to("head")
    await the_rows_are_as_a_filing_would_leave_them(held_store)


async def the_rows_are_as_a_filing_would_leave_them(store: Store) -> None:
    async with store.writing(SCOPE) as tx:
        before = await tx.fetch("SELECT * FROM clock ORDER BY clock_id")
        known = [row["record_id"] for row in await tx.fetch("SELECT record_id FROM endorsement")]
        await clock_endings.settle(tx, INSURER, known)
        assert await tx.fetch("SELECT * FROM clock ORDER BY clock_id") == before
        assert len(before) == len(CASES) + 6 * (len(CASES) - 1) - 6
