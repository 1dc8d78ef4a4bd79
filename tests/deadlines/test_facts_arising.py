"""What one accepted record says about clocks, without looking at any other record."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from ajx_gateway.deadlines import (
    Calendar,
    ClockFact,
    arising,
    clock_due,
    completed_on,
    document_accepted,
    midnight,
)
from ajx_gateway.standard import model_for

RECEIVED = datetime(2024, 3, 20, 2, 0, tzinfo=UTC)
INSURER = "91340000TEST000001"
ENDED = datetime(2024, 5, 1, 2, 0, tzinfo=UTC)


def record(kind: str, **fields: Any) -> Any:
    """A record of the standard's own class with the fields that matter here; the rest at their defaults."""
    return model_for(kind, "1.0").model_construct(**fields)


def policy(**changed: Any) -> Any:
    enterprise = SimpleNamespace(
        division=changed.pop("division", "341302100"), size=changed.pop("size", "medium")
    )
    fields = {
        "policy_no": "P1",
        "enterprise": enterprise,
        "signed_on": date(2024, 3, 1),
        "effective_on": date(2024, 3, 10),
        "expires_on": date(2025, 3, 9),
    }
    return record("policy", **{**fields, **changed})


def claim(**changed: Any) -> Any:
    fields = {
        "claim_no": "C1",
        "policy_no": "P1",
        "state": "closed",
        "close_result": "paid",
        "accident": SimpleNamespace(division="341302100"),
        "payments": [SimpleNamespace(paid_on=date(2024, 5, 8), final=True)],
        "advance_payments": [SimpleNamespace(paid_on=date(2024, 4, 2))],
        "closed_on": date(2024, 5, 6),
    }
    return record("claim", **{**fields, **changed})


def facts(kind: str, what: Any, **context: Any) -> dict[str, ClockFact]:
    found = arising(kind, what, insurer=INSURER, **{"received_at": RECEIVED, **context})
    assert len({(fact.subject_key, fact.clock) for fact in found}) == len(found)
    return {fact.clock: fact for fact in found}


SUZHOU = {
    "policy_upload",
    "service_assigned",
    "service_planned",
    "service_done",
    "first_service",
    "annual_report",
}


def test_a_policy_of_suzhou_starts_its_five_clocks_and_the_report_of_the_year() -> None:
    found = facts("policy", policy())

    assert set(found) == SUZHOU
    assert {fact.jurisdiction for fact in found.values()} == {"341300"}
    assert found["policy_upload"].start_on == date(2024, 3, 1)
    assert found["service_done"].start_on == date(2024, 3, 1)
    assert found["first_service"].start_on == date(2024, 3, 10)
    assert all(fact.met_at is None and not fact.voided for fact in found.values())


@pytest.mark.parametrize(
    ("clock", "ends"),
    [
        ("policy_upload", date(2024, 3, 9)),
        ("service_assigned", date(2024, 4, 16)),
        ("service_planned", date(2024, 4, 16)),
        ("service_done", date(2024, 4, 16)),
        ("first_service", date(2024, 4, 25)),
        ("annual_report", date(2024, 12, 17)),
    ],
)
def test_each_clock_of_suzhou_is_due_at_the_end_of_its_last_day(clock: str, ends: date) -> None:
    due = clock_due(facts("policy", policy())[clock], Calendar.load())

    assert due is not None
    assert due.due == midnight(ends)


@pytest.mark.parametrize(
    ("size", "applicable"),
    [("large", True), ("medium", True), ("small", False), ("micro", False), (None, None)],
)
def test_the_first_service_binds_medium_and_larger_and_is_open_while_the_size_is_unknown(
    size: str | None, applicable: bool | None
) -> None:
    found = facts("policy", policy(size=size))

    assert found["first_service"].applicable is applicable
    assert found["policy_upload"].applicable is True


def test_a_policy_signed_before_the_gateway_went_live_starts_nothing() -> None:
    assert facts("policy", policy(migrated=True)) == {}


def test_a_policy_signed_before_the_notice_but_effective_under_it_has_the_first_service_only() -> None:
    found = facts("policy", policy(signed_on=date(2023, 12, 20), effective_on=date(2024, 1, 5)))

    assert set(found) == {"first_service"}


def test_both_parks_of_the_statistical_table_belong_to_suzhou() -> None:
    assert set(facts("policy", policy(division="341371400"))) == SUZHOU
    assert set(facts("policy", policy(division="341372001"))) == SUZHOU


def test_business_signed_after_the_fifteenth_of_december_counts_for_the_next_annual_report() -> None:
    assert facts("policy", policy(signed_on=date(2024, 12, 15)))["annual_report"].period == "2024"
    assert facts("policy", policy(signed_on=date(2024, 12, 16)))["annual_report"].period == "2025"


