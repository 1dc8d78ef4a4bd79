"""HOW is a figure written? Counts, money and ratios of groups and totals, and how they changed in a year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ajx_gateway.store.measure import Measure

_CENT, _RATIO = Decimal("0.01"), Decimal("0.0001")

Values = Mapping[str, Any]
Exact = Decimal | int | None


def value(measure: Measure, found: Values) -> Exact:
    """The exact value, as it was summed; None for a quotient whose denominator is 0."""
    if measure.over is None:
        summed: Decimal | int = found.get(measure.name, 0)
        return summed
    above, below = (sum((Decimal(found.get(n, 0)) for n in side), Decimal(0)) for side in measure.over)
    return above / below if below else None


def text(measure: Measure, exact: Exact) -> str | int | None:
    """As the contract writes it: counts are integers, money has two decimals, ratios four."""
    if exact is None:
        return None
    if measure.form == "count":
        return int(exact)
    summed = exact if isinstance(exact, Decimal) else Decimal(exact)
    return str(summed.quantize(_RATIO if measure.form == "ratio" else _CENT, ROUND_HALF_UP))


def change(current: Exact, previous: Exact) -> str | None:
    """The growth in percent with two decimals, ``+100.15%``; None when there was nothing before."""
    if current is None or not previous:
        return None
    before = previous if isinstance(previous, Decimal) else Decimal(previous)
    percent = ((current - before) * 100 / abs(before)).quantize(_CENT, ROUND_HALF_UP)
    if not percent:
        return "0.00%"
    return f"+{percent!s}%" if percent > 0 else f"{percent!s}%"


def told(
    measures: Sequence[Measure], *, compared: bool
) -> Callable[[Sequence[Values]], dict[str, dict[str, Any]]]:
    """How the values of one group are written; ``compared``: of two spans, and how they changed from the second on."""

    writers = [(measure.name, _writer(measure)) for measure in measures]

    def alone(spans: Sequence[Values]) -> dict[str, dict[str, Any]]:
        [found] = spans
        return {"values": {name: write(found) for name, write in writers}}

    def beside(spans: Sequence[Values]) -> dict[str, dict[str, Any]]:
        now, before = ([value(m, found) for m in measures] for found in spans)
        return {
            "values": {name: write(spans[0]) for name, write in writers},
            "previous": {name: write(spans[1]) for name, write in writers},
            "change": {
                m.name: change(*both) for m, both in zip(measures, zip(now, before, strict=True), strict=True)
            },
        }

    return beside if compared else alone


def _writer(measure: Measure) -> Callable[[Values], str | int | None]:
    """``text`` of ``value``; what is asked of the measure is asked once for all groups."""
    name = measure.name
    if measure.over is not None:
        return lambda found: text(measure, value(measure, found))
    if measure.form == "count":
        return lambda found: int(found.get(name, 0))
    return lambda found: text(measure, found.get(name, 0))
