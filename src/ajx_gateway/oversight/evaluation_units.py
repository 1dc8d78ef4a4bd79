"""WHAT stands behind each item? Units: one late clock, one service, one upheld finding, each with its record."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from ajx_gateway.jurisdictions import clock_titles, profile
from ajx_gateway.jurisdictions.schemes_model import CLOCKS, Item
from ajx_gateway.oversight.shown import shown, shown_instant
from ajx_gateway.store import cases, evaluation_measuring
from ajx_gateway.store.cases import UpheldCase
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.evaluation_measuring import Frame

STATES: Mapping[str, str] = MappingProxyType(
    {
        "overdue": "逾期未完成",
        "met_late": "逾期完成",
        "excused": "已准予免责，不扣分",
        "undetermined": "暂不能确定，不扣分",
        "not_closed": "服务流程未闭环",
        "running": "评价周期尚未结束，不扣分",
        "upheld": "经认定成立",
        "struck": "申诉成立，已撤销扣分",
    }
)
COUNTED = frozenset({"overdue", "met_late", "not_closed", "upheld"})
_WAITING = frozenset({"undetermined", "running"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that an item counts (or tells without counting), and the record in which it is seen."""

    unit_id: UUID
    insurer: str
    source: str
    kind: str | None
    key: str | None
    record_id: UUID | None
    version: int | None
    day: date
    state: str
    clause: str
    title: str
    details: Mapping[str, Any]

    @property
    def counted(self) -> bool:
        return self.state in COUNTED

    @property
    def waiting(self) -> bool:
        return self.state in _WAITING

    def as_dict(self) -> dict[str, Any]:
        """As answers and published scorecards write it."""
        names = ("source", "kind", "key", "record_id", "version", "day", "state", "clause", "title")
        told = {name: shown(getattr(self, name)) for name in names}
        return {
            "unit": str(self.unit_id),
            **told,
            "state_title": STATES[self.state],
            "counted": self.counted,
            **{name: self.details.get(name) for name in _DETAILS},
        }


_DETAILS = ("policy_no", "enterprise_name", "start_on", "due", "met_at", "reasons")
UNIT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("item", "项"),
    ("unit", "编号"),
    ("counted", "计入扣分"),
    ("state_title", "情形"),
    ("title", "名称"),
    ("kind", "记录种类"),
    ("key", "业务号"),
    ("record_id", "记录标识"),
    ("version", "版本"),
    ("day", "归期日"),
    ("policy_no", "保单号"),
    ("enterprise_name", "投保企业"),
    ("start_on", "起算日"),
    ("due", "截止时刻"),
    ("met_at", "完成时刻"),
    ("reasons", "说明"),
    ("clause", "依据"),
)


def _identity(*parts: object) -> UUID:
    return UUID(bytes=hashlib.sha256("\n".join(map(str, parts)).encode()).digest()[:16])


async def units_of(
    tx: Transaction, items: Sequence[Item], jurisdiction: str, frame: Frame
) -> dict[str, list[Unit]]:
    """Per source that these items count: its units, all insurers', in the order of their days."""
    sources = {source for item in items if item.how == "each" for source in item.sources}
    clocks = sorted(source.removeprefix(CLOCKS) for source in sources if source.startswith(CLOCKS))
    found: dict[str, list[Unit]] = defaultdict(list)
    if clocks:
        for unit in await _of_clocks(tx, frame, clocks):
            found[unit.source].append(unit)
    if "services:not_closed" in sources:
        found["services:not_closed"] = await _of_services(tx, frame)
    if any(source.startswith("cases:") for source in sources):
        upheld = await cases.upheld(
            tx, jurisdiction=jurisdiction, begins=frame.begins, ends=frame.ends, as_of=frame.as_of
        )
        for case in upheld:
            found[f"cases:{case.category}"].append(_of_case(case))
    return found


async def _of_clocks(tx: Transaction, frame: Frame, clocks: Sequence[str]) -> list[Unit]:
    rows = await evaluation_measuring.late(tx, frame, clocks)
    records: dict[str, Mapping[UUID, Mapping[str, Any]]] = {}
    for kind in ("policy", "claim"):
        ids = [row["subject_id"] for row in rows if row["subject_kind"] == kind]
        records[kind] = await evaluation_measuring.states_at(tx, kind, ids, frame.as_of) if ids else {}
    titles, reports = clock_titles(), await evaluation_measuring.discharging(tx, rows)
    return [
        _of_report(_of_clock(row, {}, titles), reports.get(row["clock_id"]))
        if row["subject_kind"] == "insurer"
        else _of_clock(row, records.get(row["subject_kind"], {}).get(row["subject_id"], {}), titles)
        for row in rows
    ]


