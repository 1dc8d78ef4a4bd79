"""How is a portfolio laid out before any record is written? Enterprises, terms, head counts, premiums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from ajx_gateway.demo import codes, names, places
from ajx_gateway.demo.identities import Insurer
from ajx_gateway.demo.portfolio import Cover, Enterprise, later, working_day
from ajx_gateway.demo.sums import apportion
from ajx_gateway.demo.trades import Trade

_SEASONS = (8, 4, 10, 9, 8, 10, 8, 8, 9, 7, 10, 9)
_DEATH_LIMITS = (600_000, 800_000, 1_000_000, 1_200_000)


def enterprises(
    rng: Random,
    count: int,
    towns: Sequence[places.Town],
    trades: Sequence[Trade],
    *,
    first_serial: int,
    spread: float = 0.95,
) -> list[Enterprise]:
    """Invented enterprises over towns and trades by their weights, head counts with a long tail."""
    town_weights = list(accumulate(town.weight for town in towns))
    trade_weights = list(accumulate(trade.weight for trade in trades))
    found = []
    for serial in range(first_serial, first_serial + count):
        town = rng.choices(towns, cum_weights=town_weights)[0]
        trade = rng.choices(trades, cum_weights=trade_weights)[0]
        found.append(
            Enterprise(
                uscc=codes.uscc(town.division[:6], serial),
                name=names.company(town, trade, serial),
                town=town,
                address=places.address(town, serial),
                trade=trade,
                serial=serial,
                crew=trade.crew * rng.lognormvariate(-0.3, spread),
            )
        )
    return found


def signing_day(rng: Random, year: int) -> date:
    """A day of that year with the seasons of the business, seldom at a weekend."""
    month = rng.choices(range(1, 13), _SEASONS)[0]
    day = date(year, month, 1) + timedelta(days=rng.randrange(28 if month == 2 else 30))
    moved = working_day(day) if rng.random() < 0.94 else day
    return moved if moved.year == year else day


def year_after(day: date) -> date:
    """The last day of a cover of one year that begins on `day`."""
    try:
        anniversary = day.replace(year=day.year + 1)
    except ValueError:
        anniversary = date(day.year + 1, 3, 1)
    return later(anniversary, -1)


def new_cover(rng: Random, insurer: Insurer, enterprise: Enterprise, signed_on: date, year_tag: str) -> Cover:
    """A cover of one year; its number and sums come later."""
    effective_on = later(signed_on, rng.choice((1, 1, 1, 1, 2, 3, 5, 8)))
    return Cover(
        number=year_tag,
        insurer=insurer,
        enterprise=enterprise,
        signed_on=signed_on,
        effective_on=effective_on,
        expires_on=year_after(effective_on),
        subject="enterprise",
        size=None,
        death_limit=rng.choices(_DEATH_LIMITS, (45, 30, 20, 5))[0],
    )


def size_class(insured: int) -> str:
    """The class that the head count alone suggests."""
    return (
        "large" if insured >= 1000 else "medium" if insured >= 300 else "small" if insured >= 20 else "micro"
    )


def declare_sizes(
    rng: Random, covers: list[Cover], *, medium_from: int, large_from: int, unknown: float
) -> None:
    """Declared sizes: turnover lifts some firms above their head count; some are not declared at all."""
    for cover in covers:
        drawn = rng.random()
        if drawn > 1 - unknown:
            cover.size = None
        elif cover.insured >= medium_from and drawn < 0.45:
            cover.size = "large" if cover.insured >= large_from and drawn < 0.2 else "medium"


def number_covers(covers: list[Cover], prefix: str) -> None:
    """Policy numbers by insurer and year, in the order of signing."""
    serials: dict[tuple[str, int], int] = defaultdict(int)
    for cover in covers:
        slot = (cover.insurer.letter, cover.signed_on.year)
        serials[slot] += 1
        cover.number = f"DEMO-{prefix}{cover.insurer.letter}-P{slot[1] % 100}-{serials[slot]:05d}"


def spread_persons(covers: list[Cover], persons: int) -> None:
    """Head counts that add up to exactly `persons`."""
    counts = apportion([cover.enterprise.crew for cover in covers], persons, floor=1)
    for cover, count in zip(covers, counts, strict=True):
        cover.insured = count
        cover.size = size_class(count)


def cancel_some(rng: Random, covers: list[Cover], share: float, *, latest: date) -> None:
    """Mark covers that end early; their refund follows with the premium."""
    for cover in covers:
        ends_on = later(cover.effective_on, rng.randrange(35, 220))
        if rng.random() < share and ends_on <= latest and ends_on < cover.expires_on:
            cover.cancelled_on = ends_on


def spread_premium(rng: Random, covers: list[Cover], net_fen: int) -> None:
    """Premiums whose received minus refunded add up to exactly `net_fen`."""
    kept = [_share_kept(cover) for cover in covers]
    weights = [_price(rng, cover) * share for cover, share in zip(covers, kept, strict=True)]
    for cover, share, net in zip(covers, kept, apportion(weights, net_fen, floor=5_000), strict=True):
        cover.received = round(net / share)
        cover.refunded = cover.received - net


def _price(rng: Random, cover: Cover) -> float:
    by_limit = 0.85 + cover.death_limit / 4_000_000
    return (cover.insured * cover.enterprise.trade.per_head + 120) * by_limit * rng.lognormvariate(0, 0.18)


def _share_kept(cover: Cover) -> float:
    """The part of the premium kept after a cancellation: nine tenths of the rest go back."""
    if cover.cancelled_on is None:
        return 1.0
    term = (cover.expires_on - cover.effective_on).days + 1
    return 1 - 0.9 * (cover.expires_on - cover.cancelled_on).days / term
