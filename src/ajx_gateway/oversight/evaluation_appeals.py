"""WHO objected to which item, and what came of it? The regulator's side of appeals; an upheld one makes a new edition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from ajx_gateway.errors import Conflict, Forbidden, NotFound, Unprocessable
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller, system_scope
from ajx_gateway.oversight import asking, four_eyes
from ajx_gateway.oversight.admission import admitted_to_lists, territory_words
from ajx_gateway.oversight.evaluation_editions import amended
from ajx_gateway.oversight.evaluation_own import counted_units
from ajx_gateway.oversight.evaluation_publishing import SETTLED
from ajx_gateway.oversight.evaluation_rights import deciding
from ajx_gateway.oversight.evaluation_stored import (
    asked_again,
    card_dict,
    only_one,
    stored_card,
    stored_units,
    trail_of,
)
from ajx_gateway.oversight.evaluations import card_of, findings
from ajx_gateway.oversight.shown import shown, shown_instant
from ajx_gateway.store import cursors, evaluation_appeals, evaluation_cards, outbox, statements
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.evaluation_appeals import Appeal, Place
from ajx_gateway.store.evaluation_cards import Evaluation

ABSENT = "没有这项申诉，或它不在本辖区。"
APPEAL_COLUMNS: tuple[tuple[str, str], ...] = (
    ("appeal_id", "申诉编号"),
    ("jurisdiction", "地区代码"),
    ("period", "周期"),
    ("scheme", "办法"),
    ("insurer", "承保机构"),
    ("item", "项"),
    ("state_title", "状态"),
    ("reason", "申诉理由"),
    ("units", "涉及记录"),
    ("requested_at", "提出时间"),
    ("decision", "决定"),
    ("decision_reason", "决定理由"),
    ("decided_at", "决定时间"),
    ("decided_by", "决定人"),
)


async def appeal_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the appeals in the territory, oldest first."""
    scope = admitted_to_lists(caller)
    if caller.role == "operator":
        raise Forbidden("网关运维不查看评价结果。")
    state = (
        asking.one_of("state", given["state"], {"open": "待决定", "decided": "已决定"})
        if given.get("state")
        else None
    )
    limit = asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    after = Place(cursors.instant_of(cursor) or at, cursor.row) if cursor else None
    async with store.reading(scope) as tx:
        rows = await evaluation_appeals.page(
            tx,
            place=scope.territory,
            state=cast(Literal["open", "decided"] | None, state),
            after=after,
            limit=limit + 1,
            now=at,
        )
    more, rows = len(rows) > limit, rows[:limit]
    end = rows[-1] if more else None
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": [appeal_dict(row) for row in rows],
        "next": cursors.written(Cursor(at, end["requested_at"].isoformat(), end["appeal_id"]), given)
        if end
        else None,
    }


