"""How are exact totals spread over many records? Whole units by weight, the remainder by largest fraction."""

from __future__ import annotations

from collections.abc import Sequence


def apportion(weights: Sequence[float], total: int, floor: int = 0) -> list[int]:
    """Whole numbers of at least `floor` in proportion to the weights that add up to exactly `total`."""
    spare = total - floor * len(weights)
    if spare < 0:
        raise ValueError("the total is smaller than the sum of the floors")
    scale = spare / sum(weights)
    exact = [weight * scale for weight in weights]
    parts = [int(value) for value in exact]
    by_fraction = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    missing = spare - sum(parts)
    for i in by_fraction[:missing]:
        parts[i] += 1
    return [part + floor for part in parts]


def yuan(fen: int) -> str:
    """Money as the standard writes it: yuan with two decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
