"""WHO performs services, WHO was alerted, sampled and inspected? Their tables."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ajx_gateway.store.tables import INSTANT, metadata

# Agencies and experts as registered by an authority: every change is a new version, nothing is overwritten.
registration = sa.Table(
    "registration",
    metadata,
    sa.Column("registration_id", sa.Uuid(), primary_key=True),
    sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("territory", sa.Text(), nullable=False),
    # An agency's unified code; of an expert the number he is registered under, never a name.
    sa.Column("code", sa.Text(), nullable=False),
    sa.Column("name", sa.Text()),
    sa.Column("qualification", sa.Text(), nullable=False),
    sa.Column("qualification_no", sa.Text()),
    sa.Column("agency_uscc", sa.Text()),
    sa.Column("sectors", sa.ARRAY(sa.Text()), nullable=False),
    sa.Column("valid_from", sa.Date(), nullable=False),
    sa.Column("valid_to", sa.Date()),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("status_on", sa.Date(), nullable=False),
    sa.Column("source", sa.Text(), nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text(), nullable=False),
)
sa.Index(None, registration.c.kind, registration.c.code)

# What a department answered to the alert of a refused major hazard; the alert itself is derived, never stored.
alert_answer = sa.Table(
    "alert_answer",
    metadata,
    sa.Column("answer_id", sa.Uuid(), primary_key=True),
    sa.Column("alert_id", sa.Uuid(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("division", sa.Text()),
    sa.Column("words", sa.Text(), nullable=False),
    sa.Column("answered_at", INSTANT, nullable=False),
    sa.Column("answered_by", sa.Text(), nullable=False),
)
sa.Index(None, alert_answer.c.alert_id)

# What a sample was drawn from and by what, so that anybody can draw it again.
sample = sa.Table(
    "sample",
    metadata,
    sa.Column("sample_id", sa.Uuid(), primary_key=True),
    sa.Column("territory", sa.Text(), nullable=False),
    sa.Column("period", sa.Text(), nullable=False),
    sa.Column("population_on", sa.Date(), nullable=False),
    sa.Column("as_of", INSTANT, nullable=False),
    sa.Column("ratio", sa.Numeric(), nullable=False),
    sa.Column("law_ratio", sa.Numeric()),
    sa.Column("clause", sa.Text()),
    sa.Column("seed", sa.Text(), nullable=False),
    sa.Column("population", sa.Integer(), nullable=False),
    sa.Column("population_digest", sa.Text(), nullable=False),
    sa.Column("drawn", sa.Integer(), nullable=False),
    sa.Column("drawn_by", sa.Text(), nullable=False),
)

# The whole population of a sample with what was drawn of it.
sample_member = sa.Table(
    "sample_member",
    metadata,
    sa.Column("sample_id", sa.Uuid(), primary_key=True),
    sa.Column("enterprise_uscc", sa.Text(), primary_key=True),
    sa.Column("enterprise_name", sa.Text(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("division", sa.Text(), nullable=False),
    sa.Column("policy_no", sa.Text(), nullable=False),
    # The place in the order of the draw within its stratum, from 1.
    sa.Column("place", sa.Integer(), nullable=False),
    sa.Column("drawn", sa.Boolean(), nullable=False),
)

inspection = sa.Table(
    "inspection",
    metadata,
    sa.Column("inspection_id", sa.Uuid(), primary_key=True),
    sa.Column("sample_id", sa.Uuid()),
    sa.Column("enterprise_uscc", sa.Text(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("policy_id", sa.Uuid(), nullable=False),
    sa.Column("policy_no", sa.Text(), nullable=False),
    sa.Column("division", sa.Text(), nullable=False),
    sa.Column("inspected_on", sa.Date(), nullable=False),
    sa.Column("results", pg.JSONB(), nullable=False),
    sa.Column("findings", pg.JSONB(), nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text(), nullable=False),
)
sa.Index(None, inspection.c.sample_id, inspection.c.enterprise_uscc)
sa.Index(None, inspection.c.policy_id)
