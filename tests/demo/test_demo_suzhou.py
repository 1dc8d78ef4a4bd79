"""宿州 2024 shows every fate of a clock, and insurers of clearly different quality."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from gathered import Portfolio

from ajx_gateway.demo.quality import QUALITY
from ajx_gateway.demo.suzhou import plan


def _received(portfolio: Portfolio) -> dict[str, date]:
    """The day of receipt of each electronic policy."""
    return {push.record_key or "": push.at.date() for push in portfolio.pushes if push.op == "document"}


def test_the_portfolio_lies_in_the_five_counties(suzhou: Portfolio) -> None:
    policies = suzhou.records("policies")
    assert {policy["enterprise"]["division"][:6] for policy in policies} == {
        "341302",
        "341321",
        "341322",
        "341323",
        "341324",
    }
    assert len(policies) == 1_500


def test_electronic_policies_come_in_time_late_or_never_as_often_as_planned(suzhou: Portfolio) -> None:
    received = _received(suzhou)
    late: dict[str, int] = dict.fromkeys(QUALITY, 0)
    never: dict[str, int] = dict.fromkeys(QUALITY, 0)
    for policy in suzhou.records("policies"):
        number = policy["policy_no"]
        letter = number[7]
        signed_on = date.fromisoformat(policy["signed_on"])
        never[letter] += number not in received
        late[letter] += number in received and received[number] > signed_on + timedelta(days=7)
    assert late == {letter: quality.paper_late for letter, quality in QUALITY.items()}
    assert never == {letter: quality.paper_never for letter, quality in QUALITY.items()}


def test_first_services_are_late_or_missing_as_often_as_planned() -> None:
    planned = plan()
    fates: Counter[tuple[str, str]] = Counter()
    for cover in planned.covers:
        if cover.size in {"large", "medium"}:
            fates[cover.insurer.letter, planned.fates[cover.number].service] += 1
    for letter, quality in QUALITY.items():
        assert fates[letter, "late"] == quality.first_late
        assert fates[letter, "never"] == quality.first_never
        assert fates[letter, "upheld"] == quality.excuse_upheld
        assert fates[letter, "dismissed"] == quality.excuse_dismissed


def test_some_enterprises_of_unknown_size_are_never_served(suzhou: Portfolio) -> None:
    served = {service["policy_no"] for service in suzhou.records("services")}
    unknown = {each["policy_no"] for each in suzhou.records("policies") if "size" not in each["enterprise"]}
    assert unknown - served
    assert unknown & served


def test_a_policy_is_pushed_before_its_electronic_form(suzhou: Portfolio) -> None:
    pushed: set[str] = set()
    for push in suzhou.pushes:
        if push.op == "push" and push.collection == "policies":
            pushed |= {line.split('"', 4)[3] for line in push.body.decode().splitlines()}
        elif push.op == "document":
            assert push.record_key in pushed


def test_four_annual_reports_come_by_the_fifteenth_one_late_and_one_never(suzhou: Portfolio) -> None:
    days = sorted(push.at.date() for push in suzhou.pushes if push.collection == "annual-reports")
    assert len(days) == 5
    assert days[3] <= date(2024, 12, 15) < days[4]


def test_each_insurer_spends_the_planned_share_of_its_fund_within_the_year(suzhou: Portfolio) -> None:
    funds: dict[str, Decimal] = dict.fromkeys(QUALITY, Decimal(0))
    spent = dict(funds)
    for policy in suzhou.records("policies"):
        funds[policy["policy_no"][7]] += Decimal(policy["service_fund"]["amount"])
    for entry in suzhou.records("fund-entries"):
        if entry["type"] == "spend" and entry["entered_on"].startswith("2024"):
            number = entry["entry_no"]
            letter = number.split("-FX-")[0][-1].upper() if "-FX-" in number else number[7]
            spent[letter] += Decimal(entry["amount"])
    bands = {letter: int(100 * spent[letter] / funds[letter]) for letter in QUALITY}
    assert bands["A"] >= 80
    assert bands["B"] >= 80
    assert 60 <= bands["C"] < 80
    assert 60 <= bands["D"] < 80
    assert 60 <= bands["E"] < 80
    assert 0 < bands["F"] < 40


def test_excuses_are_filed_and_decided_both_ways(suzhou: Portfolio) -> None:
    decisions = [push for push in suzhou.pushes if push.op == "decision"]
    assert {push.by for push in decisions} == {"suzhou-city", "suzhou-reviewer"}
    told = Counter((push.record_key, push.body) for push in decisions)
    # Two identities say the same about each.
    assert set(told.values()) == {2}
    assert any(b'"upheld"' in push.body for push in decisions)
    assert any(b'"dismissed"' in push.body for push in decisions)
    filed = {push.record_key: push.at for push in suzhou.pushes if push.op == "excuse"}
    assert all(filed[push.record_key] < push.at for push in decisions)


def test_a_refused_major_hazard_is_reported(suzhou: Portfolio) -> None:
    refused = [hazard for hazard in suzhou.records("hazards") if hazard["state"] == "refused"]
    assert refused
    assert all(hazard["level"] == "major" and hazard["refusal_report"] for hazard in refused)


def test_some_sizes_are_unknown_and_some_policies_end_before_their_clock(suzhou: Portfolio) -> None:
    assert any("size" not in policy["enterprise"] for policy in suzhou.records("policies"))
    cancelled = [each for each in suzhou.records("endorsements") if each["type"] == "cancel"]
    served = {service["policy_no"] for service in suzhou.records("services")}
    assert cancelled
    assert not served & {each["policy_no"] for each in cancelled}
