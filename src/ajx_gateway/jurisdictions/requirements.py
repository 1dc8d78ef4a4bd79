"""WHAT does a place demand on a day, said to a reader? Plain dictionaries, Chinese titles, citations."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ajx_gateway.jurisdictions.model import (
    ClockSpec,
    Department,
    Entitlement,
    LegalValue,
    Profile,
    Target,
    Value,
)
from ajx_gateway.jurisdictions.names import NAMES


def requirements_of(profile: Profile) -> list[dict[str, object]]:
    """All values, then all clocks, each with the clause it stands on."""
    values = [_value(profile.values[name]) for name in NAMES if name in profile.values]
    return [*values, *(_clock(clock) for clock in profile.clocks)]


def _value(value: Value) -> dict[str, object]:
    return {
        "type": "value",
        "name": value.name,
        "title": NAMES[value.name].title,
        "value": plain(value.value),
        "clause": value.clause,
        "source": value.source_title,
        "jurisdiction": value.jurisdiction,
        "valid_from": value.valid_from.isoformat(),
        "valid_to": _day(value.valid_to),
        "note": value.note,
    }


def _clock(clock: ClockSpec) -> dict[str, object]:
    return {
        "type": "clock",
        "name": clock.name,
        "title": clock.title,
        "responsible": clock.responsible,
        "subject": clock.subject,
        "start": clock.start,
        "days": clock.days,
        "counting": clock.counting,
        "fixed": clock.fixed,
        "timed": clock.days is not None or clock.fixed is not None,
        "roll": clock.roll,
        "stop": clock.stop,
        "applies_to": list(clock.applies_to),
        "period": clock.period,
        "clause": clock.clause,
        "source": clock.source_title,
        "jurisdiction": clock.jurisdiction,
        "valid_from": clock.valid_from.isoformat(),
        "valid_to": _day(clock.valid_to),
        "note": clock.note,
    }


def plain(value: LegalValue | Target | Department | Entitlement) -> object:
    """The value as JSON can hold it: decimals and dates become strings."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, Target):
        return {
            "tags": list(value.tags),
            "ratio": str(value.ratio),
            "by": value.by.isoformat(),
            "clause": value.clause,
        }
    if isinstance(value, Department):
        return {"tags": list(value.tags), "name": value.name, "clause": value.clause}
    if isinstance(value, Entitlement):
        return {
            "tags": list(value.tags),
            "premium_from": str(value.premium_from),
            "items": value.items,
            "clause": value.clause,
        }
    if isinstance(value, Mapping):
        return {
            division: {str(year): str(figure) for year, figure in years.items()}
            for division, years in value.items()
        }
    return value


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
