"""WHICH reports are due now and not made? The worker makes each once, before the law's day, from settled figures.

A report of a period is made when its deadline comes near (the clock's own ``due_soon_days``), as of the midnight before.
Only the latest period that has ended, and none that is long overdue: a gateway that starts today writes no old reports.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ajx_gateway.deadlines import Calendar, PeriodClock, due, midnight, period_clocks
from ajx_gateway.identity import Caller, system_scope
from ajx_gateway.jurisdictions import all_jurisdictions, profile
from ajx_gateway.oversight.periods import Period, parse
from ajx_gateway.oversight.report_figures import figures
from ajx_gateway.oversight.report_kinds import RECIPES, Recipe
from ajx_gateway.oversight.reports import SETTLING, asked_of, frozen
from ajx_gateway.oversight.shown import local_date
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import reports
from ajx_gateway.store.database import Store

log = logging.getLogger("ajx_gateway.reports")
MAKER = "schedule"
# A gateway that was away so long leaves what fell due meanwhile to people.
LONG_OVERDUE = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Planned:
    """A report that a place's law asks for, and from when to when it is made by itself."""

    recipe: Recipe
    territory: str
    period: Period
    begins: datetime
    ends: datetime


def planned(calendar: Calendar, now: datetime) -> Iterator[Planned]:
    """The latest ended period of each kind under the law of each place, whether it is time or not."""
    today = local_date(now)
    for code in all_jurisdictions():
        for recipe in RECIPES.values():
            clock = _latest(code, recipe, today.year, now)
            if clock is None or clock.spec.jurisdiction != code:
                continue
            falls = due(clock.spec, clock.begins_on, calendar)
            begins = max(
                midnight(clock.ends_on + timedelta(days=1)),
                falls.due - timedelta(days=clock.spec.due_soon_days),
            )
            yield Planned(recipe, place_of(code), parse(clock.period), begins, falls.due + LONG_OVERDUE)


def _latest(code: str, recipe: Recipe, year: int, now: datetime) -> PeriodClock | None:
    if recipe.clock is None:
        return None
    ended = [
        clock
        for each in (year - 1, year)
        for clock in period_clocks(profile(code, local_date(now)), each)
        if clock.spec.name == recipe.clock and midnight(clock.ends_on + timedelta(days=1)) <= now
    ]
    return ended[-1] if ended else None


def place_of(code: str) -> str:
    """The beginning that all codes of the place share."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


async def make_due(store: Store, calendar: Calendar, now: datetime) -> int:
    """Make what is due and not made; how many. Two workers make each once."""
    made = 0
    for each in planned(calendar, now):
        if each.begins <= now < each.ends:
            made += await _make(store, calendar, each, now)
    return made


async def _make(store: Store, calendar: Calendar, each: Planned, now: datetime) -> bool:
    """Figures of an instant after the period's end; an edition made by hand since then is as good."""
    scope = system_scope("make scheduled reports")
    kind, ended = each.recipe.kind, midnight(each.period.ends)
    async with store.reading(scope) as tx:
        if await reports.made_since(tx, kind, each.territory, each.period.text, ended):
            return False
    title = f"{place_words(each.territory)}安全生产责任保险数据网关（自动编制）"
    caller = Caller(MAKER, "regulator", title, territory=each.territory)
    as_of = midnight(local_date(now - SETTLING))
    if as_of < ended:  # the very first minutes after the period
        return False
    asked = asked_of(caller, kind, each.period.text, insurer=None, as_of=as_of, now=now)
    told = await figures(store, calendar, asked, now=now)
    async with store.writing(scope) as tx:
        row = await reports.add_once(tx, frozen(told, asked, now), ended)
    if row is not None:
        log.info("%s %s %s made", kind, each.territory, each.period.text)
    return row is not None
