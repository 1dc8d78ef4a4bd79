"""Code lists, divisions and industries: dated, sourced, complete."""

from datetime import date

import pytest

from ajx_gateway.standard import KINDS, codes, divisions, industries
from ajx_gateway.standard.fields import walk

FIRST_DAY_OF_2025_TABLE = date(2026, 7, 1)
LAST_DAY_OF_1986_TABLE = date(2026, 6, 30)


def in_force(name: str, on: date) -> set[str]:
    return {entry.code for entry in codes.CODE_LISTS[name].entries if entry.covers(on)}


def test_the_1986_table_has_20_accident_types_until_the_end_of_june_2026() -> None:
    assert len(in_force("accident_type", LAST_DAY_OF_1986_TABLE)) == 20
    assert codes.valid("accident_type", "vehicle_injury", LAST_DAY_OF_1986_TABLE)
    assert not codes.valid("accident_type", "vehicle_injury", FIRST_DAY_OF_2025_TABLE)


def test_gb_6441_2025_has_27_accident_types_from_july_2026() -> None:
    assert len(in_force("accident_type", FIRST_DAY_OF_2025_TABLE)) == 27
    assert codes.valid("accident_type", "fall_same_level", FIRST_DAY_OF_2025_TABLE)
    assert not codes.valid("accident_type", "fall_same_level", LAST_DAY_OF_1986_TABLE)


def test_a_type_that_both_tables_know_is_valid_on_any_day() -> None:
    assert codes.valid("accident_type", "object_strike", date(2019, 1, 1))
    assert codes.valid("accident_type", "object_strike", date(2030, 1, 1))
    assert codes.title("accident_type", "object_strike") == "物体打击"


def test_an_unknown_code_is_valid_on_no_day_and_its_own_title() -> None:
    assert not codes.valid("coverage", "nonsense", date(2026, 1, 1))
    assert codes.title("coverage", "nonsense") == "nonsense"


def test_service_items_map_to_the_7_kinds_of_the_regulation_and_the_9_of_aq_9010() -> None:
    entries = codes.CODE_LISTS["service_item"].entries
    assert len({entry.mappings["regulation_2025"] for entry in entries}) == 7
    assert len({entry.mappings["aq9010"] for entry in entries}) == 9


@pytest.mark.parametrize("name", sorted(codes.CODE_LISTS))
def test_every_code_has_titles_a_source_and_a_period_of_its_own(name: str) -> None:
    entries = codes.CODE_LISTS[name].entries
    assert entries
    assert all(entry.title and entry.title_en and entry.source for entry in entries)
    assert all(entry.code.isascii() and entry.code == entry.code.lower() for entry in entries)
    assert len({(entry.code, entry.valid_from) for entry in entries}) == len(entries)


@pytest.mark.parametrize("name", sorted(codes.CODE_LISTS))
def test_a_replaced_code_names_a_code_of_the_same_list(name: str) -> None:
    known = set(codes.CODE_LISTS[name].codes())
    assert {entry.replaced_by for entry in codes.CODE_LISTS[name].entries if entry.replaced_by} <= known


def test_every_code_list_is_used_by_some_field() -> None:
    used = {outline.codes for kind in KINDS.values() for _, outline in walk(kind.model) if outline.codes}
    assert used == set(codes.CODE_LISTS)


def test_foshan_has_32_towns_and_places_know_what_they_lie_in() -> None:
    assert len(divisions.towns("4406")) == 32
    assert divisions.name("440605011") == "桂城街道"
    assert divisions.full_name("440605011") == "广东省佛山市南海区桂城街道"
    assert divisions.parents("440605011") == ("440000", "440600", "440605")


def test_prisons_farms_and_parks_exist_in_data_but_are_no_towns_to_choose() -> None:
    assert divisions.exists("440608400")
    assert divisions.exists("341371400")
    assert "440608400" not in {town.code for town in divisions.towns("4406")}


def test_towns_are_known_for_foshan_and_suzhou_of_anhui_only() -> None:
    assert divisions.towns_known("440600")
    assert divisions.towns_known("341300")
    assert not divisions.towns_known("320500")
    assert divisions.name("320500") == "苏州市"
    assert divisions.name("341300") == "宿州市"


def test_an_industry_division_belongs_to_one_section() -> None:
    assert industries.division_exists("C33")
    assert industries.division_exists("C3311")
    assert not industries.division_exists("A33")
    assert not industries.division_exists("C")
    assert industries.name("C3311") == "金属制品业"
    assert industries.name("C") == "制造业"
    assert sum(len(code) == 3 for code in industries.table()) == 97
