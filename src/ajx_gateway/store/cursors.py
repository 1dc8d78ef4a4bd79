"""WHERE does the next page begin? Opaque cursors that carry the first page's instant and belong to one question."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ajx_gateway.errors import Unprocessable

_NOT_PART_OF_THE_QUESTION = frozenset({"after", "limit"})


@dataclass(frozen=True, slots=True)
class Cursor:
    """The instant of the list and the last row given: its sort value (None: the last ones) and its id."""

    as_of: datetime
    sort: str | None
    row: UUID


def digest_of(given: Mapping[str, str]) -> str:
    """What the list was asked for, so that a cursor cannot continue another list."""
    asked = sorted((n, v) for n, v in given.items() if v and n not in _NOT_PART_OF_THE_QUESTION)
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def written(cursor: Cursor, given: Mapping[str, str]) -> str:
    """The cursor as the caller gets it."""
    told = [cursor.as_of.isoformat(), cursor.sort, cursor.row.hex, digest_of(given)]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def read(text: str | None, given: Mapping[str, str], now: datetime) -> Cursor | None:
    """The cursor the caller brought back; 422 when it is not ours or belongs to another question."""
    if not text:
        return None
    try:
        told = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        as_of, sort, row, digest = told
        cursor = Cursor(datetime.fromisoformat(as_of), None if sort is None else str(sort), UUID(hex=row))
        usable = digest == digest_of(given) and cursor.as_of.utcoffset() is not None and cursor.as_of <= now
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        usable = False
    if not usable:
        raise Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after")
    return cursor


def instant_of(cursor: Cursor) -> datetime | None:
    """The sort value of a list ordered by instants."""
    try:
        return None if cursor.sort is None else datetime.fromisoformat(cursor.sort)
    except ValueError:
        raise Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after") from None
