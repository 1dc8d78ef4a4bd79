"""WHICH evaluations were proposed and published, and WHAT do their scorecards say? Written once, read for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.evaluation_tables import evaluation, scorecard, scorecard_unit

# Rows of one INSERT: PostgreSQL takes at most 32,767 parameters of asyncpg.
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of a place and period; unpublished while it waits for a second word."""

    evaluation_id: UUID
    jurisdiction: str
    place: str
    period: str
    begins: date
    ends: date
    scheme: str
    scheme_digest: str
    scheme_text: str
    rules: str
    as_of: datetime
    reason: str
    proposed_at: datetime
    proposed_by: str
    published_at: datetime | None = None
    published_by: str | None = None


@dataclass(frozen=True, slots=True)
class StoredCard:
    """One edition of one insurer's scorecard; ``card`` is canonical JSON."""

    evaluation_id: UUID
    insurer: str
    edition: int
    place: str
    card: str
    digest: str
    issued_at: datetime
    appeal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class StoredUnit:
    """One unit behind an item of an edition; ``unit`` is canonical JSON."""

    item: int
    unit_id: UUID
    day: date
    unit: str


async def find(
    tx: Transaction, jurisdiction: str, period: str, scheme: str | None = None
) -> Evaluation | None:
    """The evaluation of a place and period under a scheme; the first published one when none is named."""
    e = evaluation.c
    wanted = [e.jurisdiction == jurisdiction, e.period == period]
    if scheme is not None:
        wanted.append(e.scheme == scheme)
    statement = sa.select(evaluation).where(*wanted).order_by(e.published_at.asc().nulls_last(), e.scheme)
    row = (await tx.execute(statement.limit(1))).mappings().first()
    return None if row is None else Evaluation(**row)


async def by_id(tx: Transaction, evaluation_id: UUID) -> Evaluation | None:
    """The evaluation with this id."""
    found = await tx.execute(sa.select(evaluation).where(evaluation.c.evaluation_id == evaluation_id))
    row = found.mappings().one_or_none()
    return None if row is None else Evaluation(**row)


async def propose(tx: Transaction, new: Evaluation) -> None:
    """Write down that somebody wants to publish, as of when and by which text."""
    row = {name: getattr(new, name) for name in Evaluation.__dataclass_fields__}
    await tx.execute(sa.insert(evaluation).values(row))


async def withdraw(tx: Transaction, evaluation_id: UUID) -> None:
    """Take a proposal back; a published evaluation stays."""
    e = evaluation.c
    await tx.execute(sa.delete(evaluation).where(e.evaluation_id == evaluation_id, e.published_at.is_(None)))


async def publish(tx: Transaction, evaluation_id: UUID, *, by: str, now: datetime) -> None:
    """From now on it is published."""
    e = evaluation.c
    await tx.execute(
        sa.update(evaluation)
        .values(published_at=now, published_by=by)
        .where(e.evaluation_id == evaluation_id, e.published_at.is_(None))
    )


async def issue(tx: Transaction, card: StoredCard, units: Sequence[StoredUnit]) -> None:
    """Write one edition of a scorecard with everything that stands behind its items."""
    row = {name: getattr(card, name) for name in StoredCard.__dataclass_fields__}
    await tx.execute(sa.insert(scorecard).values(row))
    shared = {
        "evaluation_id": card.evaluation_id,
        "insurer": card.insurer,
        "edition": card.edition,
        "place": card.place,
    }
    for start in range(0, len(units), _CHUNK):
        rows = [
            {**shared, "item": u.item, "unit_id": u.unit_id, "day": u.day, "unit": u.unit}
            for u in units[start : start + _CHUNK]
        ]
        await tx.execute(sa.insert(scorecard_unit), rows)


async def cards(
    tx: Transaction, evaluation_id: UUID, *, insurer: str | None = None, edition: int | None = None
) -> list[StoredCard]:
    """The scorecards in their latest edition, or in the latest up to the one named; ordered by insurer."""
    s = scorecard.c
    wanted = [s.evaluation_id == evaluation_id]
    if insurer is not None:
        wanted.append(s.insurer == insurer)
    if edition is not None:
        wanted.append(s.edition <= edition)
    rows = await tx.execute(
        sa.select(scorecard).ext(distinct_on(s.insurer)).where(*wanted).order_by(s.insurer, s.edition.desc())
    )
    return [StoredCard(**row) for row in rows.mappings()]


async def editions(tx: Transaction, evaluation_id: UUID, insurer: str | None = None) -> list[StoredCard]:
    """Every edition of the scorecards (of one insurer), oldest first."""
    s = scorecard.c
    wanted = [s.evaluation_id == evaluation_id, *([s.insurer == insurer] if insurer else [])]
    rows = await tx.execute(sa.select(scorecard).where(*wanted).order_by(s.insurer, s.edition))
    return [StoredCard(**row) for row in rows.mappings()]


async def units(
    tx: Transaction,
    card: StoredCard,
    *,
    item: int | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int | None = None,
) -> list[StoredUnit]:
    """What stands behind the items of an edition, by item, day and id."""
    u = scorecard_unit.c
    wanted: list[sa.ColumnElement[bool]] = [
        u.evaluation_id == card.evaluation_id,
        u.insurer == card.insurer,
        u.edition == card.edition,
    ]
    if item is not None:
        wanted.append(u.item == item)
    if after is not None:
        place = sa.tuple_(sa.literal(after[0], sa.Date()), sa.literal(after[1], sa.Uuid()))
        wanted.append(sa.tuple_(u.day, u.unit_id) > place)
    statement = sa.select(u.item, u.unit_id, u.day, u.unit).where(*wanted)
    statement = statement.order_by(u.item, u.day, u.unit_id).limit(limit)
    return [StoredUnit(**row) for row in (await tx.execute(statement)).mappings()]


async def own(tx: Transaction, insurer: str) -> list[Mapping[str, Any]]:
    """Every published scorecard of one insurer in its latest edition, the latest period first."""
    s, e = scorecard.c, evaluation.c
    latest = (
        sa.select(
            s.evaluation_id, s.edition, s.card, s.issued_at, e.jurisdiction, e.period, e.scheme, e.as_of
        )
        .add_columns(e.published_at, e.begins)
        .join(evaluation, e.evaluation_id == s.evaluation_id)
        .where(s.insurer == insurer, e.published_at.is_not(None))
        .order_by(s.evaluation_id, s.edition.desc())
        .subquery("latest")
    )
    rows = await tx.execute(
        sa.select(latest).order_by(latest.c.begins.desc(), latest.c.jurisdiction, latest.c.scheme)
    )
    return [dict(row) for row in rows.mappings()]
