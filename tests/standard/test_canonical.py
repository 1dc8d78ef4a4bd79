"""The same content serialised otherwise is the same content, and other content is not."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.standard import CURRENT, KINDS, Item, read
from ajx_gateway.standard.sample import every_member

POLICY = KINDS["policy"]


def one(document: Any, kind: str = "policy", **how: Any) -> Item:
    item = read(KINDS[kind], CURRENT, json.dumps(document, **how).encode(), "json")[0]
    assert item.record is not None, item.findings
    return item


def shuffled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        rng.shuffle(names)
        return {name: shuffled(value[name], rng) for name in names}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


@given(
    st.sampled_from(sorted(KINDS)),
    st.randoms(use_true_random=False),
    st.booleans(),
    st.sampled_from([None, 0, 4]),
)
def test_order_of_members_white_space_and_escapes_do_not_matter(
    kind: str, rng: random.Random, ascii_only: bool, indent: int | None
) -> None:
    document = every_member(kind) | {"ext_b": "二", "ext_a": 1}
    first = one(document, kind)
    again = one(shuffled(document, rng), kind, ensure_ascii=ascii_only, indent=indent)
    assert again.content_hash == first.content_hash


@pytest.mark.parametrize(
    ("path", "one_way", "other_way"),
    [
        (("premium", "base"), "1.5", "1.50"),
        (("premium", "base"), "7", "7.00"),
        (("service_fund", "ratio"), "0.15", "0.150000"),
        (("service_fund", "ratio"), "1", "1.0"),
        (("rating", "base_rate"), "0.0025", "0.002500"),
        (("revised_at",), "2026-02-25T16:30:00+08:00", "2026-02-25T08:30:00.000Z"),
        (("insured_count",), 46, 46.0),
    ],
)
def test_one_value_written_two_ways_is_one_content(
    path: tuple[str, ...], one_way: Any, other_way: Any
) -> None:
    hashes = set()
    for value in (one_way, other_way):
        document = every_member("policy")
        place = document
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        hashes.add(one(document).content_hash)
    assert len(hashes) == 1


def test_a_negative_zero_is_zero() -> None:
    plus, minus = every_member("endorsement"), every_member("endorsement")
    plus["premium_change"], minus["premium_change"] = "0", "-0.00"
    first, second = one(plus, "endorsement"), one(minus, "endorsement")
    assert first.content_hash == second.content_hash
    assert str(second.record.premium_change) == "0.00"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "change",
    [
        {"insured_count": 47},
        {"migrated": True},
        {"ext_a": 2},
        {"ext_a": True},
        {"ext_a": "1"},
        {"ext_c": 1},
        {"revised_at": "2026-02-25T16:30:01+08:00"},
        {"coverages": []},
    ],
)
def test_any_other_content_has_another_hash(change: dict[str, Any]) -> None:
    document = every_member("policy") | {"ext_a": 1}
    if change.get("coverages") == []:
        change = {"coverages": [*document["coverages"], {"code": "legal"}]}
    assert one(document | change).content_hash != one(document).content_hash


def test_text_that_looks_like_an_own_field_does_not_disturb_the_canonical_form() -> None:
    document = every_member("policy")
    document["product"]["name"] = 'a "ext_b": c'
    reordered = dict(reversed(document.items()))
    assert one(document).content_hash == one(reordered).content_hash


# Without and with members of the sender's own, as the gateway has stored them since its first day: another hash would
# make every record that is pushed again look changed.
STORED = {
    "annual_report": ("0d468b38faa88400", "752d30a9ad541e9e"),
    "claim": ("2f17c3302ff8f0ca", "00699ada65a926ea"),
    "endorsement": ("e8e43b00482ce14d", "8f0e681258208087"),
    "fund_entry": ("291d814b64e00efb", "05ae5504a0b858d4"),
    "hazard": ("a05740e6cd6bf1b6", "99a0ca1f25e2f6d1"),
    "policy": ("97cdc0b7f0464852", "7c7fd8f45a9187f0"),
    "service": ("b6e1658119494430", "57fce24e244b9b26"),
    "service_plan": ("08e596962bffbcd1", "9ca7ba39e65e2e32"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_content_hashes_are_those_already_stored(kind: str) -> None:
    without, with_own = every_member(kind), every_member(kind) | {"ext_b": '二"\\', "ext_a": 3}
    found = tuple(one(document, kind).content_hash.hex()[:16] for document in (without, with_own))
    assert found == STORED[kind]
