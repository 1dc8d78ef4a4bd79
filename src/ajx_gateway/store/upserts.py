"""HOW are a thousand records written at once? One array a column, and per kind the statements made from its promoted columns."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store.columns import CODES, PROMOTED, Promoted, place


@dataclass(frozen=True, slots=True)
class Incoming:
    """One accepted item on its way into the record table."""

    index: int
    record_id: uuid.UUID
    key: str
    revised_at: datetime
    content_hash: bytes
    record: Any


_FIXED = ("record_id", "key", "revised_at", "content_hash", "ordinal", "division")
_FIXED_TYPES = ("uuid", "text", "timestamptz", "bytea", "int", "text")
_OWN = ("insurer", "filing_id", "recorded_at", "version", "voided", "voided_by")


def arrays(kind: str, insurer: str, chunk: Sequence[Incoming]) -> list[list[Any]]:
    """The chunk turned into one array per column."""
    records = [item.record for item in chunk]
    columns: list[list[Any]] = [
        [item.record_id for item in chunk],
        [item.key for item in chunk],
        [item.revised_at for item in chunk],
        [item.content_hash for item in chunk],
        [item.index for item in chunk],
        [place(kind, record) for record in records],
    ]
    return columns + [_column(column, insurer, records) for column in PROMOTED[kind]]


def _column(column: Promoted, insurer: str, records: Sequence[Any]) -> list[Any]:
    values = list(map(column.read, records))
    if column.refers is not None:
        ids = {key: record_id(insurer, column.refers, key) for key in set(values) if key is not None}
        return [ids.get(key) for key in values]
    # A list travels as one string: unnest would flatten an array of arrays.
    return [",".join(value) for value in values] if _is_list(column) else values


def _is_list(column: Promoted) -> bool:
    return isinstance(column.type, type(CODES))


def _pg_type(column: Promoted) -> str:
    if _is_list(column):
        return "text"
    names = {
        sa.Uuid: "uuid",
        sa.Text: "text",
        sa.Date: "date",
        sa.Integer: "int",
        sa.Boolean: "bool",
        sa.Numeric: "numeric",
    }
    return names[type(column.type)]


def _incoming(kind: str, first: int) -> str:
    names = [*_FIXED, *(p.name for p in PROMOTED[kind])]
    types = [*_FIXED_TYPES, *(_pg_type(p) for p in PROMOTED[kind])]
    holders = ", ".join(f"${first + i}::{type_}[]" for i, type_ in enumerate(types))
    return f"unnest({holders}) AS i({', '.join(names)})"


def _selected(kind: str) -> str:
    return ", ".join(
        f"string_to_array(i.{p.name}, ',')" if _is_list(p) else f"i.{p.name}" for p in PROMOTED[kind]
    )


def _all_columns(kind: str) -> list[str]:
    return [*_FIXED, *_OWN, *(p.name for p in PROMOTED[kind])]


@cache
def upsert(kind: str) -> str:
    columns = ", ".join(_all_columns(kind))
    changed = ", ".join(
        f"{name} = excluded.{name}"
        for name in _all_columns(kind)
        if name not in {"record_id", "key", "insurer", "version"}
    )
    fixed = ", ".join(f"i.{name}" for name in _FIXED)
    return (
        f"WITH written AS (INSERT INTO {kind} AS r ({columns})"  # noqa: S608
        f" SELECT {fixed}, $1, $2::uuid, $3::timestamptz, 1, false, NULL::uuid, {_selected(kind)}"
        f" FROM {_incoming(kind, 4)} ORDER BY i.record_id"
        f" ON CONFLICT (record_id) DO UPDATE SET {changed}, version = r.version + 1"
        " WHERE excluded.revised_at > r.revised_at"
        " RETURNING new.*, old.version AS old_version),"
        f" kept AS (INSERT INTO {kind}_history ({columns}) SELECT {columns} FROM written)"
        " SELECT record_id, version, old_version FROM written"
    )


@cache
def keep_stale(kind: str) -> str:
    """Older states go to history without a version: they never counted."""
    columns = ", ".join(_all_columns(kind))
    fixed = ", ".join(f"i.{name}" for name in _FIXED)
    return (
        f"INSERT INTO {kind}_history ({columns})"  # noqa: S608
        f" SELECT {fixed}, $1, $2::uuid, $3::timestamptz, NULL::int, false, NULL::uuid, {_selected(kind)}"
        f" FROM {_incoming(kind, 4)} ON CONFLICT DO NOTHING"
    )


def _void_sql(kind: str) -> str:
    columns = ", ".join(_all_columns(kind))
    return (
        f"WITH written AS (UPDATE {kind} SET voided = true, voided_by = $3, revised_at = $2, recorded_at = $4,"  # noqa: S608
        " version = version + 1 WHERE record_id = $1 AND revised_at < $2 RETURNING *),"
        f" kept AS (INSERT INTO {kind}_history ({columns}) SELECT {columns} FROM written)"
        " SELECT version FROM written"
    )


VOID = {kind: _void_sql(kind) for kind in PROMOTED}
