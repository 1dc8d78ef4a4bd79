"""From bytes to items: exact ranges, the traps of input, and nothing that leaks or raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.errors import Malformed, TooLarge
from ajx_gateway.standard import KINDS, SHAPE_RULES, Item, read, sample

POLICY = KINDS["policy"]
FUND = KINDS["fund_entry"]


def text_of(kind: str = "fund_entry", **changes: Any) -> str:
    return json.dumps({**sample(kind), **changes}, ensure_ascii=False)


def only(body: str | bytes, kind: str = "fund_entry", media: Any = "json") -> Item:
    raw = body.encode() if isinstance(body, str) else body
    items = read(KINDS[kind], "1.0", raw, media)
    assert len(items) == 1
    return items[0]


def rules_at(item: Item) -> set[tuple[str, str]]:
    assert item.record is None
    assert item.content_hash == b""
    return {(finding.rule, finding.pointer) for finding in item.findings}


def test_one_object_an_array_and_lines_give_the_same_items() -> None:
    texts = [text_of(entry_no=f"F{number}") for number in range(3)]
    array = read(FUND, "1.0", ("[" + ",".join(texts) + "]").encode(), "json")
    lines = read(FUND, "1.0", "\n".join(texts).encode(), "ndjson")
    assert [item.key for item in array] == ["F0", "F1", "F2"]
    assert [item.content_hash for item in array] == [item.content_hash for item in lines]
    assert only(texts[0]).content_hash == array[0].content_hash


spaces = st.text(" \t\r\n", max_size=3)
line_spaces = st.text(" \t\r", max_size=3)


@given(
    st.lists(st.tuples(spaces, st.text(max_size=8), spaces), min_size=1, max_size=5), st.booleans(), spaces
)
def test_ranges_in_an_array_reproduce_the_exact_bytes(
    parts: list[tuple[str, str, str]], escaped: bool, lead: str
) -> None:
    texts = [
        json.dumps({"entry_no": f"F{n}", "x": x}, ensure_ascii=escaped) for n, (_, x, _) in enumerate(parts)
    ]
    texts = [text.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for text in texts]
    joined = ",".join(before + text + after for (before, _, after), text in zip(parts, texts, strict=True))
    body = f"{lead}[{joined}]{lead}".encode()
    items = read(FUND, "1.0", body, "json")
    assert [body[item.start : item.end].decode() for item in items] == texts
    assert [item.key for item in items] == [f"F{n}" for n in range(len(texts))]


@given(
    st.lists(st.tuples(line_spaces, st.text(max_size=8), line_spaces), min_size=1, max_size=5), st.booleans()
)
def test_ranges_of_lines_reproduce_the_exact_bytes(parts: list[tuple[str, str, str]], trailing: bool) -> None:
    texts = [json.dumps({"entry_no": f"F{n}", "x": x}) for n, (_, x, _) in enumerate(parts)]
    lines = [before + text + after for (before, _, after), text in zip(parts, texts, strict=True)]
    body = ("\n\n \n".join(lines) + "\n" * trailing).encode()
    items = read(FUND, "1.0", body, "ndjson")
    assert [body[item.start : item.end].decode() for item in items] == texts


def test_ranges_are_right_behind_chinese_text() -> None:
    texts = [text_of(entry_no=f"F{number}", note="备注" * number or "无") for number in range(4)]
    body = (" [ " + " , ".join(texts) + " ] ").encode()
    items = read(FUND, "1.0", body, "json")
    assert [body[item.start : item.end].decode() for item in items] == texts
    assert all(item.record is not None for item in items)


@pytest.mark.parametrize("media", ["json", "ndjson"])
@pytest.mark.parametrize("body", [b"", b"  \n ", b"\n\n"])
def test_a_request_without_records_is_refused(body: bytes, media: Any) -> None:
    with pytest.raises(Malformed):
        read(FUND, "1.0", body, media)


def test_an_empty_array_is_refused() -> None:
    with pytest.raises(Malformed):
        read(FUND, "1.0", b" [ ] ", "json")


@pytest.mark.parametrize("media", ["json", "ndjson"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_only_utf_8_without_bom_is_read(encoding: str, media: Any) -> None:
    with pytest.raises(Malformed, match="UTF-8"):
        read(FUND, "1.0", text_of().encode(encoding), media)


def test_bad_utf_8_names_the_byte() -> None:
    body = b'{"entry_no":"' + "金".encode() + b"\xff" + b'"}'
    with pytest.raises(Malformed, match="第 16 字节") as refusal:
        read(FUND, "1.0", body, "json")
    assert refusal.value.extra == {"position": 16}


@pytest.mark.parametrize("bad", [b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", "金".encode("gbk")])
def test_a_line_of_bad_utf_8_is_one_refused_item(bad: bytes) -> None:
    body = (
        text_of(entry_no="F1").encode() + b'\n{"entry_no":"' + bad + b'"}\n' + text_of(entry_no="F3").encode()
    )
    items = read(FUND, "1.0", body, "ndjson")
    assert [item.record is not None for item in items] == [True, False, True]
    assert rules_at(items[1]) == {("shape.not_utf8", "")}


@pytest.mark.parametrize(
    "line",
    [
        '{"entry_no":"F"',
        "nonsense",
        "{'entry_no':'F'}",
        '{"a":1}{"b":2}',
        '{"a":1},',
        "[",
        "\x00",
        '{"a":"\\x41"}',
        "{,}",
    ],
)
def test_a_malformed_line_is_one_refused_item_and_the_others_live(line: str) -> None:
    body = f"{text_of(entry_no='F1')}\n{line}\n{text_of(entry_no='F3')}".encode()
    items = read(FUND, "1.0", body, "ndjson")
    assert [item.key for item in items] == ["F1", None, "F3"]
    assert rules_at(items[1]) == {("shape.not_json", "")}


@pytest.mark.parametrize(
    ("body", "position"),
    [
        ('{"甲":1', 8),
        ('["甲" "乙"]', 7),
        ('["甲",]', 7),
        ('{"a":1}{"b":2}', 7),
        ("[1],", 3),
        ("[1] x", 4),
        ("nonsense", 0),
        ("[1", 2),
        ("[", 1),
        ('{"a":01}', 6),
    ],
)
def test_a_malformed_request_names_the_byte(body: str, position: int) -> None:
    with pytest.raises(Malformed) as refusal:
        read(FUND, "1.0", body.encode(), "json")
    assert refusal.value.extra == {"position": position}
    assert f"第 {position} 字节" in refusal.value.detail


@pytest.mark.parametrize("body", ["1", '"text"', "null", "[[]]", "[null]", "[1]", '["NaN"]', "[NaN]"])
def test_an_item_that_is_no_object_is_refused(body: str) -> None:
    item = only(body)
    assert {finding.pointer for finding in item.findings} == {""}
    assert item.record is None
    assert item.key is None


@pytest.mark.parametrize("media", ["json", "ndjson"])
def test_more_items_than_the_limit_are_too_large(media: Any) -> None:
    lines = ["{}"] * 4
    body = ("[" + ",".join(lines) + "]" if media == "json" else "\n".join(lines)).encode()
    assert len(read(FUND, "1.0", body, media, limit=4)) == 4
    with pytest.raises(TooLarge):
        read(FUND, "1.0", body, media, limit=3)


def test_the_limit_is_10000_items() -> None:
    with pytest.raises(TooLarge):
        read(FUND, "1.0", b"{}\n" * 10_001, "ndjson")


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


def test_a_value_that_looks_like_a_member_cannot_pay_for_a_repeated_one() -> None:
    document = sample("fund_entry")
    del document["note"]
    body = json.dumps(document)[:-1] + ',"ext_a":"x\\u0022:","ext_a":"x\\u0022:"}'
    assert rules_at(only(body)) == {("shape.duplicate_member", "/ext_a")}


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


@pytest.mark.parametrize("raw", ["\\u0000", "\x00", "\\n", "\n", "\t", "\\u007f", "\x7f", "\x1f"])
def test_control_characters_are_findings_escaped_or_raw(raw: str) -> None:
    body = text_of(note="MARK").replace("MARK", f"a{raw}b")
    assert rules_at(only(body)) == {("shape.control_character", "/note")}


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
    rule = "shape.control_character" if "\n" in amount else "shape.money"
    assert rules_at(only(text_of(amount=amount))) == {(rule, "/amount")}


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
    item = only(text_of(**{name: 1}))
    assert {finding.rule for finding in item.findings} == {"shape.unknown_member"}


@pytest.mark.parametrize("value", ["", "text", 1, -(2**53) + 1, True])
def test_ext_members_are_kept_at_every_level(value: Any) -> None:
    document = sample("policy")
    document["ext_a"] = document["enterprise"]["ext_b"] = document["coverages"][0]["ext_c"] = value
    item = only(json.dumps(document), "policy")
    assert item.record is not None
    assert item.record.model_extra == {"ext_a": value}


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


nasty = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(nasty)
def test_any_json_value_is_read_without_an_exception(value: Any) -> None:
    body = json.dumps(value).encode()
    try:
        items = read(FUND, "1.0", body, "json")
    except Malformed:
        assert value == []
    else:
        assert all(item.findings and item.record is None for item in items)
        assert all(finding.rule in SHAPE_RULES for item in items for finding in item.findings)
    assert all(item.findings for item in read(FUND, "1.0", body, "ndjson"))


@given(st.binary(max_size=60), st.sampled_from(["json", "ndjson"]))
def test_any_bytes_are_read_or_refused_as_malformed(body: bytes, media: Any) -> None:
    try:
        items = read(FUND, "1.0", body, media)
    except Malformed:
        return
    assert all(item.findings and item.record is None for item in items)


@given(st.data())
def test_a_damaged_document_never_raises_anything_else(data: st.DataObject) -> None:
    raw = bytearray(text_of().encode())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for media in ("json", "ndjson"):
        try:
            items = read(FUND, "1.0", bytes(raw), media)  # type: ignore[arg-type]
        except Malformed:
            continue
        assert all((item.record is None) == bool(item.findings) for item in items)
