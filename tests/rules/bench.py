"""HOW is one case of one rule judged? Sample documents, small patches, and what is known around them."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from ajx_gateway.jurisdictions import Value, profile
from ajx_gateway.rules import RULES, Known
from ajx_gateway.rules.binding import Sitting, bind
from ajx_gateway.rules.facts import plan_facts, policy_facts, service_facts
from ajx_gateway.rules.judging import judge
from ajx_gateway.rules.places import policy_place
from ajx_gateway.rules.siblings import merged
from ajx_gateway.standard import CURRENT, KINDS, Finding, Item, read
from ajx_gateway.standard.sample import sample

INSURER = "91440600MA0000023C"  # the branch that files the sample policy
RECEIVED_AT = datetime(2026, 11, 21, 4, tzinfo=UTC)
DROP = object()
POLICY_NO = sample("policy")["policy_no"]
Patch = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One rule once kept and once broken, as patches (JSON pointer to value) on the sample of its kind.

    ``both`` is patched in either case; ``known`` and ``known_good`` replace fields of the story's ``Known``;
    ``law`` adds values that no shipped jurisdiction states.
    """

    rule: str
    pointer: str
    bad: Patch = field(default_factory=dict)
    good: Patch = field(default_factory=dict)
    both: Patch = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    known_good: Mapping[str, Any] = field(default_factory=dict)
    law: Mapping[str, Any] = field(default_factory=dict)


def patched(document: dict[str, Any], patch: Patch) -> dict[str, Any]:
    for pointer, value in patch.items():
        *path, last = pointer.lstrip("/").split("/")
        part: Any = document
        for step in path:
            part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
        if isinstance(part, list):
            position = len(part) if last == "-" else int(last)
            part[position : position + 1] = [] if value is DROP else [deepcopy(value)]
        elif value is DROP:
            part.pop(last, None)
        else:
            part[last] = deepcopy(value)
    return document


def item_of(kind: str, document: dict[str, Any]) -> Item:
    [item] = read(KINDS[kind], CURRENT, json.dumps(document).encode(), "json")
    assert item.record is not None, [found.as_dict() for found in item.findings]
    return item


def story(**changes: Any) -> Known:
    """What the gateway knows once the samples' policy, plan and service are stored."""
    policy, plan, service = (
        item_of(kind, sample(kind)).record for kind in ("policy", "service_plan", "service")
    )
    fields: dict[str, Any] = {
        "policies": {POLICY_NO: policy_facts(policy)},
        "plans": {plan.plan_no: plan_facts(plan)},
        "services": {service.service_no: service_facts(service)},
    }
    return Known(INSURER, RECEIVED_AT, **(fields | changes))


def findings(kind: str, case: Case, patch: Patch, changes: Mapping[str, Any]) -> list[Finding]:
    """The findings of the case's rule alone."""
    item = item_of(kind, patched(patched(sample(kind), case.both), patch))
    known = story(**changes)
    if case.law:
        return _under(kind, item, known, case)
    [judged] = judge(kind, [item], known, surface_errors=True)
    assert judge(kind, [item], known) == [judged], "all rules in one function say the same as each alone"
    return [found for found in judged.findings if found.rule == case.rule]


def _under(kind: str, item: Item, known: Known, case: Case) -> list[Finding]:
    """Judged by one rule under the shipped law with the case's own values in it."""
    known = merged(kind, [(str(item.key), item.record)], known)
    law = profile(*policy_place(kind, item.record, known))
    values = {
        name: Value(name, value, "测试用法规", "测试", date(2000, 1, 1), None, law.code)
        for name, value in case.law.items()
    }
    bound = bind(RULES[case.rule], replace(law, values={**law.values, **values}))
    assert bound is not None
    context = (known,) if bound.contextual else ()
    faults = list(bound.check(item.record, *context))
    joined: list[Any] = []
    Sitting(kind, (bound,)).look(item.record, known, joined.append)
    assert joined == [(bound, fault) for fault in faults]
    made = bound.rule
    return [
        Finding(made.id, bound.severity, f.pointer, f.expected, f.actual, f.message + made.mend, bound.clause)
        for f in faults
    ]
