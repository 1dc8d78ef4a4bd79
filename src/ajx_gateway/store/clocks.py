"""WHAT is due, what is done? Clock rows merged from facts in any order; their state is derived at the moment of asking."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from ajx_gateway.aside import FEW, aside
from ajx_gateway.deadlines import ClockFact, Due, Outage, State, state
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store.arrays import literal, literals, looked_up, unnested
from ajx_gateway.store.clock_memory import remembering
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.together import Question

# A voided record's clocks are void whatever their due day.
SINCE_EVER = date(1900, 1, 1)


class Settled(NamedTuple):
    """One fact about a clock with the day it is due, ready to be merged into the clock's row.

    ``start_current``: the start that the counting state of the record names; None in the mouth of an older
    state, which may have started the clock first but does not say whether it binds today.
    """

    fact: ClockFact
    division: str | None
    due: Due | None
    due_soon_days: int
    start_current: date | None


def subject_id(insurer: str, fact: ClockFact) -> uuid.UUID:
    """The record (or insurer) a clock runs for; the same id whichever record names it first."""
    return record_id(insurer, fact.subject_kind, fact.subject_key)


def clock_id(subject: uuid.UUID, fact: ClockFact) -> uuid.UUID:
    """A report's clock exists once per place and period; a record's clock once."""
    place = fact.jurisdiction if fact.subject_kind == "insurer" else ""
    name = f"{subject}\n{fact.clock}\n{place or ''}\n{fact.period or ''}"
    return uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16])


class Standing(NamedTuple):
    """One clock as it stands at the moment of asking."""

    clock_id: uuid.UUID
    clock: str
    start_on: date | None
    nominal_on: date | None
    due: datetime | None
    provisional: bool
    met_at: datetime | None
    state: State


class Settlement(NamedTuple):
    """What stands after facts were settled: clocks by subject, soonest due first, and claims that are to move.

    ``elsewhere``: claims of the policies whose clocks may not be those of the policy's territory, with that territory.
    """

    standings: dict[uuid.UUID, list[Standing]]
    elsewhere: dict[uuid.UUID, str]


async def settle(
    tx: Transaction,
    insurer: str,
    settled: Iterable[Settled],
    *,
    now: datetime,
    policies: Sequence[uuid.UUID] = (),
    locked: bool = False,
    subjects: Iterable[uuid.UUID] = (),
) -> Settlement:
    """Merge facts into clock rows: the start first received and the first acceptance stand. One statement.

    It also looks for claims of these ``policies`` that stand elsewhere (``locked``: and until this transaction ends no
    claim is stored that does not know them), and says how the clocks of these ``subjects`` stand now.
    """
    facts, wanted = list(settled), set(subjects)
    if not (facts or policies or wanted):
        return Settlement({}, {})
    columns = await aside(len(facts) > FEW, _columns, insurer, facts, now, policies, wanted)
    rows = await tx.fetch(SETTLE, insurer, bool(policies) and locked, *columns)
    return await aside(len(rows) > FEW, _settlement, rows, now)


def _columns(
    insurer: str,
    settled: Iterable[Settled],
    now: datetime,
    policies: Iterable[uuid.UUID],
    subjects: Iterable[uuid.UUID],
) -> list[str]:
    merged: dict[uuid.UUID, tuple[uuid.UUID, Settled]] = {}
    for one in settled:
        subject = subject_id(insurer, one.fact)
        identity = clock_id(subject, one.fact)
        earlier = merged.get(identity)
        merged[identity] = (subject, one if earlier is None else both(earlier[1], one))
    rows = [row_of(identity, subject, one, now) for identity, (subject, one) in merged.items()]
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [() for _ in ROW]
    asked = [literal("uuid", list(policies)), literal("uuid", list(subjects))]
    return [*asked, *literals(list(ROW.values()), columns)]


def _settlement(rows: Sequence[Any], now: datetime) -> Settlement:
    standing, moved = [], {}
    for row in rows:
        if row["subject_id"] is None:
            moved[uuid.UUID(bytes=row["clock_id"].bytes)] = row["clock"]
        else:
            standing.append(row)
    return Settlement(_standings(standing, now), moved)


def both(first: Settled, second: Settled) -> Settled:
    """Two facts of one filing about one clock: the first start, the first acceptance, and the counting state's word."""
    started = first if first.fact.start_on is not None else second
    met = [f.fact.met_at for f in (first, second) if f.fact.met_at is not None]
    word = next((one for one in (second, first) if one.start_current is not None), started)
    fact = started.fact._replace(
        met_at=min(met) if met else None,
        applicable=word.fact.applicable,
        voided=word.fact.voided,
    )
    return Settled(
        fact, word.division or started.division, started.due, word.due_soon_days, word.start_current
    )


