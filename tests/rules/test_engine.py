"""Does the engine bind the law, cap, sort and guard as it promises?"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ajx_gateway.jurisdictions import NAMES, all_jurisdictions, profile
from ajx_gateway.rules import RULES, RULESET, Fault, StoredFacts, edition, rule
from ajx_gateway.rules.binding import Bound, Sitting, bind, severity_at
from ajx_gateway.rules.judging import _finding, _told, judge
from ajx_gateway.rules.registry import KIND_NAMES, RuleDefect
from ajx_gateway.standard import KINDS, Item, read
from ajx_gateway.standard.sample import sample
from rules.bench import POLICY_NO, RECEIVED_AT, item_of, patched, story

TEXTS = {"title": "示例", "severity": "warning", "clause": "示例", "mend": "示例。"}


def judged(kind: str, *documents: dict[str, Any], **known: Any) -> list[Any]:
    return judge(kind, [item_of(kind, each) for each in documents], story(**known), surface_errors=True)


def test_every_argument_of_a_rule_is_a_value_a_jurisdiction_may_state() -> None:
    taken = {name for made in RULES.values() for name in (*made.values, *made.options)}
    assert taken - set(NAMES) == set()


def test_every_severity_of_a_jurisdiction_names_a_rule() -> None:
    stated = {each.rule for place in all_jurisdictions().values() for each in place.severities}
    assert stated
    assert stated - set(RULES) == set()


def test_the_kinds_are_those_of_the_standard() -> None:
    assert set(KIND_NAMES) == set(KINDS)


def test_there_are_rules_enough_and_the_rule_set_has_a_version() -> None:
    assert len(RULES) >= 85
    edition, digest = RULESET.split("-")
    assert len(digest) == 8
    assert edition == "2026.11"


def test_every_rule_speaks_chinese_and_cites_a_text() -> None:
    for made in RULES.values():
        assert made.clause, made.id
        assert made.mend.endswith("。"), made.id
        assert any("一" <= letter <= "鿿" for letter in made.title), made.id


def test_a_second_rule_of_the_same_id_is_refused() -> None:
    with pytest.raises(RuleDefect):
        rule("policy.premium_zero", kind="policy", **TEXTS)(lambda record: iter(()))  # type: ignore[arg-type]


def test_a_rule_of_no_kind_is_refused() -> None:
    with pytest.raises(RuleDefect):
        rule("test.kind", kind="letter", **TEXTS)(lambda record: iter(()))  # type: ignore[arg-type]


def test_a_linked_rule_that_refuses_is_refused_itself() -> None:
    texts = {**TEXTS, "severity": "error"}
    with pytest.raises(RuleDefect):
        rule("test.linked", kind="policy", linked=True, **texts)(lambda record, known: iter(()))  # type: ignore[arg-type]


def test_a_rule_that_looks_at_others_must_say_so() -> None:
    with pytest.raises(RuleDefect):
        rule("test.silent", kind="policy", **TEXTS)(lambda record, known: iter(()))  # type: ignore[arg-type]
    assert not [each for each in RULES if each.startswith("test.")]


def test_the_citation_of_the_law_of_the_place_stands_in_the_finding() -> None:
    short = {"/service_fund": {"ratio": "0.11", "amount": "1485.00"}}
    [foshan] = judged("policy", patched(sample("policy"), short))
    [suzhou] = judged("policy", patched(sample("policy"), {**short, "/enterprise/division": "341302001"}))
    clauses = [
        found.clause
        for each in (foshan, suzhou)
        for found in each.findings
        if found.rule == "policy.fund_below_floor"
    ]
    assert "佛" in clauses[0]
    assert "应急监二〔2023〕84号" in clauses[1]


def test_the_law_of_the_day_decides() -> None:
    made = RULES["policy.fund_below_floor"]
    assert bind(made, profile("341302001", date(2024, 1, 1))) is not None
    assert bind(made, profile("341302001", date(2023, 12, 31))) is None


def test_a_place_may_soften_a_rule() -> None:
    made = RULES["policy.rate_float_exceeded"]
    assert severity_at(made, profile("440608004", date(2018, 1, 1))) == "error"
    assert severity_at(made, profile("440608004", date(2026, 1, 1))) == "warning"


def test_an_error_refuses_and_a_warning_does_not() -> None:
    [refused] = judged("policy", patched(sample("policy"), {"/expires_on": "2026-02-01"}))
    [warned] = judged(
        "policy",
        patched(
            sample("policy"),
            {"/insured_count": 47, "/insured_groups/0/count": 47},
        ),
    )
    assert not refused.accepted
    assert warned.accepted
    assert warned.findings


def test_errors_come_first_and_at_most_a_hundred_are_kept() -> None:
    repeated = [sample("policy")["coverages"][0]] * 30
    persons = [
        {"name": "测试甲", "id_type": "other", "id_no": "1", "employment_type": "dispatched"}
        for _ in range(120)
    ]
    changes = {"/coverages": repeated, "/insured_persons": persons, "/insured_list_mode": "named"}
    [each] = judged("policy", patched(sample("policy"), changes))
    assert len(each.findings) == 100
    assert each.found > 240
    assert {found.severity for found in each.findings} == {"error"}


def test_the_shape_findings_of_a_refused_item_are_all_it_gets() -> None:
    [item] = read(KINDS["policy"], "1.0", b'{"policy_no": "P1"}', "json")
    [each] = judge("policy", [item], story())
    assert not each.accepted
    assert each.profile is None
    assert {found.rule.split(".")[0] for found in each.findings} == {"shape"}


def test_a_bad_credit_code_is_not_also_a_doubtful_organisation_code() -> None:
    [each] = judged("policy", patched(sample("policy"), {"/enterprise/uscc": "91440605MA0000015X"}))
    assert [found.rule for found in each.findings if found.rule.startswith("code.")] == ["code.uscc_invalid"]


def test_a_claim_of_an_unknown_policy_is_accepted_and_says_only_that() -> None:
    [each] = judged("claim", sample("claim"), policies={})
    assert each.accepted
    assert [found.rule for found in each.findings] == ["claim.policy_unknown"]


def test_the_warning_clears_itself_when_the_policy_is_known() -> None:
    [each] = judged("claim", sample("claim"))
    assert each.findings == ()


def test_linked_rules_read_the_law_of_the_policy() -> None:
    [known] = judged("claim", sample("claim"))
    [unknown] = judged("claim", sample("claim"), policies={})
    assert (known.profile.code, unknown.profile.code) == ("440605", "000000")


def test_a_refused_record_teaches_its_siblings_nothing() -> None:
    double = patched(sample("policy"), {"/policy_no": "P2", "/expires_on": "2026-02-01"})
    first, _ = judged("policy", sample("policy"), double)
    assert "policy.double_insurance_own" not in {found.rule for found in first.findings}


def test_the_same_content_twice_is_no_conflict() -> None:
    assert [each.accepted for each in judged("policy", sample("policy"), sample("policy"))] == [True, True]


def test_the_same_revision_with_other_content_is_refused_on_the_later_one() -> None:
    other = patched(sample("policy"), {"/product/tier": "三档"})
    first, second = judged("policy", sample("policy"), other)
    assert first.accepted
    assert [found.rule for found in second.findings if found.severity == "error"] == [
        "record.revised_at_conflict"
    ]


def test_a_later_revision_with_other_content_is_no_conflict() -> None:
    other = patched(sample("policy"), {"/product/tier": "三档", "/revised_at": "2026-03-01T00:00:00+08:00"})
    assert [each.accepted for each in judged("policy", sample("policy"), other)] == [True, True]


@pytest.mark.parametrize(("stored_hash", "accepted"), [(b"other", False), (None, True)])
def test_a_conflict_with_the_stored_version_is_refused_when_its_hash_is_known(
    stored_hash: bytes | None, accepted: bool
) -> None:
    item = item_of("policy", sample("policy"))
    assert item.record is not None
    stored = {POLICY_NO: StoredFacts(None, None, item.record.revised_at, stored_hash)}
    [each] = judge("policy", [item], story(stored=stored), surface_errors=True)
    assert each.accepted is accepted


def test_a_record_older_than_the_stored_one_teaches_its_siblings_nothing() -> None:
    stored = {POLICY_NO: StoredFacts(None, None, RECEIVED_AT)}
    [_, other] = judged(
        "policy", sample("policy"), patched(sample("policy"), {"/policy_no": "P2"}), stored=stored
    )
    assert "policy.double_insurance_own" not in {found.rule for found in other.findings}


def stored_as(item: Item, clean_edition: int | None) -> dict[str, Any]:
    """What is known when the item's very content is stored, judged clean by an edition."""
    assert item.record is not None
    facts = StoredFacts(None, None, item.record.revised_at, item.content_hash, clean_edition=clean_edition)
    return {"stored": {item.key: facts}}


