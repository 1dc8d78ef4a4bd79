"""WHO of the roster is insured on a day? Found from the rows themselves: entries, policies, cancellations, evidence.

An enterprise is covered by any of its policies in force that day, wherever that policy lies, or by accepted evidence of
a parent company's policy. It counts once, however many entries, tags and policies it has. Instants of the past are
answered here; of the present only what changed since it was counted ahead (see ``cover_sums`` and ``cover_lists``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ajx_gateway.store.database import Transaction
from ajx_gateway.store.roster import in_force, known
from ajx_gateway.store.roster_evidence import standing
from ajx_gateway.store.roster_tables import roster_evidence, roster_state
from ajx_gateway.store.sources import starts_with, within
from ajx_gateway.store.tables import INSTANT

Listing = Literal["never_insured", "lapsed", "expiring", "understaffed"]
APART = ","


@dataclass(frozen=True, slots=True)
class Asked:
    """Which enterprises on which day, as known when. ``until``: how far ahead the end of a cover is looked for.

    ``floors`` are the legal floors of the limit per person by the beginning of the division, the longest first.
    """

    on: date
    as_of: datetime | None
    until: date
    district: str | None = None
    town: str | None = None
    sector: str | None = None
    floors: Sequence[tuple[str, Decimal]] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """The enterprises that share the divisions and the tags of their entries: how many, and how they are covered.

    ``insured`` by a policy, ``proven`` by evidence alone; ``full``, ``short`` and ``unknown`` staff of the insured;
    ``persons`` and ``employees`` of those whose staff is known; ``low``: a limit per person below the floor.
    """

    divisions: tuple[str, ...]
    tags: frozenset[str]
    enterprises: int
    insured: int
    proven: int
    full: int
    short: int
    persons: int
    employees: int
    low: int


def _covers(asked: Asked, place: str, only: Sequence[str] | None) -> sa.TableValuedAlias:
    """The enterprises of the roster under ``place``, or of those named, that some policy covers on the day."""
    if only is None:
        found = sa.func.roster_covers(_known_at(asked), asked.on, asked.until, place)
    elif asked.as_of is None:
        found = sa.func.roster_covers_of(_codes(only), asked.on, asked.until)
    else:
        found = sa.func.roster_covers_then(_known_at(asked), _codes(only), asked.on, asked.until)
    return found.table_valued(
        sa.column("enterprise_uscc", sa.Text()),
        sa.column("insured", sa.BigInteger()),
        sa.column("employees", sa.Integer()),
        sa.column("employees_on", sa.Date()),
        sa.column("death_limit", sa.Numeric()),
        sa.column("ends_on", sa.Date()),
        name="covers",
    )


def _codes(only: Sequence[str]) -> sa.ColumnElement[Any]:
    return sa.literal(list(only), pg.ARRAY(sa.Text()))


def _entries(tx: Transaction, asked: Asked, only: Sequence[str] | None) -> sa.Select[Any]:
    state = roster_state.c
    found = sa.select(roster_state).where(
        known(asked.as_of), in_force(asked.on), *within(tx.scope, state.division)
    )
    if only is not None:
        found = found.where(state.uscc == sa.any_(_codes(only)))
    if asked.district is not None:
        found = found.where(starts_with(state.division, asked.district))
    if asked.town is not None:
        found = found.where(state.division == asked.town)
    return found


def _enterprises(tx: Transaction, asked: Asked, only: Sequence[str] | None) -> sa.CTE:
    """One row per enterprise: its divisions and tags joined by commas, and the staff counted last.

    Hardly any enterprise has two entries: those that have are put together, the others taken as they are.
    """
    entry = _entries(tx, asked, only).subquery("entry")
    tags = sa.func.array_to_string(entry.c.sector_tags, APART)
    alone = sa.select(
        entry.c.uscc, entry.c.division.label("divisions"), tags.label("tags"), entry.c.employee_count,
        entry.c.employee_counted_on, entry.c.name,
    ).where(sa.not_(entry.c.shared))  # fmt: skip
    latest = (entry.c.employee_counted_on.desc().nulls_last(), entry.c.entry_id)

    def last(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.func.array_agg(pg.aggregate_order_by(column, *latest))[1]

    def joined(column: sa.ColumnElement[Any], *order: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.func.string_agg(column, pg.aggregate_order_by(sa.literal(APART), *order))

    merged = (
        sa.select(
            entry.c.uscc, joined(sa.distinct(entry.c.division), entry.c.division), joined(tags, entry.c.entry_id),
            last(entry.c.employee_count), last(entry.c.employee_counted_on), last(entry.c.name),
        )
        .where(entry.c.shared)
        .group_by(entry.c.uscc)
    )  # fmt: skip
    both = sa.union_all(alone, merged).subquery("both")
    found = sa.select(both)
    if asked.sector is not None:
        listed = sa.func.string_to_array(both.c.tags, APART)
        found = found.where(sa.literal(asked.sector) == sa.any_(listed))
    return found.cte("enterprise")


def _proofs(asked: Asked) -> sa.Subquery:
    """Per enterprise the last day of the evidence in force, and what is stated of its staff."""
    of = roster_evidence.c
    return (
        sa.select(of.uscc, sa.func.max(of.expires_on).label("ends_on"))
        .where(standing(asked.as_of), of.effective_on <= asked.on, of.expires_on >= asked.on)
        .group_by(of.uscc)
        .subquery("proof")
    )


def _joined(tx: Transaction, asked: Asked, only: Sequence[str] | None) -> sa.CTE:
    """Every enterprise asked for with its cover; ``employees`` as counted last, by the roster or the policy."""
    of, proof = _enterprises(tx, asked, only), _proofs(asked)
    covers = _covers(asked, asked.town or asked.district or tx.scope.territory or "", only)
    by_roster = of.c.employee_count.is_not(None) & sa.or_(
        covers.c.employees.is_(None), of.c.employee_counted_on >= covers.c.employees_on
    )
    floor = _floor(of.c.divisions, asked.floors)
    return (
        sa.select(
            of.c.uscc,
            of.c.name,
            of.c.divisions,
            of.c.tags,
            covers.c.insured,
            covers.c.death_limit,
            (covers.c.death_limit < floor).label("low"),
            sa.func.greatest(covers.c.ends_on, proof.c.ends_on).label("ends_on"),
            proof.c.uscc.is_not(None).label("proven"),
            sa.case((by_roster, of.c.employee_count), else_=covers.c.employees).label("employees"),
        )
        .select_from(
            of.outerjoin(covers, covers.c.enterprise_uscc == of.c.uscc).outerjoin(
                proof, proof.c.uscc == of.c.uscc
            )
        )
        .cte("joined")
    )


def _floor(division: sa.ColumnElement[Any], floors: Sequence[tuple[str, Decimal]]) -> sa.ColumnElement[Any]:
    """The legal floor of the limit per person where the enterprise lies; null where the law states none."""
    nation = next((least for prefix, least in floors if not prefix), None)
    otherwise = sa.literal(nation, sa.Numeric())
    placed = [(starts_with(division, prefix), sa.literal(least)) for prefix, least in floors if prefix]
    return sa.case(*placed, else_=otherwise) if placed else otherwise


async def counts(tx: Transaction, asked: Asked, only: Sequence[str] | None = None) -> list[Counted]:
    """The enterprises in force on the day (of those named, when ``only`` is given), by the divisions and tags that they
    share."""
    j = _joined(tx, replace(asked, until=asked.on), only).c
    insured = j.insured.is_not(None)
    staffed = insured & j.employees.is_not(None)

    def count(what: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count().filter(what)

    def total(what: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        return sa.cast(sa.func.coalesce(sa.func.sum(what).filter(staffed), 0), sa.BigInteger())

    found = await tx.execute(
        sa.select(
            j.divisions,
            j.tags,
            sa.func.count(),
            count(insured),
            count(j.proven & sa.not_(insured)),
            count(staffed & (j.insured >= j.employees)),
            count(staffed & (j.insured < j.employees)),
            total(j.insured),
            total(j.employees),
            count(sa.func.coalesce(j.low, sa.false())),
        ).group_by(j.divisions, j.tags)
    )
    return [counted(row) for row in found]


def counted(row: Sequence[Any]) -> Counted:
    """A row of divisions and tags, each joined by commas, and the numbers in their order."""
    divisions, tags, *numbers = row
    return Counted(_divisions(divisions), _tags(tags), *numbers)


@lru_cache(8192)
def _divisions(joined: str) -> tuple[str, ...]:
    return tuple(sorted(set(joined.split(APART))))


@lru_cache(8192)
def _tags(joined: str) -> frozenset[str]:
    return frozenset(tag for tag in joined.split(APART) if tag)


async def page(
    tx: Transaction,
    asked: Asked,
    listing: Listing,
    after: tuple[str, str] | None,
    limit: int,
    *,
    only: Sequence[str] | None = None,
    upto: tuple[str, str] | None = None,
) -> list[Mapping[str, Any]]:
    """The next enterprises of a list, ordered by ``sort`` (the place, or the day on which the cover ends), then code.

    ``only``: of those named; ``upto``: the last place of the list that is looked at.
    """
    joined = _joined(tx, asked, only)
    j = joined.c
    covered = j.insured.is_not(None) | j.proven
    ever = _ever(joined, covered, asked)
    wanted = {
        "never_insured": sa.not_(covered) & sa.not_(ever),
        "lapsed": sa.not_(covered) & ever,
        "expiring": covered & (j.ends_on < asked.until),
        "understaffed": j.insured.is_not(None) & (j.insured < j.employees),
    }[listing]
    # Ordered by the day on which the cover ends, or by the place.
    place = j.ends_on if listing == "expiring" else j.divisions
    sort = sa.cast(place, sa.Text()).collate("C").label("sort")
    found = sa.select(joined, sort).where(wanted)
    here = sa.tuple_(sort, j.uscc)
    if after is not None:
        found = found.where(here > sa.tuple_(*(sa.literal(part) for part in after)))
    if upto is not None:
        found = found.where(here <= sa.tuple_(*(sa.literal(part) for part in upto)))
    rows = await tx.execute(found.order_by(sort, j.uscc).limit(limit))
    return [dict(row) for row in rows.mappings()]


def _ever(joined: sa.CTE, covered: sa.ColumnElement[bool], asked: Asked) -> sa.ColumnElement[bool]:
    """Of those who are not covered: who was before, by a policy or by evidence?"""
    of = roster_evidence.c
    bare = sa.select(sa.func.array_agg(joined.c.uscc)).where(sa.not_(covered)).scalar_subquery()
    named = sa.func.roster_ever_insured if asked.as_of is None else sa.func.roster_ever_then
    before = named(_known_at(asked), asked.on, bare).table_valued(
        sa.column("enterprise_uscc", sa.Text()), name="before"
    )
    proven = sa.select(of.uscc).where(standing(asked.as_of), of.effective_on <= asked.on)
    return joined.c.uscc.in_(sa.select(before.c.enterprise_uscc)) | joined.c.uscc.in_(proven)


def _known_at(asked: Asked) -> sa.ColumnElement[Any]:
    return sa.cast(sa.null() if asked.as_of is None else sa.literal(asked.as_of, INSTANT), INSTANT)


async def policies_of(
    tx: Transaction, usccs: Sequence[str], as_of: datetime | None
) -> list[Mapping[str, Any]]:
    """Every policy of these enterprises of the roster; one outside the territory without number and insurer."""
    named = "roster_policies" if as_of is None else "roster_policies_then"
    rows = await tx.fetch(f"SELECT * FROM {named}($1, $2)", as_of, list(usccs))  # noqa: S608
    return [dict(row) for row in rows]