def row_of(identity: uuid.UUID, subject: uuid.UUID, one: Settled, now: datetime) -> tuple[Any, ...]:
    fact, due = one.fact, one.due
    started, binding = fact.start_on is not None, one.start_current is not None
    return (
        identity,
        subject,
        fact.subject_kind,
        fact.subject_key,
        fact.clock,
        fact.period,
        fact.jurisdiction,
        one.division if binding else None,
        fact.start_on,
        now if started else None,
        one.start_current,
        (fact.applicable if binding else False) if started else None,
        due.nominal_on if due else None,
        due.due if due else None,
        due.provisional if due else False,
        one.due_soon_days,
        fact.met_at,
        fact.voided and binding,
    )


ROW = {
    "clock_id": "uuid",
    "subject_id": "uuid",
    "subject_kind": "text",
    "subject_key": "text",
    "clock": "text",
    "period": "text",
    "jurisdiction": "text",
    "division": "text",
    "start_on": "date",
    "start_seen_at": "timestamptz",
    "start_current": "date",
    "applicable": "bool",
    "nominal_on": "date",
    "due": "timestamptz",
    "provisional": "bool",
    "due_soon_days": "int",
    "met_at": "timestamptz",
    "voided": "bool",
}
# Of a clock ``c``: whether the regulator has excused it. Each is looked up by itself, in the index of requests that stand:
# an EXISTS may be planned as a list of all that were ever excused, read by every push (decision 0028).
EXCUSED = (
    "((SELECT true FROM excuse x WHERE x.clock_id = c.clock_id AND x.decision = 'upheld'"
    " AND x.decision IS DISTINCT FROM 'dismissed' LIMIT 1) IS NOT NULL)"
)
_STOOD = ("clock_id", "subject_id", "clock", "start_on", "nominal_on", "due", "provisional", "met_at", "applicable", "voided",
    "cancelled_on", "due_soon_days")  # fmt: skip
_SOONEST_FIRST = "ORDER BY due NULLS LAST, clock"


def _stood(source: str) -> str:
    """What ``standings`` reads of the clocks ``c`` that have started and may bind."""
    return (
        f"SELECT {', '.join(f'c.{name}' for name in _STOOD)}, {EXCUSED} AS excused FROM {source}"  # noqa: S608
        " WHERE c.start_on IS NOT NULL AND c.applicable IS DISTINCT FROM false"
    )


