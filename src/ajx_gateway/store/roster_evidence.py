"""WHICH parent companies' policies cover enterprises of the roster? Accepted with reasons, withdrawn with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from ajx_gateway.store import cover_notes
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.roster_tables import roster_evidence
from ajx_gateway.store.sources import within
from ajx_gateway.store.tables import INSTANT


@dataclass(frozen=True, slots=True)
class Evidence:
    """A policy that the parent company took out and that covers this enterprise, too."""

    uscc: str
    division: str
    policy_no: str
    insurer_name: str
    policyholder_name: str
    effective_on: date
    expires_on: date
    document_sha256: str
    insured_count: int | None
    reason: str


async def accept(tx: Transaction, evidence: Evidence, *, by: str, now: datetime) -> UUID:
    """Keep the evidence; its id."""
    evidence_id = uuid4()
    row = {**asdict(evidence), "evidence_id": evidence_id, "accepted_at": now, "accepted_by": by}
    await tx.execute(sa.insert(roster_evidence).values(row))
    await cover_notes.note(tx, evidence.uscc)
    return evidence_id


async def withdraw(
    tx: Transaction, uscc: str, evidence_id: UUID, *, by: str, reason: str, now: datetime
) -> bool:
    """Withdraw it once; False when there is none in the scope that stands."""
    of = roster_evidence.c
    done = await tx.execute(
        sa.update(roster_evidence)
        .where(
            of.evidence_id == evidence_id,
            of.uscc == uscc,
            of.withdrawn_at.is_(None),
            *within(tx.scope, of.division),
        )
        .values(withdrawn_at=now, withdrawn_by=by, withdrawn_reason=reason)
    )
    await cover_notes.note(tx, uscc)
    return done.rowcount == 1


async def of_enterprises(tx: Transaction, usccs: Sequence[str]) -> list[Mapping[str, Any]]:
    """All evidence about these enterprises, withdrawn ones included, the newest first."""
    of = roster_evidence.c
    found = await tx.execute(
        sa.select(roster_evidence).where(of.uscc.in_(usccs)).order_by(of.accepted_at.desc(), of.evidence_id)
    )
    return [dict(row) for row in found.mappings()]


def standing(as_of: datetime | None) -> sa.ColumnElement[bool]:
    """Accepted and not withdrawn: now, or for whoever looked at ``as_of``."""
    of = roster_evidence.c
    if as_of is None:
        return of.withdrawn_at.is_(None)
    at = sa.literal(as_of, INSTANT)
    return sa.and_(of.accepted_at <= at, sa.or_(of.withdrawn_at.is_(None), of.withdrawn_at > at))
