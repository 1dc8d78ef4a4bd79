"""What happens under one cover of the 宿州 portfolio, given which of its clocks are kept?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ajx_gateway.demo.claims import cases, claim_records
from ajx_gateway.demo.endorsements import policy_records
from ajx_gateway.demo.funds import accruals
from ajx_gateway.demo.hazards import Sighting
from ajx_gateway.demo.portfolio import Cover, Record, later
from ajx_gateway.demo.quality import Quality
from ajx_gateway.demo.services import Visit, plan_number, plan_record
from ajx_gateway.demo.stories import visit_records

_CLAIMS_A_YEAR = 0.006


@dataclass(slots=True)
class Fate:
    """paper and service: timely, late or never; service also upheld, dismissed (late), cancelled."""

    paper: str = "timely"
    service: str = "timely"
    unconfirmed: bool = False


def suzhou_story(
    cover: Cover, fate: Fate, quality: Quality, results_late: dict[str, int], horizon: date
) -> Iterator[Record]:
    """All records of a cover; `results_late` counts down how many claim results still have to come late."""
    known_on = later(cover.signed_on, 1)
    yield from policy_records(cover, known_on, horizon)
    yield from accruals(cover, known_on)
    yield from _services(cover, fate, quality)
    letter = cover.insurer.letter
    for case in cases(cover, _CLAIMS_A_YEAR, quality.prompt):
        late = results_late[letter] > 0 and later(case.closed_on, 40) <= horizon and not case.reopened_on
        results_late[letter] -= late
        yield from claim_records(case, result_delay=24 if late else 0)


def _services(cover: Cover, fate: Fate, quality: Quality) -> Iterator[Record]:
    """The plan and the first round of service, in time or as the fate has it."""
    rng = cover.random("services")
    if fate.service == "cancelled" or (fate.service == "never" and rng.random() < 0.6):
        return
    planned_on = later(cover.signed_on, rng.randrange(2, 14))
    if fate.service == "never":
        yield plan_record(cover, planned_on, state="assigned")
        return
    late = fate.service != "timely"
    yield plan_record(cover, later(cover.signed_on, 70) if late and rng.random() < 0.5 else planned_on)
    started_on = later(cover.effective_on, rng.randrange(74, 110) if late else rng.randrange(4, 15))
    if started_on > cover.last_day:
        return
    visit = Visit(
        cover=cover,
        index=1,
        plan_no=plan_number(cover),
        started_on=started_on,
        confirmed_on=None if fate.unconfirmed else later(started_on, rng.randrange(1, 4)),
        cost=int(cover.fund * quality.used * rng.uniform(0.6, 0.8)) // 100,
        stars=quality.stars,
    )
    yield from visit_records(visit, _sightings(visit, quality))


def _sightings(visit: Visit, quality: Quality) -> list[Sighting]:
    """Hazards of one visit; poor insurers leave some open, some major ones are refused and reported."""
    cover, rng = visit.cover, visit.random()
    if rng.random() >= 0.12:
        return []
    major = rng.random() < 0.12
    refused = major and rng.random() < 0.25
    neglected = rng.random() > quality.used / 60
    done_on = later(visit.started_on, rng.randrange(5, 26))
    return [
        Sighting(
            visit=visit,
            index=1,
            major=major,
            rectified_on=None if refused or neglected else done_on,
            refused=refused,
            authority=f"{cover.enterprise.town.county}应急管理部门（虚构）",
        )
    ]
