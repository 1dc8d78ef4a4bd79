"""WHICH records must be judged again, because what they refer to has changed? Found by their references, kept in order.

What a record's linked rules look at is known from ``references``; here stands the other direction: who looks at a
record of this kind. Both the states before and after a change count, for a correction may have moved a record away
from those that referred to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from ajx_gateway.rules.known import CoverFacts, PolicyFacts
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store.arrays import literal, literals, looked_up, unnested
from ajx_gateway.store.columns import PROMOTED
from ajx_gateway.store.database import Transaction

# Pushes carry the instant of their arrival and commit a little later: what arrived longer than this after a change
# has seen it, and need not be judged again.
_COMMITTED_WITHIN: Final = timedelta(minutes=5)
# A report's figures are counted over a whole place and period: not with every push that touches them.
_REPORTS_WAIT: Final = timedelta(minutes=10)

# What the rules may look at of another policy; a correction of anything else concerns nobody.
_LOOKED_AT: Final = tuple(
    name
    for name in dict.fromkeys((*PolicyFacts._fields, *CoverFacts._fields))
    if name in {"division", "voided", *(p.name for p in PROMOTED["policy"])}
)
_CHILDREN: Final = ("endorsement", "claim", "service_plan", "service", "hazard", "fund_entry")


_OTHERS: Final = "d.record_id <> h.record_id"


def _of_policy(kinds: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    return tuple((kind, "policy_id = h.policy_id", _OTHERS) for kind in kinds)


def _naming(kind: str, column: str) -> tuple[str, str, str]:
    return kind, f"{column} = h.key", "d.insurer = h.insurer"


# Per kind of a changed record ``h`` (one of its states): the records ``d`` whose linked rules look at it, by what they are
# looked up in an index, and which of those it are.
_DEPEND: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "policy": (
        *((kind, "policy_id = h.record_id", "true") for kind in _CHILDREN),
        (
            "policy",
            "enterprise_uscc = h.enterprise_uscc",
            f"{_OTHERS} AND (d.renewal_of = h.key OR d.effective_on <= h.expires_on AND d.expires_on >= h.effective_on)",
        ),
    ),
    "endorsement": (
        *_of_policy(("endorsement", "claim", "service")),
        # The policy that renews the endorsed one is found among those of the same enterprise.
        (
            "policy",
            "enterprise_uscc = (SELECT p.enterprise_uscc FROM policy p WHERE p.record_id = h.policy_id)",
            "d.renewal_of = h.policy_no",
        ),
    ),
    "claim": _of_policy(("claim",)),
    "service_plan": (_naming("service", "plan_no"),),
    "service": (
        _naming("hazard", "service_no"),
        _naming("fund_entry", "service_no"),
        ("service", "record_id = ANY (ARRAY(SELECT services_showing(h.evidence)))", _OTHERS),
    ),
    "fund_entry": (*_of_policy(("fund_entry",)), _naming("fund_entry", "reverses_entry_no")),
}
# The first and last year of the reports whose figures a record may be counted in.
_YEARS: Final[Mapping[str, tuple[str, str]]] = {
    # Its services and hazards are counted with it, in whatever year they were.
    "policy": ("signed_on", "expires_on + 366"),
    "service": ("started_on", "started_on"),
    "hazard": ("found_on", "found_on"),
    "fund_entry": ("entered_on", "entered_on"),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A record that got a new state; ``first``: the first version that is new, ``at``: when it was received."""

    record_id: UUID
    first: int
    at: datetime


async def follow(tx: Transaction, kind: str, changed: Sequence[Changed], now: datetime) -> None:
    """Put down whom the changes concern; what is down already keeps its place."""
    if not changed or not (kind in _DEPEND or kind in _YEARS):
        return
    columns: list[list[Any]] = [
        [one.record_id for one in changed],
        [one.first for one in changed],
        [one.at + _COMMITTED_WITHIN for one in changed],
    ]
    await tx.fetch(_following(kind), *literals(_SENT, columns), now)


_KEPT = " ON CONFLICT (record_id) DO NOTHING"
_PUT = "INSERT INTO finding_again (record_id, kind, insurer, ready_at)"
_SENT: Final = ("uuid", "int", "timestamptz")


@cache
def _following(kind: str) -> str:
    concerned = [_dependents(*dependent) for dependent in _DEPEND.get(kind, ())]
    concerned += [_reports(*_YEARS[kind])] if kind in _YEARS else []
    every = " UNION ALL ".join(concerned)
    return f"{_states(kind)} {_PUT} SELECT DISTINCT * FROM ({every}) AS d ORDER BY 1{_KEPT}"  # noqa: S608


