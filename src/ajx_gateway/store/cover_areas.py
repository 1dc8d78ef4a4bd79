"""WHICH sums tell enough of which part of the place asked about? The whole as widely as can be, less what has law of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ajx_gateway.store.cover_segments import GRAINS, Grain
from ajx_gateway.store.coverage import Asked


@dataclass(frozen=True, slots=True)
class Area:
    """The cells of a grain whose codes begin with ``place``; under which codes they are told (None: each under its own),
    and how many times: what is told apart is taken off where it was told with the rest."""

    grain: Grain
    place: str
    told: Sequence[tuple[str | None, int]]


def areas(asked: Asked, territory: str | None, prefixes: Sequence[str], digits: int) -> list[Area]:
    """The place asked about, ``digits`` of each place told, and within it, told apart, the places whose law differs: those
    of ``prefixes``, and those with a floor of their own."""
    place = narrowest(asked, territory)
    whole = _telling(max(digits, len(place)))
    every = {*prefixes, *(prefix for prefix, _ in asked.floors)}
    apart = sorted(
        (each for each in every if each.startswith(place) and len(each) > whole.digits),
        key=lambda e: (len(e), e),
    )
    found = [_whole(whole, place)]
    for number, prefix in enumerate(apart):
        around = next(filter(prefix.startswith, reversed(apart[:number])), prefix[: whole.digits])
        found.append(Area(_telling(len(prefix)), prefix, ((code(around), -1), (code(prefix), 1))))
    return found


def whole(asked: Asked, territory: str | None, digits: int) -> list[Area]:
    """The whole place asked about, with so many digits of each place; the tags are told only if one is asked for."""
    if asked.sector is None:
        untagged = next(grain for grain in GRAINS if not grain.tagged)
        return [_whole(untagged, narrowest(asked, territory))]
    return areas(asked, territory, (), digits)


def narrowest(asked: Asked, territory: str | None) -> str:
    """The smallest place that bounds the question; '' is the country."""
    return max(filter(None, (territory, asked.district, asked.town)), key=len, default="")


def code(prefix: str) -> str:
    """What a place is called whose divisions begin so: six digits or more."""
    return prefix.ljust(6, "0")


def _whole(grain: Grain, place: str) -> Area:
    """A place of which no more is told than itself is one code."""
    return Area(grain, place, ((code(place) if grain.digits == len(place) else None, 1),))


def _telling(digits: int) -> Grain:
    """The grain with tags of the fewest digits that tells so many."""
    return min((grain for grain in GRAINS if grain.tagged and grain.digits >= digits), key=lambda g: g.digits)
