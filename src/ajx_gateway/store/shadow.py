"""DO the projections still say what the filings say? A shadow schema to replay into, and the comparison."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ajx_gateway.identity import system_scope
from ajx_gateway.store import attached_folding, clock_sums, cover_folding, folding, tables
from ajx_gateway.store.columns import PROMOTED
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.folders import WHOLE

SUMS = ("policy_sum", "enterprise_month", "enterprise_link")
PROJECTIONS = (*PROMOTED, *(f"{kind}_history" for kind in PROMOTED), "clock", "document", *SUMS)
# Written beside the projections and not compared: deltas become sums first; what a clock was is not what it is;
# clocks, covers and what is attached, counted ahead, are compared with the clocks, policies and records themselves.
_PENDING = (
    "policy_delta",
    "clock_before",
    "clock_delta",
    "clock_sum",
    "clock_late",
    "cover_change",
    "attached_change",
)

# The kinds whose records have clocks of their own.
_WITH_CLOCKS = ("policy", "claim")

# Two filings of the same content that raced may have been numbered either way: neither is wrong.
_FREE = {
    "version",
    "filing_id",
    "ordinal",
    "recorded_at",
    "accepted_at",
    "start_seen_at",
    "changed_at",
    "voided_by",
    "xid",
    # What the rules of an earlier day said is not replayed.
    "clean_edition",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one projection that only one side has, by their identities (at most 20 each)."""

    table: str
    stored_only: int
    recomputed_only: int
    examples: tuple[str, ...]


@asynccontextmanager
async def shadow(store: Store) -> AsyncIterator[Transaction]:
    """A transaction in which every projection is an empty temporary twin; all of it is undone at the end."""
    async with store.engine.connect() as connection:
        transaction = await connection.begin()
        try:
            for table in (*PROJECTIONS, *_PENDING):
                await connection.execute(
                    sa.text(
                        f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL) ON COMMIT DROP"
                    )
                )
            raw = (await connection.get_raw_connection()).driver_connection
            yield Transaction(connection, raw, system_scope("rebuild"), store.data_key)
        finally:
            await transaction.rollback()


async def compare(tx: Transaction) -> list[Difference]:
    """What the stored projections and the recomputed ones do not agree on."""
    await folding.alone(tx)
    for schema in ("public", "pg_temp"):
        # The stored deltas are pending again afterwards: all of this transaction is undone.
        while await folding.fold_portion(tx, schema):
            pass
    await tx.fetch(WHOLE)
    found = []
    for name in PROJECTIONS:
        columns = [column.name for column in tables.metadata.tables[name].columns if column.name not in _FREE]
        stored, recomputed = (
            f"SELECT {', '.join(_compared(name, columns))} FROM {schema}.{name} AS one WHERE {_settled(name)}"  # noqa: S608
            for schema in ("public", "pg_temp")
        )
        only = [
            await tx.fetch(f"SELECT * FROM ({one} EXCEPT ALL {other}) d LIMIT 1000")  # noqa: S608
            for one, other in ((stored, recomputed), (recomputed, stored))
        ]
        if any(only):
            examples = tuple(dict.fromkeys(_identity(row) for rows in only for row in rows))[:20]
            found.append(Difference(name, len(only[0]), len(only[1]), examples))
    miscounted = await clock_sums.miscounted(tx)
    if miscounted:
        found.append(Difference("clock_sum", len(miscounted), 0, tuple(dict.fromkeys(miscounted))[:20]))
    uncovered = await cover_folding.miscounted(tx)
    if uncovered:
        found.append(Difference("cover_segment", len(uncovered), 0, tuple(uncovered[:20])))
    attached = await attached_folding.miscounted(tx)
    if attached:
        found.append(Difference("attached_fact", len(attached), 0, tuple(attached[:20])))
    return found


def _compared(name: str, columns: Sequence[str]) -> list[str]:
    """A voided record keeps the content that was stored when its void arrived: of filings that raced, either one."""
    if name not in PROMOTED:
        return list(columns)
    sure = {"record_id", "insurer", "key", "revised_at", "voided"}
    return [c if c in sure else f"CASE WHEN NOT one.voided THEN one.{c} END AS {c}" for c in columns]


def _settled(name: str) -> str:
    """Which rows are the same whatever raced."""
    if name in SUMS:
        # Where nothing counts any more, an empty row may be left or none.
        amounts = [c.name for c in tables.metadata.tables[name].columns if not c.primary_key]
        return f"({' OR '.join(f'one.{amount} <> 0' for amount in amounts)})"
    if name.endswith("_history"):
        # A void that raced with a newer push left a row in history or none: either order was right.
        return "NOT one.voided"
    if name == "clock":
        # All clocks of a voided record are void; what else they say depends on the content it kept. So does whose law
        # the claims of a voided policy are under.
        voided = " UNION ALL ".join(
            [
                *(f"SELECT record_id FROM public.{kind} WHERE voided" for kind in _WITH_CLOCKS),  # noqa: S608
                "SELECT c.record_id FROM public.claim c JOIN public.policy p ON p.record_id = c.policy_id WHERE p.voided",
            ]
        )
        # A clock that nothing has started or met only waits: which ones do depends on the law of their day.
        # A claim's clock that binds no more was left by another place's law: whether it was ever started depends on
        # which of claim and policy came first.
        left = "one.subject_kind = 'claim' AND one.start_current IS NULL"
        started = "coalesce(one.start_seen_at, one.met_at) IS NOT NULL"
        return f"one.subject_id NOT IN ({voided}) AND {started} AND NOT ({left})"
    return "true"


def _identity(row: Any) -> str:
    values = dict(row)
    named = values.get("key") or values.get("subject_key") or values.get("policy_no")
    if named is None and "month" in values:
        named = f"{values.get('enterprise_uscc') or values['division']} {values['month']:%Y-%m}"
    return str(named)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One filing as rebuild replays it: what was accepted of it stands in its answer."""

    filing_id: uuid.UUID
    insurer: str
    kind: str
    op: str
    record_key: str | None
    standard: str
    media: str
    received_at: datetime


async def filings_in_order(tx: Transaction) -> list[Replayed]:
    """Every filing that changed a record, in the order of reception.

    A void that came late changed nothing; replayed before what it raced with, it would take that one's instant.
    """
    rows = await tx.fetch(
        "SELECT filing_id, insurer, kind, op, record_key, standard, media, received_at FROM filing"
        " WHERE created + updated + unchanged + stale > 0 AND NOT (op = 'void' AND updated = 0)"
        " ORDER BY received_at, op, filing_id"
    )
    return [Replayed(**{**dict(row), "filing_id": uuid.UUID(bytes=row["filing_id"].bytes)}) for row in rows]
