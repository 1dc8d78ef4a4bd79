"""HOW high is a row of a spreadsheet whose words wrap? Not every spreadsheet stretches a row to its words by itself."""

from __future__ import annotations

import math
from typing import Final

from ajx_gateway.rendering.model import breadth

# Points a line; lines of a row at most, which a spreadsheet bounds.
_LINE: Final = 15
_MOST: Final = 27


def lines(text: str, wide: float) -> int:
    """How many lines the words take in a column so many letters wide."""
    if 2 * len(text) <= wide and "\n" not in text:
        return 1
    return sum(max(1, math.ceil(breadth(each) / wide)) for each in text.split("\n"))


def height(taken: int) -> int | None:
    """The height in points of a row of so many lines; None for a single one, which every row has room for."""
    return None if taken <= 1 else min(taken, _MOST) * _LINE
