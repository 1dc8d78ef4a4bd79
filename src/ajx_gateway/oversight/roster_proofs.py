"""WHOSE parent company insures them? Evidence about an enterprise of the roster, accepted and withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.roster import ABSENT, may_file
from ajx_gateway.oversight.shown import shown, shown_instant
from ajx_gateway.store import roster, roster_evidence
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.roster_evidence import Evidence

# A group's policy runs a year, a project's some years; longer is a slip of the pen.
_LONGEST = 10 * 366


async def accept(
    store: Store, caller: Caller, uscc: str, offered: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Accept evidence that a parent company's policy covers the enterprise; ``offered`` holds Evidence's members."""
    scope = may_file(caller)
    begins: date = offered["effective_on"]
    ends: date = offered["expires_on"]
    if not 0 <= (ends - begins).days <= _LONGEST:
        raise Unprocessable("终保日期须不早于起保日期，且保险期间不超过十年。", parameter="expires_on")
    asking.impersonal(reason=offered["reason"])
    async with store.writing(scope) as tx:
        division = await roster.division_of(tx, uscc)
        if division is None:
            raise NotFound(ABSENT)
        evidence = Evidence(uscc=uscc, division=division, **offered)
        evidence_id = await roster_evidence.accept(tx, evidence, by=caller.name, now=now)
        found = await _one(tx, uscc, evidence_id)
    return {"scope": territory_words(scope), "as_of": shown_instant(now), "evidence": found}


async def withdraw(
    store: Store, caller: Caller, uscc: str, evidence_id: UUID, reason: str, *, now: datetime
) -> dict[str, Any]:
    """Withdraw evidence once, with the reason; from now on it counts for no day."""
    scope = may_file(caller)
    asking.impersonal(reason=reason)
    async with store.writing(scope) as tx:
        done = await roster_evidence.withdraw(tx, uscc, evidence_id, by=caller.name, reason=reason, now=now)
        if not done:
            raise NotFound("没有这项有效的佐证，或它不在本辖区。")
        found = await _one(tx, uscc, evidence_id)
    return {"scope": territory_words(scope), "as_of": shown_instant(now), "evidence": found}


async def _one(tx: Transaction, uscc: str, evidence_id: UUID) -> dict[str, Any]:
    rows = await roster_evidence.of_enterprises(tx, [uscc])
    row = next(row for row in rows if row["evidence_id"] == evidence_id)
    return {name: shown(value) for name, value in row.items()}
