"""WHICH industry is a code? Sections and divisions of GB/T 4754-2017."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ajx_gateway.standard.codes import rows


@cache
def table() -> Mapping[str, str]:
    """Names by code: a section is its letter ("C"), a division its letter and two digits ("C33")."""
    return MappingProxyType({f"{row['section']}{row['code']}": row["name"] for row in rows("industries.csv")})


def division_exists(code: str) -> bool:
    """Is the division (letter and first two digits) in the table, and in that section?"""
    return len(code) >= 3 and code[:3] in table()


def name(code: str) -> str | None:
    """The name of the division that a code of any depth lies in, or of a section; None when unknown."""
    return table().get(code[:3] if len(code) > 1 else code)
