"""Findings with a life, four eyes, complaints and disputes.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Settings are '' after a transaction, not NULL: both must match nothing.
INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
OWN = f"insurer = {INSURER} OR {ALL}"
HERE = f"{ALL} OR starts_with(division, {TERRITORY})"
VISIBLE = f"{OWN} OR starts_with(division, {TERRITORY})"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    _findings()
    _complaints()
    _outages()
    _walls()


def _findings() -> None:
    op.create_table(
        "finding_case",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=True),
        sa.Column("subject_key", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("pointer", sa.Text(), nullable=True),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", INSTANT, nullable=True),
        sa.Column("replied_by", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_finding_case")),
    )
    op.create_index(
        op.f("ix_finding_case_insurer_happened_on"), "finding_case", ["insurer", "happened_on"], unique=False
    )
    op.create_index(
        op.f("ix_finding_case_jurisdiction_happened_on"),
        "finding_case",
        ["jurisdiction", "happened_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_finding_case_raised_at_case_id"), "finding_case", ["raised_at", "case_id"], unique=False
    )
    op.create_index(op.f("ix_finding_case_record_id"), "finding_case", ["record_id"], unique=False)
    op.create_table(
        "finding_step",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_finding_step")),
    )
    op.create_table(
        "statement",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=True),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stated_by", sa.Text(), nullable=False),
        sa.Column("stated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statement")),
        sa.UniqueConstraint(
            "subject",
            "subject_id",
            "round",
            "stated_by",
            name=op.f("uq_statement_subject_subject_id_round_stated_by"),
        ),
    )


def _complaints() -> None:
    op.create_table(
        "complaint",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=True),
        sa.Column("subject_key", sa.Text(), nullable=True),
        sa.Column("litigation", sa.Boolean(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("checking_from", sa.Date(), nullable=True),
        sa.Column("extended_days", sa.Integer(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("attributed", sa.Boolean(), nullable=True),
        sa.Column("attributed_at", INSTANT, nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_complaint")),
    )
    op.create_index(
        op.f("ix_complaint_insurer_received_on"), "complaint", ["insurer", "received_on"], unique=False
    )
    op.create_index(
        op.f("ix_complaint_received_on_complaint_id"),
        "complaint",
        ["received_on", "complaint_id"],
        unique=False,
    )
    op.create_table(
        "complaint_step",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("complaint_id", "seq", name=op.f("pk_complaint_step")),
    )
    op.create_table(
        "finding_place",
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("insurer", name=op.f("pk_finding_place")),
    )
    op.create_table(
        "outage_credit",
        sa.Column("outage_id", sa.Uuid(), nullable=False),
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=True),
        sa.Column("due_before", INSTANT, nullable=False),
        sa.Column("due_after", INSTANT, nullable=False),
        sa.Column("state_before", sa.Text(), nullable=False),
        sa.Column("state_after", sa.Text(), nullable=False),
        sa.Column("credited_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("outage_id", "clock_id", name=op.f("pk_outage_credit")),
    )
    op.create_index(op.f("ix_outage_credit_clock_id"), "outage_credit", ["clock_id"], unique=False)


def _outages() -> None:
    # A push that dates its clocks holds off the recording of an outage until it has committed, and one that came
    # later sees it: a volatile function reads with a snapshot of its own, taken after it got the lock.
    op.execute("""
        CREATE FUNCTION outages_kept() RETURNS TABLE (begins timestamptz, ends timestamptz)
        LANGUAGE plpgsql VOLATILE AS $$ BEGIN
            PERFORM pg_advisory_xact_lock_shared(hashtext('ajx.outages'));
            RETURN QUERY SELECT o.begins, o.ends FROM outage o ORDER BY o.begins;
        END $$
    """)


def _walls() -> None:
    # Trails and statements are added to, never changed.
    op.execute("GRANT SELECT, INSERT ON finding_step, statement, complaint_step, outage_credit TO ajx_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON finding_case, complaint, finding_place TO ajx_app")
    # (who sees a row, who may add one, who may change one). An insurer answers its findings, and raises none.
    rules = {
        "finding_case": (VISIBLE, HERE, VISIBLE),
        "finding_step": (VISIBLE, VISIBLE, None),
        "statement": (HERE, HERE, None),
        "complaint": (HERE, HERE, HERE),
        "complaint_step": (HERE, HERE, None),
        "finding_place": (ALL, ALL, ALL),
        "outage_credit": (VISIBLE, ALL, None),
    }
    for table, (seen, added, changed) in rules.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} FOR SELECT TO ajx_app USING ({seen})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO ajx_app WITH CHECK ({added})")
        if changed is not None:
            op.execute(
                f"CREATE POLICY changing ON {table} FOR UPDATE TO ajx_app USING ({changed}) WITH CHECK ({changed})"
            )
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
