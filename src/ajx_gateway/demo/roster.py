"""Who must insure in the demo? Invented rosters (应保名录) as the regulators of 南海 and 宿州 file them.

On the last day of 2023 every high-risk enterprise of 南海's roster is insured and 89.51 % of the key ones are, as the
district published. Which sectors are which is asked of the law; who is insured, of the portfolios' own plans.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from random import Random
from typing import Any

import xlsxwriter

from ajx_gateway.demo import nanhai, places, suzhou, trades
from ajx_gateway.demo.planning import enterprises
from ajx_gateway.demo.portfolio import CHINA, Cover, Enterprise, later
from ajx_gateway.oversight.coverage_law import HIGH_RISK, KEY, obligations, sector_class
from ajx_gateway.oversight.roster_file import COLUMNS
from ajx_gateway.standard import codes

NANHAI_DAY, SUZHOU_DAY = date(2023, 12, 31), date(2024, 12, 31)
KEY_RATIO = Decimal("0.8951")
# Of enterprises with a target but neither high-risk nor key; invented.
_OTHER_RATIO = Decimal("0.62")
_SUZHOU_RATIO = Decimal("0.93")
_TITLE = "应保名录（全部虚构）"

Line = dict[str, str]


@dataclass(frozen=True, slots=True)
class Roster:
    """One file: who files it when, and its rows by column name."""

    portfolio: str
    by: str
    at: datetime
    rows: tuple[Line, ...]


@cache
def rosters() -> dict[str, Roster]:
    """The roster of each portfolio."""
    filed = {
        "nanhai": ("nanhai-district", datetime(2022, 1, 10, 9, tzinfo=CHINA), _nanhai()),
        "suzhou": ("suzhou-city", datetime(2024, 1, 8, 9, tzinfo=CHINA), _suzhou()),
    }
    return {name: Roster(name, by, at, tuple(rows)) for name, (by, at, rows) in filed.items()}


@dataclass(frozen=True, slots=True)
class _Known:
    """The enterprises of a portfolio: who is insured on the day, and the last day of the others' cover."""

    insured: Sequence[Enterprise]
    lapsed: Sequence[tuple[Enterprise, date]]


def _known(covers: Iterable[Cover], on: date) -> _Known:
    """By the gateway's own count: a policy covers to the end of its last day, a cancelled one to the day before."""
    ends: dict[str, date] = {}
    firms: dict[str, Enterprise] = {}
    for cover in covers:
        if cover.effective_on <= on:
            end = cover.expires_on if cover.cancelled_on is None else later(cover.cancelled_on, -1)
            firms[cover.enterprise.uscc] = cover.enterprise
            ends[cover.enterprise.uscc] = max(ends.get(cover.enterprise.uscc, end), end)
    ordered = [firms[uscc] for uscc in sorted(firms)]
    return _Known(
        [firm for firm in ordered if ends[firm.uscc] >= on],
        [(firm, ends[firm.uscc]) for firm in ordered if ends[firm.uscc] < on],
    )


def _nanhai() -> Iterator[Line]:
    rng, on = Random(89_51), NANHAI_DAY
    known = _known(nanhai.plan().covers, on)
    invented = enterprises(rng, 9_000, places.NANHAI, trades.NANHAI, first_serial=80_001)
    classes = {name: _sectors(name, nanhai.DIVISION, on) for name in (HIGH_RISK, KEY)}
    targeted = {tag for each in obligations(nanhai.DIVISION, on) for tag in each.target.tags}

    def kind(firm: Enterprise) -> str:
        tags = set(firm.trade.tags)
        listed = (name for name, sectors in classes.items() if tags & sectors)
        return next(listed, "other" if tags & targeted else "")

    for firm in known.insured:
        if kind(firm) == HIGH_RISK:
            yield _line(firm, _from(firm))
    for firm, end in known.lapsed:
        # It closed down when its cover ended: 南海 has no high-risk enterprise without.
        if kind(firm) == HIGH_RISK:
            yield _line(firm, _from(firm), end)
    for name, wanted in ((KEY, KEY_RATIO), ("other", _OTHER_RATIO)):
        insured = [firm for firm in known.insured if kind(firm) == name]
        bare = [firm for firm, _ in known.lapsed if kind(firm) == name]
        bare += [firm for firm in invented if kind(firm) == name]
        covered, uncovered = _mix(len(insured), len(bare), wanted)
        for firm in (*insured[:covered], *bare[:uncovered]):
            yield _line(firm, _from(firm))


def _suzhou() -> Iterator[Line]:
    rng, on = Random(3413), SUZHOU_DAY
    known = _known(suzhou.plan().covers, on)
    invented = enterprises(rng, 400, places.SUZHOU, trades.SUZHOU, first_serial=95_001)
    covered, uncovered = _mix(len(known.insured), len(invented), _SUZHOU_RATIO)
    for firm in (*known.insured[:covered], *invented[:uncovered]):
        yield _line(firm, date(2024, 1, 1))


def _sectors(name: str, division: str, on: date) -> set[str]:
    found = sector_class(name, division, on)
    return set(found.sectors) if found else set()


def _mix(insured: int, bare: int, wanted: Decimal) -> tuple[int, int]:
    """How many of each give exactly the ratio, rounded to four places; as many of the insured as can be."""
    for covered in range(insured, 0, -1):
        uncovered = round(covered / wanted) - covered
        share = Decimal(covered) / (covered + uncovered)
        if share.quantize(Decimal("0.0001"), ROUND_HALF_UP) == wanted and uncovered <= bare:
            return covered, uncovered
    raise ValueError(f"{insured} insured and {bare} others cannot give {wanted}")


def _from(firm: Enterprise) -> date:
    """Enterprises of the second year's portfolio came onto the roster with it."""
    return date(2022, 1, 1) if firm.serial < 30_000 else date(2023, 1, 1)


def _line(firm: Enterprise, since: date, until: date | None = None) -> Line:
    tags = "、".join(codes.title("sector_tag", tag) for tag in firm.trade.tags) or "无"
    office = firm.town.county.removeprefix("佛山市").removeprefix("宿州市")
    return {
        "uscc": firm.uscc,
        "name": firm.name,
        "division": firm.town.division,
        "address": firm.address,
        "industry": firm.trade.industry,
        "sector_tags": tags,
        "employee_count": str(max(1, round(firm.crew))),
        "employee_counted_on": "2021-12-31",
        "effective_from": since.isoformat(),
        "effective_to": until.isoformat() if until else "",
        "source": f"{office}应急管理部门应保名录（虚构）",
    }


def as_csv(roster: Roster) -> bytes:
    """The roster as the template's CSV."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(column.title for column in COLUMNS)
    writer.writerows([line.get(column.name, "") for column in COLUMNS] for line in roster.rows)
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def as_xlsx(roster: Roster) -> bytes:
    """The roster as the template's workbook: every cell a text, the same bytes every time."""
    target = io.BytesIO()
    book: Any = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": _TITLE, "created": roster.at.replace(tzinfo=None)})
    text = book.add_format({"num_format": "@"})
    page = book.add_worksheet("应保名录")
    page.set_column(0, len(COLUMNS) - 1, 22, text)
    page.write_string(0, 0, _TITLE)
    for place, column in enumerate(COLUMNS):
        page.write_string(1, place, column.title + ("*" if column.required else ""))
    for number, line in enumerate(roster.rows, start=2):
        for place, column in enumerate(COLUMNS):
            if line.get(column.name):
                page.write_string(number, place, line[column.name], text)
    book.close()
    return target.getvalue()
