"""WHAT lies in the database now? Every table counted and digested, to tell "nothing" and "all of it" from "half"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from ajx_gateway.store.layout import metadata

TABLES = tuple(sorted(metadata.tables))
# To these the application may only add: their number says it all.
_GROWING = {"filing", "filing_frame", "document", "event", *(n for n in TABLES if n.endswith("_history"))}


def _digest(table: str) -> str:
    return "0" if table in _GROWING else "coalesce(sum(hashtext(t::text)::bigint), 0)"


_LOOK = " UNION ALL ".join(f"SELECT '{n}', count(*), ({_digest(n)})::text FROM {n} t" for n in TABLES)


@dataclass(frozen=True, slots=True)
class Shelves:
    """Rows of every table, and a digest of those whose rows may change."""

    rows: dict[str, int]
    digests: dict[str, str]

    def more_than(self, before: Shelves) -> dict[str, int]:
        """How many rows were added, table by table."""
        return {n: more for n in TABLES if (more := self.rows[n] - before.rows[n])}


async def look(connection: asyncpg.Connection) -> Shelves:
    found: list[Any] = await connection.fetch(_LOOK)
    return Shelves({name: rows for name, rows, _ in found}, {name: digest for name, _, digest in found})
