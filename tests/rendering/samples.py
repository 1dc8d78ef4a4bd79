"""A synthetic report (虚构) with every form of figure, for the tests of the rendering room."""

from datetime import UTC, datetime
from uuid import UUID

from ajx_gateway.rendering.figures import (
    Chart,
    Column,
    Figures,
    Period,
    Section,
    Table,
    canonical,
    digest,
)
from ajx_gateway.rendering.seal import Seal

NAMES = ("甲保险（虚构）", "乙保险（虚构）", "丙保险（虚构）", "丁财产保险佛山分公司（虚构）")

UNDERWRITING = Table(
    name="by_insurer",
    title="各承保机构承保情况",
    definition="保单数：有效（未作废）保单份数，按签单日期归期；同比为与上年同期相比的增减。",
    columns=(
        Column("insurer", "承保机构代码", "", "code"),
        Column("insurer_name", "承保机构", "", "text"),
        Column("policies", "保单数", "份", "count"),
        Column("insured_persons", "被保险人数", "人", "count"),
        Column("premium", "保费", "元", "money"),
        Column("premium_change", "保费同比", "", "percent"),
        Column("loss_ratio", "赔付率", "", "ratio"),
        Column("rating", "服务评价", "分", "score"),
    ),
    keys=2,
    rows=tuple(
        (f"91440600MA0000{n}A1X", name, 1234 * (n + 1), 23456 * (n + 1), f"{15871234.5 * (n + 1):.2f}", "+38.84%",
         None if n == 2 else "0.1234", "4.56")
        for n, name in enumerate(NAMES)
    ),
    total=(None, None, 12340, 234560, "158712345.00", "-0.52%", "0.1000", "4.50"),
)  # fmt: skip
TREND = Table(
    name="by_month",
    title="逐月保费",
    definition="",
    columns=(Column("month", "月", "", "text"), Column("premium", "保费", "元", "money")),
    keys=1,
    rows=tuple((f"2023-{n:02}", f"{1_000_000 * (n * 7 % 12 + 1)}.00") for n in range(1, 13)),
)
FIGURES = Figures(
    kind="monthly-bulletin",
    kind_title="月度通报",
    title="佛山市安全生产责任保险月度通报（2023年12月）",
    issuer="佛山市应急管理局（虚构）",
    territory="4406",
    territory_title="佛山市",
    insurer="",
    insurer_title="",
    period=Period("2023-12", "2023-12-01", "2023-12-31"),
    as_of="2024-01-09T00:00:00+08:00",
    sections=(
        Section(
            "underwriting",
            "承保情况",
            (
                "2023年12月，全市新签保单12,340份，同比增长38.84%；承保从业人员234,560人，保费158,712,345.00元。",
                "A&B <公司> 的“引号”与符号照原样印出。",
            ),
            (UNDERWRITING, TREND),
            (
                Chart(
                    "premium", "图1　各承保机构保费（元）", "bar", "by_insurer", "insurer_name", ("premium",)
                ),
                Chart("trend", "图2　逐月保费（元）", "line", "by_month", "month", ("premium",)),
            ),
        ),
        Section("evaluation", "考评情况", ("本期没有考评数据。",)),
    ),
)
SEAL = Seal(
    report_id=UUID("0190a5b2-0000-7000-8000-000000000001"),
    digest=digest(canonical(FIGURES)),
    kind=FIGURES.kind,
    period=FIGURES.period.name,
    edition=1,
    as_of=FIGURES.as_of,
    made_at=datetime(2024, 1, 9, 1, 0, tzinfo=UTC),
)
