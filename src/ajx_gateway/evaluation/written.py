"""HOW is a scorecard written down? Amounts as text that never shows more than was earned."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from ajx_gateway.evaluation.measures import Counted, Measure, Ratio, Stars
from ajx_gateway.evaluation.scorecard import CategoryScore, ItemScore, Scorecard

_PLACES = 4
_LEAST = 2


def points(value: Fraction, *, up: bool = False) -> str:
    """At least two and at most four decimals; cut off (``up``: raised) beyond, so that no bound seems reached."""
    scaled = value * 10**_PLACES
    whole = -(-scaled.numerator // scaled.denominator) if up else scaled.numerator // scaled.denominator
    text = f"{Decimal(whole).scaleb(-_PLACES):f}"
    return text[: -(_PLACES - _LEAST)] if text.endswith("0" * (_PLACES - _LEAST)) else text


def as_dict(card: Scorecard) -> dict[str, Any]:
    """The scorecard as JSON writes it; every text that explains it is the scheme's own."""
    score = card.score
    return {
        "score": None if score is None else points(score),
        "score_exact": None if score is None else str(score),
        "score_low": points(card.low),
        "score_high": points(card.high),
        "assessed": points(card.assessed),
        "assessed_points": points(card.assessed_points),
        "tier": card.tier.id if card.tier else "undetermined",
        "tier_title": card.tier.title if card.tier else "等次待定",
        "consequence": card.tier.words if card.tier else None,
        "flags": _flags(card),
        "categories": [_category(one) for one in card.categories],
        "items": [_item(one) for one in card.items],
    }


def _category(one: CategoryScore) -> dict[str, Any]:
    return {
        "category": one.category.id,
        "title": one.category.title,
        "points": points(Fraction(one.category.points)),
        "deduction": points(one.deduction, up=True),
        "score": points(one.low) if one.low == one.high else None,
        "score_low": points(one.low),
        "score_high": points(one.high),
        "floored": one.floored,
    }


def _item(one: ItemScore) -> dict[str, Any]:
    item, known = one.item, one.standing != "open"
    return {
        "item": item.number,
        "category": item.category,
        "title": item.title,
        "words": item.words,
        "judged_by": item.judged_by,
        "clause": item.clause,
        "unit": item.unit,
        "standing": one.standing,
        **_measured(one.measure),
        "deduction_before_cap": None if one.uncapped is None else points(one.uncapped, up=True),
        "cap": points(Fraction(item.cap)),
        "capped": one.capped,
        "deduction": points(one.least, up=True) if known else None,
        "points": points(Fraction(item.cap) - one.least) if known else None,
        "note": item.note,
    }


def _measured(measure: Measure) -> dict[str, Any]:
    """The measure, with every key in every item, so that a table has one shape."""
    told: dict[str, Any] = dict.fromkeys(
        ("units", "undetermined", "numerator", "denominator", "ratio", "ratings", "stars")
    )
    match measure:
        case Counted():
            told |= {"units": measure.units, "undetermined": measure.undetermined}
        case Ratio():
            value = measure.value
            ratio = None if value is None else points(value)
            told |= {"numerator": _yuan(measure.above), "denominator": _yuan(measure.below), "ratio": ratio}
        case Stars():
            means = {name: measure.mean(name) for name in measure.sums}
            stars = {name: None if mean is None else points(mean) for name, mean in means.items()}
            told |= {"ratings": measure.ratings, "stars": stars}
    return told


def _yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _flags(card: Scorecard) -> list[dict[str, Any]]:
    """What a reader must know before the score is used, in Chinese."""
    found: list[tuple[str, int | None, str]] = []
    for one in card.items:
        number = one.item.number
        if one.standing == "open":
            found.append(("open", number, f"第{number}项缺少数据，待定；不计0分，也不计满分。"))
        if one.standing == "not_applicable":
            found.append(("not_applicable", number, f"第{number}项无从计算，不适用，不扣分。"))
        if isinstance(one.measure, Counted) and one.measure.undetermined:
            words = f"第{number}项另有{one.measure.undetermined}件暂不能确定或未定，只列出，不扣分。"
            found.append(("undetermined", number, words))
        if isinstance(one.measure, Ratio) and (one.measure.value or 0) > 1:
            found.append(("above_one", number, f"第{number}项比例超过100%，请核对台账与保单。"))
    found += [
        ("floored", None, f"“{one.category.title}”扣分超过类分值，该类计0分。")
        for one in card.categories
        if one.floored and one.low == one.high
    ]
    return [{"flag": flag, "item": number, "message": words} for flag, number, words in found]
