"""Which codes may a person or company have that does not exist? Valid check digits, marked bodies.

A unified social credit code whose organisation part begins with "XN" (虚拟) has never been issued; a resident
id with a birth year of the nineteenth century belongs to no living person.
"""

from __future__ import annotations

import hashlib

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FICTITIOUS_PHONE = "00000000000"


def organisation_code(serial: int) -> str:
    """The nine characters of GB 11714: XN, six digits, check character."""
    body = f"XN{serial:06d}"
    total = sum(
        weight * int(character, 36) for weight, character in zip(ORGANISATION_WEIGHTS, body, strict=True)
    )
    return body + "0123456789X0"[11 - total % 11]


def uscc(division6: str, serial: int) -> str:
    """The eighteen characters of GB 32100 of an enterprise registered in that division."""
    body = f"91{division6}{organisation_code(serial)}"
    total = sum(USCC_ALPHABET.index(character) * pow(3, i, 31) for i, character in enumerate(body))
    return body + USCC_ALPHABET[-total % 31]


def wrong_check_digit(code: str) -> str:
    """The same code with another last character, so that its check fails."""
    return code[:-1] + USCC_ALPHABET[(USCC_ALPHABET.index(code[-1]) + 7) % 31]


def resident_id(division6: str, serial: int) -> str:
    """Eighteen characters of GB 11643 with a birth date in the years 1880 to 1899."""
    year, month, day = 1880 + serial % 20, 1 + serial // 20 % 12, 1 + serial // 240 % 28
    body = f"{division6}{year}{month:02d}{day:02d}{serial // 6720 % 1000:03d}"
    total = sum(weight * int(character) for weight, character in zip(RESIDENT_WEIGHTS, body, strict=True))
    return body + "10X98765432"[total % 11]


def digest(text: str) -> str:
    """The SHA-256 that stands for a photograph or report of that name."""
    return hashlib.sha256(text.encode()).hexdigest()
