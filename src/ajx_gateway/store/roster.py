"""WHO must insure, as which source says, and since when? Filings of the roster, its lists and its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from ajx_gateway.store import arrays
from ajx_gateway.store.cover_notes import ENTERPRISES
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.roster_tables import roster_filing, roster_state
from ajx_gateway.store.sources import starts_with, within
from ajx_gateway.store.tables import INSTANT

# One filing of the roster at a time: two officers with the same list must not both begin an entry.
_ALONE = 0x41_4A_58_05
_TAGS_APART = ","


@dataclass(frozen=True, slots=True)
class Entry:
    """One enterprise as one source names it."""

    uscc: str
    source: str
    name: str
    division: str
    address: str | None
    industry: str | None
    sector_tags: tuple[str, ...]
    employee_count: int | None
    employee_counted_on: date | None
    size: str | None
    effective_from: date
    effective_to: date | None


@dataclass(frozen=True, slots=True)
class Filing:
    """One file as it came, and who filed it for which territory."""

    filed_by: str
    territory: str
    media: str
    file_sha256: str
    file_bytes: int
    rejected: int
    replace: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a filing changed; ``ended`` names the enterprises that its sources no longer name."""

    filing_id: UUID | None
    created: int
    updated: int
    unchanged: int
    ended: tuple[str, ...]


_NAMES = tuple(field.name for field in fields(Entry))
_TYPES = ("text",) * 6 + ("text", "int", "date", "text", "date", "date")
_KEPT = tuple(name for name in _NAMES if name not in ("uscc", "source"))

_READ = f"""
    given AS (SELECT {", ".join(n for n in _NAMES if n != "sector_tags")},
                  string_to_array(tags, '{_TAGS_APART}') AS sector_tags
              FROM {arrays.unnested(tuple("tags" if n == "sector_tags" else n for n in _NAMES), _TYPES, 4)}),
    matched AS (SELECT DISTINCT ON (g.uscc, g.source) g.*, s.entry_id, s.version,
                    ({", ".join(f"g.{n}" for n in _KEPT)}) IS NOT DISTINCT FROM ({", ".join(f"s.{n}" for n in _KEPT)})
                        AS same
                FROM given g LEFT JOIN roster_state s
                    ON s.uscc = g.uscc AND s.source = g.source AND s.superseded_at IS NULL
                ORDER BY g.uscc, g.source, (s.division = g.division) DESC NULLS LAST, s.entry_id)
"""  # noqa: S608  put together from constants
_COUNT = f"""
    WITH {_READ} SELECT count(*) FILTER (WHERE entry_id IS NULL) AS created,
        count(*) FILTER (WHERE entry_id IS NOT NULL AND NOT same) AS updated,
        count(*) FILTER (WHERE entry_id IS NOT NULL AND same) AS unchanged
    FROM matched WHERE $1::uuid IS NOT NULL AND $2::timestamptz IS NOT NULL AND $3::text IS NOT NULL
"""  # noqa: S608  put together from constants
_WRITE = f"""
    WITH {_READ},
    changed AS (SELECT * FROM matched WHERE entry_id IS NULL OR NOT same),
    closed AS (UPDATE roster_state s SET superseded_at = $2 FROM changed c
               WHERE s.entry_id = c.entry_id AND s.version = c.version),
    noted AS ({ENTERPRISES} SELECT uscc FROM changed)
    INSERT INTO roster_state (entry_id, version, {", ".join(_NAMES)}, filing_id, recorded_at, recorded_by)
    SELECT coalesce(entry_id, gen_random_uuid()), coalesce(version, 0) + 1, {", ".join(_NAMES)}, $1, $2, $3
    FROM changed
"""  # noqa: S608  put together from constants
_DROPPED = """
    FROM roster_state s WHERE s.superseded_at IS NULL AND s.source = ANY ({sources})
        AND (s.effective_to IS NULL OR s.effective_to > {last})
        AND NOT EXISTS (SELECT 1 FROM unnest({usccs}, {named}) AS g(uscc, source)
                        WHERE g.uscc = s.uscc AND g.source = s.source)
"""
_TO_END = "SELECT s.uscc " + _DROPPED.format(
    sources="$1::text::text[]", last="$2", usccs="$3::text::text[]", named="$4::text::text[]"
)
_END = f"""
    WITH dropped AS (SELECT s.* {
    _DROPPED.format(sources="$4::text::text[]", last="$5", usccs="$6::text::text[]", named="$7::text::text[]")
}),
    closed AS (UPDATE roster_state s SET superseded_at = $2 FROM dropped d
               WHERE s.entry_id = d.entry_id AND s.version = d.version),
    noted AS ({ENTERPRISES} SELECT uscc FROM dropped)
    INSERT INTO roster_state (entry_id, version, {", ".join(_NAMES)}, filing_id, recorded_at, recorded_by)
    SELECT entry_id, version + 1, {", ".join("$5" if n == "effective_to" else n for n in _NAMES)}, $1, $2, $3
    FROM dropped
"""  # noqa: S608  put together from constants


