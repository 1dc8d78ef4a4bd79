"""Codes of people and companies that do not exist are still well-formed codes."""

from ajx_gateway.demo import codes
from ajx_gateway.standard import checkdigits


def test_every_generated_credit_code_passes_both_of_its_checks() -> None:
    for serial in range(0, 80_000, 37):
        code = codes.uscc("440605", serial)
        assert checkdigits.uscc_fault(code) is None, code
        assert checkdigits.organisation_code_ok(code), code


def test_a_generated_credit_code_shows_that_it_was_never_issued() -> None:
    assert codes.uscc("440605", 12)[8:10] == "XN"


def test_a_wrong_check_digit_is_found() -> None:
    assert checkdigits.uscc_fault(codes.wrong_check_digit(codes.uscc("341302", 5))) is not None


def test_every_generated_resident_id_passes_its_check_and_belongs_to_no_living_person() -> None:
    for serial in range(0, 2_000_000, 997):
        number = codes.resident_id("440605", serial)
        assert checkdigits.resident_id_fault(number) is None, number
        assert 1880 <= int(number[6:10]) <= 1899
