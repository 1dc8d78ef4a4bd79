"""IS this token good, here and now? Issues and verifies access tokens, verifies clients' assertions.

Every claim is required and checked by us (python-jose forgives a missing ``exp`` and ``exp == now``).
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ajx_gateway.identity import strict
from ajx_gateway.identity.keys import KeyRing, SigningKey, VerifyingKey

ACCESS_TOKEN: Final = "at+jwt"  # noqa: S105 - RFC 9068's media type, not a secret
CLIENT_ASSERTIONS: Final = frozenset({"JWT", "client-authentication+jwt"})
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME: Final = timedelta(minutes=5)
CLOCK_SKEW: Final = timedelta(seconds=60)
MAX_CHARS: Final = 4096

_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_JTI_CHARS: Final = 128
# datetime ends with the year 9999; a later instant is an attack or a unit mistake (milliseconds).
_LAST_INSTANT: Final = 253_402_300_799


@dataclass(frozen=True, slots=True)
class ClaimedSigner:
    """Who an assertion says it is from. Unverified: good for looking up a key, for nothing else."""

    client: str
    kid: str


@dataclass(frozen=True, slots=True)
class AssertionClaims:
    """A verified assertion; its ``jti`` must be spent once per client before a token is issued."""

    client: str
    jti: str
    exp: datetime


def issue_access_token(
    key: SigningKey,
    *,
    subject: str,
    role: str,
    issuer: str,
    audience: str,
    now: datetime,
    lifetime: timedelta,
) -> str:
    """A signed access token (RFC 9068) for a registered identity."""
    issued = int(now.timestamp())
    claims = {
        "iss": issuer,
        "sub": subject,
        "client_id": subject,
        "aud": audience,
        "role": role,
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "jti": secrets.token_urlsafe(16),
    }
    return key.sign(claims, ACCESS_TOKEN)


def verify_access_token(
    token: object, keys: KeyRing, *, issuer: str, audience: str, now: datetime
) -> Mapping[str, Any]:
    """The claims of a token that this gateway issued, valid at ``now``; otherwise ``Unauthenticated``."""
    with strict.uniform():
        compact = strict.parse(token, types=frozenset({ACCESS_TOKEN}), max_chars=MAX_CHARS)
        key = keys.find(compact.kid)
        _check_signature(compact, key)
        _check_claims(compact.claims, issuer=issuer, audience=audience, now=now)
        _text(compact.claims, "role")
        return compact.claims


def sign_client_assertion(
    key: SigningKey, *, client: str, audience: str, now: datetime, lifetime: timedelta = timedelta(minutes=2)
) -> str:
    """What a client sends to the token endpoint: a fresh, short-lived proof that it holds its key."""
    issued = int(now.timestamp())
    claims = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "jti": secrets.token_urlsafe(16),
    }
    return key.sign(claims, "client-authentication+jwt")


def claimed_signer(assertion: object) -> ClaimedSigner:
    """Client and key id of a well-formed assertion, for a registry that has to be asked asynchronously."""
    with strict.uniform():
        compact = strict.parse(assertion, types=CLIENT_ASSERTIONS, max_chars=MAX_CHARS)
        return ClaimedSigner(_subject(compact.claims), compact.kid)


def verify_client_assertion(
    assertion: object,
    *,
    find_key: Callable[[str, str], VerifyingKey | Mapping[str, Any] | None],
    audience: str,
    now: datetime,
) -> AssertionClaims:
    """A client's proof of its key (RFC 7523): iss = sub = client, addressed to us, five minutes at most."""
    with strict.uniform():
        compact = strict.parse(assertion, types=CLIENT_ASSERTIONS, max_chars=MAX_CHARS)
        client = _subject(compact.claims)
    # Outside `uniform`: a registry that is down is a 503, not a client with a bad key.
    found = find_key(client, compact.kid)
    with strict.uniform():
        key = found if found is None or isinstance(found, VerifyingKey) else VerifyingKey.of(found)
        _check_signature(compact, key)
        _check_claims(compact.claims, issuer=client, audience=audience, now=now)
        issued, expires = _instant(compact.claims, "iat"), _instant(compact.claims, "exp")
        if expires - issued > ASSERTION_LIFETIME.total_seconds():
            raise strict.Refusal("assertion lives too long")
        return AssertionClaims(client, compact.claims["jti"], datetime.fromtimestamp(expires, UTC))


def _check_signature(compact: strict.Compact, key: VerifyingKey | None) -> None:
    if key is None or not key.verify(compact.signing_input, compact.signature):
        raise strict.Refusal("unknown key or wrong signature")


def _check_claims(claims: Mapping[str, Any], *, issuer: str, audience: str, now: datetime) -> None:
    """iss, aud, sub, jti, iat and exp are all required; nbf is honoured when present."""
    if _text(claims, "iss") != issuer or _text(claims, "aud") != audience:
        raise strict.Refusal("issuer or audience")
    _subject(claims)
    if len(_text(claims, "jti")) > _JTI_CHARS:
        raise strict.Refusal("jti too long")
    at, skew = now.timestamp(), CLOCK_SKEW.total_seconds()
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    if expires <= at:
        raise strict.Refusal("expired")
    if issued > at + skew or expires <= issued:
        raise strict.Refusal("issued in the future, or never valid")
    if "nbf" in claims and _instant(claims, "nbf") > at + skew:
        raise strict.Refusal("not valid yet")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str) or not value:
        raise strict.Refusal(f"{name} must be a string")
    return value


def _subject(claims: Mapping[str, Any]) -> str:
    subject = _text(claims, "sub")
    if not _SUBJECT.fullmatch(subject):
        raise strict.Refusal("sub")
    return subject


def _instant(claims: Mapping[str, Any], name: str) -> int:
    value = claims[name]
    # bool is an int in Python, and `true` would be one second after the epoch.
    if type(value) is not int or not 0 <= value <= _LAST_INSTANT:
        raise strict.Refusal(f"{name} must be whole seconds since the epoch")
    return value
