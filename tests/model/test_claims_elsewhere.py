"""A claim's clocks are those of its policy's place as both are known now, in whatever order claim and policy came to it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ajx_gateway.identity import Caller

from . import documents as made
from .river import River

BEGINNING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SUZHOU, FOSHAN = 0, 1
REGISTERED, CLOSED = 0, 2
_INSURERS = itertools.count()


@pytest.fixture(scope="module")
def river(database_url: str) -> Iterator[River]:
    opened = River(database_url)
    yield opened
    opened.close()


class Insurer:
    """One insurer's filings, a minute apart."""

    def __init__(self, river: River) -> None:
        name = f"9144CLAIMS{next(_INSURERS):08}"
        self.river = river
        self.caller = Caller("insurer-claims", "insurer", "示例保险（虚构）", insurer=name)
        self.now = BEGINNING

    def files(self, kind: str, *documents: dict[str, Any]) -> None:
        self.now += timedelta(minutes=1)
        body = json.dumps(documents).encode()
        answer = self.river.push(self.caller, kind, body, key=self.now.isoformat(), now=self.now)
        assert answer.status == 200
        assert json.loads(answer.body)["counts"]["rejected"] == 0

    def clocks(self) -> list[tuple[Any, ...]]:
        """The claim's clocks, with the instants counted from the first filing on."""
        found = self.river.deadlines(self.caller, self.now)
        shown = ("clock", "start_on", "due", "met_at", "state")
        return sorted(
            tuple(each[name] for name in shown) for each in found if each["subject_kind"] == "claim"
        )


def _policy(key: str, place: int, tick: int = 0) -> dict[str, Any]:
    return made.policy(key, tick, place, 0, 0, 20)


def _claim(policy_no: str, tick: int, stage: int = CLOSED, place: int = SUZHOU) -> dict[str, Any]:
    return made.claim("C1", tick, policy_no, stage, place)


def test_a_claim_that_names_another_policy_is_met_when_its_result_first_came(river: River) -> None:
    moved, always = Insurer(river), Insurer(river)
    for insurer, first in ((moved, "P1"), (always, "P2")):
        insurer.files("policy", _policy("P1", FOSHAN), _policy("P2", SUZHOU))
        insurer.files("claim", _claim(first, 1))
        insurer.files("claim", _claim("P2", 2))
    assert "claim_result" in {clock[0] for clock in always.clocks()}
    assert moved.clocks() == always.clocks()


def test_a_late_state_that_names_another_policy_speaks_under_the_law_of_the_one_that_counts(
    river: River,
) -> None:
    late, always = Insurer(river), Insurer(river)
    for insurer, first in ((late, "P1"), (always, "P2")):
        insurer.files("policy", _policy("P1", FOSHAN), _policy("P2", SUZHOU))
        insurer.files("claim", _claim("P2", 2, REGISTERED))
        insurer.files("claim", _claim(first, 1))
    assert late.clocks() == always.clocks()


def test_the_accident_s_place_stands_in_for_an_unknown_policy_in_all_states(river: River) -> None:
    moved, always = Insurer(river), Insurer(river)
    for insurer, first in ((moved, FOSHAN), (always, SUZHOU)):
        insurer.files("claim", _claim("P1", 1, place=first))
        insurer.files("claim", _claim("P1", 2, place=SUZHOU))
    assert "claim_result" in {clock[0] for clock in always.clocks()}
    assert moved.clocks() == always.clocks()


def test_two_states_in_one_batch_that_name_different_policies(river: River) -> None:
    moved, always = Insurer(river), Insurer(river)
    for insurer, first in ((moved, "P1"), (always, "P2")):
        insurer.files("policy", _policy("P1", FOSHAN), _policy("P2", SUZHOU))
        insurer.files("claim", _claim(first, 1), _claim("P2", 2, REGISTERED))
    assert moved.clocks() == always.clocks()


def test_a_rebuild_agrees(river: River) -> None:
    assert river.differences() == []
