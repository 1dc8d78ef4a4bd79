"""WHAT is the ratio, and against which target? Sums over places, sectors, classes and targets, so that nobody counts twice.

The enterprises come put together by the divisions and tags that they share (see ``store.coverage``); what the law of
those places demands on the day is asked once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from operator import add, attrgetter
from typing import Any

from ajx_gateway.identity import Scope
from ajx_gateway.jurisdictions import Profile, profile
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.coverage_law import (
    CLASS_TITLES,
    HIGH_RISK,
    KEY,
    OTHER,
    Obligation,
    SectorClass,
    obligations,
    owed,
    sector_class,
)
from ajx_gateway.oversight.coverage_withheld import withheld
from ajx_gateway.oversight.naming import DIMENSION_TITLES, name_of
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.standard import codes
from ajx_gateway.store.cover_sums import Told
from ajx_gateway.store.coverage import Counted
from ajx_gateway.store.rolling import PLACE_DIGITS

BY = ("city", "district", "town", "sector", "target", "class")
_RATIO = Decimal("0.0001")
_SUMS = ("enterprises", "insured", "proven", "full", "short", "persons", "employees", "low")
_numbers = attrgetter(*_SUMS)

DEFINITION = (
    "应保单位为名录中在统计日有效的单位，按统一社会信用代码去重；已保单位为统计日当天有效保单（未作废、未退保）覆盖，"
    "或由经认可的上级单位保单佐证覆盖的单位。覆盖率＝已保单位÷应保单位。"
)
_NOTES = (
    "一家单位有多个行业领域、来源或保单时只计一次；分组之和可大于合计，合计另行计算。",
    "同一规定的目标按最高目标归组，一家单位只计入一组；不同层级（国家、市、区）的目标各自计算。",
    "全员投保按投保人数与从业人数比较，从业人数取名录与最近签单保单中统计日期较近的一个；人数不详的单位不计入。",
)


@dataclass(frozen=True, slots=True)
class Request:
    """A question about coverage, read and checked."""

    on: date
    by: tuple[str, ...]
    as_of: datetime | None
    district: str | None
    town: str | None
    sector: str | None


def answer(scope: Scope, request: Request, found: Told, now: datetime) -> dict[str, Any]:
    """The figures of these enterprises, with what they are measured by."""
    law = _Law(scope, request)

    def sums(by: Sequence[str]) -> dict[tuple[str, ...], dict[str, int]]:
        told = found.by_place if by and set(PLACE_DIGITS).issuperset(by) else found.by_law
        return _grouped(told, lambda each: law.keys_of(each, by))

    told: dict[str, Any] = {
        "scope": territory_words(scope),
        "as_of": shown_instant(request.as_of or now),
        "on": request.on.isoformat(),
        "definition": DEFINITION,
        "by": [{"name": name, "title": DIMENSION_TITLES[name]} for name in request.by],
        "filters": {n: v for n in ("district", "town", "sector") if (v := getattr(request, n))},
        "notes": list(_NOTES),
        "total": _values(sums(()).get((), dict.fromkeys(_SUMS, 0))),
        "classes": law.classes_of(found.by_law),
        "targets": law.targets_of(found.by_law),
        "groups": law.groups_of(sums(request.by)) if request.by else [],
    }
    return withheld(scope, told, request.by, sums, now)


def _grouped(
    found: Iterable[Counted], keys_of: Callable[[Counted], Iterable[tuple[str, ...]]]
) -> dict[tuple[str, ...], dict[str, int]]:
    """The sums of each group; an enterprise counts once in each of its groups."""
    groups: dict[tuple[str, ...], tuple[int, ...]] = {}
    for each in found:
        numbers = _numbers(each)
        for key in set(keys_of(each)):
            known = groups.get(key)
            groups[key] = numbers if known is None else tuple(map(add, known, numbers))
    return {key: dict(zip(_SUMS, numbers, strict=True)) for key, numbers in groups.items()}


def ratio(above: int, below: int) -> str | None:
    """Four decimals, rounded half up; None when there is nobody to insure."""
    return str((Decimal(above) / below).quantize(_RATIO, ROUND_HALF_UP)) if below else None


def _values(sums: Mapping[str, int]) -> dict[str, Any]:
    insured = sums["insured"] + sums["proven"]
    bare = sums["enterprises"] - insured
    return {
        "enterprises": sums["enterprises"],
        "insured": insured,
        "by_policy": sums["insured"],
        "by_evidence": sums["proven"],
        "uninsured": bare,
        "ratio": ratio(insured, sums["enterprises"]),
        "staff": {
            "full": sums["full"],
            "short": sums["short"],
            "unknown": sums["insured"] - sums["full"] - sums["short"],
            "insured_persons": sums["persons"],
            "employees": sums["employees"],
            "ratio": ratio(sums["full"], sums["full"] + sums["short"]),
        },
        "low_limit": sums["low"],
        "suppressed": False,
    }


class _Law:
    """What the law of the places asked about demands on the day."""

    def __init__(self, scope: Scope, request: Request) -> None:
        self._request = request
        self._place = request.town or request.district or scope.territory or ""
        self._obligations = obligations(self._place, request.on)
        self._classes: dict[tuple[str, Profile], SectorClass | None] = {}
        self._answers: dict[tuple[object, ...], Any] = {}

    def _once(self, what: str, each: Counted, find: Callable[[Counted], Any]) -> Any:
        """Places with the same layers of law have the same answer: it is found once for all their towns."""
        laws = frozenset(profile(division, self._request.on) for division in each.divisions)
        known = (what, laws, each.tags)
        if known not in self._answers:
            self._answers[known] = find(each)
        return self._answers[known]

    def _owed(self, each: Counted) -> list[Obligation]:
        """The highest target of each authority, wherever the enterprise has an entry."""
        found: list[Obligation] = self._once("owed", each, self._find_owed)
        return found

    def _find_owed(self, each: Counted) -> list[Obligation]:
        found = {
            o.key: o for division in each.divisions for o in owed(self._obligations, division, each.tags)
        }
        highest: dict[str, Obligation] = {}
        for obligation in sorted(found.values(), key=lambda o: o.key):
            highest.setdefault(obligation.jurisdiction, obligation)
        return list(highest.values())

    def class_of(self, each: Counted) -> str:
        """High-risk before key, under the law of any place where the enterprise has an entry."""
        found: str = self._once("class", each, self._find_class)
        return found

    def _find_class(self, each: Counted) -> str:
        for name in (HIGH_RISK, KEY):
            for division in each.divisions:
                sectors = self._class(name, division)
                if sectors is not None and each.tags.intersection(sectors.sectors):
                    return name
        return OTHER

    def _class(self, name: str, division: str) -> SectorClass | None:
        known = (name, profile(division, self._request.on))
        if known not in self._classes:
            self._classes[known] = sector_class(name, division, self._request.on)
        return self._classes[known]

    def classes_of(self, found: Sequence[Counted]) -> list[dict[str, Any]]:
        groups = _grouped(found, lambda each: [(self.class_of(each),)])
        told = []
        for name in (HIGH_RISK, KEY, OTHER):
            sums = groups.get((name,), dict.fromkeys(_SUMS, 0))
            sources = {c for (n, _), c in self._classes.items() if n == name and c is not None}
            told.append(
                {
                    "class": name,
                    "title": CLASS_TITLES[name],
                    "sources": [_class_source(c) for c in sorted(sources, key=lambda c: c.jurisdiction)],
                    **_values(sums),
                }
            )
        return told

    def targets_of(self, found: Sequence[Counted]) -> list[dict[str, Any]]:
        groups = _grouped(found, lambda each: [(o.key,) for o in self._owed(each)])
        return [self._measured(o, groups.get((o.key,), dict.fromkeys(_SUMS, 0))) for o in self._obligations]

    def _measured(self, each: Obligation, sums: Mapping[str, int]) -> dict[str, Any]:
        """A target with its figures: met, or how many enterprises are missing."""
        insured = sums["insured"] + sums["proven"]
        needed = int((each.target.ratio * sums["enterprises"]).to_integral_value(ROUND_CEILING))
        known = bool(sums["enterprises"])
        return {
            "target": each.key,
            "title": _target_title(each),
            "jurisdiction": each.jurisdiction,
            "jurisdiction_name": each.name,
            "sectors": list(each.target.tags),
            "sector_titles": [codes.title("sector_tag", tag) for tag in each.target.tags],
            "target_ratio": str(each.target.ratio),
            "by_date": each.target.by.isoformat(),
            "past_due": self._request.on > each.target.by,
            "clause": each.target.clause,
            "in_force": each.stands,
            "met": insured >= needed if known else None,
            "gap": max(0, needed - insured) if known else None,
            **_values(sums),
        }

    def groups_of(self, groups: Mapping[tuple[str, ...], Mapping[str, int]]) -> list[dict[str, Any]]:
        by = self._request.by
        return [
            {
                "keys": dict(zip(by, key, strict=True)),
                "names": {n: self._name(n, code) for n, code in zip(by, key, strict=True)},
                **_values(groups[key]),
            }
            for key in sorted(groups)
        ]

    def keys_of(self, each: Counted, by: Sequence[str]) -> list[tuple[str, ...]]:
        """Every combination of the groups to which the enterprise belongs."""
        keys: list[tuple[str, ...]] = [()]
        for name in by:
            keys = [(*key, part) for key in keys for part in self._parts(name, each)]
        return keys

    def _parts(self, name: str, each: Counted) -> list[str]:
        if name in PLACE_DIGITS:
            # A county's own entries belong to none of its towns; they stand under the county's code.
            places = {division[: PLACE_DIGITS[name]] for division in each.divisions}
            return sorted(place.ljust(6, "0") for place in places)
        if name == "sector":
            only = self._request.sector
            return sorted(tag for tag in each.tags if only in (None, tag)) or [""]
        if name == "class":
            return [self.class_of(each)]
        return [o.key for o in self._owed(each)] or [""]

    def _name(self, name: str, code: str) -> str:
        if name == "class":
            return CLASS_TITLES[code]
        if name == "target":
            return next((_target_title(o) for o in self._obligations if o.key == code), "没有目标")
        return name_of(name, code, {}) if code else "没有行业领域"


def _class_source(found: SectorClass) -> dict[str, Any]:
    return {
        "jurisdiction": found.jurisdiction,
        "jurisdiction_name": found.place,
        "sectors": list(found.sectors),
        "clause": found.clause,
        "in_force": found.stands,
    }


def _target_title(each: Obligation) -> str:
    percent = (each.target.ratio * 100).normalize()
    names = "、".join(codes.title("sector_tag", tag) for tag in each.target.tags)
    return f"{each.name}{percent:f}％目标（{names}）"
