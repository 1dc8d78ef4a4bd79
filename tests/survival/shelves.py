"""WHAT lies in the database now? Every table counted and digested, to tell "nothing" and "all of it" from "half"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from ajx_gateway.store.tables import metadata

TABLES = tuple(sorted(metadata.tables))
_LOOK = " UNION ALL ".join(
    f"SELECT '{name}', count(*), coalesce(sum(hashtext(t::text)::bigint), 0)::text FROM {name} t"
    for name in TABLES
)


@dataclass(frozen=True, slots=True)
class Shelves:
    """Rows and digest of every table."""

    rows: dict[str, int]
    digests: dict[str, str]

    def more_than(self, before: Shelves) -> dict[str, int]:
        """How many rows were added, table by table."""
        return {n: more for n in TABLES if (more := self.rows[n] - before.rows[n])}


async def look(connection: asyncpg.Connection) -> Shelves:
    found: list[Any] = await connection.fetch(_LOOK)
    return Shelves({name: rows for name, rows, _ in found}, {name: digest for name, _, digest in found})
