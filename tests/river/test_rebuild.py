"""Everything stored follows from the filings: a rebuild finds no difference, and finds the one that is made."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

from ajx_gateway import standard
from ajx_gateway.intake import documents, voiding
from ajx_gateway.intake.rebuilding import rebuild

from .conftest import NOW


async def _portfolio(desk, push, make, insurer):
    place = {"enterprise.division": "341302001", "signed_on": "2026-11-16", "effective_on": "2026-11-17"}
    policies = [make("policy", policy_no=f"R-{n}", **place) for n in range(30)]
    newer = [
        {**p, "promised_settlement_days": 99, "revised_at": "2026-11-19T00:00:00+08:00"}
        for p in policies[:10]
    ]
    older = [
        {**p, "promised_settlement_days": 1, "revised_at": "2026-01-01T00:00:00+08:00"}
        for p in policies[5:15]
    ]
    await asyncio.gather(
        push("policy", *policies), push("policy", *newer), push("policy", *older), push("policy", *policies)
    )
    await push("claim", *(make("claim", claim_no=f"C-{n}", policy_no=f"R-{n}") for n in range(5)))
    await push("service", *(make("service", service_no=f"S-{n}", policy_no=f"R-{n}") for n in range(5)))
    await push("hazard", make("hazard", policy_no="R-1"), {"hazard_no": "broken"})
    await documents.file_document(
        desk,
        insurer,
        "R-3",
        b"%PDF-1.7 x %%EOF",
        media_type="application/pdf",
        key="doc",
        now=NOW + timedelta(hours=1),
    )
    body = json.dumps({"reason": "录入错误", "revised_at": "2026-11-20T00:00:00+08:00"}).encode()
    await voiding.void(
        desk,
        insurer,
        standard.KINDS["policy"],
        "R-7",
        body,
        key="void",
        version="1.0",
        now=NOW + timedelta(hours=2),
    )


async def test_a_rebuild_finds_nothing_and_then_finds_what_was_tampered_with(
    desk, store, push, make, insurer
):
    await _portfolio(desk, push, make, insurer)
    assert await rebuild(store, desk.calendar) == []
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE policy SET insured_count = 12345 WHERE key = 'R-2'")
        await connection.exec_driver_sql(
            "DELETE FROM clock WHERE subject_key = 'R-4' AND clock = 'policy_upload'"
        )
    found = {difference.table: difference for difference in await rebuild(store, desk.calendar)}
    # A clock that is gone is counted still.
    assert set(found) == {"policy", "clock", "clock_sum"}
    assert found["policy"].examples == ("R-2",)
    assert (found["clock"].stored_only, found["clock"].recomputed_only) == (0, 1)
