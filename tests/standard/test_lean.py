"""Do the plain reader and the model take the same documents, with the same content?"""

import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest
from documents import spoiled
from hypothesis import event, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ajx_gateway.standard import CURRENT, KINDS, Record, read
from ajx_gateway.standard.kinds import model_for
from ajx_gateway.standard.lean import lean
from ajx_gateway.standard.sample import every_member, sample


def by_model(kind: str, raw: bytes) -> bytes | None:
    model = model_for(kind, CURRENT)
    try:
        return model.__pydantic_serializer__.to_json(
            model.__pydantic_validator__.validate_json(raw), exclude_none=True
        )
    except ValidationError:
        return None


def by_lean(kind: str, raw: bytes) -> bytes | None:
    taken = lean(model_for(kind, CURRENT)).read(raw)
    return None if taken is None else taken[1]


@pytest.mark.parametrize("make", [sample, every_member])
@pytest.mark.parametrize("kind", KINDS)
def test_good_documents_have_the_same_content(kind: str, make: Any) -> None:
    raw = json.dumps(make(kind), ensure_ascii=False).encode()
    assert by_lean(kind, raw) is not None
    assert by_lean(kind, raw) == by_model(kind, raw)


@settings(max_examples=400)
@given(st.sampled_from(sorted(KINDS)), st.randoms(use_true_random=False), st.integers(1, 3))
def test_what_it_takes_of_spoiled_documents_the_model_takes_with_the_same_content(
    kind: str, rng: random.Random, times: int
) -> None:
    document = every_member(kind)
    for _ in range(times):
        document = spoiled(document, rng)
    raw = json.dumps(document, ensure_ascii=rng.random() < 0.5).encode()
    taken = by_lean(kind, raw)
    event("taken" if taken else "left to the model")
    assert taken is None or taken == by_model(kind, raw)


def _strings(model: type[Record]) -> list[tuple[tuple[str | int, ...], str]]:
    """Where a document with every member has its texts, and what stands there."""

    def walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from walk(inner, (*path, name))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, (*path, index))
        elif isinstance(value, str):
            yield path, value

    return list(walk(every_member(model.kind), ()))


def _with(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    *above, last = path
    holder = document
    for step in above:
        holder = holder[step]
    holder[last] = value
    return document


_ODD_TEXTS = st.one_of(
    st.text(max_size=40),
    st.text("\x00\x08\t\n\r\x1f\x7f\u0080\u2028\ud7ff\U0001f600\"\\/'", max_size=8),
    st.from_regex(r"\A-?[0-9]{1,14}(\.[0-9]{0,7})?\Z"),
    st.from_regex(r"\A(19|20)[0-9]{2}-[0-1][0-9]-[0-3][0-9]\Z"),
    st.from_regex(
        r"\A20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,9})?"
        r"(Z|z|[+-][01][0-9]:[0-5][0-9])?\Z"
    ),
    st.sampled_from(
        ["NaN", "Infinity", "1e5", "+1", " 1", "1 ", "1_0", "\uff11", "2024-02-30", "-0.00", "00.1"]
    ),
)


@settings(max_examples=800)
@given(st.data(), st.sampled_from(sorted(KINDS)), st.booleans())
def test_whatever_stands_where_a_text_stands_is_read_as_the_model_reads_it(
    data: st.DataObject, kind: str, ascii_only: bool
) -> None:
    model = model_for(kind, CURRENT)
    path, stood = data.draw(st.sampled_from(_strings(model)))
    told = data.draw(
        st.one_of(_ODD_TEXTS, st.sampled_from([f"{stood}\n", f" {stood}", stood.upper(), f"{stood}\x7f"]))
    )
    raw = json.dumps(_with(every_member(kind), path, told), ensure_ascii=ascii_only).encode()
    taken = by_lean(kind, raw)
    event("taken" if taken else "left to the model")
    assert taken is None or taken == by_model(kind, raw)


@pytest.mark.parametrize("value", [None, True, 1, -0.0, 3.0, 1e300, [], {}, "", "1", [1], {"a": 1}])
@pytest.mark.parametrize("kind", KINDS)
def test_values_of_other_types_are_never_taken_for_what_the_model_would_not_take(
    kind: str, value: Any
) -> None:
    for path, _ in _strings(model_for(kind, CURRENT)):
        raw = json.dumps(_with(every_member(kind), path, value)).encode()
        taken = by_lean(kind, raw)
        assert taken is None or taken == by_model(kind, raw)


@pytest.mark.parametrize(
    "told", ["有“引号”", 'a "b" c', "back\\slash", "tab\there", "nul\x00", "del\x7f", "\ud83d\ude00"]
)
def test_a_text_with_marks_of_its_own_keeps_its_content(told: str) -> None:
    raw = json.dumps(_with(every_member("policy"), ("enterprise", "name"), told)).encode()
    [item] = read(KINDS["policy"], CURRENT, raw, "json")
    expected = by_model("policy", raw)
    assert (item.content_hash or None) == (None if expected is None else sha256(expected).digest())


def test_a_plain_record_speaks_for_its_kind_and_cannot_be_changed() -> None:
    taken = lean(model_for("policy", CURRENT)).read(json.dumps(sample("policy")).encode())
    assert taken is not None
    record, _ = taken
    model = model_for("policy", CURRENT).model_validate_json(json.dumps(sample("policy")))
    assert not isinstance(record, Record)
    assert (record.kind, record.key, record.key_field) == ("policy", model.key, "policy_no")
    with pytest.raises(AttributeError):
        record.revised_at = model.revised_at


@pytest.mark.parametrize("name", ["ext_note", "\\u0065xt_note", "ext\\u005Fnote", "e\\u0078\\u0074_note"])
@pytest.mark.parametrize("make", [sample, every_member])
@pytest.mark.parametrize("kind", KINDS)
def test_members_of_the_sender_s_own_count_as_content_and_are_not_held(
    kind: str, make: Any, name: str
) -> None:
    plain = json.dumps(make(kind), ensure_ascii=False)
    body = f'{plain}\n{plain[:-1]}, "{name}": "备注"}}'
    without, with_own = read(KINDS[kind], CURRENT, body.encode(), "ndjson")
    assert with_own.findings == []
    assert with_own.content_hash != without.content_hash
    assert repr(with_own.record) == repr(without.record)
    assert type(with_own.record) is type(without.record)


def test_members_of_the_sender_s_own_are_held_nowhere_in_a_record() -> None:
    document = every_member("policy")
    document["ext_a"] = document["enterprise"]["ext_b"] = document["coverages"][0]["ext_c"] = "自用"
    [item] = read(KINDS["policy"], CURRENT, json.dumps(document, ensure_ascii=False).encode(), "json")
    [plain] = read(KINDS["policy"], CURRENT, json.dumps(every_member("policy")).encode(), "json")
    assert "自用" not in repr(item.record)
    assert repr(item.record) == repr(plain.record)
    written = lean(model_for("policy", CURRENT)).write
    assert written(item.record) == written(plain.record)


def test_a_batch_of_records_takes_a_third_of_what_the_models_take() -> None:
    model, raw = model_for("policy", CURRENT), json.dumps(every_member("policy")).encode()

    def taken(read_one: Callable[[bytes], object]) -> int:
        read_one(raw)
        tracemalloc.start()
        held = [read_one(raw) for _ in range(50)]
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(held) == 50
        return size

    def plainly(raw: bytes) -> object:
        found = lean(model).read(raw)
        return found and found[0]

    assert taken(plainly) * 3 < taken(model.__pydantic_validator__.validate_json)
