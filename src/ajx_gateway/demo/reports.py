"""What do insurers report by quarter and year? The sums of what they themselves have pushed before."""

from __future__ import annotations

from datetime import date

from ajx_gateway.demo import names
from ajx_gateway.demo.codes import digest
from ajx_gateway.demo.identities import Insurer
from ajx_gateway.demo.portfolio import Body, Record, instant
from ajx_gateway.demo.sums import yuan
from ajx_gateway.demo.timeline import Tally

_COUNTS = ("policies", "services", "hazards_general", "hazards_major", "hazards_rectified")


def quarter_bounds(year: int, quarter: int) -> tuple[date, date]:
    """First and last day of a quarter."""
    last_month = 3 * quarter
    last_day = {3: 31, 6: 30, 9: 30, 12: 31}[last_month]
    return date(year, last_month - 2, 1), date(year, last_month, last_day)


def report(insurer: Insurer, tally: Tally, year: int, day: date, *, quarter: int | None = None) -> Record:
    """The annual service report, or the fund report of a quarter, submitted on `day`."""
    first, last = quarter_bounds(year, quarter) if quarter else (date(year, 1, 1), date(year, 12, 31))
    kind = "quarterly_fund" if quarter else "annual_service"
    number = f"DEMO-{insurer.identity}-AR-{year}{f'Q{quarter}' if quarter else ''}"
    period = f"{year}年{f'第{quarter}季度' if quarter else ''}"
    body: Body = {
        "report_no": number,
        "type": kind,
        "division": insurer.division,
        "year": year,
        "submitted_on": day.isoformat(),
        **{measure: tally.total(measure, first, last) for measure in _COUNTS},
        "fund_accrued": yuan(max(tally.total("fund_accrued", first, last), 0)),
        "fund_spent": yuan(max(tally.total("fund_spent", first, last), 0)),
        "summary": f"{insurer.name}{period}事故预防服务与费用情况：按计划开展服务，费用专款专用（虚构）。",
        "document_sha256": digest(number),
        "contact_name": names.person(90_000 + ord(insurer.letter)),
        "revised_at": instant(day, number),
    }
    if quarter:
        body["quarter"] = quarter
    return Record("annual-reports", number, day, body)
