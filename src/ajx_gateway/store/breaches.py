"""WHICH clocks ran out without anybody having been told? Each is announced once, as an event of its insurer.

Nothing depends on the announcement: a clock's state is derived when it is asked for.
"""

import uuid
from datetime import datetime

from ajx_gateway.deadlines import State, state
from ajx_gateway.store.clocks import SINCE_EVER
from ajx_gateway.store.database import Transaction

_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext('ajx.breaches')) AS ours"

# The event's id follows from the clock and its due instant: nothing is announced twice, and a due date
# that an outage moved is announced anew when it passes.
_EVENT_ID = (
    "encode(substring(sha256(convert_to('deadline.breached' || c.clock_id ||"
    " extract(epoch FROM c.due)::bigint, 'UTF8')) FOR 16), 'hex')::uuid"
)

# met_at IS NULL: whoever is late but done needs no alarm any more. The ids of the events are computed first: under
# row-level security they would otherwise be computed again for each pair of a clock and an event.
_PASSED = f"""
WITH passed AS MATERIALIZED (
SELECT c.clock_id, c.due, c.applicable, c.voided, c.due_soon_days,
    EXISTS (SELECT 1 FROM excuse x WHERE x.clock_id = c.clock_id AND x.decision = 'upheld') AS excused,
    c.cancelled_on, {_EVENT_ID} AS event_id
FROM clock c
WHERE c.due <= $1 AND c.met_at IS NULL AND c.applicable AND NOT c.provisional AND c.clock_id > $2
ORDER BY c.clock_id LIMIT $3)
SELECT p.*, EXISTS (SELECT 1 FROM event e WHERE e.event_id = p.event_id) AS told FROM passed p ORDER BY p.clock_id
"""  # noqa: S608  put together from constants

_ANNOUNCE = f"""
INSERT INTO event (event_id, seq, insurer, type, payload, happened_at)
SELECT {_EVENT_ID}, row_number() OVER (ORDER BY c.due, c.clock_id), c.insurer, 'deadline.breached',
    jsonb_build_object('deadline', c.clock_id, 'clock', c.clock, 'subject_kind', c.subject_kind,
        'subject_key', c.subject_key, 'period', c.period, 'due', c.due), c.due
FROM clock c WHERE c.clock_id = ANY($1::uuid[])
ON CONFLICT DO NOTHING
"""  # noqa: S608

FIRST = uuid.UUID(int=0)


async def announce(
    tx: Transaction, *, now: datetime, after: uuid.UUID = FIRST, limit: int = 1000
) -> uuid.UUID | None:
    """Announce the next page of clocks that ran out; the place to continue from, or None when all are told.

    Several workers may run: the one that holds the lock announces, the others do nothing.
    """
    if not (await tx.fetch(_ONE_AT_A_TIME))[0]["ours"]:
        return None
    rows = await tx.fetch(_PASSED, now, after, limit)
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
    return uuid.UUID(bytes=rows[-1]["clock_id"].bytes) if len(rows) == limit else None
