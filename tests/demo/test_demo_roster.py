"""The demo's rosters are sound, the same every time, and give the district's published shares."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from ajx_gateway.demo import nanhai, roster
from ajx_gateway.demo.portfolio import later
from ajx_gateway.oversight import roster_file, roster_rows
from ajx_gateway.oversight.roster_file import Form
from ajx_gateway.store.roster import Entry

# F20's 100 % group, and the key sectors as F18 last stated them; written out here, not asked of the law.
HIGH_RISK = {"mine_noncoal", "hazchem", "civil_explosive", "metallurgy", "fatal_3y"}
KEY = {"gas_town", "shipbuild", "ammonia", "ind_gas", "dust_ex", "occ_disease"}
ON = date(2023, 12, 31)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(("portfolio", "territory"), [("nanhai", "440605"), ("suzhou", "3413")])
def test_both_files_of_a_roster_hold_every_row_without_a_finding(
    portfolio: str, territory: str, form: Form
) -> None:
    filed = roster.rosters()[portfolio]
    body = roster.as_csv(filed) if form == "csv" else roster.as_xlsx(filed)
    sheet = roster_file.read(body, form)
    entries, findings = roster_rows.judged(sheet.rows, territory, filed.at.date())
    assert findings == []
    assert len(entries) == len(filed.rows) > 1_000
    assert all("虚构" in entry.name and "虚构" in entry.source for entry in entries)


def test_the_shares_of_nanhai_on_the_last_day_of_2023_are_the_published_ones() -> None:
    ends: dict[str, date] = {}
    for cover in nanhai.plan().covers:
        if cover.effective_on <= ON:
            end = cover.expires_on if cover.cancelled_on is None else later(cover.cancelled_on, -1)
            ends[cover.enterprise.uscc] = max(ends.get(cover.enterprise.uscc, date.min), end)
    body = roster.as_csv(roster.rosters()["nanhai"])
    entries, _ = roster_rows.judged(roster_file.read(body, "csv").rows, "440605", date(2022, 1, 10))
    listed = [
        e for e in entries if e.effective_from <= ON and (e.effective_to is None or e.effective_to >= ON)
    ]
    high = [e for e in listed if HIGH_RISK.intersection(e.sector_tags)]
    key = [e for e in listed if KEY.intersection(e.sector_tags) and e not in high]

    def share(group: list[Entry]) -> Decimal:
        insured = sum(ends.get(e.uscc, date.min) >= ON for e in group)
        return (Decimal(insured) / len(group)).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    assert share(high) == 1
    assert share(key) == Decimal("0.8951")
    assert len(high) > 1_000
    assert len(key) > 1_000
    assert len({e.uscc for e in listed}) == len(listed)


def test_the_workbook_is_the_same_every_time() -> None:
    filed = roster.rosters()["suzhou"]
    assert roster.as_xlsx(filed) == roster.as_xlsx(filed)
