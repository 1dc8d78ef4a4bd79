"""Which portfolio gives the published figures of 南海区 for 2022 and 2023? The plan and its pushes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from heapq import merge
from random import Random

from ajx_gateway.demo import places, trades
from ajx_gateway.demo.documents import policy_pdf
from ajx_gateway.demo.faults import Spoiler
from ajx_gateway.demo.funds import pooled
from ajx_gateway.demo.identities import FOSHAN_INSURERS, Insurer
from ajx_gateway.demo.planning import (
    cancel_some,
    declare_sizes,
    enterprises,
    new_cover,
    number_covers,
    signing_day,
    spread_persons,
    spread_premium,
    year_after,
)
from ajx_gateway.demo.portfolio import Cover, Enterprise, Push, later, working_day
from ajx_gateway.demo.reports import quarter_bounds, report
from ajx_gateway.demo.stories import nanhai_consequences, nanhai_hazards, nanhai_policy, nanhai_visits
from ajx_gateway.demo.timeline import Timeline, document, month_start_after, void

HORIZON = date(2024, 1, 31)
YEAR_START = date(2022, 1, 1)
DIVISION = "440605"


@dataclass(frozen=True, slots=True)
class Target:
    """The published figures of one year (seed NH): premium in fen."""

    year: int
    enterprises: int
    persons: int
    premium: int


T2022 = Target(2022, 6_007, 147_238, 11_452_000_000)
T2023 = Target(2023, 12_023, 215_100, 15_900_000_000)
RENEWED = 5_180

# A day with the cover signed on it, or with the (year, quarter) that is then reported.
Event = tuple[date, Cover | tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Covers in the order of signing, and policies that were filed by mistake and will be voided."""

    covers: tuple[Cover, ...]
    mistakes: tuple[Cover, ...]


@cache
def plan(seed: int = 2023) -> Plan:
    """Everything that must hold over the whole portfolio at once."""
    rng = Random(seed)
    old = enterprises(rng, T2022.enterprises, places.NANHAI, trades.NANHAI, first_serial=10_001, spread=1.05)
    young = enterprises(
        rng, T2023.enterprises - RENEWED, places.NANHAI, trades.NANHAI, first_serial=30_001, spread=0.95
    )
    covers_2022 = _year(rng, [_fresh(rng, each, 2022) for each in old], T2022)
    renewed = _renewals(rng, covers_2022)
    covers_2023 = _year(rng, renewed + [_fresh(rng, each, 2023) for each in young], T2023)
    return Plan(tuple(covers_2022 + covers_2023), _mistakes(rng, covers_2023))


def _insurer(rng: Random) -> Insurer:
    return rng.choices(FOSHAN_INSURERS, [insurer.share for insurer in FOSHAN_INSURERS])[0]


def _fresh(rng: Random, enterprise: Enterprise, year: int) -> Cover:
    return new_cover(rng, _insurer(rng), enterprise, signing_day(rng, year), "")


def _year(rng: Random, mains: list[Cover], target: Target) -> list[Cover]:
    """Main covers and further ones, with exact sums, in the order of signing."""
    covers = mains + [extra for cover in mains for extra in _further(rng, cover)]
    covers.sort(key=lambda cover: (cover.signed_on, cover.enterprise.serial, cover.subject))
    number_covers(covers, "NH")
    spread_persons(covers, target.persons)
    declare_sizes(rng, covers, medium_from=80, large_from=200, unknown=0.01)
    for cover in covers:
        if target.year == 2022 and rng.random() < 0.03 and cover.subject == "enterprise":
            cover.expires_on = later(cover.expires_on, 30)
    cancel_some(rng, covers, 0.02, latest=later(HORIZON, -10))
    spread_premium(rng, covers, target.premium)
    return covers


def _further(rng: Random, main: Cover) -> Iterator[Cover]:
    """Further policies of the same enterprise: projects, vehicles, vessels. They never count it twice."""
    tags = main.enterprise.trade.tags
    subject = "project" if "construction" in tags else "vehicle" if "transport" in tags else "vessel"
    chance = {"project": 0.75, "vehicle": 0.12, "vessel": 0.3 if "fishery" in tags else 0.0}[subject]
    while rng.random() < chance:
        chance /= 2
        signed_on = signing_day(rng, main.signed_on.year)
        cover = new_cover(rng, main.insurer, main.enterprise, signed_on, "")
        yield replace(cover, subject=subject, death_limit=max(cover.death_limit, 800_000))


def _renewals(rng: Random, covers: list[Cover]) -> list[Cover]:
    """What was insured in 2022 and is again in 2023, mostly with the same insurer, without a gap."""
    mains = [cover for cover in covers if cover.subject == "enterprise" and cover.cancelled_on is None]
    return [_renewal(rng, cover) for cover in rng.sample(mains, RENEWED)]


