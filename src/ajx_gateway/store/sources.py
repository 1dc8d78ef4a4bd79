"""WHERE do a measure's rows come from, and to which place, trade, insurer and day does each row belong?

A child record (claim, service, hazard …) belongs where its policy belongs, also when that policy was voided;
one whose policy has not arrived belongs to no place (group null, 保单未到), seen only without a territory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from ajx_gateway.identity import Scope
from ajx_gateway.store import tables
from ajx_gateway.store.measure import reversed_side
from ajx_gateway.store.versions import versions

CHINA: sa.ColumnElement[str] = sa.literal_column("'Asia/Shanghai'")


def local_day(instant: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The calendar day of an instant where the law counts days."""
    return sa.cast(sa.func.timezone(CHINA, instant), sa.Date())


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of row: its date column, which rows count at all, and what places a row that has no policy."""

    kind: str
    date: str
    counts: Callable[[Any], sa.ColumnElement[bool]] = lambda own: sa.not_(own.voided)
    place: str | None = None


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.kind: source
        for source in (
            Source("policy", "signed_on"),
            Source("endorsement", "issued_on"),
            Source("claim", "reported_on"),
            Source("service_plan", "submitted_on"),
            Source(
                "service", "started_on", lambda own: sa.and_(sa.not_(own.voided), own.state != "cancelled")
            ),
            Source("hazard", "found_on"),
            Source("fund_entry", "entered_on"),
            # A report is the insurer's, not a policy's: it lies in the jurisdiction it was made for.
            Source("annual_report", "submitted_on", place="report_division"),
            Source("document", "accepted_at", lambda _own: sa.true()),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Rows:
    """A source joined with what places its rows. ``policy`` columns are null when the policy is unknown."""

    table: sa.FromClause
    own: Any
    policy: Any
    day: sa.ColumnElement[Any]
    division: sa.ColumnElement[Any]
    counts: sa.ColumnElement[bool]
    reversed: sa.ColumnElement[Any] = field(default_factory=sa.null)


def rows_of(source: Source, as_of: datetime | None) -> Rows:
    """The rows of a source as they stand, or as they were known at ``as_of``."""
    if source.kind == "policy":
        own = versions("policy", as_of, "own")
        return Rows(own, own.c, own.c, own.c[source.date], own.c.division, source.counts(own.c))
    policy = versions("policy", as_of, "policy")
    if source.kind == "document":
        return _documents(source, policy, as_of)
    own = versions(source.kind, as_of, "own")
    if source.place is not None:
        nothing = own.outerjoin(policy, sa.false())
        return Rows(nothing, own.c, policy.c, own.c[source.date], own.c[source.place], source.counts(own.c))
    joined = own.outerjoin(policy, policy.c.record_id == own.c.policy_id)
    if source.kind == "fund_entry":
        # One without a policy lies where the fund is kept.
        division = sa.case((own.c.policy_id.is_(None), own.c.kept_division), else_=policy.c.division)
        side = reversed_side(own.c, as_of)
        return Rows(joined, own.c, policy.c, own.c[source.date], division, source.counts(own.c), side)
    return Rows(joined, own.c, policy.c, own.c[source.date], policy.c.division, source.counts(own.c))


def _documents(source: Source, policy: sa.FromClause, as_of: datetime | None) -> Rows:
    own = tables.document.alias("own")
    known = sa.true() if as_of is None else own.c.accepted_at <= as_of
    joined = own.outerjoin(policy, policy.c.record_id == own.c.policy_id)
    return Rows(joined, own.c, policy.c, local_day(own.c.accepted_at), policy.c.division, known)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the caller narrows a figure or a list to; None means everything."""

    district: str | None = None
    town: str | None = None
    insurer: str | None = None
    sector: str | None = None
    industry: str | None = None  # section or division, a prefix: C or C33
    size: str | None = None


def conditions(rows: Rows, filters: Filters, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The scope's territory and the filters, as predicates; row-level security is the second wall."""
    found = [rows.counts, *within(scope, rows.division)]
    if filters.district is not None:
        found.append(starts_with(rows.division, filters.district))
    if filters.town is not None:
        found.append(rows.division == filters.town)
    if filters.insurer is not None:
        found.append(rows.own.insurer == filters.insurer)
    if filters.sector is not None:
        found.append(sa.literal(filters.sector) == sa.any_(rows.policy.sector_tags))
    if filters.industry is not None:
        found.append(starts_with(rows.policy.industry, filters.industry))
    if filters.size is not None:
        found.append(rows.policy.size == filters.size)
    return found


def starts_with(code: sa.ColumnElement[Any], prefix: str) -> sa.ColumnElement[bool]:
    """The prefix operator and not LIKE: under row-level security PostgreSQL trusts its statistics for this one only,
    and plans joins as if next to nothing matched for the other."""
    return code.bool_op("^@")(prefix)


def within(scope: Scope, division: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
    """What the scope may see of rows that lie in ``division``: its territory, or everything."""
    if scope.territory is None:
        return []
    return [starts_with(division, scope.territory)]
