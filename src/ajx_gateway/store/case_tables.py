"""WHAT was found, and WHO decided what about it? The tables of findings, statements and complaints."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ajx_gateway.store.tables import INSTANT, metadata

# One finding with a life. What happened to it stands in finding_step; this row is how it stands now.
finding_case = sa.Table(
    "finding_case",
    metadata,
    sa.Column("case_id", sa.Uuid(), primary_key=True),
    sa.Column("insurer", sa.Text(), nullable=False),
    # The city whose law decides about it, six digits.
    sa.Column("jurisdiction", sa.Text(), nullable=False),
    sa.Column("division", sa.Text(), nullable=False),
    sa.Column("category", sa.Text(), nullable=False),
    sa.Column("origin", sa.Text(), nullable=False),
    sa.Column("subject_kind", sa.Text()),
    sa.Column("subject_key", sa.Text()),
    sa.Column("record_id", sa.Uuid()),
    sa.Column("version", sa.Integer()),
    sa.Column("rule", sa.Text()),
    sa.Column("pointer", sa.Text()),
    sa.Column("clause", sa.Text(), nullable=False),
    sa.Column("title", sa.Text(), nullable=False),
    sa.Column("detail", sa.Text(), nullable=False),
    sa.Column("evidence", pg.JSONB(), nullable=False),
    # The day it counts for.
    sa.Column("happened_on", sa.Date(), nullable=False),
    sa.Column("raised_at", INSTANT, nullable=False),
    sa.Column("raised_by", sa.Text(), nullable=False),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("reply", sa.Text()),
    sa.Column("replied_at", INSTANT),
    sa.Column("replied_by", sa.Text()),
    sa.Column("decision", sa.Text()),
    sa.Column("decision_reason", sa.Text()),
    sa.Column("decided_at", INSTANT),
    sa.Column("decided_by", sa.Text()),
    sa.Column("confirmed_by", sa.Text()),
    # The version that no longer shows what is waiting for its second opinion; empty while the newest still does.
    sa.Column("corrected_in", sa.Integer()),
)
sa.Index(None, finding_case.c.raised_at, finding_case.c.case_id)
sa.Index(None, finding_case.c.insurer, finding_case.c.happened_on)
sa.Index(None, finding_case.c.jurisdiction, finding_case.c.happened_on)
sa.Index(None, finding_case.c.record_id)

# Everything that was ever done about a finding, in its order; append-only.
finding_step = sa.Table(
    "finding_step",
    metadata,
    sa.Column("case_id", sa.Uuid(), primary_key=True),
    sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("division", sa.Text(), nullable=False),
    sa.Column("step", sa.Text(), nullable=False),
    # How the finding stands after this step.
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("by", sa.Text(), nullable=False),
    sa.Column("words", sa.Text(), nullable=False),
    sa.Column("evidence", pg.JSONB(), nullable=False),
)

# What an authority's identity stated about a subject; two of them in one round decide. Append-only.
statement = sa.Table(
    "statement",
    metadata,
    sa.Column("statement_id", sa.Uuid(), primary_key=True),
    sa.Column("subject", sa.Text(), nullable=False),
    sa.Column("subject_id", sa.Uuid(), nullable=False),
    # Two statements that differ end a round; the next one begins another.
    sa.Column("round", sa.Integer(), nullable=False),
    sa.Column("insurer", sa.Text()),
    sa.Column("division", sa.Text(), nullable=False),
    sa.Column("decision", sa.Text(), nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("stated_by", sa.Text(), nullable=False),
    sa.Column("stated_at", INSTANT, nullable=False),
    sa.UniqueConstraint("subject", "subject_id", "round", "stated_by"),
)

complaint = sa.Table(
    "complaint",
    metadata,
    sa.Column("complaint_id", sa.Uuid(), primary_key=True),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("jurisdiction", sa.Text(), nullable=False),
    sa.Column("division", sa.Text(), nullable=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("channel", sa.Text(), nullable=False),
    sa.Column("text", sa.Text(), nullable=False),
    sa.Column("subject_kind", sa.Text()),
    sa.Column("subject_key", sa.Text()),
    sa.Column("litigation", sa.Boolean(), nullable=False),
    sa.Column("received_on", sa.Date(), nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text(), nullable=False),
    # Further checks, once announced, replace the first due day; an extension adds to it.
    sa.Column("checking_from", sa.Date()),
    sa.Column("extended_days", sa.Integer(), nullable=False),
    sa.Column("answered_on", sa.Date()),
    sa.Column("closed_on", sa.Date()),
    # Is it the insurer's doing? Empty until somebody has said so.
    sa.Column("attributed", sa.Boolean()),
    sa.Column("attributed_at", INSTANT),
    sa.Column("case_id", sa.Uuid()),
)
sa.Index(None, complaint.c.received_on, complaint.c.complaint_id)
sa.Index(None, complaint.c.insurer, complaint.c.received_on)

complaint_step = sa.Table(
    "complaint_step",
    metadata,
    sa.Column("complaint_id", sa.Uuid(), primary_key=True),
    sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("division", sa.Text(), nullable=False),
    sa.Column("step", sa.Text(), nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("by", sa.Text(), nullable=False),
    sa.Column("words", sa.Text(), nullable=False),
)

# How far the worker has read the feed of each insurer; written in the transaction of what it made of it.
finding_place = sa.Table(
    "finding_place",
    metadata,
    sa.Column("insurer", sa.Text(), primary_key=True),
    sa.Column("xid", sa.BigInteger(), nullable=False),
    sa.Column("seq", sa.Integer(), nullable=False),
    sa.Column("event_id", sa.Uuid(), nullable=False),
    # All transactions below ``seen`` had ended when the worker read on, at ``read_at`` by the database's clock.
    sa.Column("seen", sa.BigInteger()),
    sa.Column("read_at", INSTANT),
)

# Records to be judged again: what they refer to has changed, or their answer may have missed something.
finding_again = sa.Table(
    "finding_again",
    metadata,
    sa.Column("record_id", sa.Uuid(), primary_key=True),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("ready_at", INSTANT, nullable=False),
)
sa.Index(None, finding_again.c.ready_at, finding_again.c.record_id)

# What moved when an outage was recorded, clock by clock; append-only.
outage_credit = sa.Table(
    "outage_credit",
    metadata,
    sa.Column("outage_id", sa.Uuid(), primary_key=True),
    sa.Column("clock_id", sa.Uuid(), primary_key=True),
    sa.Column("insurer", sa.Text(), nullable=False),
    sa.Column("division", sa.Text()),
    sa.Column("due_before", INSTANT, nullable=False),
    sa.Column("due_after", INSTANT, nullable=False),
    sa.Column("state_before", sa.Text(), nullable=False),
    sa.Column("state_after", sa.Text(), nullable=False),
    sa.Column("credited_at", INSTANT, nullable=False),
)
sa.Index(None, outage_credit.c.clock_id)
