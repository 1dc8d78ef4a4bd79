"""WHICH parameters does a place keep for figures? Values that the nation's file states for every place.

Nobody could ask before they were stated: a question about an earlier day takes the first that ever was.
"""

from __future__ import annotations

from datetime import datetime

from ajx_gateway.identity import Scope
from ajx_gateway.jurisdictions import NATIONAL, all_jurisdictions, profile
from ajx_gateway.jurisdictions.model import Value
from ajx_gateway.oversight.shown import local_date


def place_of(scope: Scope) -> str:
    """Whose law the scope's own parameters come from."""
    return NATIONAL if scope.territory is None else scope.territory[:6].ljust(6, "0")


def parameter(scope: Scope, name: str, at: datetime) -> Value:
    """The value in the scope's place on the day of the instant."""
    first = min(value.valid_from for value in all_jurisdictions()[NATIONAL].values if value.name == name)
    return profile(place_of(scope), max(local_date(at), first)).values[name]


def bounds(scope: Scope, name: str, at: datetime) -> tuple[int, ...]:
    """A parameter that lists days: the bounds of buckets, ascending."""
    stated = parameter(scope, name, at).value
    if not isinstance(stated, tuple):
        raise TypeError(f"{name} is a list of days")
    return tuple(int(str(days)) for days in stated)