def _dependents(kind: str, key: str, condition: str) -> str:
    return (
        f"SELECT d.record_id, '{kind}', d.insurer, $4::timestamptz FROM h CROSS JOIN LATERAL"  # noqa: S608
        f" (SELECT * FROM {kind} WHERE {key} OFFSET 0) AS d"
        f" WHERE {condition} AND d.recorded_at < h.until AND NOT d.voided"
    )


def _reports(first: str, last: str) -> str:
    ready = f"$4::timestamptz + interval '{_REPORTS_WAIT.total_seconds()} seconds'"
    return (
        f"SELECT d.record_id, 'annual_report', d.insurer, {ready} FROM (SELECT DISTINCT insurer,"  # noqa: S608
        f" extract(year FROM {first})::int AS since, extract(year FROM {last})::int AS until FROM h) AS y"
        " JOIN annual_report d ON d.insurer = y.insurer AND d.year BETWEEN y.since AND y.until WHERE NOT d.voided"
    )


def _states(kind: str) -> str:
    """The states of the changed records from the one before the change on; of policies only where it matters."""
    states = (
        f"WITH b AS (SELECT * FROM {unnested(('record_id', 'first', 'until'), _SENT, 1, 'b')}),"  # noqa: S608
        f" h AS (SELECT s.*, b.until FROM b CROSS JOIN LATERAL (SELECT * FROM {kind}_history"
        " WHERE record_id = b.record_id AND version >= b.first - 1 OFFSET 0) AS s"
    )
    if kind != "policy":
        return f"{states})"
    looked_at = ", ".join(f"s.{name}" for name in _LOOKED_AT)
    same = (
        f" WHERE NOT EXISTS (SELECT 1 FROM {kind}_history s WHERE s.record_id = b.record_id AND s.version >= b.first - 1"  # noqa: S608
        f" HAVING count(*) > 1 AND count(DISTINCT ({looked_at})) = 1)"
    )
    return f"{states}{same})"


@dataclass(frozen=True, slots=True)
class Itself:
    """A record to be judged again for its own sake."""

    kind: str
    insurer: str
    key: str


async def put(tx: Transaction, records: Sequence[Itself], now: datetime) -> None:
    """Put these records down."""
    if records:
        await tx.fetch(
            f"{_PUT} SELECT r.record_id, r.kind, r.insurer, $4 FROM unnest($1::uuid[], $2::text[], $3::text[])"  # noqa: S608
            f" AS r(record_id, kind, insurer) ORDER BY 1{_KEPT}",
            [record_id(one.insurer, one.kind, one.key) for one in records],
            [one.kind for one in records],
            [one.insurer for one in records],
            now,
        )


@dataclass(frozen=True, slots=True)
class Again:
    """A record that was put down."""

    record_id: UUID
    kind: str
    insurer: str


async def take(tx: Transaction, limit: int, now: datetime) -> list[Again]:
    """The records that have waited longest, taken out with this transaction."""
    # The first in their order, whether it is time or not: a kept plan may otherwise read and sort all that wait.
    rows = await tx.fetch(
        "DELETE FROM finding_again WHERE ctid = ANY (ARRAY(SELECT ctid FROM (SELECT ctid, ready_at FROM finding_again"
        " ORDER BY ready_at, record_id LIMIT $1) AS first WHERE ready_at <= $2)) RETURNING record_id, kind, insurer",
        limit,
        now,
    )
    return [Again(UUID(bytes=row["record_id"].bytes), row["kind"], row["insurer"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Lying:
    """A record as it stands, and where its bytes lie; ``standard``: the version it was filed under."""

    record_id: UUID
    key: str
    version: int
    recorded_at: datetime
    voided: bool
    place: tuple[UUID, int]
    standard: str


async def lying(tx: Transaction, kind: str, record_ids: Sequence[UUID]) -> list[Lying]:
    """These records of one kind as they stand now."""
    rows = await tx.fetch(
        "SELECT r.record_id, r.key, r.version, r.recorded_at, r.voided, r.filing_id, r.ordinal, f.standard"  # noqa: S608
        f" FROM {looked_up(kind, 'record_id', '$1')} AS r CROSS JOIN LATERAL"
        " (SELECT * FROM filing WHERE filing_id = r.filing_id OFFSET 0) AS f ORDER BY r.record_id",
        literal("uuid", record_ids),
    )
    return [
        Lying(
            UUID(bytes=row["record_id"].bytes),
            row["key"],
            row["version"],
            row["recorded_at"],
            row["voided"],
            (UUID(bytes=row["filing_id"].bytes), row["ordinal"]),
            row["standard"],
        )
        for row in rows
    ]
