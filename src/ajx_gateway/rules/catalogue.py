"""WHICH rules does the gateway apply, how severely, on which clause? The catalogue as it is published."""

from datetime import date
from typing import Any

from ajx_gateway.jurisdictions import NATIONAL, Profile, profile
from ajx_gateway.rules.binding import bind, severity_at
from ajx_gateway.rules.clauses import STANDARD
from ajx_gateway.rules.registry import KIND_NAMES, RULES, Rule
from ajx_gateway.standard import SHAPE_RULES, ShapeRule


def catalogue(jurisdiction: str | None, on: date) -> list[dict[str, Any]]:
    """Every rule in the order of its id, as the law of that place and day has it (None: the whole country).

    ``applies`` is False where that law does not state a value the rule needs; ``linked`` rules look at other
    records and never refuse.
    """
    shaped = [_shape_entry(made) for made in SHAPE_RULES.values()]
    law = profile(jurisdiction or NATIONAL, on)
    entries = [*shaped, *(_entry(made, law) for made in RULES.values())]
    return sorted(entries, key=lambda entry: str(entry["id"]))


def _entry(made: Rule, law: Profile) -> dict[str, Any]:
    bound = bind(made, law)
    stated = {name: law.value(name) for name in (*made.values, *made.options)}
    return {
        "id": made.id,
        "title": made.title,
        "kinds": list(made.kinds),
        "severity": severity_at(made, law),
        "clause": made.clause if bound is None else bound.clause,
        "since": made.since,
        "mend": made.mend,
        "linked": made.linked,
        "applies": made.check is None or bound is not None,
        "values": {name: _plain(value.value) for name, value in stated.items() if value is not None},
    }


def _shape_entry(made: ShapeRule) -> dict[str, Any]:
    return {
        "id": made.id,
        "title": made.title,
        "kinds": list(KIND_NAMES),
        "severity": made.severity,
        "clause": STANDARD,
        "since": made.since,
        "mend": f"{made.mend}。",
        "linked": False,
        "applies": True,
        "values": {},
    }


def _plain(value: Any) -> Any:
    """A value of the law as JSON holds it: numbers of money and ratios as text."""
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "items"):
        return {str(key): _plain(each) for key, each in value.items()}
    return str(value)
