"""WHICH rules are there? Registered pure functions with stable ids; the law arrives as their arguments."""

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from ajx_gateway.standard import KINDS

Severity = Literal["error", "warning", "notice"]
Check = Callable[..., Iterator["Fault"]]
KIND_NAMES = tuple(KINDS)
EDITION = "2026.11"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule found: where, what should stand there, what stands there, and why (Chinese).

    ``actual`` and ``message`` never repeat personal data (privacy classes C3 and C4).
    """

    pointer: str
    expected: str
    actual: str
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what the catalogue says about it.

    ``check`` takes the record; an own rule may also take ``arrival`` (insurer and received_at); a linked rule
    takes ``known``. ``values`` are the profile values it cannot do without, ``options`` those it can.
    """

    id: str
    kinds: tuple[str, ...]
    title: str
    severity: Severity
    clause: str
    since: str
    mend: str
    linked: bool
    contextual: bool
    values: tuple[str, ...]
    options: tuple[str, ...]
    check: Check | None  # None: found by the engine itself


_REGISTER: dict[str, Rule] = {}
RULES: Mapping[str, Rule] = MappingProxyType(_REGISTER)


class RuleDefect(TypeError):
    """A rule that is written wrongly: refused at import, never at a push."""


def rule(
    rule_id: str,
    *,
    kind: str | tuple[str, ...],
    title: str,
    severity: Severity,
    clause: str,
    mend: str,
    since: str = "1.0",
    linked: bool = False,
) -> Callable[[Check], Check]:
    """Register a check under a stable id; a duplicate or an ill-formed one is refused at import."""

    def register(check: Check) -> Check:
        values, options, contextual = _signature(rule_id, check, linked)
        kinds = (kind,) if isinstance(kind, str) else kind
        _add(
            Rule(
                rule_id,
                kinds,
                title,
                severity,
                clause,
                since,
                mend,
                linked,
                contextual,
                values,
                options,
                check,
            )
        )
        return check

    return register


def engine_rule(rule_id: str, *, title: str, severity: Severity, clause: str, mend: str) -> Rule:
    """A finding the engine makes itself (about the batch, not about a record); catalogued like any rule."""
    return _add(Rule(rule_id, KIND_NAMES, title, severity, clause, "1.0", mend, False, False, (), (), None))


def _add(made: Rule) -> Rule:
    if made.id in _REGISTER:
        raise RuleDefect(f"rule {made.id} is registered twice")
    unknown = set(made.kinds) - set(KIND_NAMES)
    if unknown or not made.kinds:
        raise RuleDefect(f"rule {made.id} names kinds that do not exist: {sorted(unknown)}")
    if made.linked and made.severity == "error":
        raise RuleDefect(f"rule {made.id} is linked: it may not refuse, or the order of arrival would decide")
    _REGISTER[made.id] = made
    return made


def _signature(rule_id: str, check: Check, linked: bool) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """(required values, optional values, takes a context) as the function's own signature tells them."""
    values: list[str] = []
    options: list[str] = []
    positional: list[str] = []
    for name, parameter in inspect.signature(check).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            (values if parameter.default is inspect.Parameter.empty else options).append(name)
        else:
            positional.append(name)
    context = positional[1:]
    if context not in ([], ["arrival"], ["known"]) or (context == ["known"]) is not linked:
        raise RuleDefect(
            f"rule {rule_id}: a linked rule takes (record, known), any other (record[, arrival])"
        )
    return tuple(values), tuple(options), bool(context)


def ruleset() -> str:
    """The version of everything that can change a verdict: ids, severities and the rules' own source."""
    digest = hashlib.sha256()
    for found in sorted(_REGISTER.values(), key=lambda each: each.id):
        digest.update(f"{found.id} {found.severity}\n".encode())
    here = files(__package__)
    for source in sorted(here.iterdir(), key=lambda each: each.name):
        if source.name.endswith(".py"):
            digest.update(source.read_bytes().replace(b"\r\n", b"\n"))
    return f"{EDITION}-{digest.hexdigest()[:8]}"


def arguments(made: Rule, value_of: Callable[[str], Any]) -> dict[str, Any] | None:
    """The profile values a rule is called with, as Value objects; None when one it needs is missing there."""
    found = {name: value_of(name) for name in (*made.values, *made.options)}
    if any(found[name] is None for name in made.values):
        return None
    return {name: value for name, value in found.items() if value is not None}
