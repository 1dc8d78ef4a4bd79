"""WHAT does a statutory evaluation consist of? Categories, items, bands, tiers and the decisions on what its text leaves open."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

How = Literal["each", "bands", "stars"]
PeriodKind = Literal["year", "half"]

CASES = (
    "product", "workflow", "data", "claim_result", "dispute", "service", "fund", "inspection", "complaint", "other",
)  # fmt: skip
DIMENSIONS = ("attitude", "professionalism", "timeliness")
# What the gateway can measure, beside "clocks:<any clock of a law>", and how such a measure is judged.
SOURCES: dict[str, How] = {
    **{f"cases:{category}": "each" for category in CASES},
    "services:not_closed": "each",
    "fund:use_ratio": "bands",
    "fund:accrual_ratio": "bands",
    "ratings:stars": "stars",
}
CLOCKS = "clocks:"

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _amount(text: object) -> Decimal:
    if not isinstance(text, str) or not re.fullmatch(r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,4})?", text):
        raise ValueError("an amount is written as text, without a sign")
    return Decimal(text)


# Points and bounds are written as text, so that a file says exactly what it means.
Amount = Annotated[Decimal, BeforeValidator(_amount)]


class Category(_Entry):
    """A group of items whose deductions stop at the group's points."""

    id: Name
    title: Short
    points: Amount


class Band(_Entry):
    """What a ratio costs: from ``at_least`` on, or ``above``; the last band has neither and takes the rest."""

    at_least: Amount | None = None
    above: Amount | None = None
    deduct: Amount


class Item(_Entry):
    """One line of the text: its own words, where its measure comes from, and what it costs."""

    number: Annotated[int, Field(ge=1, le=99)]
    category: Name
    title: Short
    words: Words
    judged_by: Short
    clause: Short
    sources: Annotated[list[str], Field(min_length=1, max_length=8)]
    how: How
    unit: Short
    # Whether findings about one subject (a service, a claim) count once, or each by itself.
    per: Literal["finding", "subject"] = "finding"
    cap: Amount
    deduct: Amount | None = None
    bands: Annotated[list[Band], Field(max_length=20)] = []
    per_star: Amount | None = None
    dimension_points: Amount | None = None
    dimensions: Annotated[list[str], Field(max_length=3)] = []
    when_undefined: Literal["deducts_nothing", "open"] = "deducts_nothing"
    note: str = ""


class Tier(_Entry):
    """A span of scores from ``at_least`` up to the tier above, and its consequence in the text's words."""

    id: Name
    title: Short
    at_least: Amount
    words: Words


class Decision(_Entry):
    """What the gateway does where the text says nothing."""

    id: Name
    question: Short
    words: Words


class Scheme(_Entry):
    """One evaluation as its text (or, where ``binding`` is false, its draft) has it."""

    id: Name
    jurisdiction: Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$")]
    title: Short
    number: Short
    binding: bool
    status: Words
    period: PeriodKind
    valid_from: date
    valid_to: date | None = None
    points: Amount
    category: Annotated[list[Category], Field(min_length=1, max_length=20)]
    item: Annotated[list[Item], Field(min_length=1, max_length=60)]
    tier: Annotated[list[Tier], Field(min_length=1, max_length=20)]
    decision: Annotated[list[Decision], Field(max_length=60)] = []

    def item_of(self, number: int) -> Item | None:
        """The item of this number."""
        return next((item for item in self.item if item.number == number), None)
