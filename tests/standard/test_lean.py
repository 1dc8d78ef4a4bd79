"""Do the plain reader and the model take the same documents, with the same content?"""

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ajx_gateway.standard import CURRENT, KINDS, Record
from ajx_gateway.standard.kinds import model_for
from ajx_gateway.standard.lean import lean
from ajx_gateway.standard.sample import every_member, sample

SPOILS: list[Any] = [
    None,
    "",
    "x" * 3000,
    -1,
    1.5,
    True,
    [],
    {},
    "2026-02-30",
    "1e5",
    "１２",
    "12.345",
    [None],
    {"a": 1},
]


def spoiled(document: Any, rng: random.Random) -> Any:
    """The document with one member left out, added or changed, anywhere in it."""
    place = document
    while isinstance(place, dict | list) and place:
        key = rng.choice(list(place) if isinstance(place, dict) else list(range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or rng.random() < 0.3:
            break
        place = place[key]
    match rng.randrange(3), place:
        case 0, dict():
            del place[key]
        case 1, dict():
            place["unknown"] = copy.deepcopy(rng.choice(SPOILS))
        case _:
            place[key] = copy.deepcopy(rng.choice(SPOILS))
    return document


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


@pytest.mark.parametrize("name", ["ext_note", "\\u0065xt_note"])
def test_a_document_with_a_member_of_the_sender_s_own_is_read_by_the_model(name: str) -> None:
    from ajx_gateway.standard import read

    body = json.dumps(sample("policy"), ensure_ascii=False)[:-1] + f', "{name}": "备注"}}'
    [item] = read(KINDS["policy"], CURRENT, body.encode(), "ndjson")
    assert isinstance(item.record, Record)
    assert item.record.model_extra == {"ext_note": "备注"}
