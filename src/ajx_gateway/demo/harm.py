"""How bad are the accidents of the demo, and who was hurt? Drawn so that the tail is long and limits hold."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ajx_gateway.demo import codes, names
from ajx_gateway.demo.policies import insured_person, is_named
from ajx_gateway.demo.portfolio import Body, Cover

# Share of the death limit that each disability grade pays, 10 being the slightest.
_DISABILITY = {10: 0.03, 9: 0.05, 8: 0.10, 7: 0.15, 6: 0.25, 5: 0.35, 4: 0.50}
# The table of 1986 (GB/T 6441-1986), which accidents before July 2026 use.
_ACCIDENTS = {
    "construction": ("fall_from_height", "collapse", "object_strike", "lifting_injury"),
    "hazchem": ("fire", "burn", "poisoning_asphyxia", "other_injury"),
    "transport": ("vehicle_injury", "object_strike", "lifting_injury"),
    "mine_coal": ("roof_fall", "vehicle_injury", "machinery_injury"),
    "mine_noncoal": ("blasting", "object_strike", "vehicle_injury"),
    "fireworks": ("powder_explosion", "fire", "burn"),
    "ammonia": ("poisoning_asphyxia", "machinery_injury", "other_injury"),
    "fishery": ("drowning", "other_injury"),
    "metallurgy": ("burn", "machinery_injury", "lifting_injury", "other_explosion"),
}
_WORKSHOP = (
    "machinery_injury",
    "machinery_injury",
    "object_strike",
    "fall_from_height",
    "electric_shock",
    "burn",
)


@dataclass(frozen=True, slots=True)
class Harm:
    """Kind, items (code, fen; of two, the last is medical), usual log of the days until closing."""

    kind: str
    items: tuple[tuple[str, int], ...]
    log_days: float
    grade: int = 0

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.items)


def accident_type(tags: tuple[str, ...], rng: Random) -> str:
    return rng.choice(next((_ACCIDENTS[tag] for tag in tags if tag in _ACCIDENTS), _WORKSHOP))


def draw_harm(cover: Cover, rng: Random) -> Harm:
    """One accident's harm; every amount stays below the cover's limits."""
    death, medical_limit = cover.death_limit * 100, cover.death_limit * 10
    medical = min(int(rng.lognormvariate(12.8, 0.9)) + 5_000, medical_limit)
    kind = rng.choices(("medical", "disability", "death", "property"), (77, 16, 3, 4))[0]
    if kind == "disability":
        grade = rng.choices(tuple(_DISABILITY), (40, 28, 14, 8, 5, 3, 2))[0]
        amount = int(death * _DISABILITY[grade])
        return Harm(
            kind, (("emp_disability", amount), ("emp_medical", min(medical * 3, medical_limit))), 4.9, grade
        )
    if kind == "death":
        return Harm(kind, (("emp_death", death), ("emp_medical", medical)), 4.3)
    if kind == "property":
        damage = min(int(rng.lognormvariate(14.2, 1.0)) + 60_000, 18_000_000)
        return Harm(kind, (("tp_property", damage),), 4.0)
    return Harm(kind, (("emp_medical", medical),), 3.5)


def victims(cover: Cover, harm: Harm, number: str) -> Body:
    """The person hurt, out of the named list where there is one."""
    if harm.kind == "property":
        return {}
    rng = cover.random(f"{number}victim")
    index = rng.randrange(max(cover.insured, 1))
    person = insured_person(cover, index) if is_named(cover) else _unlisted(cover, index)
    body = person | {"role": "employee", "harm": {"medical": "injury"}.get(harm.kind, harm.kind)}
    if harm.grade:
        body |= {"disability_scale": "gbt16180", "disability_grade": harm.grade}
    return {"victims": [body]}


def _unlisted(cover: Cover, index: int) -> Body:
    serial = cover.enterprise.serial * 59 + index
    return {
        "name": names.person(serial),
        "id_type": "resident_id",
        "id_no": codes.resident_id(cover.enterprise.town.division[:6], serial),
    }
