"""WHERE did the worker stop reading, what was filed since, and what becomes of the findings? Set-based, per insurer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import zstandard
from sqlalchemy.dialects.postgresql import insert

from ajx_gateway.store import outbox
from ajx_gateway.store.arrays import literal, looked_up
from ajx_gateway.store.case_tables import finding_case, finding_place, finding_step
from ajx_gateway.store.cases import Step, told
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.folders import Turn
from ajx_gateway.store.tables import RECORDS

# Several workers may run: the one whose turn it is reads, the others do nothing.
_TURN = Turn("ajx collect findings")
ours = _TURN.taken
_START = (0, -1, uuid.UUID(int=0))
# Filings that a page may hold, and items after which it ends: an answer may speak of 10,000.
_FILINGS, _ITEMS = 500, 20_000


_INSURERS = """
WITH RECURSIVE each AS (
    SELECT min(insurer) AS insurer FROM event
    UNION ALL
    SELECT (SELECT min(e.insurer) FROM event e WHERE e.insurer > each.insurer) FROM each
    WHERE each.insurer IS NOT NULL)
SELECT insurer FROM each WHERE insurer IS NOT NULL
"""


async def insurers(tx: Transaction) -> list[str]:
    """Everybody who has a feed; a few steps in its index, however long the feeds are."""
    return [row["insurer"] for row in await tx.fetch(_INSURERS)]


@dataclass(frozen=True, slots=True)
class Filed:
    """One filing and its place in the feed. ``answer``: what was answered, as JSON.

    ``unseen``: it may have been judged while changes that were followed up already were still uncommitted, and was
    not stored itself when they were: nobody would judge it again on their account.
    """

    place: tuple[int, int, UUID]
    filing_id: UUID
    kind: str
    voiding: bool
    received_at: datetime
    items: int
    unseen: bool
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class Page:
    """The next filings of a feed, and when they were read: below ``seen`` every transaction had ended by then."""

    filings: list[Filed]
    seen: int
    read_at: datetime


# In commit order as the feed has it: below the oldest transaction still running nothing can appear any more.
# What is older than this column may have begun before the last look.
FILED = """
SELECT e.xid, e.seq, e.event_id, e.type, f.filing_id, f.kind, f.received_at,
    f.created + f.updated + f.unchanged + f.stale AS items,
    e.xid >= last.seen AND coalesce(e.begun_at <= last.read_at, true) AS unseen,
    (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint AS seen, clock_timestamp() AS read_at
FROM (SELECT * FROM event WHERE insurer = $1 AND (xid, seq, event_id) > ($2, $3, $4)
    AND type IN ('filing.accepted', 'filing.partial', 'record.voided')
    AND xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint
    ORDER BY xid, seq, event_id LIMIT $5) AS e
CROSS JOIN LATERAL (SELECT * FROM filing WHERE filing_id = (e.payload->>'filing')::uuid OFFSET 0) AS f
CROSS JOIN (SELECT max(seen) AS seen, max(read_at) AS read_at FROM finding_place) AS last
ORDER BY e.xid, e.seq, e.event_id
"""


async def filed(tx: Transaction, insurer: str) -> Page | None:
    """The next accepted filings of an insurer, oldest first; None when all are read."""
    place = await tx.fetch("SELECT xid, seq, event_id FROM finding_place WHERE insurer = $1", insurer)
    after = tuple(place[0]) if place else _START
    rows = await tx.fetch(FILED, insurer, *after, _FILINGS)
    if not rows:
        return None
    page: list[Any] = []
    items = 0
    for row in rows:
        if page and items + row["items"] > _ITEMS:
            break
        items += row["items"]
        page.append(row)
    answers = await _answers(tx, [row["filing_id"] for row in page])
    found = [
        Filed(
            (row["xid"], row["seq"], UUID(bytes=row["event_id"].bytes)),
            UUID(bytes=row["filing_id"].bytes),
            row["kind"],
            row["type"] == "record.voided",
            row["received_at"],
            row["items"],
            bool(row["unseen"]),
            answers[row["filing_id"]],
        )
        for row in page
    ]
    return Page(found, rows[0]["seen"], rows[0]["read_at"])


async def _answers(tx: Transaction, filing_ids: Sequence[Any]) -> dict[Any, bytes]:
    rows = await tx.fetch(
        f"SELECT filing_id, answer FROM {looked_up('filing', 'filing_id', '$1')} AS f",  # noqa: S608
        literal("uuid", filing_ids),
    )
    unpack = zstandard.ZstdDecompressor().decompress
    return {row["filing_id"]: unpack(row["answer"]) for row in rows}


async def advance(tx: Transaction, insurer: str, page: Page) -> None:
    """Remember, in the transaction of what was made of it, how far the feed is read, and when."""
    xid, seq, event_id = page.filings[-1].place
    row = insert(finding_place).values(
        insurer=insurer, xid=xid, seq=seq, event_id=event_id, seen=page.seen, read_at=page.read_at
    )
    newer = {name: row.excluded[name] for name in ("xid", "seq", "event_id", "seen", "read_at")}
    await tx.execute(row.on_conflict_do_update(index_elements=["insurer"], set_=newer))


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as it stands: its version, its place (the policy's, else its own), when that state was recorded."""

    version: int
    division: str | None
    recorded_at: datetime


async def standings(tx: Transaction, kind: str, record_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """The records of a kind as they stand now, by id."""
    own = "r.division"
    joined = ""
    if "policy_id" in RECORDS[kind].c:
        own = "coalesce(p.division, r.division)"
        joined = (
            " LEFT JOIN LATERAL (SELECT * FROM policy WHERE record_id = r.policy_id OFFSET 0) AS p ON true"
        )
    rows = await tx.fetch(
        f"SELECT r.record_id, r.version, {own} AS division, r.recorded_at"  # noqa: S608
        f" FROM {looked_up(kind, 'record_id', '$1')} AS r{joined}",
        literal("uuid", record_ids),
    )
    return {
        UUID(bytes=row["record_id"].bytes): Standing(row["version"], row["division"], row["recorded_at"])
        for row in rows
    }


async def known(tx: Transaction, insurer: str, record_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The rules' cases about these records, locked, each with the number of its last step."""
    rows = await tx.fetch(
        "SELECT c.case_id, c.record_id, c.version, c.state, c.insurer, c.division, c.category, c.subject_kind,"  # noqa: S608
        " c.subject_key, c.rule, c.corrected_in, (SELECT max(s.seq) FROM finding_step s WHERE s.case_id = c.case_id) AS seq"
        f" FROM finding_case c WHERE c.case_id = ANY (ARRAY(SELECT k.case_id FROM"
        f" {looked_up('finding_case', 'record_id', '$2')} AS k WHERE k.insurer = $1 AND k.origin = 'rule'))"
        " ORDER BY c.case_id FOR UPDATE OF c",
        insurer,
        literal("uuid", record_ids),
    )
    ids = ("case_id", "record_id")
    return [dict(row) | {name: UUID(bytes=row[name].bytes) for name in ids} for row in rows]


async def seen_again(tx: Transaction, versions: Mapping[UUID, int]) -> None:
    """A newer state of the record still shows the finding."""
    if versions:
        await tx.fetch(
            "UPDATE finding_case c SET version = v.version FROM unnest($1::uuid[], $2::int[]) AS v(case_id, version)"
            " WHERE c.case_id = v.case_id AND c.case_id = ANY ($1::uuid[])",
            list(versions),
            list(versions.values()),
        )


async def enter(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """New cases with their first step, and the events that tell their insurer."""
    if not rows:
        return
    await tx.execute(sa.insert(finding_case), list(rows))
    await _steps(tx, rows, "raised", "open", 1)
    await outbox.add(tx, [told("finding.raised", row, row["raised_at"]) for row in rows])


async def reopen(tx: Transaction, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Cases that were cleared, and whose finding is there again."""
    await _turn(tx, rows, "raised", "open", now)
    await outbox.add(tx, [told("finding.raised", row, now) for row in rows])


async def clear(tx: Transaction, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Cases whose record, as it stands now, shows the finding no longer."""
    await _turn(tx, rows, "cleared", "cleared", now)
    await outbox.add(tx, [told("finding.cleared", row, now) for row in rows])


async def corrected(tx: Transaction, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Cases that wait for their second opinion while the newest state shows them no longer: the authority decides."""
    await _mark(tx, rows, "corrected", now)


async def recurred(tx: Transaction, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Cases that wait for their second opinion, were corrected, and are there again."""
    await _mark(tx, rows, "recurred", now)


async def _mark(tx: Transaction, rows: Sequence[dict[str, Any]], step: Step, now: datetime) -> None:
    if rows:
        await tx.fetch(
            "UPDATE finding_case SET corrected_in = v.version FROM unnest($1::uuid[], $2::int[]) AS v(id, version)"
            " WHERE case_id = v.id AND case_id = ANY ($1::uuid[])",
            [row["case_id"] for row in rows],
            [row["version"] if step == "corrected" else None for row in rows],
        )
        marked = [row | {"raised_at": now, "raised_by": "gateway", "detail": row["words"]} for row in rows]
        await _steps(tx, marked, step, "proposed", None)


async def _turn(
    tx: Transaction, rows: Sequence[dict[str, Any]], step: str, state: str, now: datetime
) -> None:
    if rows:
        await tx.fetch(
            "UPDATE finding_case SET state = $2, version = v.version"
            " FROM unnest($1::uuid[], $3::int[]) AS v(id, version) WHERE case_id = v.id AND case_id = ANY ($1::uuid[])",
            [row["case_id"] for row in rows],
            state,
            [row["version"] for row in rows],
        )
        turned = [row | {"raised_at": now, "raised_by": "gateway", "detail": row["words"]} for row in rows]
        await _steps(tx, turned, step, state, None)


async def _steps(
    tx: Transaction, rows: Sequence[Mapping[str, Any]], step: str, state: str, seq: int | None
) -> None:
    await tx.execute(
        sa.insert(finding_step),
        [
            {
                "case_id": row["case_id"],
                "seq": seq or row["seq"] + 1,
                "insurer": row["insurer"],
                "division": row["division"],
                "step": step,
                "state": state,
                "at": row["raised_at"],
                "by": row["raised_by"],
                "words": row["detail"],
                "evidence": [],
            }
            for row in rows
        ],
    )
