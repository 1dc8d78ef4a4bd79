"""WHOSE turn is it? Of each sort of errand one worker at a time; who folds counts tidies up behind itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ajx_gateway.store.database import Store, Transaction

# Scans of whole tables are off where a portion is folded. Where everything is compared, everything is read.
WHOLE: Final = "SELECT set_config('enable_seqscan', 'on', true)"


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to do one sort of errand, until the end of a transaction; ``name`` is its lock's."""

    name: str

    async def taken(self, tx: Transaction) -> bool:
        """Whether it was free, and now is this transaction's."""
        [row] = await tx.fetch(f"SELECT pg_try_advisory_xact_lock({self._lock}) AS mine")
        return bool(row["mine"])

    async def alone(self, tx: Transaction) -> None:
        """Wait for it: from here to the end of the transaction nobody else has it."""
        await tx.fetch(f"SELECT pg_advisory_xact_lock({self._lock})")

    @property
    def _lock(self) -> str:
        return f"hashtextextended('{self.name}', 0)"


async def tidy(store: Store, table: str, *counted: str) -> None:
    """Every question reads what is pending whole: what is left of those taken out must not lie in its way.

    ``counted``: tables that were filled anew, about which the planner should know.
    """
    async with store.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql(f"VACUUM (SKIP_LOCKED) {table}")
        if counted:
            await connection.exec_driver_sql(f"ANALYZE {', '.join(counted)}")
