"""HOW are counts of clocks put together? States, ageing and percentiles of the lag per group and in total.

The database adds up what it reads cell by cell; lags come as they are, with their numbers. Sorting all of them there, once
per group, costs several times as much as merging them here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final

from ajx_gateway.deadlines import State

PERCENTS: Final = (50, 75, 90, 95)


def put_together(
    rows: Iterable[Mapping[str, Any]], by: Sequence[str], buckets: int
) -> list[Mapping[str, Any]]:
    """The figures of every group that somebody is in, and of the total."""
    names = [f"by_{name}" for name in by]
    groups: dict[tuple[str | None, ...], _Group] = {}
    nobody = [0] * (len(State) + buckets)
    for row in rows:
        group = groups.setdefault(tuple(row[name] for name in names), _Group(nobody))
        group.add(row["counted"], zip(row["lags"] or (), row["numbers"] or (), strict=True))
    total = _Group(nobody)
    for group in groups.values():
        total.add(group.counted, group.lags.items())
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
    lags: dict[int, int] = field(default_factory=dict)

    def add(self, counted: Sequence[int | None], lags: Iterable[tuple[int, int]]) -> None:
        self.counted = [mine + (more or 0) for mine, more in zip(self.counted, counted, strict=True)]
        known = self.lags
        for lag, number in lags:
            known[lag] = known.get(lag, 0) + number

    def figures(self, buckets: int) -> dict[str, Any]:
        states = {state.value: number for state, number in zip(State, self.counted, strict=False)}
        aged = self.counted[len(State) :]
        states[State.OVERDUE.value] = sum(aged)
        return {**states, **_percentiles(self.lags), **{f"aged_{i}": aged[i] for i in range(buckets)}}


def _percentiles(lags: Mapping[int, int]) -> dict[str, int | None]:
    """The least lag up to which at least such a share lies, and the largest."""
    met = sorted((lag, number) for lag, number in lags.items() if number)
    upto = list(accumulate(number for _, number in met))
    if not met:
        return dict.fromkeys([f"p{percent}" for percent in PERCENTS] + ["max"])
    # In whole hundredths: shares as decimals would have to be rounded.
    found = {f"p{percent}": met[bisect_left(upto, -(-percent * upto[-1] // 100))][0] for percent in PERCENTS}
    return {**found, "max": met[-1][0]}
