"""Every code that a sheet can show has its title, also those that no test's data hold."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from ajx_gateway.api.inbox import ExcuseRequest
from ajx_gateway.api.oversight_service_bodies import Result, Status
from ajx_gateway.jurisdictions.model import Subject
from ajx_gateway.oversight.inspections import ANSWERS
from ajx_gateway.publishing import vocabulary
from ajx_gateway.rules import RULES
from ajx_gateway.standard import KINDS
from ajx_gateway.standard.codes import CODE_LISTS, title
from ajx_gateway.standard.sample import sample
from ajx_gateway.store.columns import PROMOTED

WORD = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_coded_column_of_a_record_has_a_vocabulary(kind: str) -> None:
    record = KINDS[kind].model.model_validate(sample(kind))
    found = {}
    for column in PROMOTED[kind]:
        value = column.read(record)
        parts = value if isinstance(value, list) else [value]
        if any(isinstance(part, str) and WORD.fullmatch(part) for part in parts):
            found[column.name] = [part for part in parts if isinstance(part, str)]
    assert found
    for name, codes in found.items():
        titles = vocabulary.titles_of(name, kind)
        assert titles is not None, name
        assert set(codes) <= set(titles), name


def test_every_word_of_the_doors_has_a_title() -> None:
    assert set(get_args(ExcuseRequest.model_fields["reason_code"].annotation)) == set(vocabulary.EXCUSES)
    assert set(get_args(Result.model_fields["answer"].annotation)) == set(ANSWERS) == set(vocabulary.ANSWERS)
    assert set(get_args(Status)) == set(vocabulary.REGISTRATIONS)
    assert {rule.severity for rule in RULES.values()} <= set(vocabulary.SEVERITIES)
    subjects = vocabulary.titles_of("subject_kind")
    assert subjects is not None
    assert {*get_args(Subject), *KINDS} <= set(subjects)


def test_every_title_is_chinese() -> None:
    for name, found in CODE_LISTS.items():
        for code in found.codes():
            assert title(name, code) != code, (name, code)


def test_titles_stand_beside_their_codes_unless_a_sheet_has_its_own() -> None:
    columns = [
        ("state", "状态代码"),
        ("state_title", "状态"),
        ("reason_code", "理由代码"),
        ("sectors", "行业领域"),
        ("due", "截止"),
    ]
    wider, row_of = vocabulary.beside(columns, "claim")
    assert [*wider] == [
        ("state", "状态代码"), ("state_title", "状态"), ("reason_code", "理由代码"), ("reason_code_title", "理由"),
        ("sectors", "行业领域代码"), ("sectors_title", "行业领域"), ("due", "截止"),
    ]  # fmt: skip
    told = row_of(["closed", "已结案", "gateway_outage", ["machinery", "no_such"], None])
    assert told == ["closed", "已结案", "gateway_outage", "网关故障", ["machinery", "no_such"],
                    [title("sector_tag", "machinery"), "no_such"], None]  # fmt: skip
    assert row_of([None] * 5) == [None] * 7


def test_a_sheet_without_codes_stays_as_it_is() -> None:
    columns = [("policy_no", "保单号")]
    assert vocabulary.beside(columns)[0] is columns


def test_places_industries_and_insurers_have_their_names_beside_their_codes() -> None:
    columns = [
        ("insurer", "承保机构"),
        ("division", "所属地区"),
        ("industry", "行业代码"),
        ("territory", "地区代码"),
    ]
    wider, row_of = vocabulary.beside(columns)
    named, name_of = vocabulary.insurers_beside(wider, {"91340100MA00000006": "安安财险（虚构）"})
    assert [*named] == [
        ("insurer", "承保机构代码"), ("insurer_name", "承保机构"), ("division", "所属地区代码"), ("division_name", "所属地区"),
        ("industry", "行业代码"), ("industry_name", "行业"), ("territory", "地区代码"), ("territory_name", "地区"),
    ]  # fmt: skip
    assert name_of(row_of(["91340100MA00000006", "440605011", "C3311", "4406"])) == [
        "91340100MA00000006", "安安财险（虚构）", "440605011", "佛山市南海区桂城街道", "C3311", "金属制品业", "4406", "佛山市",
    ]  # fmt: skip
    # A company that is not registered, a place and an industry that nobody knows, and a report on the whole country.
    assert name_of(row_of(["9134", "999999", "Z99", ""])) == [
        "9134", "9134", "999999", "999999", "Z99", "Z99", "", "全部地区",
    ]  # fmt: skip
    assert name_of(row_of([None] * 4)) == [None] * 8


def test_a_sheet_that_names_its_places_itself_is_not_told_twice() -> None:
    columns = [
        ("place", "地区"),
        ("division", "地区代码"),
        ("insurer", "承保机构代码"),
        ("insurer_name", "承保机构"),
    ]
    assert vocabulary.beside(columns)[0] is columns
    assert vocabulary.insurers_beside(columns, {})[0] is columns
    # A column called place that tells something else names no place.
    order = [("division", "所属地区"), ("place", "层内次序")]
    assert [name for name, _ in vocabulary.beside(order)[0]] == ["division", "division_name", "place"]


def test_the_law_of_the_nation_is_named_as_such() -> None:
    wider, row_of = vocabulary.beside([("jurisdiction", "规定所属地区")])
    assert [*wider] == [("jurisdiction", "规定所属地区代码"), ("jurisdiction_name", "规定所属地区")]
    assert [row_of([code])[1] for code in ("000000", "341300", "440605", "110101")] == [
        "全国",
        "宿州市",
        "佛山市南海区",
        "北京市东城区",
    ]
