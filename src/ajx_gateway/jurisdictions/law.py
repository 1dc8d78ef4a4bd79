"""WHICH law rules at this place on this day? The layers from town to nation, cut to the day."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from ajx_gateway.jurisdictions.loader import JurisdictionError, is_division, read_folder
from ajx_gateway.jurisdictions.model import (
    NATIONAL,
    ClockSpec,
    Jurisdiction,
    Layer,
    Profile,
    Severity,
    Value,
    covers,
)

SHIPPED = Path(__file__).parent


class Law:
    """All jurisdictions of this process; an operator's files lie over the shipped ones of the same place."""

    def __init__(self, shipped: Sequence[Jurisdiction], overlays: Sequence[Jurisdiction] = ()) -> None:
        self._layers: dict[str, list[Jurisdiction]] = {}
        for jurisdiction in (*overlays, *shipped):
            self._layers.setdefault(jurisdiction.code, []).append(jurisdiction)
        if NATIONAL not in self._layers:
            raise JurisdictionError(f"no file for {NATIONAL}: the national layer lies under all others")
        # Every record of a push asks for its law: days and towns are many, laws are few.
        self.profile = lru_cache(maxsize=65_536)(self._profile)
        self._codes = lru_cache(maxsize=8192)(self._codes_of)
        self._spans = lru_cache(maxsize=1024)(self._spans_of)
        self._resolved = lru_cache(maxsize=8192)(self._resolve)
        self._names = lru_cache(maxsize=256)(self._names_of)

    @property
    def jurisdictions(self) -> Mapping[str, Jurisdiction]:
        """One entry per place; where an operator's file lies over a shipped one, the two as one."""
        return MappingProxyType({code: _joined(files) for code, files in sorted(self._layers.items())})

    def _profile(self, division: str, on: date) -> Profile:
        """The law for a six- or nine-digit division; an unknown place has the national layer alone.

        The same object for all places and days that have the same layers and no change in between.
        """
        codes = self._codes(division)
        changes = self._spans(codes)
        return self._resolved(codes, changes[bisect_right(changes, on) - 1])

    def _spans_of(self, codes: tuple[str, ...]) -> list[date]:
        """The days on which the law of these layers may change; it is the same from one to the next."""
        files = [jurisdiction for code in codes for jurisdiction in self._layers[code]]
        return sorted({date.min, *(day for jurisdiction in files for day in _changes(jurisdiction))})

    def clock_names(self, *, subject: str, stop: str | None = None) -> tuple[str, ...]:
        """The names of all clocks, of any place and time, that this kind of event may stop."""
        return self._names(subject, stop)

    def _codes_of(self, division: str) -> tuple[str, ...]:
        if not is_division(division):
            raise ValueError(f"not a division code: {division!r}")
        return tuple(code for code in _ancestry(division) if code in self._layers)

    def _names_of(self, subject: str, stop: str | None) -> tuple[str, ...]:
        found = {
            clock.name
            for files in self._layers.values()
            for jurisdiction in files
            for clock in jurisdiction.clocks
            if clock.subject == subject and stop in (None, clock.stop)
        }
        return tuple(sorted(found))

    def _resolve(self, codes: tuple[str, ...], on: date) -> Profile:
        layers = tuple(_cut(jurisdiction, on) for code in codes for jurisdiction in self._layers[code])
        values: dict[str, Value] = {}
        severities: dict[str, Severity] = {}
        clocks: dict[str, ClockSpec] = {}
        for layer in reversed(layers):
            values.update(layer.values)
            severities.update(layer.severities)
            clocks.update(layer.clocks)
        top = layers[0]
        return Profile(
            top.code,
            top.name,
            on,
            layers,
            MappingProxyType(values),
            MappingProxyType(severities),
            tuple(clocks.values()),
        )


def load(extra_dir: Path | None = None) -> Law:
    """The shipped law, with an operator's folder of TOML files laid over it."""
    return Law(read_folder(SHIPPED), read_folder(extra_dir) if extra_dir else ())


def _ancestry(division: str) -> tuple[str, ...]:
    """Town, county, city, province, nation: each code once."""
    codes = (division, division[:6], f"{division[:4]}00", f"{division[:2]}0000", NATIONAL)
    return tuple(dict.fromkeys(codes))


def _cut(jurisdiction: Jurisdiction, on: date) -> Layer:
    return Layer(
        jurisdiction.code,
        jurisdiction.name,
        jurisdiction.status,
        MappingProxyType({v.name: v for v in jurisdiction.values if covers(v.valid_from, v.valid_to, on)}),
        MappingProxyType(
            {s.rule: s for s in jurisdiction.severities if covers(s.valid_from, s.valid_to, on)}
        ),
        MappingProxyType({c.name: c for c in jurisdiction.clocks if covers(c.valid_from, c.valid_to, on)}),
    )


def _changes(jurisdiction: Jurisdiction) -> Iterator[date]:
    """The first days of what the file says, and the days after the last ones."""
    spans = [
        *((value.valid_from, value.valid_to) for value in jurisdiction.values),
        *((severity.valid_from, severity.valid_to) for severity in jurisdiction.severities),
        *((clock.valid_from, clock.valid_to) for clock in jurisdiction.clocks),
    ]
    for first, last in spans:
        if first is not None:
            yield first
        if last is not None and last < date.max:
            yield last + timedelta(days=1)


def _joined(files: Sequence[Jurisdiction]) -> Jurisdiction:
    if len(files) == 1:
        return files[0]
    top = files[0]
    return Jurisdiction(
        top.code,
        top.name,
        "；".join(file.status for file in files),
        tuple(text for file in files for text in file.texts),
        tuple(value for file in files for value in file.values),
        tuple(clock for file in files for clock in file.clocks),
        tuple(severity for file in files for severity in file.severities),
        " + ".join(file.file for file in files),
    )
