"""WHAT may be done about a complaint, and in which order? Answer, checks, extension, attribution, closing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ajx_gateway.errors import Conflict, Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.jurisdictions import profile
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import admitted_to_lists
from ajx_gateway.oversight.complaint_clocks import longest_extension
from ajx_gateway.oversight.shown import local_date
from ajx_gateway.store import cases, complaints
from ajx_gateway.store.cases import NewCase
from ajx_gateway.store.database import Store, Transaction

WRITERS = frozenset({"regulator", "adviser"})


@dataclass(frozen=True, slots=True)
class Doing:
    """One step. ``on``: the day of it, today unless said; ``days``: of an extension, in all.

    ``attributed``: whether it is the insurer's doing; ``clause``: what a finding about it stands on.
    """

    step: Literal["checking", "extended", "answered", "attributed", "closed"]
    words: str
    on: date | None = None
    days: int | None = None
    attributed: bool | None = None
    clause: str | None = None


async def take(
    store: Store, caller: Caller, complaint_id: UUID, doing: Doing, *, now: datetime
) -> UUID | None:
    """Take one step; the id of the finding that follows from it, if one does.

    Whether a litigation is the insurer's doing costs points only when the finding about it is upheld, and that is
    decided as every finding is. ``errors.Conflict`` when the step does not fit how the complaint stands.
    """
    if caller.role not in WRITERS or (doing.step == "attributed" and caller.role != "regulator"):
        raise Forbidden("只有辖区内的监管部门和保险顾问可以办理投诉，责任由监管部门认定。")
    scope = admitted_to_lists(caller)
    asking.impersonal(words=doing.words)
    async with store.writing(scope) as tx:
        row = await complaints.find(tx, complaint_id, hold=True)
        if row is None:
            raise NotFound("没有这项投诉，或它不在本辖区。")
        on = _day(doing, row, now)
        changed = _CHANGES[doing.step](doing, row, on)
        case_id = None
        if doing.step == "attributed":
            changed["attributed_at"] = now
            if doing.attributed:
                case_id = changed["case_id"] = await _raise(tx, row, doing, caller.name, now)
        await complaints.change(tx, complaint_id, **changed)
        await complaints.add_step(tx, row, doing.step, by=caller.name, words=doing.words, now=now)
    return case_id


def _day(doing: Doing, row: Mapping[str, Any], now: datetime) -> date:
    on = doing.on or local_date(now)
    if on > local_date(now) or on < row["received_on"]:
        raise Unprocessable("on 应在收到投诉之日与今天之间。", parameter="on")
    return on


def _checking(_doing: Doing, row: Mapping[str, Any], on: date) -> dict[str, Any]:
    if row["checking_from"] is not None or row["answered_on"] is not None:
        raise Conflict("该投诉已告知核查或已答复。")
    return {"checking_from": on}


def _extended(doing: Doing, row: Mapping[str, Any], _on: date) -> dict[str, Any]:
    if row["checking_from"] is None or row["answered_on"] is not None:
        raise Conflict("只有在核查中、尚未答复的投诉可以延长。")
    most = longest_extension(row)
    if doing.days is None or not row["extended_days"] < doing.days <= most:
        raise Unprocessable(f"days 为累计延长的日数，应大于已延长的日数且不超过 {most}。", parameter="days")
    return {"extended_days": doing.days}


def _answered(_doing: Doing, row: Mapping[str, Any], on: date) -> dict[str, Any]:
    if row["answered_on"] is not None:
        raise Conflict("该投诉已经答复，首次答复的日期不变。")
    if row["checking_from"] is not None and on < row["checking_from"]:
        raise Unprocessable("答复日期不能早于告知核查的日期。", parameter="on")
    return {"answered_on": on}


def _attributed(doing: Doing, row: Mapping[str, Any], _on: date) -> dict[str, Any]:
    if row["attributed"] is not None:
        raise Conflict("该投诉的责任已经认定。")
    if doing.attributed is None:
        raise Unprocessable("请填写 attributed：是否属承保机构责任。", parameter="attributed")
    return {"attributed": doing.attributed}


def _closed(_doing: Doing, row: Mapping[str, Any], on: date) -> dict[str, Any]:
    if row["answered_on"] is None or row["closed_on"] is not None:
        raise Conflict("投诉答复后方可办结，且只办结一次。")
    return {"closed_on": on}


_CHANGES = {
    "checking": _checking,
    "extended": _extended,
    "answered": _answered,
    "attributed": _attributed,
    "closed": _closed,
}


async def _raise(tx: Transaction, row: Mapping[str, Any], doing: Doing, by: str, now: datetime) -> UUID:
    clock = profile(row["division"], row["received_on"]).clock("complaint_answer")
    case = NewCase(
        case_id=UUID(bytes=hashlib.sha256(f"complaint\n{row['complaint_id']}".encode()).digest()[:16]),
        insurer=row["insurer"],
        division=row["division"],
        category="dispute" if row["litigation"] else "complaint",
        origin="complaint",
        clause=doing.clause or (clock.clause if clock else ""),
        title="涉诉，认定属承保机构责任" if row["litigation"] else "投诉，认定属承保机构责任",
        detail=doing.words,
        happened_on=row["received_on"],
        raised_at=now,
        raised_by=by,
        subject_kind="complaint",
        subject_key=str(row["complaint_id"]),
    )
    return await cases.raise_case(tx, case)
