"""WHO must insure? The regulators' roster: files judged and taken over, lists, and the history of an enterprise."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import (
    admitted_to_enterprises,
    admitted_to_lists,
    territory_words,
)
from ajx_gateway.oversight.roster_file import COLUMNS, Column, Form, Sheet
from ajx_gateway.oversight.roster_rows import Finding, judged
from ajx_gateway.oversight.shown import local_date, shown, shown_instant
from ajx_gateway.standard import codes
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import cursors, roster, roster_evidence
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store
from ajx_gateway.store.roster import Filing, Outcome, Place, Wanted

ABSENT = "名录中没有这家单位，或它不在本辖区。"
# A JSON answer names the first findings; the returned workbook marks every row.
SHOWN_FINDINGS = 1000
SHOWN_ENDED = 1000
ERROR_COLUMN = "错误说明"
_LISTED = (
    "uscc", "name", "division", "address", "industry", "sector_tags", "employee_count", "employee_counted_on",
    "size", "effective_from", "effective_to", "source", "recorded_at", "recorded_by", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be taken: drop what it no longer names, keep sound rows beside faulty ones, only look."""

    replace: bool = False
    partial: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of a file: the answer, the sheet as it came, and every finding."""

    answer: dict[str, Any]
    sheet: Sheet
    findings: Sequence[Finding]

    @property
    def status(self) -> int:
        return 422 if self.answer["verdict"] == "rejected" else 200


def may_file(caller: Caller) -> Scope:
    """The scope of a regulator who keeps the roster of its territory; 403 for everybody else."""
    scope = admitted_to_lists(caller)
    if caller.role != "regulator":
        raise Forbidden("只有辖区内的监管部门可以维护应保名录。")
    return scope


async def upload(
    store: Store, caller: Caller, body: bytes, sheet: Sheet, form: Form, options: Options, *, now: datetime
) -> Upload:
    """Judge every row and take the file over, in one transaction; a faulty row refuses all, unless ``partial``."""
    scope, today = may_file(caller), local_date(now)
    territory = scope.territory or ""
    # A hundred thousand rows take seconds: other callers must not wait for them.
    entries, findings = await asyncio.to_thread(judged, sheet.rows, territory, today)
    rejected = len({finding.row for finding in findings})
    if options.replace and findings and options.partial:
        raise Unprocessable(
            "replace 与 partial 不能用于有错误的文件：未通过的行会被当作已移出名录。请先改正全部错误。",
            findings_total=len(findings),
            findings=[finding.as_dict() for finding in findings[:100]],
        )
    outcome = None
    if entries and (not findings or options.partial):
        filing = Filing(
            filed_by=caller.name,
            territory=territory,
            media=form,
            file_sha256=hashlib.sha256(body).hexdigest(),
            file_bytes=len(body),
            rejected=rejected,
            replace=options.replace,
        )
        last_day = today - timedelta(days=1)
        async with store.writing(scope) as tx:
            outcome = await roster.file(
                tx, filing, entries, last_day=last_day, now=now, dry_run=options.dry_run
            )
    answer = _answer(scope, sheet, findings, outcome, rejected, options, now)
    answer["sources"] = sorted({entry.source for entry in entries})
    return Upload(answer, sheet, findings)


def _answer(
    scope: Scope,
    sheet: Sheet,
    findings: Sequence[Finding],
    outcome: Outcome | None,
    rejected: int,
    options: Options,
    now: datetime,
) -> dict[str, Any]:
    taken = outcome or Outcome(None, 0, 0, 0, ())
    verdict: Literal["accepted", "partial", "rejected"] = "accepted"
    if findings:
        verdict = "partial" if outcome else "rejected"
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "filing": str(taken.filing_id) if taken.filing_id else None,
        "verdict": verdict,
        "dry_run": options.dry_run,
        "counts": {
            "rows": len(sheet.rows),
            "created": taken.created,
            "updated": taken.updated,
            "unchanged": taken.unchanged,
            "ended": len(taken.ended),
            "rejected": rejected,
        },
        "ended": list(taken.ended[:SHOWN_ENDED]),
        "findings_total": len(findings),
        "findings": [finding.as_dict() for finding in findings[:SHOWN_FINDINGS]],
        "message": _words(verdict, options),
    }


def _words(verdict: str, options: Options) -> str:
    if verdict == "rejected":
        return "文件有错误，全部未入库；请按说明改正后重新提交，或用 partial=true 先存入无误的行。"
    kept = "试算，未写入。" if options.dry_run else "已入库。"
    if options.replace:
        kept += "文件中不再出现的同一来源的单位已移出名录（自今日起），见 ended。"
    return kept + ("有错误的行未入库。" if verdict == "partial" else "")


def returned(given: Upload) -> tuple[list[list[object]], str]:
    """The same file with the error column, as lines from its header on; and what it is called."""
    words: dict[int, list[str]] = {}
    for finding in given.findings:
        words.setdefault(finding.row, []).append(finding.words)
    lines: list[list[object]] = []
    for number, line in enumerate(given.sheet.lines[given.sheet.head + 1 :], start=given.sheet.head + 2):
        lines.append([*(_cell(cell) for cell in line), "；".join(words.get(number, ()))])
    return lines, "名录（附错误说明）"


def _cell(cell: object) -> object:
    if isinstance(cell, float) and abs(cell) < 10**15 and cell == int(cell):
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if (cell.hour, cell.minute) == (0, 0) else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date) else cell


def template() -> dict[str, Any]:
    """The columns of the template and how each is filled."""
    return {
        "columns": [(c.name, c.title + ("*" if c.required else "")) for c in COLUMNS],
        "definition": "；".join(_explained(c) for c in COLUMNS)
        + "。带*的列必填；同一来源的同一单位只占一行。",
    }


def _explained(column: Column) -> str:
    example = f"，如 {column.example}" if column.example else ""
    return f"{column.title}：{column.expected}{example}"


async def roster_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the entries in force on a day (today unless ``on`` says otherwise; ``on=all``: all)."""
    scope, limit = admitted_to_enterprises(caller), asking.page_size(given.get("limit"))
    wanted = _wanted(given, now)
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    after = Place(cursor.sort or "", cursor.row) if cursor else None
    async with store.reading(scope) as tx:
        rows = await roster.page(tx, wanted, after, limit + 1, as_of=at)
    more, rows = len(rows) > limit, rows[:limit]
    end = rows[-1] if more else None
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "on": wanted.on.isoformat() if wanted.on else None,
        "items": [{"entry_id": str(row["entry_id"]), **entry(row)} for row in rows],
        "next": cursors.written(Cursor(at, end["uscc"], end["entry_id"]), given) if end else None,
    }


