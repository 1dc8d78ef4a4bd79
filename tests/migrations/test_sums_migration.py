"""A database that already holds policies has the right sums as soon as it is migrated, and after they are folded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

from held_rows import held

from ajx_gateway.identity import system_scope
from ajx_gateway.store import aggregates, folding
from ajx_gateway.store.database import Store
from ajx_gateway.store.measures import MEASURES
from ajx_gateway.store.questions import Question
from ajx_gateway.store.sources import Filters
from ajx_gateway.store.tables import RECORDS


def _policy(number: int) -> dict[str, Any]:
    return held(
        "policy",
        number,
        voided=number % 4 == 0,
        division=("440605011", "440605121", "341302001")[number % 3],
        enterprise_uscc=f"91440605MA0000000{number % 5}",
        industry="C3311",
        sector_tags=["machinery"] if number % 2 else [],
        premium_refunded=Decimal(0),
        signed_on=date(2023 + number % 2, 1 + number % 12, 5),
        effective_on=date(2024, 1, 1),
        expires_on=date(2025, 1, 1),
    )


async def test_sums_are_right_after_the_migration_of_a_database_with_policies(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    await migrate_to("0002")
    async with held_store.writing(system_scope("test")) as tx:
        await tx.execute(RECORDS["policy"].insert(), [_policy(number) for number in range(40)])
    await migrate_to("0003")
    measures = [MEASURES["policies"], MEASURES["premium"], MEASURES["enterprises"]]
    question = Question(measures, ("district", "year"), [], Filters(), None, date(2026, 1, 1))
    for _ in ("pending", "folded"):
        async with held_store.reading(system_scope("test")) as tx:
            told = await aggregates.figures(tx, question)
            assert told == await aggregates.from_rows(tx, question)
            assert told[0].total == {"policies": 30, "premium": Decimal("217.50"), "enterprises": 5}
        await folding.fold_some(held_store)
    async with held_store.reading(system_scope("test")) as tx:
        assert await tx.fetch("SELECT 1 FROM policy_delta") == []


async def test_years_are_put_together_from_the_months_that_were_folded(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    yearly = "SELECT * FROM policy_sum WHERE grain >= 512 ORDER BY grain, division, month, insurer, industry, size, tags"
    async with held_store.engine.begin() as owner:
        folded = (await owner.exec_driver_sql(yearly)).all()
        # As the release before leaves it.
        await owner.exec_driver_sql("DELETE FROM policy_sum WHERE grain >= 512")
    await migrate_to("0018")
    async with held_store.engine.begin() as owner:
        assert (await owner.exec_driver_sql(yearly)).all() == folded
    assert {row.month for row in folded} == {date(2023, 1, 1), date(2024, 1, 1)}


async def test_towns_by_insurer_are_linked_from_the_enterprises_that_were_folded(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    await migrate_to("0019")
    links = (
        "SELECT * FROM enterprise_link WHERE grain = 191 AND enterprises <> 0"
        " ORDER BY division, month, previous, insurer"
    )
    async with held_store.engine.begin() as owner:
        # A policy that was voided and folded again leaves its enterprise there with none.
        await owner.exec_driver_sql(
            "INSERT INTO enterprise_month VALUES ('91440605MA00000009', '2022-01-01', '440605011', 'x', 0)"
        )
        folded = (await owner.exec_driver_sql(links)).all()
        await owner.exec_driver_sql("DELETE FROM enterprise_link WHERE grain = 191")
    await migrate_to("0020")
    async with held_store.engine.begin() as owner:
        assert (await owner.exec_driver_sql(links)).all() == folded
    assert {(row.division, row.previous.year) for row in folded} >= {("440605011", 1), ("440605011", 2023)}
