"""WHICH scorecards were published, and WHAT was appealed? Their tables."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ajx_gateway.store.tables import INSTANT, metadata

# One row per evaluation that somebody set out to publish; ``published_at`` is empty while a second word is awaited.
# ``place`` is the jurisdiction's prefix: 3413 of 341300.
evaluation = sa.Table(
    "evaluation",
    metadata,
    sa.Column("evaluation_id", sa.Uuid(), primary_key=True),
    sa.Column("jurisdiction", sa.Text(), nullable=False),
    sa.Column("place", sa.Text(), nullable=False),
    sa.Column("period", sa.Text(), nullable=False),
    sa.Column("begins", sa.Date(), nullable=False),
    sa.Column("ends", sa.Date(), nullable=False),
    sa.Column("scheme", sa.Text(), nullable=False),
    sa.Column("scheme_digest", sa.Text(), nullable=False),
    sa.Column("scheme_text", sa.Text(), nullable=False),
    sa.Column("rules", sa.Text(), nullable=False),
    sa.Column("as_of", INSTANT, nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("proposed_at", INSTANT, nullable=False),
    sa.Column("proposed_by", sa.Text(), nullable=False),
    sa.Column("published_at", INSTANT),
    sa.Column("published_by", sa.Text()),
    sa.UniqueConstraint("jurisdiction", "period", "scheme"),
)

# The first edition is what was published; every upheld appeal adds one. ``card`` is the text that every answer repeats.
scorecard = sa.Table(
    "scorecard",
    metadata,
    sa.Column("evaluation_id", sa.Uuid(), primary_key=True),
    sa.Column("insurer", sa.Text(), primary_key=True),
    sa.Column("edition", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("place", sa.Text(), nullable=False),
    sa.Column("card", sa.Text(), nullable=False),
    sa.Column("digest", sa.Text(), nullable=False),
    sa.Column("issued_at", INSTANT, nullable=False),
    sa.Column("appeal_id", sa.Uuid()),
)
sa.Index(None, scorecard.c.insurer)

# What stands behind the items that are counted, unit by unit.
scorecard_unit = sa.Table(
    "scorecard_unit",
    metadata,
    sa.Column("evaluation_id", sa.Uuid(), primary_key=True),
    sa.Column("insurer", sa.Text(), primary_key=True),
    sa.Column("edition", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("item", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("unit_id", sa.Uuid(), primary_key=True),
    sa.Column("place", sa.Text(), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("unit", sa.Text(), nullable=False),
)

appeal = sa.Table(
    "appeal",
    metadata,
    sa.Column("appeal_id", sa.Uuid(), primary_key=True),
    sa.Column("evaluation_id", sa.Uuid(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("place", sa.Text(), nullable=False),
    sa.Column("item", sa.Integer(), nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("units", sa.ARRAY(sa.Uuid()), nullable=False),
    sa.Column("evidence", pg.JSONB(), nullable=False),
    sa.Column("requested_at", INSTANT, nullable=False),
    sa.Column("requested_by", sa.Text(), nullable=False),
    sa.Column("decision", sa.Text()),
    sa.Column("decision_reason", sa.Text()),
    # Upheld: the units struck out; without any, the item is judged anew as of ``reopened_as_of``.
    sa.Column("struck", sa.ARRAY(sa.Uuid())),
    sa.Column("reopened_as_of", INSTANT),
    sa.Column("decided_at", INSTANT),
    sa.Column("decided_by", sa.Text()),
)
sa.Index(None, appeal.c.insurer, appeal.c.requested_at)
# One open appeal per item: the next one waits for the decision.
sa.Index(
    "uq_appeal_open",
    appeal.c.evaluation_id,
    appeal.c.insurer,
    appeal.c.item,
    unique=True,
    postgresql_where=sa.text("decision IS NULL"),
)
