"""WHAT is asked of the figures, and in what form are they given? Spans, questions, figures by group and in total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ajx_gateway.store.measure import Measure
from ajx_gateway.store.sources import Filters

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A period [begins, ends), and how many years its days are moved to stand beside the period asked for."""

    begins: date
    ends: date
    years: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: measures (no quotients), dimensions, periods (none: all time), filters, instant."""

    measures: Sequence[Measure]
    by: Sequence[str]
    spans: Sequence[Span]
    filters: Filters
    as_of: datetime | None
    today: date


@dataclass(slots=True)
class Figures:
    """Values by measure name, per group key and in total, of one span."""

    total: dict[str, Any] = field(default_factory=dict)
    groups: dict[Key, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
