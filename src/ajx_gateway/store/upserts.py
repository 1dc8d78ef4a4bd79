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
from ajx_gateway.store import attached_notes, cover_notes
from ajx_gateway.store.arrays import literals, unnested
from ajx_gateway.store.columns import CODES, PROMOTED, Promoted, place


@dataclass(slots=True)
class Incoming:
    """One accepted item on its way into the record table.

    ``index`` is what its outcome is called by; ``filing_id`` and ``ordinal`` say where its bytes lie; ``clean_edition``
    which edition of rules found nothing wrong in it.
    """

    index: int
    filing_id: uuid.UUID
    ordinal: int
    record_id: uuid.UUID
    key: str
    revised_at: datetime
    content_hash: bytes
    record: Any
    clean_edition: int | None = None


_FIXED = ("record_id", "key", "revised_at", "content_hash", "filing_id", "ordinal", "division")
_FIXED_TYPES = ("uuid", "text", "timestamptz", "bytea", "uuid", "int", "text")
# Of the state that counts alone.
_CURRENT, _CURRENT_TYPES = ("clean_edition",), ("int",)
_OWN = ("insurer", "recorded_at", "version", "voided", "voided_by")


def arrays(kind: str, insurer: str, chunk: Sequence[Incoming]) -> list[list[Any]]:
    """The chunk turned into one array per column."""
    columns: list[list[Any]] = [
        [item.record_id for item in chunk],
        [item.key for item in chunk],
        [item.revised_at for item in chunk],
        [item.content_hash for item in chunk],
        [item.filing_id for item in chunk],
        [item.ordinal for item in chunk],
        [place(kind, item.record) for item in chunk],
        [item.clean_edition for item in chunk],
    ]
    # Record by record, not column by column: a record's many small objects are fetched from memory once.
    reads = [column.read for column in PROMOTED[kind]]
    rows = [[read(item.record) for read in reads] for item in chunk]
    values = zip(*rows, strict=True) if rows else [() for _ in reads]
    return columns + [
        _column(column, insurer, list(found)) for column, found in zip(PROMOTED[kind], values, strict=True)
    ]


def _column(column: Promoted, insurer: str, values: list[Any]) -> list[Any]:
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


def _types(kind: str) -> list[str]:
    return [*_FIXED_TYPES, *_CURRENT_TYPES, *(_pg_type(p) for p in PROMOTED[kind])]


def written(kind: str, columns: Sequence[Sequence[Any]]) -> list[str]:
    """The columns of ``arrays`` as the statements take them."""
    return literals(_types(kind), columns)


def _incoming(kind: str, first: int) -> str:
    return unnested([*_FIXED, *_CURRENT, *(p.name for p in PROMOTED[kind])], _types(kind), first)


def _selected(kind: str) -> str:
    return ", ".join(
        f"string_to_array(i.{p.name}, ',')" if _is_list(p) else f"i.{p.name}" for p in PROMOTED[kind]
    )


def _all_columns(kind: str) -> list[str]:
    return [*_FIXED, *_OWN, *(p.name for p in PROMOTED[kind])]


# What a sum is made of, under the same names in the policy and in its delta.
_SUMMED = (
    "division",
    "signed_on",
    "industry",
    "size",
    "sector_tags",
    "enterprise_uscc",
    "insured_count",
    "premium_received",
    "premium_refunded",
    "premium_adjusted",
    "aggregate",
    "subsidy_amount",
    "fund_amount",
    "renewal_of",
)


def _before(kind: str) -> str:
    """What the sums need to know of the state before, and whether anything moved in them."""
    if kind != "policy":
        return ""
    old, new = (", ".join(f"{row}.{name}" for name in _SUMMED) for row in ("old", "new"))
    named = ", ".join(f"old.{name} AS old_{name}" for name in _SUMMED)
    return (
        f", {named}, old.version IS NOT NULL AND NOT old.voided AS old_counted,"
        f" old.version IS NULL OR old.voided OR ({old}) IS DISTINCT FROM ({new}) AS moved"
    )


def _told(kind: str) -> str:
    """The state that counts from now on is added to the sums, the one that counted until now taken off."""
    if kind != "policy":
        return ""
    return (
        f", told AS (INSERT INTO policy_delta (record_id, insurer, sign, {', '.join(_SUMMED)})"  # noqa: S608
        f" SELECT record_id, insurer, 1, {', '.join(_SUMMED)} FROM written WHERE moved UNION ALL"
        f" SELECT record_id, insurer, -1, {', '.join(f'old_{name}' for name in _SUMMED)}"
        " FROM written WHERE moved AND old_counted)"
    )


def _untold(kind: str) -> str:
    """A voided state is taken off the sums, once."""
    if kind != "policy":
        return ""
    return (
        f", told AS (INSERT INTO policy_delta (record_id, insurer, sign, {', '.join(_SUMMED)})"  # noqa: S608
        f" SELECT record_id, insurer, -1, {', '.join(_SUMMED)} FROM written WHERE NOT old_voided)"
    )


@cache
def upsert(kind: str) -> str:
    columns, current = ", ".join(_all_columns(kind)), ", ".join(_CURRENT)
    changed = ", ".join(
        f"{name} = excluded.{name}"
        for name in (*_all_columns(kind), *_CURRENT)
        if name not in {"record_id", "key", "insurer", "version"}
    )
    fixed, marks = (", ".join(f"i.{name}" for name in names) for names in (_FIXED, _CURRENT))
    return (
        f"WITH written AS (INSERT INTO {kind} AS r ({columns}, {current})"  # noqa: S608
        f" SELECT {fixed}, $1, $2::timestamptz, 1, false, NULL::uuid, {_selected(kind)}, {marks}"
        f" FROM {_incoming(kind, 3)} ORDER BY i.record_id"
        f" ON CONFLICT (record_id) DO UPDATE SET {changed}, version = r.version + 1"
        " WHERE excluded.revised_at > r.revised_at"
        f" RETURNING new.*, old.version AS old_version{_before(kind)}{cover_notes.before(kind)}"
        f"{attached_notes.before(kind)}),"
        f" kept AS (INSERT INTO {kind}_history ({columns}) SELECT {columns} FROM written){_told(kind)}{cover_notes.noted(kind)}"
        f"{attached_notes.noted(kind)}"
        " SELECT record_id, version, old_version FROM written"
    )


@cache
def keep_stale(kind: str) -> str:
    """Older states go to history without a version: they never counted."""
    columns = ", ".join(_all_columns(kind))
    fixed = ", ".join(f"i.{name}" for name in _FIXED)
    return (
        f"INSERT INTO {kind}_history ({columns})"  # noqa: S608
        f" SELECT {fixed}, $1, $2::timestamptz, NULL::int, false, NULL::uuid, {_selected(kind)}"
        f" FROM {_incoming(kind, 3)} ON CONFLICT DO NOTHING"
    )


def _void_sql(kind: str) -> str:
    columns = ", ".join(_all_columns(kind))
    return (
        f"WITH written AS (UPDATE {kind} SET voided = true, voided_by = $3, revised_at = $2, recorded_at = $4,"  # noqa: S608
        " version = version + 1 WHERE record_id = $1 AND revised_at < $2"
        " RETURNING new.*, old.voided AS old_voided),"
        f" kept AS (INSERT INTO {kind}_history ({columns}) SELECT {columns} FROM written){_untold(kind)}{cover_notes.voided(kind)}"
        f"{attached_notes.voided(kind)}"
        " SELECT version FROM written"
    )


VOID = {kind: _void_sql(kind) for kind in PROMOTED}
