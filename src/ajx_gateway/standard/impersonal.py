"""DOES a free text name somebody by number? Resident ids and mobile phones have no place in words."""

import re

from ajx_gateway.standard.checkdigits import resident_id_fault

_RESIDENT_ID = re.compile(r"(?<![0-9A-Z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}(?![0-9A-Za-z])")


def names_somebody(text: str) -> bool:
    """True when the text holds a valid resident id number or what looks like a mobile phone's."""
    ids = (found[0].upper() for found in _RESIDENT_ID.finditer(text))
    return any(resident_id_fault(number) is None for number in ids) or _MOBILE.search(text) is not None
