"""Builds tokens that no honest signer writes: raw segments, signed with a real P-256 key."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ajx_gateway.identity import SigningKey
from ajx_gateway.identity.strict import encode

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER = "https://gateway.example"
CLIENT = "insurer-a"


def access_claims(**changes: Any) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": CLIENT,
        "client_id": CLIENT,
        "aud": ISSUER,
        "role": "insurer",
        "iat": AT - 10,
        "exp": AT + 600,
        "jti": "j-1",
    }
    return _changed(claims, changes)


def assertion_claims(**changes: Any) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "iss": CLIENT,
        "sub": CLIENT,
        "aud": ISSUER,
        "iat": AT,
        "exp": AT + 120,
        "jti": "j-1",
    }
    return _changed(claims, changes)


def _changed(claims: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**claims, **changes}
    return {name: value for name, value in merged.items() if value is not ...}


def forge(key: SigningKey, header: Any, payload: Any) -> str:
    """A correctly signed JWS over whatever header and payload are given (bytes stay as they are)."""
    signing_input = f"{encode(_bytes(header))}.{encode(_bytes(payload))}"
    return f"{signing_input}.{encode(raw_signature(key, signing_input.encode()))}"


def forge_segments(key: SigningKey, header: str, payload: str) -> str:
    """The same over segments that are already text, canonical or not."""
    return f"{header}.{payload}.{encode(raw_signature(key, f'{header}.{payload}'.encode()))}"


def raw_signature(key: SigningKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key._private.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def header(key: SigningKey, typ: str = "at+jwt", **changes: Any) -> dict[str, Any]:
    return _changed({"alg": "ES256", "kid": key.kid, "typ": typ}, changes)


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return json.dumps(value, separators=(",", ":")).encode()


def later(**amount: float) -> datetime:
    return NOW + timedelta(**amount)
