"""WHAT was found, what does the insurer say to it, and what was decided? Findings as regulators work with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ajx_gateway.errors import Conflict, Forbidden, KeyReused, NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight import asking, four_eyes
from ajx_gateway.oversight.admission import admitted_to_lists, territory_words
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import local_date, shown, shown_instant
from ajx_gateway.standard import KINDS, divisions
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import case_lists, cases, cursors, outbox, statements
from ajx_gateway.store.case_lists import Place, Subject, Wanted
from ajx_gateway.store.cases import CATEGORIES, ORIGINS, STATES, STEPS, UNDECIDED, Category, NewCase
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction

ABSENT = "没有这项问题，或它不在本辖区。"


async def finding_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the territory's findings, newest first."""
    scope = admitted_to_lists(caller)
    wanted, limit = wanted_of(given), asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    after = Place(cursors.instant_of(cursor) or at, cursor.row) if cursor else None
    async with store.reading(scope) as tx:
        rows = await case_lists.page(tx, wanted, after, limit + 1, now=at)
    more, rows = len(rows) > limit, rows[:limit]
    end = rows[-1] if more else None
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": [item_of(row) for row in rows],
        "next": cursors.written(Cursor(at, end["raised_at"].isoformat(), end["case_id"]), given)
        if end
        else None,
    }


def wanted_of(given: Mapping[str, str]) -> Wanted:
    """The filters among the query parameters."""
    filters = asking.filters_of({n: given.get(n, "") for n in ("insurer", "district", "town")})
    period = parse(given["period"]) if given.get("period") else None
    named = {
        name: asking.one_of(name, given[name], allowed) if given.get(name) else None
        for name, allowed in (("category", CATEGORIES), ("origin", ORIGINS))
    }
    return Wanted(
        category=named["category"],
        origin=named["origin"],
        states=asking.several("state", given.get("state"), STATES),
        insurer=filters.insurer,
        district=filters.district,
        town=filters.town,
        begins=period.begins if period else None,
        ends=period.ends if period else None,
    )


def item_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A finding as an answer shows it, its codes with their names."""
    item = {name: shown(value) for name, value in row.items()}
    return item | {
        "category_title": CATEGORIES[row["category"]],
        "origin_title": ORIGINS[row["origin"]],
        "state_title": STATES[row["state"]],
        "place": place_words(row["division"]),
    }


async def finding(store: Store, caller: Caller, case_id: UUID, *, now: datetime) -> dict[str, Any]:
    """One finding with its whole trail, and the opinion that waits for a second one."""
    scope = admitted_to_lists(caller)
    async with store.reading(scope) as tx:
        return await _whole(tx, scope, case_id, now)


async def _whole(tx: Transaction, scope: Scope, case_id: UUID, now: datetime) -> dict[str, Any]:
    row = await case_lists.find(tx, case_id)
    if row is None:
        raise NotFound(ABSENT)
    trail = await case_lists.trail(tx, case_id)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "finding": item_of(row),
        "four_eyes": four_eyes.required(row["division"], row["happened_on"]),
        "awaiting_second": four_eyes.waiting(await statements.of(tx, "finding", case_id)),
        "trail": [
            {name: shown(value) for name, value in step.items()} | {"step_title": STEPS[step["step"]]}
            for step in trail
        ],
    }


@dataclass(frozen=True, slots=True)
class Found:
    """What a regulator or adviser says was found; ``division`` None: where the subject's record lies."""

    insurer: str
    category: Category
    title: str
    detail: str
    clause: str
    happened_on: date
    origin: Literal["regulator", "inspection"] = "regulator"
    subject_kind: str | None = None
    subject_key: str | None = None
    division: str | None = None
    evidence: Sequence[Mapping[str, str]] = ()


async def raise_finding(
    store: Store, caller: Caller, found: Found, *, key: str | None, now: datetime
) -> dict[str, Any]:
    """Enter a finding. The same ``key`` (Idempotency-Key) of the same caller is the same finding again."""
    if caller.role not in ("regulator", "adviser"):
        raise Forbidden("只有辖区内的监管部门和保险顾问可以提出问题。")
    scope = admitted_to_lists(caller)
    if found.happened_on > local_date(now):
        raise Unprocessable("happened_on 不能晚于今天。", parameter="happened_on")
    asking.impersonal(title=found.title, detail=found.detail)
    case_id = None if key is None else identity_of("finding", caller, key)
    async with store.writing(scope) as tx:
        if not await case_lists.is_registered(tx, found.insurer):
            raise Unprocessable("没有登记这家承保机构。", parameter="insurer")
        subject = await _subject(tx, found)
        new = NewCase(
            insurer=found.insurer,
            division=division_in(scope, found.division or (subject.division if subject else None)),
            category=found.category,
            origin=found.origin,
            clause=found.clause,
            title=found.title,
            detail=found.detail,
            happened_on=found.happened_on,
            raised_at=now,
            raised_by=caller.name,
            subject_kind=found.subject_kind,
            subject_key=found.subject_key,
            record_id=subject.record_id if subject else None,
            version=subject.version if subject else None,
            evidence=found.evidence,
            case_id=case_id,
        )
        case_id = await cases.raise_case(tx, new)
        await _refuse_another(tx, case_id, new)
        return await _whole(tx, scope, case_id, now)


