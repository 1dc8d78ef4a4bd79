"""The regulators' figures against expectations computed by hand."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shelving import ANAN, BEIAN, NOW, T0, Shelf

from ajx_gateway.errors import Forbidden, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight.aggregates import aggregates_for
from ajx_gateway.store import tables
from ajx_gateway.store.database import Store

Callers = dict[str, Caller]
FACTORY, MINE, SHOP = "91440605MA00000001", "91440605MA00000002", "91440605MA00000003"


async def ask(store: Store, caller: Caller, *, as_of: datetime | None = None, **given: str) -> dict[str, Any]:
    return await aggregates_for(store, caller, given, as_of=as_of, now=NOW)


def by_key(answer: dict[str, Any]) -> dict[Any, dict[str, Any]]:
    return {tuple(group["keys"].values()): group["values"] for group in answer["groups"]}


async def test_an_enterprise_with_two_policies_and_three_tags_counts_once_in_the_total(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "P1", enterprise_uscc=FACTORY, sector_tags=["machinery", "dust_ex"])
    await shelf.put("policy", "P2", enterprise_uscc=FACTORY, sector_tags=["metallurgy"], insurer=BEIAN)
    await shelf.put("policy", "P3", enterprise_uscc=MINE, sector_tags=["metallurgy"])
    await shelf.put("policy", "P4", enterprise_uscc=SHOP, sector_tags=[])
    answer = await ask(
        store, callers["city"], measures="enterprises,policies,premium", by="sector", period="2023"
    )
    assert answer["total"]["values"] == {"enterprises": 3, "policies": 4, "premium": "4000.00"}
    assert by_key(answer) == {
        ("dust_ex",): {"enterprises": 1, "policies": 1, "premium": "1000.00"},
        ("machinery",): {"enterprises": 1, "policies": 1, "premium": "1000.00"},
        ("metallurgy",): {"enterprises": 2, "policies": 2, "premium": "2000.00"},
        (None,): {"enterprises": 1, "policies": 1, "premium": "1000.00"},
    }
    assert any("行业领域可多选" in note for note in answer["notes"])


async def test_growth_is_written_in_percent_rounded_half_up_and_empty_without_a_previous_figure(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    for number in range(8):
        await shelf.put(
            "policy", f"N{number}", signed_on=date(2023, 2, 28), premium_received=Decimal("125.00")
        )
    for number in range(3):
        await shelf.put(
            "policy", f"O{number}", signed_on=date(2022, 2, 1), premium_received=Decimal("300.50")
        )
    await shelf.put("claim", "C1", policy_no="N0", paid=Decimal("10.00"))
    answer = await ask(
        store, callers["city"], measures="policies,premium,claims", by="month", period="2023", compare="yoy"
    )
    assert answer["total"]["previous"] == {"policies": 3, "premium": "901.50", "claims": 0}
    # 8/3 - 1 = 166.666…; 1000/901.5 - 1 = 10.9262…
    assert answer["total"]["change"] == {"policies": "+166.67%", "premium": "+10.93%", "claims": None}
    february = next(group for group in answer["groups"] if group["keys"] == {"month": "2023-02"})
    assert february["previous"]["policies"] == 3
    assert february["change"]["policies"] == "+166.67%"


async def test_a_fall_and_no_change_are_written_with_their_sign(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "A", insured_count=1)
    await shelf.put("policy", "B", insured_count=7, signed_on=date(2022, 5, 1))
    answer = await ask(
        store, callers["city"], measures="insured_persons,policies", period="2023", compare="yoy"
    )
    assert answer["total"]["change"] == {"insured_persons": "-85.71%", "policies": "0.00%"}


async def test_february_is_compared_with_the_whole_february_of_a_leap_year(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "A", signed_on=date(2024, 2, 29), recorded_at=T0)
    await shelf.put("policy", "B", signed_on=date(2025, 2, 28), recorded_at=T0)
    now = datetime.fromisoformat("2025-06-01T00:00:00+00:00")
    given = {"measures": "policies", "by": "month", "period": "2025-02", "compare": "yoy"}
    answer = await aggregates_for(store, callers["city"], given, as_of=None, now=now)
    assert answer["groups"][0]["previous"] == {"policies": 1}
    assert len(answer["groups"]) == 1


async def test_as_of_tells_what_was_known_before_a_correction_and_before_a_void(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    day = timedelta(days=1)
    await shelf.put("policy", "P1", recorded_at=T0, premium_received=Decimal("1000.00"))
    await shelf.put("policy", "P2", recorded_at=T0, enterprise_uscc=MINE)
    await shelf.put("policy", "P1", recorded_at=T0 + 2 * day, premium_received=Decimal("800.00"))
    await shelf.put("policy", "P2", recorded_at=T0 + 4 * day, enterprise_uscc=MINE, voided=True)
    # Arrives last but is older: it never becomes the current state.
    await shelf.put(
        "policy", "P1", recorded_at=T0 + 5 * day, revised_at=T0 - day, premium_received=Decimal("1.00")
    )
    seen = []
    for days in (-1, 1, 3, 4, 6):
        answer = await ask(
            store,
            callers["nanhai"],
            as_of=T0 + days * day,
            measures="policies,premium,enterprises",
            period="2023",
        )
        seen.append(tuple(answer["total"]["values"].values()))
    assert seen == [
        (0, "0.00", 0),
        (2, "2000.00", 2),
        (2, "1800.00", 2),
        (1, "800.00", 1),
        (1, "800.00", 1),
    ]
    now = await ask(store, callers["nanhai"], measures="policies,premium,enterprises", period="2023")
    assert tuple(now["total"]["values"].values()) == (1, "800.00", 1)


async def test_a_claim_before_its_policy_stands_in_the_group_of_unknown_policies_and_moves_when_it_arrives(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("claim", "C1", policy_no="P1", paid=Decimal("70.00"))
    before = await ask(store, callers["auditor"], measures="claims", by="district,size", period="2023")
    assert before["groups"] == [
        {
            "keys": {"district": None, "size": None},
            "names": {"district": "保单未到或未注明", "size": "保单未到或未注明"},
            "values": {"claims": 1},
        }
    ]
    assert (await ask(store, callers["nanhai"], measures="claims"))["total"]["values"] == {"claims": 0}
    await shelf.put("policy", "P1", division="440605121")
    after = await ask(store, callers["nanhai"], measures="claims,claims_paid", by="town", period="2023")
    assert by_key(after) == {("440605121",): {"claims": 1, "claims_paid": "70.00"}}
    assert after["groups"][0]["names"] == {"town": "九江镇"}


async def test_each_regulator_sees_their_territory_and_no_more(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    places = ["440605011", "440605011", "440605121", "440608004", "341302001"]
    for number, place in enumerate(places):
        await shelf.put("policy", f"P{number}", division=place)
        await shelf.put("hazard", f"H{number}", policy_no=f"P{number}")
        await shelf.put("fund_entry", f"F{number}", kept_division=place[:6], amount=Decimal("1.00"))
    seen = {}
    for name in ("guicheng", "nanhai", "city", "suzhou", "adviser", "auditor", "consultant"):
        answer = await ask(store, callers[name], measures="policies,hazards_general,fund_accrued")
        seen[name] = (answer["scope"], *answer["total"]["values"].values())
    assert seen == {
        "guicheng": ("佛山市南海区桂城街道", 2, 2, "0.00"),
        "nanhai": ("佛山市南海区", 3, 3, "3.00"),
        "city": ("佛山市", 4, 4, "4.00"),
        "suzhou": ("宿州市", 1, 1, "1.00"),
        "adviser": ("佛山市", 4, 4, "4.00"),
        "auditor": ("全部地区", 5, 5, "5.00"),
        # One enterprise stands behind all of it: its numbers are not for somebody who may not see it.
        "consultant": ("全部地区", None, None, "5.00"),
    }


async def test_another_territorys_filter_gives_nothing(store: Store, shelf: Shelf, callers: Callers) -> None:
    await shelf.put("policy", "P1", division="341302001")
    answer = await ask(store, callers["nanhai"], measures="policies", district="341302")
    assert answer["total"]["values"] == {"policies": 0}


async def test_insurers_may_not_ask(store: Store, callers: Callers) -> None:
    with pytest.raises(Forbidden):
        await ask(store, callers["insurer"], measures="policies")


async def test_an_adviser_without_a_territory_may_not_ask(store: Store) -> None:
    with pytest.raises(Forbidden):
        await ask(store, Caller("nowhere", "adviser", "顾问（虚构）"), measures="policies")


async def test_claim_money_ratios_and_states(store: Store, shelf: Shelf, callers: Callers) -> None:
    await shelf.put("policy", "P1", premium_received=Decimal("900.00"), premium_refunded=Decimal("150.00"))
    await shelf.put("claim", "C1", policy_no="P1", state="closed", paid=Decimal("250.00"), deaths=1)
    await shelf.put(
        "claim", "C2", policy_no="P1", state="paid", paid=Decimal("0.01"), reserve=Decimal("99.99")
    )
    await shelf.put(
        "claim", "C3", policy_no="P1", state="closed", reserve=Decimal("500.00"), serious_injuries=2
    )
    names = "claims,claims_open,claims_closed,claims_paid,claims_reserve,deaths,serious_injuries,loss_ratio"
    answer = await ask(store, callers["city"], measures=names + ",incurred_ratio", period="2023")
    assert answer["total"]["values"] == {
        "claims": 3,
        "claims_open": 1,
        "claims_closed": 2,
        "claims_paid": "250.01",
        "claims_reserve": "99.99",
        "deaths": 1,
        "serious_injuries": 2,
        "loss_ratio": "0.3333",  # 250.01 / 750
        "incurred_ratio": "0.4667",  # 350 / 750
    }


async def test_a_ratio_without_denominator_is_empty(store: Store, shelf: Shelf, callers: Callers) -> None:
    answer = await ask(
        store, callers["city"], measures="loss_ratio,fund_ratio,rating,rectification_ratio,premium"
    )
    assert answer["total"]["values"] == {
        "loss_ratio": None,
        "fund_ratio": None,
        "rating": None,
        "rectification_ratio": None,
        "premium": "0.00",
    }


async def test_services_hazards_and_ratings(store: Store, shelf: Shelf, callers: Callers) -> None:
    await shelf.put("policy", "P1")
    stars = {"rating_attitude": 5, "rating_professionalism": 4, "rating_timeliness": 4}
    await shelf.put("service", "S1", policy_no="P1", **stars)
    await shelf.put("service", "S2", policy_no="P1", state="in_progress")
    await shelf.put("service", "S3", policy_no="P1", state="cancelled")
    await shelf.put("hazard", "H1", policy_no="P1", state="closed")
    await shelf.put("hazard", "H2", policy_no="P1", state="refused", level="major")
    await shelf.put("hazard", "H3", policy_no="P1", state="notified", deadline_on=date(2024, 5, 31))
    names = "services,services_completed,service_cost,enterprises_served,rating,hazards_general,hazards_major"
    names += ",hazards_rectified,hazards_refused,hazards_overdue,rectification_ratio"
    answer = await ask(store, callers["city"], measures=names, period="2023")
    assert list(answer["total"]["values"].values()) == [2, 1, "200.00", 1, "4.33", 2, 1, 1, 1, 1, "0.3333"]


async def test_fund_corrections_go_to_the_side_they_correct(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "P1")
    entries = [
        ("accrual", "1000.00", {}),
        ("adjustment", "-100.00", {}),
        ("spend", "300.00", {"purpose": "training"}),
        ("reversal", "-50.00", {"purpose": "training"}),
        ("reversal", "-25.00", {"service_no": "S1"}),
        ("reversal", "-7.00", {"reverses_entry_no": "F2"}),
        ("reversal", "-3.00", {"reverses_entry_no": "F0", "purpose": "training"}),
        ("reversal", "-1.00", {"reverses_entry_no": "not-here"}),
    ]
    for number, (type_, amount, own) in enumerate(entries):
        await shelf.put("fund_entry", f"F{number}", policy_no="P1", type=type_, amount=Decimal(amount), **own)
    answer = await ask(store, callers["city"], measures="fund_accrued,fund_spent,fund_ratio")
    assert answer["total"]["values"] == {
        "fund_accrued": "896.00",
        "fund_spent": "218.00",
        "fund_ratio": "0.2433",
    }


async def test_employees_come_from_the_latest_policy_of_each_enterprise(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put("policy", "P1", employee_count=100, signed_on=date(2023, 1, 5))
    await shelf.put("policy", "P2", employee_count=120, signed_on=date(2023, 8, 5))
    await shelf.put("policy", "P3", employee_count=7, enterprise_uscc=MINE)
    answer = await ask(store, callers["city"], measures="employees", by="quarter", period="2023")
    assert answer["total"]["values"] == {"employees": 127}
    assert by_key(answer) == {
        ("2023Q1",): {"employees": 100},
        ("2023Q2",): {"employees": 7},
        ("2023Q3",): {"employees": 120},
    }


async def test_filters_narrow_policies_and_their_children_alike(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put(
        "policy", "P1", industry="C3311", size="large", division="440605121", sector_tags=["dust_ex"]
    )
    await shelf.put("policy", "P2", industry="B0810", size="small", insurer=BEIAN)
    await shelf.put("claim", "C1", policy_no="P1")
    await shelf.put("claim", "C2", policy_no="P2", insurer=BEIAN)
    for given in (
        {"industry": "C"},
        {"industry": "C33"},
        {"size": "large"},
        {"town": "440605121"},
        {"sector": "dust_ex"},
        {"insurer": ANAN},
    ):
        answer = await ask(store, callers["city"], measures="policies,claims", **given)
        assert answer["total"]["values"] == {"policies": 1, "claims": 1}, given
        assert answer["filters"] == given


async def test_insurers_are_called_by_their_registered_name(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await shelf.put_row(
        tables.insurer, insurer=ANAN, name="安安保险（虚构）", division="440600", registered_at=T0
    )
    await shelf.put("policy", "P1")
    await shelf.put("policy", "P2", insurer=BEIAN)
    answer = await ask(store, callers["city"], measures="policies", by="insurer")
    assert [group["names"]["insurer"] for group in answer["groups"]] == ["安安保险（虚构）", BEIAN]


async def test_documents_and_reports_have_their_own_days(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    policy = await shelf.put("policy", "P1", recorded_at=T0 - timedelta(days=30))
    midnight = datetime.fromisoformat("2023-12-31T23:30:00+08:00")
    for number, accepted_at in enumerate((midnight, midnight + timedelta(hours=1))):
        await shelf.put_row(
            tables.document,
            filing_id=f"00000000-0000-0000-0000-00000000000{number}",
            policy_id=policy,
            insurer=ANAN,
            policy_no="P1",
            media_type="application/pdf",
            sha256="0" * 64,
            bytes=1,
            accepted_at=accepted_at,
        )
    await shelf.put("annual_report", "R1")
    await shelf.put("annual_report", "R2", report_division="341300")
    answer = await ask(store, callers["nanhai"], measures="documents,reports", by="year")
    assert by_key(answer) == {
        ("2023",): {"documents": 1, "reports": 1},
        ("2024",): {"documents": 1, "reports": 0},
    }
    earlier = await ask(store, callers["nanhai"], as_of=midnight, measures="documents")
    assert earlier["total"]["values"] == {"documents": 1}


@pytest.mark.parametrize(
    "given",
    [
        {"measures": "profit"},
        {"by": "street"},
        {"by": "month,year,town,size"},
        {"by": "town,town"},
        {"period": "2023-13"},
        {"period": "２０２３"},
        {"period": "2023-02-30..2023-03-01"},
        {"period": "2023-05-01..2023-04-30"},
        {"period": "2023\n"},
        {"compare": "yoy"},
        {"compare": "mom", "period": "2023"},
        {"district": "4406"},
        {"insurer": "x"},
        {"industry": "33"},
        {"sector": "casino"},
        {"size": "huge"},
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused_with_the_mend(
    store: Store, callers: Callers, given: dict[str, str]
) -> None:
    with pytest.raises(Unprocessable) as refusal:
        await ask(store, callers["city"], **given)
    assert refusal.value.detail


async def test_tomorrows_knowledge_is_refused(store: Store, callers: Callers) -> None:
    with pytest.raises(Unprocessable):
        await ask(store, callers["city"], as_of=NOW + timedelta(seconds=1), measures="policies")
