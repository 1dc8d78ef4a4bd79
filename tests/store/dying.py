"""How does a folder die? Its connection is ended by the server, before its commit or in the middle of its statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ajx_gateway.identity import system_scope
from ajx_gateway.store.database import Store, Transaction


async def die_before_the_commit(store: Store, fold: Callable[[Transaction], Awaitable[None]]) -> None:
    async with store.writing(system_scope("test")) as tx:
        await fold(tx)
        pid = (await tx.fetch("SELECT pg_backend_pid() AS pid"))[0]["pid"]
        async with store.engine.connect() as other:
            await other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        await tx.fetch("SELECT 1")


async def die_waiting(store: Store) -> None:
    """End the folder's connection, once it waits for a lock."""
    async with store.writing(system_scope("test")) as tx:
        waiting = await _waiting(tx)
        await tx.fetch("SELECT set_config('role', 'none', true)")
        await tx.fetch("SELECT pg_terminate_backend($1)", waiting)


async def _waiting(tx: Transaction) -> int:
    while True:
        await tx.fetch("SELECT set_config('role', 'none', true), pg_stat_clear_snapshot()")
        rows = await tx.fetch(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH taken%'"
        )
        if rows:
            return int(rows[0]["pid"])
