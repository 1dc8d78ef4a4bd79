"""WHAT does a piece of the law look like once it is read? Frozen values, clocks and texts, all cited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

NATIONAL = "000000"

# Ratios and money are Decimal, counts int, choices str, lists tuples; a table is division -> year -> yuan.
LegalValue = (
    Decimal
    | int
    | bool
    | str
    | tuple[str, ...]
    | tuple[int, ...]
    | tuple["Target", ...]
    | tuple["Department", ...]
    | tuple["Entitlement", ...]
    | Mapping[str, Mapping[int, Decimal]]
)
Counting = Literal["calendar", "working"]
Subject = Literal["policy", "claim", "complaint", "insurer", "organisation"]
Period = Literal["year", "half", "quarter", "month"]


@dataclass(frozen=True, slots=True)
class Target:
    """A share of the enterprises with any of these sector tags that must be insured by a day."""

    tags: tuple[str, ...]
    ratio: Decimal
    by: date
    clause: str


@dataclass(frozen=True, slots=True)
class Department:
    """The department that supervises enterprises with any of these sector tags; without tags, all others."""

    tags: tuple[str, ...]
    name: str
    clause: str


@dataclass(frozen=True, slots=True)
class Entitlement:
    """How many service items a policy is owed: by risk (any of the sector tags; none: any) and by premium in yuan."""

    tags: tuple[str, ...]
    premium_from: Decimal
    items: int
    clause: str


@dataclass(frozen=True, slots=True)
class Text:
    """One published text and the days on which it was in force (both inclusive)."""

    id: str
    title: str
    number: str
    issuer: str
    issued: date | None
    in_force_from: date | None
    in_force_to: date | None
    status_note: str

    def in_force(self, on: date) -> bool:
        return covers(self.in_force_from, self.in_force_to, on)


@dataclass(frozen=True, slots=True)
class Value:
    """One dated value of the law; ``jurisdiction`` is the place whose file says it."""

    name: str
    value: LegalValue
    clause: str
    source_title: str
    valid_from: date
    valid_to: date | None
    jurisdiction: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Severity:
    """A place's own severity of one rule."""

    rule: str
    severity: Literal["error", "warning", "notice"]
    clause: str
    valid_from: date
    valid_to: date | None
    jurisdiction: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """One period of the law: what starts it, how long it runs, what stops it, whom it binds.

    ``days`` counts from the start (the start's own day is not counted); ``fixed`` ("12-15") is a day of the
    year instead. A clock with neither (the days are promised policy by policy) is published, not run.
    """

    name: str
    title: str
    start: str
    days: int | None
    counting: Counting
    roll: bool
    fixed: str | None
    stop: str
    applies_to: tuple[str, ...]
    due_soon_days: int
    clause: str
    report_type: str | None
    period: Period | None
    subject: Subject
    responsible: str = "保险机构"
    jurisdiction: str = NATIONAL
    source_title: str = ""
    valid_from: date = date.min
    valid_to: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """Everything one place's file says, over all time."""

    code: str
    name: str
    status: str
    texts: tuple[Text, ...]
    values: tuple[Value, ...]
    clocks: tuple[ClockSpec, ...]
    severities: tuple[Severity, ...]
    file: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One place's part of a profile, already cut to the day."""

    code: str
    name: str
    status: str
    values: Mapping[str, Value]
    severities: Mapping[str, Severity]
    clocks: Mapping[str, ClockSpec]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The law of one place on one day: the most specific layer that says something wins.

    ``on`` is the first day of the span without a change in which the day asked for lies.
    """

    code: str
    name: str
    on: date
    layers: tuple[Layer, ...]
    values: Mapping[str, Value]
    severities: Mapping[str, Severity]
    clocks: tuple[ClockSpec, ...]

    def value(self, name: str) -> Value | None:
        return self.values.get(name)

    def severity(self, rule_id: str) -> str | None:
        found = self.severities.get(rule_id)
        return found.severity if found else None

    def clock(self, name: str) -> ClockSpec | None:
        return next((clock for clock in self.clocks if clock.name == name), None)


def covers(first: date | None, last: date | None, on: date) -> bool:
    """Is the day inside the (inclusive, possibly open) span?"""
    return (first is None or first <= on) and (last is None or on <= last)
