"""WHAT is a cell of a list: text, a number, a day or an instant? Its column's name says so, the same name everywhere.

Answers write amounts, days and instants as JSON strings; a spreadsheet should add up the first and sort the others. What a
cell holds is never guessed from how it looks: the policy number 2024.10 and the code 0012 stay text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from ajx_gateway.deadlines import SHANGHAI
from ajx_gateway.store.columns import AMOUNTS

# XML 1.0 cannot hold these; a spreadsheet refuses the whole file for one of them.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
Sort = Literal["text", "number", "day", "instant"]
# Amounts, ratios and scores that lists compute.
_FIGURES: Final = frozenset(
    {
        "accrual_ratio", "accrued", "base", "cap_ratio", "city_match", "deduction", "done_share", "excess", "floor",
        "floor_ratio", "gap", "law_ratio", "match", "points", "premium",
        "ratio", "remaining", "score", "score_high", "score_low", "share", "spent", "states_per_record",
        "subsidy", "subsidy_ratio", "sum_insured", "target_ratio", "unanswered_hours", "use_ratio",
    }
)  # fmt: skip
_DAYS: Final = frozenset(
    {
        "by_date",
        "checking_from",
        "covered_until",
        "day",
        "effective_from",
        "effective_to",
        "on",
        "valid_from",
        "valid_to",
    }
)
_INSTANTS: Final = frozenset({"as_of", "at", "begins", "due", "ends"})
_DECIMAL: Final = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,10})?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(?:Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)
# A spreadsheet counts its days from 1900 on, and thinks that year a leap year.
_FIRST_YEAR: Final = 1901


def sort_of(name: str) -> Sort:
    """What the cells of a column are."""
    if name in AMOUNTS or name in _FIGURES:
        return "number"
    if name in _DAYS or name.endswith("_on"):
        return "day"
    return "instant" if name in _INSTANTS or name.endswith("_at") else "text"


def number(value: object) -> object:
    """Text that is a decimal number as that number; all else as it is."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        try:
            return Decimal(value)
        except InvalidOperation:  # pragma: no cover - the pattern admits none
            return value
    return value


def day(value: object) -> object:
    """Text that is a day as that day; all else as it is."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            return value
        return found if found.year >= _FIRST_YEAR else value
    return value


def instant(value: object) -> object:
    """Text that is an instant as the hour in China, which a spreadsheet shows without a zone; all else as it is."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            found = datetime.fromisoformat(value).astimezone(SHANGHAI).replace(tzinfo=None)
        except (ValueError, OverflowError):
            return value
        return found if found.year >= _FIRST_YEAR else value
    return value


def as_numbers(columns: Sequence[tuple[str, str]]) -> Callable[[Sequence[object]], list[object]]:
    """What makes numbers of the amounts of a row."""
    places = [place for place, (name, _) in enumerate(columns) if sort_of(name) == "number"]

    def changed(row: Sequence[object]) -> list[object]:
        cells = list(row)
        for place in places:
            if place < len(cells):
                cells[place] = number(cells[place])
        return cells

    return changed


def text_of(value: object) -> str:
    """How a value reads in a cell; instants in China's time, nested values as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(SHANGHAI).isoformat(timespec="seconds")
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        return "、".join(value)
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    return str(value)


def is_number(value: object) -> bool:
    """Whether a cell is a number and not a word for yes or no."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)
