"""WHICH rules apply in this place on this day, how severely, on which clause? Settled once."""

from datetime import date
from functools import lru_cache, partial
from typing import NamedTuple

from ajx_gateway.jurisdictions import Profile, profile
from ajx_gateway.rules.registry import RULES, Check, Rule, Severity, arguments

Place = tuple[str, date]


class Bound(NamedTuple):
    """A rule ready to be called in one place on one day: ``check`` holds the values of the law already."""

    rule: Rule
    check: Check
    severity: Severity
    clause: str
    contextual: bool


class Segment:
    """The law of a place over a span of days without change: equal when the same values and severities rule.

    Compared by the identity of what the jurisdictions' files said, which it keeps alive as long as it lives.
    """

    __slots__ = ("_identity", "law")

    def __init__(self, law: Profile) -> None:
        self.law = law
        stated = (*law.values.values(), *law.severities.values())
        self._identity = frozenset(map(id, stated))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Segment) and other._identity == self._identity

    def __hash__(self) -> int:
        return hash(self._identity)


class Bench:
    """The laws one batch of one kind meets."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._laws: dict[Place, Profile] = {}
        self._own: dict[Place, tuple[Bound, ...]] = {}
        self._linked: dict[Place, tuple[Bound, ...]] = {}

    def law(self, division: str, on: date) -> Profile:
        place = (division, on)
        found = self._laws.get(place)
        if found is None:
            found = self._laws[place] = profile(division, on)
        return found

    def own_rules(self, division: str, on: date) -> tuple[Bound, ...]:
        return self._rules(self._own, False, (division, on))

    def linked_rules(self, division: str, on: date) -> tuple[Bound, ...]:
        return self._rules(self._linked, True, (division, on))

    def _rules(self, met: dict[Place, tuple[Bound, ...]], linked: bool, place: Place) -> tuple[Bound, ...]:
        found = met.get(place)
        if found is None:
            found = met[place] = _bound(self.kind, linked, Segment(self.law(*place)))
        return found


@lru_cache(maxsize=4096)
def _bound(kind: str, linked: bool, segment: Segment) -> tuple[Bound, ...]:
    candidates = (made for made in RULES.values() if kind in made.kinds and made.linked is linked)
    bound = (bind(made, segment.law) for made in candidates)
    return tuple(each for each in bound if each is not None)


def bind(made: Rule, law: Profile) -> Bound | None:
    """One rule under one law, or None where that law does not state the values it needs."""
    values = arguments(made, law.value)
    if made.check is None or values is None:
        return None
    citations = dict.fromkeys(value.clause for value in values.values())
    clause = "；".join(citations) or made.clause
    plain = {name: value.value for name, value in values.items()}
    check = partial(made.check, **plain) if plain else made.check
    return Bound(made, check, severity_at(made, law), clause, made.contextual)


def severity_at(made: Rule, law: Profile) -> Severity:
    """The rule's own severity unless the law of the place overrides it; a linked rule never refuses."""
    stated = law.severity(made.id)
    if stated not in ("error", "warning", "notice"):
        return made.severity
    return "warning" if made.linked and stated == "error" else stated  # type: ignore[return-value]
