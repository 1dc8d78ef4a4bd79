"""DO the figures of a report agree with what the gateway counts from the same insurer's records?"""

from collections.abc import Iterator

from ajx_gateway.rules.days import text
from ajx_gateway.rules.known import Known
from ajx_gateway.rules.records import AnnualReport
from ajx_gateway.rules.registry import Fault, rule

_FIGURES = {
    "policies": "保单数",
    "services": "服务次数",
    "hazards_general": "一般隐患数",
    "hazards_major": "重大隐患数",
    "hazards_rectified": "整改数",
    "fund_accrued": "费用提取额",
    "fund_spent": "费用支出额",
}


@rule(
    "annual_report.figures_differ",
    kind="annual_report",
    title="报告数与明细数据不符",
    severity="warning",
    clause="应急监二〔2023〕84号附件 第7项",
    linked=True,
    mend="请补报或更正明细数据，或更正报告。",
)
def figures_differ(report: AnnualReport, known: Known) -> Iterator[Fault]:
    """Only where the store supplied its own count of the same insurer, place and period."""
    counted = known.figures.get(report.report_no)
    if counted is None:
        return
    for name, title in _FIGURES.items():
        stated, own = getattr(report, name), getattr(counted, name)
        if stated != own:
            yield Fault(
                f"/{name}", f"{text(own)}（明细合计）", text(stated), f"{title}与已报送的明细数据不符。"
            )
