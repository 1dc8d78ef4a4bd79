"""WHAT did the rounds say? Medians and percentiles, a table for people, one JSON line of ratios for machines."""

from __future__ import annotations

import json
import math
import os
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence


class Figures:
    """What was measured, by name, one value a round. Rounds alternate, so a name's values lie apart in time."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, value: float) -> None:
        self._values[name].append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        return list(self._values)

    def median(self, name: str) -> float:
        return statistics.median(self._values[name])

    def ratio(self, above: str, below: str) -> float:
        """The median of the rounds' own ratios: neighbours in time share the machine's mood."""
        pairs = zip(self._values[above], self._values[below], strict=True)
        return round(statistics.median(one / other for one, other in pairs), 3)

    def table(self, unit: str, names: Sequence[str] | None = None) -> str:
        lines = []
        for name in names or self.names():
            found = self._values[name]
            spread = f"{min(found):,.5g} … {max(found):,.5g}" if len(found) > 1 else "one round"
            lines.append(f"{name:>44}  {statistics.median(found):>12,.5g} {unit}  ({spread})")
        return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(len(ordered) * share) - 1))]


def load() -> str:
    """How busy the machine was: figures taken beside other work say less."""
    one, five, _ = os.getloadavg()
    return f"{os.cpu_count()} cores, load {one:.1f} (1 min) {five:.1f} (5 min)"


def finish(ratios: Mapping[str, object]) -> None:
    """The last line of every benchmark."""
    print(f"machine: {load()}")
    print(json.dumps(ratios))
