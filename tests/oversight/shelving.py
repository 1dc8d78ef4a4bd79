"""Puts rows straight onto the shelves (current table and history), as a push would leave them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ajx_gateway.identity import Caller, system_scope
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clock_endings, tables
from ajx_gateway.store.attached_tables import SUMMED as ATTACHED
from ajx_gateway.store.attached_tables import attached_change
from ajx_gateway.store.clock_counting import CELL, cells, contribution, counts
from ajx_gateway.store.cover_notes import ENTERPRISES
from ajx_gateway.store.cover_tables import cover_change
from ajx_gateway.store.database import Transaction

ANAN, BEIAN = "91440600MA00000A1X", "91440600MA00000B2X"
T0 = datetime(2024, 1, 10, 2, 0, tzinfo=UTC)
NOW = datetime(2024, 6, 1, 2, 0, tzinfo=UTC)
_FILING = UUID("00000000-0000-0000-0000-00000000f111")
_SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")

CALLERS = {
    "city": Caller("foshan-city", "regulator", "佛山市应急管理局（虚构）", territory="4406"),
    "nanhai": Caller("nanhai-district", "regulator", "南海区应急管理局（虚构）", territory="440605"),
    "guicheng": Caller("guicheng-town", "regulator", "桂城街道应急办（虚构）", territory="440605011"),
    "suzhou": Caller("suzhou-city", "regulator", "宿州市应急管理局（虚构）", territory="3413"),
    "reviewer": Caller("suzhou-reviewer", "regulator", "宿州市应急管理局复核（虚构）", territory="3413"),
    "auditor": Caller("auditor", "auditor", "审计（虚构）"),
    "operator": Caller("operator", "operator", "运维（虚构）"),
    "consultant": Caller("consultant", "consultant", "数据顾问（虚构）"),
    "adviser": Caller("adviser", "adviser", "保险顾问（虚构）", territory="4406"),
    "insurer": Caller("insurer-a", "insurer", "甲保险（虚构）", insurer="91440600MA00000A1X"),
}

POLICY: dict[str, Any] = {
    "enterprise_uscc": "91440605MA00000001",
    "enterprise_name": "虚构五金厂",
    "industry": "C3311",
    "size": "small",
    "sector_tags": ["machinery"],
    "subject_type": "enterprise",
    "subject_code": None,
    "signed_on": date(2023, 5, 10),
    "effective_on": date(2023, 5, 11),
    "expires_on": date(2024, 5, 10),
    "per_person_death": Decimal("500000.00"),
    "per_accident": Decimal("2000000.00"),
    "aggregate": Decimal("4000000.00"),
    "premium_base": Decimal("1000.00"),
    "premium_adjusted": Decimal("1000.00"),
    "premium_received": Decimal("1000.00"),
    "premium_refunded": Decimal("0.00"),
    "insured_count": 10,
    "employee_count": 12,
    "fund_amount": Decimal("150.00"),
    "subsidy_amount": None,
    "branch_division": "440600",
    "credit_list": None,
    "standardization_level": None,
    "renewal_of": None,
    "migrated": None,
    "division": "440605011",
}
CLAIM: dict[str, Any] = {
    "state": "reported",
    "close_result": None,
    "reported_on": date(2023, 8, 1),
    "occurred_on": date(2023, 7, 31),
    "accident_division": "440605011",
    "accident_type": "object_strike",
    "accident_grade": None,
    "deaths": 0,
    "missing": 0,
    "serious_injuries": 0,
    "minor_injuries": 0,
    "direct_loss": Decimal("0.00"),
    "reserve": Decimal("0.00"),
    "paid": Decimal("0.00"),
    "closed_on": None,
    "completed_on": None,
    "division": "440605011",
}
SERVICE: dict[str, Any] = {
    "plan_no": None,
    "state": "completed",
    "form": "on_site",
    "started_on": date(2023, 6, 1),
    "service_division": "440605011",
    "agency_uscc": None,
    "cost": Decimal("100.00"),
    "charge_mode": "free",
    "items": ["training"],
    "evidence": [],
    "rating_attitude": None,
    "rating_professionalism": None,
    "rating_timeliness": None,
    "division": "440605011",
}
HAZARD: dict[str, Any] = {
    "service_no": None,
    "level": "general",
    "state": "found",
    "category": "electrical",
    "found_on": date(2023, 6, 2),
    "notified_on": None,
    "deadline_on": None,
    "rectified_on": None,
    "reviewed_on": None,
    "refused_on": None,
    "reported_on": None,
    "division": None,
}
FUND: dict[str, Any] = {
    "type": "accrual",
    "amount": Decimal("0.00"),
    "entered_on": date(2023, 6, 30),
    "purpose": None,
    "service_no": None,
    "reverses_entry_no": None,
    "kept_division": "440605",
    "division": "440605",
}
ENDORSEMENT: dict[str, Any] = {
    "type": "change_information",
    "issued_on": date(2023, 9, 1),
    "effective_on": date(2023, 9, 1),
    "new_expires_on": None,
    "premium_change": Decimal("0.00"),
    "insured_count_change": None,
    "division": None,
}
PLAN: dict[str, Any] = {
    "state": "submitted",
    "agency_uscc": None,
    "planned_count": 1,
    "submitted_on": date(2023, 5, 20),
    "confirmed_on": None,
    "division": None,
}
REPORT: dict[str, Any] = {
    "type": "annual_service",
    "year": 2023,
    "quarter": None,
    "report_division": "440605",
    "submitted_on": date(2023, 12, 1),
    "policies": 0,
    "services": 0,
    "hazards_general": 0,
    "hazards_major": 0,
    "hazards_rectified": 0,
    "fund_accrued": Decimal("0.00"),
    "fund_spent": Decimal("0.00"),
    "division": "440605",
}
SAMPLES = {
    "policy": POLICY,
    "claim": CLAIM,
    "service": SERVICE,
    "hazard": HAZARD,
    "fund_entry": FUND,
    "endorsement": ENDORSEMENT,
    "service_plan": PLAN,
    "annual_report": REPORT,
}


CASES = (
    "finding_case",
    "finding_step",
    "statement",
    "complaint",
    "complaint_step",
    "finding_place",
    "finding_again",
    "outage_credit",
)
SUMS = (
    "policy_delta", "policy_sum", "enterprise_month", "enterprise_link", "clock_delta", "clock_sum", "clock_before",
    "cover_change", "attached_change", "attached_fact", "attached_sum", "attached_link",
)  # fmt: skip
SUMMED = (
    "division", "signed_on", "industry", "size", "sector_tags", "enterprise_uscc", "insured_count", "premium_received",
    "premium_refunded", "premium_adjusted", "aggregate", "subsidy_amount", "fund_amount", "renewal_of",
)  # fmt: skip


# A clock is cancelled when its policy is, whichever came first.
_CANCELLED = "UPDATE clock SET cancelled_on = cancelled_on(subject_id) WHERE clock_id = :clock_id AND subject_kind = 'policy'"
# The counts learn of a clock as a push would tell them.
_COUNTED = (
    f"INSERT INTO clock_delta ({', '.join(CELL)}, n) "
    + cells(f"SELECT {contribution('c', '1')} FROM clock c WHERE c.clock_id = :clock_id AND {counts('c')}")
).replace("::", "\\:\\:")


class Shelf:
    """The tables, written as their owner."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    async def clear(self) -> None:
        names = [
            *tables.RECORDS,
            *(t.name for t in tables.HISTORY.values()),
            "clock",
            "excuse",
            "outage",
            "event",
            *CASES,
            "clock_before",
            "clock_delta",
            "clock_sum",
            *SUMS,
        ]
        async with self.engine.begin() as connection:
            await connection.execute(sa.text(f"TRUNCATE {', '.join([*names, 'document', 'insurer'])}"))
            # Whoever stays on the roster has lost what covered them.
            await connection.execute(sa.text(f"{ENTERPRISES} SELECT DISTINCT uscc FROM roster_state"))

    async def put(self, kind: str, key: str, **state: Any) -> UUID:
        """One state of one record; the state with the highest ``revised_at`` is the current one."""
        async with self.engine.begin() as connection:
            return await _put(connection, kind, key, **state)

    async def put_all(self, states: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        """Many states in one transaction."""
        async with self.engine.begin() as connection:
            for kind, key, state in states:
                await _put(connection, kind, key, **state)

    async def put_row(self, table: sa.Table, **row: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(insert(table).values(row))
            if table is tables.clock:
                await connection.execute(sa.text(_CANCELLED), {"clock_id": row["clock_id"]})
                await connection.execute(sa.text(_COUNTED), {"clock_id": row["clock_id"]})

    async def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(sa.select(table))).mappings()]


