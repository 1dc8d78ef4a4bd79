"""WHAT do coverage, evaluations and services add to a report? Each part says plainly when it holds none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from ajx_gateway.errors import Forbidden, NotFound
from ajx_gateway.identity import Caller
from ajx_gateway.jurisdictions.schemes import ReadScheme, of_place
from ajx_gateway.oversight import coverage, evaluations, services
from ajx_gateway.oversight.evaluation_rights import reach_of
from ajx_gateway.oversight.naming import DIMENSION_TITLES
from ajx_gateway.oversight.periods import Period
from ajx_gateway.oversight.report_kinds import Ask, Drawn
from ajx_gateway.oversight.report_tables import charts_of, of_figures, sentence
from ajx_gateway.oversight.shown import local_date
from ajx_gateway.rendering.figures import Chart, Column, Row, Section, Table
from ajx_gateway.rendering.words import joined
from ajx_gateway.store.database import Store


@dataclass(frozen=True, slots=True)
class Frame:
    """About whom, when and as known when; ``level``: the next smaller places of the territory."""

    store: Store
    caller: Caller
    period: Period
    insurer: str
    as_of: datetime
    names: Mapping[str, str]
    level: str
    now: datetime

    @property
    def last_day(self) -> str:
        """The period's last day, or the day of ``as_of`` while it runs."""
        return min(self.period.ends - timedelta(days=1), local_date(self.as_of)).isoformat()


def _none(words: str) -> Section:
    return Section("", "", (words,))


_COVERED = (
    Column("enterprises", "应保单位", "家", "count"),
    Column("insured", "已保单位", "家", "count"),
    Column("uninsured", "未保单位", "家", "count"),
    Column("ratio", "覆盖率", "", "ratio"),
)


async def covered(frame: Frame) -> Section:
    """Insured against the must-insure roster on the period's last day."""
    given = {"on": frame.last_day, "by": frame.level}
    answer = await coverage.coverage_for(frame.store, frame.caller, given, as_of=frame.as_of, now=frame.now)
    total = _values(answer["total"])
    if not answer["total"]["enterprises"]:
        return _none("本地区没有登记在册的应保单位名录，本期不计算覆盖率。")
    by_target = Table(
        "coverage_by_target",
        "覆盖率目标完成情况",
        answer["definition"],
        (
            Column("target", "目标代码", "", "code"),
            Column("target_name", "目标", "", "text"),
            *_COVERED,
            Column("target_ratio", "目标覆盖率", "", "ratio"),
            Column("gap", "尚差", "家", "count"),
        ),
        2,
        tuple(
            (each["target"], each["title"], *_values(each), each["target_ratio"], each["gap"])
            for each in answer["targets"]
        ),
    )
    by_place = Table(
        "coverage_by_place",
        "各地覆盖情况",
        joined(answer["notes"]),
        (
            Column(frame.level, f"{DIMENSION_TITLES[frame.level]}代码", "", "code"),
            Column(f"{frame.level}_name", DIMENSION_TITLES[frame.level], "", "text"),
            *_COVERED,
        ),
        2,
        tuple(
            (group["keys"][frame.level], group["names"][frame.level], *_values(group))
            for group in answer["groups"]
        ),
        (None, None, *total),
    )
    words = f"截至{frame.last_day}，应保单位{{enterprises}}家，已投保{{insured}}家，未投保{{uninsured}}家，覆盖率{{ratio}}。"
    chart = Chart("coverage", "各地覆盖率", "bar", by_place.name, f"{frame.level}_name", ("ratio",))
    tables = tuple(table for table in (by_target, by_place) if table.rows)
    return Section("", "", (sentence(words, by_place),), tables, (chart,) if len(by_place.rows) > 1 else ())


def _values(told: Mapping[str, Any]) -> Row:
    return tuple(told[column.name] for column in _COVERED)


