"""WHICH rules apply in this place on this day, how severely, on which clause? Settled once a law."""

from functools import lru_cache, partial
from typing import Any, Literal, NamedTuple

from ajx_gateway.jurisdictions import Profile
from ajx_gateway.rules.fusing import Fused, fuse
from ajx_gateway.rules.registry import RULES, Check, Rule, Severity, arguments

# A record's own rules; those of them that also look at its arrival; those that look at other records.
Part = Literal["own", "arrival", "linked"]


class Bound(NamedTuple):
    """A rule ready to be called in one place on one day: ``check`` holds the values of the law already."""

    rule: Rule
    check: Check
    severity: Severity
    clause: str
    contextual: bool


class Sitting:
    """The rules of one law over one kind, each alone (``rules``) and all in one function (``look``).

    ``look(record, known, add)`` calls ``add((bound, fault))`` for every fault, ``add((bound, None))`` for a rule that
    failed by a programming error.
    """

    __slots__ = ("look", "rules")

    def __init__(self, kind: str, rules: tuple[Bound, ...]) -> None:
        self.rules = rules
        self.look: Fused = fuse(kind, rules)


@lru_cache(maxsize=4096)
def sitting(kind: str, law: Profile, part: Part) -> Sitting:
    """These rules of one law over one kind; a law is the same object wherever it rules."""
    linked, every = part == "linked", part != "arrival"
    candidates = (
        made
        for made in RULES.values()
        if kind in made.kinds and made.linked is linked and (every or made.contextual)
    )
    bound = (bind(made, law) for made in candidates)
    return Sitting(kind, tuple(each for each in bound if each is not None))


def bind(made: Rule, law: Profile) -> Bound | None:
    """One rule under one law, or None where that law does not state the values it needs."""
    values = arguments(made, law.value)
    if made.check is None or values is None:
        return None
    citations = dict.fromkeys(value.clause for value in values.values())
    clause = "；".join(citations) or made.clause
    plain: dict[str, Any] = {name: value.value for name, value in values.items()}
    check = partial(made.check, **plain) if plain else made.check
    return Bound(made, check, severity_at(made, law), clause, made.contextual)


def severity_at(made: Rule, law: Profile) -> Severity:
    """The rule's own severity unless the law of the place overrides it; a linked rule never refuses."""
    stated = law.severity(made.id)
    if stated not in ("error", "warning", "notice"):
        return made.severity
    return "warning" if made.linked and stated == "error" else stated  # type: ignore[return-value]
