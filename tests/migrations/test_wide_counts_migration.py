"""What was counted ahead by the release before is read in wider counts as soon as it is migrated."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from held_rows import NOW, held

from ajx_gateway.deadlines import ClockFact, Due
from ajx_gateway.identity import system_scope
from ajx_gateway.store import (
    clock_grains,
    clock_lists,
    clock_sums,
    clocks,
    cover_folding,
    cover_sums,
    coverage,
)
from ajx_gateway.store.clock_counting import CELL
from ajx_gateway.store.clock_lists import Wanted
from ajx_gateway.store.clocks import Settled
from ajx_gateway.store.cover_sums import Kept
from ajx_gateway.store.coverage import Asked
from ajx_gateway.store.database import Store
from ajx_gateway.store.roster_tables import roster_state
from ajx_gateway.store.tables import RECORDS

OWNER = system_scope("test")
START = date(2024, 5, 1)
FILED = datetime(2024, 5, 1, tzinfo=UTC)
# The number of the finest grain in the release before.
WAS_FINEST = 7


def _clock(number: int) -> Settled:
    """Open, due in several months and soon for few days or many; every fifth one met."""
    start = START + timedelta(days=number)
    due = Due(
        start + timedelta(days=9 * number),
        datetime(2024, 5, 8, 16, tzinfo=UTC) + timedelta(days=10 * number),
        False,
    )
    met_at = datetime(2024, 6, 20, tzinfo=UTC) if number % 5 == 0 else None
    fact = ClockFact(
        "policy", f"P{number}", "policy_upload", jurisdiction="341300", start_on=start, applicable=True
    )
    place = ("341302001", "440605011", "440605", "440600")[number % 4]
    return Settled(fact._replace(met_at=met_at), place, due, 40 if number % 7 == 0 else 3, start)


async def test_wide_counts_of_clocks_are_right_after_the_migration_of_folded_ones(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    await migrate_to("0015")
    async with held_store.writing(OWNER) as tx:
        await clocks.settle(tx, "9134130000000000X0", [_clock(number) for number in range(40)], now=FILED)
    while await clock_sums.fold(held_store):
        pass
    async with held_store.writing(OWNER) as tx:
        # As the release before left it: the finest under its own number, others that nobody will read again.
        await tx.fetch("DELETE FROM clock_sum WHERE grain < $1", clock_grains.FINEST)
        await tx.fetch("DELETE FROM clock_sum WHERE grain > $1", clock_grains.FINEST)
        await tx.fetch("UPDATE clock_sum SET grain = $1", WAS_FINEST)
        await tx.fetch(
            f"INSERT INTO clock_sum (grain, {', '.join(CELL)}, n) SELECT 0, '44', '', month, clock, class, due, soon,"
            " lag, sum(n) FROM clock_sum GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
        )
    await migrate_to("0016")
    async with held_store.reading(OWNER) as tx:
        assert await clock_sums.miscounted(tx) == []
        for now in (datetime(2024, 7, 1, tzinfo=UTC) + timedelta(days=days) for days in (0, 20, 31, 200)):
            for by in ((), ("insurer",), ("district",), ("month", "insurer"), ("town",)):
                ahead = await clock_sums.figures(tx, Wanted(), by, ageing=(), now=now)
                one_by_one = await clock_lists.counts(tx, Wanted(), by, now=now)
                told = [{name: row[name] for name in one_by_one[0]} for row in ahead]
                assert sorted(told, key=repr) == sorted(map(dict, one_by_one), key=repr), (now, by)


def _policy(number: int) -> dict[str, Any]:
    return held(
        "policy",
        number,
        enterprise_uscc=f"91440605MA000000{number:02}",
        sector_tags=[],
        signed_on=date(2023, 1, 5),
        effective_on=date(2024, 1, 1) + timedelta(days=7 * number),
        expires_on=date(2025, 1, 1),
    )


def _entry(number: int) -> dict[str, Any]:
    place = ("440605011", "440604001", "440605", "440600", "440103001", "440100")[number % 6]
    return {
        "entry_id": uuid.uuid4(), "version": 1, "uscc": f"91440605MA000000{number:02}", "source": "名录（虚构）",
        "name": "虚构企业", "division": place, "sector_tags": ["machinery", "metallurgy"][: number % 3],
        "effective_from": date(2023, 1, 1), "filing_id": uuid.uuid4(), "recorded_at": NOW, "recorded_by": "x",
    }  # fmt: skip


async def test_wide_sums_of_covers_are_right_after_the_migration_of_folded_ones(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    await migrate_to("0016")
    async with held_store.writing(OWNER) as tx:
        await tx.execute(RECORDS["policy"].insert(), [_policy(number) for number in range(20)])
        await tx.execute(roster_state.insert(), [_entry(number) for number in range(30)])
        await tx.fetch("INSERT INTO cover_change (enterprise_uscc) SELECT uscc FROM roster_state")
    await cover_folding.fold_some(held_store)
    async with held_store.writing(OWNER) as tx:
        await tx.fetch("DELETE FROM cover_sum WHERE level >= 3")
    # The wide grains by 0017; the provinces, and five days of a month together, by 0021.
    await migrate_to("0021")
    async with held_store.writing(OWNER) as tx:
        assert await cover_folding.miscounted(tx) == []
        levels = await tx.fetch("SELECT DISTINCT level FROM cover_sum ORDER BY level")
    assert [row["level"] for row in levels] == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    asked = Asked(date(2024, 2, 20), None, date(2024, 2, 20), floors=(("4406", Decimal(10)),))
    async with held_store.reading(OWNER) as tx:
        exact = await coverage.counts(tx, asked)
        for kept in (Kept(("44", "440605")), Kept(("44", "440605"), 0), Kept(("44",), 4, tagged=False)):
            found = await cover_sums.counts(tx, asked, kept)
            for side in (found.by_law, found.by_place):
                for name in ("enterprises", "insured", "full", "persons", "low"):
                    assert sum(getattr(one, name) for one in side) == sum(
                        getattr(one, name) for one in exact
                    ), name