async def evaluated(frame: Frame) -> Section:
    """The scorecards of the periods of the place's scheme that the report covers, as known at its instant."""
    territory = frame.caller.territory or ""
    place = territory.ljust(6, "0")
    scheme = of_place(place, frame.period.begins) if territory else None
    if scheme is None:
        return _none("本地区没有规定考评办法，本期没有考评数据。")
    try:
        if reach_of(frame.caller, place)[1] != "whole":
            return _none("考评由上一级地区组织，本报告不含考评数据。")
    except (Forbidden, NotFound):
        return _none("按编制身份的权限，本报告不含考评数据。")
    labels = _labels(scheme, frame.period)
    if not labels:
        return _none(f"“{scheme.scheme.title}”的评价周期与本报告期间不同，本期没有考评数据。")
    found = [await _cards(frame, place, label) for label in labels]
    tables = tuple(table for each in found for table in each if table.rows)
    if not tables:
        return _none("本期没有被考评的承保机构。")
    said = f"以下为按“{scheme.scheme.title}”和本报告数据时点推算的得分，以正式公布的评价结果为准；未能确定的项目不计分。"
    charts = tuple(
        Chart(table.name, f"{table.title}（得分下限）", "bar", table.name, "insurer_name", ("score_low",))
        for table in tables
        if table.columns[0].name == "insurer" and len(table.rows) > 1
    )
    return Section("", "", (said,), tables, charts)


def _labels(scheme: ReadScheme, period: Period) -> list[str]:
    """The scheme's own periods within the report's."""
    if len(period.text) == len("2023"):
        return [period.text] if scheme.scheme.period == "year" else [f"{period.text}H1", f"{period.text}H2"]
    return [period.text] if "H" in period.text and scheme.scheme.period == "half" else []


async def _cards(frame: Frame, place: str, label: str) -> list[Table]:
    asked = evaluations.asked_of(place, label, None)
    if asked is None:
        return []
    cards = await evaluations.scorecards(frame.store, asked, as_of=frame.as_of, insurer=frame.insurer or None)
    told = [card.as_dict() | {"insurer_name": frame.names.get(card.insurer, card.name)} for card in cards]
    if not told:
        return []
    return [_overview(told, label), *([_items(told[0], label)] if frame.insurer else [])]


def _overview(told: Sequence[Mapping[str, Any]], label: str) -> Table:
    categories = [(each["category"], each["title"]) for each in told[0]["categories"]]
    columns = (
        Column("insurer", "承保机构代码", "", "code"),
        Column("insurer_name", "承保机构", "", "text"),
        *(Column(f"category_{name}", title, "分", "score") for name, title in categories),
        Column("score", "得分", "分", "score"),
        Column("score_low", "得分下限", "分", "score"),
        Column("score_high", "得分上限", "分", "score"),
        Column("tier_title", "等次", "", "text"),
    )
    rows = tuple(
        (
            card["insurer"],
            card["insurer_name"],
            *(each["score"] for each in card["categories"]),
            card["score"],
            card["score_low"],
            card["score_high"],
            card["tier_title"],
        )
        for card in told
    )
    definition = "各栏为该类别的得分；有项目待定时不给出得分，只给出上下限。"
    return Table(f"evaluation_{label}", f"{label} 考评得分", definition, columns, 2, rows)


def _items(card: Mapping[str, Any], label: str) -> Table:
    columns = (
        Column("item", "项次", "", "text"),
        Column("title", "考评项目", "", "text"),
        Column("cap", "分值", "分", "score"),
        Column("deduction", "扣分", "分", "score"),
        Column("points", "得分", "分", "score"),
    )
    rows = tuple(
        (str(each["item"]), each["title"], each["cap"], each["deduction"], each["points"])
        for each in card["items"]
    )
    return Table(f"evaluation_items_{label}", f"{label} 逐项得分", "", columns, 1, rows)


_DUE = Ask(
    "entitlements",
    "应做与已做服务项次",
    ("policies", "due", "fulfilled", "owed", "fulfilment", "first_service_rate"),
    ("insurer",),
    words="本期签单的{policies}份保单应做服务{due}项次，已落实{fulfilled}项次，落实率{fulfilment}。",
    charts=(Drawn("服务落实率", "bar", ("fulfilment",)),),
)


async def serviced(frame: Frame) -> Section:
    """Services due against done of the policies signed in the period."""
    by = frame.level if frame.insurer else "insurer"
    given = {"by": by, "period": frame.period.text}
    if frame.insurer:
        given["insurer"] = frame.insurer
    answer = await services.services_by(frame.store, frame.caller, given, as_of=frame.as_of, now=frame.now)
    forms = {measure.name: measure for measure in services.MEASURES}
    table = of_figures(_DUE, answer, frame.names, forms)
    if not table.rows:
        return Section("", "")
    return Section("", "", (sentence(_DUE.words, table),), (table,), charts_of(_DUE, table))


PARTS: Mapping[str, Callable[[Frame], Awaitable[Section]]] = MappingProxyType(
    {"coverage": covered, "evaluations": evaluated, "services": serviced}
)
