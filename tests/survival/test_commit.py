"""No byte of an acknowledgement leaves before the commit, at any address that writes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from .doors import INSURER, World, document_of, json_call
from .oversight_doors import STORING_NOTHING, WRITING
from .shelves import TABLES, look

READING = {"get", "head", "options", "parameters"}


async def test_every_writing_address_is_covered_here(gateway: World) -> None:
    """A new one that is not covered fails this test: say in doors.py or oversight_doors.py how it is called."""
    paths = gateway.app.openapi()["paths"]
    described = {(method.upper(), path) for path, of in paths.items() for method in of.keys() - READING}
    assert described == {*WRITING, *STORING_NOTHING}


async def test_no_address_writes_without_being_described(gateway: World) -> None:
    paths = gateway.app.openapi()["paths"]
    hidden = [
        (method, getattr(route, "path", ""))
        for route in gateway.app.routes
        for method in (getattr(route, "methods", None) or set()) - {"GET", "HEAD", "OPTIONS"}
        if getattr(route, "path_format", "").replace(":path", "") not in paths
    ]
    assert hidden == []


@pytest.fixture
async def failing_commit(eye: Any) -> AsyncIterator[None]:
    """Every transaction that wrote anything fails, and only when it commits."""
    await eye.execute(
        "CREATE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the commit failed'; END $$"
    )
    for table in TABLES:
        await eye.execute(
            f"CREATE CONSTRAINT TRIGGER fails AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_at_commit()"
        )
    await eye.execute(_switch("DISABLE"))
    yield
    await eye.execute("DROP FUNCTION fail_at_commit() CASCADE")


def _switch(on: str) -> str:
    return "; ".join(f"ALTER TABLE {table} {on} TRIGGER fails" for table in TABLES)


@pytest.mark.parametrize("door", WRITING, ids=lambda door: " ".join(door))
async def test_a_failing_commit_is_never_answered_with_success(
    gateway: World, eye: Any, failing_commit: None, door: tuple[str, str]
) -> None:
    call = await WRITING[door](gateway, next(gateway.numbers))
    before = await look(eye)
    await eye.execute(_switch("ENABLE"))
    refused = await gateway.send(call)
    assert refused.status in {500, 503}, refused
    await eye.execute(_switch("DISABLE"))
    assert await look(eye) == before
    assert gateway.connections_out() == 0
    # The same request did write: without the fault it is acknowledged, under the same key.
    answer = await gateway.send(call)
    assert answer.is_good, answer
    assert not answer.is_repeated
    assert await look(eye) != before


@pytest.mark.parametrize("door", STORING_NOTHING, ids=lambda door: " ".join(door))
async def test_what_stores_nothing_needs_no_commit(
    gateway: World, eye: Any, failing_commit: None, door: tuple[str, str]
) -> None:
    """Answered though nothing could be written, and nothing was: there is no receipt that could be wrong."""
    call = await STORING_NOTHING[door](gateway, next(gateway.numbers))
    before = await look(eye)
    await eye.execute(_switch("ENABLE"))
    answer = await gateway.send(call)
    await eye.execute(_switch("DISABLE"))
    assert answer.status == 200, answer
    assert await look(eye) == before
    assert gateway.connections_out() == 0


async def test_a_refused_atomic_batch_is_answered_after_its_commit_too(
    gateway: World, eye: Any, failing_commit: None
) -> None:
    documents = [document_of("policy", next(gateway.numbers)), {"policy_no": "broken"}]
    call = json_call("POST", "/v1/policies?atomic=true", documents, INSURER, key="atomic")
    before = await look(eye)
    await eye.execute(_switch("ENABLE"))
    assert (await gateway.send(call)).status == 500
    await eye.execute(_switch("DISABLE"))
    assert await look(eye) == before
    answer = await gateway.send(call)
    assert (answer.status, json.loads(answer.content)["receipt"] is not None) == (422, True)
    assert (await look(eye)).more_than(before)["filing"] == 1
