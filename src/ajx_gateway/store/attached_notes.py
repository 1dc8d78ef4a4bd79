"""WHOSE records may no longer come to what was counted? The parts of the statements that write records, which note it.

A note is one row without key or index, appended in the writer's own transaction. A new policy notes nothing: what came
before it is looked at until it is there (see ``attached_folding``); one that moved notes all that is attached to it.
"""

from __future__ import annotations

from typing import Final

from ajx_gateway.store.attached_tables import SUMMED

NOTED: Final = "INSERT INTO attached_change (kind, subject_id, insurer)"
# Where everything attached to a policy belongs.
_PLACING: Final = ("division", "industry", "size", "sector_tags", "enterprise_uscc")
_KINDS: Final = ", ".join(f"('{kind}')" for kind in SUMMED)


def before(kind: str) -> str:
    """What an upsert must return of the state before."""
    if kind == "policy":
        old, new = (", ".join(f"{row}.{name}" for name in _PLACING) for row in ("old", "new"))
        return f", old.version IS NOT NULL AND ({old}) IS DISTINCT FROM ({new}) AS placed_anew"
    return ", coalesce(old.policy_id, old.record_id) AS subject_before" if kind in SUMMED else ""


def noted(kind: str) -> str:
    """The statement part that follows an upsert's ``written``."""
    if kind == "policy":
        return (
            f", attached AS ({NOTED} SELECT k.kind, record_id, insurer FROM written"  # noqa: S608
            f" CROSS JOIN (VALUES {_KINDS}) AS k(kind) WHERE placed_anew)"
        )
    if kind not in SUMMED:
        return ""
    return (
        f", attached AS ({NOTED} SELECT '{kind}', coalesce(policy_id, record_id), insurer FROM written UNION"  # noqa: S608
        f" SELECT '{kind}', subject_before, insurer FROM written WHERE subject_before IS NOT NULL)"
    )


def voided(kind: str) -> str:
    """The same for a record that is voided; a voided policy keeps its place."""
    if kind not in SUMMED:
        return ""
    return f", attached AS ({NOTED} SELECT '{kind}', coalesce(policy_id, record_id), insurer FROM written)"  # noqa: S608
