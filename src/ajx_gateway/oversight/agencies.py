"""WHO may perform services? The registry of agencies and experts, its history, and services by others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ajx_gateway.errors import Conflict, Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.oversight import asking, grouped, listing
from ajx_gateway.oversight.admission import admitted, admitted_to_lists, territory_words
from ajx_gateway.oversight.services import wanted_of
from ajx_gateway.oversight.shown import local_date, shown_instant
from ajx_gateway.standard import checkdigits, codes
from ajx_gateway.store import agencies
from ajx_gateway.store.agencies import Kind
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.entitlements import Place

DEFINITION = (
    "技术服务机构和专家由所在地监管部门登记，每次变更保留原版本。专家只登记编号，不登记姓名、电话。"
    "资格有效：当日在有效期内，且未暂停、未撤销。"
)
UNREGISTERED_DEFINITION = (
    "服务开始当日，服务机构在保单所在地（含上级地区）没有有效登记的服务。只按服务机构核对；由专家个人提供的服务，"
    "其资格在受理时校验。"
)
REASON_TITLES = {"unregistered": "未登记", "out_of_date": "不在有效期内", "suspended": "已暂停或撤销"}


@dataclass(frozen=True, slots=True)
class Registering:
    """What an authority states about one agency or expert."""

    kind: Kind
    code: str
    name: str | None
    qualification: str
    qualification_no: str | None
    agency_uscc: str | None
    sectors: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    status: str
    status_on: date | None
    source: str


async def register(store: Store, caller: Caller, wanted: Registering, *, now: datetime) -> dict[str, Any]:
    """Register, or change what was registered: the same authority and code are the same registration."""
    if caller.role != "regulator" or caller.territory is None:
        raise Forbidden("只有监管部门可以登记技术服务机构和专家。")
    scope = admitted(caller)
    _check(wanted)
    told = f"{caller.territory}\n{wanted.kind}\n{wanted.code}"
    identity = UUID(bytes=hashlib.sha256(told.encode()).digest()[:16])
    row = {
        "registration_id": identity,
        "territory": caller.territory,
        **{name: getattr(wanted, name) for name in Registering.__dataclass_fields__},
        "sectors": list(wanted.sectors),
        "status_on": wanted.status_on or wanted.valid_from,
        "recorded_at": now,
        "recorded_by": caller.name,
    }
    async with store.writing(scope) as tx:
        version = await agencies.record(tx, row)
    if version is None:
        raise Conflict("该登记刚刚被他人更改，请重新查看后再提交。")
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "registration": listing.plain({**row, "version": version}, scope),
    }


def _check(wanted: Registering) -> None:
    usccs = {"code": wanted.code if wanted.kind == "agency" else None, "agency_uscc": wanted.agency_uscc}
    for name, uscc in usccs.items():
        fault = checkdigits.uscc_fault(uscc) if uscc else None
        if fault:
            raise Unprocessable(f"{fault}。", parameter=name)
    if wanted.kind == "expert":
        asking.one_of("qualification", wanted.qualification, codes.titles("qualification"))
    for sector in wanted.sectors:
        asking.one_of("sectors", sector, codes.titles("sector_tag"))
    if wanted.valid_to is not None and wanted.valid_to < wanted.valid_from:
        raise Unprocessable("有效期的截止日期不能早于起始日期。", parameter="valid_to")
    if wanted.status != "active" and wanted.status_on is None:
        raise Unprocessable("暂停或撤销须注明自哪一天起。", parameter="status_on")


async def registrations(
    store: Store, caller: Caller, kind: Kind, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the registry, by code."""
    valid = asking.one_of("valid", given["valid"], ("true", "false")) if given.get("valid") else None

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        after = (cursor.sort or "", cursor.row) if cursor else None
        holds = None if valid is None else valid == "true"
        return await agencies.page(tx, kind, holds, after, limit, as_of=at, today=local_date(at))

    def end(row: Mapping[str, Any]) -> tuple[str, UUID]:
        return row["code"], row["registration_id"]

    bound = {**given, "kind": kind}
    page = await listing.page_of(store, caller, bound, fetch, end, now=now, item=_item)
    return {"definition": DEFINITION, **page}


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    titles = codes.CODE_LISTS["qualification"].codes()
    stated = row["qualification"]
    title = codes.title("qualification", stated) if stated in titles else stated
    return {**row, "qualification_title": title}


async def registered(
    store: Store, caller: Caller, kind: Kind, identity: UUID, *, now: datetime
) -> dict[str, Any]:
    """One registration with every version it had, the newest first."""
    scope = admitted_to_lists(caller)
    async with store.reading(scope) as tx:
        rows = await agencies.history(tx, kind, identity)
    if not rows:
        raise NotFound("没有这项登记，或它不在本辖区。")
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "items": [listing.plain(_item(row), scope) for row in rows],
    }


async def unregistered(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of services by agencies without a valid registration."""
    asked = grouped.read({n: v for n, v in given.items() if n != "reason"}, (), None, now)
    reason = asking.one_of("reason", given["reason"], REASON_TITLES) if given.get("reason") else None

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        after = Place(listing.day_of(cursor), cursor.row) if cursor else None
        as_of = at if cursor else None
        return await agencies.unregistered(tx, wanted_of(asked), reason, after, limit, as_of=as_of)

    def item(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "reason_title": REASON_TITLES[row["reason"]]}

    end = listing.by_day("started_on")
    page = await listing.page_of(store, caller, given, fetch, end, now=now, item=item)
    return {"definition": UNREGISTERED_DEFINITION, **page}
