"""Does every rule find what it is for, where it is, and nothing when the record keeps it?"""

import re

import pytest

from ajx_gateway.rules import RULES
from rules.bench import Case, findings
from rules.cases import CASES

NAMES = [f"{kind}-{case.rule}-{number}" for number, (kind, case) in enumerate(CASES)]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=NAMES)
def test_a_broken_record_gets_the_finding_at_its_place(kind: str, case: Case) -> None:
    found = findings(kind, case, case.bad, case.known)
    assert case.pointer in [each.pointer for each in found]
    for each in found:
        assert each.clause
        assert re.search("[一-鿿]", each.message)
        assert RULES[case.rule].mend in each.message


@pytest.mark.parametrize(("kind", "case"), CASES, ids=NAMES)
def test_a_kept_record_gets_no_finding(kind: str, case: Case) -> None:
    assert findings(kind, case, case.good, case.known_good) == []


def test_every_rule_has_a_case() -> None:
    by_the_engine = {made.id for made in RULES.values() if made.check is None}
    assert {case.rule for _, case in CASES} == set(RULES) - by_the_engine


def test_every_case_is_of_a_kind_its_rule_judges() -> None:
    assert [(kind, case.rule) for kind, case in CASES if kind not in RULES[case.rule].kinds] == []