STANDINGS = f"{_stood(looked_up('clock', 'subject_id', '$1') + ' AS c')} {_SOONEST_FIRST}"
# An unchanged clock is not touched: a report's clock is shared by all policies of an insurer and must not
# become the row every filing queues for.
_SETTLED = """
INSERT INTO clock AS c (clock_id, subject_id, subject_kind, subject_key, insurer, clock, period, jurisdiction,
    division, start_on, start_seen_at, start_current, applicable, nominal_on, due, provisional, due_soon_days,
    met_at, voided, cancelled_on)
SELECT f.clock_id, f.subject_id, f.subject_kind, f.subject_key, $1, f.clock, f.period, f.jurisdiction, f.division,
    f.start_on, f.start_seen_at, f.start_current, f.applicable, f.nominal_on, f.due, f.provisional, f.due_soon_days,
    f.met_at, f.voided, (SELECT w.cancelled_on FROM clock w
        WHERE w.subject_id = f.subject_id AND w.cancelled_on IS NOT NULL LIMIT 1)
FROM rows_of_the_filing
WHERE (SELECT count(*) FROM moved) IS NOT NULL AND (
    SELECT true FROM clock e WHERE e.clock_id = f.clock_id
    AND (f.start_on IS NULL OR e.start_seen_at <= f.start_seen_at)
    AND (f.start_current IS NULL OR (e.start_current = f.start_current
         AND e.applicable IS NOT DISTINCT FROM f.applicable AND e.voided = f.voided
         AND e.division IS NOT DISTINCT FROM f.division))
    AND (f.met_at IS NULL OR e.met_at <= f.met_at)) IS NULL
ORDER BY f.clock_id
ON CONFLICT (clock_id) DO UPDATE SET
    jurisdiction = CASE WHEN excluded.start_seen_at < coalesce(c.start_seen_at, 'infinity')
        THEN excluded.jurisdiction ELSE c.jurisdiction END,
    division = CASE WHEN excluded.start_current IS NULL THEN c.division ELSE excluded.division END,
    start_on = CASE WHEN excluded.start_seen_at < coalesce(c.start_seen_at, 'infinity')
        THEN excluded.start_on ELSE c.start_on END,
    nominal_on = CASE WHEN excluded.start_seen_at < coalesce(c.start_seen_at, 'infinity')
        THEN excluded.nominal_on ELSE c.nominal_on END,
    due = CASE WHEN excluded.start_seen_at < coalesce(c.start_seen_at, 'infinity')
        THEN excluded.due ELSE c.due END,
    provisional = CASE WHEN excluded.start_seen_at < coalesce(c.start_seen_at, 'infinity')
        THEN excluded.provisional ELSE c.provisional END,
    due_soon_days = CASE WHEN excluded.start_current IS NULL AND c.start_on IS NOT NULL
        THEN c.due_soon_days ELSE excluded.due_soon_days END,
    start_seen_at = LEAST(c.start_seen_at, excluded.start_seen_at),
    start_current = coalesce(excluded.start_current, c.start_current),
    changed_at = CASE WHEN c.start_seen_at IS NOT NULL AND excluded.start_current IS NOT NULL
        AND (c.division, c.applicable, c.voided, c.due_soon_days, c.start_current) IS DISTINCT FROM
            (excluded.division, excluded.applicable, excluded.voided, excluded.due_soon_days, excluded.start_current)
        THEN GREATEST(c.changed_at, excluded.start_seen_at) ELSE c.changed_at END,
    applicable = CASE WHEN excluded.start_current IS NULL AND c.start_on IS NOT NULL
        THEN c.applicable ELSE excluded.applicable END,
    voided = CASE WHEN excluded.start_current IS NULL THEN c.voided ELSE excluded.voided END,
    met_at = LEAST(c.met_at, excluded.met_at)
""".replace("rows_of_the_filing", unnested(list(ROW), list(ROW.values()), 5, "f"))
# Claims are looked for before any clock is touched: whoever waits for their lock holds no row that its holder may want.
# A clock stands as this statement leaves it, or as it was: the statement itself sees the state before.
_MOVED = "moved AS MATERIALIZED (SELECT * FROM claims_elsewhere($1, $3::text::uuid[], $2))"
_NOW = f"""(
    SELECT {", ".join(_STOOD)} FROM {looked_up("clock", "subject_id", "$4")} AS c
        WHERE c.clock_id NOT IN (SELECT is_clock_id FROM changed)
    UNION ALL SELECT {", ".join(f"is_{name}" for name in _STOOD)} FROM changed
        WHERE is_subject_id IN (SELECT unnest($4::text::uuid[]))
) AS c"""  # noqa: S608  put together from constants
# A claim's row has no subject.
_AFTER = (
    f"{_stood(_NOW)} UNION ALL SELECT m.record_id, NULL, m.division{', NULL' * (len(_STOOD) - 2)} FROM moved m"  # noqa: S608
    f" {_SOONEST_FIRST}"
)
SETTLE = remembering(_SETTLED, first=_MOVED, answer=_AFTER)


