"""WHICH sums tell enough of which part of the place asked about? Cities whose law is one are read as one, others finer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ajx_gateway.store.cover_segments import GRAINS, Grain
from ajx_gateway.store.coverage import Asked

_CITY = 4


@dataclass(frozen=True, slots=True)
class Area:
    """The cells of a grain whose codes begin with ``place``, but those of ``less``."""

    grain: Grain
    place: str
    less: Sequence[str] = ()


def areas(asked: Asked, territory: str | None, prefixes: Sequence[str], digits: int) -> list[Area]:
    """Parts of the place asked about that together tell ``digits`` of each place, and places whose law differs apart:
    those of ``prefixes``, and those with a floor of their own."""
    place = narrowest(asked, territory)
    within = {
        prefix for prefix in (*prefixes, *(prefix for prefix, _ in asked.floors)) if prefix.startswith(place)
    }
    longest = max(map(len, within), default=0)
    if max(digits, len(place)) > _CITY or longest <= _CITY:
        return [Area(_telling(max(digits, len(place), longest)), place)]
    apart: dict[str, int] = {}
    for prefix in within:
        if len(prefix) > _CITY:
            city = prefix[:_CITY]
            apart[city] = max(apart.get(city, 0), len(prefix))
    others = Area(_telling(_CITY), place, [city.ljust(6, "0") for city in apart])
    return [others, *(Area(_telling(length), city) for city, length in apart.items())]


def whole(asked: Asked, territory: str | None, digits: int) -> list[Area]:
    """The whole place asked about, with so many digits of each place; the tags are told only if one is asked for."""
    place = narrowest(asked, territory)
    if asked.sector is None:
        return [Area(Grain(9, tagged=False), place)]
    return [Area(_telling(max(digits, len(place))), place)]


def narrowest(asked: Asked, territory: str | None) -> str:
    """The smallest place that bounds the question; '' is the country."""
    return max(filter(None, (territory, asked.district, asked.town)), key=len, default="")


def _telling(digits: int) -> Grain:
    """The grain with tags of the fewest digits that tells so many."""
    return min((grain for grain in GRAINS if grain.tagged and grain.digits >= digits), key=lambda g: g.digits)
