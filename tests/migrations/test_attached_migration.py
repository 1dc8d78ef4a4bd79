"""A database that already holds services has the right figures as soon as it is migrated, and after they are folded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from held_rows import held, held_id

from ajx_gateway.identity import system_scope
from ajx_gateway.store import attached_folding, attached_sums
from ajx_gateway.store.database import Store
from ajx_gateway.store.measures import MEASURES
from ajx_gateway.store.questions import Figures, Question, Span
from ajx_gateway.store.sources import Filters
from ajx_gateway.store.tables import RECORDS

OWNER = system_scope("test")


def _row(kind: str, number: int, **own: Any) -> dict[str, Any]:
    dates = {
        column.name: date(2024, 1, 5) for column in RECORDS[kind].columns if isinstance(column.type, sa.Date)
    }
    return held(kind, number, **dates, **own)


def _policy(number: int) -> dict[str, Any]:
    place = {"division": "440605011", "enterprise_uscc": f"91440605MA0000000{number}", "sector_tags": []}
    return _row("policy", number, **place)


def _service(number: int, of: int) -> dict[str, Any]:
    own = {"policy_id": held_id("policy", of), "items": [], "evidence": []}
    return _row("service", number, voided=number == 0, **own)


async def test_services_are_right_after_the_migration_of_a_database_that_holds_some(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    await migrate_to("0012")
    measures = [MEASURES[name] for name in ("services", "enterprises_served", "service_cost")]
    span = Span(date(2024, 1, 1), date(2025, 1, 1))
    question = Question(measures, (), [span], Filters(district="440605"), None, date(2026, 1, 1))
    async with held_store.writing(OWNER) as tx:
        await tx.execute(RECORDS["policy"].insert(), [_policy(number) for number in range(3)])
        await tx.execute(RECORDS["service"].insert(), [_service(number, number // 2) for number in range(6)])
    await migrate_to("0013")
    for _ in range(2):
        figures = [Figures()]
        async with held_store.reading(OWNER) as tx:
            told = await attached_sums.answer(tx, question, measures, figures)
        assert told == {"services", "enterprises_served", "service_cost"}
        assert figures[0].total == {
            "services": 5,
            "enterprises_served": 3,
            "service_cost": Decimal("36.25"),
        }
        assert await attached_folding.fold(held_store) == 3 * (_ == 0)
    async with held_store.writing(OWNER) as tx:
        assert await attached_folding.miscounted(tx) == []


async def test_towns_by_insurer_are_linked_from_the_services_that_were_folded(
    held_store: Store, migrate_to: Callable[[str], Awaitable[None]]
) -> None:
    await migrate_to("0019")
    links = "SELECT * FROM attached_link WHERE grain = 191 ORDER BY kind, division, month, previous, insurer"
    async with held_store.writing(OWNER) as tx:
        folded = await tx.fetch(links)
        await tx.fetch("DELETE FROM attached_link WHERE grain = 191")
    await migrate_to("0020")
    async with held_store.writing(OWNER) as tx:
        assert await tx.fetch(links) == folded
        assert await attached_folding.miscounted(tx) == []
    assert {(row["kind"], row["division"]) for row in folded} == {("service", "440605011")}
