"""Do the plain reader and the model take the same documents, with the same content?"""

import json
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from documents import spoiled
from hypothesis import given, settings
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
    plain = lean(model_for(kind, CURRENT))
    try:
        return plain.write(plain.read(raw))
    except ValidationError:
        return None


@pytest.mark.parametrize("make", [sample, every_member])
@pytest.mark.parametrize("kind", KINDS)
def test_good_documents_have_the_same_content(kind: str, make: Any) -> None:
    raw = json.dumps(make(kind), ensure_ascii=False).encode()
    assert by_lean(kind, raw) is not None
    assert by_lean(kind, raw) == by_model(kind, raw)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.randoms(use_true_random=False), st.integers(1, 3))
def test_spoiled_documents_meet_the_same_end(kind: str, rng: random.Random, times: int) -> None:
    document = every_member(kind)
    for _ in range(times):
        document = spoiled(document, rng)
    raw = json.dumps(document, ensure_ascii=False).encode()
    assert by_lean(kind, raw) == by_model(kind, raw)


def test_a_plain_record_speaks_for_its_kind_and_cannot_be_changed() -> None:
    record = lean(model_for("policy", CURRENT)).read(json.dumps(sample("policy")).encode())
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
    written = lean(model_for("policy", CURRENT)).serializer.to_json
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

    assert taken(lean(model).read) * 3 < taken(model.__pydantic_validator__.validate_json)