def same_id(*parts: object) -> UUID:
    return uuid5(_SPACE, repr(parts))


async def _put(
    connection: AsyncConnection,
    kind: str,
    key: str,
    *,
    insurer: str = ANAN,
    policy_no: str | None = None,
    recorded_at: datetime = T0,
    revised_at: datetime | None = None,
    voided: bool = False,
    **own: Any,
) -> UUID:
    identity = record_id(insurer, kind, key)
    row = {
        **SAMPLES[kind],
        **own,
        "record_id": identity,
        "insurer": insurer,
        "key": key,
        "revised_at": revised_at or recorded_at - timedelta(hours=1),
        "content_hash": b"\0",
        "version": 1,
        "filing_id": _FILING,
        "ordinal": 0,
        "recorded_at": recorded_at,
        "voided": voided,
    }
    table = tables.RECORDS[kind]
    if "policy_id" in table.c:
        row |= {
            "policy_no": policy_no,
            "policy_id": None if policy_no is None else record_id(insurer, "policy", policy_no),
        }
    fresh = insert(table).values(row)
    newest = fresh.on_conflict_do_update(
        index_elements=["record_id"],
        set_={name: fresh.excluded[name] for name in row if name != "record_id"},
        where=table.c.revised_at < fresh.excluded.revised_at,
    )
    await connection.execute(insert(tables.HISTORY[kind]).values(row))
    if kind == "policy":
        await _tell(connection, identity, -1)
    await _note(connection, kind, identity)
    await connection.execute(newest)
    await _note(connection, kind, identity)
    if kind == "policy":
        await _tell(connection, identity, 1)
    if kind == "endorsement":
        raw = (await connection.get_raw_connection()).driver_connection
        tx = Transaction(connection, raw, system_scope("test"), bytes(32))
        await clock_endings.settle(tx, insurer, [identity])
    return identity


