"""宿州's ten items, 100 points: cases computed by hand, every bound on both sides of it.

Each case: what was found, the score, the tier. The arithmetic stands beside it; nothing here is computed by the code.
"""

from fractions import Fraction
from typing import Any

import pytest
from judged import card

Case = tuple[str, dict[str, Any], str, str]
F = dict  # what was found

CASES: list[Case] = [
    # 10 + 40 + 30 + 20
    ("nothing found", F(), "100", "self"),
    # item 1: 3 each, at most 10: 3 x 3 = 9; 4 x 3 = 12 -> 10
    ("three product violations", F(i1=3), "91", "self"),
    ("the cap of item 1", F(i1=4), "90", "self"),
    # item 2: 2 each, at most 10: 4 x 2 = 8; 5 x 2 = 10; 6 x 2 = 12 -> 10
    ("four first services missed", F(i2=4), "92", "self"),
    ("item 2 exactly at its cap", F(i2=5), "90", "self"),
    ("the cap of item 2", F(i2=6), "90", "self"),
    # item 3: 2 each, at most 10: 7 x 2 = 14 -> 10
    ("the cap of item 3", F(i3=7), "90", "self"),
    # item 4: r >= 80 % costs nothing, also above 100 %
    ("r is exactly 80 %", F(spent="80.00", agreed="100.00"), "100", "self"),
    ("r is above 100 %", F(spent="130", agreed="100"), "100", "self"),
    # 7999.99 / 10000 = 79.9999 % < 80 %: 5
    ("r is a cent below 80 %", F(spent="7999.99", agreed="10000"), "95", "self"),
    ("r is exactly 60 %", F(spent="60", agreed="100"), "95", "self"),
    # 59.9999 %: 10
    ("r is a cent below 60 %", F(spent="5999.99", agreed="10000"), "90", "self"),
    ("r is exactly 40 %", F(spent="40", agreed="100"), "90", "self"),
    # 39.9999 %: 15
    ("r is a cent below 40 %", F(spent="3999.99", agreed="10000"), "85", "assisted"),
    # 0.01 / 10000 > 0: 15 still; 0: 20
    ("one cent was spent", F(spent="0.01", agreed="10000"), "85", "assisted"),
    ("nothing was spent", F(spent="0", agreed="10000"), "80", "assisted"),
    # more was reversed than spent: no prevention cost was used, 20
    ("spending was reversed below nothing", F(spent="-5", agreed="10000"), "80", "assisted"),
    # 1 / 3 = 33.3 %: 15; 2 / 3 = 66.7 %: 5
    ("r is a third", F(spent="1", agreed="3"), "85", "assisted"),
    ("r is two thirds", F(spent="2", agreed="3"), "95", "self"),
    # item 4 undefined: no policy was signed, costs nothing
    ("no policies in the period", F(spent="0", agreed="0"), "100", "self"),
    ("spent without any policy", F(spent="70", agreed="0"), "100", "self"),
    # item 5: 10 once
    ("no annual report", F(i5=1), "90", "self"),
    # item 6: 3 each, at most 15: 5 x 3 = 15; 6 x 3 = 18 -> 15
    ("item 6 exactly at its cap", F(i6=5), "85", "assisted"),
    ("the cap of item 6", F(i6=6), "85", "assisted"),
    ("thousands of policies never uploaded", F(i6=4000), "85", "assisted"),
    # item 7: 2 each, at most 10: 6 x 2 = 12 -> 10
    ("the cap of item 7", F(i7=6), "90", "self"),
    # item 8: 1 each, at most 5: 7 -> 5
    ("four claim results late", F(i8=4), "96", "self"),
    ("the cap of item 8", F(i8=7), "95", "self"),
    # items 6, 7 and 8 together: 15 + 10 + 5 = 30 = the whole category
    ("nothing is left of 平台使用", F(i6=9, i7=9, i8=9), "70", "assisted"),
    # item 10: 2.5 each, at most 5
    ("one lawsuit lost", F(i10=1), "97.5", "self"),
    ("two lawsuits lost", F(i10=2), "95", "self"),
    ("the cap of item 10", F(i10=3), "95", "self"),
    # 技术服务: 10 + 10 + 20 + 10 = 50 > 40: the category stops at 0, 100 - 40 = 60
    ("50 of 40 points", F(i2=9, i3=9, spent="0", i5=1), "60", "rectifying"),
    # 10 + 8 + 20 + 10 = 48 > 40: also 0
    ("48 of 40 points", F(i2=9, i3=4, spent="0", i5=1), "60", "rectifying"),
    # 10 + 10 + 15 + 0 = 35: 100 - 35 = 65
    ("35 of 40 points", F(i2=9, i3=9, spent="1", agreed="100"), "65", "rectifying"),
    # item 9: three means of four stars: 15 - 12 = 3
    ("four stars everywhere", F(stars=(10, 40, 40, 40)), "97", "self"),
    # one star everywhere: 15 - 3 = 12
    ("one star everywhere", F(stars=(2, 2, 2, 2)), "88", "assisted"),
    # means 13/3, 14/3, 5: their sum is 14 exactly: 100 - 1
    ("thirds that add up to a whole", F(stars=(3, 13, 14, 15)), "99", "self"),
    # means 13/3, 13/3, 13/3 = 13: 100 - 2
    ("three times thirteen thirds", F(stars=(3, 13, 13, 13)), "98", "self"),
    # 10 + 40 + 30 + (20 - (15 - 37/3)) = 100 - 8/3 = 292/3
    ("thirds that do not", F(stars=(3, 12, 12, 13)), "292/3", "self"),
    # exactly 90 by thirds: items 6: 3 x 3 = 9, stars 14 of 15: 100 - 9 - 1 = 90
    ("ninety exactly, by thirds", F(i6=3, stars=(3, 13, 14, 15)), "90", "self"),
    # one star less in 3000 ratings: 15 - (44999/3000) = 1/3000: 100 - 10 - 1/3000 < 90
    ("just below ninety", F(i5=1, stars=(3000, 14999, 15000, 15000)), "269999/3000", "assisted"),
    # 89.5 = 100 - 8 (item 7) - 2.5 (item 10)
    ("half a point below ninety", F(i7=4, i10=1), "89.5", "assisted"),
    # 100 - 15 (6) - 10 (7) - 5 (10) = 70
    ("seventy exactly", F(i6=5, i7=5, i10=2), "70", "assisted"),
    # 100 - 15 (6) - 10 (7) - 5 (10) - 1/3000 (9)
    ("just below seventy", F(i6=5, i7=5, i10=2, stars=(3000, 14999, 15000, 15000)), "209999/3000", "rectifying"),
    # 100 - 40 (技术服务) = 60; and a three-thousandth of a star less
    ("just below sixty", F(i2=9, i3=9, spent="0", i5=1, stars=(3000, 14999, 15000, 15000)), "179999/3000", "supervised"),
    # 100 - 40 - 2.5 = 57.5
    ("below sixty", F(i2=9, i3=9, spent="0", i5=1, i10=1), "57.5", "supervised"),
    # 10 - 10, 40 - 50 -> 0, 30 - 30, 20 - (15 - 3) - 5 = 3: all that one star everywhere leaves
    (
        "everything found",
        F(i1=9, i2=9, i3=9, spent="0", i5=1, i6=9, i7=9, i8=9, i10=9, stars=(1, 1, 1, 1)),
        "3",
        "supervised",
    ),
    # 3 + 2 + 5 + 3 + 2 + 1 + (15 - 14.1 = 0.9) + 2.5 = 19.4: 100 - 19.4
    (
        "a bit of everything",
        F(i1=1, i2=1, spent="60", i6=1, i7=1, i8=1, i10=1, stars=(10, 47, 47, 47)),
        "80.6",
        "assisted",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("found", "score", "tier"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_worked_case(found: dict[str, Any], score: str, tier: str) -> None:
    told = card(**found)
    assert told.score == Fraction(score)
    assert told.tier is not None
    assert told.tier.id == tier


def test_there_are_at_least_twenty_five_of_them_and_no_two_are_the_same() -> None:
    assert len({repr(sorted(case[1].items())) for case in CASES}) == len(CASES) >= 25
