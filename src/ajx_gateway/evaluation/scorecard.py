"""WHAT does a scorecard say? Exact points per item, category and in all, the tier, and what could not be assessed."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ajx_gateway.evaluation.measures import Measure
from ajx_gateway.jurisdictions.schemes_model import Category, Item, Tier

# assessed: judged; not_applicable: undefined and costs nothing; open: undefined, anything is possible.
Standing = Literal["assessed", "not_applicable", "open"]


@dataclass(frozen=True, slots=True)
class ItemScore:
    """What one item cost. ``uncapped`` is the deduction before the cap; ``least`` and ``most`` after it.

    They differ only while the item is open.
    """

    item: Item
    measure: Measure
    standing: Standing
    uncapped: Fraction | None
    least: Fraction
    most: Fraction

    @property
    def capped(self) -> bool:
        """Whether the cap took something off."""
        return self.uncapped is not None and self.uncapped > Fraction(self.item.cap)


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """The points of a category, from ``low`` to ``high``; ``floored`` when its items cost more than it has.

    ``assessed`` of ``assessed_points`` are those of its items that could be assessed.
    """

    category: Category
    deduction: Fraction
    low: Fraction
    high: Fraction
    assessed: Fraction
    assessed_points: Fraction
    floored: bool


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All of one insurer's points. ``tier`` is None while open items leave more than one possible."""

    items: tuple[ItemScore, ...]
    categories: tuple[CategoryScore, ...]
    low: Fraction
    high: Fraction
    assessed: Fraction
    assessed_points: Fraction
    tier: Tier | None

    @property
    def score(self) -> Fraction | None:
        """The one score, where no item is open."""
        return self.low if all(item.standing != "open" for item in self.items) else None
