"""Totals are met to the last unit, whatever the weights."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.demo.sums import apportion, yuan


@given(
    weights=st.lists(st.floats(min_value=0.01, max_value=1e6), min_size=1, max_size=60),
    spare=st.integers(min_value=0, max_value=10**9),
    floor=st.integers(min_value=0, max_value=5),
)
def test_the_parts_add_up_exactly_and_none_lies_below_the_floor(
    weights: list[float], spare: int, floor: int
) -> None:
    total = spare + floor * len(weights)
    parts = apportion(weights, total, floor)
    assert sum(parts) == total
    assert min(parts) >= floor


def test_a_total_below_the_floors_is_refused() -> None:
    with pytest.raises(ValueError, match="floors"):
        apportion([1.0, 1.0], 1, floor=1)


def test_money_is_written_with_two_decimals() -> None:
    assert [yuan(fen) for fen in (0, 5, 123_456, -1_050)] == ["0.00", "0.05", "1234.56", "-10.50"]