def test_content_that_was_found_clean_by_these_rules_is_judged_again_only_by_what_may_have_changed() -> None:
    [endorsement] = judge("endorsement", [item_of("endorsement", sample("endorsement"))], story())
    assert endorsement.clean
    # A content that these rules would refuse, said to be clean: what is not looked at again is not found.
    unclean = item_of(
        "policy", patched(sample("policy"), {"/premium/received": "0.00", "/signed_on": "2099-01-01"})
    )
    found = {
        mark: {
            each.rule for each in judge("policy", [unclean], story(**stored_as(unclean, mark)))[0].findings
        }
        for mark in (edition(), edition() + 1, None)
    }
    assert "policy.premium_unpaid" in found[None]
    assert found[edition() + 1] == found[None]
    assert found[edition()] < found[None]
    # When it came is new at each push: the rules that look at the arrival are asked again.
    assert "policy.signed_in_future" in found[edition()]
    assert "policy.premium_unpaid" not in found[edition()]


def test_other_content_is_judged_in_full_whatever_is_stored() -> None:
    stored = item_of("policy", sample("policy"))
    other = item_of("policy", patched(sample("policy"), {"/premium/received": "0.00"}))
    [each] = judge("policy", [other], story(**stored_as(stored, edition())))
    assert "policy.premium_unpaid" in {found.rule for found in each.findings}
    assert not each.clean


