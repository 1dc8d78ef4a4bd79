"""The insurers' door on a real PostgreSQL: two insurers, one desk, documents to push."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ajx_gateway import standard
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import Caller, SigningKey
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.submit import submit
from ajx_gateway.standard.sample import sample
from ajx_gateway.store.database import Store

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store(database_url, data_key=b"k" * 32, pool_size=20, pool_timeout=30)
    yield opened
    await opened.close()


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(
        store=store, key=SigningKey.generate(), calendar=Calendar.load(None), issuer="https://ajx.test"
    )


@pytest.fixture
def insurer(request: pytest.FixtureRequest) -> Caller:
    """An insurer of this test alone: tests of one module share a database."""
    number = abs(hash(request.node.name)) % 10**12
    return Caller(
        name="insurer-test", role="insurer", title="示例保险（虚构）", insurer=f"9144AB{number:012d}"
    )


@pytest.fixture
def other(request: pytest.FixtureRequest) -> Caller:
    number = abs(hash(request.node.name + "other")) % 10**12
    return Caller(
        name="insurer-other", role="insurer", title="另一示例保险（虚构）", insurer=f"9144CD{number:012d}"
    )


Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make() -> Make:
    """A valid document of a kind with dotted changes: make("policy", policy_no="P2", **{"premium.base": "1.00"})."""

    def made(kind: str, **changes: Any) -> dict[str, Any]:
        document = copy.deepcopy(sample(kind))
        for path, value in changes.items():
            *parents, last = path.split(".")
            place = document
            for parent in parents:
                place = place[parent]
            if value is None:
                place.pop(last, None)
            else:
                place[last] = value
        return document

    return made


@pytest.fixture
def push(desk: Desk, insurer: Caller) -> Callable[..., Any]:
    """Push documents as the test's insurer; every call has a key of its own unless one is given."""
    sent = 0

    async def pushed(kind: str, *documents: dict[str, Any], **options: Any) -> dict[str, Any]:
        nonlocal sent
        sent += 1
        # The gateway's clock never stands still.
        now = NOW + timedelta(seconds=sent)
        options = {"key": f"k{sent}", "now": now, "as_": insurer, **options}
        body = options.pop("body", None) or json.dumps(list(documents), ensure_ascii=False).encode()
        answer = await submit(
            desk,
            options.pop("as_"),
            standard.KINDS[kind],
            body,
            media="json",
            version=standard.CURRENT,
            **options,
        )
        result: dict[str, Any] = json.loads(answer.body)
        result["status"] = answer.status
        return result

    return pushed
