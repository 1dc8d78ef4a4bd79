"""WHICH reports are there, and what stands in each? One recipe a kind: parts, questions, words.

A question is one of the regulators' own (``aggregates``, ``timeliness``): a report never counts anything by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from ajx_gateway.deadlines.periods import label_of
from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.jurisdictions.model import Period as Length
from ajx_gateway.oversight.periods import Period, parse
from ajx_gateway.rendering.words import offered

Span = Literal["period", "year"]
PLACE = "place"  # stands for the next smaller places of the report's territory


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart of a question's table."""

    title: str
    form: Literal["bar", "line"]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question about figures, its table and its charts.

    ``span``: the report's period, or the year up to its end. ``compare``: the measures that get a column of
    growth. ``words``: a sentence with the totals by the measures' names, ``{policies_change}`` for growth.
    """

    name: str
    title: str
    measures: tuple[str, ...]
    by: tuple[str, ...]
    span: Span = "period"
    compare: tuple[str, ...] = ()
    words: str = ""
    charts: tuple[Drawn, ...] = ()


@dataclass(frozen=True, slots=True)
class Clocks:
    """One question about deadlines; ``by`` one of the dimensions of ``timeliness``."""

    name: str
    title: str
    by: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Other:
    """A part that another room of oversight answers: coverage, evaluations, services."""

    name: Literal["coverage", "evaluations", "services"]


Question = Ask | Clocks | Other


@dataclass(frozen=True, slots=True)
class Part:
    """A numbered part of a report."""

    name: str
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A kind of report. ``clock``: the deadline of the law that it stands under, when a place has one."""

    kind: str
    title: str
    heading: str
    lengths: tuple[Length, ...]
    parts: tuple[Part, ...]
    clock: str | None = None
    of_insurer: bool = False


_SOLD = ("policies", "enterprises", "insured_persons", "premium")
_SOLD_WORDS = (
    "{when}，{where}新签保单{policies}份{policies_change}，投保企业{enterprises}家，承保从业人员{insured_persons}人，"
    "保费{premium}元{premium_change}。"
)
_by_insurer = Ask(
    "underwriting_by_insurer", "各承保机构承保情况", _SOLD, ("insurer",), compare=("policies", "premium"),
    words=_SOLD_WORDS, charts=(Drawn("各承保机构保费（元）", "bar", ("premium",)),),
)  # fmt: skip
_by_place = Ask(
    "underwriting_by_place", "各地承保情况", _SOLD, (PLACE,), compare=("premium",),
    charts=(Drawn("各地投保企业数（家）", "bar", ("enterprises",)),),
)  # fmt: skip
_by_month = Ask(
    "underwriting_by_month", "逐月承保情况", _SOLD, ("month",), span="year",
    charts=(Drawn("本年逐月保费（元）", "line", ("premium",)),),
)  # fmt: skip
_this_year = Ask(
    "underwriting_of_the_year", "本年累计承保情况", _SOLD, ("insurer",), span="year", compare=("premium",),
    words="本年累计：保单{policies}份，投保企业{enterprises}家，保费{premium}元{premium_change}。",
)  # fmt: skip
_claims = Ask(
    "claims_by_insurer", "各承保机构理赔情况",
    ("claims", "claims_closed", "claims_open", "claims_paid", "deaths", "serious_injuries"), ("insurer",),
    words="{when}，报案{claims}件，其中已结案{claims_closed}件；已付赔款{claims_paid}元。涉及死亡{deaths}人、"
    "重伤{serious_injuries}人。",
    charts=(Drawn("各承保机构已付赔款（元）", "bar", ("claims_paid",)),),
)  # fmt: skip
_services = Ask(
    "services_by_insurer", "各承保机构事故预防服务情况",
    ("services", "services_completed", "enterprises_served", "services_rated", "rating"), ("insurer",),
    words="{when}，开展事故预防服务{services}次，完成{services_completed}次，服务企业{enterprises_served}家。",
    charts=(Drawn("各承保机构服务次数（次）", "bar", ("services", "services_completed")),),
)  # fmt: skip
_hazards = Ask(
    "hazards_by_insurer", "各承保机构排查隐患情况",
    ("hazards_general", "hazards_major", "hazards_rectified", "rectification_ratio", "hazards_refused",
     "hazards_overdue"), ("insurer",),
    words="排查一般隐患{hazards_general}条、重大隐患{hazards_major}条，已整改{hazards_rectified}条，"
    "整改率{rectification_ratio}；拒不整改{hazards_refused}条，逾期未整改{hazards_overdue}条。",
)  # fmt: skip
_fund = Ask(
    "fund_by_insurer", "各承保机构事故预防费用",
    ("fund_agreed", "fund_accrued", "fund_spent", "fund_ratio"), ("insurer",),
    words="{when}，提取事故预防费{fund_accrued}元，支出{fund_spent}元，使用率{fund_ratio}。",
    charts=(Drawn("事故预防费提取与支出（元）", "bar", ("fund_accrued", "fund_spent")),),
)  # fmt: skip
_clocks = Clocks(
    "deadlines_by_clock", "各期限执行情况", "clock",
    "本年起算的期限{clocks}项，按期完成{met}项，逾期完成{met_late}项，逾期未完成{overdue}项，按期率{on_time_share}。",
)  # fmt: skip
_clocks_by_insurer = Clocks("deadlines_by_insurer", "各承保机构期限执行情况", "insurer")


