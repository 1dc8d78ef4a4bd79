"""WHAT is the law, where, since when? One TOML file per place, every number dated and cited."""

import os
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from ajx_gateway.jurisdictions.calendar import Calendar
from ajx_gateway.jurisdictions.law import Law, load
from ajx_gateway.jurisdictions.loader import JurisdictionError
from ajx_gateway.jurisdictions.model import (
    NATIONAL,
    ClockSpec,
    Jurisdiction,
    Layer,
    LegalValue,
    Profile,
    Severity,
    Target,
    Text,
    Value,
)
from ajx_gateway.jurisdictions.names import NAMES, ValueName
from ajx_gateway.jurisdictions.requirements import requirements_of

__all__ = [
    "NAMES",
    "NATIONAL",
    "Calendar",
    "ClockSpec",
    "Jurisdiction",
    "JurisdictionError",
    "Law",
    "Layer",
    "LegalValue",
    "Profile",
    "Severity",
    "Target",
    "Text",
    "Value",
    "ValueName",
    "all_jurisdictions",
    "clock_titles",
    "law",
    "load",
    "profile",
    "requirements",
]

OVERLAY_VARIABLE = "AJX_JURISDICTIONS_DIR"


@lru_cache(maxsize=1)
def law() -> Law:
    """The law of this process, read once.

    The folder of the operator's own files comes from the environment here and not through the settings: every
    door (server, worker, command line) and every pure caller must judge by the same law.
    """
    folder = os.environ.get(OVERLAY_VARIABLE)
    return load(Path(folder) if folder else None)


def profile(division: str, on: date) -> Profile:
    """The law of the place (six or nine digits) on the day, most specific layer first."""
    return law().profile(division, on)


def all_jurisdictions() -> Mapping[str, Jurisdiction]:
    """Every place with a file of its own, by code."""
    return law().jurisdictions


def clock_titles() -> dict[str, str]:
    """Every clock that any place's law knows, with its title there."""
    return {clock.name: clock.title for place in all_jurisdictions().values() for clock in place.clocks}


def requirements(code: str, on: date) -> list[dict[str, object]]:
    """What the place demands on the day: values and clocks with their citations, in Chinese."""
    return requirements_of(law().profile(code, on))