def test_the_edition_is_the_same_in_every_process_and_another_with_other_law(tmp_path: Path) -> None:
    def told(**environment: str) -> int:
        asked = [sys.executable, "-c", "from ajx_gateway.rules import edition; print(edition())"]
        done = subprocess.run(asked, env={**os.environ, **environment}, capture_output=True, check=True)
        return int(done.stdout)

    assert told() == edition()
    (tmp_path / "note.txt").write_text("x")
    assert told(AJX_JURISDICTIONS_DIR=str(tmp_path)) != edition()


def raising(record: Any) -> Iterator[Fault]:
    yield Fault("", "", "", "")
    raise ZeroDivisionError("secret")


def test_a_rule_that_fails_costs_the_sender_nothing_in_production() -> None:
    made = replace(RULES["policy.premium_zero"], check=raising)
    sitting = Sitting("policy", (Bound(made, raising, "error", "示例", False),))
    item: Item = item_of("policy", sample("policy"))
    assert item.record is not None
    found = [_finding(bound, fault) for bound, fault in _told(sitting, item.record, story(), False)]
    assert [each.rule for each in found] == ["policy.premium_zero", "rule.internal"]
    assert found[-1].rule == "rule.internal"
    assert found[-1].severity == "warning"
    assert "secret" not in str(found)
    with pytest.raises(ZeroDivisionError):
        _told(sitting, item.record, story(), True)
