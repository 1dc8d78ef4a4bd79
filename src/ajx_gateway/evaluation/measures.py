"""WHAT is an item judged by? How many, what share, or how many stars; nothing else is known here."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something was found; ``undetermined`` ones are told and cost nothing."""

    units: int
    undetermined: int = 0

    def __post_init__(self) -> None:
        if min(self.units, self.undetermined) < 0:
            raise ValueError("a count is not negative")


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two amounts in yuan; their quotient is undefined when the lower one is not above 0."""

    above: Decimal
    below: Decimal

    @property
    def value(self) -> Fraction | None:
        """The exact quotient."""
        return Fraction(self.above) / Fraction(self.below) if self.below > 0 else None


@dataclass(frozen=True, slots=True)
class Stars:
    """How many ratings there are, and the sum of their stars per dimension."""

    ratings: int
    sums: Mapping[str, int]

    def mean(self, dimension: str) -> Fraction | None:
        """The exact mean of a dimension; None without ratings."""
        return Fraction(self.sums.get(dimension, 0), self.ratings) if self.ratings else None


Measure = Counted | Ratio | Stars