def identity_of(what: str, caller: Caller, key: str) -> UUID:
    """What a caller enters under a key of its own: the same id each time."""
    told = hashlib.sha256(f"{what}\n{caller.name}\n{key}".encode()).digest()
    return UUID(bytes=told[:16])


async def _refuse_another(tx: Transaction, case_id: UUID, new: NewCase) -> None:
    stored = await case_lists.find(tx, case_id)
    same = (
        "insurer",
        "division",
        "category",
        "title",
        "detail",
        "happened_on",
        "subject_kind",
        "subject_key",
    )
    if stored is None or any(stored[name] != getattr(new, name) for name in same):
        raise KeyReused("该幂等键已用于另一项问题，内容有变化时请换用新的幂等键。")


async def _subject(tx: Transaction, found: Found) -> Subject | None:
    if (found.subject_kind is None) != (found.subject_key is None):
        raise Unprocessable("subject_kind 与 subject_key 须同时填写或同时不填。", parameter="subject_key")
    if found.subject_kind is None or found.subject_key is None:
        return None
    asking.one_of("subject_kind", found.subject_kind, {name: kind.title for name, kind in KINDS.items()})
    return await case_lists.subject_of(tx, found.insurer, found.subject_kind, found.subject_key)


def division_in(scope: Scope, division: str | None) -> str:
    """The place of a finding: known, and within the territory of whoever raises it."""
    if division is None:
        raise Unprocessable("请填写 division（6位或9位区划代码），或填写已报送的记录。", parameter="division")
    known = divisions.exists(division) or (len(division) == 9 and divisions.exists(division[:6]))
    if not known or not division.startswith(scope.territory or ""):
        raise Unprocessable("division 应为本辖区内的6位或9位区划代码。", parameter="division")
    return division


async def decide(
    store: Store,
    caller: Caller,
    case_id: UUID,
    decision: Literal["upheld", "dismissed"],
    reason: str,
    *,
    now: datetime,
) -> dict[str, Any]:
    """State a decision about a finding; it takes effect with the second identity where the place asks for two."""
    if caller.role != "regulator":
        raise Forbidden("只有辖区内的监管部门可以决定问题是否成立。")
    scope = admitted_to_lists(caller)
    asking.impersonal(reason=reason)
    async with store.writing(scope) as tx:
        case = await cases.held(tx, case_id)
        if case is None:
            raise NotFound(ABSENT)
        if case["state"] not in UNDECIDED:
            raise Conflict(f"该问题的状态为“{STATES[case['state']]}”，不能再作决定。", state=case["state"])
        stated = await four_eyes.stated(
            tx,
            subject="finding",
            subject_id=case_id,
            insurer=case["insurer"],
            division=case["division"],
            on=case["happened_on"],
            decision=decision,
            reason=reason,
            by=caller.name,
            now=now,
        )
        await _take_effect(tx, case, stated, decision, reason, caller.name, now)
        return await _whole(tx, scope, case_id, now)


async def _take_effect(
    tx: Transaction,
    case: Mapping[str, Any],
    stated: statements.Stated,
    decision: str,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    words = f"{four_eyes.DECISIONS[decision]}：{reason}"
    if stated == "first":
        await cases.change(tx, case["case_id"], state="proposed")
        await cases.add_step(tx, case, "stated", state="proposed", by=by, words=words, now=now)
    elif stated == "differs":
        back = "replied" if case["reply"] is not None else "open"
        await cases.change(tx, case["case_id"], state=back)
        await cases.add_step(tx, case, "differed", state=back, by=by, words=words, now=now)
        await _clear_corrected(tx, case, now)
    else:
        first = await statements.of(tx, "finding", case["case_id"])
        decided = {
            "state": decision,
            "decision": decision,
            "decision_reason": reason,
            "decided_at": now,
            "decided_by": first[-2].stated_by if first else by,
            "confirmed_by": by if first else None,
        }
        await cases.change(tx, case["case_id"], **decided)
        await cases.add_step(tx, case, "decided", state=decision, by=by, words=words, now=now)
        await outbox.add(tx, [cases.told("finding.decided", {**case, **decided}, now)])


async def _clear_corrected(tx: Transaction, case: Mapping[str, Any], now: datetime) -> None:
    """Nothing is proposed any more about what the insurer has corrected meanwhile: it is cleared after all."""
    version = case["corrected_in"]
    if version is not None:
        await cases.change(tx, case["case_id"], state="cleared", version=version, corrected_in=None)
        words = f"第{version}版不再有此问题。"
        await cases.add_step(tx, case, "cleared", state="cleared", by="gateway", words=words, now=now)
        await outbox.add(tx, [cases.told("finding.cleared", case, now)])
