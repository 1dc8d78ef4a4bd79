"""Every field says what it means, who may see it and since when; samples are whole and fictitious."""

import pytest

from ajx_gateway.standard import CURRENT, KINDS, VERSIONS, Kind, by_collection, checkdigits, read, sample
from ajx_gateway.standard.fields import Outline, walk
from ajx_gateway.standard.marks import PART, PRIVACY, marks
from ajx_gateway.standard.sample import every_member

FIELDS = [
    pytest.param(outline, id=f"{kind.name}.{path}")
    for kind in KINDS.values()
    for path, outline in walk(kind.model)
]
EACH_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.mark.parametrize("outline", FIELDS)
def test_every_field_carries_its_whole_mark(outline: Outline) -> None:
    mark = outline.mark
    assert any("\u4e00" <= letter <= "\u9fff" for letter in mark.title)
    assert mark.definition.endswith("。")
    assert mark.privacy in PRIVACY
    assert mark.since in VERSIONS
    assert (mark.example is PART) == (outline.part is not None)


@EACH_KIND
def test_no_field_is_without_a_mark(kind: Kind) -> None:
    assert list(marks(kind.model)) == list(kind.model.model_fields)


def test_persons_names_and_numbers_are_personal_data() -> None:
    found = {
        (kind.name, path): outline.mark.privacy
        for kind in KINDS.values()
        for path, outline in walk(kind.model)
    }
    assert {privacy for (_, path), privacy in found.items() if path.endswith("id_no")} == {"C4"}
    for path in ("enterprise.contact_name", "enterprise.contact_phone", "insured_persons[].name"):
        assert found["policy", path] == "C3"
    assert found["claim", "victims[].name"] == "C3"
    assert found["service", "insured_confirmer"] == "C3"


@EACH_KIND
def test_a_kind_is_found_by_its_collection(kind: Kind) -> None:
    assert by_collection(kind.collection) is kind
    assert kind.model.model_fields[kind.key].is_required()


def test_an_unknown_collection_is_no_kind() -> None:
    with pytest.raises(KeyError):
        by_collection("nonsense")


@EACH_KIND
@pytest.mark.parametrize("make", [sample, every_member])
def test_samples_are_accepted(kind: Kind, make: object) -> None:
    import json

    assert callable(make)
    items = read(kind, CURRENT, json.dumps(make(kind.name)).encode(), "json")
    assert items[0].findings == []
    assert items[0].record is not None
    assert items[0].key == make(kind.name)[kind.key]


def test_a_full_document_has_every_member_of_the_kind() -> None:
    for kind in KINDS.values():
        assert set(every_member(kind.name)) == set(kind.model.model_fields)


def test_samples_refer_to_one_another_and_carry_right_check_digits() -> None:
    policy = sample("policy")
    for kind in ("endorsement", "claim", "service_plan", "service", "hazard", "fund_entry"):
        assert sample(kind)["policy_no"] == policy["policy_no"]
    assert sample("hazard")["service_no"] == sample("service")["service_no"]
    assert sample("service")["plan_no"] == sample("service_plan")["plan_no"]
    for code in (policy["enterprise"]["uscc"], policy["branch"]["uscc"], sample("service")["agency"]["uscc"]):
        assert checkdigits.uscc_fault(code) is None
        assert checkdigits.organisation_code_ok(code)
    assert checkdigits.resident_id_fault(sample("claim")["victims"][0]["id_no"]) is None


def test_changing_a_sample_does_not_change_the_next_one() -> None:
    sample("policy")["enterprise"]["sector_tags"].append("hazchem")
    assert sample("policy")["enterprise"]["sector_tags"] == ["indtrade", "machinery"]
