"""WHAT did an inspection find? Results per question, and findings that become cases with a life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight import asking, listing
from ajx_gateway.oversight.admission import admitted, territory_words
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import local_date, shown_instant
from ajx_gateway.store import cases, inspections
from ajx_gateway.store.cases import CATEGORIES, NewCase
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.inspections import Wanted

# What an inspection asks (南海应急服务队的检查内容：足额投保、服务到位、隐患整改).
QUESTIONS: Mapping[str, str] = {
    "fully_insured": "是否足额投保",
    "whole_staff": "是否全员投保",
    "service_delivered": "服务是否到位",
    "plan_followed": "服务计划是否落实",
    "hazards_notified": "隐患是否书面告知",
    "hazards_rectified": "隐患是否整改",
    "records_true": "上传资料是否真实",
    "satisfied": "投保单位是否满意",
}
ANSWERS = ("yes", "no", "partly", "not_applicable")
DEFINITION = "抽查和日常检查的结果；检查发现的问题另行立案，见 findings 中的 case_id。"
_INSPECTORS = ("regulator", "adviser")


@dataclass(frozen=True, slots=True)
class Found:
    """A finding that becomes a case."""

    category: str
    title: str
    detail: str
    clause: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """One inspection as its inspector states it; results: question → (answer, words)."""

    sample_id: UUID | None
    insurer: str
    policy_no: str
    inspected_on: date
    results: Mapping[str, tuple[str, str]]
    findings: Sequence[Found]


async def record(store: Store, caller: Caller, told: Inspected, *, now: datetime) -> dict[str, Any]:
    """Record an inspection; its findings are raised as cases in the same transaction."""
    if caller.role not in _INSPECTORS:
        raise Forbidden("只有辖区内的监管部门和保险顾问机构可以登记检查结果。")
    scope = admitted(caller)
    _check(told, local_date(now))
    identity = uuid4()
    async with store.writing(scope) as tx:
        policy = await inspections.policy_of(tx, told.insurer, told.policy_no)
        if policy is None:
            raise NotFound("没有这份保单，或它不在本辖区。")
        uscc = policy["enterprise_uscc"]
        if told.sample_id is not None and not await inspections.is_drawn(tx, told.sample_id, uscc):
            raise Unprocessable("该企业不在这次抽样抽中的名单内。", parameter="sample_id")
        raised = [
            await cases.raise_case(tx, _case(caller, told, each, policy, now)) for each in told.findings
        ]
        row = {
            "inspection_id": identity,
            "sample_id": told.sample_id,
            "enterprise_uscc": uscc,
            "insurer": told.insurer,
            "policy_id": policy["record_id"],
            "policy_no": told.policy_no,
            "division": policy["division"],
            "inspected_on": told.inspected_on,
            "results": {q: {"answer": answer, "words": words} for q, (answer, words) in told.results.items()},
            "findings": [
                {"title": each.title, "category": each.category, "case_id": str(case_id)}
                for each, case_id in zip(told.findings, raised, strict=True)
            ],
            "recorded_at": now,
            "recorded_by": caller.name,
        }
        await inspections.record(tx, row)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "inspection": listing.plain(row, scope),
    }


def _check(told: Inspected, today: date) -> None:
    if told.inspected_on > today:
        raise Unprocessable("检查日期不能晚于今天。", parameter="inspected_on")
    if not told.results:
        raise Unprocessable("请至少填写一个检查项目的结果。", parameter="results")
    for question, (answer, _) in told.results.items():
        asking.one_of("results", question, QUESTIONS)
        asking.one_of("answer", answer, ANSWERS)
    for each in told.findings:
        asking.one_of("category", each.category, CATEGORIES)


def _case(caller: Caller, told: Inspected, found: Found, policy: Mapping[str, Any], now: datetime) -> NewCase:
    return NewCase(
        insurer=told.insurer,
        division=policy["division"],
        category=asking.one_of("category", found.category, CATEGORIES),  # type: ignore[arg-type]
        origin="inspection",
        clause=found.clause,
        title=found.title,
        detail=found.detail,
        happened_on=told.inspected_on,
        raised_at=now,
        raised_by=caller.name,
        subject_kind="policy",
        subject_key=told.policy_no,
        record_id=policy["record_id"],
        version=policy["version"],
    )


async def inspection_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of inspections, the latest first."""
    wanted = _wanted(given)

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        day = listing.day_of(cursor)
        after = (day, cursor.row) if cursor and day else None
        return await inspections.page(tx, wanted, after, limit, at=at)

    end = listing.by_day("inspected_on", "inspection_id")
    page = await listing.page_of(store, caller, given, fetch, end, now=now)
    return {"definition": DEFINITION, "questions": dict(QUESTIONS), **page}


def _wanted(given: Mapping[str, str]) -> Wanted:
    period = parse(given["period"]) if given.get("period") else None
    try:
        sample_id = UUID(given["sample"]) if given.get("sample") else None
    except ValueError:
        raise Unprocessable("sample 应为抽样编号。", parameter="sample") from None
    filters = asking.filters_of({n: given.get(n, "") for n in ("insurer", "district", "town")})
    return Wanted(sample_id, filters, period.begins if period else None, period.ends if period else None)
