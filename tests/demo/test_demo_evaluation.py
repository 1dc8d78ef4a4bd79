"""宿州 2024 prints six insurers over the four tiers: computed here from the demo's files alone, without a gateway."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from gathered import Portfolio

from ajx_gateway.demo.cases import GRIEVANCES, STORIES
from ajx_gateway.demo.quality import QUALITY
from ajx_gateway.evaluation import Counted, Measure, Ratio, Scorecard, Stars, evaluate
from ajx_gateway.jurisdictions.schemes import shipped
from ajx_gateway.jurisdictions.schemes_model import DIMENSIONS

SCHEME = shipped()["suzhou-2024"].scheme
YEAR = "2024"
REPORT_DAY = date(2024, 12, 16)  # 15 December 2024 is a Sunday


def letter_of(number: str) -> str:
    """The insurer's letter in a business number of the demo: DEMO-AHA-… or DEMO-suzhou-insurer-a-…"""
    return number.removeprefix("DEMO-suzhou-insurer-")[0].upper() if "insurer" in number else number[7]


def fund(portfolio: Portfolio) -> dict[str, Ratio]:
    spent: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    entries = {entry["entry_no"]: entry for entry in portfolio.records("fund-entries")}
    for number, entry in entries.items():
        # A reversal stands on the side of what it reverses.
        side = entries[entry["reverses_entry_no"]]["type"] if entry["type"] == "reversal" else entry["type"]
        assert side in ("accrual", "spend")
        if side == "spend" and entry["entered_on"][:4] == YEAR:
            spent[letter_of(number)] += round(Decimal(entry["amount"]) * 100)
    for policy in portfolio.records("policies"):
        agreed[letter_of(policy["policy_no"])] += round(Decimal(policy["service_fund"]["amount"]) * 100)
    return {letter: Ratio(Decimal(spent[letter]), Decimal(agreed[letter])) for letter in QUALITY}


def stars(portfolio: Portfolio) -> dict[str, Stars]:
    rated: dict[str, list[dict[str, Any]]] = {letter: [] for letter in QUALITY}
    for service in portfolio.records("services"):
        if service["started_at"][:4] == YEAR and "revisit" in service:
            rated[letter_of(service["service_no"])].append(service["revisit"])
    return {
        letter: Stars(len(each), {name: sum(one[name] for one in each) for name in DIMENSIONS})
        for letter, each in rated.items()
    }


@pytest.fixture(scope="module")
def cards(suzhou: Portfolio) -> dict[str, Scorecard]:
    ratios, means = fund(suzhou), stars(suzhou)
    upheld = Counter((story.letter, story.category) for story in STORIES if story.upheld)
    lawsuits = Counter(one.letter for one in GRIEVANCES if one.litigation and one.attributed)
    found: dict[str, Scorecard] = {}
    for letter, quality in QUALITY.items():
        missed = quality.report_on is None or quality.report_on > REPORT_DAY
        measures: dict[int, Measure] = {
            1: Counted(upheld[letter, "product"]),
            2: Counted(quality.first_late + quality.first_never + quality.excuse_dismissed),
            3: Counted(quality.unconfirmed + upheld[letter, "workflow"]),
            4: ratios[letter],
            5: Counted(int(missed)),
            6: Counted(quality.paper_late + quality.paper_never),
            7: Counted(upheld[letter, "data"]),
            8: Counted(quality.result_late + upheld[letter, "claim_result"]),
            9: means[letter],
            10: Counted(lawsuits[letter]),
        }
        found[letter] = evaluate(SCHEME, measures)
    return found


def test_the_six_insurers_stand_in_the_four_tiers(cards: dict[str, Scorecard]) -> None:
    tiers = {letter: card.tier.id for letter, card in cards.items() if card.tier is not None}
    assert tiers == {
        "A": "self",
        "B": "self",
        "C": "assisted",
        "D": "rectifying",
        "E": "supervised",
        "F": "supervised",
    }


def test_the_better_the_quality_the_higher_the_score(cards: dict[str, Scorecard]) -> None:
    scores = [cards[letter].low for letter in sorted(QUALITY)]
    assert scores == sorted(scores, reverse=True)
    assert all(card.score is not None for card in cards.values())
