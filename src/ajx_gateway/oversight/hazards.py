"""WHERE are the hazards on their way to closing, and which refusals wait for an answer?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from ajx_gateway.errors import Forbidden, NotFound
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.jurisdictions import profile
from ajx_gateway.jurisdictions.model import Department
from ajx_gateway.oversight import asking, grouped, listing
from ajx_gateway.oversight.admission import admitted, admitted_to_lists, territory_words
from ajx_gateway.oversight.parameters import bounds as ageing
from ajx_gateway.oversight.services import ENTERPRISES, wanted_of
from ajx_gateway.oversight.shown import local_date, shown_instant
from ajx_gateway.standard import codes
from ajx_gateway.store import alerts, cursors, hazards
from ajx_gateway.store.aggregates import DIMENSIONS
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.entitlements import Place, Wanted
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures
from ajx_gateway.store.sources import Filters

BY = (*DIMENSIONS, "level")
DEFINITION = (
    "隐患按发现日期归期，环节为发现、告知、定期限、整改、复核、销号。逾期：整改期限已过而未整改；账龄自发现日起算，"
    "只计未整改的（含拒不整改）。"
)
ALERT_DEFINITION = (
    "重大隐患状态为拒不整改即提醒，自网关受理该状态起计；最新状态不再是拒不整改时自动解除。按受理的提交顺序排列，"
    "用 next 续取不遗漏。主管部门按本地区规定由行业领域确定。"
)
UNREGULATED = "本地区未作规定"
_STANDING = {"unanswered": "待答复", "answered": "已答复", "cleared": "已解除"}
# What a list may be cut to: the hazard's own states, and what follows from its days.
_MORE = {"open": "未整改", "overdue": "逾期未整改", "undated": "未整改且无期限", "rectified_late": "逾期整改"}
STAGES = {stage: (codes.titles("hazard_state") | _MORE)[stage] for stage in hazards.STAGES}
_EVERYTHING = Wanted(Filters(), None, None)


def _count(name: str, title: str, definition: str, **more: Any) -> Measure:
    return Measure(name, title, definition, more.pop("unit", "条"), more.pop("form", "count"), **more)


# fmt: off
_MEASURES = (
    _count("hazards", "发现", "发现的隐患"),
    _count("major", "其中重大", "重大隐患"),
    _count("notified", "已告知", "已书面告知投保单位"),
    _count("dated", "已定期限", "已确定整改期限"),
    _count("rectified", "已整改", "状态为已整改或已销号"),
    _count("reviewed", "已复核", "已有复核日期"),
    _count("closed", "已销号", "状态为已销号"),
    _count("refused", "拒不整改", "状态为拒不整改"),
    _count("open", "未整改", "尚未整改，含拒不整改"),
    _count("overdue", "逾期未整改", "整改期限已过而未整改"),
    _count("undated", "未整改且无期限", "尚未整改且没有整改期限"),
    _count("rectified_late", "逾期整改", "整改日期晚于整改期限"),
    _count("rectification_ratio", "整改率", "已整改除以发现", unit="", form="ratio",
           over=(("rectified",), ("hazards",))),
)
# fmt: on


def _aged(bounds: tuple[int, ...]) -> tuple[Measure, ...]:
    """A measure per bucket of age."""
    titles = [f"未整改0至{bounds[0]}日"]
    titles += [f"未整改{low + 1}至{high}日" for low, high in pairwise(bounds)]
    titles.append(f"未整改超过{bounds[-1]}日")
    return tuple(_count(f"age_{number}", title, "自发现日起") for number, title in enumerate(titles))


async def hazards_by(
    store: Store, caller: Caller, given: Mapping[str, str], *, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """Hazards by stage and age, per group and in total."""
    scope = admitted(caller)
    grouped.only_whole(scope, given, as_of)
    asked = grouped.read(given, BY, as_of, now)
    at = as_of or now
    bounds = ageing(scope, "hazard_ageing_days", at)
    measures = (*_MEASURES, *_aged(bounds))
    if not scope.may_see_enterprises:
        measures = (ENTERPRISES, *measures)
    async with store.reading(scope) as tx:

        async def ask(by: tuple[str, ...]) -> Figures:
            return await hazards.figures(
                tx, wanted_of(asked), measures, by, bounds, as_of=as_of, today=local_date(at)
            )

        found = await ask(asked.by)
        insurers = await grouped.insurer_names(tx, asked.by, found)
        hidden = await grouped.withheld(scope, asked, ask, at)
    return grouped.answered(
        scope, asked, measures, found, insurers, at=at, notes=[DEFINITION],
        names={"level": codes.titles("hazard_level")}, hidden=hidden,
    )  # fmt: skip


async def hazard_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of hazards with their stages."""
    asked = grouped.read({n: v for n, v in given.items() if n not in ("stage", "level")}, BY, None, now)
    stage = asking.one_of("stage", given["stage"], STAGES) if given.get("stage") else None
    level = (
        asking.one_of("level", given["level"], codes.titles("hazard_level")) if given.get("level") else None
    )

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        after = Place(listing.day_of(cursor), cursor.row) if cursor else None
        return await hazards.page(
            tx,
            wanted_of(asked),
            stage,
            level,
            after,
            limit,
            as_of=at if cursor else None,
            today=local_date(at),
        )

    return await listing.page_of(store, caller, given, fetch, listing.by_day("found_on"), now=now)


