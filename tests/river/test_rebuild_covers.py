"""Covers counted ahead follow from the filings and the roster: a rebuild counts them anew and changes nothing."""

from __future__ import annotations

from datetime import date

from ajx_gateway.identity import Caller, scope_of
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.store import cover_folding, roster
from ajx_gateway.store.roster import Entry, Filing

from .conftest import NOW

SUZHOU = scope_of(Caller("r", "regulator", "应急管理局（虚构）", territory="3413"))


async def test_a_rebuild_finds_the_cover_that_was_tampered_with(desk, store, push, make):
    policy = make("policy", policy_no="C-1", **{"enterprise.division": "341302001"})
    listed = Entry(
        uscc=policy["enterprise"]["uscc"], source="区名录（虚构）", name="虚构企业", division="341302001", address=None,
        industry=None, sector_tags=("machinery",), employee_count=None, employee_counted_on=None, size=None,
        effective_from=date(2026, 1, 1), effective_to=None,
    )  # fmt: skip
    async with store.writing(SUZHOU) as tx:
        filing = Filing("suzhou-city", "3413", "csv", "0" * 64, 1, 0, replace=False)
        await roster.file(tx, filing, [listed], last_day=date(2026, 1, 1), now=NOW, dry_run=False)
    await push("policy", policy)
    # What is noted and not yet folded is no difference, and stays noted.
    assert await rebuild(store, desk.calendar) == []
    assert await cover_folding.fold_some(store) == 2
    assert await rebuild(store, desk.calendar) == []
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE cover_segment SET insured = insured + 1 WHERE insured IS NOT NULL"
        )
    [found] = await rebuild(store, desk.calendar)
    assert (found.table, found.examples[0]) == ("cover_segment", listed.uscc)
