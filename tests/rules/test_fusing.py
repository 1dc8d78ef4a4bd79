"""Do the rules of a law say together, in one function, exactly what each says alone?"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.jurisdictions import profile
from ajx_gateway.rules import RULES, Fault, Known
from ajx_gateway.rules.binding import Bound, Part, Sitting, sitting
from ajx_gateway.rules.fusing import _inlined, _Unfit
from ajx_gateway.rules.judging import judge
from ajx_gateway.rules.places import policy_place
from ajx_gateway.standard import KINDS, Record
from ajx_gateway.standard.sample import sample
from rules.bench import POLICY_NO, item_of, patched, story
from rules.chance import documents
from rules.test_properties import PATIENT

Told = list[tuple[str, Fault | None]]


def alone(sitting: Sitting, record: Record, known: Known) -> Told:
    told: Told = []
    for bound in sitting.rules:
        try:
            for fault in bound.check(record, known) if bound.contextual else bound.check(record):
                told.append((bound.rule.id, fault))
        except ZeroDivisionError:
            told.append((bound.rule.id, None))
    return told


def joined(sitting: Sitting, record: Record, known: Known) -> Told:
    told: list[Any] = []
    sitting.look(record, known, told.append)
    return [(bound.rule.id, fault) for bound, fault in told]


def compare(kind: str, record: Record, known: Known) -> int:
    law, told = profile(*policy_place(kind, record, known)), 0
    for part in get_args(Part):
        both = sitting(kind, law, part)
        expected = alone(both, record, known)
        assert joined(both, record, known) == expected
        told += len(expected)
    return told


@pytest.mark.parametrize("kind", KINDS)
@PATIENT
@given(data=st.data())
def test_every_valid_record_reads_the_same_joined_and_alone(kind: str, data: st.DataObject) -> None:
    record = item_of(kind, data.draw(documents(kind))).record
    assert record is not None
    compare(
        kind, record, story(policies={getattr(record, "policy_no", POLICY_NO): story().policies[POLICY_NO]})
    )


def test_nearly_all_rules_can_be_joined() -> None:
    """A rule that cannot is called alone: right, but a hundred of those would be slow again."""
    unfit = []
    for made in RULES.values():
        try:
            if made.check is not None:
                _inlined(0, made)
        except _Unfit:
            unfit.append(made.id)
    assert len(unfit) <= 5, unfit


def returning_inside_a_loop(record: Any, *, most: int = 1) -> Iterator[Fault]:
    for index, coverage in enumerate(record.coverages):
        if index == most:
            return
        yield Fault(f"/coverages/{index}", "", coverage.code, "")


def returning_early(record: Any, *, size: str = "micro") -> Iterator[Fault]:
    if record.enterprise.size == size:
        return
    listed = [coverage.code for coverage in record.coverages]
    yield from (Fault("", "", code, "") for code in listed)


def failing_late(record: Any) -> Iterator[Fault]:
    """A docstring."""
    yield Fault("/here", "", "", "")
    raise ZeroDivisionError


def sitting_of(*checks: Any) -> Sitting:
    made = RULES["policy.premium_zero"]
    bound = [
        Bound(replace(made, id=f"test.{number}", check=check), check, "error", "示例", False)
        for number, check in enumerate(checks)
    ]
    return Sitting("policy", tuple(bound))


def test_loops_returns_and_failures_stay_their_own_rule_s() -> None:
    record = item_of("policy", sample("policy")).record
    assert record is not None
    sitting = sitting_of(returning_inside_a_loop, failing_late, returning_early)
    told = joined(sitting, record, story())
    assert told == alone(sitting, record, story())
    assert [rule for rule, _ in told[:3]] == ["test.0", "test.1", "test.1"]
    assert told[2] == ("test.1", None)
    assert len(told) > 3


def test_a_batch_is_judged_alike_both_ways() -> None:
    items = [
        item_of("policy", patched(sample("policy"), {"/policy_no": f"P-{n}", "/insured_count": n}))
        for n in range(5)
    ]
    both = [judge("policy", items, story(), surface_errors=surface) for surface in (True, False)]
    assert both[0] == both[1]
    assert any(judged.findings for judged in both[0])
