"""Which portfolio shows the clocks of 宿州 in 2024: in time, late, never, excused, void?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from heapq import merge
from random import Random

from ajx_gateway.demo import cases, places, trades
from ajx_gateway.demo.documents import policy_pdf
from ajx_gateway.demo.faults import Spoiler
from ajx_gateway.demo.funds import pooled
from ajx_gateway.demo.identities import SUZHOU_INSURERS, Insurer
from ajx_gateway.demo.planning import (
    declare_sizes,
    enterprises,
    new_cover,
    number_covers,
    signing_day,
    spread_persons,
    spread_premium,
)
from ajx_gateway.demo.portfolio import Body, Cover, Push, later
from ajx_gateway.demo.quality import QUALITY, Quality
from ajx_gateway.demo.reports import quarter_bounds, report
from ajx_gateway.demo.suzhou_stories import Fate, suzhou_story
from ajx_gateway.demo.timeline import Timeline, document, excuse, month_start_after

HORIZON = date(2025, 3, 31)
REGULATOR, REVIEWER = "suzhou-city", "suzhou-reviewer"
YEAR_START = date(2024, 1, 1)
PREMIUM_PER_PERSON = 71_200

# A day with the cover signed on it, or with what an insurer then does ("report", "pooled").
Event = tuple[date, Cover | tuple[str, Insurer]]


@dataclass(slots=True)
class Plan:
    """Covers in the order of signing, and what becomes of each (by policy number)."""

    covers: list[Cover]
    fates: dict[str, Fate] = field(default_factory=dict)


@cache
def plan(seed: int = 2024) -> Plan:
    """Covers by insurer, and for each the clocks it keeps or misses."""
    rng = Random(seed)
    covers: list[Cover] = []
    for index, insurer in enumerate(SUZHOU_INSURERS):
        count = QUALITY[insurer.letter].covers
        firms = enterprises(
            rng, count, places.SUZHOU, trades.SUZHOU, first_serial=60_001 + 1_000 * index, spread=1.05
        )
        covers += [new_cover(rng, insurer, firm, _signing_day(rng), "") for firm in firms]
    covers.sort(key=lambda cover: (cover.signed_on, cover.enterprise.serial))
    number_covers(covers, "AH")
    for cover in covers:
        cover.fund_percent = 12
        cover.death_limit = min(cover.death_limit, 1_000_000)
    persons = round(sum(cover.enterprise.crew for cover in covers))
    spread_persons(covers, persons)
    declare_sizes(rng, covers, medium_from=20, large_from=150, unknown=0.02)
    fates = {cover.number: Fate() for cover in covers}
    for insurer in SUZHOU_INSURERS:
        own = [cover for cover in covers if cover.insurer is insurer]
        _fates(rng, own, QUALITY[insurer.letter], fates)
    spread_premium(rng, covers, persons * PREMIUM_PER_PERSON)
    return Plan(covers, fates)


def _signing_day(rng: Random) -> date:
    """Business after the day of the annual report belongs to the next year's, which this portfolio does not show."""
    while (day := signing_day(rng, 2024)) > date(2024, 12, 15):
        pass
    return day


