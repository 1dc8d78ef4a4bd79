"""A database that already holds a roster has the right covers as soon as it is migrated, and after they are folded."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from ajx_gateway.identity import system_scope
from ajx_gateway.store import cover_folding, cover_sums
from ajx_gateway.store.coverage import Asked, Counted
from ajx_gateway.store.database import Store
from ajx_gateway.store.roster_tables import roster_state
from ajx_gateway.store.tables import RECORDS

MIGRATIONS = Path(__file__).parents[2] / "migrations"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OWNER = system_scope("test")


def _policy(number: int) -> dict[str, Any]:
    some: dict[type, Any] = {sa.Text: "x", sa.Integer: 3, sa.Numeric: Decimal("7.25"), sa.Boolean: False}
    row = {column.name: some.get(type(column.type)) for column in RECORDS["policy"].columns}
    return {
        **row,
        "record_id": uuid.uuid5(uuid.NAMESPACE_OID, f"policy {number}"),
        "filing_id": uuid.uuid4(),
        "key": f"P{number}",
        "revised_at": NOW,
        "recorded_at": NOW,
        "content_hash": b"x",
        "voided": number == 0,
        "enterprise_uscc": f"91440605MA0000000{number}",
        "sector_tags": [],
        "signed_on": date(2023, 1, 5),
        "effective_on": date(2024, 1, 1),
        "expires_on": date(2025, 1, 1),
    }


def _entry(number: int) -> dict[str, Any]:
    return {
        "entry_id": uuid.uuid4(), "version": 1, "uscc": f"91440605MA0000000{number}", "source": "名录（虚构）",
        "name": "虚构企业", "division": "440605011", "sector_tags": ["machinery"], "effective_from": date(2023, 1, 1),
        "filing_id": uuid.uuid4(), "recorded_at": NOW, "recorded_by": "x",
    }  # fmt: skip


async def test_covers_are_right_after_the_migration_of_a_database_with_a_roster(
    empty_database_url: str,
) -> None:
    def to(revision: str) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["url"] = empty_database_url
        command.upgrade(config, revision)

    await asyncio.to_thread(to, "0010")
    store = Store(empty_database_url, data_key=b"k" * 32)
    try:
        async with store.writing(OWNER) as tx:
            await tx.execute(RECORDS["policy"].insert(), [_policy(number) for number in range(4)])
            await tx.execute(roster_state.insert(), [_entry(number) for number in range(6)])
        await asyncio.to_thread(to, "0011")
        asked = Asked(date(2024, 6, 1), None, date(2024, 6, 1), floors=(("44", Decimal(10)),))
        for noted in (6, 0):
            async with store.reading(OWNER) as tx:
                who = await cover_sums.anew(tx, asked)
                assert who is not None
                assert len(who.noted) == noted
                assert (await cover_sums.counts(tx, asked)).by_law == [
                    Counted(("440605011",), frozenset({"machinery"}), 6, 3, 0, 3, 0, 9, 9, 3)
                ]
            await cover_folding.fold_some(store)
        async with store.writing(OWNER) as tx:
            assert await cover_folding.miscounted(tx) == []
    finally:
        await store.close()
