"""Raises findings as the offices do, and reads what became of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from shelving import ANAN, Shelf

from ajx_gateway.identity import Caller
from ajx_gateway.oversight.cases import Found, raise_finding
from ajx_gateway.store import tables
from ajx_gateway.store.case_tables import finding_case, finding_step
from ajx_gateway.store.database import Store

NOW = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def found(**own: Any) -> Found:
    """A finding of 宿州 about the first insurer, unless told otherwise."""
    told: dict[str, Any] = {
        "insurer": ANAN,
        "category": "product",
        "title": "未按备案费率承保",
        "detail": "抽查保单，实收费率低于备案费率（虚构）",
        "clause": "应急监二〔2023〕84号 附件 第1项",
        "happened_on": date(2024, 5, 20),
        "division": "341302",
        "evidence": [{"title": "保单扫描件", "reference": "sha256:" + "0" * 64}],
    }
    return Found(**(told | own))


async def registered(shelf: Shelf, *usccs: str) -> None:
    """The insurers are in the registry."""
    for uscc in usccs or (ANAN,):
        await shelf.put_row(
            tables.insurer, insurer=uscc, name="甲保险（虚构）", division=None, registered_at=NOW
        )


async def raised(store: Store, caller: Caller, now: datetime = NOW, **own: Any) -> UUID:
    answer = await raise_finding(store, caller, found(**own), key=None, now=now)
    return UUID(answer["finding"]["case_id"])


async def case_of(shelf: Shelf, case_id: UUID) -> dict[str, Any]:
    return next(row for row in await shelf.rows(finding_case) if row["case_id"] == case_id)


async def trail_of(shelf: Shelf, case_id: UUID) -> list[tuple[str, str, str]]:
    """(step, state after it, by whom), in order."""
    rows = sorted(await shelf.rows(finding_step), key=lambda row: row["seq"])
    return [(row["step"], row["state"], row["by"]) for row in rows if row["case_id"] == case_id]
