"""WHAT did the gateway promise? A receipt is a signed statement that anybody checks offline with the JWKS."""

from collections.abc import Mapping
from typing import Any, Final

from ajx_gateway.identity import strict
from ajx_gateway.identity.keys import KeyRing, SigningKey

TYPE: Final = "ajx-receipt+jws"
MAX_CHARS: Final = 16_384
MEMBERS: Final = frozenset(
    {
        "iss",
        "iat",
        "filing",
        "kind",
        "insurer",
        "body_sha256",
        "received_at",
        "standard",
        "rules",
        "verdict",
        "counts",
        "items_sha256",
    }
)


def seal(key: SigningKey, payload: Mapping[str, Any]) -> str:
    """The compact JWS of a filing's receipt; a receipt that lacks a member must not be written at all."""
    missing = MEMBERS - payload.keys()
    if missing:
        raise ValueError(f"a receipt needs {', '.join(sorted(missing))}")
    return key.sign(payload, TYPE)


def open_receipt(jws: object, jwks: Mapping[str, Any] | KeyRing) -> dict[str, Any]:
    """What a genuine receipt says; ``Unauthenticated`` when it is not one signed by a key of the JWKS.

    A receipt never expires: it says what happened.
    """
    with strict.uniform():
        keys = jwks if isinstance(jwks, KeyRing) else KeyRing.from_jwks(jwks)
        compact = strict.parse(jws, types=frozenset({TYPE}), max_chars=MAX_CHARS)
        key = keys.find(compact.kid)
        if key is None or not key.verify(compact.signing_input, compact.signature):
            raise strict.Refusal("unknown key or wrong signature")
        if not compact.claims.keys() >= MEMBERS:
            raise strict.Refusal("not a receipt")
        return dict(compact.claims)
