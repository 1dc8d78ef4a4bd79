"""What does a hazard look like on its way from found to closed, or to refused and reported?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ajx_gateway.demo import codes
from ajx_gateway.demo.portfolio import Body, Record, instant, later
from ajx_gateway.demo.services import Visit

_GENERAL = (
    ("equipment", "设备传动部位防护罩缺失（虚构）"),
    ("electrical", "配电箱未张贴警示标志、线路私拉乱接（虚构）"),
    ("people", "作业人员未佩戴防护用品（虚构）"),
    ("environment", "安全通道堆放物料（虚构）"),
    ("management", "安全教育培训记录不全（虚构）"),
    ("fire_explosion", "灭火器压力不足（虚构）"),
    ("special_equipment", "叉车未按期检验（虚构）"),
)
_MAJOR = (
    ("fire_explosion", "粉尘涉爆除尘系统未设置泄爆装置（虚构）", "工贸企业重大事故隐患判定标准", "第十一条"),
    ("confined_space", "有限空间未辨识、未设置警示标志（虚构）", "工贸企业重大事故隐患判定标准", "第十三条"),
    (
        "hazchem",
        "可燃气体泄漏检测报警装置失效（虚构）",
        "化工和危险化学品重大生产安全事故隐患判定标准",
        "第十二条",
    ),
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One hazard found on a visit; `rectified_on` None with `refused` False means it stays open."""

    visit: Visit
    index: int
    major: bool
    rectified_on: date | None
    refused: bool = False
    authority: str = ""

    @property
    def number(self) -> str:
        return f"{self.visit.number.replace('-S', '-H', 1)}-{self.index}"

    @property
    def found_on(self) -> date:
        return self.visit.started_on


def hazard_records(sighting: Sighting) -> Iterator[Record]:
    """First what was found and notified, then how it ended."""
    found = later(sighting.found_on, 2)
    yield _record(sighting, found, {"state": "rectifying"})
    if sighting.rectified_on is not None:
        reviewed = later(sighting.rectified_on, 1)
        ending: Body = {
            "state": "closed",
            "rectified_on": sighting.rectified_on.isoformat(),
            "reviewed_on": reviewed.isoformat(),
            "review_result": "passed",
        }
        yield _record(sighting, max(reviewed, later(found, 1)), ending)
    elif sighting.refused:
        refused = later(sighting.found_on, 16)
        reported = later(refused, 1)
        report = {
            "authority": sighting.authority,
            "reported_on": reported.isoformat(),
            "receipt_no": "（虚构）第1号",
        }
        yield _record(
            sighting,
            reported,
            {"state": "refused", "refused_on": refused.isoformat(), "refusal_report": report},
        )


def _record(sighting: Sighting, day: date, ending: Body) -> Record:
    rng = sighting.visit.cover.random(sighting.number)
    body: Body = {
        "hazard_no": sighting.number,
        "policy_no": sighting.visit.cover.number,
        "service_no": sighting.visit.number,
        "location": rng.choice(("一车间（虚构）", "二车间（虚构）", "仓库（虚构）", "配电房（虚构）")),
        "found_on": sighting.found_on.isoformat(),
        "notified_on": later(sighting.found_on, 1).isoformat(),
        "deadline_on": later(sighting.found_on, 15).isoformat(),
        "evidence": [
            {
                "sha256": codes.digest(f"{sighting.number} photo"),
                "media_type": "image/jpeg",
                "title": "隐患照片（虚构）",
            }
        ],
    }
    if sighting.major:
        category, text, standard, clause = rng.choice(_MAJOR)
        body |= {"level": "major", "basis": {"standard": standard, "clause": clause}}
    else:
        category, text = rng.choice(_GENERAL)
        body["level"] = "general"
    body |= {"category": category, "description": text, **ending}
    body["revised_at"] = instant(day, f"{sighting.number} {day}")
    return Record("hazards", sighting.number, day, body)
