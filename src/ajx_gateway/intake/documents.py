"""WHEN is an electronic policy filed? At the document door: kept byte for byte, and its acceptance stops the clock."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from ajx_gateway import identity, rules, standard
from ajx_gateway.deadlines import document_accepted
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller
from ajx_gateway.intake import receipt
from ajx_gateway.intake.consequences import Dating
from ajx_gateway.intake.desk import Answer, Desk
from ajx_gateway.intake.keyed import Request, once
from ajx_gateway.intake.receipt import ItemResult
from ajx_gateway.intake.submit import insurer_of
from ajx_gateway.standard import Finding
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clocks, documents, records
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.filings import Filing, digest
from ajx_gateway.store.together import Rows

KIND = "policy_document"

_EARLY = Finding(
    rule="document.policy_unknown",
    severity="warning",
    pointer="",
    expected="保单已报送",
    actual="网关尚未收到该保单",
    message="电子保单已受理；对应保单尚未报送，保单到达后自动关联，请尽快报送保单。",
    clause="网关接口规范",
)


async def file_document(
    desk: Desk, caller: Caller, policy_no: str, body: bytes, *, media_type: str, key: str, now: datetime
) -> Answer:
    """Keep one electronic policy (PDF or OFD, checked by the door before); it may come before its policy."""
    insurer = insurer_of(caller)
    request = Request(insurer, key, f"document {policy_no} {media_type}", digest(body))
    filing = Filing(
        filing_id=uuid.uuid4(),
        insurer=insurer,
        idempotency_key=key,
        kind=KIND,
        op="document",
        record_key=policy_no,
        body=body,
        body_sha256=request.body_sha256,
        media=media_type,
        fingerprint=request.fingerprint,
        standard=standard.CURRENT,
        rules=rules.RULESET,
        received_at=now,
        spans=[(0, len(body))],
    )

    async def work(tx: Transaction, _: Sequence[Rows]) -> Answer:
        policy_id = record_id(insurer, "policy", policy_no)
        result = await documents.keep_row(
            tx,
            filing_id=filing.filing_id,
            policy_id=policy_id,
            insurer=insurer,
            policy_no=policy_no,
            media_type=media_type,
            body=body,
            now=now,
        )
        facts = document_accepted(policy_no, received_at=now)
        dated = Dating(desk.calendar, ())
        settled = [dated.settled(fact, None) for fact in facts]
        done = await clocks.settle(tx, insurer, settled, now=now, subjects=[policy_id])
        known = await records.current(tx, "policy", policy_id) is not None
        standing = done.standings.get(policy_id, [])
        shown = [clock for clock in standing if clock.clock in {fact.clock for fact in facts}]
        item = ItemResult(0, policy_no, result, 1, () if known else (_EARLY,), False, shown)
        extra = {"sha256": filing.body_sha256.hex(), "bytes": len(body), "media_type": media_type}
        payload = {"filing": str(filing.filing_id), "policy_no": policy_no, **extra}
        told = Event("document.accepted", insurer, payload, now)
        return await receipt.keep(tx, [receipt.compose(desk, filing, [item], extra=extra)], [told])

    return await once(desk, identity.scope_of(caller), request, work)
