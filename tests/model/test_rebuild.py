"""A rebuild replays in the order of reception what may have been committed in another: it must not see differences there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ajx_gateway.identity import Caller

from . import documents as made
from .river import River, said

INSURER = Caller("insurer-rebuild", "insurer", "示例保险（虚构）", insurer="91440600REBUILD001")
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def river(database_url: str) -> Iterator[River]:
    opened = River(database_url)
    yield opened
    opened.close()


def _push(river: River, tick: int, received: int) -> str:
    body = json.dumps(made.policy("P1", tick, 1, 0, 0, 20)).encode()
    now = NOW + timedelta(milliseconds=received)
    answer = river.push(INSURER, "policy", body, key=f"push-{tick}", now=now)
    result: str = said(answer)["items"][0]["result"]
    return result


def test_a_late_void_takes_no_states_place_although_it_was_received_first(river: River) -> None:
    assert _push(river, tick=5, received=0) == "created"
    assert _push(river, tick=25, received=3) == "updated"
    assert _push(river, tick=20, received=2) == "stale"
    body = json.dumps({"reason": "重复录入", "revised_at": made.revised_at(20).isoformat()}).encode()
    answer = river.void(INSURER, "policy", "P1", body, key="void", now=NOW + timedelta(milliseconds=1))
    assert said(answer)["items"][0]["result"] == "stale"
    assert river.differences() == []
