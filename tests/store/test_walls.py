"""Nobody sees what is not theirs, even when a query forgets to ask: row-level security on a real PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from ajx_gateway.identity import Caller, Scope, scope_of, system_scope
from ajx_gateway.store import layout, tables
from ajx_gateway.store.database import Store

MINE, THEIRS = "9144TESTMINE000001", "9144TESTTHEIRS0001"
NOW = datetime(2026, 11, 20, tzinfo=UTC)

# Every table with rows of one insurer or one place; a new one must be named here or in OPEN.
WALLED = {
    *tables.RECORDS,
    *(f"{kind}_history" for kind in tables.RECORDS),
    "filing",
    "filing_frame",
    "document",
    "clock",
    "excuse",
    "event",
    "policy_delta",
    "policy_sum",
    "enterprise_month",
    "enterprise_link",
    "clock_delta",
    "clock_sum",
    "attached_change",
    "attached_fact",
    "attached_sum",
    "attached_link",
}
# What regulators keep of their own, and what insurers are shown of it: named by a place, an insurer, or both.
KEPT = {
    *("alert_answer", "appeal", "clock_before", "complaint", "complaint_step", "evaluation", "finding_case"),
    *("clock_late", "cover_change", "cover_segment", "cover_sum"),
    *("finding_again", "finding_place", "finding_step", "inspection", "outage_credit", "registration"),
    *("report",),
    *("roster_evidence", "roster_filing", "roster_state", "sample", "sample_member", "scorecard"),
    *("scorecard_unit", "statement"),
}
# What names nobody, or is everybody's.
OPEN = {"breach_watch", "insurer", "client", "client_key", "spent_assertion", "outage"}
# All the names by which a row of one side can be told.
OURS, FOREIGN = {MINE, "4406", "440605", "440605011"}, {THEIRS, "3413", "341302", "341302001"}


@pytest.fixture(scope="module")
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store(database_url, data_key=b"k" * 32)
    async with opened.writing(system_scope("test")) as tx:
        for name in sorted(WALLED):
            for insurer, town in ((MINE, "440605011"), (THEIRS, "341302001")):
                await tx.execute(tables.metadata.tables[name].insert(), _row(name, insurer, town))
    async with opened.engine.begin() as owner:
        for name in sorted(KEPT):
            for insurer, town in ((MINE, "440605011"), (THEIRS, "341302001")):
                await owner.execute(layout.metadata.tables[name].insert(), _row(name, insurer, town))
    yield opened
    await opened.close()


def _id(insurer: str, what: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, insurer + what)


def _row(name: str, insurer: str, town: str) -> dict[str, object]:
    row: dict[str, object] = {}
    for column in layout.metadata.tables[name].columns:
        if column.name == "insurer":
            row[column.name] = insurer
        elif column.name in {"territory", "place"} and isinstance(column.type, sa.Text):
            row[column.name] = town[:4]
        elif column.name == "jurisdiction" and name in KEPT:
            row[column.name] = f"{town[:4]}00"
        elif column.name.endswith("uscc") and name in KEPT:
            row[column.name] = f"{town[:6]}"
        elif column.name in {"division", "kept_division", "report_division"}:
            row[column.name] = town
        elif column.name in {"record_id", "policy_id", "clock_id"}:
            shared = "policy" if column.name == "policy_id" or name.startswith("policy") else column.name
            row[column.name] = _id(insurer, shared)
        elif column.name == "xid" and name not in KEPT:
            continue
        elif name in KEPT and isinstance(column.type, sa.Uuid):
            row[column.name] = _id(insurer, column.name)
        else:
            row[column.name] = _some(column)
    return row


def _some(column: sa.Column[object]) -> object:
    values: dict[type, object] = {
        sa.Text: "x",
        sa.Integer: 1,
        sa.BigInteger: 1,
        sa.Boolean: False,
        sa.Date: date(2026, 11, 1),
        sa.DateTime: NOW,
        sa.Numeric: Decimal(1),
        sa.LargeBinary: b"x",
        sa.Uuid: uuid.uuid4(),
        sa.ARRAY: ["1"] if isinstance(getattr(column.type, "item_type", None), sa.Text) else [],
    }
    return next((v for kind, v in values.items() if isinstance(column.type, kind)), {})


def insurer_scope(uscc: str) -> Scope:
    return scope_of(Caller(name="i", role="insurer", title="示例", insurer=uscc))


def regulator_scope(territory: str) -> Scope:
    return scope_of(Caller(name="r", role="regulator", title="示例", territory=territory))


async def seen(store: Store, scope: Scope, table: str) -> set[str]:
    async with store.reading(scope) as tx:
        return {row["insurer"] for row in await tx.fetch(f"SELECT insurer FROM {table}")}


async def test_every_table_is_walled_or_open_on_purpose():
    assert set(layout.metadata.tables) == WALLED | KEPT | OPEN


async def told(store: Store, scope: Scope, table: str) -> set[str]:
    """Whose rows of the table are seen, by the names in them."""
    async with store.reading(scope) as tx:
        rows = await tx.fetch(f"SELECT * FROM {table}")
    return {str(value) for row in rows for value in row.values()} & (OURS | FOREIGN)


@pytest.mark.parametrize("table", sorted(KEPT))
async def test_what_is_kept_of_one_place_or_insurer_is_not_seen_from_another(store, table):
    for territory in ("4406", "440605", "440605011"):
        assert not await told(store, regulator_scope(territory), table) & FOREIGN, territory
    for territory in ("3413", "341302"):
        assert not await told(store, regulator_scope(territory), table) & OURS, territory
    if table != "evaluation":  # that a place published one is no secret to any insurer; its scorecards are
        assert not await told(store, insurer_scope(MINE), table) & FOREIGN
    assert await told(store, system_scope("test"), table) & OURS, "the test put a row there"


@pytest.mark.parametrize("table", sorted(WALLED))
async def test_an_insurer_sees_its_own_rows_only(store, table):
    assert await seen(store, insurer_scope(MINE), table) == {MINE}


@pytest.mark.parametrize("table", sorted(WALLED))
async def test_a_regulator_sees_its_territory_only(store, table):
    hidden = {"filing", "filing_frame", "event", "attached_change"}
    inside = set() if table in hidden else {MINE}
    for territory in ("44", "4406", "440605", "440605011"):
        assert await seen(store, regulator_scope(territory), table) == inside, territory
    for territory in ("440606", "440605012", "3413"):
        assert MINE not in await seen(store, regulator_scope(territory), table), territory


@pytest.mark.parametrize("table", sorted(WALLED | KEPT))
async def test_a_transaction_that_sets_no_scope_sees_nothing(store, database_url, table):
    plain = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('role', 'ajx_app', true)")
            assert await connection.fetch(f"SELECT * FROM {table}") == []
    finally:
        await connection.close()


async def test_nothing_of_a_scope_survives_its_transaction(store):
    async with store.writing(insurer_scope(MINE)) as tx:
        assert (await tx.fetch("SELECT current_setting('app.insurer', true) AS s"))[0]["s"] == MINE
    async with store.engine.connect() as connection:
        left = await connection.exec_driver_sql("SELECT current_setting('app.insurer', true), current_user")
        setting, role = left.one()
        assert setting in (None, "")
        assert role != "ajx_app"


@pytest.mark.parametrize("table", sorted(tables.RECORDS))
async def test_an_insurer_cannot_write_in_another_ones_name(store, table):
    row = {**_row(table, THEIRS, "440605011"), "record_id": uuid.uuid4()}
    with pytest.raises(sa.exc.DBAPIError, match="row-level security"):
        async with store.writing(insurer_scope(MINE)) as tx:
            await tx.execute(tables.RECORDS[table].insert(), row)


@pytest.mark.parametrize("table", ["filing", "filing_frame", "document", "event", "policy_history"])
async def test_evidence_is_append_only(store, table):
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET insurer = insurer", f"TRUNCATE {table}"):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, sa.exc.DBAPIError)):
            async with store.writing(system_scope("test")) as tx:
                await tx.fetch(statement)


async def test_history_stays_visible_where_it_happened_when_a_policy_moves_away(store):
    moved = {**_row("policy", MINE, "440606001"), "record_id": uuid.uuid4(), "key": "MOVED"}
    async with store.writing(system_scope("test")) as tx:
        await tx.execute(tables.RECORDS["policy"].insert(), moved)
        for year, town in ((2025, "440605011"), (2026, "440606001")):
            at = datetime(year, 1, 1, tzinfo=UTC)
            state = {**moved, "division": town, "revised_at": at, "recorded_at": at}
            await tx.execute(tables.HISTORY["policy"].insert(), state)
    for territory, expected in (("440605", 2), ("440606", 2), ("440607", 0)):
        async with store.reading(regulator_scope(territory)) as tx:
            rows = await tx.fetch("SELECT 1 FROM policy_history WHERE key = 'MOVED'")
        assert len(rows) == expected, territory
    async with store.reading(regulator_scope("440605")) as tx:
        assert await tx.fetch("SELECT 1 FROM policy WHERE key = 'MOVED'") == []


async def test_a_regulator_writes_no_records_and_no_clocks(store):
    for table in ("policy", "clock"):
        row = {**_row(table, MINE, "440605011"), tables.metadata.tables[table].c[0].name: uuid.uuid4()}
        with pytest.raises(sa.exc.DBAPIError, match="row-level security"):
            async with store.writing(regulator_scope("440605")) as tx:
                await tx.execute(tables.metadata.tables[table].insert(), row)


async def test_the_app_role_owns_nothing(store):
    async with store.reading(system_scope("test")) as tx:
        owned = await tx.fetch("SELECT relname FROM pg_class WHERE relowner = 'ajx_app'::regrole")
        assert owned == []


async def test_sums_over_several_insurers_or_larger_places_are_nobodys_own(store):
    base = _row("policy_sum", MINE, "440605011")
    coarse = [("440605", MINE), ("440605", ""), ("44", ""), ("44", MINE), ("", ""), ("", MINE)]
    async with store.writing(system_scope("test")) as tx:
        for division, insurer in coarse:
            row = {**base, "grain": 999, "division": division, "insurer": insurer}
            await tx.execute(tables.policy_sum.insert(), row)

    async def shown(scope: Scope) -> set[tuple[str, str]]:
        async with store.reading(scope) as tx:
            rows = await tx.fetch("SELECT division, insurer FROM policy_sum WHERE grain = 999")
        return {(row["division"], row["insurer"]) for row in rows}

    try:
        assert await shown(insurer_scope(MINE)) == {("440605", MINE), ("44", MINE), ("", MINE)}
        assert await shown(insurer_scope(THEIRS)) == set()
        assert await shown(regulator_scope("440605")) == {("440605", MINE), ("440605", "")}
        assert await shown(regulator_scope("440605011")) == set()
        assert await shown(regulator_scope("3413")) == set()
        assert await shown(system_scope("test")) == set(coarse)
    finally:
        async with store.engine.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM policy_sum WHERE grain = 999")


@pytest.mark.parametrize(
    "scope", [insurer_scope(MINE), regulator_scope("440605")], ids=["insurer", "regulator"]
)
async def test_only_the_folder_takes_deltas_out_and_adds_to_sums(store, scope):
    for table in ("policy_sum", "enterprise_month", "enterprise_link"):
        counted = list(tables.metadata.tables[table].columns)[-1].name
        async with store.writing(scope) as tx:
            assert await tx.fetch(f"UPDATE {table} SET {counted} = 0 RETURNING 1") == []
        with pytest.raises((asyncpg.InsufficientPrivilegeError, sa.exc.DBAPIError)):
            async with store.writing(scope) as tx:
                await tx.execute(tables.metadata.tables[table].insert(), _row(table, MINE, "440605012"))
    async with store.writing(scope) as tx:
        assert await tx.fetch("DELETE FROM policy_delta RETURNING 1") == []


async def test_an_insurer_tells_the_sums_of_its_own_policies_only(store):
    for scope, insurer in ((insurer_scope(MINE), THEIRS), (regulator_scope("440605"), MINE)):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, sa.exc.DBAPIError)):
            async with store.writing(scope) as tx:
                await tx.execute(tables.policy_delta.insert(), _row("policy_delta", insurer, "440605011"))