async def _note(connection: AsyncConnection, kind: str, identity: UUID) -> None:
    """The counts of the covered, and of what is attached to policies, learn whose record it is."""
    own = tables.RECORDS[kind]
    if kind in ATTACHED or kind == "policy":
        for attached in ATTACHED if kind == "policy" else (kind,):
            subject = (
                own.c.record_id if kind == "policy" else sa.func.coalesce(own.c.policy_id, own.c.record_id)
            )
            note = sa.select(sa.literal(attached), subject, own.c.insurer).where(own.c.record_id == identity)
            await connection.execute(
                insert(attached_change).from_select(["kind", "subject_id", "insurer"], note)
            )
    named = {"policy": "enterprise_uscc", "endorsement": "policy_id"}.get(kind)
    if named is not None:
        table = tables.RECORDS[kind]
        whose = sa.select(table.c[named]).where(table.c.record_id == identity, table.c[named].is_not(None))
        await connection.execute(insert(cover_change).from_select([named], whose))


async def _tell(connection: AsyncConnection, identity: UUID, sign: int) -> None:
    """The sums learn of the state that ceases or begins to count."""
    named = ("record_id", "insurer", "sign", *SUMMED)
    table = tables.RECORDS["policy"]
    columns = [sa.literal(sign) if name == "sign" else table.c[name] for name in named]
    counts = sa.select(*columns).where(table.c.record_id == identity, sa.not_(table.c.voided))
    await connection.execute(insert(tables.policy_delta).from_select(list(named), counts))
