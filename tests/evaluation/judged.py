"""Measures of 宿州's ten items, all perfect unless said otherwise, and the scorecard that follows."""

from decimal import Decimal
from typing import Any

from ajx_gateway.evaluation import Counted, Measure, Ratio, Scorecard, Stars, evaluate
from ajx_gateway.jurisdictions.schemes import shipped
from ajx_gateway.jurisdictions.schemes_model import DIMENSIONS

SUZHOU = shipped()["suzhou-2024"].scheme
COUNTED = (1, 2, 3, 5, 6, 7, 8, 10)


def measures(
    *, spent: str = "100", agreed: str = "100", stars: Any = (1, 5, 5, 5), **units: int
) -> dict[int, Measure]:
    """``i6=2``: two units under item 6; ``stars``: how many ratings and the sum of stars of each dimension."""
    ratings, *sums = stars
    found: dict[int, Measure] = {number: Counted(units.pop(f"i{number}", 0)) for number in COUNTED}
    assert not units
    return found | {
        4: Ratio(Decimal(spent), Decimal(agreed)),
        9: Stars(ratings, dict(zip(DIMENSIONS, sums, strict=True))),
    }


def card(**given: Any) -> Scorecard:
    return evaluate(SUZHOU, measures(**given))
