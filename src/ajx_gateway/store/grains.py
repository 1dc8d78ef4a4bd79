"""HOW fine are the sums kept? The grains of the lattice, the smallest first, and what a pending delta says of each.

Every grain keeps the month, or only the year: a question about whole years then reads a twelfth. A place is kept as the
first digits of its division code, an industry as its first characters; what a grain does not keep is ''.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The expressions a grain may keep, in the order of PostgreSQL's GROUPING(): its bits, set for what is left out,
# are the grain's number.
PLACES: Mapping[int, str] = MappingProxyType({9: "division", 6: "district", 4: "city", 2: "province"})
INDUSTRIES: Mapping[int, str] = MappingProxyType({5: "industry", 3: "trade"})
KEPT = ("month", *PLACES.values(), *INDUSTRIES.values(), "size", "tags", "insurer")

MONTH = "date_trunc('month', signed_on::timestamp)::date"
# Each measure kept in the sums, as one pending delta contributes to it.
SUMMED: Mapping[str, str] = MappingProxyType(
    {
        "policies": "sign",
        "insured_persons": "sign * insured_count",
        "premium": "sign * (premium_received - premium_refunded)",
        "premium_adjusted": "sign * premium_adjusted",
        "sum_insured": "sign * aggregate",
        "subsidy": "sign * coalesce(subsidy_amount, 0)",
        "fund_agreed": "sign * fund_amount",
        "renewals": "sign * (renewal_of IS NOT NULL)::int",
    }
)
# The same set of tags is always written the same way.
TAGS = (
    "CASE WHEN cardinality(sector_tags) < 2 THEN array_to_string(sector_tags, ',') ELSE (SELECT"
    ' string_agg(DISTINCT tag COLLATE "C", \',\' ORDER BY tag COLLATE "C") FROM unnest(sector_tags) AS tag) END'
    ' COLLATE "C"'
)
# Sums of whole cents are added faster than sums of decimals, and as exactly: one amount is below 10^16 yuan.
IN_CENTS = frozenset({"premium", "premium_adjusted", "sum_insured", "subsidy", "fund_agreed"})
COUNTS = frozenset(SUMMED) - IN_CENTS
# A delta in the terms of the sums.
PENDING = (
    "SELECT coalesce(division, '') AS division, {month} AS month, insurer, industry, coalesce(size, '') AS size,"
    " {tags} AS tags, enterprise_uscc, {measures}"
).format(month=MONTH, tags=TAGS, measures=", ".join(f"{sql} AS {name}" for name, sql in SUMMED.items()))


@dataclass(frozen=True, slots=True)
class Grain:
    """Which dimensions are kept: digits of the place, characters of the industry, the others; of time only the year
    when ``yearly``."""

    place: int = 0
    industry: int = 0
    size: bool = False
    tags: bool = False
    insurer: bool = False
    yearly: bool = False

    def kept(self) -> list[str]:
        """The expressions of this grain."""
        flags = {"month": not self.yearly, "size": self.size, "tags": self.tags, "insurer": self.insurer}
        coded = [PLACES.get(self.place), INDUSTRIES.get(self.industry)]
        return [name for name in coded if name] + [name for name, kept in flags.items() if kept]

    @property
    def number(self) -> int:
        """As GROUPING() tells it."""
        kept = set(self.kept())
        return sum(1 << bit for bit, name in enumerate(reversed(KEPT)) if name not in kept)

    def covers(self, other: Grain) -> bool:
        """Whether everything that the other keeps can be read from this one."""
        return (
            self.place >= other.place
            and self.industry >= other.industry
            and self.size >= other.size
            and self.tags >= other.tags
            and self.insurer >= other.insurer
            and self.yearly <= other.yearly
        )


# The smallest first: the country's and the provinces', which everybody without a narrower territory asks; then cities
# and districts by what is asked of them; the base for whatever else is asked, of which a district holds few rows.
GRAINS: tuple[Grain, ...] = (
    Grain(),
    Grain(insurer=True),
    Grain(place=2),
    Grain(industry=3),
    Grain(place=4),
    Grain(industry=3, size=True),
    Grain(place=2, insurer=True),
    Grain(size=True, tags=True, yearly=True),
    Grain(size=True, tags=True),
    Grain(place=6, yearly=True),
    Grain(place=6),
    Grain(place=2, size=True, tags=True, yearly=True),
    Grain(place=2, size=True, tags=True),
    Grain(size=True, tags=True, insurer=True),
    Grain(industry=3, insurer=True),
    Grain(place=2, industry=3, yearly=True),
    Grain(place=2, industry=3),
    Grain(place=4, insurer=True),
    Grain(place=4, size=True, tags=True, yearly=True),
    Grain(place=4, size=True, tags=True),
    Grain(place=6, insurer=True),
    Grain(place=4, industry=3, size=True, yearly=True),
    Grain(place=4, industry=3, size=True),
    Grain(place=9, yearly=True),
    Grain(place=9),
    Grain(place=6, industry=3),
    Grain(place=6, size=True, tags=True),
    Grain(place=9, industry=5, size=True, tags=True, insurer=True),
)

# The grains of distinct enterprises: digits of the place, with the insurer or without, years linked or months. What is
# missing (months of a district or town by insurer) is few enough to be counted where it stands.
LINKS: tuple[tuple[int, bool, bool], ...] = (
    *(
        (place, insurer, yearly)
        for place in (0, 2, 4)
        for insurer in (False, True)
        for yearly in (False, True)
    ),
    *((place, False, yearly) for place in (6, 9) for yearly in (False, True)),
    *((place, True, True) for place in (6, 9)),
)


def smallest(needed: Grain) -> Grain:
    """The smallest grain that tells all that is needed; the last one tells everything."""
    return next(grain for grain in GRAINS if grain.covers(needed))


def link_number(place: int, insurer: bool, yearly: bool) -> int:
    """The number of a grain of distinct enterprises, which links months or years."""
    return place * 10 + insurer + 100 * yearly