def appeal_dict(row: Mapping[str, Any]) -> dict[str, Any]:
    """An appeal as an answer shows it."""
    told = {name: shown(value) for name, value in row.items()}
    for name in ("units", "struck"):
        told[name] = None if row[name] is None else [str(one) for one in row[name]]
    return {
        **told,
        "state": "decided" if row["decision"] else "open",
        "state_title": {"upheld": "成立", "dismissed": "不成立"}.get(row["decision"] or "", "待决定"),
    }


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision about an appeal. Upheld it strikes ``struck`` out (None: what the insurer named); with nothing to
    strike, its item is judged anew by what the records say now."""

    decision: Literal["upheld", "dismissed"]
    reason: str
    struck: Sequence[UUID] | None = None


async def decide(
    store: Store, caller: Caller, appeal_id: UUID, ruling: Ruling, *, now: datetime
) -> dict[str, Any]:
    """Decide an appeal, once; where two pairs of eyes are demanded, with the second identity that agrees."""
    if caller.role != "regulator":
        raise Forbidden("只有该地区的监管部门可以发布评价、决定申诉。")
    scope = admitted_to_lists(caller)
    async with store.writing(scope) as tx:
        appeal = await evaluation_appeals.find(tx, appeal_id)
        evaluation = await evaluation_cards.by_id(tx, appeal.evaluation_id) if appeal else None
        if appeal is None or evaluation is None:
            raise NotFound(ABSENT)
        deciding(caller, evaluation.jurisdiction)
        # One decision about an evaluation at a time: editions are made one after the other.
        await statements.hold(tx, "publication", evaluation.evaluation_id)
        appeal = await evaluation_appeals.find(tx, appeal_id) or appeal
        if appeal.decision is not None:
            raise Conflict("该申诉已作出决定，不能再次决定。", decision=appeal.decision)
        struck = await _struck(tx, appeal, evaluation, ruling)
        stated = await four_eyes.stated(
            tx,
            subject="appeal",
            subject_id=appeal_id,
            insurer=appeal.insurer,
            division=evaluation.jurisdiction,
            on=evaluation.begins,
            decision=_told(ruling.decision, appeal, struck),
            reason=ruling.reason,
            by=caller.name,
            now=now,
        )
        card = None
        if stated == "final":
            card = await _settle(store, tx, appeal, evaluation, ruling, struck, caller, now)
        appeal = await evaluation_appeals.find(tx, appeal_id) or appeal
    states = {"final": "decided", "first": "awaiting_second", "differs": "returned"}
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "state": states[stated],
        "appeal": appeal_dict({name: getattr(appeal, name) for name in Appeal.__dataclass_fields__}),
        "card": card,
    }


async def _struck(tx: Transaction, appeal: Appeal, evaluation: Evaluation, ruling: Ruling) -> list[UUID]:
    """What an upheld appeal strikes out; 422 for units that do not cost points."""
    if ruling.decision == "dismissed":
        if ruling.struck:
            raise Unprocessable("不成立的申诉不撤销扣分，请不要填写 struck。", parameter="struck")
        return []
    struck = list(appeal.units if ruling.struck is None else ruling.struck)
    card = only_one(await evaluation_cards.cards(tx, evaluation.evaluation_id, insurer=appeal.insurer))
    await counted_units(tx, card, appeal.item, struck)
    return struck


def _told(decision: str, appeal: Appeal, struck: Sequence[UUID]) -> str:
    """Two statements agree when they strike out the same: otherwise than was asked for has a mark of its own."""
    if decision == "dismissed" or set(struck) == set(appeal.units):
        return decision
    mark = hashlib.sha256("\n".join(sorted(map(str, struck))).encode()).hexdigest()[:12]
    return f"{decision} {mark}"


async def _settle(
    store: Store,
    tx: Transaction,
    appeal: Appeal,
    evaluation: Evaluation,
    ruling: Ruling,
    struck: Sequence[UUID],
    caller: Caller,
    now: datetime,
) -> dict[str, Any] | None:
    upheld = ruling.decision == "upheld"
    await evaluation_appeals.decide(
        tx,
        appeal.appeal_id,
        ruling.decision,
        reason=ruling.reason,
        struck=struck,
        reopened_as_of=now - SETTLED if upheld and not struck else None,
        by=caller.name,
        now=now,
    )
    card = await _edition(store, tx, appeal, evaluation, now) if upheld else None
    payload = {
        "appeal": str(appeal.appeal_id),
        "evaluation": str(evaluation.evaluation_id),
        "item": appeal.item,
        "decision": ruling.decision,
        "edition": card["edition"] if card else None,
    }
    await outbox.add(tx, [Event("appeal.decided", appeal.insurer, payload, now)])
    return card


async def _edition(
    store: Store, tx: Transaction, appeal: Appeal, evaluation: Evaluation, now: datetime
) -> dict[str, Any]:
    """The next edition of the scorecard, from the records and every upheld appeal up to this one."""
    editions = await evaluation_cards.editions(tx, evaluation.evaluation_id, appeal.insurer)
    upheld = await evaluation_appeals.upheld(tx, evaluation.evaluation_id, appeal.insurer)
    order = [upheld[one.appeal_id] for one in editions if one.appeal_id in upheld]
    order.append(upheld[appeal.appeal_id])
    asked = asked_again(evaluation)
    async with store.reading(system_scope("judge an item anew")) as reading:
        base = (await findings(reading, asked, as_of=evaluation.as_of))[appeal.insurer]
        found = await amended(reading, asked, appeal.insurer, base, order)
    latest = editions[-1]
    name = json.loads(latest.card)["insurer_name"]
    stored = stored_card(
        card_of(asked, appeal.insurer, name, found),
        evaluation,
        latest.edition + 1,
        trail_of(order),
        issued_at=now,
        appeal_id=appeal.appeal_id,
    )
    await evaluation_cards.issue(tx, stored, stored_units(found.units))
    return card_dict(stored)
