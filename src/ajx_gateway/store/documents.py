"""WHICH electronic policies were filed? A row a document; its bytes lie in the filing's frames."""

from __future__ import annotations

import uuid
from datetime import datetime

from ajx_gateway.store import tables
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.filings import digest


async def keep_row(
    tx: Transaction,
    *,
    filing_id: uuid.UUID,
    policy_id: uuid.UUID,
    insurer: str,
    policy_no: str,
    media_type: str,
    body: bytes,
    now: datetime,
) -> str:
    """Enter the document: "unchanged" when its bytes were filed for the policy before, else created or updated."""
    sha256 = digest(body).hex()
    # Two filings of one document look one after the other: a policy's documents are counted.
    await tx.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", f"document {policy_id}")
    rows = await tx.fetch("SELECT sha256 FROM document WHERE policy_id = $1", policy_id)
    before = {row["sha256"] for row in rows}
    if sha256 in before:
        return "unchanged"
    await tx.execute(
        tables.document.insert(),
        {
            "filing_id": filing_id,
            "policy_id": policy_id,
            "insurer": insurer,
            "policy_no": policy_no,
            "media_type": media_type,
            "sha256": sha256,
            "bytes": len(body),
            "accepted_at": now,
        },
    )
    return "updated" if before else "created"
