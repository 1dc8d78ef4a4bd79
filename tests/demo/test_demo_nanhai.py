"""The published figures of 南海区, recomputed from the generated records in plain Python."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from gathered import Portfolio

from ajx_gateway import demo


def _signed_in(portfolio: Portfolio, year: int) -> list[dict[str, Any]]:
    return [policy for policy in portfolio.records("policies") if policy["signed_on"].startswith(str(year))]


def _net(policies: list[dict[str, Any]]) -> Decimal:
    return sum(
        (
            Decimal(policy["premium"]["received"]) - Decimal(policy["premium"]["refunded"])
            for policy in policies
        ),
        Decimal(0),
    )


@pytest.mark.parametrize(
    ("year", "enterprises", "persons", "premium"),
    [(2022, 6_007, 147_238, "114520000.00"), (2023, 12_023, 215_100, "159000000.00")],
)
def test_the_year_has_the_published_volumes(
    nanhai: Portfolio, year: int, enterprises: int, persons: int, premium: str
) -> None:
    policies = _signed_in(nanhai, year)
    assert len({policy["enterprise"]["uscc"] for policy in policies}) == enterprises
    assert sum(policy["insured_count"] for policy in policies) == persons
    assert _net(policies) == Decimal(premium)


def test_growth_on_the_year_before_rounds_to_the_published_percentages() -> None:
    for now, before, published in (
        (12_023, 6_007, "100.15"),
        (215_100, 147_238, "46.09"),
        (159_000_000, 114_520_000, "38.84"),
    ):
        assert f"{(Decimal(now) / before - 1) * 100:.2f}" == published


def test_the_hazards_of_2023_are_the_published_ones_and_all_rectified_in_that_year(nanhai: Portfolio) -> None:
    found = [hazard for hazard in nanhai.records("hazards") if hazard["found_on"].startswith("2023")]
    assert Counter(hazard["level"] for hazard in found) == {"general": 164, "major": 13}
    assert sum(hazard.get("rectified_on", "").startswith("2023") for hazard in found) == 177
    all_rectified = [h for h in nanhai.records("hazards") if h.get("rectified_on", "").startswith("2023")]
    assert len(all_rectified) == 177


def test_an_enterprise_may_have_several_policies(nanhai: Portfolio) -> None:
    assert len(_signed_in(nanhai, 2023)) > 12_023


def test_the_portfolio_covers_seven_towns_and_six_insurers(nanhai: Portfolio) -> None:
    policies = _signed_in(nanhai, 2023)
    towns = Counter(policy["enterprise"]["division"] for policy in policies)
    assert set(towns) == {"440605011", *(f"4406051{n}" for n in range(21, 27))}
    assert towns.most_common(1)[0][0] == "440605124"
    assert len({push.insurer for push in nanhai.pushes}) == 6


def test_claims_have_a_long_tail_and_some_are_refused_pending_or_reopened(nanhai: Portfolio) -> None:
    claims = nanhai.records("claims")
    paid = sorted(
        sum(Decimal(payment["amount"]) for payment in (*claim["payments"], *claim["advance_payments"]))
        for claim in claims
        if claim.get("close_result") == "paid"
    )
    assert paid[len(paid) // 2] * 20 < paid[-1]
    states = Counter(claim["state"] for claim in claims)
    assert min(states["registered"], states["closed"], states["reopened"]) > 0
    assert any(claim.get("close_result") == "refused" for claim in claims)


def test_corrections_cancellations_and_voids_happen(nanhai: Portfolio) -> None:
    policies = nanhai.records("policies")
    assert any(Decimal(policy["premium"]["refunded"]) > 0 for policy in policies)
    assert any(endorsement["type"] == "cancel" for endorsement in nanhai.records("endorsements"))
    assert sum(push.expected.get("updated", 0) for push in nanhai.pushes) > 1_000
    assert nanhai.counts["void"] == 12


def test_the_progress_bar_knows_how_many_records_there_are(nanhai: Portfolio, suzhou: Portfolio) -> None:
    assert {"nanhai": nanhai.counts["records"], "suzhou": suzhou.counts["records"]} == demo.RECORDS
