"""HOW are clocks counted ahead? What each change of a clock's row adds to the counts, and the folded counts."""

from __future__ import annotations

import sqlalchemy as sa

from ajx_gateway.store.tables import INSTANT, RECORDS, clock, metadata

# Byte order: codes are compared for equality and by their beginnings, never by a language's rules.
_CODE = sa.Text(collation="C")


def _cell() -> list[sa.Column[object]]:
    """What tells clocks apart that count alike. ``class`` does not change with time; ``open`` ones by ``due`` do."""
    return [
        sa.Column("division", _CODE, nullable=False),
        sa.Column("insurer", _CODE, nullable=False),
        # The month in which the clock started; in a grain by years, January.
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("clock", _CODE, nullable=False),
        sa.Column("class", _CODE, nullable=False),
        # Of open clocks only, in wide grains the month's first instant; -infinity and 0 for the others.
        sa.Column("due", INSTANT, nullable=False),
        sa.Column("soon", sa.Integer(), nullable=False),
        # Days from the start to the acceptance; UNMET for what was not accepted.
        sa.Column("lag", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
    ]


# No key and no index: rows are added by pushes, read whole, and taken out by the folder.
clock_delta = sa.Table("clock_delta", metadata, *_cell())
clock_sum = sa.Table(
    "clock_sum",
    metadata,
    sa.Column("grain", sa.Integer(), nullable=False),
    *_cell(),
    # The month first: a question about a year reads the year, of a province as of a town.
    sa.PrimaryKeyConstraint(
        "grain", "month", "division", "insurer", "clock", "class", "due", "soon", "lag", name="pk_clock_sum"
    ),
)

# Clocks that were started, or changed, when they had run out already: pushes note them, whoever announces takes them out.
clock_late = sa.Table(
    "clock_late",
    metadata,
    sa.Column("clock_id", sa.Uuid(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
)
# Up to which instant clocks that ran out have been announced: one row, ``kind`` 'breach'.
breach_watch = sa.Table(
    "breach_watch",
    metadata,
    sa.Column("kind", sa.Text(), primary_key=True),
    sa.Column("looked_until", INSTANT, nullable=False),
)
sa.Index(None, clock.c.due, clock.c.clock_id)

# From which day a policy is cancelled, for its clocks and its cover.
_endorsement = RECORDS["endorsement"]
sa.Index(
    "ix_endorsement_ending",
    _endorsement.c.policy_id,
    _endorsement.c.effective_on,
    _endorsement.c.revised_at,
    _endorsement.c.type,
    postgresql_where=sa.text("type IN ('cancel', 'reinstate') AND NOT voided"),
)
# Of cancelled policies: a clock that the law has only known since then begins as cancelled as the others.
sa.Index("ix_clock_cancelled", clock.c.subject_id, postgresql_where=sa.text("cancelled_on IS NOT NULL"))
# Of the few clocks whose start was moved: the signs look at nothing else.
sa.Index(
    "ix_clock_moved",
    clock.c.insurer,
    clock.c.start_on,
    postgresql_where=sa.text("start_current <> start_on"),
)
