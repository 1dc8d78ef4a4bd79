"""A void that meets the record's first push on its way: it comes before it or after it, never half between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from ajx_gateway import errors, standard
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import Caller, SigningKey
from ajx_gateway.intake import records, submit, voiding
from ajx_gateway.intake.desk import Answer, Desk
from ajx_gateway.store.database import Store

from . import documents as made

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
INSURER = Caller("insurer-void", "insurer", "示例保险（虚构）", insurer="91440600VOIDS00001")
KIND = standard.KINDS["policy"]
GATE = 4_711

# The void's own statement waits at a gate after it has looked for the record: whoever holds the gate says what
# happens between that look and the next one.
GATED = f"""
CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_query() LIKE '%SET voided = true%' THEN
        PERFORM pg_advisory_xact_lock({GATE});
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gate AFTER UPDATE ON policy FOR EACH STATEMENT EXECUTE FUNCTION wait_at_the_gate();
"""


@pytest.fixture(scope="module")
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    plain = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    await connection.execute(GATED)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def desk(database_url: str) -> AsyncIterator[Desk]:
    store = Store(database_url, data_key=b"k" * 32, pool_size=4, pool_timeout=30)
    yield Desk(
        store=store, key=SigningKey.generate(), calendar=Calendar.load(None), issuer="https://ajx.test"
    )
    await store.close()


async def _void(desk: Desk, policy_no: str, tick: int) -> Answer:
    body = json.dumps({"reason": "重复录入", "revised_at": made.revised_at(tick).isoformat()}).encode()
    return await voiding.void(
        desk, INSURER, KIND, policy_no, body, key=f"void-{policy_no}", version=standard.CURRENT, now=NOW
    )


async def _push(desk: Desk, policy_no: str, tick: int) -> Answer:
    body = json.dumps(made.policy(policy_no, tick, 1, 0, 0, 20)).encode()
    return await submit.submit(
        desk, INSURER, KIND, body,
        media="json", key=f"push-{policy_no}", version=standard.CURRENT, now=NOW,
    )  # fmt: skip


async def _is_at_the_gate(owner: asyncpg.Connection, void: asyncio.Task[Answer]) -> None:
    """Until the void waits at the gate, or has been answered without ever coming there."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted"
    while not void.done() and not await owner.fetchval(waiting, GATE):
        await asyncio.sleep(0.005)


async def test_a_void_is_never_called_late_against_an_older_state_that_arrived_while_it_looked(
    desk: Desk, owner: asyncpg.Connection
) -> None:
    async with owner.transaction():
        await owner.execute(f"SELECT pg_advisory_xact_lock({GATE})")
        void = asyncio.create_task(_void(desk, "P-1", tick=20))
        await _is_at_the_gate(owner, void)
        await _push(desk, "P-1", tick=3)
    try:
        results = [item["result"] for item in json.loads((await void).body)["items"]]
    except errors.NotFound:
        results = ["not found"]
    stored = await records.fetch(desk, INSURER, KIND, "P-1", as_of=None, now=NOW)
    assert (results, stored["voided"]) in ((["not found"], False), (["updated"], True))


async def test_a_void_waits_for_a_correction_under_way_and_counts_if_it_is_newer(
    desk: Desk, owner: asyncpg.Connection
) -> None:
    await _push(desk, "P-2", tick=3)
    identity = await owner.fetchval("SELECT record_id FROM policy WHERE key = 'P-2'")
    async with owner.transaction():
        await owner.execute(
            "UPDATE policy SET revised_at = $2 WHERE record_id = $1", identity, made.revised_at(9)
        )
        void = asyncio.create_task(_void(desk, "P-2", tick=20))
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
        while not void.done() and not await owner.fetchval(waiting):
            await asyncio.sleep(0.005)
        assert not void.done()
    assert [item["result"] for item in json.loads((await void).body)["items"]] == ["updated"]
    assert (await records.fetch(desk, INSURER, KIND, "P-2", as_of=None, now=NOW))["voided"]
