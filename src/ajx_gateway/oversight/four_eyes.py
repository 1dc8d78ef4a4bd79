"""WHEN does a decision about points take effect? Where the place demands it, when two identities state the same."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ajx_gateway.jurisdictions import profile
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.store import statements
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.statements import Stated, Statement, Subject

DECISIONS = {"upheld": "成立", "dismissed": "不成立"}


def required(division: str, on: date) -> bool:
    """Does the law of that place (six or nine digits) and day ask for two identities?"""
    found = profile(division, on).value("four_eyes_required")
    return found is not None and found.value is True


async def stated(
    tx: Transaction,
    *,
    subject: Subject,
    subject_id: UUID,
    insurer: str | None,
    division: str,
    on: date,
    decision: str,
    reason: str,
    by: str,
    now: datetime,
) -> Stated:
    """State a decision; 'final' says that it takes effect, at once where one identity is enough.

    'first': it waits for a second identity. 'differs': the second disagreed, the matter is open again.
    """
    if not required(division, on):
        return "final"
    return await statements.state(
        tx,
        subject=subject,
        subject_id=subject_id,
        insurer=insurer,
        division=division,
        decision=decision,
        reason=reason,
        by=by,
        now=now,
    )


def waiting(found: list[Statement]) -> dict[str, Any] | None:
    """The statement that waits for a second one, as an answer shows it; None when none does."""
    first = statements.pending(found) if found else None
    if first is None:
        return None
    return {
        "decision": first.decision,
        "reason": first.reason,
        "stated_by": first.stated_by,
        "stated_at": shown_instant(first.stated_at),
    }