def test_a_voided_policy_voids_its_clocks_on_the_day_it_was_voided_and_owes_no_report() -> None:
    found = facts("policy", policy(), voided=True)

    assert set(found) == SUZHOU - {"annual_report"}
    assert all(fact.voided and fact.void_on == date(2024, 3, 20) for fact in found.values())


def test_a_policy_of_nanhai_owes_the_citys_quarterly_ledger() -> None:
    found = facts("policy", policy(division="440605011", signed_on=date(2023, 5, 4)))

    assert set(found) == {"quarterly_fund_report"}
    ledger = found["quarterly_fund_report"]
    assert (ledger.subject_kind, ledger.subject_key) == ("insurer", INSURER)
    assert (ledger.jurisdiction, ledger.period, ledger.start_on) == ("440600", "2023Q2", date(2023, 4, 1))
    due = clock_due(ledger, Calendar.load())
    assert due is not None
    assert due.due == midnight(date(2023, 7, 18))  # 15 July 2023 was a Saturday


def test_gaoming_reminded_of_renewals_while_its_text_was_in_force() -> None:
    of_then = policy(division="440608004", signed_on=date(2018, 1, 2), expires_on=date(2019, 1, 4))
    of_now = policy(division="440608004", signed_on=date(2024, 1, 2), expires_on=date(2025, 1, 4))

    assert facts("policy", of_then)["renewal"].start_on == date(2019, 1, 4)
    assert "renewal" not in facts("policy", of_now)


def test_a_renewal_meets_the_clock_of_the_policy_it_renews() -> None:
    found = facts("policy", policy(policy_no="P2", renewal_of="P1"))

    assert found["renewal"].subject_key == "P1"
    assert found["renewal"].met_at == RECEIVED
    assert found["renewal"].start_on is None


def test_the_accepted_document_meets_the_upload() -> None:
    [fact] = document_accepted("P1", received_at=RECEIVED)

    assert (fact.clock, fact.subject_kind, fact.subject_key) == ("policy_upload", "policy", "P1")
    assert (fact.met_at, fact.start_on, fact.jurisdiction) == (RECEIVED, None, None)


@pytest.mark.parametrize(
    ("fields", "clocks"),
    [
        ({"state": "assigned", "agency": None, "experts": []}, set()),
        ({"state": "assigned", "agency": object(), "experts": []}, {"service_assigned"}),
        ({"state": "assigned", "agency": None, "experts": [object()]}, {"service_assigned"}),
        ({"state": "submitted", "agency": object(), "experts": []}, {"service_assigned", "service_planned"}),
        ({"state": "confirmed", "agency": None, "experts": []}, {"service_planned"}),
    ],
)
def test_a_plan_meets_what_it_states(fields: dict[str, Any], clocks: set[str]) -> None:
    found = facts("service_plan", record("service_plan", policy_no="P1", plan_no="S1", **fields))

    assert set(found) == clocks
    assert all(fact.subject_key == "P1" and fact.met_at == RECEIVED for fact in found.values())


@pytest.mark.parametrize(
    ("fields", "clocks"),
    [
        ({"state": "in_progress"}, set()),
        ({"state": "cancelled"}, set()),
        ({"state": "completed"}, {"first_service"}),
        ({"state": "completed", "insurer_confirmed_on": date(2024, 4, 1)}, {"first_service"}),
        (
            {
                "state": "completed",
                "insurer_confirmed_on": date(2024, 4, 1),
                "insured_confirmed_on": date(2024, 4, 2),
            },
            {"first_service", "service_done"},
        ),
        ({"state": "confirmed"}, {"first_service", "service_done"}),
    ],
)
def test_a_service_meets_what_was_carried_out_and_confirmed(fields: dict[str, Any], clocks: set[str]) -> None:
    assert set(facts("service", record("service", policy_no="P1", service_no="V1", **fields))) == clocks


def test_voiding_a_service_or_a_plan_takes_nothing_back() -> None:
    service = record("service", policy_no="P1", state="confirmed")

    assert facts("service", service, voided=True) == {}
    assert facts("service_plan", record("service_plan", policy_no="P1", state="confirmed"), voided=True) == {}


def test_a_claim_is_complete_with_the_later_of_last_payment_and_closing() -> None:
    assert completed_on(claim()) == date(2024, 5, 8)
    assert completed_on(claim(closed_on=date(2024, 5, 20))) == date(2024, 5, 20)


def test_closing_without_payment_is_completion_too() -> None:
    assert completed_on(claim(payments=[], advance_payments=[], close_result="no_pay")) == date(2024, 5, 6)


def test_a_paid_claim_that_is_not_closed_is_not_complete() -> None:
    assert completed_on(claim(state="paid", closed_on=None)) is None


def test_a_completed_claim_starts_and_meets_the_upload_of_its_result() -> None:
    found = facts("claim", claim(), received_at=ENDED)["claim_result"]

    assert (found.subject_kind, found.subject_key, found.jurisdiction) == ("claim", "C1", "341300")
    assert (found.start_on, found.met_at) == (date(2024, 5, 8), ENDED)
    due = clock_due(found, Calendar.load())
    assert due is not None
    assert due.due == midnight(date(2024, 5, 16))


