"""WHAT is each code called in Chinese? The vocabulary behind every coded column, and the column of titles beside it.

Answers in JSON carry codes, which are the contract. A sheet is read by people: beside each coded column stands one with
the titles, unless the sheet has one of its own (``state_title``, ``insurer_name``, or one under the plain heading).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType
from typing import Final

from ajx_gateway.events import TYPES
from ajx_gateway.jurisdictions import all_jurisdictions, clock_titles
from ajx_gateway.jurisdictions.schemes import shipped
from ajx_gateway.publishing import nested
from ajx_gateway.publishing.headings import STATES
from ajx_gateway.standard import KINDS, divisions, industries
from ajx_gateway.standard.codes import CODE_LISTS, titles
from ajx_gateway.store import complaints
from ajx_gateway.store.cases import CATEGORIES, ORIGINS

Columns = Sequence[tuple[str, str]]
Titles = Mapping[str, str]

DECISIONS: Final[Mapping[str, str]] = MappingProxyType({"upheld": "成立", "dismissed": "不成立"})
EXCUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "force_majeure": "不可抗力",
        "gateway_outage": "网关故障",
        "enterprise_refused": "企业拒绝",
        "data_correction": "数据更正",
        "other": "其他",
    }
)
SEVERITIES: Final[Mapping[str, str]] = MappingProxyType(
    {"error": "错误", "warning": "警告", "notice": "提示"}
)
REGISTRATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"active": "正常", "suspended": "已暂停", "revoked": "已撤销"}
)
ANSWERS: Final[Mapping[str, str]] = MappingProxyType(
    {"yes": "是", "no": "否", "partly": "部分", "not_applicable": "不适用"}
)
# What clocks and findings are about: a record, or one of these.
_SUBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {"insurer": "承保机构", "complaint": "投诉", "organisation": "单位"}
)
# A column of the standard's codes, whatever the sheet.
_LISTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "size": "enterprise_size",
        "applies_to": "enterprise_size",
        "sector_tags": "sector_tag",
        "sectors": "sector_tag",
        "subject_type": "subject_type",
        "credit_list": "credit_list",
        "standardization_level": "standardization_level",
        "close_result": "close_result",
        "accident_type": "accident_type",
        "accident_grade": "accident_grade",
        "charge_mode": "charge_mode",
        "level": "hazard_level",
        "purpose": "fund_purpose",
    }
)
# A column whose codes differ from kind to kind.
_LISTS_OF: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("endorsement", "type"): "endorsement_type",
        ("claim", "state"): "claim_state",
        ("service_plan", "state"): "plan_state",
        ("service", "state"): "service_state",
        ("service", "form"): "service_form",
        ("service", "items"): "service_item",
        ("hazard", "state"): "hazard_state",
        ("hazard", "category"): "hazard_category",
        ("fund_entry", "type"): "fund_entry_type",
        ("annual_report", "type"): "report_type",
    }
)


@cache
def _listed(name: str) -> Titles:
    return titles(name)


def _kinds() -> Titles:
    return {**{name: kind.title for name, kind in KINDS.items()}, **_SUBJECTS}


_SAID: Final[Mapping[str, Callable[[], Titles]]] = MappingProxyType(
    {
        "clock": clock_titles,
        "subject_kind": _kinds,
        # What a sign is seen in may be a clock.
        "kind": lambda: {**clock_titles(), **_kinds()},
        "kinds": _kinds,
        "state_before": lambda: STATES,
        "state_after": lambda: STATES,
        "decision": lambda: DECISIONS,
        "reason_code": lambda: EXCUSES,
        "severity": lambda: SEVERITIES,
        "category": lambda: CATEGORIES,
        "scheme": lambda: {name: found.scheme.title for name, found in shipped().items()},
        **{column: partial(_listed, name) for column, name in _LISTS.items()},
    }
)
_SAID_OF: Final[Mapping[tuple[str, str], Callable[[], Titles]]] = MappingProxyType(
    {
        ("event", "type"): lambda: TYPES,
        ("registration", "status"): lambda: REGISTRATIONS,
        ("dictionary", "codes"): lambda: {name: found.title for name, found in CODE_LISTS.items()},
        **{of: partial(_listed, name) for of, name in _LISTS_OF.items()},
    }
)


def _law_of(code: str) -> str:
    """The place whose own law it is; 全国 for the nation's."""
    found = all_jurisdictions().get(code)
    return found.name if found else divisions.place_words(code)


