"""HOW do measures become points? By the scheme's own numbers, in exact fractions: nothing is rounded before a tier."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ajx_gateway.evaluation.measures import Counted, Measure, Ratio, Stars
from ajx_gateway.evaluation.scorecard import CategoryScore, ItemScore, Scorecard
from ajx_gateway.jurisdictions.schemes_model import Band, Category, Item, Scheme, Tier


def evaluate(scheme: Scheme, measures: Mapping[int, Measure]) -> Scorecard:
    """The scorecard of one insurer; ``measures`` by item number, every item with the measure that it asks for."""
    items = tuple(_item(item, measures[item.number]) for item in scheme.item)
    categories = tuple(
        _category(category, [one for one in items if one.item.category == category.id])
        for category in scheme.category
    )
    low = sum((one.low for one in categories), Fraction(0))
    high = sum((one.high for one in categories), Fraction(0))
    lowest, highest = _tier(scheme, low), _tier(scheme, high)
    return Scorecard(
        items,
        categories,
        low,
        high,
        sum((one.assessed for one in categories), Fraction(0)),
        sum((one.assessed_points for one in categories), Fraction(0)),
        lowest if lowest is highest else None,
    )


def _item(item: Item, measure: Measure) -> ItemScore:
    uncapped = _deduction(item, measure)
    cap = Fraction(item.cap)
    if uncapped is not None:
        found = min(cap, uncapped)
        return ItemScore(item, measure, "assessed", uncapped, found, found)
    if item.when_undefined == "open":
        return ItemScore(item, measure, "open", None, Fraction(0), cap)
    return ItemScore(item, measure, "not_applicable", None, Fraction(0), Fraction(0))


def _deduction(item: Item, measure: Measure) -> Fraction | None:
    """Before the cap; None where the measure is undefined."""
    match item.how, measure:
        case "each", Counted():
            return measure.units * Fraction(item.deduct or 0)
        case "bands", Ratio():
            return None if measure.value is None else _banded(item.bands, measure.value)
        case "stars", Stars():
            return _stars(item, measure)
    raise TypeError(f"item {item.number} is not judged by a {type(measure).__name__}")


def _banded(bands: Sequence[Band], ratio: Fraction) -> Fraction:
    """What the first band that holds the ratio costs; the last one takes what is left."""
    for band in bands:
        if band.at_least is not None and ratio < Fraction(band.at_least):
            continue
        if band.above is not None and ratio <= Fraction(band.above):
            continue
        return Fraction(band.deduct)
    raise AssertionError("the last band has no bound")


def _stars(item: Item, stars: Stars) -> Fraction | None:
    """What is missing to all stars: points are earned per star and dimension, up to the dimension's points."""
    earned = Fraction(0)
    for dimension in item.dimensions:
        mean = stars.mean(dimension)
        if mean is None:
            return None
        earned += min(Fraction(item.dimension_points or 0), mean * Fraction(item.per_star or 0))
    return Fraction(item.cap) - earned


def _category(category: Category, items: Sequence[ItemScore]) -> CategoryScore:
    full = Fraction(category.points)
    least = sum((one.least for one in items), Fraction(0))
    most = sum((one.most for one in items), Fraction(0))
    open_points = sum((Fraction(one.item.cap) for one in items if one.standing == "open"), Fraction(0))
    assessable = max(Fraction(0), full - open_points)
    return CategoryScore(
        category,
        least,
        max(Fraction(0), full - most),
        max(Fraction(0), full - least),
        max(Fraction(0), assessable - least),
        assessable,
        most > full,
    )


def _tier(scheme: Scheme, score: Fraction) -> Tier:
    return next(tier for tier in scheme.tier if score >= Fraction(tier.at_least))
