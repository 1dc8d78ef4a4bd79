"""IS this identity code written right? Check digits of GB 32100-2015, GB 11714 and GB 11643-1999.

The first eight characters of a unified code may be letters (codes that begin with A, N or Y exist), and
the division inside a resident ID may be historic: neither is a reason to refuse.
"""

import re
from datetime import date
from operator import mul

_STRANGE = 255


def _values(alphabet: str) -> bytes:
    """A table for ``bytes.translate``: what each letter counts."""
    found = bytearray([_STRANGE] * 256)
    for value, letter in enumerate(alphabet):
        found[ord(letter)] = value
    return bytes(found)


_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = _values(_USCC_ALPHABET)
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_VALUES = _values("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ORGANISATION = re.compile(r"[0-9A-Z]{8}[0-9X]")
_RESIDENT_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_DIGIT_VALUES = _values("0123456789")
_RESIDENT_CHECKS = "10X98765432"
_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")


def _weighed(weights: tuple[int, ...], body: str, values: bytes) -> int:
    """The weighted sum of the letters; ValueError when there are more or fewer than weights, or strange ones."""
    counted = body.encode().translate(values)
    if len(counted) != len(weights) or _STRANGE in counted:
        raise ValueError(f"{len(weights)} letters of the alphabet are weighed")
    return sum(map(mul, weights, counted))


def uscc_check(body: str) -> str:
    """The 18th character that belongs to the first 17 of a unified social credit code."""
    return _USCC_ALPHABET[-_weighed(_USCC_WEIGHTS, body, _USCC_VALUES) % 31]


def uscc_fault(code: str) -> str | None:
    """What is wrong with a unified social credit code, in Chinese; None when nothing is."""
    if len(code) != 18:
        return "统一社会信用代码应为18位"
    if not code.isascii() or _STRANGE in code.encode().translate(_USCC_VALUES):
        return "统一社会信用代码只能使用数字和大写字母（不含 I、O、S、V、Z）"
    if uscc_check(code[:17]) != code[17]:
        return "统一社会信用代码的校验码（第18位）不符"
    return None


def organisation_check(body: str) -> str:
    """The 9th character that belongs to the first 8 of an organisation code."""
    return "0123456789X"[-_weighed(_ORGANISATION_WEIGHTS, body, _ORGANISATION_VALUES) % 11]


def organisation_code_ok(code: str) -> bool:
    """Does the organisation code's check digit fit? Accepts nine characters, or the whole unified code."""
    if len(code) == 18:
        code = code[8:17]
    return bool(_ORGANISATION.fullmatch(code)) and organisation_check(code[:8]) == code[8]


def resident_id_check(body: str) -> str:
    """The 18th character that belongs to the first 17 of a citizen identity number."""
    return _RESIDENT_CHECKS[_weighed(_RESIDENT_WEIGHTS, body, _DIGIT_VALUES) % 11]


def resident_id_fault(code: str) -> str | None:
    """What is wrong with a citizen identity number, in Chinese, without repeating it; None: nothing."""
    if not _RESIDENT.fullmatch(code):
        return "居民身份证号码应为18位，前17位为数字，末位为数字或大写 X"
    try:
        date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return "居民身份证号码中的出生日期不存在"
    if resident_id_check(code[:17]) != code[17]:
        return "居民身份证号码的校验码（末位）不符"
    return None
