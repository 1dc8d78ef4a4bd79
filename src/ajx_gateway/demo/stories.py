"""What happens under one cover of the 南海 portfolio: policy, ledger, plan, services, hazards, claims?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from random import Random

from ajx_gateway.demo.claims import cases, claim_records
from ajx_gateway.demo.endorsements import policy_records
from ajx_gateway.demo.funds import accruals, spend
from ajx_gateway.demo.hazards import Sighting, hazard_records
from ajx_gateway.demo.portfolio import Cover, Record, later
from ajx_gateway.demo.services import Visit, plan_number, plan_record, service_record

_SERVED = {"micro": 0.24, "small": 0.62, "medium": 1.0, "large": 1.0}
_STARS = {"A": 4.8, "B": 4.6, "C": 4.4, "D": 4.2, "E": 3.9, "F": 3.6}
_PROMPT = {"A": 0.85, "B": 0.8, "C": 0.75, "D": 0.6, "E": 0.5, "F": 0.4}
_CLAIMS_A_YEAR = 0.0042

Hazards = Mapping[str, Sequence[Sighting]]


def nanhai_policy(cover: Cover, horizon: date) -> Iterator[Record]:
    """The policy itself with its endorsements."""
    known_on = later(cover.signed_on, cover.random("entry").choice((0, 0, 1, 2)))
    yield from policy_records(cover, known_on, horizon)


def nanhai_consequences(cover: Cover, visits: Sequence[Visit], hazards: Hazards) -> Iterator[Record]:
    """Ledger, plan, services, hazards and claims of a cover."""
    yield from accruals(cover, later(cover.signed_on, 2))
    if visits:
        yield plan_record(cover, later(cover.signed_on, 4))
    for visit in visits:
        yield from visit_records(visit, hazards.get(visit.number, ()))
    for case in cases(cover, _CLAIMS_A_YEAR, _PROMPT[cover.insurer.letter]):
        yield from claim_records(case)


def visit_records(visit: Visit, sightings: Sequence[Sighting], day: date | None = None) -> Iterator[Record]:
    """A service with what it cost and the hazards it found."""
    service = service_record(visit, day=day)
    yield service
    if not visit.cancelled and visit.cost:
        yield spend(visit, service.body["items"][0]["code"], later(service.day, 6))
    for sighting in sightings:
        yield from hazard_records(sighting)


def nanhai_visits(cover: Cover, horizon: date) -> list[Visit]:
    """The services of a cover until the horizon; their costs never exceed its accrual."""
    rng = cover.random("visits")
    if rng.random() >= _SERVED[cover.size or "micro"]:
        return []
    number = 2 if cover.insured >= 20 and rng.random() < 0.5 else 1
    found = []
    for index in range(1, number + 1):
        started_on = later(cover.effective_on, rng.randrange(12, 150) + 150 * (index - 1))
        confirmed_on = later(started_on, rng.randrange(1, 9)) if rng.random() < 0.97 else None
        if later(started_on, 10) <= horizon and started_on <= cover.last_day:
            found.append(
                Visit(
                    cover=cover,
                    index=index,
                    plan_no=plan_number(cover),
                    started_on=started_on,
                    confirmed_on=confirmed_on,
                    cost=int(cover.fund * rng.uniform(0.5, 0.95)) // number,
                    stars=_STARS[cover.insurer.letter] if rng.random() < 0.5 else None,
                    cancelled=rng.random() < 0.01,
                )
            )
    return found


def nanhai_hazards(visits: Sequence[Visit]) -> Hazards:
    """The 177 hazards of 2023, all rectified in that year; fewer in 2022, some refused or left open."""
    rng = Random("nanhai hazards")
    found: dict[str, list[Sighting]] = {}
    for year, general, major in ((2022, 96, 9), (2023, 164, 13)):
        first, last = date(year, 1, 5), date(year, 11, 28)
        fit = [visit for visit in visits if not visit.cancelled and first <= visit.started_on <= last]
        for index, visit in enumerate(rng.choices(fit, k=general + major)):
            sightings = found.setdefault(visit.number, [])
            is_major = index < major
            lingering = year == 2022 and index in {1, 5, 40, 60, 80}
            sightings.append(
                Sighting(
                    visit=visit,
                    index=len(sightings) + 1,
                    major=is_major,
                    rectified_on=None if lingering else later(visit.started_on, rng.randrange(5, 26)),
                    refused=lingering and is_major,
                    authority=f"{visit.cover.enterprise.town.name}应急管理办公室（虚构）",
                )
            )
    return found
