"""HOW is a place's TOML file read? Strictly: whatever is unknown, uncited or contradictory is refused by file and key."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ajx_gateway.jurisdictions.model import (
    ClockSpec,
    Counting,
    Jurisdiction,
    Period,
    Severity,
    Subject,
    Text,
    Value,
    covers,
)
from ajx_gateway.jurisdictions.names import shaped

FOREVER = date.max

Start = Literal[
    "policy.signed_on", "policy.effective_on", "policy.expires_on",
    "claim.reported_on", "claim.registered_on", "claim.adjudicated_on", "claim.completed_on",
    "period.begin", "period.end",
]  # fmt: skip
Stop = Literal[
    "policy.document", "policy.renewed",
    "service_plan.assigned", "service_plan.submitted", "service.completed", "service.confirmed",
    "claim.decided", "claim.paid", "claim.closed", "claim.result",
    "report.accepted", "organisation.report",
]  # fmt: skip
Size = Literal["large", "medium", "small", "micro"]
ReportType = Literal["annual_service", "quarterly_fund", "quarterly_operation"]


class JurisdictionError(ValueError):
    """A jurisdiction's file cannot be used; the message names the file and the key."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Text(_Entry):
    title: str = Field(min_length=1)
    number: str = Field(min_length=1)
    issuer: str = Field(min_length=1)
    issued: date | None = None
    in_force_from: date | None = None
    in_force_to: date | None = None
    status_note: str = Field(min_length=1)


class _Cited(_Entry):
    text: str
    clause: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    note: str = ""


class _Value(_Cited):
    name: str
    value: Any


class _Severity(_Cited):
    rule: str = Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")
    severity: Literal["error", "warning", "notice"]


