"""WHICH reports went out? The frozen figures of each edition with their digest; rows are added, never changed."""

from __future__ import annotations

import sqlalchemy as sa

from ajx_gateway.store.tables import INSTANT, metadata

report = sa.Table(
    "report",
    metadata,
    sa.Column("report_id", sa.Uuid(), primary_key=True),
    sa.Column("kind", sa.Text(), nullable=False),
    # The digits prefix of the place, '' for all of them; the insurer's code, '' for a report about all of them.
    sa.Column("territory", sa.Text(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("period", sa.Text(), nullable=False),
    sa.Column("edition", sa.Integer(), nullable=False),
    sa.Column("title", sa.Text(), nullable=False),
    sa.Column("as_of", INSTANT, nullable=False),
    sa.Column("figures", sa.LargeBinary(), nullable=False),
    sa.Column("digest", sa.Text(), nullable=False),
    sa.Column("made_by", sa.Text(), nullable=False),
    sa.Column("made_role", sa.Text(), nullable=False),
    sa.Column("made_at", INSTANT, nullable=False),
    sa.UniqueConstraint("kind", "territory", "insurer", "period", "edition"),
)
sa.Index(None, report.c.made_at)
