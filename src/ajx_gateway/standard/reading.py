"""WHAT did the sender send? The bytes of a request become items: a record, or findings that refuse it."""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from pydantic import ValidationError

from ajx_gateway.standard.canonical import canonical
from ajx_gateway.standard.diagnosis import diagnose, oversized, whole
from ajx_gateway.standard.finding import Finding
from ajx_gateway.standard.kinds import Kind, model_for
from ajx_gateway.standard.record import Record
from ajx_gateway.standard.splitting import Slice, split

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
    return [
        _item(index, piece, kind, model, version) for index, piece in enumerate(split(body, media, limit))
    ]


def _item(index: int, piece: Slice, kind: Kind, model: type[Record], version: str) -> Item:
    item = Item(index, piece.start, piece.end, None, None)
    refusal = piece.fault or oversized(piece.raw, piece.tree)
    if refusal:
        item.key = _key(piece.tree, kind.key)
        item.findings = whole(model, version, refusal, f"{len(piece.raw)}个字节")
        return item
    record: Record | None = None
    if not piece.repeated:
        try:
            record = model.__pydantic_validator__.validate_json(piece.raw)
        except ValidationError:
            record = None
    if record is None:
        item.key = _key(piece.tree, kind.key)
        item.findings = diagnose(model, version, piece.raw)
        return item
    item.record, item.key = record, getattr(record, kind.key)
    item.content_hash = sha256(canonical(record)).digest()
    return item


def _key(tree: Any, name: str) -> str | None:
    """The key of a refused document, when it names one that can safely be given back."""
    key = tree.get(name) if isinstance(tree, dict) else None
    return key if type(key) is str and _ECHOED_KEY.fullmatch(key) else None
