"""WHO seems to manage the clock rather than the risk? Signs per insurer, the records behind each, and correction churn.

A sign is a question to ask, not a finding: nothing here costs a point.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight import asking, suppression
from ajx_gateway.oversight.admission import admitted, admitted_to_lists, territory_words
from ajx_gateway.oversight.naming import DIMENSION_TITLES, dimensions, name_of
from ajx_gateway.oversight.parameters import parameter
from ajx_gateway.oversight.periods import Period, parse
from ajx_gateway.oversight.shown import HIDDEN, local_date, shown, shown_instant
from ajx_gateway.standard import KINDS
from ajx_gateway.store import aggregates, behind, churn, cursors, signs
from ajx_gateway.store.cursors import Cursor
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.sign_book import SIGNS, Sign
from ajx_gateway.store.signs import Asked, Figure, Place

NUMBERS = tuple(dict.fromkeys(name for sign in SIGNS.values() for name in sign.parameters))
NOTE = "迹象只提示核查方向，不构成对机构的认定，也不扣分。"
_NUMBER = re.compile(r"[0-9]{1,5}(\.[0-9]{1,2})?", re.ASCII)
_SHARE = Decimal("0.0001")
_CHURN = "收到的状态数（含更正）除以所属记录数，按收到日期归期；更正为一条记录第一次报送之后的新状态。"


def sign_of(name: str) -> Sign:
    """The sign of that name; 404 for anything else."""
    if name not in SIGNS:
        raise NotFound("没有这种迹象。")
    return SIGNS[name]


def asked_of(
    given: Mapping[str, str], sign: Sign | None, scope: Scope, now: datetime
) -> tuple[Asked, Period]:
    """The question: the period (this year when none is named), the filters, and the sign's numbers."""
    period = parse(given.get("period") or f"{local_date(now).year}")
    filters = asking.filters_of({n: given.get(n, "") for n in ("insurer", "district", "town")})
    stated = (
        {} if sign is None else {name: _number(given, name, scope, now, sign) for name in sign.parameters}
    )
    for name in NUMBERS:
        if sign is not None and given.get(name) and name not in sign.parameters:
            raise Unprocessable(f"{sign.title}没有参数 {name}。", parameter=name)
    asked = Asked(period.begins, period.ends, now, stated, filters.insurer, filters.district, filters.town)
    return asked, period


def _number(given: Mapping[str, str], name: str, scope: Scope, now: datetime, sign: Sign) -> Decimal:
    text = given.get(name)
    if not text:
        return Decimal(str(parameter(scope, sign.parameters[name], now).value))
    if not _NUMBER.fullmatch(text) or (name != "factor" and "." in text):
        raise Unprocessable(f"{name} 应为不超过 99999 的数。", parameter=name)
    return Decimal(text)


def _defined(sign: Sign, asked: Asked) -> str:
    """The words of a sign with the numbers that were asked with, where they name them."""
    told = sign.definition
    for name, number in asked.numbers.items():
        told = told.replace(f" {name} ", f"{number}")
    return told


def _described(sign: Sign, asked: Asked) -> dict[str, Any]:
    return {
        "name": sign.name,
        "title": sign.title,
        "definition": _defined(sign, asked),
        "of": sign.base_title,
        "parameters": {name: str(value) for name, value in asked.numbers.items()},
    }


async def all_signs(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """Every sign by insurer and in total, in one list."""
    scope = admitted(caller)
    suppression.whole_tables_only(scope, given, ())
    least = suppression.threshold(scope, now)
    groups: list[dict[str, Any]] = []
    described, period = [], None
    async with store.reading(scope) as tx:
        for sign in SIGNS.values():
            asked, period = asked_of(given, sign, scope, now)
            described.append(_described(sign, asked))
            found, total = await _table(tx, sign, asked, ("insurer",), least, now)
            groups += [{**group, "sign": sign.name, "sign_title": sign.title} for group in (*found, total)]
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "period": period.as_dict() if period else None,
        "note": NOTE,
        "signs": described,
        "items": groups,
    }


