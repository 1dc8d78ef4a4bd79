"""WHAT does a cell say that holds a whole record, or what an event tells? Its members under their Chinese titles, codes as words.

JSON keeps such values as they are. In a sheet they stand beside: nobody who reads one should have to read JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from ajx_gateway.standard import KINDS
from ajx_gateway.standard.codes import title
from ajx_gateway.standard.fields import Outline, outlines
from ajx_gateway.standard.record import Part

# The members of what events tell.
EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "appeal": "申诉编号",
        "bytes": "字节数",
        "category": "类别",
        "clock": "期限",
        "counts": "计数",
        "created": "新建",
        "deadline": "期限编号",
        "decision": "决定",
        "due": "截止时刻（不含）",
        "edition": "版次",
        "evaluation": "评价编号",
        "excuse": "申请编号",
        "filing": "报送编号",
        "finding": "问题编号",
        "item": "项",
        "jurisdiction": "地区代码",
        "key": "业务号",
        "kind": "记录种类",
        "media_type": "文件格式",
        "outage": "停机编号",
        "period": "所属期间",
        "policy_no": "保单编号",
        "reason": "理由",
        "rejected": "退回",
        "rule": "规则编号",
        "sha256": "文件摘要（SHA-256）",
        "stale": "过时",
        "state": "状态",
        "subject_key": "对象编号",
        "subject_kind": "对象类别",
        "unchanged": "未变",
        "updated": "更新",
    }
)


# What a member's code is called, by the member's name.
Calling = Callable[[str, object], object]


def event_words(value: object, calling: Calling) -> object:
    """What an event tells, member by member; None for what is no event."""
    return _joined(_event(value, calling)) if isinstance(value, Mapping) else None


def _event(told: Mapping[str, Any], calling: Calling) -> Iterator[str]:
    for name, value in told.items():
        if value is None:
            continue
        said = (
            f"（{_joined(_event(value, calling))}）" if isinstance(value, Mapping) else calling(name, value)
        )
        yield f"{EVENTS.get(name, name)}：{said}"


def record_words(value: object, kind: str) -> object:
    """A record of the kind under the titles of the standard; None for what is no record."""
    return _joined(_fields(value, KINDS[kind].model)) if isinstance(value, Mapping) else None


def _fields(record: Mapping[str, Any], model: type[Part]) -> Iterator[str]:
    known = outlines(model)
    for name, value in record.items():
        outline = known.get(name)
        # An insurer's own members (ext_…) have no titles.
        yield f"{name}：{value}" if outline is None else f"{outline.mark.title}：{_said(value, outline)}"


def _said(value: object, outline: Outline) -> object:
    if isinstance(value, (list, tuple)):
        return "、".join(str(_said(each, outline)) for each in value)
    if isinstance(value, Mapping) and outline.part is not None:
        return f"（{_joined(_fields(value, outline.part))}）"
    if isinstance(value, bool):
        return "是" if value else "否"
    return title(outline.codes, value) if outline.codes and isinstance(value, str) else value


def _joined(parts: Iterator[str]) -> str:
    return "；".join(parts)
