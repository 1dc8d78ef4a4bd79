"""WHO is inspected, and what was found? Samples that anybody can draw again, and the results of inspections.

The order of a draw is SHA-256 of "seed|code", ascending, in each stratum of insurer and town; of every stratum the
first ceil(ratio × members) are drawn, so of the whole never less than the ratio.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID, uuid4

from ajx_gateway.errors import Forbidden, NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.jurisdictions import Value, profile
from ajx_gateway.oversight import asking, listing
from ajx_gateway.oversight.admission import (
    admitted,
    admitted_to_enterprises,
    admitted_to_lists,
    territory_words,
)
from ajx_gateway.oversight.periods import parse
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.store import cursors, samples
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.samples import Member

UNREGULATED = "本地区未作规定"
ABSENT = "没有这次抽样，或它不在本辖区。"
DEFINITION = (
    "总体为季度首日在保的企业（按统一社会信用代码去重，不含当日已退保），按承保机构和镇街分层，每层按“种子|代码”的 SHA-256 升序取"
    "不少于比例的户数（向上取整）。一家企业有多份保单的，取最近签单的一份所在的层。"
)
_INSPECTORS = ("regulator", "adviser")


def draw(population: Sequence[Member], ratio: Decimal, seed: str) -> list[tuple[Member, int, bool]]:
    """Each member with its place in the order of its stratum, from 1, and whether it is drawn. Pure."""
    strata: dict[tuple[str, str], list[Member]] = defaultdict(list)
    for member in population:
        strata[member.insurer, member.division].append(member)
    found = []
    for stratum in sorted(strata):
        ordered = sorted(strata[stratum], key=lambda m: (lot(seed, m.enterprise_uscc), m.enterprise_uscc))
        size = int((ratio * len(ordered)).to_integral_value(ROUND_CEILING))
        found += [(member, place, place <= size) for place, member in enumerate(ordered, start=1)]
    return found


def lot(seed: str, uscc: str) -> str:
    """The lot of an enterprise: SHA-256 of "seed|code" in hexadecimal."""
    return hashlib.sha256(f"{seed}|{uscc}".encode()).hexdigest()


def digest(population: Sequence[Member]) -> str:
    """SHA-256 over the population, a line a member by code: "code,insurer,town,policy"."""
    told = sorted(f"{m.enterprise_uscc},{m.insurer},{m.division},{m.policy_no}\n" for m in population)
    return hashlib.sha256("".join(told).encode()).hexdigest()


async def draw_sample(
    store: Store, caller: Caller, period: str, ratio: Decimal | None, seed: str, *, now: datetime
) -> dict[str, Any]:
    """Draw and keep a sample of the caller's territory for a quarter; 422 below the law's share."""
    if caller.role not in _INSPECTORS or caller.territory is None:
        raise Forbidden("只有辖区内的监管部门和保险顾问机构可以抽样。")
    scope = admitted(caller)
    quarter = parse(period)
    if len(period) != 6 or period[4] != "Q":
        raise Unprocessable("抽样按季度进行，period 应如 2024Q1。", parameter="period")
    law = _law(caller.territory, quarter.begins)
    chosen = _ratio(ratio, law)
    identity = uuid4()
    async with store.writing(scope) as tx:
        population = await samples.population(tx, quarter.begins, as_of=None)
        drawn = draw(population, chosen, seed)
        told = {
            "sample_id": identity,
            "territory": caller.territory,
            "period": period,
            "population_on": quarter.begins,
            "as_of": now,
            "ratio": chosen,
            "law_ratio": None if law is None else law.value,
            "clause": None if law is None else law.clause,
            "seed": seed,
            "population": len(population),
            "population_digest": digest(population),
            "drawn": sum(is_drawn for _, _, is_drawn in drawn),
            "drawn_by": caller.name,
        }
        await samples.keep(tx, told, drawn)
        row = await samples.find(tx, identity, at=now) or {}
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "definition": DEFINITION,
        "sample": _item(row, scope),
    }


def _law(territory: str, on: date) -> Value | None:
    return profile(territory if len(territory) == 9 else territory.ljust(6, "0"), on).value(
        "inspection_sample_ratio"
    )


def _ratio(asked: Decimal | None, law: Value | None) -> Decimal:
    least = None if law is None else Decimal(str(law.value))
    if asked is None:
        if least is None:
            raise Unprocessable(f"抽查比例{UNREGULATED}，请填写 ratio。", parameter="ratio")
        return least
    if not Decimal(0) < asked <= 1:
        raise Unprocessable("ratio 应大于 0、不大于 1。", parameter="ratio")
    if least is not None and law is not None and asked < least:
        raise Unprocessable(f"ratio 不得低于 {least}（{law.clause}）。", parameter="ratio")
    return asked


def _item(row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    done, of = row["inspected"], row["drawn_here"]
    told = listing.plain(row, scope)
    told["law_said"] = UNREGULATED if row["law_ratio"] is None else row["clause"]
    told["done_share"] = str((Decimal(done) / of).quantize(Decimal("0.0001"))) if of else None
    return told


async def sample_list(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of samples, drawn last first, with the share of each that was inspected."""
    scope = admitted_to_lists(caller)

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        instant = cursors.instant_of(cursor) if cursor else None
        after = (instant, cursor.row) if cursor and instant else None
        return await samples.page(tx, after, limit, at=at)

    def end(row: Mapping[str, Any]) -> tuple[str, UUID]:
        return row["as_of"].isoformat(), row["sample_id"]

    page = await listing.page_of(
        store, caller, given, fetch, end, now=now, item=lambda row: _item(row, scope)
    )
    return {"definition": DEFINITION, **page}