def _part(name: str, title: str, *questions: Question) -> Part:
    return Part(name, title, questions)


_TIMELY = _part("timeliness", "时限执行情况", _clocks, _clocks_by_insurer)
_COVERAGE = _part("coverage", "应保尽保情况", Other("coverage"))
_ACCIDENTS = _part("claims", "理赔情况", _claims)
_PREVENTION = _part("services", "事故预防服务与隐患排查", _services, _hazards, Other("services"))
_FUNDS = _part("funds", "事故预防费用", _fund)
_EVALUATION = _part("evaluation", "考评情况", Other("evaluations"))


def _cut(name: str, title: str, by: str) -> Ask:
    return Ask(f"underwriting_by_{name}", title, _SOLD, (by,), compare=("premium",))


def _of_one(ask: Ask, by: str, title: str) -> Ask:
    """The same question about one insurer, by place or month."""
    return replace(
        ask, name=f"{ask.name.removesuffix('_by_insurer')}_by_{by}", title=title, by=(by,), charts=()
    )


_RECIPES = (
    Recipe(
        "monthly-bulletin", "月度通报", "{where}安全生产责任保险月度通报（{when}）", ("month",),
        (_part("underwriting", "承保情况", _by_insurer, _by_place, _this_year), _COVERAGE, _ACCIDENTS, _PREVENTION,
         _FUNDS, _TIMELY),
        clock="monthly_statistics",
    ),
    Recipe(
        "quarterly-operation", "季度运行报告", "{where}安全生产责任保险运行情况报告（{when}）", ("quarter",),
        (_part("underwriting", "承保情况", _by_insurer, _by_place, _cut("sector", "各行业领域承保情况", "sector"),
               _by_month), _COVERAGE, _ACCIDENTS, _PREVENTION, _FUNDS, _TIMELY),
        clock="quarterly_operation_report",
    ),
    Recipe(
        "half-yearly-evaluation", "半年考评", "{where}安全生产责任保险承保机构考评报告（{when}）", ("half",),
        (_EVALUATION, _part("underwriting", "承保情况", _by_insurer), _ACCIDENTS, _PREVENTION, _FUNDS, _TIMELY),
        clock="half_yearly_evaluation",
    ),
    Recipe(
        "annual-white-paper", "年度白皮书", "{where}安全生产责任保险数据分析白皮书（{when}）", ("year",),
        (_part("underwriting", "承保情况", _by_insurer, _by_place, _by_month,
               _cut("sector", "各行业领域承保情况", "sector"), _cut("industry", "各行业承保情况", "industry"),
               _cut("size", "各规模企业承保情况", "size")),
         _COVERAGE, _ACCIDENTS, _PREVENTION, _FUNDS, _TIMELY, _EVALUATION),
        clock="white_paper",
    ),
    Recipe(
        "insurer-service", "保险机构服务报告", "{insurer}安全生产责任保险服务报告（{where}，{when}）",
        ("year", "half", "quarter", "month"),
        (_part("underwriting", "承保情况", _of_one(_by_insurer, PLACE, "各地承保情况"), _by_month),
         _part("claims", "理赔情况", _of_one(_claims, PLACE, "各地理赔情况")),
         _part("services", "事故预防服务与隐患排查", _of_one(_services, PLACE, "各地服务情况"),
               _of_one(_hazards, PLACE, "各地排查隐患情况"), Other("services")),
         _part("funds", "事故预防费用", _of_one(_fund, PLACE, "各地事故预防费用")),
         _part("timeliness", "时限执行情况", _clocks),
         _EVALUATION),
        of_insurer=True,
    ),
)  # fmt: skip

RECIPES: Mapping[str, Recipe] = MappingProxyType({recipe.kind: recipe for recipe in _RECIPES})
_FORMS: Mapping[Length, str] = MappingProxyType(
    {"year": "2023", "half": "2023H2", "quarter": "2023Q4", "month": "2023-12"}
)
_QUARTERS, _HALVES = ("一", "二", "三", "四"), ("上", "下")


def titles() -> dict[str, str]:
    """The kinds of reports with what they are called."""
    return {kind: recipe.title for kind, recipe in RECIPES.items()}


def recipe_of(kind: str) -> Recipe:
    """The recipe; 404 with the kinds that there are."""
    if kind not in RECIPES:
        raise NotFound(f"没有这种报告，可用：{offered(titles())}。")
    return RECIPES[kind]


def period_of(recipe: Recipe, text: str) -> Period:
    """The period that the kind of report may be about; 422 with the forms otherwise."""
    forms = "、".join(_FORMS[length] for length in recipe.lengths)
    try:
        period = parse(text)
    except Unprocessable:
        raise Unprocessable(f"{recipe.title}的期间应如 {forms}。", parameter="period") from None
    if period.text not in {label_of(length, period.begins) for length in recipe.lengths}:
        raise Unprocessable(f"{recipe.title}的期间应如 {forms}。", parameter="period")
    return period


def period_words(period: Period) -> str:
    """2023年12月, 2023年第四季度, 2023年下半年, 2023年."""
    text, year = period.text, f"{period.begins.year}年"
    if "Q" in text:
        return f"{year}第{_QUARTERS[int(text[-1]) - 1]}季度"
    if "H" in text:
        return f"{year}{_HALVES[int(text[-1]) - 1]}半年"
    return f"{year}{period.begins.month}月" if "-" in text else year
