"""HOW is what is attached to policies (services, claims, hazards, fund entries …) counted ahead? The tables.

Where such a record belongs follows from its policy, and either may come first or change. So nothing is added up in a
push: it notes whose records changed (``attached_change``). What the records of one policy come to, day by day, stands in
``attached_fact``; this is added up by place, insurer and month in ``attached_sum``; and ``attached_link`` tells how many
different enterprises there are, as ``enterprise_link`` does of the insured.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from ajx_gateway.store.tables import metadata

# Byte order: codes are compared for equality and by their beginnings, never by a language's rules.
_CODE = sa.Text(collation="C")

# Per kind of record what is added up of it; money is marked. The names are those of the measures.
SUMMED: Final[dict[str, tuple[str, ...]]] = {
    "endorsement": ("endorsements", "cancellations", "premium_change"),
    "claim": (
        "claims", "claims_open", "claims_closed", "claims_paid", "claims_reserve", "direct_loss", "deaths", "missing",
        "serious_injuries", "minor_injuries",
    ),
    "service_plan": ("service_plans",),
    "service": (
        "services", "services_completed", "service_cost", "services_rated", "rating_stars", "rating_answers",
    ),
    "hazard": ("hazards_general", "hazards_major", "hazards_rectified", "hazards_refused"),
    "fund_entry": ("fund_accrued", "fund_spent"),
}  # fmt: skip
MONEY: Final = frozenset(
    {
        "premium_change",
        "claims_paid",
        "claims_reserve",
        "direct_loss",
        "service_cost",
        "fund_accrued",
        "fund_spent",
    }
)


def _summed() -> list[sa.Column[object]]:
    """A column per figure; the figures of other kinds are empty."""
    names = (name for figures in SUMMED.values() for name in figures)
    return [sa.Column(name, sa.Numeric() if name in MONEY else sa.BigInteger()) for name in names]


# Whose records of a kind may no longer come to what was counted: a policy's, or an entry of the fund that belongs to none.
# No key and no index: rows are added by pushes, read whole, and taken out by the folder.
attached_change = sa.Table(
    "attached_change",
    metadata,
    sa.Column("kind", _CODE, nullable=False),
    sa.Column("subject_id", sa.Uuid(), nullable=False),
    sa.Column("insurer", _CODE, nullable=False),
)

# ``placed``: the policy is there. What is not is kept here, looked at again until it is, and added up nowhere.
attached_fact = sa.Table(
    "attached_fact",
    metadata,
    sa.Column("kind", _CODE, primary_key=True),
    sa.Column("subject_id", sa.Uuid(), primary_key=True),
    # -infinity: a record without one.
    sa.Column("day", sa.Date(), primary_key=True),
    sa.Column("placed", sa.Boolean(), nullable=False),
    *(sa.Column(name, _CODE, nullable=False) for name in ("division", "insurer", "industry", "size", "tags")),
    sa.Column("enterprise", _CODE),
    sa.Column("records", sa.BigInteger(), nullable=False),
    *_summed(),
)
_of = attached_fact.c
sa.Index("ix_attached_fact_division", _of.kind, _of.division, _of.day)
sa.Index("ix_attached_fact_enterprise", _of.enterprise, _of.kind)
sa.Index("ix_attached_fact_waiting", _of.kind, _of.subject_id, postgresql_where=sa.text("NOT placed"))

attached_sum = sa.Table(
    "attached_sum",
    metadata,
    sa.Column("kind", _CODE, primary_key=True),
    sa.Column("grain", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("division", _CODE, primary_key=True),
    sa.Column("month", sa.Date(), primary_key=True),
    sa.Column("insurer", _CODE, primary_key=True),
    sa.Column("records", sa.BigInteger(), nullable=False),
    *_summed(),
)

attached_link = sa.Table(
    "attached_link",
    metadata,
    sa.Column("kind", _CODE, primary_key=True),
    sa.Column("grain", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("division", _CODE, primary_key=True),
    sa.Column("month", sa.Date(), primary_key=True),
    sa.Column("previous", sa.Date(), primary_key=True),
    sa.Column("insurer", _CODE, primary_key=True),
    sa.Column("enterprises", sa.BigInteger(), nullable=False),
)
