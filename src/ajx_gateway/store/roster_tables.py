"""WHO must insure, and WHAT covers them besides their own policies? The roster's tables.

A roster entry is one enterprise named by one source. Every state it ever had is a row of ``roster_state``; the one
that nothing has superseded is the current one. What was known at an instant is what had been recorded by then and
not yet been superseded.
"""

from __future__ import annotations

import sqlalchemy as sa

from ajx_gateway.store.tables import INSTANT, metadata

# Byte order: codes are compared for equality and by their beginnings.
_CODE = sa.Text(collation="C")

roster_filing = sa.Table(
    "roster_filing",
    metadata,
    sa.Column("filing_id", sa.Uuid(), primary_key=True),
    sa.Column("filed_by", sa.Text(), nullable=False),
    sa.Column("territory", _CODE, nullable=False),
    sa.Column("received_at", INSTANT, nullable=False),
    sa.Column("media", sa.Text(), nullable=False),
    sa.Column("file_sha256", sa.Text(), nullable=False),
    sa.Column("file_bytes", sa.BigInteger(), nullable=False),
    sa.Column("replaced", sa.Boolean(), nullable=False),
    sa.Column("created", sa.Integer(), nullable=False),
    sa.Column("updated", sa.Integer(), nullable=False),
    sa.Column("unchanged", sa.Integer(), nullable=False),
    sa.Column("ended", sa.Integer(), nullable=False),
    sa.Column("rejected", sa.Integer(), nullable=False),
)

roster_state = sa.Table(
    "roster_state",
    metadata,
    sa.Column("entry_id", sa.Uuid(), primary_key=True),
    sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("uscc", sa.Text(), nullable=False),
    sa.Column("source", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("division", _CODE, nullable=False),
    sa.Column("address", sa.Text()),
    sa.Column("industry", sa.Text()),
    sa.Column("sector_tags", sa.ARRAY(sa.Text()), nullable=False),
    sa.Column("employee_count", sa.Integer()),
    sa.Column("employee_counted_on", sa.Date()),
    sa.Column("size", sa.Text()),
    # Both days included; an entry without an end stands until further notice.
    sa.Column("effective_from", sa.Date(), nullable=False),
    sa.Column("effective_to", sa.Date()),
    sa.Column("filing_id", sa.Uuid(), nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text(), nullable=False),
    sa.Column("superseded_at", INSTANT),
    # Another entry names the same enterprise, or once did.
    sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.text("false")),
)
sa.Index(None, roster_state.c.uscc)
# Whose entries have changed since an instant?
sa.Index(None, roster_state.c.recorded_at)
sa.Index(
    "ix_roster_state_standing",
    roster_state.c.division,
    roster_state.c.uscc,
    postgresql_where=sa.text("superseded_at IS NULL"),
)

# A parent company's policy that covers an enterprise of the roster (佛府办〔2018〕2号), accepted by the regulator.
roster_evidence = sa.Table(
    "roster_evidence",
    metadata,
    sa.Column("evidence_id", sa.Uuid(), primary_key=True),
    sa.Column("uscc", sa.Text(), nullable=False),
    sa.Column("division", _CODE, nullable=False),
    sa.Column("policy_no", sa.Text(), nullable=False),
    sa.Column("insurer_name", sa.Text(), nullable=False),
    sa.Column("policyholder_name", sa.Text(), nullable=False),
    sa.Column("effective_on", sa.Date(), nullable=False),
    sa.Column("expires_on", sa.Date(), nullable=False),
    sa.Column("document_sha256", sa.Text(), nullable=False),
    sa.Column("insured_count", sa.Integer()),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("accepted_at", INSTANT, nullable=False),
    sa.Column("accepted_by", sa.Text(), nullable=False),
    sa.Column("withdrawn_at", INSTANT),
    sa.Column("withdrawn_by", sa.Text()),
    sa.Column("withdrawn_reason", sa.Text()),
)
sa.Index(None, roster_evidence.c.uscc)

_policy = metadata.tables["policy"]
# Which policies are in force on a day, without looking at the rows themselves.
sa.Index(
    "ix_policy_in_force",
    _policy.c.expires_on,
    _policy.c.effective_on,
    postgresql_include=[
        "enterprise_uscc", "record_id", "voided", "insured_count", "employee_count", "signed_on", "per_person_death",
    ],
)  # fmt: skip
# Cancellations and reinstatements are found by ix_endorsement_ending, laid out with the sums of the clocks.
