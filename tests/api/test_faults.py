"""A refused body names each place in Chinese with what would be right, and repeats nothing of it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ajx_gateway.api import faults


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    decision: Literal["upheld", "dismissed"]
    reason: Annotated[str, Field(min_length=2, max_length=5)] = "理由"
    code: Annotated[str, Field(pattern="^[0-9]{6}$")] = "440605"
    on: date = date(2024, 1, 1)
    at: AwareDatetime | None = None
    days: Annotated[int, Field(ge=1, le=9)] = 1
    whole: bool = True
    some: Annotated[list[UUID], Field(max_length=1)] = []


def said(body: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as wrong:
        Wanted.model_validate_json(body)
    found = faults.refusal(wrong.value)
    assert found.detail.startswith("内容不符合要求：/")
    assert "secret" not in repr(found.detail) + repr(found.extra)
    places = found.extra["errors"]
    assert isinstance(places, list)
    return {place["pointer"]: place["message"] for place in places}


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ("{}", "/decision", "缺少这一项"),
        ('{"decision": "secret"}', "/decision", "可用：upheld（成立）、dismissed（不成立）"),
        ('{"decision": "upheld", "secret_": 1}'.replace("secret_", "other"), "/other", "没有这一项，请去掉"),
        ('{"decision": "upheld", "reason": "x"}', "/reason", "至少 2 个字符"),
        ('{"decision": "upheld", "reason": "secret words"}', "/reason", "至多 5 个字符"),
        ('{"decision": "upheld", "reason": 7}', "/reason", "应为文本"),
        ('{"decision": "upheld", "code": "secret"}', "/code", "格式不符合要求，应符合 ^[0-9]{6}$"),
        ('{"decision": "upheld", "on": "secret"}', "/on", "应为日期，例如 2024-01-31"),
        ('{"decision": "upheld", "at": "2024-01-01T00:00:00"}', "/at", "应为带时区的时间，例如 2024-01-31T08:00:00+08:00"),
        ('{"decision": "upheld", "days": 10}', "/days", "不能大于 9"),
        ('{"decision": "upheld", "days": "1"}', "/days", "应为整数"),
        ('{"decision": "upheld", "whole": "yes"}', "/whole", "应为 true 或 false"),
        ('{"decision": "upheld", "some": ["secret"]}', "/some/0", "应为编号（UUID）"),
        ('{"decision": "upheld", "some": "secret"}', "/some", "应为数组"),
        ("[]", "/", "应为 JSON 对象"),
        ("{", "/", "不是可以读取的 JSON"),
    ],
)  # fmt: skip
def test_a_wrong_place_is_told_with_what_would_be_right(body: str, pointer: str, words: str) -> None:
    assert said(body)[pointer] == words


def test_of_many_places_the_first_three_stand_in_the_words() -> None:
    with pytest.raises(ValidationError) as wrong:
        Wanted.model_validate_json('{"a": 1, "b": 2, "c": 3, "d": 4}')
    assert faults.refusal(wrong.value).detail.count("；") == 2


def test_an_instant_is_not_taken_for_a_day() -> None:
    assert said('{"decision": "upheld", "at": "secret"}')["/at"].startswith("应为带时区的时间")