async def sample(
    store: Store, caller: Caller, sample_id: UUID, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One sample and a page of what was drawn, by code; ``population=true``: of all that could have been."""
    scope = admitted_to_enterprises(caller)
    whole = asking.one_of("population", given.get("population") or "false", ("true", "false")) == "true"
    found: dict[str, Any] = {}

    async def fetch(
        tx: Transaction, cursor: Cursor | None, limit: int, at: datetime
    ) -> list[Mapping[str, Any]]:
        row = await samples.find(tx, sample_id, at=at)
        if row is None:
            raise NotFound(ABSENT)
        found.update(_item(row, scope))
        after = cursor.sort if cursor else None
        return await samples.members(tx, sample_id, whole, after, limit, at=at)

    def end(row: Mapping[str, Any]) -> tuple[str, UUID]:
        return row["enterprise_uscc"], sample_id

    bound = {**given, "sample": str(sample_id)}
    page = await listing.page_of(store, caller, bound, fetch, end, now=now)
    return {"definition": DEFINITION, "sample": found, **page}


async def check(store: Store, caller: Caller, sample_id: UUID, *, now: datetime) -> dict[str, Any]:
    """Draw it again from what is stored, and say whether it is the same; of one's own territory's samples only."""
    scope = admitted_to_lists(caller)
    async with store.reading(scope) as tx:
        row = await samples.find(tx, sample_id, at=now)
        if row is None:
            raise NotFound(ABSENT)
        kept = await samples.members(tx, sample_id, True, None, None, at=now)
    names = Member.__dataclass_fields__
    population = [Member(**{name: each[name] for name in names}) for each in kept]
    again = {
        (m.enterprise_uscc, place, is_drawn)
        for m, place, is_drawn in draw(population, row["ratio"], row["seed"])
    }
    stored = {(each["enterprise_uscc"], each["place"], each["drawn"]) for each in kept}
    whole = len(population) == row["population"]
    recomputed = digest(population)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "sample_id": str(sample_id),
        "whole": whole,
        "same": again == stored and (not whole or recomputed == row["population_digest"]),
        "population_digest": row["population_digest"],
        "recomputed_digest": recomputed if whole else None,
    }
