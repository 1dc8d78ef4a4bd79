"""WHAT is in force? Versions of the standard, code lists, rules and a place's requirements, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ajx_gateway import jurisdictions, standard
from ajx_gateway.errors import NotFound
from ajx_gateway.jurisdictions import Profile
from ajx_gateway.publishing import reading
from ajx_gateway.rules import RULES, RULESET, Rule
from ajx_gateway.standard.codes import CODE_LISTS, CodeList

Item = dict[str, object]
Status = Literal["draft", "published", "in_force", "deprecated", "retired"]
STATUS_TITLES: Mapping[str, str] = {
    "draft": "草案",
    "published": "已发布",
    "in_force": "施行中",
    "deprecated": "不建议使用",
    "retired": "已停用",
}


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of the standard with the days that decide its status; a day not yet set is None."""

    version: str
    published_on: date | None
    in_force_on: date | None
    deprecated_on: date | None = None
    retired_on: date | None = None

    def status(self, on: date) -> Status:
        """The last step taken by that day."""
        steps: tuple[tuple[date | None, Status], ...] = (
            (self.retired_on, "retired"),
            (self.deprecated_on, "deprecated"),
            (self.in_force_on, "in_force"),
            (self.published_on, "published"),
        )
        return next((status for day, status in steps if day is not None and day <= on), "draft")


EDITIONS: tuple[Edition, ...] = (Edition("1.0", date(2026, 11, 21), date(2026, 11, 21)),)


def versions(on: date) -> list[Item]:
    """All versions with status, dates and the addresses of their parts."""
    return [
        {
            "version": edition.version,
            "status": edition.status(on),
            "status_title": STATUS_TITLES[edition.status(on)],
            "published_on": _day(edition.published_on),
            "in_force_on": _day(edition.in_force_on),
            "deprecated_on": _day(edition.deprecated_on),
            "retired_on": _day(edition.retired_on),
            "dictionary": f"/standard/{edition.version}/dictionary",
            "codes": f"/standard/{edition.version}/codes",
            "kinds": [
                {
                    "kind": kind.name,
                    "title": kind.title,
                    "collection": f"/v1/{kind.collection}",
                    "key": kind.key,
                    "schema": f"/standard/{edition.version}/schemas/{kind.name}.json",
                }
                for kind in standard.kinds_at(edition.version).values()
            ],
        }
        for edition in EDITIONS
    ]


def known_version(version: str) -> str:
    """The version, or NotFound with those that exist."""
    if version not in standard.VERSIONS:
        raise NotFound(f"没有这个数据标准版本，可用：{'、'.join(standard.VERSIONS)}。")
    return version


def code_lists() -> list[Item]:
    """The code lists without their rows."""
    return [
        {
            "name": found.name,
            "title": found.title,
            "source": found.source,
            "codes": len(found.codes()),
            "href": f"/standard/{standard.CURRENT}/codes/{found.name}",
        }
        for found in CODE_LISTS.values()
    ]


def code_list(name: str) -> CodeList:
    """One code list, or NotFound."""
    found = CODE_LISTS.get(name)
    if found is None:
        raise NotFound("没有这个代码表，全部代码表见 /standard/1.0/codes。")
    return found


def codes(found: CodeList, version: str) -> list[Item]:
    """The rows of a list, past and present, that a version of the standard knows."""
    known = set(found.codes(version))
    return [
        {
            "code": row.code,
            "title": row.title,
            "title_en": row.title_en,
            "valid_from": _day(row.valid_from),
            "valid_to": _day(row.valid_to),
            "replaced_by": row.replaced_by,
            "source": row.source or found.source,
            "note": row.note,
        }
        for row in found.entries
        if row.code in known
    ]


def place(code: str, on: date) -> Profile:
    """The law of a place; NotFound when no file of its own speaks about it."""
    if code not in jurisdictions.all_jurisdictions():
        listed = "、".join(f"{each.code} {each.name}" for each in jurisdictions.all_jurisdictions().values())
        raise NotFound(f"没有这个地区的规定，可用：{listed}。")
    return jurisdictions.profile(code, on)


def rules(profile: Profile, *, everywhere: bool) -> list[Item]:
    """The rules with severity and citation as they hold there; ``everywhere``: those of elsewhere, too."""
    found = [_rule(rule, profile) for rule in RULES.values()]
    return [*_shapes(), *(each for each in found if everywhere or each["applies"])]


def _shapes() -> list[Item]:
    """What the schema itself demands; it holds everywhere and no place can soften it."""
    return [
        {
            "rule": shape.id,
            "kinds": list(standard.KINDS),
            "title": shape.title,
            "severity": shape.severity,
            "clause": "数据标准的结构（JSON Schema）",
            "mend": shape.mend,
            "since": shape.since,
            "applies": True,
        }
        for shape in standard.SHAPE_RULES.values()
    ]


def _rule(rule: Rule, profile: Profile) -> Item:
    values = [profile.value(name) for name in (*rule.values, *rule.options)]
    clauses = [value.clause for value in values if value is not None]
    return {
        "rule": rule.id,
        "kinds": list(rule.kinds),
        "title": rule.title,
        "severity": profile.severity(rule.id) or rule.severity,
        "clause": "；".join(dict.fromkeys(clauses)) or rule.clause,
        "mend": rule.mend,
        "since": rule.since,
        "applies": all(profile.value(name) is not None for name in rule.values),
    }


def ruleset() -> str:
    """The version of the rules that this process judges by."""
    return RULESET


def places() -> list[Item]:
    """Every place with a file of its own, and the texts it stands on."""
    return [
        {
            "code": found.code,
            "name": found.name,
            "status": found.status,
            "href": f"/standard/requirements/{found.code}",
            "texts": [
                {
                    "title": text.title,
                    "number": text.number,
                    "issuer": text.issuer,
                    "in_force_from": _day(text.in_force_from),
                    "in_force_to": _day(text.in_force_to),
                    "note": text.status_note,
                }
                for text in found.texts
            ],
        }
        for found in jurisdictions.all_jurisdictions().values()
    ]


def requirements(profile: Profile) -> list[Item]:
    """Thresholds and clocks in force there on that day, each with its citation."""
    return [
        {**item, "requirement": reading.requirement(item)}
        for item in jurisdictions.requirements(profile.code, profile.on)
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
