"""What the demo's authorities enter is invented, fits the doors, and fills every list with something to see."""

from dataclasses import replace

from gathered import Portfolio
from pydantic import BaseModel

from ajx_gateway.api.oversight_service_bodies import Agency, Draw, Expert, Inspection
from ajx_gateway.demo import fieldwork, services
from ajx_gateway.demo.names import MARK
from ajx_gateway.oversight.agencies import Registering
from ajx_gateway.oversight.inspections import QUESTIONS
from ajx_gateway.standard import checkdigits, codes

MEMBER = {"insurer": "91341300XN0000112J", "policy_no": "DEMO-1"}


def read(model: type[BaseModel], body: object) -> BaseModel:
    return model.model_validate(body)


def test_every_body_is_one_that_its_door_takes() -> None:
    for office in fieldwork.OFFICES:
        told: list[Registering] = [
            *(Agency.model_validate(each).registering() for each in fieldwork.agencies(office)),
            *(Expert.model_validate(each).registering() for each in fieldwork.experts(office)),
        ]
        assert len({(one.kind, one.code) for one in told}) == len(told) == 15
        for one in told:
            known = codes.CODE_LISTS["qualification"].codes()
            assert one.kind == "agency" or one.qualification in known
            assert set(one.sectors) <= set(codes.CODE_LISTS["sector_tag"].codes())
            assert one.kind == "expert" or checkdigits.uscc_fault(one.code) is None
            assert one.name is None or one.name.endswith(MARK)
    for each in fieldwork.ROUNDS:
        read(Draw, {"period": each.period, "seed": each.seed} | ({"ratio": each.ratio} if each.ratio else {}))
        for number in range(fieldwork.INSPECTED):
            body = fieldwork.inspection(each, "00000000-0000-4000-8000-000000000000", MEMBER, each.at, number)
            told_of = Inspection.model_validate_json(str(body).replace("'", '"'))
            assert {result.question for result in told_of.results} <= set(QUESTIONS)


def test_services_are_performed_by_registered_suspended_outdated_and_unknown_agencies() -> None:
    for office in fieldwork.OFFICES:
        registered = {each["uscc"]: each for each in fieldwork.agencies(office)}
        performing = {services.agency_of(office.division, serial)["uscc"] for serial in range(10)}
        assert len(performing - registered.keys()) == 1
        assert [each["status"] for each in registered.values() if "status" in each] == ["suspended"]
        assert len([each for each in registered.values() if "valid_to" in each]) == 1


def test_one_round_finds_somebody_wanting_and_says_that_it_is_invented() -> None:
    wanting = [
        fieldwork.inspection(each, "x", MEMBER, each.at, number).get("findings")
        for each in fieldwork.ROUNDS
        for number in range(fieldwork.INSPECTED)
    ]
    found = [finding for findings in wanting if findings for finding in findings]
    assert len(found) == 1
    assert MARK in found[0]["title"]
    quiet = replace(fieldwork.ROUNDS[0], fault=False)
    assert "findings" not in fieldwork.inspection(quiet, "x", MEMBER, quiet.at, 0)


def test_subsidies_stay_below_the_cap_but_for_a_few_with_their_reason(nanhai: Portfolio) -> None:
    found = [each for each in nanhai.records("policies") if "subsidy" in each]
    above = [
        each for each in found if float(each["subsidy"]["amount"]) > 0.3 * float(each["premium"]["adjusted"])
    ]
    assert len(found) > 100
    assert 1 <= len(above) <= len(found) // 10
    assert all(MARK in each["subsidy"]["reason"] for each in above)
