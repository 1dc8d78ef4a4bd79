"""What do the fictitious enterprises do? Trades with industry code, sector tags, size and price of risk."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Trade:
    """One line of business of a place.

    weight: share among its enterprises; per_head: usual premium of one insured person in yuan;
    crew: usual head count; industry: GB/T 4754 code; form: how such a firm calls itself;
    licence: the kind of safety licence it needs, if any.
    """

    noun: str
    form: str
    industry: str
    tags: tuple[str, ...]
    weight: float
    crew: float
    per_head: float
    posts: tuple[str, ...]
    licence: str


def _load(portfolio: str) -> tuple[Trade, ...]:
    source = files("ajx_gateway.demo") / "data" / "trades.csv"
    with source.open(encoding="utf-8") as file:
        return tuple(_trade(row) for row in csv.DictReader(file) if row["portfolio"] == portfolio)


def _trade(row: dict[str, str]) -> Trade:
    return Trade(
        noun=row["noun"],
        form=row["form"],
        industry=row["industry"],
        tags=tuple(row["tags"].split()),
        weight=float(row["weight"]),
        crew=float(row["crew"]),
        per_head=float(row["per_head"]),
        posts=tuple(row["posts"].split()),
        licence=row["licence"],
    )


NANHAI = _load("nanhai")
SUZHOU = _load("suzhou")
