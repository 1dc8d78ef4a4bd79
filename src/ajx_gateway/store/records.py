"""WHICH state of a record counts? Set-based replacement ordered by ``revised_at``; arrival never decides."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from ajx_gateway.aside import FEW, aside
from ajx_gateway.store import upserts
from ajx_gateway.store.arrays import literal, looked_up
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.upserts import Incoming

CHUNK = 1_000

Result = Literal["created", "updated", "unchanged", "stale", "conflict"]


class Outcome(NamedTuple):
    """What became of an item. ``version`` is the stored version afterwards.

    ``speaks``: the item may tell something new about clocks. What is stored already does not, unless it was
    received before the filing that was stored first: filings that race commit in any order.
    """

    result: Result
    version: int
    speaks: bool = True


async def replace(
    tx: Transaction,
    kind: str,
    insurer: str,
    incoming: Sequence[Incoming],
    *,
    now: datetime,
) -> dict[int, Outcome]:
    """Bring the current table and its history up to date; returns the outcome by item index.

    All rows are locked in the order of their ids, so concurrent filings cannot deadlock. A key that stands
    several times in one filing is written in as many rounds, in the order of the filing.
    """
    outcomes: dict[int, Outcome] = {}
    for round_ in _rounds(incoming):
        for begin in range(0, len(round_), CHUNK):
            chunk = round_[begin : begin + CHUNK]
            outcomes |= await _replace_chunk(tx, kind, insurer, chunk, now)
    return outcomes


def _rounds(incoming: Sequence[Incoming]) -> list[list[Incoming]]:
    seen: dict[uuid.UUID, int] = defaultdict(int)
    rounds: list[list[Incoming]] = []
    for item in incoming:
        turn = seen[item.record_id]
        seen[item.record_id] += 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(item)
    for round_ in rounds:
        round_.sort(key=lambda item: item.record_id.bytes)
    return rounds


def _columns(kind: str, insurer: str, chunk: Sequence[Incoming]) -> tuple[list[list[Any]], list[str]]:
    arrays = upserts.arrays(kind, insurer, chunk)
    return arrays, upserts.written(kind, arrays)


async def _replace_chunk(
    tx: Transaction, kind: str, insurer: str, chunk: Sequence[Incoming], now: datetime
) -> dict[int, Outcome]:
    arrays, literals = await aside(len(chunk) > FEW, _columns, kind, insurer, chunk)
    written = await tx.fetch(upserts.upsert(kind), insurer, now, *literals)
    by_id = {row["record_id"]: row for row in written}
    outcomes: dict[int, Outcome] = {}
    left: list[int] = []
    for position, item in enumerate(chunk):
        row = by_id.get(item.record_id)
        if row is None:
            left.append(position)
        else:
            result: Result = "created" if row["old_version"] is None else "updated"
            outcomes[item.index] = Outcome(result, row["version"])
    if left:
        outcomes |= await _classify(tx, kind, chunk, left, (insurer, now), arrays)
    return outcomes


async def _classify(
    tx: Transaction,
    kind: str,
    chunk: Sequence[Incoming],
    left: Sequence[int],
    fixed: tuple[str, datetime],
    arrays: Sequence[Sequence[object]],
) -> dict[int, Outcome]:
    """The rows the upsert locked but did not touch: the same again, older, or another content at the same instant."""
    rows = await tx.fetch(
        "SELECT record_id, revised_at, content_hash, version, voided, recorded_at FROM"  # noqa: S608
        f" {looked_up(kind, 'record_id', '$1')} AS r",
        literal("uuid", [chunk[position].record_id for position in left]),
    )
    stored = {row["record_id"]: row for row in rows}
    outcomes: dict[int, Outcome] = {}
    stale: list[int] = []
    for position in left:
        item, row = chunk[position], stored[chunk[position].record_id]
        if row["revised_at"] > item.revised_at:
            result: Result = "stale"
            stale.append(position)
        elif row["content_hash"] == item.content_hash and not row["voided"]:
            result = "unchanged"
        else:
            result = "conflict"
        speaks = result != "unchanged" or row["recorded_at"] > fixed[1]
        outcomes[item.index] = Outcome(result, row["version"], speaks)
    if stale:
        await tx.fetch(
            upserts.keep_stale(kind),
            *fixed,
            *upserts.written(kind, [[array[p] for p in stale] for array in arrays]),
        )
        for position in await _displaced(tx, kind, chunk, stale):
            item = chunk[position]
            outcomes[item.index] = Outcome("conflict", stored[item.record_id]["version"])
    return outcomes


async def _displaced(
    tx: Transaction, kind: str, chunk: Sequence[Incoming], stale: Sequence[int]
) -> list[int]:
    """Late states whose instant another content has in history: nothing was kept of them, so none is acknowledged."""
    kept = await states_at(
        tx, kind, [(chunk[position].record_id, chunk[position].revised_at) for position in stale]
    )
    return [
        position
        for position in stale
        if kept[chunk[position].record_id, chunk[position].revised_at] != chunk[position].content_hash
    ]


async def mark_clean(
    tx: Transaction, kind: str, states: Sequence[tuple[uuid.UUID, int]], edition: int
) -> None:
    """Note that the rules of an edition find nothing wrong in these versions; whoever works on one is not waited for."""
    await tx.fetch(
        f"UPDATE {kind} SET clean_edition = $3 WHERE record_id = ANY (ARRAY("  # noqa: S608
        "SELECT r.record_id FROM unnest($1::text::uuid[], $2::text::int[]) AS wanted(id, version) CROSS JOIN LATERAL"
        f" (SELECT record_id FROM {kind} WHERE record_id = wanted.id AND version = wanted.version"
        " OFFSET 0 FOR UPDATE SKIP LOCKED) AS r))",
        literal("uuid", [record_id for record_id, _ in states]),
        literal("int", [version for _, version in states]),
        edition,
    )


async def states_at(
    tx: Transaction, kind: str, states: Sequence[tuple[uuid.UUID, datetime]]
) -> dict[tuple[uuid.UUID, datetime], bytes]:
    """The content hash that history has of these records at these instants; no content equals that of a void."""
    rows = await tx.fetch(
        "SELECT h.record_id, h.revised_at, CASE WHEN h.voided THEN 'voided'::bytea ELSE h.content_hash END AS content"  # noqa: S608
        " FROM unnest($1::uuid[], $2::timestamptz[]) AS s(record_id, revised_at) CROSS JOIN LATERAL"
        f" (SELECT * FROM {kind}_history WHERE record_id = s.record_id AND revised_at = s.revised_at OFFSET 0) AS h",
        [record_id for record_id, _ in states],
        [revised_at for _, revised_at in states],
    )
    return {(uuid.UUID(bytes=row["record_id"].bytes), row["revised_at"]): row["content"] for row in rows}


async def void(
    tx: Transaction,
    kind: str,
    record_id: uuid.UUID,
    *,
    revised_at: datetime,
    filing_id: uuid.UUID,
    now: datetime,
) -> Outcome | None:
    """Void one record as of ``revised_at``; None when there is no such record."""
    rows = await tx.fetch(upserts.VOID[kind], record_id, revised_at, filing_id, now)
    if rows:
        return Outcome("updated", rows[0]["version"])
    rows = await tx.fetch(
        f"SELECT version, voided, revised_at FROM {kind} WHERE record_id = $1",  # noqa: S608
        record_id,
    )
    if not rows:
        return None
    same = rows[0]["voided"] and rows[0]["revised_at"] == revised_at
    if not same and rows[0]["revised_at"] == revised_at:
        return Outcome("conflict", rows[0]["version"])
    return Outcome("unchanged" if same else "stale", rows[0]["version"])


@dataclass(frozen=True, slots=True)
class Stored:
    """Where one state of a record lies and what the gateway knows of it."""

    record_id: uuid.UUID
    key: str
    version: int | None
    revised_at: datetime
    recorded_at: datetime
    filing_id: uuid.UUID
    ordinal: int
    voided: bool


_STORED = "record_id, key, version, revised_at, recorded_at, filing_id, ordinal, voided"


async def current(
    tx: Transaction, kind: str, record_id: uuid.UUID, *, as_of: datetime | None = None, lock: bool = False
) -> Stored | None:
    """The state that counts now, or that counted as of an instant; with ``lock`` it stays so until the commit."""
    if as_of is None:
        tail = " FOR UPDATE" if lock else ""
        rows = await tx.fetch(f"SELECT {_STORED} FROM {kind} WHERE record_id = $1{tail}", record_id)  # noqa: S608
    else:
        rows = await tx.fetch(
            f"SELECT {_STORED} FROM {kind}_history WHERE record_id = $1 AND recorded_at <= $2"  # noqa: S608
            " ORDER BY revised_at DESC LIMIT 1",
            record_id,
            as_of,
        )
    return _stored(rows[0]) if rows else None


async def history(tx: Transaction, kind: str, record_id: uuid.UUID) -> list[Stored]:
    """Every state ever accepted, the newest first."""
    rows = await tx.fetch(
        f"SELECT {_STORED} FROM {kind}_history WHERE record_id = $1 ORDER BY revised_at DESC",  # noqa: S608
        record_id,
    )
    return [_stored(row) for row in rows]


def _stored(row: Any) -> Stored:
    values = dict(row)
    for name in ("record_id", "filing_id"):
        values[name] = uuid.UUID(bytes=values[name].bytes)
    return Stored(**values)
