"""WHAT happened? Facts in the past tense, frozen; the outbox keeps them, the relay tells them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

# Every type a feed can carry, with the title shown to people.
TYPES: Mapping[str, str] = MappingProxyType(
    {
        "filing.accepted": "报送已受理",
        "filing.partial": "报送部分受理",
        "filing.rejected": "报送被退回",
        "record.voided": "记录已作废",
        "document.accepted": "电子保单已受理",
        "excuse.requested": "免责申请已提交",
        "excuse.decided": "免责申请已决定",
        "finding.raised": "发现问题",
        "finding.decided": "问题已决定",
        "finding.cleared": "问题已消除",
        "evaluation.published": "评价已发布",
        "appeal.requested": "申诉已提交",
        "appeal.decided": "申诉已决定",
        "deadline.breached": "时限已超期",
        "deadline.credited": "时限因停机顺延",
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """``payload`` holds identifiers, counts and instants only, never personal data."""

    type: str
    insurer: str | None
    payload: Mapping[str, object]
    happened_at: datetime

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"unknown event type {self.type!r}")
