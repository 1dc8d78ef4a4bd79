"""The demo's findings and complaints: two identities decide each, nobody is real, and all insurers have some."""

import json
from collections import defaultdict

from gathered import Portfolio

from ajx_gateway.demo.casework import OPERATIONS
from ajx_gateway.demo.identities import IDENTITIES, SUZHOU_INSURERS
from ajx_gateway.demo.portfolio import Push
from ajx_gateway.standard.impersonal import names_somebody


def told(suzhou: Portfolio) -> dict[str, list[Push]]:
    """The steps of each case, in the order in which they are sent."""
    found: dict[str, list[Push]] = defaultdict(list)
    for push in suzhou.pushes:
        if push.op in OPERATIONS:
            found[push.record_key or ""].append(push)
    return found


def test_a_case_is_raised_before_anything_is_done_about_it(suzhou: Portfolio) -> None:
    cases = told(suzhou)
    assert len(cases) == 17
    for steps in cases.values():
        assert steps[0].op in {"finding", "complaint"}
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert len({step.insurer for step in steps}) == 1


def test_every_decision_is_stated_by_two_identities_of_which_the_last_two_agree(suzhou: Portfolio) -> None:
    for name, steps in told(suzhou).items():
        rulings = [step for step in steps if step.op == "ruling"]
        if name.startswith("case"):
            assert rulings
        if rulings:
            assert {step.by for step in rulings} == {"suzhou-city", "suzhou-reviewer"}
            last = [json.loads(step.body)["decision"] for step in rulings[-2:]]
            assert last[0] == last[1]
    rounds = {name: sum(step.op == "ruling" for step in steps) for name, steps in told(suzhou).items()}
    assert sorted(set(rounds.values())) == [0, 2, 4]


def test_every_insurer_of_suzhou_has_a_case_and_the_best_one_none_that_stands(suzhou: Portfolio) -> None:
    concerned, standing = set(), set()
    for steps in told(suzhou).values():
        concerned.add(steps[0].insurer)
        rulings = [step for step in steps if step.op == "ruling"]
        if rulings and json.loads(rulings[-1].body)["decision"] == "upheld":
            standing.add(steps[0].insurer)
    assert concerned == {insurer.identity for insurer in SUZHOU_INSURERS}
    assert "suzhou-insurer-a" not in standing


def test_the_cases_are_fictitious_and_name_nobody(suzhou: Portfolio) -> None:
    known = {identity.name for identity in IDENTITIES}
    for steps in told(suzhou).values():
        for step in steps:
            body = json.loads(step.body)
            words = (
                body.get("detail")
                or body.get("reply")
                or body.get("reason")
                or body.get("text")
                or body["words"]
            )
            assert "（虚构）" in words
            assert not names_somebody(words)
            assert step.by in known


def test_each_step_has_a_key_of_its_own(suzhou: Portfolio) -> None:
    keys = [step.key for steps in told(suzhou).values() for step in steps]
    assert len(set(keys)) == len(keys)
    assert all(len(key) <= 128 for key in keys)
