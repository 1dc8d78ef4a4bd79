"""HOW fast could PostgreSQL take the same rows at best? Binary COPY of exactly what a push of new policies stored.

The rows are read back from the gateway's own tables, every column as it lies there, and copied into a database with the
same tables and indexes: ``policy``, ``policy_history``, the clocks that began, the filing with its sealed frames. One
connection, one binary COPY a table; committed with every 1,000 policies (as the gateway commits), or once at the end.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

BATCH = 1_000


@dataclass(slots=True)
class Rows:
    """Rows of one table as tuples, ready to be copied."""

    table: str
    columns: tuple[str, ...]
    records: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the gateway stored for some filings of new policies: per filing, all rows of all tables."""

    batches: list[list[Rows]]
    policies: int

    def count(self, table: str) -> int:
        return sum(len(rows.records) for batch in self.batches for rows in batch if rows.table == table)


_OF_FILINGS = "SELECT * FROM {} WHERE filing_id = ANY($1::uuid[])"
_CLOCKS = (
    "SELECT c.*, p.filing_id AS of_filing FROM clock c JOIN policy p ON p.record_id = c.subject_id"
    " WHERE p.filing_id = ANY($1::uuid[])"
)


async def stored(gateway: asyncpg.Connection, filings: Sequence[uuid.UUID]) -> Stored:
    """Everything these filings have stored in the five tables."""
    by_filing: dict[uuid.UUID, dict[str, Rows]] = {filing: {} for filing in filings}
    policies = 0
    for table in ("filing", "filing_frame", "policy", "policy_history", "clock"):
        sql = _CLOCKS if table == "clock" else _OF_FILINGS.format(table)
        for row in await gateway.fetch(sql, list(filings)):
            names = tuple(name for name, _ in row.items() if name != "of_filing")
            filing = row["of_filing"] if table == "clock" else row["filing_id"]
            kept = by_filing[uuid.UUID(bytes=filing.bytes)].setdefault(table, Rows(table, names))
            kept.records.append(tuple(row[name] for name in names))
            policies += table == "policy"
    return Stored([list(tables.values()) for tables in by_filing.values()], policies)


async def copy(target: asyncpg.Connection, what: Stored, *, batch: int | None = BATCH) -> float:
    """Copies everything and returns policies a second; the rows are counted afterwards.

    ``batch`` None: one transaction and one COPY a table for all, no commit in between.
    """
    before = await _counted(target)
    groups = _joined(what.batches, BATCH if batch is not None else what.policies)
    begun = time.perf_counter()
    for group in groups:
        async with target.transaction():
            for rows in group:
                await target.copy_records_to_table(rows.table, records=rows.records, columns=rows.columns)
    seconds = time.perf_counter() - begun
    after = await _counted(target)
    grown = {table: after[table] - before[table] for table in after}
    wanted = {table: what.count(table) for table in after}
    if grown != wanted:
        raise SystemExit(f"COPY stored {grown}, not {wanted}")
    return what.policies / seconds


def _joined(batches: Sequence[list[Rows]], policies: int) -> list[list[Rows]]:
    """Batches put together until a group holds so many policies (a filing is never divided)."""
    groups: list[list[Rows]] = []
    held = policies
    for batch in batches:
        if held >= policies:
            groups.append([])
            held = 0
        held += sum(len(rows.records) for rows in batch if rows.table == "policy")
        for rows in batch:
            same = next((each for each in groups[-1] if each.table == rows.table), None)
            if same is None:
                groups[-1].append(Rows(rows.table, rows.columns, list(rows.records)))
            else:
                same.records += rows.records
    return groups


async def _counted(target: asyncpg.Connection) -> dict[str, int]:
    tables = ("policy", "policy_history", "clock", "filing", "filing_frame")
    return {table: await target.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
