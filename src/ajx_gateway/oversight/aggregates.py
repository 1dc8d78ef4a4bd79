"""HOW MUCH, by what, and how does it compare? The regulators' figures with definitions, scope and instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ajx_gateway.errors import Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight import asking, suppression
from ajx_gateway.oversight.admission import admitted, territory_words
from ajx_gateway.oversight.naming import DIMENSION_TITLES, dimensions, name_of
from ajx_gateway.oversight.periods import Period, parse
from ajx_gateway.oversight.shown import local_date, shown_instant
from ajx_gateway.oversight.written import told
from ajx_gateway.store import aggregates, behind
from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.database import Store
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.measures import MEASURES, PUBLIC, parts_of
from ajx_gateway.store.questions import Figures, Key, Question, Span
from ajx_gateway.store.sources import Filters

DEFAULT_MEASURES = ("policies", "enterprises", "insured_persons", "premium", "sum_insured")
MOST_DIMENSIONS = 3

_SECTOR_NOTE = "行业领域可多选：一家企业计入其每个领域，分组之和可大于合计；合计中不重复计算。"
_DISTINCT_NOTE = "企业数与从业人数按企业去重，分组之和可大于合计；合计另行计算。"
_TIMES = ("month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Request:
    """A question about figures, read and checked."""

    measures: tuple[Measure, ...]
    by: tuple[str, ...]
    period: Period | None
    yoy: bool
    filters: Filters
    as_of: datetime | None


def read(given: Mapping[str, str], as_of: datetime | None, now: datetime) -> Request:
    """The query parameters as a Request; 422 with the possible values otherwise."""
    names = (
        asking.several("measures", given.get("measures"), {m.name: m.title for m in PUBLIC})
        or DEFAULT_MEASURES
    )
    by = asking.several("by", given.get("by"), dimensions(DIMENSIONS))
    if len(by) > MOST_DIMENSIONS:
        raise Unprocessable(f"by 至多 {MOST_DIMENSIONS} 项。", parameter="by")
    period = parse(given["period"]) if given.get("period") else None
    yoy = (
        bool(given.get("compare"))
        and asking.one_of("compare", given["compare"], {"yoy": "上年同期"}) == "yoy"
    )
    if yoy and period is None:
        raise Unprocessable("同比（compare=yoy）需要指定 period。", parameter="period")
    asking.not_later("as_of", as_of, now)
    return Request(tuple(MEASURES[n] for n in names), by, period, yoy, asking.filters_of(given), as_of)


async def aggregates_for(
    store: Store, caller: Caller, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """The answer to one question about figures, from one snapshot."""
    scope = admitted(caller)
    whole = {**given, "as_of": "" if as_of is None else str(as_of)}
    suppression.whole_tables_only(scope, whole, ("measures", "by"))
    request = read(given, as_of, now)
    instant = as_of or now
    question = Question(
        measures=_parts(request.measures),
        by=request.by,
        spans=_spans(request),
        filters=request.filters,
        as_of=as_of,
        today=local_date(instant),
    )
    async with store.reading(scope) as tx:
        found = await aggregates.figures(tx, question)
        insurers = await _insurers(tx, request.by, found)
        hidden = await _hidden(tx, request, question.today, suppression.threshold(scope, now))
    answer = {
        "scope": territory_words(scope),
        "as_of": shown_instant(instant),
        **_described(request),
        "groups": list(_groups(request, found, insurers)) if request.by else [],
        "total": told(request.measures, compared=request.yoy)([each.total for each in found]),
    }
    return answer if hidden is None else _withheld(answer, request, hidden)


Hidden = Mapping[str, tuple[frozenset[str | None], bool]]


async def _hidden(tx: Any, request: Request, today: date, least: int | None) -> Hidden | None:
    """Per kind of record the slices to be withheld and whether the total is; None for who may see enterprises."""
    if least is None:
        return None
    sources = sorted({part.source for part in _parts(request.measures)} - {"annual_report"})
    return {
        source: await suppression.hidden_slices(request.by, behind.of_source(tx, source, today), least)
        for source in sources
    }


def _withheld(answer: dict[str, Any], request: Request, hidden: Hidden) -> dict[str, Any]:
    """The answer without the numbers of slices that are withheld; a slice without any number is one line."""
    cut = suppression.slicing(request.by)
    sources = {m.name: {part.source for part in parts_of(m)} & set(hidden) for m in request.measures}

    def blanked(row: dict[str, Any], gone: set[str]) -> dict[str, Any]:
        values = {name: None if sources[name] & gone else value for name, value in row["values"].items()}
        names = [name for name in values if sources[name] & gone]
        return {**row, "values": values, **({"suppressed": names} if names else {})}

    groups, shut = list[dict[str, Any]](), set[str | None]()
    for group in answer["groups"]:
        code = group["keys"][cut]
        shown = blanked(group, {source for source, (slices, _) in hidden.items() if code in slices})
        if len(shown.get("suppressed", ())) < len(sources):
            groups.append(shown)
        elif code not in shut:
            shut.add(code)
            groups.append({**shown, **suppression.closed(group, request.by), "suppressed": list(sources)})
    total = blanked(answer["total"], {source for source, (_, whole) in hidden.items() if whole})
    return {**answer, "groups": groups, "total": total, "notes": [*answer["notes"], suppression.NOTE]}


def _parts(measures: Sequence[Measure]) -> tuple[Measure, ...]:
    return tuple({part.name: part for measure in measures for part in parts_of(measure)}.values())


def _spans(request: Request) -> list[Span]:
    if request.period is None:
        return []
    spans = [Span(request.period.begins, request.period.ends)]
    if request.yoy:
        earlier = request.period.a_year_earlier()
        spans.append(Span(earlier.begins, earlier.ends, years=1))
    return spans


async def _insurers(tx: Any, by: Sequence[str], found: Sequence[Figures]) -> dict[str, str]:
    if "insurer" not in by:
        return {}
    place = list(by).index("insurer")
    return await aggregates.insurer_names(tx, sorted({k[place] or "" for each in found for k in each.groups}))


def _keys(found: Sequence[Figures]) -> list[Key]:
    """Every group of any span, in the order of the codes, unknown ones last."""
    keys = {key for each in found for key in each.groups}
    try:
        return sorted(keys)
    except TypeError:  # an unknown one beside a code
        return sorted(keys, key=lambda key: [(part is None, part or "") for part in key])


def _described(request: Request) -> dict[str, Any]:
    notes = []
    if "sector" in request.by:
        notes.append(_SECTOR_NOTE)
    if request.by and any(part.how != "sum" for part in _parts(request.measures)):
        notes.append(_DISTINCT_NOTE)
    if request.by and set(request.by) - {"insurer", *_TIMES}:
        notes.append("地区、行业、规模取自所属保单；保单尚未报送的记录归入空组（保单未到）。")
    return {
        "period": request.period.as_dict() if request.period else None,
        "compare": "yoy" if request.yoy else None,
        "by": [{"name": name, "title": DIMENSION_TITLES[name]} for name in request.by],
        "filters": {n: v for n in Filters.__dataclass_fields__ if (v := getattr(request.filters, n))},
        "measures": [
            {"name": m.name, "title": m.title, "definition": m.definition, "unit": m.unit}
            for m in request.measures
        ],
        "notes": notes,
    }


def _groups(
    request: Request, found: Sequence[Figures], insurers: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Every group with the codes and names of its key, and its figures; the same few names come again and again."""
    by, values = request.by, told(request.measures, compared=request.yoy)
    spans, nothing = [each.groups for each in found], dict[str, Any]()
    for key in _keys(found):
        names = [name_of(name, code, insurers) for name, code in zip(by, key, strict=True)]
        yield {
            "keys": dict(zip(by, key, strict=True)),
            "names": dict(zip(by, names, strict=True)),
            **values([groups.get(key, nothing) for groups in spans]),
        }
