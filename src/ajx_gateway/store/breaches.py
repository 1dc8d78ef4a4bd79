"""WHICH clocks ran out without anybody having been told? Each is announced once, as an event of its insurer.

Nothing depends on the announcement: a clock's state is derived when it is asked for.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from ajx_gateway.deadlines import State, state
from ajx_gateway.identity import system_scope
from ajx_gateway.store.clocks import EXCUSED, SINCE_EVER
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.folders import Turn

_TURN: Final = Turn("ajx announce breaches")
# What a push wrote becomes visible when it commits: so much of what was looked at is looked at once more.
_OVERLAP: Final = timedelta(minutes=15)

# The event's id follows from the clock and its due instant: nothing is announced twice, and a due date
# that an outage moved is announced anew when it passes.
_EVENT_ID = (
    "encode(substring(sha256(convert_to('deadline.breached' || c.clock_id ||"
    " extract(epoch FROM c.due)::bigint, 'UTF8')) FOR 16), 'hex')::uuid"
)

# met_at IS NULL: whoever is late but done needs no alarm any more. The ids of the events are computed first: under
# row-level security they would otherwise be computed again for each pair of a clock and an event. OFFSET 0: each event is
# looked up by its id.


def _passed(those: str) -> str:
    return f"""
WITH passed AS MATERIALIZED (
SELECT c.clock_id, c.due, c.applicable, c.voided, c.due_soon_days, {EXCUSED} AS excused, c.cancelled_on,
    {_EVENT_ID} AS event_id
FROM clock c
WHERE c.due <= $1 AND c.met_at IS NULL AND c.applicable AND NOT c.provisional AND {those})
SELECT p.*, EXISTS (SELECT 1 FROM event e WHERE e.event_id = p.event_id OFFSET 0) AS told FROM passed p
ORDER BY p.due, p.clock_id
"""  # noqa: S608  put together from constants


_SINCE = _passed("(c.due, c.clock_id) > ($2, $3::uuid) ORDER BY c.due, c.clock_id LIMIT $4")
_NAMED = _passed("c.clock_id = ANY($2::uuid[])")

_ANNOUNCE = f"""
INSERT INTO event (event_id, seq, insurer, type, payload, happened_at)
SELECT {_EVENT_ID}, row_number() OVER (ORDER BY c.due, c.clock_id), c.insurer, 'deadline.breached',
    jsonb_build_object('deadline', c.clock_id, 'clock', c.clock, 'subject_kind', c.subject_kind,
        'subject_key', c.subject_key, 'period', c.period, 'due', c.due), c.due
FROM clock c WHERE c.clock_id = ANY($1::uuid[])
ON CONFLICT DO NOTHING
"""  # noqa: S608

_LOOKED_UNTIL = "SELECT looked_until FROM breach_watch WHERE kind = 'breach'"
_LOOKED = """
INSERT INTO breach_watch AS w (kind, looked_until) VALUES ('breach', $1)
ON CONFLICT (kind) DO UPDATE SET looked_until = GREATEST(w.looked_until, excluded.looked_until)
"""
_TAKE_LATE = """
DELETE FROM clock_late WHERE ctid = ANY (ARRAY(SELECT ctid FROM clock_late LIMIT $1)) RETURNING clock_id
"""


class _Place(NamedTuple):
    """Where a look at the clocks that ran out goes on: in the order of their due instants."""

    due: datetime
    clock_id: uuid.UUID


async def announce(store: Store, *, now: datetime, page: int = 1000) -> None:
    """Announce the clocks that ran out since the last look, and those that had when they were started or changed.

    ``page`` by page, each in a transaction. Several workers may run: the one whose turn it is announces, the others do
    nothing.
    """
    scope = system_scope("announce breached deadlines")
    after: _Place | None = None
    while True:
        async with store.pushing(scope) as tx:
            after = await _since(tx, now, after, page)
        if after is None:
            break
    more = True
    while more:
        async with store.pushing(scope) as tx:
            more = await _late(tx, now, page)


async def _since(tx: Transaction, now: datetime, after: _Place | None, limit: int) -> _Place | None:
    """One page of those that ran out since the last look; where to go on, or None after the last."""
    if not await _TURN.taken(tx):
        return None
    if after is None:
        looked = await tx.fetch(_LOOKED_UNTIL)
        begin = looked[0]["looked_until"] - _OVERLAP if looked else datetime.min.replace(tzinfo=now.tzinfo)
        after = _Place(begin, uuid.UUID(int=0))
    rows = await tx.fetch(_SINCE, now, *after, limit)
    await _announce(tx, rows, now)
    more = len(rows) == limit
    await tx.fetch(_LOOKED, rows[-1]["due"] if more else now)
    return _Place(rows[-1]["due"], uuid.UUID(bytes=rows[-1]["clock_id"].bytes)) if more else None


async def _late(tx: Transaction, now: datetime, limit: int) -> bool:
    """A portion of those that had run out when they were started or changed; whether there may be more."""
    if not await _TURN.taken(tx):
        return False
    taken = [row["clock_id"] for row in await tx.fetch(_TAKE_LATE, limit)]
    if taken:
        await _announce(tx, await tx.fetch(_NAMED, now, taken), now)
    return len(taken) == limit


async def _announce(tx: Transaction, rows: Sequence[Any], now: datetime) -> None:
    overdue = [
        row["clock_id"]
        for row in rows
        if not row["told"]
        and state(
            due=row["due"],
            provisional=False,
            applicable=row["applicable"],
            met_at=None,
            excused=row["excused"],
            void_on=SINCE_EVER if row["voided"] else row["cancelled_on"],
            now=now,
            due_soon_days=row["due_soon_days"],
        )
        == State.OVERDUE
    ]
    if overdue:
        await tx.fetch(_ANNOUNCE, overdue)
