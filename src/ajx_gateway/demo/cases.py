"""What was found about the insurers of 宿州 in 2024, who complained, and what was decided? All of it fictitious."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from ajx_gateway.demo.identities import SUZHOU_INSURERS, Insurer
from ajx_gateway.demo.portfolio import CHINA, Body, Cover, Operation, Push, later

CITY, REVIEWER = "suzhou-city", "suzhou-reviewer"
_ANNEX = "应急监二〔2023〕84号 附件 第%d项"
Category = Literal["product", "workflow", "data", "claim_result"]


@dataclass(frozen=True, slots=True)
class Story:
    """One finding: about which insurer, what, when, whether it stood, and what the insurer said (None: nothing).

    ``differs``: the reviewer first disagreed, and both looked at it once more.
    """

    letter: str
    category: Category
    item: int
    title: str
    detail: str
    on: date
    upheld: bool
    reply: str | None = None
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Grievance:
    """One complaint: how it was received, when it was answered, whether a court dealt with it and whose doing it was.

    ``checks``: further checks were announced on the eighth day; ``answered``: days after the receipt, None: never.
    """

    letter: str
    kind: str
    channel: str
    text: str
    on: date
    answered: int | None
    litigation: bool = False
    attributed: bool | None = None
    checks: bool = False


STORIES: tuple[Story, ...] = (
    Story("A", "data", 7, "隐患记录与现场不符", "抽查发现一项隐患的整改日期早于现场照片（虚构）", date(2024, 6, 18), False,
          "照片为复核时所摄，整改确在其前，已补充原始照片（虚构）"),
    Story("B", "data", 7, "从业人员数明显偏低", "投保单位社保人数高于报送的从业人员数（虚构）", date(2024, 7, 9), True,
          "已向投保单位核实并更正（虚构）"),
    Story("C", "product", 1, "未按备案费率承保", "系统抽查：实收费率低于备案费率的下浮限度（虚构）", date(2024, 5, 21), False,
          "该单位为标准化二级，适用备案的下浮系数（虚构）", differs=True),
    Story("D", "data", 7, "服务照片重复使用", "两次服务提交同一组照片（虚构）", date(2024, 8, 14), False,
          "为同日两个车间，已补充说明（虚构）"),
    Story("E", "product", 1, "承保方案与联席会决议不符", "扩展责任未按联席会决议的方案承保（虚构）", date(2024, 4, 16), True),
    Story("E", "data", 7, "保费到账日期不实", "到账日期早于投保单位的付款凭证（虚构）", date(2024, 9, 10), True,
          "系录入错误，已更正（虚构）"),
    Story("F", "product", 1, "未按备案费率承保", "系统抽查：三份保单费率低于备案费率（虚构）", date(2024, 3, 19), True),
    Story("F", "product", 1, "擅自缩减保障范围", "保单缺少备案条款规定的救援费用责任（虚构）", date(2024, 10, 15), True,
          "投保单位自愿放弃（虚构）"),
    Story("F", "data", 7, "服务记录虚假", "投保单位否认接受过所报送的服务（虚构）", date(2024, 6, 12), True),
    Story("F", "data", 7, "服务时长不实", "签到记录显示现场服务不足二十分钟（虚构）", date(2024, 8, 20), True),
    Story("F", "claim_result", 8, "理赔结果内容不全", "上传的理赔结果未附赔款支付凭证（虚构）", date(2024, 11, 5), True),
)  # fmt: skip
GRIEVANCES: tuple[Grievance, ...] = (
    Grievance(
        "A", "service", "telephone", "反映培训时间安排不便（虚构）", date(2024, 5, 13), 6, attributed=False
    ),
    Grievance(
        "C",
        "claims",
        "platform",
        "反映赔款计算有误（虚构）",
        date(2024, 9, 4),
        38,
        attributed=False,
        checks=True,
    ),
    Grievance(
        "D", "underwriting", "platform", "反映保单迟迟未出（虚构）", date(2024, 7, 22), 11, attributed=True
    ),
    Grievance("E", "claims", "court", "因赔付数额涉诉（虚构）", date(2024, 10, 21), 12, True, False),
    Grievance(
        "F", "claims", "court", "因拒赔涉诉，判决保险机构赔付（虚构）", date(2024, 8, 6), 9, True, True
    ),
    Grievance("F", "service", "visit", "反映从未有人上门服务（虚构）", date(2024, 11, 18), None),
)


def pushes(covers: list[Cover]) -> Iterator[Push]:
    """Everything the offices and the insurers did about findings and complaints, story by story."""
    insurers = {insurer.letter: insurer for insurer in SUZHOU_INSURERS}
    firsts: dict[str, list[Cover]] = {letter: [] for letter in insurers}
    for cover in covers:
        firsts[cover.insurer.letter].append(cover)
    for number, story in enumerate(STORIES, start=1):
        signed = [cover for cover in firsts[story.letter] if cover.signed_on < later(story.on, -20)]
        yield from _finding(insurers[story.letter], f"case-{number}", story, signed[number])
    for number, grievance in enumerate(GRIEVANCES, start=1):
        county = firsts[grievance.letter][number].enterprise.town.division[:6]
        yield from _complaint(insurers[grievance.letter], f"complaint-{number}", grievance, county)


def _finding(insurer: Insurer, name: str, story: Story, cover: Cover) -> Iterator[Push]:
    body: Body = {
        "insurer": insurer.uscc,
        "category": story.category,
        "title": story.title,
        "detail": story.detail,
        "clause": _ANNEX % story.item,
        "happened_on": story.on.isoformat(),
        "division": cover.enterprise.town.division,
        "subject_kind": "policy",
        "subject_key": cover.number,
        "evidence": [{"title": "抽查记录（虚构）", "reference": f"抽查〔2024〕{name}"}],
    }
    yield _push(insurer, name, "finding", CITY, later(story.on, 2), 9, body)
    if story.reply is not None:
        answer: Body = {"reply": story.reply, "evidence": []}
        yield _push(insurer, name, "reply", insurer.identity, later(story.on, 9), 10, answer)
    if story.differs:
        yield from _rulings(insurer, name, later(story.on, 16), (True, False), "初步意见（虚构）")
    yield from _rulings(
        insurer, name, later(story.on, 23), (story.upheld, story.upheld), "核实材料后的意见（虚构）"
    )


def _rulings(
    insurer: Insurer, name: str, on: date, opinions: tuple[bool, bool], reason: str
) -> Iterator[Push]:
    """The city's opinion, and the reviewer's on the next day."""
    for days, (by, upheld) in enumerate(zip((CITY, REVIEWER), opinions, strict=True)):
        ruling: Body = {"decision": "upheld" if upheld else "dismissed", "reason": reason}
        yield _push(insurer, name, "ruling", by, later(on, days), 15, ruling)


def _complaint(insurer: Insurer, name: str, told: Grievance, county: str) -> Iterator[Push]:
    body: Body = {
        "insurer": insurer.uscc,
        "kind": told.kind,
        "channel": told.channel,
        "received_on": told.on.isoformat(),
        "text": told.text,
        "division": county,
        "litigation": told.litigation,
    }
    yield _push(insurer, name, "complaint", CITY, told.on, 14, body)
    if told.checks:
        checking: Body = {"step": "checking", "words": "须调取查勘资料进一步核查（虚构）"}
        yield _push(insurer, name, "handling", CITY, later(told.on, 8), 10, checking)
    if told.answered is None:
        return
    answered: Body = {"step": "answered", "words": "已书面答复（虚构）"}
    yield _push(insurer, name, "handling", CITY, later(told.on, told.answered), 16, answered)
    if told.attributed is not None:
        clause = {"clause": _ANNEX % 10} if told.litigation else {}
        words = "属保险机构责任（虚构）" if told.attributed else "不属保险机构责任（虚构）"
        found: Body = {"step": "attributed", "words": words, "attributed": told.attributed, **clause}
        yield _push(insurer, name, "handling", CITY, later(told.on, told.answered + 5), 9, found)
    if told.litigation and told.attributed:
        on = later(told.on, told.answered + 9)
        yield from _rulings(insurer, name, on, (True, True), "以生效判决为据（虚构）")


def _push(insurer: Insurer, name: str, op: Operation, by: str, on: date, hour: int, body: Body) -> Push:
    at = datetime.combine(on, time(hour, 0), CHINA)
    return Push(
        insurer=insurer.identity,
        collection="cases",
        op=op,
        media="application/json",
        body=json.dumps(body, ensure_ascii=False).encode(),
        at=at,
        key=f"demo-{insurer.identity}-{name}-{op}-{at:%Y%m%d%H}-{by}",
        by=by,
        record_key=name,
    )
