"""A database that already holds a roster has the right covers as soon as it is migrated, and after they are folded."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

from held_rows import NOW, held

from ajx_gateway.identity import system_scope
from ajx_gateway.store import cover_folding, cover_sums
from ajx_gateway.store.coverage import Asked, Counted
from ajx_gateway.store.database import Store
from ajx_gateway.store.roster_tables import roster_state
from ajx_gateway.store.tables import RECORDS

OWNER = system_scope("test")


def _policy(number: int) -> dict[str, Any]:
    return held(
        "policy",
        number,
        voided=number == 0,
        enterprise_uscc=f"91440605MA0000000{number}",
        sector_tags=[],
        signed_on=date(2023, 1, 5),
        effective_on=date(2024, 1, 1),
        expires_on=date(2025, 1, 1),
    )


def _entry(number: int) -> dict[str, Any]:
    return {
        "entry_id": uuid.uuid4(), "version": 1, "uscc": f"91440605MA0000000{number}", "source": "名录（虚构）",
        "name": "虚构企业", "division": "440605011", "sector_tags": ["machinery"], "effective_from": date(2023, 1, 1),
        "filing_id": uuid.uuid4(), "recorded_at": NOW, "recorded_by": "x",
    }  # fmt: skip


async def test_covers_are_right_after_the_migration_of_a_database_with_a_roster(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    await migrate_to("0010")
    async with held_store.writing(OWNER) as tx:
        await tx.execute(RECORDS["policy"].insert(), [_policy(number) for number in range(4)])
        await tx.execute(roster_state.insert(), [_entry(number) for number in range(6)])
    await migrate_to("0011")
    asked = Asked(date(2024, 6, 1), None, date(2024, 6, 1), floors=(("44", Decimal(10)),))
    for noted in (6, 0):
        async with held_store.reading(OWNER) as tx:
            who = await cover_sums.anew(tx, asked)
            assert who is not None
            assert len(who.noted) == noted
            assert (await cover_sums.counts(tx, asked)).by_law == [
                Counted(("440605011",), frozenset({"machinery"}), 6, 3, 0, 3, 0, 9, 9, 3)
            ]
        await cover_folding.fold_some(held_store)
    async with held_store.writing(OWNER) as tx:
        assert await cover_folding.miscounted(tx) == []
