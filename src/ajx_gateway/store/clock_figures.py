"""HOW are counts of clocks put together? States, ageing and percentiles of the lag per group and in total.

The database adds up what it reads cell by cell; lags come as they are, with their numbers. Sorting all of them there, once
per group, costs several times as much as merging them here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final

from ajx_gateway.deadlines import State

PERCENTS: Final = (50, 75, 90, 95)
_STATES: Final = tuple(state.value for state in State)
_OVERDUE: Final = State.OVERDUE.value


def put_together(
    rows: Iterable[Mapping[str, Any]], by: Sequence[str], buckets: int
) -> list[Mapping[str, Any]]:
    """The figures of every group that somebody is in, and of the total."""
    names = [f"by_{name}" for name in by]
    groups: dict[tuple[str | None, ...], _Group] = {}
    nobody = [0] * (len(_STATES) + buckets)
    for row in rows:
        group = groups.setdefault(tuple(row[name] for name in names), _Group(nobody))
        group.add(row["counted"], row["lags"] or (), row["numbers"] or ())
    total = _Group(nobody)
    for group in groups.values():
        total.add(group.counted, group.lags.keys(), group.lags.values())
    told: list[Mapping[str, Any]] = [
        {"is_total": False, **dict(zip(names, key, strict=True)), **group.figures(buckets)}
        for key, group in groups.items()
        if names and any(group.counted)
    ]
    return [*told, {"is_total": True, **dict.fromkeys(names), **total.figures(buckets)}]


@dataclass(slots=True)
class _Group:
    """How many clocks of a group are in each state, and overdue in each bucket; how many of each lag were met."""

    counted: list[int]
    lags: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, counted: Sequence[int | None], lags: Iterable[int], numbers: Iterable[int]) -> None:
        self.counted = [mine + (more or 0) for mine, more in zip(self.counted, counted, strict=True)]
        known = self.lags
        for lag, number in zip(lags, numbers, strict=True):
            known[lag] += number

    def figures(self, buckets: int) -> dict[str, Any]:
        states = dict(zip(_STATES, self.counted, strict=False))
        aged = self.counted[len(_STATES) :]
        states[_OVERDUE] = sum(aged)
        return {**states, **_percentiles(self.lags), **{f"aged_{i}": aged[i] for i in range(buckets)}}


def _percentiles(lags: Mapping[int, int]) -> dict[str, int | None]:
    """The least lag up to which at least such a share lies, and the largest; a lag that nobody has is none of them."""
    met = sorted(lags)
    upto = list(accumulate(map(lags.__getitem__, met)))
    if not upto or not upto[-1]:
        return dict.fromkeys([f"p{percent}" for percent in PERCENTS] + ["max"])
    # In whole hundredths: shares as decimals would have to be rounded.
    found = {f"p{percent}": met[bisect_left(upto, -(-percent * upto[-1] // 100))] for percent in PERCENTS}
    return {**found, "max": met[bisect_left(upto, upto[-1])]}