async def sign_by(
    store: Store, caller: Caller, name: str, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One sign per group and in total."""
    scope, sign = admitted(caller), sign_of(name)
    suppression.whole_tables_only(scope, given, ("by", *sign.parameters))
    by = asking.several("by", given.get("by") or "insurer", dimensions(signs.BY))
    asked, period = asked_of(given, sign, scope, now)
    async with store.reading(scope) as tx:
        groups, total = await _table(tx, sign, asked, by, suppression.threshold(scope, now), now)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "period": period.as_dict(),
        "note": NOTE,
        **_described(sign, asked),
        "by": [{"name": each, "title": DIMENSION_TITLES[each]} for each in by],
        "groups": groups,
        "total": total,
    }


async def _table(
    tx: Transaction, sign: Sign, asked: Asked, by: Sequence[str], least: int | None, now: datetime
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    told = await signs.figures(tx, sign, asked, by, enterprises=False)
    at = list(by).index("insurer") if "insurer" in by else None
    codes = set() if at is None else {key[at] or "" for key in told if key is not None}
    insurers = await aggregates.insurer_names(tx, sorted(codes))
    groups = [
        {
            "keys": dict(zip(by, key, strict=True)),
            "names": {n: name_of(n, code, insurers) for n, code in zip(by, key, strict=True)},
            **_shown(figure),
        }
        for key, figure in told.items()
        if key is not None
    ]
    total = {
        "keys": dict.fromkeys(by),
        "names": {**dict.fromkeys(by, ""), by[0]: "合计"},
        **_shown(told[None]),
    }
    if least is None:
        return groups, total
    hidden, whole = await suppression.hidden_slices(by, behind.of_sign(tx, sign, asked), least)
    nothing = dict.fromkeys(("found", "base", "share", "enterprises"))
    return suppression.shut(groups, by, hidden, nothing), (
        {**total, **nothing, "suppressed": True} if whole else total
    )


def _shown(figure: Figure) -> dict[str, Any]:
    share = Decimal(figure.found) / figure.base if figure.base else None
    return {
        "found": figure.found,
        "base": figure.base,
        "share": None if share is None else str(share.quantize(_SHARE, ROUND_HALF_UP)),
        "enterprises": figure.enterprises,
    }


async def sign_list(
    store: Store, caller: Caller, name: str, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """One page of the records that show a sign, newest first."""
    scope, sign = admitted_to_lists(caller), sign_of(name)
    limit = asking.page_size(given.get("limit"))
    whose = {**given, "sign": name}
    cursor = cursors.read(given.get("after"), whose, now)
    at = cursor.as_of if cursor else now
    asked, period = asked_of(given, sign, scope, at)
    async with store.reading(scope) as tx:
        rows = await signs.page(tx, sign, asked, _place(cursor), limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    end = Cursor(at, rows[-1]["day"].isoformat(), rows[-1]["record_id"]) if more else None
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(at),
        "period": period.as_dict(),
        "note": NOTE,
        **_described(sign, asked),
        "items": [item_of(row, scope) for row in rows],
        "next": cursors.written(end, whose) if end else None,
    }


def _place(cursor: Cursor | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return Place(date.fromisoformat(cursor.sort or ""), cursor.row)
    except ValueError:
        raise Unprocessable("after 不是本查询给出的游标，请从第一页重新查询。", parameter="after") from None


def item_of(row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """A row as it is listed for the scope."""
    item = {name: shown(value) for name, value in row.items()}
    if not scope.may_see_enterprises and item["enterprise_uscc"] is not None:
        item["enterprise_uscc"] = HIDDEN
    return item


async def churn_by(
    store: Store, caller: Caller, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """How often records are filed again, per group and in total."""
    scope = admitted(caller)
    suppression.whole_tables_only(scope, given, ("by",))
    by = asking.several("by", given.get("by") or "kind,insurer", dimensions(churn.BY))
    asked, period = asked_of(given, None, scope, now)
    least = suppression.threshold(scope, now)
    async with store.reading(scope) as tx:
        rows = await churn.figures(tx, asked, by)
        insurers = await aggregates.insurer_names(
            tx, sorted({row["by_insurer"] or "" for row in rows if "by_insurer" in row})
        )
        hidden = None
        if least is not None:
            hidden = await suppression.hidden_slices(by, behind.of_churn(tx, asked), least)
    groups = [
        {
            "keys": {n: row[f"by_{n}"] for n in by},
            "names": {n: _name(n, row[f"by_{n}"], insurers) for n in by},
            **_states(row),
        }
        for row in rows
        if not row["whole"]
    ]
    total = _states(next(row for row in rows if row["whole"]))
    if hidden is not None:
        nothing = {**dict.fromkeys(total), "suppressed": True}
        groups = suppression.shut(groups, by, hidden[0], nothing)
        total = nothing if hidden[1] else total
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(now),
        "period": period.as_dict(),
        "definition": _CHURN + ("" if hidden is None else suppression.NOTE),
        "by": [{"name": each, "title": DIMENSION_TITLES[each]} for each in by],
        "groups": groups,
        "total": total,
    }


def _name(dimension: str, code: str | None, insurers: Mapping[str, str]) -> str:
    if dimension == "kind" and code is not None and code in KINDS:
        return KINDS[code].title
    return name_of(dimension, code, insurers)


def _states(row: Mapping[str, Any]) -> dict[str, Any]:
    each = Decimal(row["states"]) / row["records"] if row["records"] else None
    return {
        "states": row["states"],
        "records": row["records"],
        "corrections": row["corrections"],
        "states_per_record": None if each is None else str(each.quantize(Decimal("0.01"), ROUND_HALF_UP)),
        "most_states": row["most"],
    }
