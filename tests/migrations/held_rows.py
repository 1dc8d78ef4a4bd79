"""Rows as a database of an earlier release may hold them: every column filled, for ``own`` to say what matters."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from ajx_gateway.store.tables import RECORDS

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def held_id(kind: str, number: int) -> uuid.UUID:
    """The id of a kind's row of that number."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}")


def held(kind: str, number: int, **own: Any) -> dict[str, Any]:
    """A row of a kind; days are left out, and so is what later releases added."""
    some: dict[type, Any] = {sa.Text: "x", sa.Integer: 3, sa.Numeric: Decimal("7.25"), sa.Boolean: False}
    row = {c.name: some.get(type(c.type)) for c in RECORDS[kind].columns if c.name != "clean_edition"}
    return {
        **row,
        "record_id": held_id(kind, number),
        "filing_id": uuid.uuid4(),
        "key": f"{kind}-{number}",
        "revised_at": NOW,
        "recorded_at": NOW,
        "content_hash": b"x",
        **own,
    }
