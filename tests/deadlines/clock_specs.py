"""Clocks for the tests of the arithmetic, independent of any place's law."""

from dataclasses import replace

from ajx_gateway.deadlines import ClockSpec

SEVEN_DAYS = ClockSpec(
    name="policy_upload",
    title="电子保单上传",
    start="policy.signed_on",
    days=7,
    counting="calendar",
    roll=True,
    fixed=None,
    stop="policy.document",
    applies_to=(),
    due_soon_days=3,
    clause="应急监二〔2023〕84号 二（五）",
    report_type=None,
    period=None,
    subject="policy",
)


def days(number: int) -> ClockSpec:
    return replace(SEVEN_DAYS, days=number)
