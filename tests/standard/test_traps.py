"""The traps of input: each is a finding at its place, whatever way it was written."""

import json
from typing import Any

import pytest
from documents import only, rules_at, text_of

from ajx_gateway.errors import Malformed
from ajx_gateway.standard import KINDS, read, sample

FUND = KINDS["fund_entry"]


def test_repeated_members_are_found_wherever_they_are() -> None:
    body = text_of("policy")[:-1] + ',"policy_no":"P2","ext_a":1,"ext_a":1}'
    body = body.replace('"tier":', '"tier":"一","tier":')
    assert rules_at(only(body, "policy")) == {
        ("shape.duplicate_member", "/policy_no"),
        ("shape.duplicate_member", "/ext_a"),
        ("shape.duplicate_member", "/product/tier"),
    }


@pytest.mark.parametrize("media", ["json", "ndjson"])
@pytest.mark.parametrize(
    "written",
    [
        '"note":"a","note":"a"',
        '"note" : "a","note":"a"',
        '"note":"a","not\\u0065":"a"',
        '"note":"\\"","note":"a"',
    ],
)
def test_no_way_of_writing_hides_a_repeated_member(written: str, media: Any) -> None:
    document = sample("fund_entry")
    del document["note"]
    body = json.dumps(document)[:-1] + f",{written}}}"
    assert rules_at(only(body, media=media)) == {("shape.duplicate_member", "/note")}


@pytest.mark.parametrize("media", ["json", "ndjson"])
def test_a_value_that_looks_like_a_member_cannot_pay_for_a_repeated_one(media: Any) -> None:
    document = sample("fund_entry")
    del document["note"]
    body = json.dumps(document)[:-1] + ',"ext_a":"x\\u0022:","ext_a":"x\\u0022:"}'
    assert rules_at(only(body, media=media)) == {("shape.duplicate_member", "/ext_a")}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 400, "9" * 5000])
def test_numbers_that_are_none_are_findings(number: str) -> None:
    body = text_of("policy").replace('"insured_count": 46', f'"insured_count": {number}')
    assert rules_at(only(body, "policy")) == {("shape.not_finite", "/insured_count")}


@pytest.mark.parametrize("digits", ["1000000000", "9" * 19, "9" * 40, "-1"])
def test_numbers_out_of_range_are_findings(digits: str) -> None:
    body = text_of("policy").replace('"insured_count": 46', f'"insured_count": {digits}')
    assert rules_at(only(body, "policy")) == {("shape.range", "/insured_count")}


@pytest.mark.parametrize("written", ["46.5", '"46"', "true", "null", "[]", "{}"])
def test_a_count_is_an_integer(written: str) -> None:
    body = text_of("policy").replace('"insured_count": 46', f'"insured_count": {written}')
    assert rules_at(only(body, "policy")) == {("shape.type", "/insured_count")}


@pytest.mark.parametrize("raw", ["\\u0000", "\x00", "\\u007f", "\x7f", "\x1f", "\\u000b"])
def test_control_characters_are_findings_escaped_or_raw(raw: str) -> None:
    body = text_of(note="MARK").replace("MARK", f"a{raw}b")
    assert rules_at(only(body)) == {("shape.control_character", "/note")}


@pytest.mark.parametrize("raw", ["\n", "\t", "\r"])
def test_a_line_end_inside_a_string_must_be_escaped(raw: str) -> None:
    item = only(text_of(note="MARK").replace("MARK", f"a{raw}b"))
    assert item.record is None
    assert item.findings


def test_long_texts_may_have_lines_and_short_ones_may_not() -> None:
    assert only(text_of(note="第一行\r\n第二行\t末")).record is not None
    short = only(text_of("policy").replace("示例路1号（虚构）", "示例路\\n1号"), "policy")
    assert {finding.pointer for finding in short.findings} == {"/enterprise/operating_address"}


@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00", "x\\udfffy", "\\ud83dx"])
def test_lone_surrogates_are_findings(escape: str) -> None:
    body = text_of(note="MARK").replace("MARK", escape)
    assert rules_at(only(body)) == {("shape.lone_surrogate", "/note")}
    named = text_of()[:-1] + f',"{escape}":1}}'
    assert rules_at(only(named)) == {("shape.lone_surrogate", "")}


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert only(text_of(note="MARK").replace("MARK", "\\ud83d\\ude00")).record is not None


@pytest.mark.parametrize("depth", [33, 100, 300, 900])
def test_deep_nesting_is_a_finding(depth: int) -> None:
    item = only(text_of()[:-1] + ',"ext_a":' + "[" * depth + "]" * depth + "}")
    assert "shape.depth" in {rule for rule, _ in rules_at(item)}


