"""WHO stated what about a subject? Two identities that state the same within one round decide about it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from ajx_gateway.errors import Conflict
from ajx_gateway.store.case_tables import statement
from ajx_gateway.store.database import Transaction

Subject = Literal["finding", "excuse", "appeal", "publication", "complaint"]
Stated = Literal["first", "final", "differs"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; ``round`` counts from 1 and ends with its second statement."""

    round: int
    decision: str
    reason: str
    stated_by: str
    stated_at: datetime


async def hold(tx: Transaction, subject: Subject, subject_id: UUID) -> None:
    """From here to the end of the transaction nobody else states anything about this subject."""
    name = hashlib.sha256(f"{subject}\n{subject_id}".encode()).digest()[:8]
    await tx.fetch("SELECT pg_advisory_xact_lock($1)", int.from_bytes(name, "big", signed=True))


async def state(
    tx: Transaction,
    *,
    subject: Subject,
    subject_id: UUID,
    insurer: str | None,
    division: str,
    decision: str,
    reason: str,
    by: str,
    now: datetime,
) -> Stated:
    """Write one statement: 'first' of its round, 'final' when it agrees with another identity's, else 'differs'.

    ``errors.Conflict`` when the same identity has stated already in this round, or two have agreed before.
    Statements about one subject queue for each other, so that of many at once exactly one is the second.
    """
    await hold(tx, subject, subject_id)
    earlier = await of(tx, subject, subject_id)
    if agreed(earlier):
        raise Conflict("该事项已经两人作出一致决定，不能再次决定。", decision=earlier[-1].decision)
    open_round = pending(earlier)
    if open_round is not None and open_round.stated_by == by:
        raise Conflict(
            "本人已就该事项提出意见，须由另一位工作人员复核，同一身份不能两次决定。",
            decision=open_round.decision,
        )
    number = open_round.round if open_round else (earlier[-1].round + 1 if earlier else 1)
    row = {
        "statement_id": uuid.uuid4(),
        "subject": subject,
        "subject_id": subject_id,
        "round": number,
        "insurer": insurer,
        "division": division,
        "decision": decision,
        "reason": reason,
        "stated_by": by,
        "stated_at": now,
    }
    await tx.execute(sa.insert(statement).values(row))
    if open_round is None:
        return "first"
    return "final" if open_round.decision == decision else "differs"


async def of(tx: Transaction, subject: Subject, subject_id: UUID) -> list[Statement]:
    """Every statement about a subject, round by round, the first of each round first."""
    return (await of_all(tx, subject, [subject_id])).get(subject_id, [])


async def of_all(
    tx: Transaction, subject: Subject, subject_ids: Sequence[UUID]
) -> dict[UUID, list[Statement]]:
    """The same for many subjects at once; those about which nobody stated anything are missing."""
    s = statement.c
    found = await tx.execute(
        sa.select(s.subject_id, s.round, s.decision, s.reason, s.stated_by, s.stated_at)
        .where(s.subject == subject, s.subject_id.in_(subject_ids))
        .order_by(s.subject_id, s.round, s.stated_at, s.statement_id)
    )
    by_subject: dict[UUID, list[Statement]] = {}
    for row in found.mappings():
        told: Mapping[str, Any] = {name: row[name] for name in Statement.__dataclass_fields__}
        by_subject.setdefault(row["subject_id"], []).append(Statement(**told))
    return by_subject


def pending(statements: Sequence[Statement]) -> Statement | None:
    """The statement that waits for a second one, or None."""
    last = [one for one in statements if one.round == statements[-1].round]
    return last[0] if len(last) == 1 else None


def agreed(statements: Sequence[Statement]) -> bool:
    """True when two identities have stated the same."""
    last = [one for one in statements if one.round == statements[-1].round]
    return len(last) == 2 and last[0].decision == last[1].decision
