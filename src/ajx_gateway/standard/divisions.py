"""WHERE is a code? Statistical division codes: the whole country to counties, 佛山 and 宿州 to towns.

National statistics office, status 2023-06-30. Level "special" (prisons, farms, parks) is valid in data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal, cast

from ajx_gateway.standard.codes import rows

Level = Literal["province", "city", "county", "town", "special"]

# Rows of the table that stand where a municipality or a province has no city level.
_NOT_SPOKEN = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")


@dataclass(frozen=True, slots=True)
class Division:
    """One place; six digits to the county, nine to the town."""

    code: str
    name: str
    level: Level


@cache
def table() -> Mapping[str, Division]:
    """Every known division by code, in the order of the statistical table."""
    return MappingProxyType(
        {
            row["code"]: Division(row["code"], row["name"], cast(Level, row["level"]))
            for row in rows("divisions.csv")
        }
    )


@cache
def _cities_with_towns() -> frozenset[str]:
    return frozenset(f"{code[:4]}00" for code in table() if len(code) == 9)


def name(code: str) -> str | None:
    """The place's own name; None when the code is not in the table."""
    division = table().get(code)
    return division.name if division else None


def exists(code: str) -> bool:
    """Is the code in the table? For a town ask ``towns_known`` first."""
    return code in table()


def towns_known(city: str) -> bool:
    """Does the table hold the towns of this city (six digits, or any code inside it)?"""
    return f"{city[:4]}00" in _cities_with_towns()


def parents(code: str) -> tuple[str, str, str]:
    """The six-digit codes of the province, city and county that a code lies in."""
    return f"{code[:2]}0000", f"{code[:4]}00", code[:6]


def full_name(code: str) -> str | None:
    """The name with those of the places around it; None when the code is not in the table."""
    own = name(code)
    around = (name(parent) for parent in dict.fromkeys(parents(code)) if parent != code)
    return "".join([*(part for part in around if part and part not in _NOT_SPOKEN), own]) if own else None


def place_words(prefix: str) -> str:
    """佛山市南海区桂城街道 for 440605011: from the city downwards, as people say it; what is unknown is its code."""
    city = (prefix[:4] if len(prefix) > 2 else prefix).ljust(6, "0")
    # A city by its six digits is the city alone.
    *around, own = dict.fromkeys([city, *(prefix[:length] for length in (6, 9) if len(prefix) >= length)])
    return "".join([*(_said(code) or "" for code in around), _said(own) or own])


def _said(code: str) -> str | None:
    """The name of a place; that of the province where it has no city level."""
    found = name(code)
    return name(f"{code[:2]}0000") if found in _NOT_SPOKEN else found


def towns(within: str) -> tuple[Division, ...]:
    """The towns whose code begins with these digits, without prisons, farms and parks."""
    return tuple(
        division
        for code, division in table().items()
        if len(code) == 9 and code.startswith(within) and division.level == "town"
    )
