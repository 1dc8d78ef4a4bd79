"""WHICH share of whom must be insured by when? The targets and groups that the law of a place states, or last stated.

Each authority's targets stand side by side: a city's do not replace the nation's. Within one authority's an enterprise
with several tags counts once, under its highest obligation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from ajx_gateway.jurisdictions import NATIONAL, Target, Value, all_jurisdictions, profile
from ajx_gateway.jurisdictions.model import covers

HIGH_RISK, KEY, OTHER = "high_risk", "key_promotion", "other"
_STATED = {HIGH_RISK: "high_risk_sectors", KEY: "key_promotion_sectors"}
CLASS_TITLES = {HIGH_RISK: "高危行业领域（应当投保）", KEY: "重点行业领域（重点推行）", OTHER: "其他"}


@dataclass(frozen=True, slots=True)
class Obligation:
    """One target of one authority: ``prefix`` is where it binds; ``stands`` is False when it was last stated and has
    lapsed since."""

    key: str
    jurisdiction: str
    name: str
    prefix: str
    target: Target
    stands: bool


@dataclass(frozen=True, slots=True)
class SectorClass:
    """The sectors that an authority calls high-risk, or key."""

    name: str
    jurisdiction: str
    place: str
    sectors: tuple[str, ...]
    clause: str
    stands: bool


def prefix_of(code: str) -> str:
    """The digits that everything inside a jurisdiction shares: 4406 for 440600, none for the nation."""
    if code == NATIONAL:
        return ""
    stem = code.rstrip("0") if len(code) == 6 else code
    return code[: len(stem) + len(stem) % 2] if len(code) == 6 else code


def law_prefixes() -> list[str]:
    """Of every place with a file of its own the digits that all inside it share: the same one, the same law."""
    return [prefix_of(code) for code in all_jurisdictions()]


def last_stated(values: Iterable[Value], name: str, on: date) -> tuple[Value, bool] | None:
    """The value in force on the day, or else the one that ended last before it (then False)."""
    stated = [value for value in values if value.name == name and value.valid_from <= on]
    for value in stated:
        if covers(value.valid_from, value.valid_to, on):
            return value, True
    ended = [value for value in stated if value.valid_to is not None]
    return (max(ended, key=lambda value: value.valid_to or date.max), False) if ended else None


def obligations(within: str, on: date) -> list[Obligation]:
    """Every target that binds in some part of the territory (digits; '' is the country), the widest authority first
    and its highest ratio first."""
    found = []
    for code, place in all_jurisdictions().items():
        prefix = prefix_of(code)
        stated = last_stated(place.values, "coverage_targets", on)
        if stated is None or not (prefix.startswith(within) or within.startswith(prefix)):
            continue
        value, stands = stated
        targets = sorted(cast(tuple[Target, ...], value.value), key=lambda t: (-t.ratio, t.by))
        found += [
            Obligation(f"{code}-{number}", code, place.name, prefix, target, stands)
            for number, target in enumerate(targets, start=1)
        ]
    return sorted(found, key=lambda each: (each.prefix, each.key))


def sector_class(name: str, division: str, on: date) -> SectorClass | None:
    """The sectors of a class under the law of a division: in force, or else as last stated, the nearest place first."""
    value_name, places = _STATED[name], all_jurisdictions()
    value = profile(division, on).value(value_name)
    if value is not None:
        return _class(name, value, stands=True)
    for code in (division, division[:6], f"{division[:4]}00", f"{division[:2]}0000", NATIONAL):
        stated = last_stated(places[code].values, value_name, on) if code in places else None
        if stated is not None:
            return _class(name, stated[0], stands=stated[1])
    return None


def _class(name: str, value: Value, *, stands: bool) -> SectorClass:
    sectors = cast(tuple[str, ...], value.value)
    place = all_jurisdictions()[value.jurisdiction].name
    return SectorClass(name, value.jurisdiction, place, sectors, value.clause, stands)


def owed(found: Sequence[Obligation], division: str, tags: Iterable[str]) -> list[Obligation]:
    """What binds an enterprise with these tags: of each authority its highest target, none or one."""
    tagged, highest = set(tags), dict[str, Obligation]()
    for each in found:
        if division.startswith(each.prefix) and tagged.intersection(each.target.tags):
            highest.setdefault(each.jurisdiction, each)
    return list(highest.values())


def death_floors(on: date) -> list[tuple[str, Decimal]]:
    """The floor of the limit per person in each place whose file states one, the most specific place first."""
    floors = []
    for code in all_jurisdictions():
        value = profile(code, on).value("death_limit_floor")
        if value is not None:
            floors.append((prefix_of(code), cast(Decimal, value.value)))
    return sorted(floors, key=lambda floor: -len(floor[0]))
