"""From bytes to items: exact ranges, whole requests that cannot be read, and nothing that raises."""

import json
from typing import Any

import pytest
from documents import only, rules_at, text_of
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.errors import Malformed, TooLarge
from ajx_gateway.standard import KINDS, SHAPE_RULES, read

POLICY = KINDS["policy"]
FUND = KINDS["fund_entry"]


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
            items = read(FUND, "1.0", bytes(raw), media)
        except Malformed:
            continue
        assert all((item.record is None) == bool(item.findings) for item in items)