def department_of(division: str | None, tags: list[str], on: date) -> str | None:
    """The department that supervises an enterprise with these sectors by the law of the place; None: not stated."""
    stated = profile(division, on).value("sector_departments") if division else None
    listed = stated.value if stated and isinstance(stated.value, tuple) else ()
    departments = [each for each in listed if isinstance(each, Department)]
    own = [each for each in departments if set(each.tags) & set(tags)]
    others = [each for each in departments if not each.tags]
    return next((each.name for each in (*own, *others)), None)


def _alert(row: Mapping[str, Any], scope: Scope, now: datetime) -> dict[str, Any]:
    waiting = row["standing"] == "unanswered"
    kept = {name: value for name, value in row.items() if name not in ("xid", "version")}
    department = department_of(row["division"], row["sector_tags"] or [], local_date(row["raised_at"]))
    return listing.plain(kept, scope) | {
        "standing_title": _STANDING[row["standing"]],
        "department": department or UNREGULATED,
        "reported": row["reported_on"] is not None,
        "unanswered_hours": int((now - row["raised_at"]).total_seconds() // 3600) if waiting else None,
    }


async def alert_feed(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """The next alerts in the order of their commits; ``next`` continues, now or when more have come."""
    scope = admitted_to_lists(caller)
    asked = grouped.read({n: v for n, v in given.items() if n != "standing"}, (), None, now)
    standing = asking.one_of("standing", given["standing"], _STANDING) if given.get("standing") else None
    limit = asking.page_size(given.get("limit"))
    cursor = cursors.read(given.get("after"), given, now)
    after = _place(cursor) if cursor else None
    async with store.reading(scope) as tx:
        rows = await alerts.page(tx, wanted_of(asked), standing, after, limit)
    following = given.get("after") or None
    if rows:
        end = rows[-1]
        place = Cursor(now, f"{end['xid']}.{end['version']}", end["alert_id"])
        following = cursors.written(place, given)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "definition": ALERT_DEFINITION,
        "items": [_alert(row, scope, now) for row in rows],
        "next": following,
    }


def _place(cursor: Cursor) -> alerts.Place:
    xid, _, version = (cursor.sort or "").partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (xid, version)):
        raise listing.not_ours()
    if int(version) > 2**31 - 1:
        raise listing.not_ours()
    return alerts.Place(int(xid), cursor.row, int(version))


async def alert(store: Store, caller: Caller, alert_id: UUID, *, now: datetime) -> dict[str, Any]:
    """One alert with every refusal and every answer."""
    scope = admitted_to_lists(caller)
    async with store.reading(scope) as tx:
        return await _one(tx, scope, alert_id, now)


async def _one(tx: Transaction, scope: Scope, alert_id: UUID, now: datetime) -> dict[str, Any]:
    episodes = await alerts.find(tx, _EVERYTHING, alert_id)
    if not episodes:
        raise NotFound("没有这项提醒，或它不在本辖区。")
    answers = await alerts.answers(tx, alert_id)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "alert": _alert(episodes[-1], scope, now),
        "refusals": [_alert(row, scope, now) for row in episodes],
        "answers": [listing.plain(row, scope) for row in answers],
    }


async def answer_alert(
    store: Store, caller: Caller, alert_id: UUID, words: str, *, now: datetime
) -> dict[str, Any]:
    """What the department did about a refused major hazard; every answer is kept."""
    if caller.role != "regulator":
        raise Forbidden("只有辖区内的监管部门可以答复重大隐患提醒。")
    scope = admitted(caller)
    async with store.writing(scope) as tx:
        episodes = await alerts.find(tx, _EVERYTHING, alert_id)
        if not episodes:
            raise NotFound("没有这项提醒，或它不在本辖区。")
        await alerts.answer(tx, episodes[-1], words, by=caller.name, now=now)
        return await _one(tx, scope, alert_id, now)
