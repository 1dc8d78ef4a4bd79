"""Identity codes: the vectors of domain knowledge, and what must hold for any code."""

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.standard import checkdigits

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_a_registered_code_is_right_in_both_check_digits() -> None:
    assert checkdigits.uscc_fault("91110000600037341L") is None
    assert checkdigits.organisation_code_ok("91110000600037341L")
    assert checkdigits.organisation_code_ok("600037341")


@pytest.mark.parametrize("prefix", ["A1440600", "N2440605", "Y1440605"])
def test_codes_that_begin_with_a_letter_are_accepted(prefix: str) -> None:
    body = prefix + "MA0000015"
    assert checkdigits.uscc_fault(body + checkdigits.uscc_check(body)) is None


@pytest.mark.parametrize(
    "code",
    [
        "",
        "9111000060003734L",
        "91110000600037341l",
        "91110000600037341M",
        "9111000060003734１L",
        "9111000060003734IL",
    ],
)
def test_a_code_that_is_short_lower_case_wide_or_wrong_is_a_fault(code: str) -> None:
    fault = checkdigits.uscc_fault(code)
    assert fault is not None
    assert code == "" or code not in fault


@pytest.mark.parametrize(
    ("check", "body"),
    [
        (checkdigits.uscc_check, "9111000060003734"),
        (checkdigits.uscc_check, "911100006000373411"),
        (checkdigits.uscc_check, "9111000060003734I"),
        (checkdigits.uscc_check, "9111000060003734１"),
        (checkdigits.organisation_check, "6000373"),
        (checkdigits.organisation_check, "6000373-"),
        (checkdigits.resident_id_check, "110105194912310021"),
        (checkdigits.resident_id_check, "1101051949123100X"),
    ],
)
def test_no_check_character_is_told_of_what_is_no_code(check: Callable[[str], str], body: str) -> None:
    with pytest.raises(ValueError, match="letters of the alphabet"):
        check(body)


@given(st.text(ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_changing_any_one_character_of_a_unified_code_is_noticed(body: str, place: int, other: str) -> None:
    code = body + checkdigits.uscc_check(body)
    changed = code[:place] + other + code[place + 1 :]
    assert (checkdigits.uscc_fault(changed) is None) == (changed == code)


@given(
    st.text(string.digits + string.ascii_uppercase, min_size=8, max_size=8), st.sampled_from("0123456789X")
)
def test_exactly_one_check_character_fits_an_organisation_code(body: str, check: str) -> None:
    assert checkdigits.organisation_code_ok(body + check) == (check == checkdigits.organisation_check(body))


def test_an_organisation_code_with_strange_characters_is_not_right() -> None:
    assert not checkdigits.organisation_code_ok("60003734１")
    assert not checkdigits.organisation_code_ok("600037341\n")


@pytest.mark.parametrize("code", ["11010519491231002X", "440524188001010014", "999999199001010024"])
def test_the_standards_sample_ids_are_right_whatever_their_division(code: str) -> None:
    assert checkdigits.resident_id_fault(code) is None


@pytest.mark.parametrize(
    "code",
    [
        "11010519491231002x",
        "110105194912310021",
        "110105194902300029",
        "1101051949123100",
        "１1010519491231002X",
    ],
)
def test_a_wrong_resident_id_is_a_fault_that_does_not_repeat_it(code: str) -> None:
    fault = checkdigits.resident_id_fault(code)
    assert fault is not None
    assert code not in fault


@given(st.dates(), st.integers(0, 999_999), st.integers(0, 999), st.integers(0, 16), st.integers(0, 9))
def test_changing_any_one_digit_of_a_resident_id_is_noticed(
    born: object, division: int, order: int, place: int, digit: int
) -> None:
    body = f"{division:06d}{str(born).replace('-', '')}{order:03d}"
    code = body + checkdigits.resident_id_check(body)
    changed = code[:place] + str(digit) + code[place + 1 :]
    assert checkdigits.resident_id_fault(code) is None
    assert changed == code or checkdigits.resident_id_fault(changed) is not None
