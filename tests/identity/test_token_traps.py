"""Every trap of python-jose, and of JSON and base64 under it: each is one uniform 401."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from forging import (
    AT,
    CLIENT,
    ISSUER,
    NOW,
    access_claims,
    assertion_claims,
    forge,
    forge_segments,
    header,
    later,
)
from jose import jws as jose_jws
from jose import jwt as jose_jwt

from ajx_gateway.errors import Unauthenticated
from ajx_gateway.identity import KeyRing, SigningKey
from ajx_gateway.identity.strict import DETAIL, encode
from ajx_gateway.identity.tokens import (
    AssertionClaims,
    claimed_signer,
    issue_access_token,
    sign_client_assertion,
    verify_access_token,
    verify_client_assertion,
)


def accepts(token: object, ring: KeyRing) -> bool:
    return opens(lambda: verify_access_token(token, ring, issuer=ISSUER, audience=ISSUER, now=NOW))


def admits(assertion: object, key: SigningKey) -> bool:
    def find(client: str, kid: str) -> dict[str, str] | None:
        return key.public_jwk() if (client, kid) == (CLIENT, key.kid) else None

    return opens(lambda: verify_client_assertion(assertion, find_key=find, audience=ISSUER, now=NOW))


def opens(door: Callable[[], object]) -> bool:
    """Whether the door opens; when it does not, every refusal must look the same."""
    refusal: Unauthenticated | None = None
    try:
        door()
    except Unauthenticated as fault:
        refusal = fault
    if refusal is None:
        return True
    assert (refusal.detail, refusal.extra, refusal.__cause__) == (DETAIL, {}, None)
    assert refusal.__suppress_context__
    return False


def test_an_issued_token_says_who_until_when_and_for_whom(key: SigningKey, ring: KeyRing) -> None:
    token = issue_access_token(
        key,
        subject=CLIENT,
        role="insurer",
        issuer=ISSUER,
        audience=ISSUER,
        now=NOW,
        lifetime=later(minutes=15) - NOW,
    )
    claims = verify_access_token(token, ring, issuer=ISSUER, audience=ISSUER, now=NOW)
    assert (claims["sub"], claims["role"], claims["exp"]) == (CLIENT, "insurer", AT + 900)


def test_the_forged_baseline_is_good_so_that_each_trap_below_fails_for_its_own_reason(
    key: SigningKey, ring: KeyRing
) -> None:
    assert accepts(forge(key, header(key), access_claims()), ring)
    assert admits(forge(key, header(key, "JWT"), assertion_claims()), key)
    assert admits(forge(key, header(key, "client-authentication+jwt"), assertion_claims()), key)


@pytest.mark.parametrize(
    "change",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"jwk": {"kty": "EC"}},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"b64": False},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"alg": "es256"},
        {"alg": ["ES256"]},
        {"alg": ...},
        {"typ": ...},
        {"typ": "JWT"},
        {"typ": "AT+JWT"},
        {"typ": "ajx-receipt+jws"},
        {"typ": None},
        {"kid": ...},
        {"kid": "unknown"},
        {"kid": ""},
        {"kid": {"a": 1}},
        {"kid": "a" * 129},
        {"kid": "../../etc/passwd\x00"},
    ],
    ids=str,
)
def test_a_header_with_anything_but_alg_kid_and_typ_is_refused(
    key: SigningKey, ring: KeyRing, change: dict[str, Any]
) -> None:
    assert not accepts(forge(key, header(key, **change), access_claims()), ring)


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "jti", "role"])
def test_every_claim_is_required(key: SigningKey, ring: KeyRing, name: str) -> None:
    assert not accepts(forge(key, header(key), access_claims(**{name: ...})), ring)


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "jti"])
def test_every_claim_of_an_assertion_is_required(key: SigningKey, name: str) -> None:
    assert not admits(forge(key, header(key, "JWT"), assertion_claims(**{name: ...})), key)


@pytest.mark.parametrize(
    "change",
    [
        {"exp": AT},
        {"exp": AT - 1},
        {"exp": 10**30},
        {"exp": -1},
        {"exp": True},
        {"exp": str(AT + 600)},
        {"exp": None},
        {"exp": [AT + 600]},
        {"exp": (AT + 600) * 1000},
        {"iat": AT + 61},
        {"iat": False},
        {"iat": "now"},
        {"nbf": AT + 61},
        {"nbf": "x"},
        {"nbf": None},
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"aud": "https://other.example"},
        {"aud": [ISSUER]},
        {"aud": ""},
        {"aud": {ISSUER: 1}},
        {"sub": ""},
        {"sub": 5},
        {"sub": "a b"},
        {"sub": "甲保险"},
        {"jti": ""},
        {"jti": 7},
        {"jti": "j" * 129},
        {"jti": "a\x00b"},
        {"role": ""},
        {"role": ["operator"]},
        {"ext": "\ud800"},
        {"\ud800": 1},
        {"ext": ["\x00"]},
        {"ext": [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]},
        {"ext": "x" * 4096},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_claim_that_is_not_exactly_right_is_refused(
    key: SigningKey, ring: KeyRing, change: dict[str, Any]
) -> None:
    assert not accepts(forge(key, header(key), access_claims(**change)), ring)


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({"exp": AT + 1}, True),
        ({"iat": AT + 60}, True),
        ({"nbf": AT + 60}, True),
        ({"iat": AT + 30, "exp": AT + 30}, False),
        ({"iat": AT + 30, "exp": AT + 20}, False),
    ],
    ids=str,
)
def test_the_edges_of_time_are_exact(
    key: SigningKey, ring: KeyRing, change: dict[str, Any], good: bool
) -> None:
    assert accepts(forge(key, header(key), access_claims(**change)), ring) is good


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        json.dumps(access_claims()).encode("utf-16"),
        json.dumps(access_claims()).encode().replace(b'"jti"', b'"exp":9999999999,"jti"'),
        json.dumps(access_claims()).encode().replace(str(AT + 600).encode(), b"1e10"),
        json.dumps(access_claims()).encode().replace(str(AT + 600).encode(), b"%d.0" % (AT + 600)),
        json.dumps(access_claims()).encode().replace(str(AT + 600).encode(), b"Infinity"),
        json.dumps(access_claims()).encode().replace(str(AT + 600).encode(), b"NaN"),
        json.dumps(access_claims()).encode().replace(str(AT + 600).encode(), b"9" * 2000),
        json.dumps(access_claims()).encode() + b" x",
        b"[" * 2900,
        b'{"a":' * 500,
    ],
    ids=lambda payload: str(payload[:24]),
)
def test_a_payload_that_is_not_one_plain_json_object_is_refused(
    key: SigningKey, ring: KeyRing, payload: bytes
) -> None:
    assert not accepts(forge(key, header(key), payload), ring)


def test_a_header_with_duplicate_members_is_refused(key: SigningKey, ring: KeyRing) -> None:
    twice = json.dumps(header(key)).encode().replace(b'"alg"', b'"alg":"none","alg"')
    assert not accepts(forge(key, twice, access_claims()), ring)


def test_junk_inside_base64_is_refused_although_python_jose_skips_it(key: SigningKey, ring: KeyRing) -> None:
    token = forge(key, header(key), access_claims())
    head, payload, signature = token.split(".")
    for junk in ("!", "\n", " ", "=", "+", "/", "\x00", "é"):
        assert not accepts(f"{head}.{payload}.{signature[:40]}{junk}{signature[40:]}", ring)
        assert not accepts(f"{head}.{payload}.{signature}{junk}", ring)
        assert not accepts(f"{junk}{token}", ring)


def test_another_spelling_of_the_same_bytes_is_refused(key: SigningKey, ring: KeyRing) -> None:
    """The last character of a base64 segment has unused bits; python-jose ignores what they say."""
    token = forge(key, header(key), access_claims())
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]
    assert jose_jws.verify(twin, key.public_jwk(), ["ES256"])
    assert not accepts(twin, ring)
    head = encode(json.dumps(header(key)).encode())
    payload = encode(json.dumps(access_claims(), indent=None).encode() + b" ")
    assert accepts(forge_segments(key, head, payload), ring)
    padded = base64.urlsafe_b64encode(json.dumps(access_claims()).encode() + b"  ").decode()
    assert not accepts(forge_segments(key, head, padded if "=" in padded else padded + "===="), ring)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 6])
def test_a_token_has_three_segments(key: SigningKey, ring: KeyRing, count: int) -> None:
    segments = forge(key, header(key), access_claims()).split(".")
    assert not accepts(".".join((segments * 2)[:count]), ring)


@pytest.mark.parametrize("token", [None, 5, b"a.b.c", "", "..", "a.b.c", "." * 5000, ["a"], "令牌.令牌.令牌"])
def test_what_is_no_token_at_all_is_refused(ring: KeyRing, token: object) -> None:
    assert not accepts(token, ring)


def test_a_signature_of_another_key_or_none_is_refused(
    key: SigningKey, stranger: SigningKey, ring: KeyRing
) -> None:
    assert not accepts(forge(stranger, header(key), access_claims()), ring)
    assert not accepts(forge(stranger, header(stranger), access_claims()), ring)
    head, payload, _ = forge(key, header(key), access_claims()).split(".")
    for signature in (b"", b"\x00" * 64, b"\xff" * 64, b"\x00" * 63):
        assert not accepts(f"{head}.{payload}.{encode(signature)}", ring)


def test_a_der_signature_is_refused(key: SigningKey, ring: KeyRing) -> None:
    head, payload, _ = forge(key, header(key), access_claims()).split(".")
    der = key._private.sign(f"{head}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    assert not accepts(f"{head}.{payload}.{encode(der)}", ring)


def test_a_token_signed_with_the_public_key_as_an_hmac_secret_is_refused(
    key: SigningKey, ring: KeyRing
) -> None:
    secret = json.dumps(key.public_jwk())
    token = jose_jwt.encode(access_claims(), secret, "HS256", headers={"kid": key.kid, "typ": "at+jwt"})
    assert not accepts(token, ring)


def test_a_p384_key_does_not_verify_es256(ring: KeyRing) -> None:
    private = ec.generate_private_key(ec.SECP384R1())
    head = encode(json.dumps({"alg": "ES256", "kid": "k", "typ": "at+jwt"}).encode())
    payload = encode(json.dumps(access_claims()).encode())
    der = private.sign(f"{head}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    assert not accepts(f"{head}.{payload}.{encode(der)}", ring)


def test_a_retired_key_still_verifies(key: SigningKey, stranger: SigningKey) -> None:
    ring = KeyRing.of(stranger, [key.public_jwk()])
    assert accepts(forge(key, header(key), access_claims()), ring)


def test_an_assertion_names_its_client_its_jti_and_its_end(key: SigningKey) -> None:
    assertion = sign_client_assertion(key, client=CLIENT, audience=ISSUER, now=NOW)
    signer = claimed_signer(assertion)
    assert (signer.client, signer.kid) == (CLIENT, key.kid)
    claims = verify_client_assertion(
        assertion, find_key=lambda client, kid: key.verifying, audience=ISSUER, now=NOW
    )
    assert claims == AssertionClaims(CLIENT, claims.jti, later(minutes=2))
    assert len(claims.jti) >= 16


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({"exp": AT + 300}, True),
        ({"exp": AT + 301}, False),
        ({"iat": AT - 200, "exp": AT + 100}, True),
        ({"iat": AT - 201, "exp": AT + 100}, False),
        ({"iat": AT + 61, "exp": AT + 100}, False),
        ({"iss": "someone-else"}, False),
        ({"sub": "someone-else"}, False),
        ({"iss": "someone-else", "sub": "someone-else"}, False),
        ({"aud": ISSUER + "/oauth2/token"}, False),
        ({"aud": [ISSUER, "https://evil.example"]}, False),
    ],
    ids=str,
)
def test_an_assertion_is_short_its_own_and_addressed_to_us(
    key: SigningKey, change: dict[str, Any], good: bool
) -> None:
    assert admits(forge(key, header(key, "JWT"), assertion_claims(**change)), key) is good


def test_an_access_token_is_no_assertion_and_an_assertion_no_access_token(
    key: SigningKey, ring: KeyRing
) -> None:
    assert not admits(forge(key, header(key, "at+jwt"), assertion_claims()), key)
    assert not accepts(forge(key, header(key, "JWT"), access_claims()), ring)


def test_a_registered_key_that_is_not_p256_admits_nobody(key: SigningKey) -> None:
    assertion = forge(key, header(key, "JWT"), assertion_claims())
    for jwk in ({}, {"kty": "oct", "k": "eA"}, {**key.public_jwk(), "crv": "P-384"}):
        with pytest.raises(Unauthenticated):
            verify_client_assertion(assertion, find_key=lambda c, k, jwk=jwk: jwk, audience=ISSUER, now=NOW)


def test_a_registry_that_is_down_is_not_a_bad_token(key: SigningKey) -> None:
    def find(client: str, kid: str) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        verify_client_assertion(
            forge(key, header(key, "JWT"), assertion_claims()), find_key=find, audience=ISSUER, now=NOW
        )
