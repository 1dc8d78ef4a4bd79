"""WHICH row is this record? Ids follow from insurer, kind and key, so references resolve without a look-up."""

import hashlib
import uuid
from functools import lru_cache


@lru_cache(maxsize=16_384)  # one push asks several times for each of its records
def record_id(insurer: str, kind: str, key: str) -> uuid.UUID:
    """The id of a record (RFC 9562 version 8): the same whoever computes it, in any order of arrival."""
    digest = bytearray(hashlib.sha256(f"{insurer}\n{kind}\n{key}".encode()).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(digest))
