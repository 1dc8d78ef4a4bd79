"""What is attached to policies and counted ahead follows from the filings: a rebuild counts it anew and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.store import attached_folding
from ajx_gateway.store.database import Store


async def test_a_rebuild_finds_the_services_that_were_tampered_with(
    desk: Desk, store: Store, push: Callable[..., Any], make: Callable[..., dict[str, Any]]
) -> None:
    await push("policy", make("policy", policy_no="A-1"))
    await push("service", make("service", service_no="S-1", policy_no="A-1"))
    # What is noted and not yet folded is no difference, and stays noted.
    assert await rebuild(store, desk.calendar) == []
    assert await attached_folding.fold(store) == 1
    assert await rebuild(store, desk.calendar) == []
    for table in ("fact", "sum", "link"):
        number = "enterprises" if table == "link" else "records"
        async with store.engine.begin() as connection:
            await connection.exec_driver_sql(f"UPDATE attached_{table} SET {number} = {number} + 1")
        [found] = await rebuild(store, desk.calendar)
        assert found.table == "attached_fact"
        assert found.examples[0].startswith("service ")
        async with store.engine.begin() as connection:
            await connection.exec_driver_sql(f"UPDATE attached_{table} SET {number} = {number} - 1")
