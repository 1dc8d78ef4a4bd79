"""What do service plans and services (AQ 9010) look like?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random

from ajx_gateway.demo import codes, names
from ajx_gateway.demo.portfolio import Body, Cover, Record, instant, later
from ajx_gateway.demo.sums import yuan

_WORK = {
    "hazard_inspection": "现场隐患排查并书面告知（虚构）",
    "training": "岗位安全操作培训（虚构）",
    "drill": "应急预案演练与讲评（虚构）",
    "risk_assessment": "风险辨识与分级评估（虚构）",
    "standardization": "安全生产标准化建设指导（虚构）",
    "consulting": "安全管理制度咨询（虚构）",
}
_WEIGHTS = (50, 20, 9, 11, 6, 4)
_FORMS = {"training": "centralized", "consulting": "online", "standardization": "document"}


@dataclass(frozen=True, slots=True)
class Visit:
    """One service: `confirmed_on` None when the two parties never confirmed it."""

    cover: Cover
    index: int
    plan_no: str | None
    started_on: date
    confirmed_on: date | None
    cost: int
    stars: float | None = None
    cancelled: bool = False

    @property
    def number(self) -> str:
        return f"{self.cover.number.replace('-P', '-S')}-{self.index}"

    def random(self) -> Random:
        return self.cover.random(self.number)


def plan_number(cover: Cover) -> str:
    return cover.number.replace("-P", "-N")


def agency(cover: Cover) -> Body:
    """One of ten fictitious agencies of the place."""
    return agency_of(cover.insurer.division, cover.enterprise.serial % 10)


@cache
def agency_of(division: str, serial: int) -> Body:
    name = f"示例{'一二三四五六七八九十'[serial]}号安全技术服务有限公司（虚构）"
    return {
        "uscc": codes.uscc(division, 900 + serial),
        "name": name,
        "qualification_no": f"（虚构）APJ-{serial:03d}",
    }


def expert(cover: Cover, offset: int = 0) -> Body:
    """One of the 115 members of the fictitious service team."""
    return _expert((cover.enterprise.serial + offset) % 115)


@cache
def _expert(serial: int) -> Body:
    return {
        "name": names.person(50_000 + serial),
        "qualification": ("certified_safety_engineer", "intermediate_engineer", "senior_engineer")[
            serial % 3
        ],
        "certificate_no": f"（虚构）{serial:06d}",
    }


def plan_record(
    cover: Cover, submitted_on: date, *, state: str = "confirmed", day: date | None = None
) -> Record:
    """A plan; in state `assigned` only agency and expert are settled."""
    rng = cover.random("plan")
    day = day or later(submitted_on, 1)
    body: Body = {
        "plan_no": plan_number(cover),
        "policy_no": cover.number,
        "state": state,
        "agency": agency(cover),
        "experts": [expert(cover)],
        "items": [],
        "revised_at": instant(day, plan_number(cover)),
    }
    if state != "assigned":
        chosen = dict.fromkeys(rng.choices(tuple(_WORK), _WEIGHTS, k=2))
        body |= {
            "items": [_planned(item, submitted_on) for item in chosen],
            "goals": "消除重大事故隐患，提升全员安全意识",
            "safeguards": "专人对接，按期回访",
            "submitted_on": submitted_on.isoformat(),
            "budget": yuan(cover.fund),
        }
    if state == "confirmed":
        body["confirmed_on"] = later(submitted_on, 1).isoformat()
    return Record("service-plans", plan_number(cover), day, body)


def _planned(item: str, submitted_on: date) -> Body:
    return {
        "code": item,
        "form": _FORMS.get(item, "on_site"),
        "measure": _WORK[item],
        "planned_count": 1,
        "planned_on": later(submitted_on, 30).isoformat(),
        "duration_minutes": 120,
    }


def service_record(visit: Visit, *, day: date | None = None) -> Record:
    """The service as filed once it is over: confirmed, only completed, or cancelled."""
    rng = visit.random()
    day = day or later(visit.confirmed_on or visit.started_on, 1)
    item = rng.choices(tuple(_WORK), _WEIGHTS)[0]
    start_hour = rng.randrange(9, 15)
    started, ended = (
        f"{visit.started_on.isoformat()}T{hour:02d}:30:00+08:00" for hour in (start_hour, start_hour + 2)
    )
    cover = visit.cover
    body: Body = {
        "service_no": visit.number,
        "policy_no": cover.number,
        "form": _FORMS.get(item, "on_site"),
        "started_at": started,
        "division": cover.enterprise.town.division,
        "address": cover.enterprise.address,
        "agency": agency(cover),
        "staff": [expert(cover), expert(cover, 1)],
        "items": [{"code": item, "content": _WORK[item]}],
        "measures": "现场查看、询问、抽查记录（虚构）",
        "process": "首次会议、现场检查、交换意见、签字确认（虚构）",
        "charge_mode": "free",
        "revised_at": instant(day, visit.number),
    }
    if visit.plan_no:
        body["plan_no"] = visit.plan_no
    if visit.cancelled:
        body |= {
            "state": "cancelled",
            "cost": "0.00",
            "evidence": [],
            "cancel_reason": "企业临时停产（虚构）",
        }
        return Record("services", visit.number, day, body)
    body |= _done(visit, rng, ended, day)
    return Record("services", visit.number, day, body)


def _done(visit: Visit, rng: Random, ended: str, day: date) -> Body:
    body: Body = {
        "state": "completed" if visit.confirmed_on is None else "confirmed",
        "ended_at": ended,
        "participants": rng.randrange(2, 12),
        "cost": yuan(visit.cost),
        "report_sha256": codes.digest(f"{visit.number} report"),
        "evidence": [
            {
                "sha256": codes.digest(f"{visit.number} photo {i}"),
                "media_type": "image/jpeg",
                "title": "现场照片（虚构）",
                "captured_at": ended,
            }
            for i in range(rng.choice((1, 1, 2)))
        ],
    }
    if visit.confirmed_on is None:
        return body
    body |= {
        "insurer_confirmed_on": visit.confirmed_on.isoformat(),
        "insured_confirmed_on": visit.confirmed_on.isoformat(),
        "insured_confirmer": names.person(visit.cover.enterprise.serial * 7 + 3),
    }
    if visit.stars is not None:
        body["revisit"] = _revisit(rng, visit.stars, day)
    return body


def _revisit(rng: Random, mean: float, day: date) -> Body:
    stars = [min(5, max(1, int(mean) + (rng.random() < mean % 1))) for _ in range(3)]
    return {
        "revisited_on": day.isoformat(),
        "method": rng.choice(("on_site", "phone", "online")),
        "attitude": stars[0],
        "professionalism": stars[1],
        "timeliness": stars[2],
        "opinion": "服务认真（虚构）" if min(stars) > 3 else "希望更及时（虚构）",
    }
