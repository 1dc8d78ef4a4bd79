"""Growth in percent, of counts and of money, is rounded half up by its size."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.oversight.written import change

COUNTS = st.integers(0, 10**12)


@given(COUNTS, COUNTS.filter(bool))
def test_counts_grow_as_the_same_numbers_with_decimals_do(current: int, before: int) -> None:
    percent = ((Decimal(current) - before) * 100 / before).quantize(Decimal("0.01"), ROUND_HALF_UP)
    shown = change(current, before)
    assert shown == change(Decimal(current), Decimal(before))
    assert shown is not None
    assert Decimal(shown.removesuffix("%")) == percent


@pytest.mark.parametrize(
    ("current", "before", "shown"),
    [
        (12_023, 6_007, "+100.15%"),
        (1, 3, "-66.67%"),
        (200_005, 200_000, "0.00%"),
        (200_010, 200_000, "+0.01%"),  # 0.005 % is rounded away from nothing
        (199_990, 200_000, "-0.01%"),
        (0, 4, "-100.00%"),
        (7, 7, "0.00%"),
        (7, 0, None),
        (None, 7, None),
        (Decimal("0.5"), Decimal("-2"), "+125.00%"),
    ],
)
def test_examples(current: Decimal | int | None, before: Decimal | int, shown: str | None) -> None:
    assert change(current, before) == shown