def _fates(rng: Random, covers: list[Cover], quality: Quality, fates: dict[str, Fate]) -> None:
    """Give out the failures; the covers that fail are drawn, how many is fixed."""
    deck = rng.sample(covers, len(covers))
    timely = [cover for cover in deck if date(2024, 1, 10) < cover.signed_on < date(2024, 11, 15)]
    big = [cover for cover in timely if cover.size in {"large", "medium"}]
    small = [cover for cover in timely if cover.size in {"small", "micro"}]
    for count, kind in (
        (quality.excuse_upheld, "upheld"),
        (quality.excuse_dismissed, "dismissed"),
        (quality.first_late, "late"),
        (quality.first_never, "never"),
    ):
        for cover in _take(big, count):
            fates[cover.number].service = kind
    for count, kind in ((quality.service_late, "late"), (quality.service_never, "never")):
        for cover in _take(small, count):
            fates[cover.number].service = kind
    for cover in _take([cover for cover in timely if cover.size is None], quality.service_never // 8):
        fates[cover.number].service = "never"
    for cover in _take(small, quality.unconfirmed):
        fates[cover.number].unconfirmed = True
    for cover in _take(small, max(1, quality.covers // 110)):
        # Ended on the 20th day, before the 45 days are over and before any service.
        cover.cancelled_on = later(cover.effective_on, 12)
        fates[cover.number].service = "cancelled"
    papers = [cover for cover in timely if fates[cover.number].service != "cancelled"]
    for cover in _take(papers, quality.paper_late):
        fates[cover.number].paper = "late"
    for cover in _take(papers, quality.paper_never):
        fates[cover.number].paper = "never"


def _take(deck: list[Cover], count: int) -> list[Cover]:
    taken, deck[:] = deck[:count], deck[count:]
    return taken


def _release(insurer: Insurer, collection: str, day: date) -> date:
    """Policies and claims leave every sixth day, services twice a month, ledgers monthly, reports at once."""
    if collection == "annual-reports":
        return later(day, 1)
    if collection in {"policies", "claims"}:
        return later(YEAR_START, ((day - YEAR_START).days // 6 + 1) * 6)
    if collection in {"service-plans", "services"} and day.day < 16:
        return day.replace(day=16)
    return month_start_after(day)


def pushes() -> Iterator[Push]:
    """The whole portfolio in the order of receipt."""
    timeline = Timeline(_release, HORIZON, Spoiler(share=0.012))
    planned = plan()
    results = {letter: quality.result_late for letter, quality in QUALITY.items()}
    for push in cases.pushes(planned.covers):
        timeline.add_single(push)
    signings: Iterator[Event] = ((cover.signed_on, cover) for cover in planned.covers)
    for day, what in merge(signings, _milestones(), key=lambda event: event[0]):
        yield from timeline.until(day)
        if not isinstance(what, Cover):
            _milestone(timeline, day, *what)
            continue
        fate, letter = planned.fates[what.number], what.insurer.letter
        story = list(suzhou_story(what, fate, QUALITY[letter], results, HORIZON))
        timeline.add(what.insurer, story)
        _paper(timeline, what, fate)
        _excuse(timeline, what, fate)
    yield from timeline.until(later(HORIZON, 60))


def _milestones() -> list[Event]:
    """Annual reports on each insurer's day, pooled spends at the end of the year."""
    found: list[Event] = [(date(2024, 12, 28), ("pooled", insurer)) for insurer in SUZHOU_INSURERS]
    for insurer in SUZHOU_INSURERS:
        report_on = QUALITY[insurer.letter].report_on
        if report_on:
            found.append((report_on, ("report", insurer)))
    return sorted(found, key=lambda event: event[0])


def _milestone(timeline: Timeline, day: date, kind: str, insurer: Insurer) -> None:
    tally = timeline.tallies[insurer.identity]
    if kind == "report":
        timeline.add(insurer, [report(insurer, tally, 2024, day)])
        return
    first, last = quarter_bounds(2024, 1)[0], quarter_bounds(2024, 4)[1]
    funds = sum(cover.fund for cover in plan().covers if cover.insurer is insurer)
    waiting = timeline.waiting_spends(insurer, last)
    missing = funds * QUALITY[insurer.letter].used // 100 - tally.total("fund_spent", first, last) - waiting
    if missing > 0:
        timeline.add(insurer, [pooled(insurer, "341302", day, missing)])


def _paper(timeline: Timeline, cover: Cover, fate: Fate) -> None:
    """The electronic policy: with the batch of its policy, weeks later, or never."""
    if fate.paper == "never":
        return
    day = _release(cover.insurer, "policies", later(cover.signed_on, 1))
    if fate.paper == "late":
        day = later(cover.signed_on, 19 + cover.enterprise.serial % 25)
    timeline.add_single(document(cover.insurer, cover.number, policy_pdf(cover.number), day))


def _excuse(timeline: Timeline, cover: Cover, fate: Fate) -> None:
    """An excuse filed when the first service is overdue, and the decision of two of the city ten days later."""
    if fate.service not in {"upheld", "dismissed"}:
        return
    filed_on = later(cover.effective_on, 58)
    upheld = fate.service == "upheld"
    reason = "投保企业停产搬迁，多次预约均谢绝入场（虚构）" if upheld else "服务机构排期紧张（虚构）"
    body: Body = {
        "reason_code": "enterprise_refused" if upheld else "other",
        "reason": reason,
        "evidence": [],
    }
    timeline.add_single(excuse(cover.insurer, cover.number, filed_on, body))
    ruling = {
        "decision": fate.service,
        "reason": "情况属实，予以认可（虚构）" if upheld else "不属于正当理由（虚构）",
    }
    for days, by in ((10, REGULATOR), (11, REVIEWER)):
        timeline.add_single(excuse(cover.insurer, cover.number, later(filed_on, days), ruling, by=by))