def _wanted(given: Mapping[str, str], now: datetime) -> Wanted:
    filters = asking.filters_of({n: given.get(n, "") for n in ("district", "town", "sector")})
    on = None if given.get("on") == "all" else day_of(given.get("on"), "on") or local_date(now)
    source = given.get("source") or None
    return Wanted(on, filters.district, filters.town, filters.sector, source)


def day_of(text: str | None, name: str) -> date | None:
    """A day among the query parameters."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if len(text) != 10 or not date(1990, 1, 1) <= found <= date(2200, 12, 31):
        raise Unprocessable(f"{name} 应为 1990 至 2200 年的日期，例如 2023-12-31。", parameter=name)
    return found


def entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as lists show it, with the words beside its codes."""
    item = {name: shown(row[name]) for name in _LISTED}
    return item | {
        "division_name": place_words(row["division"]),
        "sector_titles": [codes.title("sector_tag", tag) for tag in row["sector_tags"]],
        "size_title": codes.title("enterprise_size", row["size"]) if row["size"] else None,
    }


async def history(store: Store, caller: Caller, uscc: str, *, now: datetime) -> dict[str, Any]:
    """Every state of an enterprise's entries with the file behind each, and the evidence about it."""
    scope = admitted_to_enterprises(caller)
    async with store.reading(scope) as tx:
        states = await roster.states_of(tx, uscc)
        if not states:
            raise NotFound(ABSENT)
        proofs = await roster_evidence.of_enterprises(tx, [uscc])
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "uscc": uscc,
        "items": [_state(row) for row in states],
        "evidence": [{name: shown(value) for name, value in row.items()} for row in proofs],
    }


def _state(row: Mapping[str, Any]) -> dict[str, Any]:
    told = ("entry_id", "filing_id", "file_sha256", "superseded_at")
    return {**entry(row), **{name: shown(row[name]) for name in told}}
