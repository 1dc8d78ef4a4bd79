"""WHICH evaluations does the law order, and does a file state one without contradicting itself?"""

import hashlib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from ajx_gateway.jurisdictions import OVERLAY_VARIABLE, all_jurisdictions
from ajx_gateway.jurisdictions.model import covers
from ajx_gateway.jurisdictions.schemes_model import CLOCKS, DIMENSIONS, SOURCES, Item, Scheme

SHIPPED = Path(__file__).parent / "schemes"
MOST_BYTES = 64 * 1024
_STARS = 5
_WORDS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项",
    "string_pattern_mismatch": "格式不符合要求",
    "value_error": '应为不带正负号的数字文本，例如 "2.5"',
}


@dataclass(frozen=True, slots=True)
class SchemeFault:
    """One thing wrong with a file: where (dotted key) and, in Chinese, what."""

    pointer: str
    message: str


class SchemeError(ValueError):
    """The file states no usable evaluation; ``faults`` says why."""

    def __init__(self, faults: Sequence[SchemeFault]) -> None:
        super().__init__("；".join(f"{fault.pointer}：{fault.message}" for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class ReadScheme:
    """An evaluation with the text it was read from; ``digest`` is the SHA-256 of that text."""

    scheme: Scheme
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def read(text: str) -> ReadScheme:
    """The evaluation that a TOML text states; ``SchemeError`` with every fault otherwise."""
    try:
        raw: Any = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        raise SchemeError([SchemeFault("", "不是有效的 TOML 文本")]) from None
    try:
        scheme = Scheme.model_validate(_plain_days(raw))
    except ValidationError as problem:
        told = problem.errors(include_url=False, include_input=False, include_context=False)[:100]
        raise SchemeError(
            [
                SchemeFault(".".join(map(str, each["loc"])), _WORDS.get(each["type"], "取值不符合要求"))
                for each in told
            ]
        ) from None
    faults = list(_faults(scheme))
    if faults:
        raise SchemeError(faults)
    return ReadScheme(scheme, text)


def _plain_days(raw: Any) -> Any:
    """A TOML instant where a day belongs is refused, not cut off."""
    if isinstance(raw, dict):
        return {key: _plain_days(value) for key, value in raw.items()}
    return str(raw) if isinstance(raw, datetime) else raw


def _faults(scheme: Scheme) -> Iterator[SchemeFault]:
    clocks = {clock.name for place in all_jurisdictions().values() for clock in place.clocks}
    yield from _totals(scheme)
    yield from _tiers(scheme)
    if scheme.valid_to is not None and scheme.valid_to < scheme.valid_from:
        yield SchemeFault("valid_to", "早于 valid_from")
    if [item.number for item in scheme.item] != list(range(1, len(scheme.item) + 1)):
        yield SchemeFault("item", "各项应从1起连续编号")
    known = {category.id for category in scheme.category}
    for place, item in enumerate(scheme.item):
        for key, words in _item_faults(item, known, clocks, scheme.number):
            yield SchemeFault(f"item.{place}.{key}", words)


def _totals(scheme: Scheme) -> Iterator[SchemeFault]:
    ids = [category.id for category in scheme.category]
    if len(set(ids)) < len(ids):
        yield SchemeFault("category", "两类的 id 相同")
    if any(category.points <= 0 for category in scheme.category):
        yield SchemeFault("category", "每类分值应大于0")
    if sum(category.points for category in scheme.category) != scheme.points:
        yield SchemeFault("points", "总分应等于各类分值之和")
    for place, category in enumerate(scheme.category):
        if not any(item.category == category.id for item in scheme.item):
            yield SchemeFault(f"category.{place}.id", "这一类没有评价项目")


def _tiers(scheme: Scheme) -> Iterator[SchemeFault]:
    bounds = [tier.at_least for tier in scheme.tier]
    if any(later >= earlier for earlier, later in pairwise(bounds)):
        yield SchemeFault("tier", "等次应从高到低排列，下限互不相同")
    if bounds[-1] != 0:
        yield SchemeFault("tier", "最后一个等次的下限应为0")
    if bounds[0] > scheme.points:
        yield SchemeFault("tier.0.at_least", "下限高于总分")
    ids = [tier.id for tier in scheme.tier]
    if len(set(ids)) < len(ids):
        yield SchemeFault("tier", "两个等次的 id 相同")


def _item_faults(item: Item, known: set[str], clocks: set[str], number: str) -> Iterator[tuple[str, str]]:
    if item.category not in known:
        yield "category", "没有这一类"
    if item.cap <= 0:
        yield "cap", "最多扣分应大于0"
    if number not in item.clause:
        yield "clause", f"应写明文号{number}"
    if len(set(item.sources)) < len(item.sources):
        yield "sources", "有重复的数据来源"
    for source in item.sources:
        judged = "each" if source.removeprefix(CLOCKS) in clocks and source.startswith(CLOCKS) else None
        if (judged or SOURCES.get(source)) != item.how:
            yield "sources", f"{source[:60]} 不是可用于此种计分方式的数据来源"
    if item.how != "each" and len(item.sources) > 1:
        yield "sources", "比例与星级只能有一个数据来源"
    yield from {"each": _each, "bands": _bands, "stars": _stars}[item.how](item)
    used = {
        "deduct": item.deduct is not None,
        "bands": bool(item.bands),
        "per_star": item.per_star is not None,
        "dimension_points": item.dimension_points is not None,
        "dimensions": bool(item.dimensions),
    }
    allowed = {
        "each": {"deduct"},
        "bands": {"bands"},
        "stars": {"per_star", "dimension_points", "dimensions"},
    }[item.how]
    for key, given in used.items():
        if given and key not in allowed:
            yield key, "不适用于此种计分方式"


def _each(item: Item) -> Iterator[tuple[str, str]]:
    if item.deduct is None or item.deduct <= 0:
        yield "deduct", "应写明每次扣分，大于0"


def _bands(item: Item) -> Iterator[tuple[str, str]]:
    if not item.bands:
        yield "bands", "应写明各档"
        return
    bounded, last = item.bands[:-1], item.bands[-1]
    if last.at_least is not None or last.above is not None:
        yield "bands", "最后一档不写下限"
    if any((band.at_least is None) == (band.above is None) for band in bounded):
        yield "bands", "除最后一档外，每档写 at_least 或 above 之一"
        return
    keys = [_bound(band.at_least, band.above) for band in bounded]
    if any(later >= earlier for earlier, later in pairwise(keys)):
        yield "bands", "各档应从高到低排列"
    if any(later.deduct < earlier.deduct for earlier, later in pairwise(item.bands)):
        yield "bands", "比例越低，扣分不应越少"
    if any(band.deduct > item.cap for band in item.bands):
        yield "bands", "扣分超过该项最多扣分"


def _bound(at_least: Decimal | None, above: Decimal | None) -> tuple[Decimal, bool]:
    """Sorts 0.4 itself below everything above 0.4."""
    return (at_least, False) if at_least is not None else (above or Decimal(0), True)


def _stars(item: Item) -> Iterator[tuple[str, str]]:
    if item.per_star is None or item.dimension_points is None or not item.dimensions:
        yield "per_star", "应写明 per_star、dimension_points 与 dimensions"
        return
    if not set(item.dimensions) <= set(DIMENSIONS) or len(set(item.dimensions)) < len(item.dimensions):
        yield "dimensions", f"可用：{'、'.join(DIMENSIONS)}，各一次"
    if item.dimension_points * len(item.dimensions) != item.cap:
        yield "cap", "应等于各维度分值之和"
    if item.per_star * _STARS < item.dimension_points:
        yield "per_star", "五星应能得到该维度满分"


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, ReadScheme]:
    """Every evaluation that the gateway ships, or its operator adds, by id."""
    found: dict[str, ReadScheme] = {}
    for path in _files():
        one = read(path.read_text(encoding="utf-8"))
        if one.scheme.id in found or not path.name.startswith(f"{one.scheme.jurisdiction}-"):
            raise SchemeError([SchemeFault("id", f"{path.name}：编号重复，或文件名与地区不符")])
        found[one.scheme.id] = one
    return MappingProxyType(found)


def _files() -> list[Path]:
    """The shipped files, and those in the folder ``schemes`` beside the operator's own law."""
    own = os.environ.get(OVERLAY_VARIABLE)
    return [*sorted(SHIPPED.glob("*.toml")), *(sorted((Path(own) / "schemes").glob("*.toml")) if own else ())]


def of_place(jurisdiction: str, on: date) -> ReadScheme | None:
    """The evaluation that this place has on this day, or None."""
    for one in shipped().values():
        scheme = one.scheme
        if scheme.jurisdiction == jurisdiction and covers(scheme.valid_from, scheme.valid_to, on):
            return one
    return None
