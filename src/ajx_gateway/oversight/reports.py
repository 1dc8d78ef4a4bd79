"""WHICH reports go out, and do their figures still follow? Made, listed, read, laid out, derived again.

A report freezes the figures of an instant. Its files are laid out from the frozen figures; to check it, they are
derived again for that instant and compared byte by byte, and beside that for today: what was restated since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from ajx_gateway.deadlines import SHANGHAI, Calendar, due, midnight
from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.jurisdictions import profile
from ajx_gateway.oversight import asking, report_kinds
from ajx_gateway.oversight.admission import admitted, territory_words
from ajx_gateway.oversight.report_changes import Difference, differences
from ajx_gateway.oversight.report_figures import Asked, figures, names_in
from ajx_gateway.oversight.shown import shown, shown_instant
from ajx_gateway.rendering.figures import Figures, canonical, digest
from ajx_gateway.rendering.figures import read as read_figures
from ajx_gateway.rendering.seal import Seal
from ajx_gateway.store import clocks, cursors, reports
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store
from ajx_gateway.store.reports import NewReport, Place

FileForm = Literal["docx", "pdf", "xlsx"]
# A push that was received before an instant has been committed, or given up, when this much time has passed: figures
# of that instant cannot change any more. It covers waiting for a turn and every bounded statement of a push.
SETTLING = timedelta(minutes=5)
_MAKERS = frozenset({"regulator", "adviser"})
_ABSENT = "没有这份报告，或它不在本辖区。"


@dataclass(frozen=True, slots=True)
class Press:
    """Where this installation keeps its own templates and fonts (None: the shipped, the machine's)."""

    templates: Path | None = None
    fonts: Path | None = None


async def make(
    store: Store,
    calendar: Calendar,
    caller: Caller,
    kind: str,
    period: str,
    *,
    insurer: str | None,
    as_of: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """Freeze the figures of a report as its next edition, as of ``as_of`` (the latest settled instant by default)."""
    scope = admitted_to_reports(caller)
    if caller.role not in _MAKERS:
        raise Forbidden("只有监管部门和保险顾问可以编制报告。")
    asked = asked_of(caller, kind, period, insurer=insurer, as_of=as_of, now=now)
    made = await figures(store, calendar, asked, now=now)
    new = frozen(made, asked, now)
    async with store.writing(scope) as tx:
        row = await reports.add(tx, new)
    return {**_told(row, scope), "links": _links(row["report_id"])}


def admitted_to_reports(caller: Caller) -> Scope:
    """The caller's scope; 403 for roles that may not see single enterprises: a cell of a report may be about one."""
    scope = admitted(caller)
    if not scope.may_see_enterprises:
        raise Forbidden("报告中的数字可能只涉及个别企业，数据顾问和网关运维不能编制或查看报告。")
    return scope


def asked_of(
    caller: Caller, kind: str, period: str, *, insurer: str | None, as_of: datetime | None, now: datetime
) -> Asked:
    """The request, read and checked: 404 for an unknown kind, 422 for what does not fit it."""
    recipe = report_kinds.recipe_of(kind)
    wanted = report_kinds.period_of(recipe, period)
    if bool(insurer) != recipe.of_insurer:
        told = "须用 insurer 指明承保机构。" if recipe.of_insurer else "不分承保机构，不能指定 insurer。"
        raise Unprocessable(f"{recipe.title}{told}", parameter="insurer")
    asking.filters_of({"insurer": insurer or ""})
    settled = (now - SETTLING).replace(microsecond=0)
    if as_of is not None and as_of > settled:
        raise Unprocessable(
            f"as_of 须不晚于 {shown_instant(settled)}：此后受理的报送可能尚在入库，数字还会变化。",
            parameter="as_of",
        )
    instant = as_of or settled
    if instant < midnight(wanted.begins):
        raise Unprocessable("数据时点早于报告期间，尚无数据可报。", parameter="period")
    return Asked(recipe, wanted, caller, insurer or "", instant, caller.title, {})


def frozen(made: Figures, asked: Asked, now: datetime) -> NewReport:
    """The row that keeps these figures."""
    written = canonical(made)
    return NewReport(
        kind=made.kind,
        territory=made.territory,
        insurer=made.insurer,
        period=made.period.name,
        title=made.title,
        as_of=asked.as_of,
        figures=written,
        digest=digest(written),
        made_by=asked.caller.name,
        made_role=asked.caller.role,
        made_at=now,
    )


async def report_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the reports of the territory, newest first."""
    scope = admitted_to_reports(caller)
    kind = given.get("kind") or None
    if kind is not None:
        asking.one_of("kind", kind, report_kinds.titles())
    limit = asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), given, now)
    at = cursor.as_of if cursor else now
    after = Place(cursors.instant_of(cursor) or at, cursor.row) if cursor else None
    async with store.reading(scope) as tx:
        rows = await reports.page(tx, kind, given.get("period") or None, after, limit + 1, now=at)
    end = rows[limit - 1] if len(rows) > limit else None
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "items": [_item(row) for row in rows[:limit]],
        "next": cursors.written(Cursor(at, end["made_at"].isoformat(), end["report_id"]), given)
        if end
        else None,
    }


async def report(store: Store, calendar: Calendar, caller: Caller, report_id: UUID) -> dict[str, Any]:
    """A report with its frozen figures and the deadline of the law that it stands under."""
    scope = admitted_to_reports(caller)
    row = await _found(store, scope, report_id)
    return {
        **_told(row, scope),
        "deadline": await _deadline(store, calendar, scope, row),
        "links": _links(report_id),
        "figures": asdict(read_figures(row["figures"])),
    }


async def layout(store: Store, caller: Caller, report_id: UUID) -> tuple[Figures, Seal]:
    """What a file of the report is laid out from."""
    row = await _found(store, admitted_to_reports(caller), report_id)
    return read_figures(row["figures"]), seal_of(row)


def seal_of(row: Mapping[str, Any]) -> Seal:
    """The seal that every file of the report carries."""
    return Seal(
        report_id=row["report_id"],
        digest=row["digest"],
        kind=row["kind"],
        period=row["period"],
        edition=row["edition"],
        as_of=shown_instant(row["as_of"]),
        made_at=row["made_at"].astimezone(SHANGHAI),
    )


def laid_out(told: Figures, seal: Seal, form: FileForm, press: Press) -> bytes:
    """The file; heavy work for a thread. 503 when PDF lacks a Chinese font; Word goes without charts then.

    What lays out is loaded with the first report: a server process that makes none is smaller by a tenth without it.
    """
    from ajx_gateway.rendering import fonts, pdf, word, workbook

    if form == "xlsx":
        return workbook.to_xlsx(told, seal)
    if form == "pdf":
        return pdf.to_pdf(told, seal, fonts.faces(press.fonts), templates=press.templates)
    return word.to_docx(told, seal, fonts.faces_or_none(press.fonts), templates=press.templates)


async def check(
    store: Store,
    calendar: Calendar,
    caller: Caller,
    report_id: UUID,
    *,
    file_digest: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Derive the figures again for their instant and for today; what differs, figure by figure."""
    scope = admitted_to_reports(caller)
    row = await _found(store, scope, report_id)
    told = read_figures(row["figures"])
    again = await figures(store, calendar, _again(row, told, row["as_of"]), now=now)
    today = await figures(store, calendar, _again(row, told, now), now=now)
    written = canonical(again)
    wrong = differences(told, again)
    kept = digest(row["figures"]) == row["digest"]
    named = file_digest in (None, row["digest"])
    return {
        **_told(row, scope),
        "checked_at": shown_instant(now),
        "digest_again": digest(written),
        "equal": written == row["figures"] and kept and named,
        "stored_intact": kept,
        "file_matches": named,
        # Every figure is the same; byte for byte too, unless a later release words a definition otherwise.
        "sound": kept and named and not wrong,
        "verdict": _verdict(wrong, kept=kept, named=named, same=written == row["figures"]),
        "differences": [each.as_dict() for each in wrong],
        "restatements": [each.as_dict() for each in differences(told, today)],
    }


def _verdict(wrong: list[Difference], *, kept: bool, named: bool, same: bool) -> str:
    if not named:
        return "文件中的校验码与网关留存的报告不符：文件不是本报告的原件，或已被改动。"
    if not kept:
        return "网关留存的报告数字与其校验码不符：留存数据已被改动。"
    if wrong:
        return f"按同一数据时点重新推算，有{len(wrong)}处数字不同：留存数据或历史记录已被改动，或有报送迟至此后才入库。"
    return (
        "按同一数据时点重新推算，数字逐字节一致。"
        if same
        else "按同一数据时点重新推算，数字全部一致，仅文字说明随版本有所修订。"
    )


def _again(row: Mapping[str, Any], told: Figures, as_of: datetime) -> Asked:
    """The question that the report answered: in its maker's role, of its territory, with the names of then."""
    recipe = report_kinds.recipe_of(row["kind"])
    caller = Caller(row["made_by"], row["made_role"], told.issuer, territory=row["territory"] or None)
    period = report_kinds.period_of(recipe, row["period"])
    return Asked(recipe, period, caller, row["insurer"], as_of, told.issuer, names_in(told))


async def _found(store: Store, scope: Scope, report_id: UUID) -> Mapping[str, Any]:
    async with store.reading(scope) as tx:
        row = await reports.find(tx, report_id)
    if row is None:
        raise NotFound(_ABSENT)
    return row


async def _deadline(
    store: Store, calendar: Calendar, scope: Scope, row: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The law's deadline for such a report of the place, None where it has none."""
    recipe = report_kinds.recipe_of(row["kind"])
    period = report_kinds.period_of(recipe, row["period"])
    last = period.ends - timedelta(days=1)
    spec = profile(row["territory"].ljust(6, "0"), last).clock(recipe.clock) if recipe.clock else None
    if spec is None or not row["territory"]:
        return None
    async with store.reading(scope) as tx:
        falls = due(spec, period.begins, calendar, await clocks.outages(tx))
    return {
        "clock": spec.name,
        "clock_title": spec.title,
        "responsible": spec.responsible,
        "due": shown_instant(falls.due),
        "provisional": falls.provisional,
        "on_time": row["made_at"] < falls.due,
        "clause": spec.clause,
    }


def _told(row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    return {"scope": territory_words(scope), **_item(row)}


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: shown(value) for name, value in row.items() if name != "figures"}
    return told | {"kind_title": report_kinds.recipe_of(row["kind"]).title, "code": seal_of(row).code}


def _links(report_id: UUID) -> dict[str, str]:
    base = f"/v1/oversight/reports/{report_id}"
    return {
        "figures": base,
        **{form: f"{base}.{form}" for form in ("docx", "pdf", "xlsx")},
        "check": f"{base}/check",
    }
