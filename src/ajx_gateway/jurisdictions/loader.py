"""HOW is a place's TOML file read? Strictly: the unknown, uncited or contradictory is refused by its key."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from ajx_gateway.jurisdictions.entries import (
    CitedEntry,
    ClockEntry,
    FileEntry,
    SeverityEntry,
    TextEntry,
    ValueEntry,
)
from ajx_gateway.jurisdictions.model import ClockSpec, Jurisdiction, Severity, Text, Value, covers
from ajx_gateway.jurisdictions.names import shaped

FOREVER = date.max


class JurisdictionError(ValueError):
    """A jurisdiction's file cannot be used; the message names the file and the key."""


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
    for earlier, later in pairwise(found):
        if earlier.code == later.code:
            raise JurisdictionError(f"{later.file}: code: {earlier.file} already states it")
    return found


def read_file(path: Path) -> Jurisdiction:
    """One place's law, checked; raises ``JurisdictionError``."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        parsed = FileEntry.model_validate(raw)
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

    def __init__(self, file: str, parsed: FileEntry) -> None:
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
        return Jurisdiction(
            parsed.code, parsed.name, parsed.status, texts, values, clocks, severities, self.file
        )

    def _value(self, at: int, entry: ValueEntry) -> Value:
        key = f"value[{at}] {entry.name}"
        text = self._cited(key, entry)
        try:
            value = shaped(entry.name, entry.value)
        except ValueError as problem:
            raise self._fault(key, str(problem)) from problem
        return Value(
            name=entry.name,
            value=value,
            clause=entry.clause,
            source_title=text.title,
            valid_from=entry.valid_from,
            valid_to=entry.valid_to,
            jurisdiction=self.parsed.code,
            note=entry.note,
        )

    def _severity(self, at: int, entry: SeverityEntry) -> Severity:
        self._cited(f"severity[{at}] {entry.rule}", entry)
        return Severity(**entry.model_dump(exclude={"text"}), jurisdiction=self.parsed.code)

    def _clock(self, at: int, entry: ClockEntry) -> ClockSpec:
        key = f"clock[{at}] {entry.name}"
        text = self._cited(key, entry)
        self._check_length(key, entry)
        fields = entry.model_dump(exclude={"text"})
        fields["applies_to"] = tuple(entry.applies_to)
        return ClockSpec(**fields, jurisdiction=self.parsed.code, source_title=text.title)

    def _check_length(self, key: str, entry: ClockEntry) -> None:
        if entry.days is not None and entry.fixed is not None:
            raise self._fault(f"{key}.fixed", "a clock has days or a fixed day, not both")
        if entry.fixed is not None and entry.period != "year":
            raise self._fault(f"{key}.period", 'a fixed day of the year needs period = "year"')
        if entry.start.startswith("period.") != (entry.period is not None):
            raise self._fault(f"{key}.start", "a clock starts with a period exactly when it has one")
        if entry.subject in ("policy", "claim", "complaint") and not entry.start.startswith(
            f"{entry.subject}."
        ):
            raise self._fault(f"{key}.start", f"a clock of a {entry.subject} starts on one of its own dates")
        if entry.fixed == "02-29":
            raise self._fault(f"{key}.fixed", "not a day of every year")
        if entry.applies_to and entry.subject != "policy":
            raise self._fault(f"{key}.applies_to", "only a policy's enterprise has a size")

    def _cited(self, key: str, entry: CitedEntry) -> TextEntry:
        """The text the entry stands on; an entry that outlives its text must say why, in its note."""
        text = self.parsed.text.get(entry.text)
        if text is None:
            raise self._fault(f"{key}.text", f"no [text.{entry.text}] in this file")
        if text.number not in entry.clause:
            raise self._fault(f"{key}.clause", f"must name the text's number {text.number}")
        if entry.valid_to is not None and entry.valid_to < entry.valid_from:
            raise self._fault(f"{key}.valid_to", "ends before it begins")
        last = entry.valid_to or FOREVER
        inside = covers(text.in_force_from, text.in_force_to, entry.valid_from) and (
            text.in_force_to is None or last <= text.in_force_to
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
    return any(
        other.valid_from <= last and entry.valid_from <= (other.valid_to or FOREVER) for other in others
    )


def is_division(code: str) -> bool:
    """Six or nine ASCII digits; the national layer's 000000 counts."""
    return re.fullmatch(r"[0-9]{6}([0-9]{3})?", code) is not None
