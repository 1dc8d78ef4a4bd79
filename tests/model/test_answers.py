"""What an answer says of clocks and records is what is stored once all of its items are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ajx_gateway.identity import Caller

from . import documents as made
from .river import River, said

INSURER = Caller("insurer-answers", "insurer", "示例保险（虚构）", insurer="91440600ANSWER0001")
SIGNING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
# The 45th day of a cover since 2026-11-18 is 2027-01-02: a day off, moved to a day that no calendar confirms yet.
AFTER_THE_NOMINAL_DAY = datetime(2027, 1, 3, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def river(database_url: str) -> Iterator[River]:
    opened = River(database_url)
    yield opened
    opened.close()


def test_done_between_the_nominal_day_and_an_unconfirmed_due_is_undetermined_in_the_answer_too(
    river: River,
) -> None:
    policy = json.dumps(made.policy("P1", 0, 0, 0, 1, 20)).encode()
    river.push(INSURER, "policy", policy, key="k1", now=SIGNING)
    service = json.dumps(made.service("S1", 0, "P1", 1)).encode()
    answer = said(river.push(INSURER, "service", service, key="k2", now=AFTER_THE_NOMINAL_DAY))
    told = {clock["clock"]: clock["state"] for clock in answer["items"][0]["deadlines"]}
    listed = {clock["clock"]: clock["state"] for clock in river.deadlines(INSURER, AFTER_THE_NOMINAL_DAY)}
    assert told["first_service"] == "undetermined"
    assert told == {clock: listed[clock] for clock in told}


def test_a_stored_state_after_a_newer_one_in_the_same_batch_is_late_and_says_the_newer_version(
    river: River,
) -> None:
    older, newer = made.policy("P2", 15, 1, 0, 0, 20), made.policy("P2", 21, 1, 0, 0, 21)
    river.push(INSURER, "policy", json.dumps(older).encode(), key="k3", now=SIGNING)
    answer = said(river.push(INSURER, "policy", json.dumps([newer, older]).encode(), key="k4", now=SIGNING))
    assert [(one["result"], one["version"]) for one in answer["items"]] == [("updated", 2), ("stale", 2)]
