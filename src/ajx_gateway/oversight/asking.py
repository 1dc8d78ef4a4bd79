"""WHAT did the caller ask? Query parameters read strictly; every refusal says what would have been right."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from ajx_gateway.errors import Unprocessable
from ajx_gateway.rendering.words import offered
from ajx_gateway.standard import codes
from ajx_gateway.standard.impersonal import names_somebody
from ajx_gateway.store.sources import Filters

_SHAPES: Mapping[str, tuple[re.Pattern[str], str]] = {
    "district": (re.compile(r"[1-9][0-9]{5}"), "6位行政区划代码，例如 440605"),
    "town": (re.compile(r"[1-9][0-9]{8}"), "9位统计用区划代码，例如 440605011"),
    "insurer": (re.compile(r"[0-9A-Z]{18}"), "承保机构的18位统一社会信用代码"),
    "industry": (re.compile(r"[A-T](?:[0-9]{2,4})?"), "国民经济行业门类或大类，例如 C 或 C33"),
}
_LISTS = {"sector": "sector_tag", "size": "enterprise_size"}


def filters_of(given: Mapping[str, str]) -> Filters:
    """The filters among the query parameters; absent and empty ones narrow nothing."""
    named = {name: given[name] for name in Filters.__dataclass_fields__ if given.get(name)}
    for name, value in named.items():
        if name in _SHAPES and not _SHAPES[name][0].fullmatch(value):
            raise Unprocessable(f"{name} 应为{_SHAPES[name][1]}。", parameter=name)
        if name in _LISTS:
            one_of(name, value, codes.titles(_LISTS[name]))
    return Filters(**named)


def one_of(name: str, value: str, allowed: Collection[str]) -> str:
    """The value, when it is one of those allowed; whoever gives their titles as well has them told."""
    if value not in allowed:
        raise Unprocessable(f"{name} 不认识“{value[:40]}”，可用：{offered(allowed)}。", parameter=name)
    return value


def several(name: str, text: str | None, allowed: Collection[str]) -> tuple[str, ...]:
    """Comma-separated values, each one of those allowed and named once."""
    values = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    for value in values:
        one_of(name, value, allowed)
    if len(set(values)) < len(values):
        raise Unprocessable(f"{name} 中有重复的取值。", parameter=name)
    return values


def not_later(name: str, instant: datetime | None, now: datetime) -> None:
    """What will be known tomorrow cannot be asked today."""
    if instant is not None and instant > now:
        raise Unprocessable(f"{name} 不能晚于当前时间。", parameter=name)


def impersonal(**texts: str) -> None:
    """Words that name nobody by number; 422 names the place, never what stood there."""
    for name, text in texts.items():
        if names_somebody(text):
            raise Unprocessable(f"{name} 不得含有身份证号码、手机号码等个人信息。", parameter=name)


class Portion(str):
    """How many rows of a list that leaves whole are read at once: a ``limit`` that no caller can state."""

    __slots__ = ()


def page_size(text: str | None, *, default: int = 100, most: int = 1000) -> int:
    """``limit``: how many rows a page holds."""
    if not text:
        return default
    if isinstance(text, Portion):
        return int(text)
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text) or int(text) > most:
        raise Unprocessable(f"limit 应为 1 至 {most} 的整数。", parameter="limit")
    return int(text)
