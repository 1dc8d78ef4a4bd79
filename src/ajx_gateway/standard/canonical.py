"""WHEN are two writings of a record the same content? When their canonical bytes are equal.

Declared order, nothing for members left out, amounts with all their places, instants in UTC; the sender's
``ext_`` members, which have no declared order, are sorted.
"""

import json

from pydantic_core import from_json

from ajx_gateway.standard.record import Record


def canonical(record: Record) -> bytes:
    """The one way to write this content, as UTF-8 JSON."""
    written: bytes = record.__pydantic_serializer__.to_json(record, exclude_none=True)
    if b'"ext_' not in written:
        return written
    return json.dumps(from_json(written), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