# Columns whose codes have names of their own, too many to list.
_NAMED: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "division", "branch_division", "accident_division", "service_division", "kept_division",
                "report_division",
            ),
            divisions.place_words,
        ),
        "jurisdiction": _law_of,
        "territory": lambda code: divisions.place_words(code) if code else "全部地区",
        "industry": lambda code: industries.name(code) or code,
    }
)  # fmt: skip
Words = Callable[[object], object]
Widening = Callable[[Sequence[object]], Sequence[object]]


def titles_of(column: str, kind: str | None = None) -> Titles | None:
    """The vocabulary of a column; None where it holds no codes. ``kind``: of whose records the sheet is."""
    found = _SAID_OF.get((kind or "", column)) or _SAID.get(column)
    return None if found is None else found()


# What a member of a body is chosen from, where its name stands for something else in sheets, or for nothing.
_CHOSEN: Final[Mapping[str, Titles]] = MappingProxyType(
    {
        "kind": complaints.KINDS,
        "channel": complaints.CHANNELS,
        "step": complaints.STEPS,
        "origin": ORIGINS,
        "status": REGISTRATIONS,
        "answer": ANSWERS,
    }
)


def choices(member: str, codes: Collection[str]) -> Collection[str]:
    """The codes that a member of a body may hold, each with its title where one vocabulary knows them all."""
    for known in (titles_of(member), _CHOSEN.get(member)):
        if known is not None and set(codes) <= set(known):
            return {code: known[code] for code in codes}
    return codes


def spoken(value: object, titles: Titles) -> object:
    """The title of a code, or of several; one that is not in the vocabulary is its own. Nothing has none."""
    if isinstance(value, str):
        return titles.get(value, value)
    if isinstance(value, (list, tuple)):
        return [titles.get(str(code), str(code)) for code in value]
    return None


def _member(name: str, value: object) -> object:
    """A member of what an event tells, in words."""
    titles = STATES if name == "state" else titles_of(name)
    return value if titles is None else spoken(value, titles)


def _named(value: object, name: Callable[[str], str]) -> object:
    return name(value) if isinstance(value, str) else None


def words_of(column: str, kind: str | None = None) -> Words | None:
    """What tells the codes of a column in words; None where it holds none."""
    if column in _NAMED:
        return partial(_named, name=_NAMED[column])
    titles = titles_of(column, kind)
    return None if titles is None else partial(spoken, titles=titles)


def _saying(column: str, kind: str | None) -> Words | None:
    """What tells the cells of a column in words; None where they need no telling."""
    if column == "payload" and kind == "event":
        return partial(nested.event_words, calling=_member)
    if column == "record" and kind is not None and kind in KINDS:
        return partial(nested.record_words, kind=kind)
    return words_of(column, kind)


def beside(columns: Columns, kind: str | None = None) -> tuple[Columns, Widening]:
    """The columns with those of titles beside the coded ones, and what widens a row to them."""
    return _beside(columns, lambda name: _saying(name, kind))


def insurers_beside(columns: Columns, insurers: Titles) -> tuple[Columns, Widening]:
    """The same for the codes of insurers, whose names are registered."""
    return _beside(columns, lambda name: partial(spoken, titles=insurers) if name == "insurer" else None)


def _beside(columns: Columns, saying_of: Callable[[str], Words | None]) -> tuple[Columns, Widening]:
    taken = {each for column in columns for each in column}
    saying = [
        None if taken & {f"{name}_title", f"{name}_name", _plain(heading)} - {heading} else saying_of(name)
        for name, heading in columns
    ]
    if all(words is None for words in saying):
        return columns, lambda row: row
    wider: list[tuple[str, str]] = []
    for (name, heading), words in zip(columns, saying, strict=True):
        if words is None:
            wider.append((name, heading))
            continue
        told = "（JSON）" if name in ("payload", "record") else "代码"
        called = "name" if name in _NAMED or name == "insurer" else "title"
        wider += [(name, f"{_plain(heading)}{told}"), (f"{name}_{called}", _plain(heading))]

    def row_of(row: Sequence[object]) -> Sequence[object]:
        cells: list[object] = []
        for cell, words in zip(row, saying, strict=True):
            cells += [cell] if words is None else [cell, words(cell)]
        return cells

    return wider, row_of


def _plain(heading: str) -> str:
    return heading.removesuffix("代码")
