"""WHAT is wrong with a body, and how is it mended? Every place in Chinese, never with what stood there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from ajx_gateway.errors import Unprocessable
from ajx_gateway.publishing.vocabulary import choices
from ajx_gateway.rendering.words import offered

_MOST: Final = 100
_DATE, _INSTANT = "应为日期，例如 2024-01-31", "应为带时区的时间，例如 2024-01-31T08:00:00+08:00"
_WORDS: Final[Mapping[str, str]] = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项，请去掉",
    "json_invalid": "不是可以读取的 JSON",
    "literal_error": "可用：{expected}",
    "enum": "可用：{expected}",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符合要求，应符合 {pattern}",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "greater_than_equal": "不能小于 {ge}",
    "greater_than": "应大于 {gt}",
    "less_than_equal": "不能大于 {le}",
    "less_than": "应小于 {lt}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "list_type": "应为数组",
    "dict_type": "应为 JSON 对象",
    "model_type": "应为 JSON 对象",
    "model_attributes_type": "应为 JSON 对象",
    "uuid_type": "应为编号（UUID）",
    "uuid_parsing": "应为编号（UUID）",
    "timezone_aware": _INSTANT,
}
_BEGINNINGS: Final[Mapping[str, str]] = {"datetime_": _INSTANT, "date_": _DATE}


def refusal(fault: ValidationError) -> Unprocessable:
    """The 422 that names each place, what is wrong there and what would be right."""
    found = fault.errors(include_input=False, include_url=False)[:_MOST]
    places = [
        {"pointer": "/" + "/".join(map(str, each["loc"])), "rule": each["type"], "message": _words(each)}
        for each in found
    ]
    first = "；".join(f"{place['pointer']} {place['message']}" for place in places[:3])
    more = "等" if len(places) > 3 else ""
    return Unprocessable(f"内容不符合要求：{first}{more}。字段说明见 /docs。", errors=places)


def _words(fault: Mapping[str, Any]) -> str:
    kind = fault["type"]
    words = _WORDS.get(kind) or next(
        (told for beginning, told in _BEGINNINGS.items() if kind.startswith(beginning)), "取值不符合要求"
    )
    # Only what the schema says: bounds, choices, patterns.
    told = {name: str(value) for name, value in fault.get("ctx", {}).items()}
    if "expected" in told:
        member = next((str(part) for part in reversed(fault["loc"]) if isinstance(part, str)), "")
        told["expected"] = offered(choices(member, re.findall(r"'([^']*)'", told["expected"])))
    try:
        return words.format_map(told)
    except KeyError:  # a bound that pydantic does not tell
        return "取值不符合要求"
