"""HOW are codes called in Chinese? The names beside the keys of every table for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from ajx_gateway.jurisdictions import clock_titles
from ajx_gateway.standard import codes, divisions, industries

UNKNOWN_POLICY = "保单未到或未注明"

DIMENSION_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "province": "省",
        "city": "市",
        "district": "区县",
        "town": "镇街",
        "industry": "行业大类",
        "sector": "行业领域",
        "size": "企业规模",
        "insurer": "承保机构",
        "month": "月",
        "quarter": "季度",
        "year": "年",
        "clock": "期限",
        "kind": "记录种类",
        "level": "隐患等级",
        "purpose": "用途",
        "target": "目标",
        "class": "类别",
    }
)
# The days from a clock's start to its end: half of the clocks took no longer than the first, and so on.
LAG_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "p50": "天数中位数",
        "p75": "天数七成五位数",
        "p90": "天数九成位数",
        "p95": "天数九成五位数",
        "max": "天数最大值",
    }
)


def _place(code: str) -> str:
    return divisions.name(code) or code


_NAMES: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        **dict.fromkeys(("province", "city", "district", "town"), _place),
        "industry": lambda code: industries.name(code) or code,
        "sector": lambda code: codes.title("sector_tag", code),
        "size": lambda code: codes.title("enterprise_size", code),
    }
)


def dimensions(names: Iterable[str]) -> dict[str, str]:
    """The dimensions of a question with their titles."""
    return {name: DIMENSION_TITLES[name] for name in names}


def name_of(dimension: str, code: str | None, insurers: Mapping[str, str]) -> str:
    """What the code of a group is called."""
    if code is None:
        return UNKNOWN_POLICY
    if dimension == "insurer":
        return insurers.get(code, code)
    if dimension == "clock":
        return clock_titles().get(code, code)
    return _named(dimension, code) if dimension in _NAMES else code


@lru_cache(maxsize=16_384)  # the same few hundred places and trades in every answer
def _named(dimension: str, code: str) -> str:
    return _NAMES[dimension](code)
