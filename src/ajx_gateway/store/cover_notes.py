"""WHOSE cover may have changed? The parts of the statements that write policies and endorsements, which note it.

A note is one row without key or index, appended in the writer's own transaction: no look at the roster, no wait for
another. Who is not on the roster is found out when the notes are folded (see ``cover_folding``).
"""

from __future__ import annotations

from typing import Final

from ajx_gateway.store.database import Transaction

ENTERPRISES: Final = "INSERT INTO cover_change (enterprise_uscc)"
_POLICIES: Final = "INSERT INTO cover_change (policy_id)"
# What the cover of an enterprise is made of; of endorsements only these end or begin one.
_COVERING: Final = (
    "enterprise_uscc",
    "signed_on",
    "effective_on",
    "expires_on",
    "per_person_death",
    "insured_count",
    "employee_count",
)
_ENDING: Final = "IN ('cancel', 'reinstate')"


async def note(tx: Transaction, uscc: str) -> None:
    """The cover of this enterprise may have changed in this transaction."""
    await tx.fetch(f"{ENTERPRISES} VALUES ($1)", uscc)


def before(kind: str) -> str:
    """What an upsert must return of the state before."""
    match kind:
        case "policy":
            old, new = (", ".join(f"{row}.{name}" for name in _COVERING) for row in ("old", "new"))
            return (
                f", old.voided IS NOT false OR ({old}) IS DISTINCT FROM ({new}) AS covers_anew,"
                " CASE WHEN NOT old.voided THEN old.enterprise_uscc END AS covered_before"
            )
        case "endorsement":
            return ", old.type AS type_before, old.policy_id AS policy_before"
    return ""


def noted(kind: str) -> str:
    """The statement part that follows an upsert's ``written``."""
    match kind:
        case "policy":
            return (
                f", noted AS ({ENTERPRISES} SELECT enterprise_uscc FROM written WHERE covers_anew UNION ALL"  # noqa: S608
                " SELECT covered_before FROM written WHERE covered_before <> enterprise_uscc)"
            )
        case "endorsement":
            return (
                f", noted AS ({_POLICIES} SELECT policy_id FROM written WHERE type {_ENDING} UNION ALL"  # noqa: S608
                f" SELECT policy_before FROM written WHERE type_before {_ENDING})"
            )
    return ""


def voided(kind: str) -> str:
    """The same for a record that is voided."""
    match kind:
        case "policy":
            return f", noted AS ({ENTERPRISES} SELECT enterprise_uscc FROM written WHERE NOT old_voided)"  # noqa: S608
        case "endorsement":
            return f", noted AS ({_POLICIES} SELECT policy_id FROM written WHERE type {_ENDING})"  # noqa: S608
    return ""
