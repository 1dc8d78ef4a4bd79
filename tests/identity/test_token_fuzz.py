"""Whatever arrives, only Unauthenticated ever leaves."""

import json
from typing import Any

from forging import AT, ISSUER, NOW, access_claims, forge, forge_segments
from hypothesis import given, settings
from hypothesis import strategies as st

from ajx_gateway.errors import Unauthenticated
from ajx_gateway.identity import KeyRing, SigningKey
from ajx_gateway.identity.receipts import open_receipt
from ajx_gateway.identity.tokens import claimed_signer, verify_access_token, verify_client_assertion

KEY = SigningKey.generate()
RING = KeyRing.of(KEY)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        [ISSUER, "insurer-a", AT, AT + 60, AT + 10**9, 2**63, -(2**63), "ES256", "at+jwt", "JWT", KEY.kid]
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
members = st.sampled_from(
    ["alg", "kid", "typ", "crit", "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "role"]
)
objects = st.dictionaries(members, values, max_size=10)
good_header = {"alg": "ES256", "kid": KEY.kid, "typ": "at+jwt"}


def only_unauthenticated_leaves(token: object) -> bool:
    """Whether any door opened; anything but Unauthenticated fails the test by itself."""
    opened = False
    for door in (
        lambda: verify_access_token(token, RING, issuer=ISSUER, audience=ISSUER, now=NOW),
        lambda: claimed_signer(token),
        lambda: verify_client_assertion(
            token, find_key=lambda client, kid: RING.find(kid), audience=ISSUER, now=NOW
        ),
        lambda: open_receipt(token, RING),
    ):
        try:
            door()
            opened = True
        except Unauthenticated:
            pass
    return opened


@given(token=st.text(max_size=300) | st.binary(max_size=300) | scalars)
def test_arbitrary_text_opens_nothing(token: object) -> None:
    assert not only_unauthenticated_leaves(token)


@given(segments=st.lists(st.text("ABCabc019-_=.", max_size=90), min_size=1, max_size=5))
def test_text_that_looks_like_a_token_opens_nothing(segments: list[str]) -> None:
    assert not only_unauthenticated_leaves(".".join(segments))


@settings(max_examples=300)
@given(head=objects | values, payload=objects | values)
def test_signed_nonsense_never_fails_otherwise(head: Any, payload: Any) -> None:
    only_unauthenticated_leaves(forge(KEY, _json(head), _json(payload)))


@settings(max_examples=300)
@given(changes=objects)
def test_signed_tokens_with_strange_claims_never_fail_otherwise(changes: dict[str, Any]) -> None:
    only_unauthenticated_leaves(forge(KEY, good_header, _json({**access_claims(), **changes})))


@given(payload=st.binary(max_size=400))
def test_signed_bytes_that_are_no_json_never_fail_otherwise(payload: bytes) -> None:
    only_unauthenticated_leaves(forge(KEY, good_header, payload))


@given(where=st.integers(min_value=0), to=st.characters(codec="utf-8"))
def test_no_single_changed_character_keeps_a_token_good(where: int, to: str) -> None:
    token = forge(KEY, good_header, access_claims())
    position = where % len(token)
    changed = token[:position] + to + token[position + 1 :]
    assert only_unauthenticated_leaves(changed) is (changed == token)


@given(depth=st.integers(min_value=1, max_value=3000), opening=st.sampled_from(["[", '{"a":', '["', '{"']))
def test_depth_never_reaches_a_parser(depth: int, opening: str) -> None:
    assert not only_unauthenticated_leaves(forge(KEY, good_header, (opening * depth).encode()))


@given(
    head=st.text("ABCabc019-_", min_size=1, max_size=80),
    payload=st.text("ABCabc019-_", min_size=1, max_size=80),
)
def test_signed_segments_that_are_no_json_open_nothing(head: str, payload: str) -> None:
    assert not only_unauthenticated_leaves(forge_segments(KEY, head, payload))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
