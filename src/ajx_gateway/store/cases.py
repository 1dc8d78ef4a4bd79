"""WHICH findings are there, and how do they stand? Cases with a life; every step of it stays in their trail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ajx_gateway.events import Event
from ajx_gateway.store import outbox
from ajx_gateway.store.case_tables import finding_case, finding_step
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.sources import within
from ajx_gateway.store.tables import INSTANT

Category = Literal[
    "product", "workflow", "data", "claim_result", "dispute", "service", "fund", "inspection", "complaint", "other"
]  # fmt: skip
Origin = Literal["rule", "gateway", "regulator", "inspection", "complaint"]
Step = Literal[
    "raised", "replied", "stated", "corrected", "recurred", "differed", "decided", "cleared"
]  # fmt: skip

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "product": "条款费率",
        "workflow": "服务流转",
        "data": "数据质量",
        "claim_result": "理赔结果",
        "dispute": "涉诉",
        "service": "事故预防服务",
        "fund": "事故预防费用",
        "inspection": "监督抽查",
        "complaint": "投诉",
        "other": "其他",
    }
)
ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        "rule": "校验规则",
        "gateway": "网关",
        "regulator": "监管部门",
        "inspection": "抽查",
        "complaint": "投诉",
    }
)
STATES: Mapping[str, str] = MappingProxyType(
    {
        "open": "待处理",
        "replied": "机构已答复",
        "proposed": "待复核",
        "upheld": "成立",
        "dismissed": "不成立",
        "cleared": "已自行消除",
    }
)
STEPS: Mapping[str, str] = MappingProxyType(
    {
        "raised": "提出",
        "replied": "机构答复",
        "stated": "初次意见",
        "corrected": "数据已更正，待监管部门决定",
        "recurred": "更正后再次出现",
        "differed": "复核意见不一致，退回",
        "decided": "决定",
        "cleared": "数据更正后消除",
    }
)
# A decision may be made about a case in one of these, and an insurer may reply to one.
UNDECIDED: tuple[str, ...] = ("open", "replied", "proposed")


@dataclass(frozen=True, slots=True)
class UpheldCase:
    """A finding that costs points."""

    case_id: UUID
    insurer: str
    category: str
    division: str
    subject_kind: str | None
    subject_key: str | None
    record_id: UUID | None
    version: int | None
    rule: str | None
    clause: str
    title: str
    happened_on: date
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class NewCase:
    """A finding about to be raised. ``division`` has 6 or 9 digits; ``case_id`` None: a new one is given out.

    ``evidence``: digests, addresses or file names with a title each, as ``{"title": …, "reference": …}``.
    """

    insurer: str
    division: str
    category: Category
    origin: Origin
    clause: str
    title: str
    detail: str
    happened_on: date
    raised_at: datetime
    raised_by: str
    subject_kind: str | None = None
    subject_key: str | None = None
    record_id: UUID | None = None
    version: int | None = None
    rule: str | None = None
    pointer: str | None = None
    evidence: Sequence[Mapping[str, str]] = ()
    case_id: UUID | None = None

    @property
    def jurisdiction(self) -> str:
        """The city whose law decides, six digits."""
        return f"{self.division[:4]}00"


async def upheld(
    tx: Transaction, *, jurisdiction: str, begins: date, ends: date, as_of: datetime
) -> list[UpheldCase]:
    """The findings of [begins, ends) that were upheld by that instant, insurer by insurer."""
    c = finding_case.c
    found = await tx.execute(
        sa.select(*(c[name] for name in UpheldCase.__dataclass_fields__))
        .where(
            c.jurisdiction == jurisdiction,
            c.happened_on >= begins,
            c.happened_on < ends,
            c.state == "upheld",
            c.decided_at <= sa.literal(as_of, INSTANT),
            *within(tx.scope, c.division),
        )
        .order_by(c.insurer, c.happened_on, c.case_id)
    )
    return [UpheldCase(**row) for row in found.mappings()]


async def raise_case(tx: Transaction, new: NewCase) -> UUID:
    """Raise one finding, tell its insurer; raising the same case again changes nothing."""
    case_id = new.case_id or uuid.uuid4()
    fields = ("insurer", "jurisdiction", "division", "category", "origin", "subject_kind", "subject_key", "record_id",
              "version", "rule", "pointer", "clause", "title", "detail", "happened_on", "raised_at", "raised_by")  # fmt: skip
    evidence = [dict(one) for one in new.evidence]
    row = {name: getattr(new, name) for name in fields} | {
        "case_id": case_id,
        "evidence": evidence,
        "state": "open",
    }
    added = await tx.execute(
        insert(finding_case).values(row).on_conflict_do_nothing().returning(finding_case.c.case_id)
    )
    if added.first() is not None:
        await add_step(
            tx,
            row,
            "raised",
            state="open",
            by=new.raised_by,
            words=new.detail,
            evidence=evidence,
            now=new.raised_at,
        )
        await outbox.add(tx, [told("finding.raised", row, new.raised_at)])
    return case_id


def told(kind: str, case: Mapping[str, Any], at: datetime) -> Event:
    """What the insurer's feed says about a finding: where to look, never its words."""
    payload = {
        "finding": str(case["case_id"]),
        "category": case["category"],
        "subject_kind": case["subject_kind"],
        "subject_key": case["subject_key"],
        "rule": case["rule"],
        **({"decision": case["decision"]} if kind == "finding.decided" else {}),
    }
    return Event(kind, case["insurer"], payload, at)


async def add_step(
    tx: Transaction,
    case: Mapping[str, Any],
    step: Step,
    *,
    state: str,
    by: str,
    words: str,
    now: datetime,
    evidence: Sequence[Mapping[str, str]] = (),
) -> None:
    """Write the next step of a case's trail; the caller holds the case."""
    s = finding_step.c
    number = sa.select(sa.func.coalesce(sa.func.max(s.seq), 0) + 1).where(s.case_id == case["case_id"])
    row = {
        "case_id": case["case_id"],
        "seq": number.scalar_subquery(),
        "insurer": case["insurer"],
        "division": case["division"],
        "step": step,
        "state": state,
        "at": now,
        "by": by,
        "words": words,
        "evidence": [dict(one) for one in evidence],
    }
    await tx.execute(insert(finding_step).values(row))


async def held(tx: Transaction, case_id: UUID) -> dict[str, Any] | None:
    """The case, locked to the end of the transaction; None when it is absent or outside the scope."""
    c = finding_case.c
    found = await tx.execute(
        sa.select(finding_case).where(c.case_id == case_id, *within(tx.scope, c.division)).with_for_update()
    )
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def change(tx: Transaction, case_id: UUID, **values: Any) -> None:
    """Write how a held case stands now."""
    await tx.execute(finding_case.update().values(**values).where(finding_case.c.case_id == case_id))
