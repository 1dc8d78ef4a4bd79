"""WHAT of a record is promoted to typed columns? Every dimension, measure and reference that anything filters, joins or sums by.

The names are the standard's own. A new record kind is one entry in ``PROMOTED``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from ajx_gateway.deadlines import completed_on, local_date

MONEY = sa.Numeric(18, 2)


@dataclass(frozen=True, slots=True)
class Promoted:
    """One column: its name, SQL type and how to read it from a record.

    ``refers`` names the kind whose key is read: the column then holds that record's id.
    """

    name: str
    type: sa.types.TypeEngine[Any]
    read: Callable[[Any], Any]
    nullable: bool = True
    refers: str | None = None


def _own(
    name: str, type_: sa.types.TypeEngine[Any], path: str | None = None, *, nullable: bool = True
) -> Promoted:
    return Promoted(name, type_, attrgetter(path or name), nullable)


def _optional(name: str, type_: sa.types.TypeEngine[Any], part: str, member: str) -> Promoted:
    get_part, get_member = attrgetter(part), attrgetter(member)

    def read(record: Any) -> Any:
        found = get_part(record)
        return None if found is None else get_member(found)

    return Promoted(name, type_, read)


def _made(
    name: str, type_: sa.types.TypeEngine[Any], make: Callable[[Any], Any], *, nullable: bool = True
) -> Promoted:
    return Promoted(name, type_, make, nullable)


def _policy_reference(*, nullable: bool = False) -> tuple[Promoted, Promoted]:
    return (
        Promoted("policy_id", sa.Uuid(), attrgetter("policy_no"), nullable, refers="policy"),
        _own("policy_no", sa.Text(), nullable=nullable),
    )


def _paid(claim: Any) -> Any:
    return sum(p.amount for p in claim.payments) + sum(p.amount for p in claim.advance_payments)


TEXT, DATE, INT, BOOL, CODES = sa.Text(), sa.Date(), sa.Integer(), sa.Boolean(), sa.ARRAY(sa.Text())

PROMOTED: dict[str, tuple[Promoted, ...]] = {
    "policy": (
        _own("enterprise_uscc", TEXT, "enterprise.uscc", nullable=False),
        _own("enterprise_name", TEXT, "enterprise.name", nullable=False),
        _own("industry", TEXT, "enterprise.industry", nullable=False),
        _own("size", TEXT, "enterprise.size"),
        _own("sector_tags", CODES, "enterprise.sector_tags", nullable=False),
        _own("subject_type", TEXT, "subject.type", nullable=False),
        _own("subject_code", TEXT, "subject.code"),
        _own("signed_on", DATE, nullable=False),
        _own("effective_on", DATE, nullable=False),
        _own("expires_on", DATE, nullable=False),
        _own("per_person_death", MONEY, "limits.per_person_death", nullable=False),
        _own("per_accident", MONEY, "limits.per_accident", nullable=False),
        _own("aggregate", MONEY, "limits.aggregate", nullable=False),
        _own("premium_base", MONEY, "premium.base", nullable=False),
        _own("premium_adjusted", MONEY, "premium.adjusted", nullable=False),
        _own("premium_received", MONEY, "premium.received", nullable=False),
        _own("premium_refunded", MONEY, "premium.refunded", nullable=False),
        _own("insured_count", INT, nullable=False),
        _own("employee_count", INT, "enterprise.employee_count", nullable=False),
        _own("fund_amount", MONEY, "service_fund.amount", nullable=False),
        _optional("subsidy_amount", MONEY, "subsidy", "amount"),
        _own("branch_division", TEXT, "branch.division", nullable=False),
        _own("credit_list", TEXT, "enterprise.credit_list"),
        _own("standardization_level", TEXT, "enterprise.standardization_level"),
        _own("renewal_of", TEXT),
        _own("migrated", BOOL),
    ),
    "endorsement": (
        *_policy_reference(),
        _own("type", TEXT, nullable=False),
        _own("issued_on", DATE, nullable=False),
        _own("effective_on", DATE, nullable=False),
        _own("new_expires_on", DATE),
        _own("premium_change", MONEY, nullable=False),
        _own("insured_count_change", INT),
    ),
    "claim": (
        *_policy_reference(),
        _own("state", TEXT, nullable=False),
        _own("close_result", TEXT),
        _made("reported_on", DATE, lambda c: local_date(c.reported_at), nullable=False),
        _made("occurred_on", DATE, lambda c: local_date(c.accident.occurred_at), nullable=False),
        _own("accident_division", TEXT, "accident.division", nullable=False),
        _own("accident_type", TEXT, "accident.type", nullable=False),
        _own("accident_grade", TEXT, "accident.grade"),
        _own("deaths", INT, "accident.deaths", nullable=False),
        _own("missing", INT, "accident.missing", nullable=False),
        _own("serious_injuries", INT, "accident.serious_injuries", nullable=False),
        _own("minor_injuries", INT, "accident.minor_injuries", nullable=False),
        _own("direct_loss", MONEY, "accident.direct_loss", nullable=False),
        _own("reserve", MONEY, nullable=False),
        _made("paid", MONEY, _paid, nullable=False),
        _own("closed_on", DATE),
        _made("completed_on", DATE, completed_on),
    ),
    "service_plan": (
        *_policy_reference(),
        _own("state", TEXT, nullable=False),
        _optional("agency_uscc", TEXT, "agency", "uscc"),
        _made("planned_count", INT, lambda p: sum(i.planned_count for i in p.items), nullable=False),
        _own("submitted_on", DATE),
        _own("confirmed_on", DATE),
    ),
    "service": (
        *_policy_reference(),
        _own("plan_no", TEXT),
        _own("state", TEXT, nullable=False),
        _own("form", TEXT, nullable=False),
        _made("started_on", DATE, lambda s: local_date(s.started_at), nullable=False),
        _own("service_division", TEXT, "division", nullable=False),
        _optional("agency_uscc", TEXT, "agency", "uscc"),
        _own("cost", MONEY, nullable=False),
        _own("charge_mode", TEXT, nullable=False),
        _made("items", CODES, lambda s: [i.code for i in s.items], nullable=False),
        _made("evidence", CODES, lambda s: [e.sha256 for e in s.evidence], nullable=False),
        _optional("rating_attitude", INT, "revisit", "attitude"),
        _optional("rating_professionalism", INT, "revisit", "professionalism"),
        _optional("rating_timeliness", INT, "revisit", "timeliness"),
    ),
    "hazard": (
        *_policy_reference(),
        _own("service_no", TEXT),
        _own("level", TEXT, nullable=False),
        _own("state", TEXT, nullable=False),
        _own("category", TEXT, nullable=False),
        _own("found_on", DATE, nullable=False),
        _own("notified_on", DATE),
        _own("deadline_on", DATE),
        _own("rectified_on", DATE),
        _own("reviewed_on", DATE),
        _own("refused_on", DATE),
        _optional("reported_on", DATE, "refusal_report", "reported_on"),
    ),
    "fund_entry": (
        *_policy_reference(nullable=True),
        _own("type", TEXT, nullable=False),
        _own("amount", MONEY, nullable=False),
        _own("entered_on", DATE, nullable=False),
        _own("purpose", TEXT),
        _own("service_no", TEXT),
        _own("reverses_entry_no", TEXT),
        _own("kept_division", TEXT, "division", nullable=False),
    ),
    "annual_report": (
        _own("type", TEXT, nullable=False),
        _own("year", INT, nullable=False),
        _own("quarter", INT),
        _own("report_division", TEXT, "division", nullable=False),
        _own("submitted_on", DATE, nullable=False),
        _own("policies", INT, nullable=False),
        _own("services", INT, nullable=False),
        _own("hazards_general", INT, nullable=False),
        _own("hazards_major", INT, nullable=False),
        _own("hazards_rectified", INT, nullable=False),
        _own("fund_accrued", MONEY, nullable=False),
        _own("fund_spent", MONEY, nullable=False),
    ),
}

# Where the record itself lies (GB/T 2260 and town code). A child's territory is its policy's; this is its own place.
_PLACE: dict[str, Callable[[Any], str | None]] = {
    "policy": attrgetter("enterprise.division"),
    "claim": attrgetter("accident.division"),
}


def place(kind: str, record: Any) -> str | None:
    """The division code a record itself names: its member ``division`` unless told otherwise above; or None."""
    named = _PLACE.get(kind)
    return getattr(record, "division", None) if named is None else named(record)


# The columns that hold amounts of money.
AMOUNTS = frozenset(
    promoted.name for kind in PROMOTED.values() for promoted in kind if isinstance(promoted.type, sa.Numeric)
)
