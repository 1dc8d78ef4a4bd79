"""WHAT does the law of each row's place and day say? One SQL expression made from the jurisdictions' own values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from ajx_gateway.jurisdictions import NATIONAL, Value, all_jurisdictions, profile
from ajx_gateway.store.sources import starts_with

Say = Callable[[Value], sa.ColumnElement[Any]]
_EVER = date(1, 1, 1)


def by_law(
    name: str,
    division: sa.ColumnElement[Any],
    day: sa.ColumnElement[Any],
    say: Say,
    type_: sa.types.TypeEngine[Any],
) -> sa.ColumnElement[Any]:
    """What ``say`` makes (of this type) of the value ``name`` that is in force at the row's place on its day, null where
    none is. The most specific place wins, as in ``jurisdictions.profile``."""
    none: sa.ColumnElement[Any] = sa.cast(sa.null(), type_)
    if not any(value.name == name for place in all_jurisdictions().values() for value in place.values):
        return none
    branches: list[tuple[Any, Any]] = []
    for code in sorted(all_jurisdictions(), key=lambda code: len(_prefix(code)), reverse=True):
        found = sa.case(*_spans(code, name, day, say), else_=none)
        branches.append((starts_with(division, _prefix(code)), found))
    return sa.case(*branches, else_=none)


def _prefix(code: str) -> str:
    """The digits that the divisions of a place share: 4406 for 440600."""
    if code == NATIONAL:
        return ""
    if code.endswith("0000") and len(code) == 6:
        return code[:2]
    return code[:4] if code.endswith("00") and len(code) == 6 else code


def _spans(code: str, name: str, day: sa.ColumnElement[Any], say: Say) -> list[tuple[Any, Any]]:
    """From the last change of the law back to the first: on or after this day, this is said."""
    ancestors = {code, code[:6], f"{code[:4]}00", f"{code[:2]}0000", NATIONAL}
    begins = {_EVER}
    for place in (all_jurisdictions()[each] for each in ancestors if each in all_jurisdictions()):
        for value in (each for each in place.values if each.name == name):
            begins.add(value.valid_from)
            if value.valid_to is not None:
                begins.add(value.valid_to + timedelta(days=1))
    found = []
    for begin in sorted(begins, reverse=True):
        stated = profile(code, begin).value(name)
        says = sa.null() if stated is None else say(stated)
        found.append((day >= begin, says))
    return found