class _Clock(_Cited):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    subject: Subject
    start: Start
    stop: Stop
    days: int | None = Field(default=None, ge=0, le=3660)
    fixed: str | None = Field(default=None, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
    counting: Counting = "calendar"
    roll: bool = True
    applies_to: list[Size] = []
    due_soon_days: int = Field(default=3, ge=0, le=366)
    period: Period | None = None
    report_type: ReportType | None = None
    responsible: str = "保险机构"


class _File(_Entry):
    code: str = Field(pattern=r"^[0-9]{6}([0-9]{3})?$")
    name: str = Field(min_length=1)
    status: str = Field(min_length=1)
    text: dict[str, _Text]
    value: list[_Value] = []
    clock: list[_Clock] = []
    severity: list[_Severity] = []


class _Dated(Protocol):
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


def read_folder(folder: Path) -> list[Jurisdiction]:
    """Every ``<code>-<pinyin>.toml`` of the folder, in the order of the names; one file per place."""
    if not folder.is_dir():
        raise JurisdictionError(f"{folder}: no such folder")
    found = [read_file(path) for path in sorted(folder.glob("*.toml"))]
    for earlier, later in zip(found, found[1:], strict=False):
        if earlier.code == later.code:
            raise JurisdictionError(f"{later.file}: code: {earlier.file} already states the law of {later.code}")
    return found


def read_file(path: Path) -> Jurisdiction:
    """One place's law, checked; raises ``JurisdictionError``."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        parsed = _File.model_validate(raw)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise JurisdictionError(f"{path.name}: {problem}") from problem
    except ValidationError as problem:
        raise JurisdictionError(f"{path.name}: {_first_fault(problem)}") from problem
    if not path.name.startswith(f"{parsed.code}-"):
        raise JurisdictionError(f"{path.name}: code: the file's name must begin with {parsed.code}-")
    return _Builder(path.name, parsed).build()


def _first_fault(problem: ValidationError) -> str:
    fault = problem.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"


class _Builder:
    """Turns one parsed file into the law's own types, refusing what contradicts itself."""

    def __init__(self, file: str, parsed: _File) -> None:
        self.file = file
        self.parsed = parsed

    def build(self) -> Jurisdiction:
        parsed = self.parsed
        for key, text in parsed.text.items():
            if text.in_force_from and text.in_force_to and text.in_force_to < text.in_force_from:
                raise self._fault(f"text.{key}.in_force_to", "ends before it begins")
        values = tuple(self._value(at, entry) for at, entry in enumerate(parsed.value))
        clocks = tuple(self._clock(at, entry) for at, entry in enumerate(parsed.clock))
        severities = tuple(self._severity(at, entry) for at, entry in enumerate(parsed.severity))
        self._refuse_overlap("value", [(entry.name, entry) for entry in values])
        self._refuse_overlap("clock", [(entry.name, entry) for entry in clocks])
        self._refuse_overlap("severity", [(entry.rule, entry) for entry in severities])
        texts = tuple(Text(id=key, **text.model_dump()) for key, text in parsed.text.items())
        return Jurisdiction(parsed.code, parsed.name, parsed.status, texts, values, clocks, severities, self.file)

    def _value(self, at: int, entry: _Value) -> Value:
        key = f"value[{at}] {entry.name}"
        text = self._cited(key, entry)
        try:
            value = shaped(entry.name, entry.value)
        except ValueError as problem:
            raise self._fault(key, str(problem)) from problem
        return Value(
            entry.name, value, entry.clause, text.title, entry.valid_from, entry.valid_to, self.parsed.code, entry.note
        )

    def _severity(self, at: int, entry: _Severity) -> Severity:
        self._cited(f"severity[{at}] {entry.rule}", entry)
        return Severity(
            entry.rule, entry.severity, entry.clause, entry.valid_from, entry.valid_to, self.parsed.code, entry.note
        )

    def _clock(self, at: int, entry: _Clock) -> ClockSpec:
        key = f"clock[{at}] {entry.name}"
        text = self._cited(key, entry)
        self._check_length(key, entry)
        fields = entry.model_dump(exclude={"text"})
        fields["applies_to"] = tuple(entry.applies_to)
        return ClockSpec(**fields, jurisdiction=self.parsed.code, source_title=text.title)

    def _check_length(self, key: str, entry: _Clock) -> None:
        if entry.days is not None and entry.fixed is not None:
            raise self._fault(f"{key}.fixed", "a clock has days or a fixed day, not both")
        if entry.fixed is not None and entry.period != "year":
            raise self._fault(f"{key}.period", "a fixed day of the year needs period = \"year\"")
        if entry.start.startswith("period.") != (entry.period is not None):
            raise self._fault(f"{key}.start", "a clock starts with a period exactly when it has one")
        if entry.subject in ("policy", "claim") and not entry.start.startswith(f"{entry.subject}."):
            raise self._fault(f"{key}.start", f"a clock of a {entry.subject} starts on one of its own dates")
        if entry.applies_to and entry.subject != "policy":
            raise self._fault(f"{key}.applies_to", "only a policy's enterprise has a size")

    def _cited(self, key: str, entry: _Cited) -> _Text:
        """The text the entry stands on; an entry that outlives its text must say why, in its note."""
        text = self.parsed.text.get(entry.text)
        if text is None:
            raise self._fault(f"{key}.text", f"no [text.{entry.text}] in this file")
        if text.number not in entry.clause:
            raise self._fault(f"{key}.clause", f"must name the text's number {text.number}")
        if entry.valid_to is not None and entry.valid_to < entry.valid_from:
            raise self._fault(f"{key}.valid_to", "ends before it begins")
        inside = covers(text.in_force_from, text.in_force_to, entry.valid_from) and covers(
            text.in_force_from, text.in_force_to, entry.valid_to or (text.in_force_to and FOREVER) or entry.valid_from
        )
        if not inside and not entry.note:
            raise self._fault(f"{key}.note", f"valid outside the days {text.number} was in force: say why")
        return text

    def _refuse_overlap(self, table: str, entries: Iterable[tuple[str, _Dated]]) -> None:
        seen: dict[str, list[_Dated]] = {}
        for name, entry in entries:
            if _overlaps(entry, seen.setdefault(name, [])):
                raise self._fault(f"{table} {name}", f"two entries are valid on {entry.valid_from} or later")
            seen[name].append(entry)

    def _fault(self, key: str, words: str) -> JurisdictionError:
        return JurisdictionError(f"{self.file}: {key}: {words}")


def _overlaps(entry: _Dated, others: Sequence[_Dated]) -> bool:
    last = entry.valid_to or FOREVER
    return any(other.valid_from <= last and entry.valid_from <= (other.valid_to or FOREVER) for other in others)


def is_division(code: str) -> bool:
    """Six or nine ASCII digits; the national layer's 000000 counts."""
    return re.fullmatch(r"[0-9]{6}([0-9]{3})?", code) is not None
