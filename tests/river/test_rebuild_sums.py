"""The sums follow from the filings, too: a rebuild folds what is pending, compares every grain, and changes nothing."""

from __future__ import annotations

import json
from datetime import timedelta

from ajx_gateway import standard
from ajx_gateway.intake import voiding
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.store import folding

from .conftest import NOW


async def test_a_rebuild_finds_the_sum_that_was_tampered_with(desk, store, push, make, insurer):
    place = {"enterprise.division": "341302001", "effective_on": "2026-11-17"}
    policies = [
        make("policy", policy_no=f"S-{n}", signed_on=f"2026-{9 + n % 3:02}-16", **place) for n in range(12)
    ]
    await push("policy", *policies)
    await folding.fold(store, portion=5)
    moved = [
        {**p, "signed_on": "2026-08-16", "revised_at": "2026-11-19T00:00:00+08:00"} for p in policies[:4]
    ]
    await push("policy", *moved)
    body = json.dumps({"reason": "录入错误", "revised_at": "2026-11-20T00:00:00+08:00"}).encode()
    await voiding.void(
        desk,
        insurer,
        standard.KINDS["policy"],
        "S-7",
        body,
        key="void",
        version="1.0",
        now=NOW + timedelta(hours=2),
    )
    async with store.engine.connect() as connection:
        pending = (await connection.exec_driver_sql("SELECT count(*) FROM policy_delta")).scalar_one()
    assert pending > 0
    assert await rebuild(store, desk.calendar) == []
    async with store.engine.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM policy_delta")).scalar_one() == pending
    await folding.fold_some(store)
    assert await rebuild(store, desk.calendar) == []
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE policy_sum SET premium = premium + 1 WHERE grain = (SELECT min(grain) FROM policy_sum)"
            " AND month = '2026-08-01'"
        )
        await connection.exec_driver_sql("UPDATE enterprise_link SET enterprises = 7 WHERE grain = 41")
    found = {difference.table: difference for difference in await rebuild(store, desk.calendar)}
    assert set(found) == {"policy_sum", "enterprise_link"}
    assert found["policy_sum"].examples == ("341302001 2026-08",)