def _of_report(unit: Unit, report: Mapping[str, Any] | None) -> Unit:
    """A report that came late is opened itself; of one that never came there is only the period."""
    return unit if report is None else replace(unit, kind="annual_report", **report)


def _of_clock(row: Mapping[str, Any], record: Mapping[str, Any], titles: Mapping[str, str]) -> Unit:
    spec = profile(row["jurisdiction"], row["start_on"]).clock(row["clock"])
    policy_no = row["subject_key"] if row["subject_kind"] == "policy" else record.get("policy_no")
    return Unit(
        unit_id=_identity("clock", row["clock_id"]),
        insurer=row["insurer"],
        source=f"{CLOCKS}{row['clock']}",
        kind=row["subject_kind"],
        key=row["period"] if row["subject_kind"] == "insurer" else row["subject_key"],
        record_id=row["subject_id"] if record else None,
        version=record.get("version"),
        day=row["day"],
        state=row["state"],
        clause=spec.clause if spec else "",
        title=titles.get(row["clock"], row["clock"]),
        details={
            "policy_no": policy_no,
            "enterprise_name": record.get("enterprise_name"),
            "start_on": row["start_on"].isoformat(),
            "due": shown_instant(row["due"]) if row["due"] else None,
            "met_at": shown_instant(row["met_at"]) if row["met_at"] else None,
        },
    )


async def _of_services(tx: Transaction, frame: Frame) -> list[Unit]:
    state = "not_closed" if evaluation_measuring.ended(frame) else "running"
    return [
        Unit(
            unit_id=_identity("service", row["record_id"]),
            insurer=row["insurer"],
            source="services:not_closed",
            kind="service",
            key=row["key"],
            record_id=row["record_id"],
            version=row["version"],
            day=row["started_on"],
            state=state,
            clause="",
            title="事故预防服务",
            details={"policy_no": row["policy_no"], "reasons": _reasons(row)},
        )
        for row in await evaluation_measuring.not_closed(tx, frame)
    ]


def _reasons(row: Mapping[str, Any]) -> str:
    told = ["未经双方确认"] if row["unconfirmed"] else []
    if row["unplanned"]:
        told.append("没有已提交的服务计划")
    if row["hazards"]:
        told.append(f"隐患未跟踪到底：{'、'.join(row['hazards'])}")
    return "；".join(told)


def _of_case(case: UpheldCase) -> Unit:
    return Unit(
        unit_id=_identity("case", case.case_id),
        insurer=case.insurer,
        source=f"cases:{case.category}",
        kind=case.subject_kind,
        key=case.subject_key,
        record_id=case.record_id,
        version=case.version,
        day=case.happened_on,
        state="upheld",
        clause=case.clause,
        title=case.title,
        details={
            "policy_no": case.subject_key if case.subject_kind == "policy" else None,
            "reasons": f"问题 {case.case_id}，{shown_instant(case.decided_at)} 认定成立",
        },
    )


def behind(item: Item, sources: Mapping[str, Sequence[Unit]], insurer: str) -> list[Unit]:
    """The units of one item and insurer, by day; where the item counts subjects, each subject once."""
    units = [
        replace(unit, clause=unit.clause or item.clause)
        for source in item.sources
        for unit in sources.get(source, ())
        if unit.insurer == insurer
    ]
    if item.per == "subject":
        units = _once_each(units)
    return sorted(units, key=lambda unit: (unit.day, unit.unit_id.int))


def _once_each(units: Sequence[Unit]) -> list[Unit]:
    """Of several units about one subject the first one that counts, else the first one."""
    kept: dict[object, Unit] = {}
    for unit in units:
        subject = (unit.kind, unit.key) if unit.key else unit.unit_id
        earlier = kept.get(subject)
        if earlier is None or (unit.counted and not earlier.counted):
            kept[subject] = unit
    return list(kept.values())
