"""Hundreds of invented lives of an insurer end as the reference says, and a rebuild from the filings agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from .river import River
from .running import run

EXAMPLES, STEPS = 200, 30


@pytest.fixture(scope="module")
def river(database_url: str) -> Iterator[River]:
    opened = River(database_url)
    yield opened
    opened.close()


def test_whatever_is_filed_in_whatever_order_the_reference_agrees(river: River) -> None:
    counted: Counter[str] = Counter()
    run(river, counted, examples=EXAMPLES, steps=STEPS, number=1)
    print(f"\nmodel: {dict(sorted(counted.items()))}")
    assert counted["examples"] >= EXAMPLES
    assert counted["steps"] >= EXAMPLES * STEPS * 0.8
    for outcome in ("created", "updated", "unchanged", "stale", "rejected", "replayed"):
        assert counted[outcome] > 0, outcome
    for happened in ("excuses decided", "deltas folded"):
        assert counted[happened] > 0, happened
    assert river.differences() == []
