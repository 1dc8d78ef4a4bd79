"""Does a rule ever raise, refuse by what others sent, or repeat a personal value?"""

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ajx_gateway.rules import RULES, CoverFacts, EvidenceUse, Known
from ajx_gateway.rules.judging import judge
from ajx_gateway.standard import CURRENT, KINDS, Finding, Part, read
from ajx_gateway.standard.fields import outlines
from ajx_gateway.standard.sample import sample
from rules.bench import INSURER, POLICY_NO, RECEIVED_AT, findings, item_of, patched, story
from rules.cases import CASES
from rules.chance import documents

PATIENT = settings(max_examples=60, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", KINDS)
@PATIENT
@given(data=st.data())
def test_no_rule_raises_on_any_valid_record(kind: str, data: st.DataObject) -> None:
    item = item_of(kind, data.draw(documents(kind)))
    policy_no = getattr(item.record, "policy_no", None) or POLICY_NO
    known = story(policies={policy_no: story().policies[POLICY_NO]})
    [judged] = judge(kind, [item], known, surface_errors=True)
    assert judged.accepted is not any(found.severity == "error" for found in judged.findings)
    assert len(judged.findings) == min(judged.found, 100)


@pytest.mark.parametrize("kind", KINDS)
@PATIENT
@given(data=st.data())
def test_what_else_is_known_never_decides_acceptance(kind: str, data: st.DataObject) -> None:
    item = item_of(kind, data.draw(documents(kind)))
    [alone] = judge(kind, [item], Known(INSURER, RECEIVED_AT), surface_errors=True)
    policy_no = getattr(item.record, "policy_no", None) or POLICY_NO
    policy = story().policies[POLICY_NO]._replace(division="341302001", voided=True)
    [among] = judge(kind, [item], story(policies={policy_no: policy}), surface_errors=True)
    assert alone.accepted is among.accepted


def crowd(kind: str) -> list[dict[str, Any]]:
    """Records that meet each other: same enterprise, same policy, same evidence, some with two versions."""
    key = KINDS[kind].key
    crowded = [patched(sample(kind), {f"/{key}": f"K{number}"}) for number in range(6)]
    later = (datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=number) for number in range(2))
    newer = [patched(sample(kind), {f"/{key}": "K1", "/revised_at": at.isoformat()}) for at in later]
    changes: dict[str, dict[str, Any]] = {
        "policy": {"/expires_on": "2026-03-05", "/effective_on": "2026-03-01"},
        "claim": {
            "/payments/0/amount": "900000.00",
            "/items/0/paid": "910000.00",
            "/items/0/assessed": "910000.00",
        },
        "endorsement": {
            "/type": "cancel",
            "/cancellation": {"reason": "other", "refund": "0"},
            "/premium_change": "0",
        },
        "fund_entry": {"/amount": "1999.00"},
        "service": {"/evidence": []},
    }
    return [*crowded, newer[0], patched(newer[1], changes.get(kind, {}))]


def said(kind: str, documents_in_order: list[dict[str, Any]]) -> dict[str, list[Finding]]:
    body = "\n".join(json.dumps(document) for document in documents_in_order).encode()
    judged = judge(kind, read(KINDS[kind], CURRENT, body, "ndjson"), story(policies={}), surface_errors=True)
    return {f"{each.item.key} {each.item.content_hash.hex()}": list(each.findings) for each in judged}


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_within_a_batch_changes_nothing(kind: str) -> None:
    ordered = crowd(kind)
    expected = said(kind, ordered)
    for seed in range(5):
        shuffled = random.Random(seed).sample(ordered, len(ordered))
        assert said(kind, shuffled) == expected


def test_siblings_of_a_batch_know_each_other() -> None:
    rules = {found.rule for each in said("policy", crowd("policy")).values() for found in each}
    assert "policy.double_insurance_own" in rules
    rules = {found.rule for each in said("service", crowd("service")).values() for found in each}
    assert "service.evidence_reused" in rules


def test_another_insurer_is_never_named() -> None:
    uscc = sample("policy")["enterprise"]["uscc"]
    cover = CoverFacts(False, None, "enterprise", None, date(2026, 1, 1), date(2026, 12, 31))
    [policy] = judge("policy", [item_of("policy", sample("policy"))], story(covers={uscc: [cover]}))
    [found] = [each for each in policy.findings if each.rule == "policy.double_insurance_other"]
    digest = sample("service")["evidence"][0]["sha256"]
    known = story(evidence={digest: [EvidenceUse(False, "S-SECRET")]})
    [service] = judge("service", [item_of("service", sample("service"))], known)
    assert "P2026" not in found.message
    assert not [each for each in service.findings if "S-SECRET" in str(each)]


def personal(model: type[Part], document: dict[str, Any]) -> list[str]:
    """Every C3 and C4 text of a document."""
    values: list[str] = []
    for name, outline in outlines(model).items():
        value = document.get(name)
        if outline.part is not None and value is not None:
            for inner in value if outline.many else [value]:
                values += personal(outline.part, inner)
        elif outline.mark.privacy in ("C3", "C4") and isinstance(value, str) and outline.codes is None:
            values.append(value)
    return values


def test_no_finding_repeats_a_personal_value() -> None:
    checked = 0
    for kind, case in CASES:
        document = patched(patched(sample(kind), case.both), case.bad)
        secrets = personal(KINDS[kind].model, document)
        checked += len(secrets)
        for found in findings(kind, case, case.bad, case.known):
            shown = f"{found.expected} {found.actual} {found.message}"
            assert not [secret for secret in secrets if secret in shown], case.rule
    assert checked > 300


def test_thousands_of_records_of_one_enterprise_are_judged_in_a_plain_loop() -> None:
    """Two thousand vehicles of one fleet: comparing every pair would be two million comparisons."""
    compared = 0

    class Counting(list[CoverFacts]):
        def __iter__(self) -> Any:
            nonlocal compared
            compared += len(self)
            return super().__iter__()

    uscc = sample("policy")["enterprise"]["uscc"]
    first = date(2026, 1, 1)
    fleet = Counting(
        CoverFacts(True, f"V{number}", "vehicle", f"粤E{number:05d}", first, first) for number in range(2000)
    )
    vehicle = {"/subject": {"type": "vehicle", "code": "粤E00001"}}
    documents_of_fleet = [
        patched(sample("policy"), {**vehicle, "/policy_no": f"N{number}"}) for number in range(50)
    ]
    items = read(KINDS["policy"], "1.0", json.dumps(documents_of_fleet).encode(), "json")
    judge("policy", items, story(covers={uscc: fleet}), surface_errors=True)
    assert compared <= 4 * len(fleet)


def test_linked_rules_never_refuse() -> None:
    assert [made.id for made in RULES.values() if made.linked and made.severity == "error"] == []
