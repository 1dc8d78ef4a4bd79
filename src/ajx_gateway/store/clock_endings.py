"""WHICH policies' clocks does a cancellation end, and from which day? Kept on the clocks' own rows when it is filed.

Endorsements and policies arrive in any order and at the same time. So the day is written on every clock that a policy can
have, also on those that nothing has started yet: whoever comes second finds the row of the first. Endorsements of one
policy wait for each other, each then reads what the others have left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from ajx_gateway.deadlines import ClockFact
from ajx_gateway.jurisdictions import law
from ajx_gateway.store.arrays import literal, literals, looked_up, unnested
from ajx_gateway.store.clock_memory import remembering
from ajx_gateway.store.clocks import clock_id
from ajx_gateway.store.database import Transaction

ENDING: Final = ("cancel", "reinstate")
_TYPES = ", ".join(f"'{name}'" for name in ENDING)

# Every policy that any state of these endorsements ever ended or reinstated: a correction may have moved it. A lock for
# each of 256 parts of all policies, not for each policy: a filing may cancel thousands.
_NAMED = f"""
WITH named AS MATERIALIZED (
    SELECT DISTINCT policy_id, policy_no FROM {looked_up("endorsement_history", "record_id", "$1")} AS h
    WHERE type IN ({_TYPES})),
held AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(hashtext('ajx.endings'), part) FROM (
        SELECT DISTINCT get_byte(uuid_send(policy_id), 0) AS part FROM named ORDER BY part OFFSET 0) AS parts)
SELECT policy_id, policy_no FROM named WHERE (SELECT count(*) FROM held) > 0
"""  # noqa: S608  put together from constants

_ROW = {"clock_id": "uuid", "subject_id": "uuid", "subject_key": "text", "clock": "text"}
# The clocks that the law names, and those there are: the law may have changed since they began. The day is the one that
# the function cancelled_on says. What a clock was before is not kept: what was known when, the endorsements' history says.
_END = remembering(
    f"""
INSERT INTO clock AS c (clock_id, subject_id, subject_kind, subject_key, insurer, clock, provisional, due_soon_days,
    voided, cancelled_on)
SELECT f.clock_id, f.subject_id, 'policy', f.subject_key, $1, f.clock, false, 0, false,
    (SELECT CASE WHEN e.type = 'cancel' THEN e.effective_on END FROM endorsement e
     WHERE e.policy_id = f.subject_id AND e.type IN ({_TYPES}) AND NOT e.voided
     ORDER BY e.effective_on DESC, e.revised_at DESC, e.type DESC LIMIT 1)
FROM (SELECT * FROM {unnested(list(_ROW), list(_ROW.values()), 2, "named")} UNION
    SELECT w.clock_id, w.subject_id, w.subject_key, w.clock FROM {looked_up("clock", "subject_id", "$3")} AS w
    WHERE w.subject_kind = 'policy') AS f
ORDER BY f.clock_id
ON CONFLICT (clock_id) DO UPDATE SET cancelled_on = excluded.cancelled_on
    WHERE c.cancelled_on IS DISTINCT FROM excluded.cancelled_on
"""  # noqa: S608  put together from constants
)


async def settle(tx: Transaction, insurer: str, endorsements: Sequence[UUID]) -> None:
    """Bring the clocks of the policies that these endorsements name, or named, up to date; after they are stored."""
    if not endorsements:
        return
    named = await tx.fetch(_NAMED, literal("uuid", endorsements))
    if not named:
        return
    rows = []
    for policy in named:
        subject = UUID(bytes=policy["policy_id"].bytes)
        for name in law().clock_names(subject="policy"):
            identity = clock_id(subject, ClockFact("policy", policy["policy_no"], name))
            rows.append((identity, subject, policy["policy_no"], name))
    await tx.fetch(_END, insurer, *literals(list(_ROW.values()), list(zip(*rows, strict=True))))
