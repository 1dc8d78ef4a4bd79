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