def test_bottomless_nesting_is_refused_and_does_not_crash() -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    with pytest.raises(Malformed):
        read(FUND, "1.0", deep.encode(), "json")
    with pytest.raises(Malformed):  # nor when it is too large to be looked into
        read(FUND, "1.0", ('{"a":' * 800_000 + "1" + "}" * 800_000).encode(), "json")
    items = read(FUND, "1.0", f"{text_of()}\n{deep}".encode(), "ndjson")
    assert items[0].record is not None
    assert rules_at(items[1]) == {("shape.depth", "")}


def test_a_money_amount_as_a_number_is_refused() -> None:
    assert rules_at(only(text_of(amount=15900.5))) == {("shape.money", "/amount")}
    assert rules_at(only(text_of().replace('"800.00"', "12345678901234567.89"))) == {
        ("shape.money", "/amount")
    }


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "1.234",
        "1,000",
        "1_000",
        "１",
        "٣",
        "1e5",
        "+1",
        "01",
        ".5",
        "1.",
        "NaN",
        "1.5\n",
        " 1",
        "9" * 14,
        "--1",
        "1E+131072",
    ],
)
def test_money_has_exact_digits_and_places(amount: str) -> None:
    assert rules_at(only(text_of(amount=amount))) == {("shape.money", "/amount")}


@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "2026-2-3", "20260203", "2026-02-03T00:00:00", "２０２６-02-03", "0001-01-01", 20240101],
)
def test_a_date_is_a_day_that_exists(day: object) -> None:
    assert rules_at(only(text_of(entered_on=day))) == {("shape.date", "/entered_on")}


@pytest.mark.parametrize(
    "at",
    [
        "2026-04-15T16:00:00",
        "2026-04-15",
        "2026-04-15 16:00:00Z",
        "2026-04-15T24:00:00Z",
        "2026-02-30T16:00:00Z",
        "2026-04-15T16:00:00+0800",
        1,
    ],
)
def test_an_instant_has_an_offset(at: object) -> None:
    assert rules_at(only(text_of(revised_at=at))) == {("shape.date", "/revised_at")}


@pytest.mark.parametrize("code", ["Spend", "SPEND", "spend ", "nonsense", "", 1, None])
def test_a_code_is_one_of_its_list(code: object) -> None:
    rules = {rule for rule, _ in rules_at(only(text_of(type=code)))}
    assert rules == {"shape.code"}


def test_an_optional_member_is_left_out_never_null() -> None:
    assert rules_at(only(text_of(note=None))) == {("shape.type", "/note")}


@pytest.mark.parametrize("name", ["Ext_a", "ext_", "ext_A", "ext-a", "extra", "ext_" + "a" * 61, "ext_a\n"])
def test_only_ext_members_may_be_added(name: str) -> None:
    item = only(text_of()[:-1] + f",{json.dumps(name)}:1}}")
    assert {finding.rule for finding in item.findings} == {"shape.unknown_member"}


@pytest.mark.parametrize("value", ["", "text", 1, -(2**53) + 1, True])
def test_ext_members_are_content_at_every_level(value: Any) -> None:
    documents = [sample("policy") for _ in range(4)]
    documents[1]["ext_a"] = documents[2]["enterprise"]["ext_a"] = documents[3]["coverages"][0]["ext_a"] = (
        value
    )
    items = [only(json.dumps(document), "policy") for document in documents]
    assert all(item.record is not None for item in items)
    assert len({item.content_hash for item in items}) == 4


@pytest.mark.parametrize("value", [None, 1.5, [], {}, 2**53, "a" * 501, "\n"])
def test_ext_members_hold_plain_values_only(value: Any) -> None:
    item = only(text_of(ext_a=value))
    assert {finding.pointer for finding in item.findings} == {"/ext_a"}
    assert len(item.findings) == 1


def test_the_key_of_a_refused_item_is_named_when_it_can_be() -> None:
    assert only(text_of(entry_no="F9", amount=1)).key == "F9"
    assert only(text_of(entry_no=9)).key is None
    assert only(text_of(entry_no="a\x00b")).key is None
    assert only(text_of(entry_no="a" * 65)).key is None


def test_findings_are_capped_at_100_and_counted() -> None:
    document = sample("claim")
    document["payments"] = [{}] * 60
    item = only(json.dumps(document), "claim")
    assert len(item.findings) == 101
    assert item.findings[-1].rule == "shape.too_many"
    assert item.findings[-1].actual == "180个问题"


def test_a_monstrous_item_gets_one_finding() -> None:
    body = text_of("claim")[:-1] + ',"payments":[' + ",".join(["{}"] * 500_000) + "]}"
    assert rules_at(only(body, "claim")) == {("shape.too_big", "")}
    members = ",".join(f'"a{number}":1' for number in range(50_000))
    assert rules_at(only("{" + members + "}")) == {("shape.too_big", "")}
    assert rules_at(only(text_of(note="a" * 5_000_000))) == {("shape.too_big", "")}
