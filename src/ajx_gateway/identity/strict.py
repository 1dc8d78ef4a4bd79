"""IS this text a token at all? Reads a compact JWS more strictly than any library, before a library sees it.

python-jose takes junk inside base64, ``crit``, duplicate members and numbers of any size; none of that gets
past this page. Failures are plain ``Refusal`` and stay in the room: ``uniform`` turns them into one 401.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from ajx_gateway.errors import Unauthenticated

DETAIL: Final = "身份凭证缺失、无效或已过期，请重新取得访问令牌后再试。"

# 86 characters are the 64 bytes of r and s, the only size that an ES256 signature has.
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})", re.ASCII)
_HEADER_CHARS: Final = 512
_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_KID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}", re.ASCII)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
# Tokens and receipts nest at most twice; few opening brackets mean little depth, before a parser recurses.
_OPENINGS: Final = 16
_INTEGER_DIGITS: Final = 15


class Refusal(Exception):
    """Why a token was refused; for tests and for the reader, never for the caller."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A well-formed compact JWS whose signature nobody has checked yet."""

    kid: str
    typ: str
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


@contextmanager
def uniform() -> Iterator[None]:
    """Whatever goes wrong inside leaves as the same ``Unauthenticated``, without cause or context."""
    try:
        yield
    except Exception:
        # A caller who learns which check failed learns how to pass it. RecursionError counts too.
        raise Unauthenticated(DETAIL) from None


def parse(token: object, *, types: frozenset[str], max_chars: int) -> Compact:
    """The parts of a compact JWS of one of the given ``typ`` values; raises ``Refusal`` or anything else."""
    if not isinstance(token, str) or len(token) > max_chars:
        raise Refusal("not a string, or too long")
    match = _COMPACT.fullmatch(token)
    if match is None:
        raise Refusal("not three base64url segments with a 64-byte signature")
    protected, payload, signature = match.groups()
    header = _header(protected, types)
    return Compact(
        kid=header["kid"],
        typ=header["typ"],
        claims=_object(decode(payload)),
        signing_input=f"{protected}.{payload}".encode("ascii"),
        signature=decode(signature),
    )


def _header(segment: str, types: frozenset[str]) -> dict[str, str]:
    if len(segment) > _HEADER_CHARS:
        raise Refusal("header too long")
    header = _object(decode(segment))
    if header.keys() != _HEADER_MEMBERS:
        raise Refusal("header members must be alg, kid and typ")
    if header["alg"] != "ES256" or header["typ"] not in types:
        raise Refusal("alg or typ")
    if not isinstance(header["kid"], str) or not is_kid(header["kid"]):
        raise Refusal("kid")
    return header


def is_kid(text: str) -> bool:
    return _KID.fullmatch(text) is not None


def decode(segment: str) -> bytes:
    """Canonical unpadded base64url: the only spelling of these bytes, or a ``Refusal``."""
    data = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    if encode(data) != segment:
        raise Refusal("base64url is not canonical")
    return data


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _object(data: bytes) -> dict[str, Any]:
    """A JSON object: UTF-8, no duplicate member, no float, small integers, no control character, flat."""
    if data.count(b"{") + data.count(b"[") > _OPENINGS:
        raise Refusal("too many brackets")
    value = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_unique,
        parse_int=_integer,
        parse_float=_no_number,
        parse_constant=_no_number,
    )
    if not isinstance(value, dict):
        raise Refusal("not an object")
    _printable(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refusal("duplicate member")
    return members


def _integer(text: str) -> int:
    if len(text) > _INTEGER_DIGITS:
        raise Refusal("integer too large")
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise Refusal("only integers are numbers here")


def _printable(value: object) -> None:
    """NUL and lone surrogates pass JSON and fail much later, in PostgreSQL or at an encoder."""
    if isinstance(value, str):
        if _UNPRINTABLE.search(value):
            raise Refusal("control character or lone surrogate")
    elif isinstance(value, dict):
        for name, member in value.items():
            _printable(name)
            _printable(member)
    elif isinstance(value, list):
        for element in value:
            _printable(element)
