"""How well does each 宿州 insurer keep its duties? Counted failures, so that scorecards tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Quality:
    """Numbers are policies (or claims) of the year.

    paper_*: electronic policy after the 7 days, or never; service_*: small and micro enterprises whose first
    round of service came after 45 days, or never; first_*: the same for large and medium ones;
    excuse_*: large and medium ones whose late first service was excused, or whose excuse was dismissed;
    unconfirmed: services that the parties never confirmed; result_late: claim results after the 7 days;
    prompt: share of the claims decided within weeks; used: per cent of the year's fund that is spent;
    stars: mean rating; report_on: day of the annual report, None for never.
    """

    covers: int
    paper_late: int
    paper_never: int
    service_late: int
    service_never: int
    first_late: int
    first_never: int
    excuse_upheld: int
    excuse_dismissed: int
    unconfirmed: int
    result_late: int
    prompt: float
    used: int
    stars: float
    report_on: date | None


QUALITY: dict[str, Quality] = {
    "A": Quality(420, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1.0, 88, 4.8, date(2024, 12, 4)),
    "B": Quality(320, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0.9, 84, 4.6, date(2024, 12, 10)),
    "C": Quality(260, 2, 1, 4, 1, 2, 0, 1, 1, 2, 2, 0.75, 72, 4.3, date(2024, 12, 11)),
    "D": Quality(220, 2, 1, 10, 4, 3, 0, 1, 1, 3, 2, 0.6, 66, 4.0, date(2024, 12, 13)),
    "E": Quality(160, 6, 4, 14, 9, 3, 1, 0, 2, 6, 3, 0.5, 62, 3.5, date(2024, 12, 27)),
    "F": Quality(120, 22, 18, 22, 26, 5, 4, 0, 1, 9, 4, 0.2, 21, 2.6, None),
}
