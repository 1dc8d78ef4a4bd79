"""WHAT was found about an insurer, and what does it say to it? Its own findings only, and its replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ajx_gateway import errors, identity
from ajx_gateway.identity import Caller
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.receipt import local
from ajx_gateway.intake.submit import insurer_of
from ajx_gateway.standard.impersonal import names_somebody
from ajx_gateway.store import case_lists, cases, cursors
from ajx_gateway.store.case_lists import Place, Wanted
from ajx_gateway.store.cases import CATEGORIES, STATES, STEPS, UNDECIDED
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction

ABSENT = "没有这项问题：请从 GET /v1/findings 取得 case_id。"
_AUTHORITY = "监管部门"
_SHOWN = (
    "case_id", "category", "state", "subject_kind", "subject_key", "version", "rule", "pointer", "clause", "title",
    "detail", "happened_on", "raised_at", "reply", "replied_at", "decision", "decision_reason", "decided_at",
)  # fmt: skip


async def findings(
    store: Store,
    caller: Caller,
    *,
    states: tuple[str, ...],
    category: str | None,
    after: str | None,
    limit: int,
    now: datetime,
) -> dict[str, Any]:
    """One page of the findings about the insurer, newest first."""
    insurer = insurer_of(caller)
    asked = {"states": ",".join(states), "category": category or "", "insurer": insurer}
    cursor = cursors.read(after, asked, now)
    at = now if cursor is None else cursor.as_of
    place = None if cursor is None else Place(cursors.instant_of(cursor) or at, cursor.row)
    # What the authority has proposed is the authority's own affair: the finding is still open.
    within = (*states, "proposed") if {"open", "replied"} & set(states) else states
    wanted = Wanted(category=category, states=within, insurer=insurer)
    async with store.reading(identity.scope_of(caller)) as tx:
        rows = await case_lists.page(tx, wanted, place, limit + 1, now=at)
    shown, more = rows[:limit], len(rows) > limit
    end = shown[-1] if more else None
    items = [_item(row) for row in shown]
    return {
        "items": [item for item in items if not states or item["state"] in states],
        "next": cursors.written(Cursor(at, end["raised_at"].isoformat(), end["case_id"]), asked)
        if end
        else None,
        "as_of": local(at),
    }


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    known = _undisclosed(row["state"], replied=row["reply"] is not None)
    item = {name: _written(row[name]) for name in _SHOWN} | {"state": known}
    return item | {"category_title": CATEGORIES[row["category"]], "state_title": STATES[known]}


def _undisclosed(state: str, *, replied: bool) -> str:
    return ("replied" if replied else "open") if state == "proposed" else state


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return local(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


async def finding(desk: Desk, caller: Caller, case_id: UUID, *, now: datetime) -> dict[str, Any]:
    """One finding with what the insurer may know of its trail: not the opinions before the decision."""
    insurer = insurer_of(caller)
    async with desk.store.reading(identity.scope_of(caller)) as tx:
        return await _whole(tx, insurer, case_id, now)


async def _whole(tx: Transaction, insurer: str, case_id: UUID, now: datetime) -> dict[str, Any]:
    row = await case_lists.find(tx, case_id)
    if row is None or row["insurer"] != insurer:
        raise errors.NotFound(ABSENT)
    steps = [
        each for each in await case_lists.trail(tx, case_id) if each["step"] not in {"stated", "differed"}
    ]
    return {
        "as_of": local(now),
        "finding": _item(row) | {"evidence": row["evidence"]},
        "trail": [
            {
                "step": each["step"],
                "step_title": STEPS[each["step"]],
                "at": local(each["at"]),
                "by": each["by"] if each["step"] == "replied" else _AUTHORITY,
                "words": each["words"],
                "evidence": each["evidence"],
            }
            for each in steps
        ],
    }


async def reply(
    desk: Desk,
    caller: Caller,
    case_id: UUID,
    words: str,
    evidence: Sequence[Mapping[str, str]],
    *,
    now: datetime,
) -> dict[str, Any]:
    """Say something to a finding, again if need be, until it is decided; the trail keeps every reply."""
    insurer = insurer_of(caller)
    if names_somebody(words):
        raise errors.Unprocessable("答复不得含有身份证号码、手机号码等个人信息。", parameter="reply")
    async with desk.store.writing(identity.scope_of(caller)) as tx:
        case = await cases.held(tx, case_id)
        if case is None or case["insurer"] != insurer:
            raise errors.NotFound(ABSENT)
        if case["state"] not in UNDECIDED:
            title = STATES[case["state"]]
            raise errors.Conflict(f"该问题的状态为“{title}”，不能再答复。", state=case["state"])
        state = "proposed" if case["state"] == "proposed" else "replied"
        await cases.change(tx, case_id, state=state, reply=words, replied_at=now, replied_by=caller.name)
        await cases.add_step(
            tx, case, "replied", state=state, by=caller.name, words=words, evidence=evidence, now=now
        )
        return await _whole(tx, insurer, case_id, now)
