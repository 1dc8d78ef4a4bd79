"""joserfc, an independent implementation, reads what we write and writes what we read."""

import json
from datetime import timedelta
from typing import Any

from forging import CLIENT, ISSUER, NOW, access_claims, assertion_claims
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as other_jws
from joserfc import jwt as other_jwt
from joserfc.jwk import ECKey

from ajx_gateway.identity import KeyRing, SigningKey
from ajx_gateway.identity.receipts import TYPE, open_receipt, seal
from ajx_gateway.identity.tokens import (
    issue_access_token,
    sign_client_assertion,
    verify_access_token,
    verify_client_assertion,
)

KEY = SigningKey.generate()
OTHERS = ECKey.generate_key("P-256", auto_kid=True)

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
seconds = st.integers(min_value=1, max_value=300)


def theirs(public: dict[str, str]) -> ECKey:
    return ECKey.import_key(public)


@given(subject=names, minutes=st.integers(min_value=1, max_value=600))
def test_our_access_tokens_are_read_by_joserfc(subject: str, minutes: int) -> None:
    token = issue_access_token(
        KEY,
        subject=subject,
        role="insurer",
        issuer=ISSUER,
        audience=ISSUER,
        now=NOW,
        lifetime=timedelta(minutes=minutes),
    )
    read = other_jwt.decode(token, theirs(KEY.public_jwk()), algorithms=["ES256"])
    assert read.header == {"alg": "ES256", "kid": KEY.kid, "typ": "at+jwt"}
    assert read.claims["sub"] == subject
    assert read.claims["exp"] - read.claims["iat"] == minutes * 60


def test_our_assertions_are_read_by_joserfc() -> None:
    assertion = sign_client_assertion(KEY, client=CLIENT, audience=ISSUER, now=NOW)
    read = other_jwt.decode(assertion, theirs(KEY.public_jwk()), algorithms=["ES256"])
    assert (read.claims["iss"], read.claims["sub"], read.claims["aud"]) == (CLIENT, CLIENT, ISSUER)


@given(lifetime=seconds, jti=st.from_regex(r"[ -~]{1,128}", fullmatch=True))
def test_joserfcs_assertions_are_read_by_us(lifetime: int, jti: str) -> None:
    claims = assertion_claims(jti=jti, exp=int(NOW.timestamp()) + lifetime)
    header = {"alg": "ES256", "kid": OTHERS.kid, "typ": "JWT"}
    # Braces in a jti are the caller's right, up to the bound that protects the parser.
    if jti.count("{") + jti.count("[") > 15:
        return
    assertion = other_jwt.encode(header, claims, OTHERS, algorithms=["ES256"])
    admitted = verify_client_assertion(
        assertion, find_key=lambda client, kid: OTHERS.as_dict(private=False), audience=ISSUER, now=NOW
    )
    assert (admitted.client, admitted.jti) == (CLIENT, jti)


def test_joserfcs_access_tokens_are_read_by_us() -> None:
    ring = KeyRing.from_jwks({"keys": [OTHERS.as_dict(private=False)]})
    header = {"alg": "ES256", "kid": OTHERS.kid, "typ": "at+jwt"}
    token = other_jwt.encode(header, access_claims(), OTHERS, algorithms=["ES256"])
    assert verify_access_token(token, ring, issuer=ISSUER, audience=ISSUER, now=NOW) == access_claims()


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "iat": int(NOW.timestamp()),
        "filing": "0198f0c2-0000-7000-8000-000000000001",
        "kind": "policy",
        "insurer": "91440600MA4W3X2H0K",
        "body_sha256": "0" * 64,
        "received_at": "2026-11-21T16:00:00+08:00",
        "standard": "1.0",
        "rules": "2026.11-00000000",
        "verdict": "accepted",
        "counts": {"created": 1, "updated": 0, "unchanged": 0, "stale": 0, "rejected": 0},
        "items_sha256": "1" * 64,
        **changes,
    }


def test_receipts_pass_between_joserfc_and_us_in_both_directions() -> None:
    ours = seal(KEY, receipt())
    read = other_jws.deserialize_compact(ours, theirs(KEY.public_jwk()), algorithms=["ES256"])
    assert json.loads(read.payload or b"") == receipt()
    header = {"alg": "ES256", "kid": OTHERS.kid, "typ": TYPE}
    written = other_jws.serialize_compact(header, json.dumps(receipt()), OTHERS, algorithms=["ES256"])
    assert open_receipt(written, {"keys": [OTHERS.as_dict(private=False)]}) == receipt()
