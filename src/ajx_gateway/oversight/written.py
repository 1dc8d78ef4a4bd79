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
    return str(Decimal(exact).quantize(_RATIO, ROUND_HALF_UP)) if measure.form == "ratio" else _money(exact)


def _money(amount: Decimal | int) -> str:
    """With two decimals; sums of cents have them already."""
    written = str(amount)
    return written if written[-3:-2] == "." else str(Decimal(amount).quantize(_CENT, ROUND_HALF_UP))


def change(current: Exact, previous: Exact) -> str | None:
    """The growth in percent with two decimals, ``+100.15%``; None when there was nothing before."""
    if current is None or not previous:
        return None
    if type(current) is int and type(previous) is int:
        return _percent(10_000 * (current - previous), abs(previous))
    before = previous if isinstance(previous, Decimal) else Decimal(previous)
    percent = ((current - before) * 100 / abs(before)).quantize(_CENT, ROUND_HALF_UP)
    if not percent:
        return "0.00%"
    return f"+{percent!s}%" if percent > 0 else f"{percent!s}%"


def _percent(above: int, below: int) -> str:
    """A quotient in hundredths of a per cent, rounded half up by its size, as counts need no decimals on the way."""
    size = (2 * abs(above) + below) // (2 * below)
    if not size:
        return "0.00%"
    whole, hundredths = divmod(size, 100)
    return f"{'-' if above < 0 else '+'}{whole}.{hundredths:02}%"


def told(
    measures: Sequence[Measure], *, compared: bool
) -> Callable[[Sequence[Values]], dict[str, dict[str, Any]]]:
    """How the values of one group are written; ``compared``: of two spans, and how they changed from the second on."""

    writers = [(measure.name, _reader(measure), _writer(measure)) for measure in measures]

    def alone(spans: Sequence[Values]) -> dict[str, dict[str, Any]]:
        [found] = spans
        return {"values": {name: write(read(found)) for name, read, write in writers}}

    def beside(spans: Sequence[Values]) -> dict[str, dict[str, Any]]:
        now, before = spans
        values, previous, changes = {}, {}, {}
        for name, read, write in writers:
            current, earlier = read(now), read(before)
            values[name], previous[name] = write(current), write(earlier)
            changes[name] = change(current, earlier)
        return {"values": values, "previous": previous, "change": changes}

    return beside if compared else alone


def _reader(measure: Measure) -> Callable[[Values], Exact]:
    """``value``; what is asked of the measure is asked once for all groups."""
    name = measure.name
    if measure.over is not None:
        return lambda found: value(measure, found)
    if measure.form == "count":
        return lambda found: int(found.get(name, 0))
    return lambda found: found.get(name, 0)


def _writer(measure: Measure) -> Callable[[Any], str | int | None]:
    """``text``, likewise; a count is read as it is written."""
    if measure.over is not None or measure.form == "ratio":
        return lambda exact: text(measure, exact)
    return _money if measure.form == "money" else lambda count: count
