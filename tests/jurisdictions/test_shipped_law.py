"""The shipped profiles say what the founding documents say, where and when they say it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.jurisdictions import NAMES, Profile, Target, all_jurisdictions, profile, requirements
from ajx_gateway.rules import RULES
from ajx_gateway.standard import codes

FOSHAN, NANHAI, GAOMING, SUZHOU, NATION = "440600", "440605011", "440608004", "341302100", "000000"


def value(division: str, on: str, name: str) -> Any:
    found = profile(division, date.fromisoformat(on)).value(name)
    return None if found is None else found.value


def clause(division: str, on: str, name: str) -> str:
    found = profile(division, date.fromisoformat(on)).value(name)
    assert found is not None
    return found.clause


@pytest.mark.parametrize(
    ("division", "layers"),
    [
        ("440605011", ["440605", "440600", "000000"]),
        ("440605", ["440605", "440600", "000000"]),
        ("440604010", ["440600", "000000"]),
        ("440600", ["440600", "000000"]),
        ("341302", ["341300", "000000"]),
        ("341371400", ["341300", "000000"]),
        ("320500", ["000000"]),
        ("110101001", ["000000"]),
        ("999999999", ["000000"]),
    ],
)
def test_the_most_specific_layer_comes_first_and_the_nation_lies_under_all(
    division: str, layers: list[str]
) -> None:
    found = profile(division, date(2024, 6, 1))

    assert [layer.code for layer in found.layers] == layers
    assert found.code == layers[0]


def test_suzhou_in_anhui_is_not_suzhou_in_jiangsu() -> None:
    assert profile("341300", date(2024, 6, 1)).name == "宿州市"
    assert value("320500", "2024-06-01", "fund_floor_ratio") is None


@pytest.mark.parametrize("code", ["", "4406", "44060501", "４４０６００", "440600\n", "44060a"])
def test_what_is_no_division_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="division"):
        profile(code, date(2024, 6, 1))


@pytest.mark.parametrize(
    ("division", "on", "name", "expected"),
    [
        (SUZHOU, "2024-01-01", "fund_floor_ratio", Decimal("0.12")),
        (SUZHOU, "2023-12-31", "fund_floor_ratio", None),
        (SUZHOU, "2024-06-01", "whole_staff_required", True),
        (SUZHOU, "2024-06-01", "remote_placement_filing_required", True),
        (SUZHOU, "2024-06-01", "major_refusal_report_required", True),
        (FOSHAN, "2018-02-28", "fund_floor_ratio", None),
        (FOSHAN, "2018-03-01", "fund_floor_ratio", Decimal("0.15")),
        (NANHAI, "2023-05-01", "fund_floor_ratio", Decimal("0.15")),
        (NANHAI, "2023-05-01", "fund_base", "received"),
        (FOSHAN, "2020-02-18", "subsidy_cap_ratio", Decimal("0.30")),
        (FOSHAN, "2020-02-17", "subsidy_cap_ratio", None),
        (FOSHAN, "2023-05-01", "city_subsidy_match_ratio", Decimal("0.20")),
        (FOSHAN, "2023-05-01", "inspection_sample_ratio", Decimal("0.20")),
        (GAOMING, "2016-08-16", "rate_float_bound", None),
        (GAOMING, "2016-08-17", "rate_float_bound", Decimal("0.30")),
        (GAOMING, "2024-06-01", "rate_float_bound", Decimal("0.30")),
        (NANHAI, "2024-06-01", "rate_float_bound", None),
        (GAOMING, "2017-01-01", "death_limit_income_multiple", Decimal(20)),
        (GAOMING, "2017-01-01", "fund_base", "profit"),
        (GAOMING, "2018-03-01", "fund_base", "received"),
        (GAOMING, "2024-01-01", "urban_income", None),
        (NATION, "2025-03-28", "death_limit_floor", None),
        (NATION, "2025-03-29", "death_limit_floor", Decimal(400000)),
        (NATION, "2026-06-01", "fund_spend_cap_ratio", None),
        (NATION, "2026-06-01", "coverage_targets", None),
        (NATION, "2026-06-01", "whole_staff_required", None),
        (NATION, "2026-06-01", "accident_grade_deaths", (3, 10, 30)),
    ],
)
def test_a_place_states_its_numbers_from_the_day_they_were_in_force(
    division: str, on: str, name: str, expected: object
) -> None:
    assert value(division, on, name) == expected


def test_foshans_floor_names_the_expired_text_and_the_one_it_stands_on_today() -> None:
    then, now = (
        clause(FOSHAN, "2021-02-28", "fund_floor_ratio"),
        clause(FOSHAN, "2021-03-01", "fund_floor_ratio"),
    )

    assert then == "佛府办〔2018〕2号 三（三）"
    assert now.startswith("佛应急〔2020〕29号 三（四）")
    assert "2021-02-28期满" in now


def test_a_policy_of_nanhai_is_told_the_citys_clause() -> None:
    found = profile(NANHAI, date(2023, 5, 1)).value("fund_floor_ratio")

    assert found is not None
    assert (found.jurisdiction, found.valid_from) == ("440600", date(2021, 3, 1))


def test_what_stands_on_an_expired_or_unread_text_can_only_warn() -> None:
    then, now = profile(GAOMING, date(2019, 8, 16)), profile(GAOMING, date(2019, 8, 17))

    assert then.severity("policy.rate_float_exceeded") is None
    assert now.severity("policy.rate_float_exceeded") == "warning"
    assert now.severity("policy.death_limit_below_income") == "warning"
    assert "期满" in clause(GAOMING, "2019-08-17", "rate_float_bound")
    assert profile(SUZHOU, date(2026, 1, 1)).severity("policy.death_limit_below_floor") == "warning"


def test_every_expired_text_says_so_and_its_place_states_the_law_of_today() -> None:
    expired = {
        text.number: text.in_force_to
        for place in all_jurisdictions().values()
        for text in place.texts
        if text.in_force_to is not None
    }

    assert expired == {
        "佛府办〔2018〕2号": date(2021, 2, 28),
        "明府办〔2016〕112号": date(2019, 8, 16),
        "应急监二〔2020〕22号": date(2023, 12, 31),
    }
    assert "佛府办〔2018〕2号已于2021年2月28日期满" in all_jurisdictions()["440600"].status
    assert "足额提取" in all_jurisdictions()["440600"].status
    assert "2019年8月16日期满" in all_jurisdictions()["440608"].status


def test_coverage_targets_of_foshan_are_100_70_and_30_percent_by_the_end_of_2020() -> None:
    targets: tuple[Target, ...] = value(FOSHAN, "2020-06-01", "coverage_targets")

    assert [(target.ratio, target.by) for target in targets] == [
        (Decimal("1.00"), date(2020, 12, 31)),
        (Decimal("0.70"), date(2020, 12, 31)),
        (Decimal("0.30"), date(2020, 12, 31)),
    ]
    assert "confined_space" in targets[1].tags


@pytest.mark.parametrize(
    ("list_name", "names"),
    [
        ("sector_tag", ["high_risk_sectors", "key_promotion_sectors", "service_norm_sectors"]),
        ("coverage", ["required_coverages"]),
        ("premium_payer", ["premium_payers_allowed"]),
        ("credit_list", ["float_up_credit_lists", "float_down_credit_lists"]),
        ("standardization_level", ["float_down_standardization_levels"]),
        (
            "occupational_health_grade",
            ["float_up_occupational_health_grades", "float_down_occupational_health_grades"],
        ),
    ],
)
def test_every_listed_code_is_in_its_code_list(list_name: str, names: list[str]) -> None:
    known = {entry.code for entry in codes.CODE_LISTS[list_name].entries}
    stated = [
        set(found.value)  # type: ignore[arg-type]
        for place in all_jurisdictions().values()
        for found in place.values
        if found.name in names
    ]

    assert stated
    assert set().union(*stated) <= known


def test_every_tag_of_a_coverage_target_is_a_sector_tag() -> None:
    known = {entry.code for entry in codes.CODE_LISTS["sector_tag"].entries}

    assert {tag for target in value(FOSHAN, "2020-06-01", "coverage_targets") for tag in target.tags} <= known


def clocks(division: str, on: str) -> dict[str, Any]:
    return {clock.name: clock for clock in profile(division, date.fromisoformat(on)).clocks}


@pytest.mark.parametrize(
    ("name", "start", "days", "fixed", "applies_to"),
    [
        ("policy_upload", "policy.signed_on", 7, None, ()),
        ("service_assigned", "policy.signed_on", 45, None, ()),
        ("service_planned", "policy.signed_on", 45, None, ()),
        ("service_done", "policy.signed_on", 45, None, ()),
        ("first_service", "policy.effective_on", 45, None, ("large", "medium")),
        ("claim_result", "claim.completed_on", 7, None, ()),
        ("annual_report", "period.begin", None, "12-15", ()),
    ],
)
def test_suzhou_runs_its_seven_clocks_in_natural_days_with_the_roll(
    name: str, start: str, days: int | None, fixed: str | None, applies_to: tuple[str, ...]
) -> None:
    clock = clocks(SUZHOU, "2024-01-01")[name]

    assert (clock.start, clock.days, clock.fixed, clock.applies_to) == (start, days, fixed, applies_to)
    assert (clock.counting, clock.roll, clock.jurisdiction) == ("calendar", True, "341300")
    assert name not in clocks(SUZHOU, "2023-12-31")


def test_the_numbers_of_reports_and_claims_are_the_same_as_value_and_as_clock() -> None:
    foshan = clocks(FOSHAN, "2024-01-01")

    assert foshan["quarterly_operation_report"].days == value(FOSHAN, "2024-01-01", "quarterly_report_days")
    assert foshan["monthly_statistics"].days == value(FOSHAN, "2024-01-01", "monthly_statistics_day")
    assert foshan["claim_decide"].days == value(FOSHAN, "2024-01-01", "claim_decide_days")
    assert foshan["claim_pay"].days == value(FOSHAN, "2024-01-01", "claim_pay_days")


def test_gaomings_own_clocks_ended_with_its_text_and_the_citys_go_on() -> None:
    then, now = clocks(GAOMING, "2018-06-01"), clocks(GAOMING, "2024-06-01")

    assert {"renewal", "quarterly_project_report"} <= then.keys()
    assert not {"renewal", "quarterly_project_report"} & now.keys()
    assert "quarterly_fund_report" in now


def test_only_insurers_reports_name_a_report_type() -> None:
    for place in all_jurisdictions().values():
        for clock in place.clocks:
            assert (clock.report_type is not None) == (clock.subject == "insurer")


PLACES = st.sampled_from([NATION, FOSHAN, NANHAI, GAOMING, SUZHOU, "440606101", "341371400"])
DAYS = st.dates(date(2010, 1, 1), date(2030, 12, 31))


@given(PLACES, DAYS)
def test_everything_a_profile_holds_is_cited_and_valid_on_its_day(division: str, on: date) -> None:
    found: Profile = profile(division, on)

    for entry in (*found.values.values(), *found.severities.values(), *found.clocks):
        assert entry.clause
        assert entry.valid_from <= on
        assert entry.valid_to is None or on <= entry.valid_to


@given(PLACES, DAYS)
def test_the_more_specific_layer_always_wins(division: str, on: date) -> None:
    found = profile(division, on)

    for name in NAMES:
        stated = [layer.values[name] for layer in found.layers if name in layer.values]
        assert found.value(name) == (stated[0] if stated else None)


def test_a_profile_is_built_once_for_all_towns_of_a_district() -> None:
    on = date(2023, 5, 1)

    assert profile("440605011", on) is profile("440605121", on)


def test_the_requirements_of_a_place_are_plain_data_with_title_and_clause() -> None:
    found = requirements("341300", date(2024, 6, 1))
    by_name = {str(entry["name"]): entry for entry in found}

    assert by_name["fund_floor_ratio"]["value"] == "0.12"
    assert by_name["fund_floor_ratio"]["title"] == "事故预防服务费用提取比例下限"
    assert by_name["policy_upload"]["clause"] == "应急监二〔2023〕84号 二（五）；附件 第6项"
    assert by_name["policy_upload"]["title"] == "电子保单上传"
    assert all(entry["clause"] and entry["source"] and entry["title"] for entry in found)


def test_the_requirements_of_foshan_write_targets_out() -> None:
    [targets] = [
        entry for entry in requirements(FOSHAN, date(2020, 6, 1)) if entry["name"] == "coverage_targets"
    ]

    assert targets["value"][0]["by"] == "2020-12-31"  # type: ignore[index]
    assert targets["value"][0]["ratio"] == "1.00"  # type: ignore[index]


def test_a_clock_whose_days_are_promised_policy_by_policy_is_published_as_one_that_does_not_run() -> None:
    found = {
        str(entry["name"]): entry
        for entry in requirements(FOSHAN, date(2024, 6, 1))
        if entry["type"] == "clock"
    }

    assert {name for name, entry in found.items() if not entry["timed"]} == {"claim_settle"}
    assert "公布而不计时" in str(found["claim_settle"]["note"])


def test_every_severity_a_place_states_is_that_of_a_registered_rule() -> None:
    stated = {found.rule for place in all_jurisdictions().values() for found in place.severities}

    assert stated
    assert stated <= RULES.keys()


def test_every_name_a_place_may_state_is_told_in_chinese_and_every_rule_takes_such_names() -> None:
    taken = {name for made in RULES.values() for name in (*made.values, *made.options)}

    assert taken <= NAMES.keys()
    assert all(entry.title for entry in NAMES.values())
