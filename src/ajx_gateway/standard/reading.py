"""WHAT did the sender send? The bytes of a request become items: a record, or findings that refuse it."""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from pydantic import ValidationError

from ajx_gateway.standard.canonical import canonical
from ajx_gateway.standard.diagnosis import MOST_FINDINGS, diagnose, oversized, whole
from ajx_gateway.standard.finding import Finding
from ajx_gateway.standard.kinds import Kind, model_for
from ajx_gateway.standard.lean import lean
from ajx_gateway.standard.record import Record
from ajx_gateway.standard.splitting import Slice, look_into, split

_SMALL = 65_536
_UNNOTICED = 2_047
# After so many findings in one request each further item tells its first one and their count: thirty kilobytes
# of empty objects would otherwise be answered with forty-five megabytes.
_MANY = 10_000
_SPACES = b" \t\r\n"
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
    alone = _alone(kind, model, body) if media == "json" else None
    if alone is not None:
        return [alone]
    items, told = [], 0
    for index, piece in enumerate(split(body, media, limit)):
        items.append(_item(index, piece, kind, model, version, MOST_FINDINGS if told < _MANY else 1))
        told += len(items[-1].findings)
    return items


def _alone(kind: Kind, model: type[Record], body: bytes) -> Item | None:
    """The one good record that a request usually is, read without a look inside; None for anything else."""
    raw = body.strip(_SPACES)
    if raw[:1] != b"{" or len(raw) > _SMALL:
        return None
    content = _content(model, raw)
    if content is None or not _names_once(raw, content[1]):
        return None
    record, written = content
    begin = len(body) - len(body.lstrip(_SPACES))
    return Item(0, begin, begin + len(raw), getattr(record, kind.key), record, [], _digest(written))


def _item(index: int, piece: Slice, kind: Kind, model: type[Record], version: str, most: int) -> Item:
    item = Item(index, piece.start, piece.end, None, None)
    at_sight = piece.look is None and len(piece.raw) <= _SMALL
    content = _content(model, piece.raw) if at_sight else None
    if content is None or piece.look is not None or not _names_once(piece.raw, content[1]):
        look = piece.look or look_into(piece.raw)
        refusal = look.fault or oversized(piece.raw, look.tree)
        if refusal or look.repeated:
            content = None
        elif not at_sight:
            content = _content(model, piece.raw)
        if content is None:
            item.key = _key(look.tree, kind.key)
            item.findings = (
                whole(model, version, refusal, f"{len(piece.raw)}个字节")
                if refusal
                else diagnose(model, version, piece.raw, most)
            )
            return item
    item.record, written = content
    item.key = getattr(item.record, kind.key)
    item.content_hash = _digest(written)
    return item


def _digest(written: bytes) -> bytes:
    """SHA-256. hashlib lets go of the interpreter's lock for 2,048 bytes and more, and then has to queue for it."""
    if len(written) > _SMALL:
        return sha256(written).digest()
    digest = sha256()
    for begin in range(0, len(written), _UNNOTICED):
        digest.update(written[begin : begin + _UNNOTICED])
    return digest.digest()


def _content(model: type[Record], raw: bytes) -> tuple[Record, bytes] | None:
    """The record and its canonical form; None when the model refuses it."""
    if b'"ext_' not in raw:
        plain = lean(model)
        try:
            record = plain.read(raw)
        except ValidationError:
            if b"\\" not in raw:  # else an ``ext_`` member may stand there behind an escape
                return None
        else:
            return record, plain.write(record)
    try:
        record = model.__pydantic_validator__.validate_json(raw)
    except ValidationError:
        return None
    return record, canonical(record)


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
