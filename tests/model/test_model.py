"""Hundreds of invented lives of an insurer end as the reference says, and a rebuild from the filings agrees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .river import River
from .running import run


@pytest.fixture(scope="module")
def river(database_url: str) -> Iterator[River]:
    opened = River(database_url)
    yield opened
    opened.close()


def test_whatever_is_filed_in_whatever_order_the_reference_agrees(river: River) -> None:
    counted = run(river, examples=20, steps=30, derandomize=True)
    print(f"\nmodel: {dict(sorted(counted.items()))}")
    assert counted["examples"] >= 200
    assert counted["steps"] >= 200 * 10
    for outcome in ("created", "updated", "unchanged", "stale", "rejected", "replayed", "excuses decided"):
        assert counted[outcome] > 0, outcome
    assert river.differences() == []
