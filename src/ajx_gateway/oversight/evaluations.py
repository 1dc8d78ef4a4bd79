"""HOW WELL did each insurer of a place do in a period? Scorecards derived from the records as known at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ajx_gateway.deadlines import label_of
from ajx_gateway.errors import Unprocessable
from ajx_gateway.evaluation import Counted, Measure, Ratio, Scorecard, Stars, as_dict, evaluate
from ajx_gateway.identity import system_scope
from ajx_gateway.jurisdictions.schemes import ReadScheme, of_place
from ajx_gateway.jurisdictions.schemes_model import Item
from ajx_gateway.oversight.evaluation_units import Unit, behind, units_of
from ajx_gateway.oversight.periods import Period, parse
from ajx_gateway.oversight.shown import local_date
from ajx_gateway.standard.divisions import place_words
from ajx_gateway.store import aggregates, evaluation_measuring
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.evaluation_measuring import Frame, Sums

_NOTHING = Sums(0, Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which evaluation: the place (six digits), its period, and the scheme by which it is judged."""

    jurisdiction: str
    period: Period
    scheme: ReadScheme

    def frame(self, as_of: datetime) -> Frame:
        return Frame(place_of(self.jurisdiction), self.period.begins, self.period.ends, as_of)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one insurer: per item its measure, and the units where it counts any."""

    measures: Mapping[int, Measure]
    units: Mapping[int, Sequence[Unit]]


@dataclass(frozen=True, slots=True)
class Card:
    """One insurer's scorecard with the units behind each item."""

    insurer: str
    name: str
    scorecard: Scorecard
    units: Mapping[int, Sequence[Unit]]

    def as_dict(self) -> dict[str, Any]:
        """The scorecard as answers write it, without its units."""
        return {"insurer": self.insurer, "insurer_name": self.name, **as_dict(self.scorecard)}


def place_of(jurisdiction: str) -> str:
    """3413 of 341300: the beginning that all codes of the place share."""
    return jurisdiction[:2] if jurisdiction.endswith("0000") else jurisdiction.removesuffix("00")


def asked_of(jurisdiction: str, period: str, scheme: ReadScheme | None) -> Asked | None:
    """The evaluation meant, by the place's own scheme unless another is given; None where the place has none."""
    days = parse(period)
    chosen = scheme or of_place(jurisdiction, days.begins)
    if chosen is None:
        return None
    kind = chosen.scheme.period
    if label_of(kind, days.begins) != days.text:
        form = {"year": "年度，如 2024", "half": "半年，如 2024H1"}[kind]
        raise Unprocessable(f"“{chosen.scheme.title}”的评价周期是{form}。", parameter="period")
    return Asked(jurisdiction, days, chosen)


async def scorecards(
    store: Store, asked: Asked, *, as_of: datetime, insurer: str | None = None
) -> list[Card]:
    """The scorecards of all insurers (or of one) from the records as known at ``as_of``, the best first.

    Who may ask is the caller's matter: records are read under the gateway's own scope, cut to the place.
    """
    async with store.reading(system_scope("derive an evaluation")) as tx:
        found = await findings(tx, asked, as_of=as_of)
        chosen = {one: each for one, each in found.items() if insurer in (None, one)}
        names = await aggregates.insurer_names(tx, sorted(chosen))
    cards = [card_of(asked, one, names.get(one, one), each) for one, each in chosen.items()]
    return sorted(cards, key=lambda card: (-card.scorecard.assessed, card.insurer))


async def preview(store: Store, asked: Asked, *, as_of: datetime) -> list[Card]:
    """The scorecards of all insurers; 422, with the reason, of a period that had not begun or in which nobody did
    anything: an empty table would read as if nobody were to be judged."""
    if local_date(as_of) < asked.period.begins:
        raise Unprocessable(
            f"评价周期 {asked.period.text} 自 {asked.period.begins} 起，到数据时点尚未开始，没有可以评价的内容。",
            parameter="period",
        )
    cards = await scorecards(store, asked, as_of=as_of)
    if not cards:
        place = place_words(place_of(asked.jurisdiction))
        raise Unprocessable(
            f"到数据时点，{place}没有承保机构在评价周期 {asked.period.text} 内签单、记账、开展服务，也没有应扣分的事项，"
            "没有可评价的承保机构。",
            parameter="period",
        )
    return cards


def card_of(asked: Asked, insurer: str, name: str, found: Found) -> Card:
    """The scorecard that follows from what was found."""
    return Card(insurer, name, evaluate(asked.scheme.scheme, found.measures), found.units)


async def findings(
    tx: Transaction, asked: Asked, *, as_of: datetime, only: int | None = None
) -> dict[str, Found]:
    """What was found of every insurer with business in the place and period, or with anything to its charge.

    ``only``: of this item alone.
    """
    frame = asked.frame(as_of)
    items = [item for item in asked.scheme.scheme.item if only in (None, item.number)]
    sources = await units_of(tx, items, asked.jurisdiction, frame)
    sums = await evaluation_measuring.sums(tx, frame)
    rated = await evaluation_measuring.ratings(tx, frame)
    charged = {unit.insurer for units in sources.values() for unit in units}
    return {
        insurer: _found(items, sources, insurer, sums.get(insurer, _NOTHING), rated.get(insurer, (0, {})))
        for insurer in sorted({*sums, *rated, *charged})
    }


def _found(
    items: Sequence[Item],
    sources: Mapping[str, Sequence[Unit]],
    insurer: str,
    sums: Sums,
    rated: tuple[int, Mapping[str, int]],
) -> Found:
    measures: dict[int, Measure] = {}
    units: dict[int, Sequence[Unit]] = {}
    for item in items:
        if item.how == "each":
            units[item.number] = behind(item, sources, insurer)
            measures[item.number] = counted(units[item.number])
        elif item.how == "bands":
            above = sums.fund_spent if item.sources == ["fund:use_ratio"] else sums.fund_accrued
            measures[item.number] = Ratio(above, sums.fund_agreed)
        else:
            measures[item.number] = Stars(rated[0], {name: rated[1].get(name, 0) for name in item.dimensions})
    return Found(measures, units)


def counted(units: Sequence[Unit]) -> Counted:
    """How many of the units cost points, and how many wait."""
    return Counted(sum(unit.counted for unit in units), sum(unit.waiting for unit in units))
