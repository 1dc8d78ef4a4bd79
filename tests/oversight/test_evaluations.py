"""From the records to the measures: what each item counts, in which period, and as known at which instant."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from judging import (
    FILED,
    GENG,
    JUDGED,
    XIN,
    asked,
    clear,
    clock,
    count,
    entry,
    excused,
    finding,
    judged,
    plan,
    policy,
    service,
    told,
    unit,
)
from shelving import Shelf

from ajx_gateway.deadlines import midnight
from ajx_gateway.errors import Unprocessable
from ajx_gateway.evaluation import Ratio, Stars
from ajx_gateway.oversight.evaluations import asked_of, scorecards
from ajx_gateway.store.database import Store

DAY = timedelta(days=1)


@pytest.fixture
async def desk(shelf: Shelf) -> Shelf:
    await clear(shelf)
    await policy(shelf, "P1")
    return shelf


async def test_late_and_never_count_once_excused_and_undetermined_are_only_told(
    desk: Shelf, store: Store
) -> None:
    for number in range(2, 7):
        await policy(desk, f"P{number}")
    day = date(2024, 4, 16)
    await clock(desk, "P1", "first_service", day)
    await clock(desk, "P2", "first_service", day, met_at=midnight(day + DAY))
    await clock(desk, "P3", "first_service", day, met_at=midnight(day + DAY) - timedelta(seconds=1))
    await excused(desk, await clock(desk, "P4", "first_service", day), JUDGED - DAY)
    await excused(desk, await clock(desk, "P5", "first_service", day), JUDGED - DAY, "dismissed")
    await clock(desk, "P6", "first_service", day, applicable=None)
    card = await judged(store)
    assert sorted(told(card, 2)) == [
        ("P1", "overdue"),
        ("P2", "met_late"),
        ("P4", "excused"),
        ("P5", "overdue"),
        ("P6", "undetermined"),
    ]
    assert count(card, 2) == (3, 1)
    # three times 2, nothing spent 20, no ratings yet
    assert card.scorecard.low == 100 - 6 - 20 - 15
    assert card.scorecard.high == 100 - 6 - 20
    found = unit(card, 2, "P1")
    assert (found.version, found.details["enterprise_name"]) == (1, "虚构五金厂")
    assert found.clause == "应急监二〔2023〕84号 附件 第2项"
    assert found.details["due"] == "2024-04-17T00:00:00+08:00"


async def test_a_clock_never_met_costs_points_only_in_the_period_of_its_last_day(
    desk: Shelf, store: Store
) -> None:
    await policy(desk, "P2", signed_on=date(2025, 1, 2))
    await clock(desk, "P1", "policy_upload", date(2024, 12, 31))
    await clock(desk, "P2", "policy_upload", date(2025, 1, 1))
    later = datetime(2026, 3, 31, 2, 0, tzinfo=UTC)
    assert told(await judged(store, as_of=later), 6) == [("P1", "overdue")]
    assert told(await judged(store, as_of=later, period="2025"), 6) == [("P2", "overdue")]


async def test_a_clock_counts_from_its_due_instant_on(desk: Shelf, store: Store) -> None:
    last = date(2024, 6, 10)
    await clock(desk, "P1", "policy_upload", last)
    due = midnight(last + DAY)
    assert count(await judged(store, as_of=due - timedelta(microseconds=1)), 6) == (0, 0)
    assert count(await judged(store, as_of=due), 6) == (1, 0)


async def test_an_excuse_counts_once_it_is_decided(desk: Shelf, store: Store) -> None:
    day = date(2024, 4, 16)
    await excused(desk, await clock(desk, "P1", "first_service", day), JUDGED)
    assert count(await judged(store, as_of=JUDGED - timedelta(seconds=1)), 2) == (1, 0)
    assert count(await judged(store, as_of=JUDGED), 2) == (0, 0)


async def test_the_annual_report_is_asked_for_once_per_place(desk: Shelf, store: Store) -> None:
    year = {"subject_kind": "insurer", "division": "341300", "period": "2024", "start_on": date(2024, 1, 1)}
    await clock(desk, GENG, "annual_report", date(2024, 12, 16), **year)
    card = await judged(store)
    assert told(card, 5) == [("2024", "overdue")]
    assert card.scorecard.items[4].least == 10


async def test_a_service_that_did_not_run_through_counts_once_with_its_reasons(
    desk: Shelf, store: Store
) -> None:
    await plan(desk, "N1", "P1")
    await plan(desk, "N2", "P1", state="assigned")
    await plan(desk, "N3", "P1", voided=True)
    await service(desk, "S1", "P1")
    await service(desk, "S2", "P1", state="completed")
    await service(desk, "S3", "P1", plan_no=None)
    await service(desk, "S4", "P1", plan_no="N2")
    await service(desk, "S5", "P1", plan_no="N3")
    await service(desk, "S6", "P1", state="cancelled")
    await service(desk, "S7", "P1", state="completed", voided=True)
    await service(desk, "S8", "P1", state="completed", plan_no="N9")
    await service(desk, "S9", "P1", state="completed", started_on=date(2023, 12, 31))
    card = await judged(store)
    assert sorted(told(card, 3)) == [(f"S{number}", "not_closed") for number in (2, 3, 4, 5, 8)]
    assert unit(card, 3, "S8").details["reasons"] == "未经双方确认；没有已提交的服务计划"
    assert card.scorecard.items[2].least == 10


async def test_hazards_left_alone_keep_a_service_open(desk: Shelf, store: Store) -> None:
    await plan(desk, "N1", "P1")
    hazards: dict[str, dict[str, Any]] = {
        "S1": {"state": "rectifying", "deadline_on": JUDGED.date() - DAY},
        "S2": {"state": "rectifying", "deadline_on": JUDGED.date()},
        "S3": {"state": "found"},
        "S4": {"state": "refused", "level": "major"},
        "S5": {"state": "refused", "level": "major", "reported_on": date(2024, 5, 1)},
        "S6": {"state": "refused", "level": "general"},
        "S7": {"state": "rectified", "deadline_on": date(2024, 5, 1)},
        "S8": {"state": "closed"},
        "S9": {"state": "found", "voided": True},
    }
    for number, state in hazards.items():
        await service(desk, number, "P1")
        await desk.put(
            "hazard",
            f"H{number}",
            insurer=GENG,
            policy_no="P1",
            service_no=number,
            recorded_at=FILED,
            **state,
        )
    card = await judged(store)
    assert sorted(key or "" for key, _ in told(card, 3)) == ["S1", "S3", "S4"]
    assert unit(card, 3, "S4").details["reasons"] == "隐患未跟踪到底：HS4"


async def test_before_the_period_is_over_open_services_cost_nothing(desk: Shelf, store: Store) -> None:
    await service(desk, "S1", "P1", state="in_progress")
    last_moment = midnight(date(2025, 1, 1)) - timedelta(seconds=1)
    assert count(await judged(store, as_of=last_moment), 3) == (0, 1)
    assert count(await judged(store, as_of=last_moment + timedelta(seconds=1)), 3) == (1, 0)


async def test_the_ratio_is_spending_of_the_period_over_fees_of_policies_signed_in_it(
    desk: Shelf, store: Store
) -> None:
    await policy(desk, "P2", fund_amount=Decimal("50.00"), signed_on=date(2024, 12, 31))
    await policy(desk, "P3", fund_amount=Decimal("900.00"), signed_on=date(2023, 12, 31))
    await policy(desk, "P4", fund_amount=Decimal("900.00"), voided=True)
    await entry(desk, "E1", "60.00")
    await entry(desk, "E2", "90.00", policy_no="P1")
    await entry(desk, "E3", "-30.00", type="reversal", reverses_entry_no="E2", policy_no="P1")
    await entry(desk, "E4", "500.00", entered_on=date(2025, 1, 1))
    await entry(desk, "E5", "500.00", type="accrual")
    await entry(desk, "E6", "500.00", kept_division="440605")
    card = await judged(store)
    measure = card.scorecard.items[3].measure
    assert isinstance(measure, Ratio)
    assert (measure.above, measure.below) == (Decimal("120.00"), Decimal("150.00"))
    assert card.scorecard.items[3].least == 0  # 80 % exactly


async def test_stars_are_means_over_the_rated_services_of_the_period(desk: Shelf, store: Store) -> None:
    await plan(desk, "N1", "P1")
    columns = ("rating_attitude", "rating_professionalism", "rating_timeliness")
    ratings = [(5, 4, 3), (4, 4, 4), (5, 5, 5), (None, 5, 5)]
    for number, stars in enumerate(ratings):
        named: dict[str, Any] = dict(zip(columns, stars, strict=True))
        await service(desk, f"S{number}", "P1", **named)
    await service(desk, "S9", "P1", started_on=date(2025, 1, 1), **(named | dict.fromkeys(columns, 1)))
    card = await judged(store)
    measure = card.scorecard.items[8].measure
    assert isinstance(measure, Stars)
    assert (measure.ratings, measure.sums) == (
        3,
        {"attitude": 14, "professionalism": 13, "timeliness": 12},
    )
    assert card.scorecard.score == 100 - (15 - 13) - 20  # 39 stars of 3 services; nothing spent


async def test_only_upheld_findings_of_the_period_decided_by_then_cost_points(
    desk: Shelf, store: Store
) -> None:
    for category in ("product", "data", "dispute"):
        await finding(desk, category)
    await finding(desk, "data", name="d2", state="open", decision=None, decided_at=None)
    await finding(desk, "data", name="d3", state="dismissed", decision="dismissed")
    await finding(desk, "data", name="d4", happened_on=date(2025, 1, 1))
    await finding(desk, "data", name="d5", decided_at=JUDGED + timedelta(seconds=1))
    await finding(desk, "data", name="d6", jurisdiction="440600", division="440605")
    await finding(desk, "product", name="p2", subject_kind="policy", subject_key="P1")
    await finding(desk, "product", name="p3", subject_kind="policy", subject_key="P1")
    card = await judged(store)
    assert [count(card, item)[0] for item in (1, 7, 10)] == [3, 1, 1]
    assert count(await judged(store, as_of=JUDGED + DAY), 7) == (2, 0)


async def test_a_service_or_claim_seen_by_the_system_and_by_an_inspector_counts_once(
    desk: Shelf, store: Store
) -> None:
    await service(desk, "S1", "P1", state="completed")
    await finding(desk, "workflow", subject_kind="service", subject_key="S1")
    await finding(desk, "workflow", name="w2", subject_kind="service", subject_key="S2")
    await desk.put("claim", "C1", insurer=GENG, policy_no="P1", recorded_at=FILED)
    await clock(desk, "C1", "claim_result", date(2024, 6, 1), subject_kind="claim")
    await finding(desk, "claim_result", subject_kind="claim", subject_key="C1")
    await finding(desk, "claim_result", name="c2", subject_kind="claim", subject_key="C1")
    card = await judged(store)
    assert sorted(told(card, 3)) == [("S1", "not_closed"), ("S2", "upheld")]
    assert told(card, 8) == [("C1", "overdue")]
    assert unit(card, 8, "C1").details["policy_no"] == "P1"


async def test_an_excused_clock_gives_way_to_a_finding_about_the_same_claim(
    desk: Shelf, store: Store
) -> None:
    await excused(
        desk,
        await clock(desk, "C1", "claim_result", date(2024, 6, 1), subject_kind="claim"),
        JUDGED - DAY,
    )
    await finding(desk, "claim_result", subject_kind="claim", subject_key="C1")
    assert told(await judged(store), 8) == [("C1", "upheld")]


async def test_every_insurer_of_the_place_is_judged_and_none_of_another(desk: Shelf, store: Store) -> None:
    await policy(desk, "P1", insurer=XIN)
    await policy(desk, "P9", insurer="91440600MA00000A1X", division="440605011")
    cards = await scorecards(store, asked(), as_of=JUDGED)
    assert {card.insurer for card in cards} == {GENG, XIN}


async def test_a_record_counts_where_and_as_it_was_known_then(desk: Shelf, store: Store) -> None:
    await plan(desk, "N1", "P1")
    await service(desk, "S1", "P1", state="completed")
    before = await judged(store)
    later = JUDGED + timedelta(seconds=1)
    await service(desk, "S1", "P1", state="confirmed", recorded_at=later)
    await policy(desk, "P1", division="440605011", fund_amount=Decimal("7.00"), recorded_at=later)
    again = await judged(store)
    assert (again.as_dict(), again.units) == (before.as_dict(), before.units)
    assert told(before, 3) == [("S1", "not_closed")]
    assert await scorecards(store, asked(), as_of=later) == []


@pytest.mark.parametrize("period", ["2024H1", "2024Q1", "2024-05", "2024-01-01..2024-12-31"])
def test_only_the_schemes_own_period_can_be_judged(period: str) -> None:
    with pytest.raises(Unprocessable):
        asked_of("341300", period, None)


def test_a_place_without_a_scheme_has_no_evaluation() -> None:
    assert asked_of("341300", "2023", None) is None
    assert asked_of("110000", "2024", None) is None
