"""WHICH claims stand under another place's law than their policy's, and how are their clocks put right?

A claim may come before its policy, a policy's territory may be corrected, and a claim may turn out to be another
policy's: the clocks are then made anew from every state that was filed of the claim, so that they are the same in
whatever order the two came to what they are.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ajx_gateway.store.arrays import literal, literals, looked_up, unnested
from ajx_gateway.store.clock_memory import remembering
from ajx_gateway.store.clocks import ROW, Settled, row_of, subject_id
from ajx_gateway.store.database import Transaction


async def hold(tx: Transaction, insurer: str) -> None:
    """Until this transaction ends none of the insurer's policies is stored: what is unknown of them stays unknown."""
    await tx.fetch("SELECT pg_advisory_xact_lock(hashtextextended('ajx.claims ' || $1, 0))", insurer)


class State(NamedTuple):
    """One state that was filed of a claim, and where its bytes lie; ``counts``: it is the one that stands."""

    record_id: uuid.UUID
    received_at: datetime
    counts: bool
    voided: bool
    place: tuple[uuid.UUID, int]
    standard: str


class Named(NamedTuple):
    """What the state of a claim that stands says of its place."""

    policy_no: str
    accident_division: str


async def wanderers(tx: Transaction, claims: Sequence[uuid.UUID]) -> dict[uuid.UUID, Named]:
    """Those of these claims of which some filed state names another policy, or another place of the accident."""
    rows = await tx.fetch(_WANDERERS, literal("uuid", claims))
    return {
        uuid.UUID(bytes=row["record_id"].bytes): Named(row["policy_no"], row["accident_division"])
        for row in rows
    }


_WANDERERS = (
    f"SELECT c.record_id, c.policy_no, c.accident_division FROM {looked_up('claim', 'record_id', '$1')} AS c"  # noqa: S608
    " CROSS JOIN LATERAL (SELECT bool_or((h.policy_no, h.accident_division) IS DISTINCT FROM"
    " (c.policy_no, c.accident_division)) AS elsewhere FROM claim_history h"
    " WHERE h.record_id = c.record_id AND NOT h.voided OFFSET 0) AS once WHERE once.elsewhere"
)


async def states(tx: Transaction, claims: Sequence[uuid.UUID]) -> list[State]:
    """Every state ever accepted of these claims, in the order of reception; ``voided`` where the claim is withdrawn."""
    rows = await tx.fetch(
        "SELECT h.record_id, h.recorded_at, h.filing_id, h.ordinal, f.standard, c.voided,"  # noqa: S608
        " h.version IS NOT NULL AND (h.filing_id, h.ordinal) = (c.filing_id, c.ordinal) AS counts"
        f" FROM {looked_up('claim', 'record_id', '$1')} AS c CROSS JOIN LATERAL"
        " (SELECT * FROM claim_history WHERE record_id = c.record_id AND NOT voided OFFSET 0) AS h CROSS JOIN LATERAL"
        " (SELECT * FROM filing WHERE filing_id = h.filing_id OFFSET 0) AS f"
        " ORDER BY h.record_id, h.recorded_at, h.ordinal",
        literal("uuid", claims),
    )
    return [
        State(
            uuid.UUID(bytes=row["record_id"].bytes),
            row["recorded_at"],
            row["counts"],
            row["voided"],
            (uuid.UUID(bytes=row["filing_id"].bytes), row["ordinal"]),
            row["standard"],
        )
        for row in rows
    ]


async def move(
    tx: Transaction, insurer: str, settled: Mapping[uuid.UUID, tuple[Settled, datetime]], *, now: datetime
) -> None:
    """Write these clocks, by their ids, as they follow from all states; each with the instant its start was received.

    One statement. What they were is kept, as of ``now``.
    """
    if settled:
        rows = [
            row_of(identity, subject_id(insurer, one.fact), one, seen_at)
            for identity, (one, seen_at) in settled.items()
        ]
        await tx.fetch(_MOVE, insurer, now, *literals(list(ROW.values()), list(zip(*rows, strict=True))))


_NAMES = ("clock_id", "subject_id", "subject_kind", "subject_key", "clock", "period")
_START = ("start_on", "start_seen_at", "nominal_on", "due", "provisional")
# What was filed twice at once may have been stored as the later of the two received it: what the earlier one started or
# met under the same law stands.
_STARTED = "c.jurisdiction = excluded.jurisdiction AND c.start_seen_at < excluded.start_seen_at"
_VALUES = {
    **{name: f"excluded.{name}" for name in ROW if name not in _NAMES},
    **{name: f"CASE WHEN {_STARTED} THEN c.{name} ELSE excluded.{name} END" for name in _START},
    "met_at": "CASE WHEN excluded.met_at IS NOT NULL THEN LEAST(c.met_at, excluded.met_at) END",
}
_MOVE = remembering(
    f"INSERT INTO clock AS c (insurer, {', '.join(ROW)}, changed_at)"  # noqa: S608
    f" SELECT $1, {', '.join(f'f.{name}' for name in ROW)}, $2 FROM {unnested(list(ROW), list(ROW.values()), 3, 'f')}"
    " ORDER BY f.clock_id ON CONFLICT (clock_id) DO UPDATE SET"
    f" {', '.join(f'{name} = {value}' for name, value in _VALUES.items())},"
    " changed_at = GREATEST(c.changed_at, excluded.changed_at)"
    f" WHERE ({', '.join(f'c.{name}' for name in _VALUES)}) IS DISTINCT FROM ({', '.join(_VALUES.values())})"
)
