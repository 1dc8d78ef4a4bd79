"""An array's items are found by guessing and proved by reading: no guess may ever show."""

import json
import tracemalloc
from typing import Any

import pytest
from documents import text_of
from hypothesis import given, settings
from hypothesis import strategies as st

from ajx_gateway.errors import Malformed
from ajx_gateway.standard import CURRENT, KINDS, Item, read
from ajx_gateway.standard.sample import every_member

FUND = KINDS["fund_entry"]


def keys(body: str) -> list[str | None]:
    return [item.key for item in read(FUND, CURRENT, body.encode(), "json")]


def ranges_are(texts: list[str], between: str) -> list[Item]:
    body = ("[" + between.join(texts) + "]").encode()
    items = read(FUND, CURRENT, body, "json")
    assert [body[item.start : item.end].decode() for item in items] == texts
    return items


@pytest.mark.parametrize("between", [",", ", ", ",\n  ", "\t,\r\n"])
@pytest.mark.parametrize(
    "note", ["}", "{", "}},{", '\\"},{\\"entry_no\\":\\"', "\\\\", "\\\\}", "[", "]]", "},"]
)
def test_brackets_quotes_and_separators_inside_a_text_end_no_item(note: str, between: str) -> None:
    texts = [text_of(entry_no=f"F{n}", note="MARK").replace("MARK", note) for n in range(3)]
    items = ranges_are(texts, between)
    assert [item.key for item in items] == ["F0", "F1", "F2"]
    assert all(item.record is not None for item in items)


def test_items_whose_first_members_differ_are_told_apart() -> None:
    plain = json.loads(text_of())
    turned = dict(reversed(plain.items()))
    texts = [json.dumps(each, ensure_ascii=False) for each in (plain, plain, turned, plain, turned, turned)]
    assert all(item.record is not None for item in ranges_are(texts, ","))


def test_an_inner_list_whose_items_meet_as_the_outer_ones_do_is_no_end() -> None:
    inner = json.dumps([{"entry_no": "x", "deep": [{"entry_no": "y"}, {"entry_no": "z"}]}, {"entry_no": "w"}])
    texts = [f'{{"entry_no":"F{n}", "unknown": {inner}}}' for n in range(4)]
    items = ranges_are(texts, ", ")
    assert [item.key for item in items] == ["F0", "F1", "F2", "F3"]
    assert all({finding.rule for finding in item.findings} >= {"shape.unknown_member"} for item in items)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('{}[]",:\\ a项', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"{}\\', max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.lists(anything, min_size=1, max_size=6), st.sampled_from([",", " , ", ",\n"]), st.booleans())
def test_whatever_stands_in_an_array_is_cut_where_python_cuts_it(
    values: list[Any], between: str, escaped: bool
) -> None:
    ranges_are([json.dumps(value, ensure_ascii=escaped) for value in values], between)


@settings(max_examples=300)
@given(st.text('[]{}",:\\1a \n', max_size=24))
def test_python_s_reader_and_this_one_refuse_the_same_requests(text: str) -> None:
    body = f"[{text}]"
    try:
        expected = json.loads(body, strict=False)
    except (ValueError, RecursionError):
        expected = []
    try:
        found = keys(body)
    except Malformed:
        found = []
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("body", "position"),
    [
        ('[{"a":"}"},{"a":"{"} {"a":1}]', 21),
        ('[{"a":1},{"a":1},{"a":1}', 24),
        ('[{"a":1},{"a":1},{"a":1]', 23),
        ('[{"a":1},{"a":1},', 17),
        ('[{"a":1},{"a":"1},{"a":1}]', 20),
        ('[{"a":1}}]', 8),
        ('[{"a":1}],{"a":1}]', 9),
        ("[1{}]", 2),
        ('["金"x]', 6),
        ("[,1]", 1),
    ],
)
def test_an_array_that_breaks_off_names_the_byte(body: str, position: int) -> None:
    with pytest.raises(Malformed) as refusal:
        keys(body)
    assert refusal.value.extra == {"position": position}


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_bad_utf_8_in_any_element_refuses_the_array_and_names_the_byte(at: int) -> None:
    texts = [text_of(entry_no=f"F{n}", note="金").encode() for n in range(4)]
    texts[at] = texts[at].replace("金".encode(), b"\xe9\x87\xff")
    body = b"[" + b",".join(texts) + b"]"
    with pytest.raises(Malformed, match="UTF-8") as refusal:
        read(FUND, CURRENT, body, "json")
    # Python names the byte at which the broken character begins.
    assert refusal.value.extra == {"position": body.index(b"\xe9\x87\xff")}


def test_bad_utf_8_is_named_before_what_breaks_the_json() -> None:
    body = b'[{"a":1},{"a":,{"a":"' + "金".encode("gbk") + b'"}]'
    with pytest.raises(Malformed, match="UTF-8"):
        read(FUND, CURRENT, body, "json")


def test_bad_utf_8_is_found_across_the_pieces_in_which_it_is_looked_for() -> None:
    filler = "金" * 400_000  # 1.2 million bytes: some character lies across the first piece's end
    body = f'[{{"a":"{filler}"}},{{"a":"'.encode() + b'\xff"}]'
    with pytest.raises(Malformed, match="UTF-8") as refusal:
        read(FUND, CURRENT, body, "json")
    assert refusal.value.extra == {"position": len(body) - 4}


@pytest.mark.parametrize("media", ["json", "ndjson"])
def test_an_item_of_megabytes_is_refused_unseen_and_its_neighbours_live(media: Any) -> None:
    monster = text_of(entry_no="F2")[:-1] + ',"x":[' + "[]," * 1_500_000 + "[]]}"
    texts = [text_of(entry_no="F1"), monster, text_of(entry_no="F3")]
    body = ("[" + ",".join(texts) + "]" if media == "json" else "\n".join(texts)).encode()
    tracemalloc.start()
    items = read(FUND, CURRENT, body, media)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [item.record is not None for item in items] == [True, False, True]
    assert [finding.rule for finding in items[1].findings] == ["shape.too_big"]
    assert body[items[1].start : items[1].end].decode() == monster
    assert peak < 3 * len(body)


@pytest.mark.parametrize("media", ["json", "ndjson"])
def test_reading_takes_little_room_beside_the_body(media: Any) -> None:
    document = every_member("fund_entry") | {f"ext_{n:02}": "企业自用" * 100 for n in range(20)}
    text = json.dumps(document, ensure_ascii=False)
    body = ("[" + ",".join([text] * 400) + "]" if media == "json" else f"{text}\n" * 400).encode()
    read(FUND, CURRENT, body[: len(text.encode()) + 1] + b"]", "json") if media == "json" else None
    tracemalloc.start()
    items = read(FUND, CURRENT, body, media)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(item.record is not None for item in items)
    assert peak < len(body) / 4
