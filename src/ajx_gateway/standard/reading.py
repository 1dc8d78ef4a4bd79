"""WHAT did the sender send? The bytes of a request become items: a record, or findings that refuse it."""

import re
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from ajx_gateway.standard.canonical import canonical
from ajx_gateway.standard.diagnosis import MOST_FINDINGS, diagnose, whole
from ajx_gateway.standard.finding import Finding
from ajx_gateway.standard.kinds import Kind, model_for
from ajx_gateway.standard.lean import lean
from ajx_gateway.standard.looking import SMALL, look_into, oversized
from ajx_gateway.standard.record import Record
from ajx_gateway.standard.splitting import Slice, split

_UNNOTICED = 2_047
# After so many findings in one request each further item tells its first one and their count: thirty kilobytes
# of empty objects would otherwise be answered with forty-five megabytes.
_MANY = 10_000
_ECHOED_KEY = re.compile("[^\x00-\x1f\x7f\ud800-\udfff]{1,64}")


@dataclass(slots=True)
class Item:
    """One item of a request; ``body[start:end]`` are its exact bytes."""

    index: int
    start: int
    end: int
    key: str | None  # None when the document names none
    record: Record | None  # None: the shape was refused
    findings: list[Finding] = field(default_factory=list)
    content_hash: bytes = b""  # sha256 of the canonical form; empty when refused


def read(
    kind: Kind, version: str, body: bytes, media: Literal["json", "ndjson"], *, limit: int = 10_000
) -> list[Item]:
    """The items of a request, judged by shape alone.

    One object, an array, or NDJSON. Raises Malformed or TooLarge for a whole request only, KeyError for a
    version that does not exist.
    """
    model = model_for(kind.name, version)
    items, told = [], 0
    for index, piece in enumerate(split(body, media, limit, partial(_at_sight, model))):
        seen = piece.seen
        if seen is None or not seen.sure:
            item = _looked_into(index, piece, kind, model, version, MOST_FINDINGS if told < _MANY else 1)
            told += len(item.findings)
        else:
            item = _good(index, piece, kind, seen)
        items.append(item)
    return items


class Seen(NamedTuple):
    """What the model made of an item's bytes."""

    record: Record
    written: bytes  # its canonical form
    sure: bool  # that no member is repeated


def _at_sight(model: type[Record], raw: bytes) -> Seen | None:
    """The record of an item that is not large, read without a look inside; None for anything that is none."""
    return _content(model, raw) if len(raw) <= SMALL else None


def _good(index: int, piece: Slice[Seen], kind: Kind, seen: Seen) -> Item:
    record = seen.record
    key = getattr(record, kind.key)
    return Item(index, piece.start, piece.end, key, record, [], _digest(seen.written))


def _looked_into(
    index: int, piece: Slice[Seen], kind: Kind, model: type[Record], version: str, most: int
) -> Item:
    look = piece.look or look_into(piece.raw)
    refusal = look.fault or oversized(piece.raw, look.tree)
    if not refusal and not look.repeated:
        seen = piece.seen or (_content(model, piece.raw) if len(piece.raw) > SMALL else None)
        if seen is not None:
            return _good(index, piece, kind, seen)
    item = Item(index, piece.start, piece.end, _key(look.tree, kind.key), None)
    item.findings = (
        whole(model, version, refusal, f"{len(piece.raw)}个字节")
        if refusal
        else diagnose(model, version, piece.raw, look, most)
    )
    return item


def _digest(written: bytes) -> bytes:
    """SHA-256. hashlib lets go of the interpreter's lock for 2,048 bytes and more, and then has to queue for it."""
    if len(written) > SMALL:
        return sha256(written).digest()
    digest = sha256()
    for begin in range(0, len(written), _UNNOTICED):
        digest.update(written[begin : begin + _UNNOTICED])
    return digest.digest()


def _content(model: type[Record], raw: bytes) -> Seen | None:
    """What the model makes of these bytes; None when it refuses them."""
    plain = lean(model)
    taken = plain.read(raw)
    if taken is not None:
        return Seen(*taken, _names_once(raw, taken[1]))
    try:
        record = model.__pydantic_validator__.validate_json(raw)
    except ValidationError:
        return None
    written = canonical(record)
    return Seen(plain.without_extensions(record), written, _names_once(raw, written))


def _names_once(raw: bytes, written: bytes) -> bool:
    """Whether it is sure without a look inside, which costs a third of reading, that no member is repeated.

    Only a repeated member is not seen by the model. The canonical form names each member once, and writes as a text
    what was sent as one: as many quotation marks on both sides prove that no name came twice. Only a quotation mark
    inside a text spoils the count, and that one is escaped on both sides.
    """
    return b"\\" not in written and raw.count(b'"') == written.count(b'"')


def _key(tree: Any, name: str) -> str | None:
    """The key of a refused document, when it names one that can safely be given back."""
    key = tree.get(name) if isinstance(tree, dict) else None
    return key if type(key) is str and _ECHOED_KEY.fullmatch(key) else None