_CLOSE = remembering(
    "UPDATE clock c SET applicable = false, start_current = NULL, division = NULL, voided = false,"
    " changed_at = GREATEST(c.changed_at, $4)"
    " WHERE c.subject_id = ANY ($1::text::uuid[]) AND c.start_current IS NOT NULL"
    " AND (c.subject_id, c.clock) NOT IN (SELECT * FROM unnest($2::text::uuid[], $3::text::text[]))"
)
_VOID = remembering(
    "UPDATE clock c SET voided = true, changed_at = GREATEST(c.changed_at, $2)"
    " WHERE c.subject_id = $1 AND c.start_current IS NOT NULL AND NOT c.voided"
)


async def close_others(
    tx: Transaction,
    kept: Sequence[tuple[uuid.UUID, str]],
    subjects: Sequence[uuid.UUID],
    *,
    now: datetime,
) -> None:
    """Clocks of corrected records that their new content no longer starts (another place, another size) do not apply."""
    await tx.fetch(
        _CLOSE,
        literal("uuid", subjects),
        literal("uuid", [subject for subject, _ in kept]),
        literal("text", [clock for _, clock in kept]),
        now,
    )


async def void_subject(tx: Transaction, subject: uuid.UUID, *, now: datetime) -> None:
    """A voided record's clocks are void from now on; those it does not start (any more) wait as they are."""
    await tx.fetch(_VOID, subject, now)


async def standings(
    tx: Transaction, subjects: Sequence[uuid.UUID], *, now: datetime
) -> dict[uuid.UUID, list[Standing]]:
    """The clocks of each subject, soonest due first, in one statement."""
    return _standings(await tx.fetch(STANDINGS, literal("uuid", list(set(subjects)))), now)


def _standings(rows: Iterable[Any], now: datetime) -> dict[uuid.UUID, list[Standing]]:
    found: dict[uuid.UUID, list[Standing]] = {}
    for row in rows:
        standing = Standing(
            clock_id=uuid.UUID(bytes=row["clock_id"].bytes),
            clock=row["clock"],
            start_on=row["start_on"],
            nominal_on=row["nominal_on"],
            due=row["due"],
            provisional=row["provisional"],
            met_at=row["met_at"],
            state=state(
                due=row["due"],
                provisional=row["provisional"],
                applicable=row["applicable"],
                met_at=row["met_at"],
                excused=row["excused"],
                void_on=SINCE_EVER if row["voided"] else row["cancelled_on"],
                now=now,
                due_soon_days=row["due_soon_days"],
                nominal_on=row["nominal_on"],
            ),
        )
        found.setdefault(uuid.UUID(bytes=row["subject_id"].bytes), []).append(standing)
    return found


def outages_kept() -> Question:
    """Every recorded outage, and none is recorded until this transaction ends: what a push dates, it dates rightly."""
    return Question(("begins", "ends"), "SELECT begins, ends FROM outages_kept()")


def as_outages(rows: Iterable[Iterable[datetime]]) -> list[Outage]:
    """The answer to ``outages_kept``: rows of a begin and an end."""
    return [Outage(begins, ends) for begins, ends in rows]


async def outages(tx: Transaction, as_of: datetime | None = None) -> list[Outage]:
    """Every recorded outage of the gateway itself (those recorded by ``as_of``), oldest first."""
    rows = await tx.fetch(
        "SELECT begins, ends FROM outage WHERE recorded_at <= coalesce($1, 'infinity'::timestamptz) ORDER BY begins",
        as_of,
    )
    return as_outages(rows)