async def file(
    tx: Transaction, filing: Filing, entries: Sequence[Entry], *, last_day: date, now: datetime, dry_run: bool
) -> Outcome:
    """Take over what the file says; with ``filing.replace``, entries of its sources that it does not name end on
    ``last_day``. Nothing is written when nothing changes."""
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_ALONE)))
    filing_id = uuid4()
    given = (filing_id, now, filing.filed_by, *_columns(entries))
    counts = (await tx.fetch(_COUNT, *given))[0]
    sources = arrays.literal("text", sorted({entry.source for entry in entries}))
    named = [arrays.literal("text", [getattr(e, name) for e in entries]) for name in ("uscc", "source")]
    ended: tuple[str, ...] = ()
    if filing.replace:
        ended = tuple(sorted(row["uscc"] for row in await tx.fetch(_TO_END, sources, last_day, *named)))
    changed = bool(counts["created"] or counts["updated"] or ended)
    if changed and not dry_run:
        await tx.execute(sa.insert(roster_filing).values(_filed(filing, filing_id, counts, len(ended), now)))
        if ended:
            await tx.fetch(_END, filing_id, now, filing.filed_by, sources, last_day, *named)
        await tx.fetch(_WRITE, *given)
        await tx.fetch("SELECT roster_mark_shared($1::text::text[])", named[0])
    return Outcome(
        filing_id if changed and not dry_run else None,
        counts["created"],
        counts["updated"],
        counts["unchanged"],
        ended,
    )


def _columns(entries: Sequence[Entry]) -> list[Any]:
    columns = [
        [_TAGS_APART.join(e.sector_tags) for e in entries]
        if name == "sector_tags"
        else [getattr(e, name) for e in entries]
        for name in _NAMES
    ]
    return arrays.literals(_TYPES, columns)


def _filed(
    filing: Filing, filing_id: UUID, counts: Mapping[str, Any], ended: int, now: datetime
) -> dict[str, Any]:
    return {
        "filing_id": filing_id,
        "filed_by": filing.filed_by,
        "territory": filing.territory,
        "received_at": now,
        "media": filing.media,
        "file_sha256": filing.file_sha256,
        "file_bytes": filing.file_bytes,
        "replaced": filing.replace,
        "created": counts["created"],
        "updated": counts["updated"],
        "unchanged": counts["unchanged"],
        "ended": ended,
        "rejected": filing.rejected,
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: those in force on ``on`` (None: all), narrowed by place, sector, source."""

    on: date | None = None
    district: str | None = None
    town: str | None = None
    sector: str | None = None
    source: str | None = None


def known(as_of: datetime | None) -> sa.ColumnElement[bool]:
    """The states that stand, or that stood for whoever looked at ``as_of``."""
    state = roster_state.c
    if as_of is None:
        return state.superseded_at.is_(None)
    at = sa.literal(as_of, INSTANT)
    return sa.and_(state.recorded_at <= at, sa.or_(state.superseded_at.is_(None), state.superseded_at > at))


def in_force(on: date) -> sa.ColumnElement[bool]:
    """The entries that bind on the day."""
    state = roster_state.c
    return sa.and_(state.effective_from <= on, sa.or_(state.effective_to.is_(None), state.effective_to >= on))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the list is ordered by enterprise, then by entry."""

    uscc: str
    entry_id: UUID


async def page(
    tx: Transaction, wanted: Wanted, after: Place | None, limit: int, *, as_of: datetime
) -> list[Mapping[str, Any]]:
    """The next entries as they stood at ``as_of``."""
    state = roster_state.c
    found = sa.select(roster_state).where(known(as_of), *within(tx.scope, state.division))
    if wanted.on is not None:
        found = found.where(in_force(wanted.on))
    if wanted.district is not None:
        found = found.where(starts_with(state.division, wanted.district))
    if wanted.town is not None:
        found = found.where(state.division == wanted.town)
    if wanted.sector is not None:
        found = found.where(sa.literal(wanted.sector) == sa.any_(state.sector_tags))
    if wanted.source is not None:
        found = found.where(state.source == wanted.source)
    if after is not None:
        found = found.where(
            sa.tuple_(state.uscc, state.entry_id)
            > sa.tuple_(sa.literal(after.uscc), sa.literal(after.entry_id, sa.Uuid()))
        )
    rows = await tx.execute(found.order_by(state.uscc, state.entry_id).limit(limit))
    return [dict(row) for row in rows.mappings()]


async def states_of(tx: Transaction, uscc: str) -> list[Mapping[str, Any]]:
    """Every state of the enterprise's entries in the scope, with the file behind each, the newest first."""
    state, filing = roster_state.c, roster_filing.c
    found = await tx.execute(
        sa.select(roster_state, filing.file_sha256)
        .outerjoin(roster_filing, filing.filing_id == state.filing_id)
        .where(state.uscc == uscc, *within(tx.scope, state.division))
        .order_by(state.recorded_at.desc(), state.source, state.version.desc())
    )
    return [dict(row) for row in found.mappings()]


async def division_of(tx: Transaction, uscc: str) -> str | None:
    """Where the enterprise lies on the roster of the scope; None when it is not on it."""
    state = roster_state.c
    found = await tx.execute(
        sa.select(state.division)
        .where(known(None), state.uscc == uscc, *within(tx.scope, state.division))
        .order_by(state.effective_from.desc(), state.division)
        .limit(1)
    )
    division: str | None = found.scalar_one_or_none()
    return division
