"""WHICH days does a period name? 2023, 2023H1, 2023Q4, 2023-05, or 2023-01-01..2023-06-30 (both included)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ajx_gateway.errors import Unprocessable

_SHAPES = (
    (re.compile(r"([0-9]{4})"), 12),
    (re.compile(r"([0-9]{4})H([1-2])"), 6),
    (re.compile(r"([0-9]{4})Q([1-4])"), 3),
    (re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])"), 1),
)
_DATES = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})")
FIRST_YEAR, LAST_YEAR = 1990, 2200


@dataclass(frozen=True, slots=True)
class Period:
    """The days [begins, ends)."""

    text: str
    begins: date
    ends: date

    def a_year_earlier(self) -> Period:
        """The same days one year before; with exclusive ends, whole months stay whole in leap years, too."""
        return Period("", _year_before(self.begins), _year_before(self.ends))

    def as_dict(self) -> dict[str, str]:
        last = self.ends - timedelta(days=1)
        return {"period": self.text, "from": self.begins.isoformat(), "to": last.isoformat()}


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def parse(text: str) -> Period:
    """The period that ``text`` names; 422 with the possible forms otherwise."""
    for shape, months in _SHAPES:
        found = shape.fullmatch(text)
        if found:
            first = (int(found[2]) - 1) * months + 1 if found.lastindex == 2 else 1
            return _checked(
                text, date(_year(found[1]), first, 1), _months_later(_year(found[1]), first, months)
            )
    found = _DATES.fullmatch(text)
    if found:
        begins, last = _date(found[1]), _date(found[2])
        return _checked(text, begins, last + timedelta(days=1))
    raise _refused()


def _months_later(year: int, month: int, months: int) -> date:
    total = month - 1 + months
    return date(year + total // 12, total % 12 + 1, 1)


def _year(text: str) -> int:
    year = int(text)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _refused()
    return year


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _refused() from None
    _year(text[:4])
    return day


def _checked(text: str, begins: date, ends: date) -> Period:
    if ends <= begins:
        raise Unprocessable("period 的起始日期不能晚于截止日期。", parameter="period")
    return Period(text, begins, ends)


def _refused() -> Unprocessable:
    return Unprocessable(
        "period 应如 2023、2023H1（半年）、2023Q4、2023-05 或 2023-01-01..2023-06-30，"
        f"年份在 {FIRST_YEAR} 至 {LAST_YEAR} 之间。",
        parameter="period",
    )
