"""What the standard and the rules say about the demo: sound records pass, broken ones do not."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from gathered import KEYS, Portfolio

from ajx_gateway.demo.faults import FAULTS
from ajx_gateway.demo.identities import IDENTITIES
from ajx_gateway.demo.portfolio import Push
from ajx_gateway.rules import Judged, Known, judge
from ajx_gateway.standard import KINDS, read

BY_COLLECTION = {kind.collection: kind for kind in KINDS.values()}
USCC = {identity.name: identity.insurer_uscc or "" for identity in IDENTITIES}


def _judged(push: Push, received_at: datetime | None = None) -> list[Judged]:
    kind = BY_COLLECTION[push.collection]
    items = read(kind, "1.0", push.body, "ndjson")
    known = Known(insurer=USCC[push.insurer], received_at=received_at or push.at)
    return judge(kind.name, items, known, surface_errors=True)


def _refusals(pushes: list[Push]) -> Counter[str]:
    """How often each rule refuses a record."""
    return Counter(
        finding.rule
        for push in pushes
        for judged in _judged(push)
        for finding in judged.findings
        if finding.severity == "error"
    )


def test_the_collections_and_keys_are_those_of_the_standard() -> None:
    assert KEYS.items() <= {kind.collection: kind.key for kind in KINDS.values()}.items()


def test_no_rule_refuses_a_record_of_suzhou(suzhou: Portfolio) -> None:
    assert _refusals([push for push in suzhou.pushes if push.op == "push"]) == Counter()


def test_no_rule_refuses_a_record_of_nanhai(nanhai: Portfolio) -> None:
    # Insurers and months are alike: a ninth of the pushes is enough for a test.
    pushes = [push for push in nanhai.pushes if push.op == "push"]
    chosen = [push for i, push in enumerate(pushes) if i % 9 == 0 or push.collection == "annual-reports"]
    assert _refusals(chosen) == Counter()


def test_every_faulty_record_is_refused(nanhai: Portfolio, suzhou: Portfolio) -> None:
    for push in (*nanhai.faulty, *suzhou.faulty):
        accepted = [judged.item.key for judged in _judged(push) if judged.accepted]
        assert accepted == [], push.key
        assert push.expected == {"rejected": push.items}


def test_every_faulty_record_is_still_refused_when_its_file_is_pushed_years_later(
    nanhai: Portfolio, suzhou: Portfolio
) -> None:
    received_at = datetime(2035, 6, 1, tzinfo=UTC)
    for push in (*nanhai.faulty, *suzhou.faulty):
        assert not any(judged.accepted for judged in _judged(push, received_at)), push.key


def test_a_few_hundred_records_are_faulty_and_many_rules_catch_them(
    nanhai: Portfolio, suzhou: Portfolio
) -> None:
    faulty = [*nanhai.faulty, *suzhou.faulty]
    assert 200 < sum(push.items for push in faulty) < 600
    assert len(_refusals(faulty)) > 12


@pytest.mark.parametrize("collection", [name for name, faults in FAULTS.items() if faults])
def test_every_collection_with_typical_faults_shows_some(
    nanhai: Portfolio, suzhou: Portfolio, collection: str
) -> None:
    assert any(push.collection == collection for push in (*nanhai.faulty, *suzhou.faulty))
