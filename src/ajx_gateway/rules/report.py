"""IS a periodic report consistent with its own period and figures?"""

from collections.abc import Iterator
from datetime import date

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.days import text
from ajx_gateway.rules.records import AnnualReport
from ajx_gateway.rules.registry import Fault, rule

_QUARTER_ENDS = {1: (3, 31), 2: (6, 30), 3: (9, 30), 4: (12, 31)}


def _first_day(report: AnnualReport) -> date:
    return date(report.year, 1 if report.quarter is None else report.quarter * 3 - 2, 1)


def _last_day(report: AnnualReport) -> date:
    return date(report.year, *_QUARTER_ENDS[report.quarter or 4])


@rule(
    "annual_report.quarter_missing",
    kind="annual_report",
    title="季度报告没有季度",
    severity="error",
    clause=clauses.STANDARD,
    mend="请填写 quarter（1至4）。",
)
def quarter_missing(report: AnnualReport) -> Iterator[Fault]:
    if report.type != "annual_service" and report.quarter is None:
        yield Fault("/quarter", "1至4", "", "季度报告没有填写季度。")


@rule(
    "annual_report.quarter_unexpected",
    kind="annual_report",
    title="年度报告填写了季度",
    severity="error",
    clause=clauses.STANDARD,
    mend="年度报告请删除 quarter。",
)
def quarter_unexpected(report: AnnualReport) -> Iterator[Fault]:
    if report.type == "annual_service" and report.quarter is not None:
        yield Fault("/quarter", "年度报告不填写", str(report.quarter), "年度报告填写了季度。")


@rule(
    "annual_report.rectified_above_found",
    kind="annual_report",
    title="整改数多于发现数",
    severity="error",
    clause=clauses.STANDARD,
    mend="请核对一般、重大隐患数与整改数。",
)
def rectified_above_found(report: AnnualReport) -> Iterator[Fault]:
    found = report.hazards_general + report.hazards_major
    if report.hazards_rectified > found:
        yield Fault(
            "/hazards_rectified",
            f"不多于{found}",
            str(report.hazards_rectified),
            "整改的隐患多于发现的隐患。",
        )


@rule(
    "annual_report.spent_above_accrued",
    kind="annual_report",
    title="支出多于提取",
    severity="warning",
    clause=clauses.LEDGER,
    mend="使用上期结余时属正常，请在 summary 说明；否则请核对。",
)
def spent_above_accrued(report: AnnualReport) -> Iterator[Fault]:
    if report.fund_spent > report.fund_accrued:
        expected = f"不高于提取额{text(report.fund_accrued)}"
        yield Fault("/fund_spent", expected, text(report.fund_spent), "服务费用支出多于提取。")


@rule(
    "annual_report.submitted_before_period",
    kind="annual_report",
    title="报告早于报告期",
    severity="error",
    clause=clauses.REPORTING,
    mend="请核对年度、季度和报送日期。",
)
def submitted_before_period(report: AnnualReport) -> Iterator[Fault]:
    if report.submitted_on < _first_day(report):
        expected = f"不早于{_first_day(report)}"
        yield Fault("/submitted_on", expected, str(report.submitted_on), "报送日期早于报告期开始。")


@rule(
    "annual_report.quarter_not_over",
    kind="annual_report",
    title="季度未结束即报告",
    severity="warning",
    clause=clauses.STANDARD,
    mend="季度报告应在季末后报送，请核对季度。",
)
def quarter_not_over(report: AnnualReport) -> Iterator[Fault]:
    if report.quarter is not None and _first_day(report) <= report.submitted_on <= _last_day(report):
        expected = f"晚于{_last_day(report)}"
        yield Fault("/submitted_on", expected, str(report.submitted_on), "季度尚未结束。")


@rule(
    "annual_report.submitted_late",
    kind="annual_report",
    title="报告期结束很久才报告",
    severity="notice",
    clause=clauses.REPORTING,
    mend="请核对年度、季度；报告应按期报送。",
)
def submitted_late(report: AnnualReport, *, report_late_days_max: int) -> Iterator[Fault]:
    late = (report.submitted_on - _last_day(report)).days
    if late > report_late_days_max:
        expected = f"报告期结束后{report_late_days_max}日内"
        yield Fault("/submitted_on", expected, str(report.submitted_on), f"报告期结束{late}日后才报送。")


@rule(
    "annual_report.in_future",
    kind="annual_report",
    title="报送日期在接收日之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请更正报送日期。",
)
def in_future(report: AnnualReport, arrival: Arrival) -> Iterator[Fault]:
    if report.submitted_on > arrival.today:
        expected = f"不晚于接收日{arrival.today}"
        yield Fault("/submitted_on", expected, str(report.submitted_on), "报送日期晚于网关接收日期。")


@rule(
    "annual_report.hazards_without_service",
    kind="annual_report",
    title="没有服务却有隐患",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对服务次数与隐患数。",
)
def hazards_without_service(report: AnnualReport) -> Iterator[Fault]:
    if report.services == 0 and report.hazards_general + report.hazards_major > 0:
        yield Fault("/services", "大于0", "0", "报告期内没有服务，却发现了隐患。")


@rule(
    "annual_report.services_without_policy",
    kind="annual_report",
    title="没有保单却有服务或费用",
    severity="warning",
    clause=clauses.STANDARD,
    mend="请核对保单数。",
)
def services_without_policy(report: AnnualReport) -> Iterator[Fault]:
    if report.policies == 0 and (report.services > 0 or report.fund_accrued > 0):
        yield Fault("/policies", "大于0", "0", "报告期内没有保单，却有服务或提取的费用。")


@rule(
    "annual_report.document_missing",
    kind="annual_report",
    title="年度报告没有附件",
    severity="notice",
    clause=clauses.REPORTING,
    mend="请填写报告文件的摘要值（document_sha256）。",
)
def document_missing(report: AnnualReport) -> Iterator[Fault]:
    if report.type == "annual_service" and report.document_sha256 is None:
        yield Fault("/document_sha256", "报告文件摘要值", "", "年度服务报告没有报告文件。")
