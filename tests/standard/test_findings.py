"""A finding names place, expectation and mend in Chinese, and never repeats what only few may see."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from documents import spoiled
from hypothesis import given, settings
from hypothesis import strategies as st

from ajx_gateway.standard import CURRENT, KINDS, SHAPE_RULES, Finding, read
from ajx_gateway.standard.diagnosis import diagnose
from ajx_gateway.standard.fields import walk
from ajx_gateway.standard.kinds import model_for
from ajx_gateway.standard.looking import look_into
from ajx_gateway.standard.sample import every_member

SECRET = "SECRET-7f3a"


def findings(kind: str, document: Any) -> list[Finding]:
    return read(KINDS[kind], CURRENT, json.dumps(document).encode(), "json")[0].findings


def test_all_findings_of_a_record_come_at_once() -> None:
    document = every_member("policy")
    document["premium"]["base"] = 15900
    document["enterprise"]["size"] = "XL"
    document["signed_on"] = "2026-02-30"
    del document["limits"]["aggregate"]
    document["coverages"][0]["code"] = None
    found = {(finding.pointer, finding.rule) for finding in findings("policy", document)}
    assert found == {
        ("/premium/base", "shape.money"),
        ("/enterprise/size", "shape.code"),
        ("/signed_on", "shape.date"),
        ("/limits/aggregate", "shape.missing"),
        ("/coverages/0/code", "shape.code"),
    }


def test_faults_that_break_json_do_not_hide_the_others() -> None:
    document = every_member("policy")
    document["premium"]["base"] = 15900
    document["product"]["name"] = "\ud800"
    document["insured_count"] = float("nan")
    found = {(finding.pointer, finding.rule) for finding in findings("policy", document)}
    assert found == {
        ("/premium/base", "shape.money"),
        ("/product/name", "shape.lone_surrogate"),
        ("/insured_count", "shape.not_finite"),
    }


def test_a_finding_says_where_what_and_how_to_mend() -> None:
    document = every_member("policy")
    document["enterprise"]["uscc"] = "91440605ma0000015r"
    (finding,) = findings("policy", document)
    assert finding.as_dict() == {
        "rule": "shape.pattern",
        "severity": "error",
        "pointer": "/enterprise/uscc",
        "expected": "18位统一社会信用代码，只含半角数字和大写字母",
        "actual": '文本 "91440605ma0000015r"',
        "message": "“统一社会信用代码”（/enterprise/uscc）值的格式不符："
        "请按标准规定的格式填写，数字和字母使用半角。应为：18位统一社会信用代码，只含半角数字和大写字母。",
        "clause": "数据标准1.0 保单 统一社会信用代码",
    }


def test_an_unknown_member_is_told_the_name_it_probably_meant() -> None:
    document = every_member("policy")
    document["enterprise"]["employeeCount"] = 3
    (finding,) = findings("policy", document)
    assert (finding.rule, finding.pointer) == ("shape.unknown_member", "/enterprise/employeeCount")
    assert "employee_count" in finding.message


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"hazard"}))
def test_no_personal_or_business_value_is_repeated(kind: str) -> None:
    hidden = 0
    for path, outline in walk(KINDS[kind].model):
        if outline.mark.privacy in ("C2", "C3", "C4") and outline.part is None:
            document = every_member(kind)
            *above, last = path.replace("[]", ".0").split(".")
            place: Any = document
            for step in above:
                place = place[int(step)] if step.isdigit() else place[step]
            place[last] = [SECRET]
            place[last + "_" + SECRET.lower()] = place[last]
            found = findings(kind, document)
            assert found
            assert not any(SECRET in str(value) for finding in found for value in finding.as_dict().values())
            hidden += 1
    assert hidden


def test_an_id_number_is_repeated_neither_as_a_value_nor_as_a_name() -> None:
    document = every_member("claim")
    number = "11010519491231002X"
    document["victims"][0]["id_no"] = number + "0" * 30
    document["victims"][0][number] = number
    document["ext_a"] = [number]
    found = findings("claim", document)
    assert len(found) == 3
    assert number not in str(found)


def test_long_values_are_not_repeated() -> None:
    document = every_member("policy")
    document["product"]["filing_no"] = "长" * 101
    (finding,) = findings("policy", document)
    assert (finding.rule, finding.actual) == ("shape.length", "文本（101个字符）")


def test_names_that_are_no_identifiers_stay_out_of_the_pointer() -> None:
    document = every_member("fund_entry")
    document["payee"]["张三/~\n"] = 1
    (finding,) = findings("fund_entry", document)
    assert (finding.rule, finding.pointer) == ("shape.unknown_member", "/payee")


def test_every_rule_of_shape_says_how_to_mend_it() -> None:
    for name, rule in SHAPE_RULES.items():
        assert name == rule.id
        assert name.startswith("shape.")
        assert rule.severity == "error"
        assert rule.title
        assert rule.mend


@settings(max_examples=300)
@given(st.sampled_from(sorted(KINDS)), st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_document_without_hidden_faults_is_told_the_same_whether_it_was_searched_for_them_or_not(
    kind: str, rng: random.Random, times: int
) -> None:
    document = every_member(kind)
    for _ in range(times):
        document = spoiled(document, rng)
    raw, model = json.dumps(document, ensure_ascii=False).encode(), model_for(kind, CURRENT)
    look = look_into(raw)
    assert diagnose(model, CURRENT, raw, look) == diagnose(model, CURRENT, raw, replace(look, repeated=True))


def test_many_unknown_members_are_told_their_plain_meaning_and_twenty_of_them_a_guess() -> None:
    document = every_member("policy")
    document |= {f"signedOm{number}": 1 for number in range(40)} | {"insuredCount": 1}
    found = findings("policy", document)
    assert {finding.rule for finding in found} == {"shape.unknown_member"}
    assert sum("是否应为 signed_on" in finding.message for finding in found) == 20
    assert "是否应为 insured_count？" in found[-1].message