def test_reopening_does_not_take_back_the_first_completion() -> None:
    reopened = claim(state="reopened", reopened_on=date(2024, 6, 1))

    assert completed_on(reopened) is None
    assert facts("claim", reopened)["claim_result"].start_on == date(2024, 5, 8)


def test_the_policys_territory_decides_the_law_of_a_claim_where_it_is_known() -> None:
    elsewhere = claim(accident=SimpleNamespace(division="440605011"))

    assert "claim_result" not in facts("claim", elsewhere)
    assert "claim_result" in facts("claim", elsewhere, territory="341302100")


def test_the_insurance_law_watches_decision_and_payment_everywhere() -> None:
    registered = claim(
        state="registered",
        close_result=None,
        closed_on=None,
        payments=[],
        advance_payments=[],
        registered_on=date(2024, 4, 1),
        accident=SimpleNamespace(division="110101001"),
    )
    adjudicated = registered.model_copy(update={"adjudicated_on": date(2024, 4, 20)})

    assert facts("claim", registered)["claim_decide"].met_at is None
    found = facts("claim", adjudicated)
    assert found["claim_decide"].met_at == RECEIVED
    assert (found["claim_pay"].start_on, found["claim_pay"].met_at) == (date(2024, 4, 20), None)
    assert {fact.jurisdiction for fact in found.values()} == {"000000"}


def test_a_refused_claim_has_nothing_to_pay() -> None:
    refused = claim(
        close_result="refused",
        refusal=object(),
        payments=[],
        advance_payments=[],
        adjudicated_on=date(2024, 4, 20),
    )

    assert facts("claim", refused)["claim_pay"].applicable is False


def test_a_voided_claim_voids_its_clocks() -> None:
    found = facts("claim", claim(), voided=True)["claim_result"]

    assert found.voided
    assert found.met_at is None


def report(**changed: Any) -> Any:
    fields = {"type": "annual_service", "division": "341300", "year": 2024, "report_no": "R1"}
    return record("annual_report", **{**fields, **changed})


def test_an_annual_report_meets_the_same_clock_that_the_policies_owe() -> None:
    owed = facts("policy", policy())["annual_report"]
    met = facts("annual_report", report())["annual_report"]

    assert met.met_at == RECEIVED
    same = ("subject_kind", "subject_key", "clock", "jurisdiction", "start_on", "period")
    assert [getattr(met, name) for name in same] == [getattr(owed, name) for name in same]


def test_a_quarterly_ledger_meets_its_quarter() -> None:
    found = facts("annual_report", report(type="quarterly_fund", division="440600", year=2023, quarter=4))

    assert found["quarterly_fund_report"].period == "2023Q4"
    assert found["quarterly_fund_report"].start_on == date(2023, 10, 1)


def test_a_report_to_a_district_does_not_discharge_the_citys() -> None:
    assert (
        facts("annual_report", report(type="quarterly_fund", division="440605", year=2023, quarter=4)) == {}
    )
    assert facts("annual_report", report(division="341302")) == {}


def test_the_consultants_report_is_not_the_insurers() -> None:
    assert (
        facts("annual_report", report(type="quarterly_operation", division="440600", year=2023, quarter=1))
        == {}
    )


def endorsement(kind: str) -> Any:
    return record(
        "endorsement", endorsement_no="E1", policy_no="P1", type=kind, effective_on=date(2024, 3, 5)
    )


def test_a_cancellation_ends_every_clock_of_the_policy_from_its_effective_day() -> None:
    found = facts("endorsement", endorsement("cancel"))

    assert set(found) >= SUZHOU - {"annual_report"}
    assert {fact.void_on for fact in found.values()} == {date(2024, 3, 5)}
    assert all(fact.voided and fact.subject_key == "P1" and fact.start_on is None for fact in found.values())


def test_a_reinstatement_and_a_withdrawn_cancellation_revive_them() -> None:
    for found in (
        facts("endorsement", endorsement("reinstate")),
        facts("endorsement", endorsement("cancel"), voided=True),
    ):
        assert {(fact.voided, fact.void_on, fact.revived_on) for fact in found.values()} == {
            (False, None, date(2024, 3, 5))
        }


@pytest.mark.parametrize("kind", ["hazard", "fund_entry"])
def test_other_kinds_say_nothing_about_clocks(kind: str) -> None:
    assert arising(kind, object(), insurer=INSURER, received_at=RECEIVED) == []


def test_an_endorsement_of_another_type_says_nothing() -> None:
    assert facts("endorsement", endorsement("add_persons")) == {}


def test_a_fact_without_a_start_has_no_due_yet() -> None:
    [fact] = document_accepted("P1", received_at=RECEIVED)

    assert clock_due(fact, Calendar.load()) is None