def _renewal(rng: Random, old: Cover) -> Cover:
    effective_on = later(old.expires_on, 1)
    signed_on = later(effective_on, -rng.randrange(1, 25))
    signed_on = min(max(signed_on, date(2023, 1, 2)), date(2023, 12, 29), effective_on)
    moved = working_day(signed_on)
    moves = rng.random() < 0.06
    return Cover(
        number="",
        insurer=_insurer(rng) if moves else old.insurer,
        enterprise=old.enterprise,
        signed_on=moved if moved <= min(effective_on, date(2023, 12, 31)) else signed_on,
        effective_on=effective_on,
        expires_on=year_after(effective_on),
        subject="enterprise",
        size=None,
        death_limit=old.death_limit,
        renewal_of=None if moves else old.number,
    )


def _mistakes(rng: Random, covers: list[Cover]) -> tuple[Cover, ...]:
    """A dozen policies issued twice by mistake."""
    chosen = rng.sample(
        [cover for cover in covers if cover.signed_on.month < 10 and not cover.cancelled_on], 12
    )
    return tuple(replace(cover, number=f"{cover.number}-X", renewal_of=None) for cover in chosen)


def _release(insurer: Insurer, collection: str, day: date) -> date:
    """Once a month, each insurer on its own day; the three diligent ones are quicker where the clocks are."""
    if collection == "annual-reports":
        return later(day, 1)
    if insurer.letter in "ABC":
        if collection == "claims":
            return later(YEAR_START, ((day - YEAR_START).days // 7 + 1) * 7)
        if collection == "policies" and day.day < 16:
            return day.replace(day=15 + insurer.release_day)
    return month_start_after(day, insurer.release_day)


def pushes() -> Iterator[Push]:
    """The whole portfolio in the order of receipt."""
    timeline = Timeline(_release, HORIZON, Spoiler(share=0.008))
    planned = plan()
    visits = {cover.number: nanhai_visits(cover, HORIZON) for cover in planned.covers}
    hazards = nanhai_hazards([visit for each in visits.values() for visit in each])
    papers: dict[tuple[str, int], int] = {}
    covers = sorted((*planned.covers, *planned.mistakes), key=lambda cover: (cover.signed_on, cover.number))
    signings: Iterator[Event] = ((cover.signed_on, cover) for cover in covers)
    for day, what in merge(signings, _quarters(), key=lambda event: event[0]):
        yield from timeline.until(day)
        if not isinstance(what, Cover):
            _report(timeline, day, *what)
        elif what.number.endswith("-X"):
            _mistake(timeline, what)
        else:
            timeline.add(what.insurer, nanhai_policy(what, HORIZON))
            timeline.add(what.insurer, nanhai_consequences(what, visits[what.number], hazards))
            _paper(timeline, what, papers)
    yield from timeline.until(later(HORIZON, 60))


def _quarters() -> Iterator[Event]:
    """Fund reports are written on the 14th after the quarter, when the last insurer has pushed."""
    for year in (2022, 2023):
        for quarter in (1, 2, 3, 4):
            yield later(quarter_bounds(year, quarter)[1], 14), (year, quarter)


def _report(timeline: Timeline, day: date, year: int, quarter: int) -> None:
    first, last = quarter_bounds(year, quarter)
    for insurer in FOSHAN_INSURERS:
        tally = timeline.tallies[insurer.identity]
        timeline.add(insurer, [report(insurer, tally, year, day, quarter=quarter)])
        if quarter == 4:
            timeline.add(insurer, [report(insurer, tally, year, day)])
        share = tally.total("fund_accrued", first, last) * 12 // 100
        timeline.add(insurer, [pooled(insurer, DIVISION, day, share)])


def _mistake(timeline: Timeline, cover: Cover) -> None:
    """Filed like any other, voided three weeks after its release."""
    timeline.add(cover.insurer, nanhai_policy(cover, HORIZON))
    day = later(month_start_after(cover.signed_on, cover.insurer.release_day), 51)
    timeline.add_single(void(cover.insurer, cover.number, day, "重复出单，作废（虚构）"))


def _paper(timeline: Timeline, cover: Cover, papers: dict[tuple[str, int], int]) -> None:
    """The first electronic policies of each insurer and year; 佛山 has no clock for the others."""
    slot = (cover.insurer.letter, cover.signed_on.year)
    papers[slot] = papers.get(slot, 0) + 1
    if papers[slot] <= 8:
        day = later(month_start_after(later(cover.signed_on, 2), cover.insurer.release_day), 1)
        timeline.add_single(document(cover.insurer, cover.number, policy_pdf(cover.number), day))
