"""WHAT are a report's figures as of an instant? The regulators' own answers, put together by the kind's recipe.

Derived again for the same instant they are the same bytes, whatever was corrected since: every question is asked as
of that instant, and what insurers and the issuer were called then is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ajx_gateway.deadlines import Calendar
from ajx_gateway.errors import NotFound
from ajx_gateway.identity import Caller, Scope, scope_of
from ajx_gateway.oversight import aggregates, report_others, timeliness
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.periods import Period
from ajx_gateway.oversight.report_kinds import PLACE, Ask, Clocks, Other, Part, Recipe, period_words
from ajx_gateway.oversight.report_tables import charts_of, of_clocks, of_figures, sentence
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.rendering.figures import Chart, Figures, Section, Table
from ajx_gateway.rendering.figures import Period as PrintedPeriod
from ajx_gateway.store.database import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report is wanted, by whom and as of when; ``names`` are those of an earlier derivation."""

    recipe: Recipe
    period: Period
    caller: Caller
    insurer: str
    as_of: datetime
    issuer: str
    names: Mapping[str, str]

    @property
    def scope(self) -> Scope:
        return scope_of(self.caller)

    @property
    def where(self) -> str:
        return territory_words(self.scope)


async def figures(store: Store, calendar: Calendar, asked: Asked, *, now: datetime) -> Figures:
    """The figures of the report; 404 for an insurer that has no business in the territory."""
    names = dict(asked.names)
    if asked.recipe.of_insurer:
        names = {asked.insurer: await _insurer_name(store, asked, now), **names}
    asked = replace(asked, names=names)
    insurer = names.get(asked.insurer, "")
    sections = tuple([await _section(store, calendar, asked, part, now) for part in asked.recipe.parts])
    last = asked.period.ends - timedelta(days=1)
    return Figures(
        kind=asked.recipe.kind,
        kind_title=asked.recipe.title,
        title=asked.recipe.heading.format(
            where=asked.where, when=period_words(asked.period), insurer=insurer
        ),
        issuer=asked.issuer,
        territory=asked.scope.territory or "",
        territory_title=asked.where,
        insurer=asked.insurer,
        insurer_title=insurer,
        period=PrintedPeriod(asked.period.text, asked.period.begins.isoformat(), last.isoformat()),
        as_of=shown_instant(asked.as_of),
        sections=_numbered(sections),
    )


def names_in(told: Figures) -> dict[str, str]:
    """What insurers were called in these figures, by their codes."""
    found = {told.insurer: told.insurer_title} if told.insurer else {}
    for section in told.sections:
        for table in section.tables:
            if [column.name for column in table.columns[:2]] == ["insurer", "insurer_name"]:
                found |= {str(row[0]): str(row[1]) for row in table.rows if row[0] is not None}
    return found


async def _insurer_name(store: Store, asked: Asked, now: datetime) -> str:
    given = {"measures": "policies", "by": "insurer", "insurer": asked.insurer}
    answer = await aggregates.aggregates_for(store, asked.caller, given, as_of=asked.as_of, now=now)
    if not answer["groups"]:
        raise NotFound("没有这家承保机构，或它在本辖区没有业务。")
    return str(answer["groups"][0]["names"]["insurer"])


async def _section(store: Store, calendar: Calendar, asked: Asked, part: Part, now: datetime) -> Section:
    section = Section(part.name, part.title)
    for question in part.questions:
        if isinstance(question, Ask):
            added = await _asked(store, asked, question, now)
        elif isinstance(question, Clocks):
            added = await _clocks(store, calendar, asked, question, now)
        else:
            added = await _other(store, asked, question, now)
        section = replace(
            section,
            paragraphs=section.paragraphs + added.paragraphs,
            tables=section.tables + added.tables,
            charts=section.charts + added.charts,
        )
    return section


async def _asked(store: Store, asked: Asked, ask: Ask, now: datetime) -> Section:
    by = [_level(asked.scope) if name == PLACE else name for name in ask.by]
    given = {"measures": ",".join(ask.measures), "by": ",".join(by), "period": _span(asked.period, ask.span)}
    if ask.compare:
        given["compare"] = "yoy"
    if asked.insurer:
        given["insurer"] = asked.insurer
    answer = await aggregates.aggregates_for(store, asked.caller, given, as_of=asked.as_of, now=now)
    table = of_figures(ask, answer, asked.names)
    return _told(ask.words, table, charts_of(ask, table), asked)


async def _clocks(store: Store, calendar: Calendar, asked: Asked, ask: Clocks, now: datetime) -> Section:
    given = {"by": ask.by, "period": _span(asked.period, "year")}
    if asked.insurer:
        given["insurer"] = asked.insurer
    answer = await timeliness.deadlines_by(store, calendar, asked.caller, given, now=now, as_of=asked.as_of)
    return _told(ask.words, of_clocks(ask, answer, asked.names), (), asked)


async def _other(store: Store, asked: Asked, question: Other, now: datetime) -> Section:
    frame = report_others.Frame(
        store, asked.caller, asked.period, asked.insurer, asked.as_of, asked.names, _level(asked.scope), now
    )
    return await report_others.PARTS[question.name](frame)


def _told(template: str, table: Table, charts: tuple[Chart, ...], asked: Asked) -> Section:
    said = sentence(template, table, when=period_words(asked.period), where=asked.where)
    return Section("", "", (said,) if said else (), (table,) if table.rows else (), charts)


def _level(scope: Scope) -> str:
    """The next smaller places: a town has none, and is its own."""
    reach = len(scope.territory or "")
    return "city" if reach < 4 else "district" if reach < 6 else "town"


def _span(period: Period, span: str) -> str:
    if span == "period":
        return period.text
    last = period.ends - timedelta(days=1)
    return f"{date(last.year, 1, 1).isoformat()}..{last.isoformat()}"


def _numbered(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Tables and charts are counted through the whole report."""
    tables = charts = 0
    found = []
    for section in sections:
        mine, drawn = [], []
        for table in section.tables:
            tables += 1
            mine.append(replace(table, title=f"表{tables}　{table.title}"))
        for chart in section.charts:
            charts += 1
            drawn.append(replace(chart, title=f"图{charts}　{chart.title}"))
        found.append(replace(section, tables=tuple(mine), charts=tuple(drawn)))
    return tuple(found)
