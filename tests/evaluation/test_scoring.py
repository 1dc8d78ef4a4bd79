"""What holds for every scorecard: bounds, caps, floors, monotony; and what an undefined measure does."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import COUNTED, SUZHOU, card, measures

from ajx_gateway.evaluation import Counted, Ratio, Stars, as_dict, evaluate, points
from ajx_gateway.jurisdictions.schemes import shipped

_UNITS = st.integers(0, 40)
_CENTS = st.integers(0, 200_000).map(lambda cents: Decimal(cents) / 100)


@st.composite
def found(draw: st.DrawFn) -> dict[int, Any]:
    """Any measures at all, the undefined ones too."""
    ratings = draw(st.integers(0, 7))
    sums = {
        name: draw(st.integers(ratings, 5 * ratings))
        for name in ("attitude", "professionalism", "timeliness")
    }
    told: dict[int, Any] = {number: Counted(draw(_UNITS), draw(_UNITS)) for number in COUNTED}
    return told | {4: Ratio(draw(_CENTS), draw(_CENTS)), 9: Stars(ratings, sums)}


@given(found())
def test_no_score_leaves_the_bounds_and_no_deduction_its_cap(told: dict[int, Any]) -> None:
    judged = evaluate(SUZHOU, told)
    assert 0 <= judged.low <= judged.high <= 100
    assert judged.low <= judged.assessed + (100 - judged.assessed_points)
    assert all(0 <= one.least <= one.most <= Fraction(one.item.cap) for one in judged.items)
    assert all(0 <= one.low <= one.high <= Fraction(one.category.points) for one in judged.categories)
    assert judged.low == sum(one.low for one in judged.categories)


@given(found(), st.sampled_from(COUNTED), st.integers(1, 9))
def test_finding_more_never_raises_the_score(told: dict[int, Any], item: int, more: int) -> None:
    worse = told | {item: Counted(told[item].units + more, told[item].undetermined)}
    assert evaluate(SUZHOU, worse).low <= evaluate(SUZHOU, told).low
    assert evaluate(SUZHOU, worse).high <= evaluate(SUZHOU, told).high


@given(found(), _CENTS)
def test_spending_more_never_lowers_the_score(told: dict[int, Any], more: Decimal) -> None:
    better = told | {4: Ratio(told[4].above + more, told[4].below)}
    assert evaluate(SUZHOU, better).low >= evaluate(SUZHOU, told).low


@given(found(), st.integers(0, 40))
def test_what_is_undetermined_costs_nothing(told: dict[int, Any], waiting: int) -> None:
    other = {n: Counted(m.units, waiting) if isinstance(m, Counted) else m for n, m in told.items()}
    assert evaluate(SUZHOU, other).low == evaluate(SUZHOU, told).low


@given(found(), st.permutations(range(len(SUZHOU.item))), st.randoms())
def test_the_order_of_items_and_measures_plays_no_part(
    told: dict[int, Any], order: list[int], chance: Any
) -> None:
    shuffled = SUZHOU.model_copy(update={"item": [SUZHOU.item[place] for place in order]})
    numbers = list(told)
    chance.shuffle(numbers)
    assert evaluate(shuffled, {n: told[n] for n in numbers}).low == evaluate(SUZHOU, told).low


@given(st.fractions(0, 100))
def test_a_score_is_never_shown_higher_than_it_is(score: Fraction) -> None:
    shown = Fraction(points(score))
    assert 0 <= score - shown < Fraction(1, 10_000)
    assert 0 <= Fraction(points(score, up=True)) - score < Fraction(1, 10_000)


def test_what_is_just_below_ninety_is_not_shown_as_ninety() -> None:
    told = as_dict(card(i5=1, stars=(3_000_000, 14_999_999, 15_000_000, 15_000_000)))
    assert (told["score"], told["tier"], told["score_exact"]) == ("89.9999", "assisted", "269999999/3000000")


@pytest.mark.parametrize(
    ("found", "low", "high", "tier"),
    [
        # 15 points are open: 85..100 holds two tiers
        ({}, "85", "100", None),
        # 100 - 15 (item 6) = 85: 70..85 is one tier whatever the stars are
        ({"i6": 5}, "70", "85", "assisted"),
        # 100 - 20 (item 4) = 80: 65..80 holds two
        ({"spent": "0"}, "65", "80", None),
        # 100 - 40 - 2.5 = 57.5: 42.5..57.5
        ({"i2": 9, "i3": 9, "spent": "0", "i5": 1, "i10": 1}, "42.5", "57.5", "supervised"),
    ],
)
def test_without_ratings_item_9_is_neither_0_nor_15(
    found: dict[str, Any], low: str, high: str, tier: str | None
) -> None:
    judged = card(stars=(0, 0, 0, 0), **found)
    assert (judged.score, judged.low, judged.high) == (None, Fraction(low), Fraction(high))
    assert (judged.tier.id if judged.tier else None) == tier
    assert judged.assessed_points == 85
    assert judged.assessed == judged.low
    told = as_dict(judged)
    assert told["items"][8]["standing"] == "open"
    assert told["items"][8]["deduction"] is None
    assert [flag["item"] for flag in told["flags"] if flag["flag"] == "open"] == [9]


def test_a_ratio_without_policies_is_shown_as_not_applicable() -> None:
    told = as_dict(card(agreed="0", spent="0"))
    item = told["items"][3]
    assert (item["standing"], item["ratio"], item["deduction"]) == ("not_applicable", None, "0.00")
    assert [flag["flag"] for flag in told["flags"]] == ["not_applicable"]


def test_a_ratio_above_one_is_told() -> None:
    told = as_dict(card(spent="130.00"))
    assert (told["items"][3]["ratio"], told["score"]) == ("1.30", "100.00")
    assert [flag["flag"] for flag in told["flags"]] == ["above_one"]


def test_caps_and_floors_are_told() -> None:
    told = as_dict(card(i2=9, i3=9, spent="0", i5=1))
    second = told["items"][1]
    assert (second["units"], second["deduction_before_cap"], second["cap"]) == (9, "18.00", "10.00")
    assert (second["deduction"], second["points"], second["capped"]) == ("10.00", "0.00", True)
    category = told["categories"][1]
    assert (category["deduction"], category["score"], category["floored"]) == ("50.00", "0.00", True)
    assert told["consequence"].startswith("对60≤评分<70")


def test_a_measure_of_the_wrong_kind_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        evaluate(SUZHOU, measures() | {4: Counted(1)})


def test_foshans_draft_judges_by_its_own_bands() -> None:
    """accrued 95 of 100: 5; spent 50 of 100: 5; two ledgers late: 5; 4 stars: 3; 100 - 18 = 82."""
    scheme = shipped()["foshan-2020-draft"].scheme
    told: dict[int, Any] = {item.number: Counted(0) for item in scheme.item if item.how == "each"}
    told |= {2: Ratio(Decimal(95), Decimal(100)), 3: Ratio(Decimal(50), Decimal(100)), 4: Counted(2)}
    told |= {6: Stars(1, {"attitude": 4, "professionalism": 4, "timeliness": 4})}
    judged = evaluate(scheme, told)
    assert judged.score == 82
    assert judged.tier is not None
    assert judged.tier.id == "middle"
