"""Reports that went out with the figures they froze, and what each clock was before it was changed.

What changed clocks before this migration is not known: figures about clocks as of an earlier instant take the row as
it stands.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Settings are '' after a transaction, not NULL: both must match nothing.
INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
OWN = f"insurer = {INSURER} OR {ALL}"
# A report about a larger place is not a smaller one's to read.
HERE = f"{ALL} OR starts_with(territory, {TERRITORY})"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("clock", sa.Column("changed_at", INSTANT, nullable=True))
    _clock_before()
    _report()
    _walls()


def _clock_before() -> None:
    op.create_table(
        "clock_before",
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("jurisdiction", sa.Text(), nullable=True),
        sa.Column("division", sa.Text(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("start_seen_at", INSTANT, nullable=True),
        sa.Column("start_current", sa.Date(), nullable=True),
        sa.Column("applicable", sa.Boolean(), nullable=True),
        sa.Column("nominal_on", sa.Date(), nullable=True),
        sa.Column("due", INSTANT, nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("due_soon_days", sa.Integer(), nullable=False),
        sa.Column("met_at", INSTANT, nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", "until", name=op.f("pk_clock_before")),
    )
    op.create_index(op.f("ix_clock_before_until"), "clock_before", ["until"])


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
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
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report")),
        sa.UniqueConstraint(
            "kind",
            "territory",
            "insurer",
            "period",
            "edition",
            name=op.f("uq_report_kind_territory_insurer_period_edition"),
        ),
    )
    op.create_index(op.f("ix_report_made_at"), "report", ["made_at"])


def _walls() -> None:
    for table in ("clock_before", "report"):
        op.execute(f"GRANT SELECT, INSERT ON {table} TO ajx_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        # FORCE binds the owner too; migrations need their way in.
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute(
        "CREATE POLICY scope ON clock_before TO ajx_app"
        f" USING ({OWN} OR starts_with(division, {TERRITORY})) WITH CHECK ({OWN})"
    )
    op.execute(f"CREATE POLICY scope ON report TO ajx_app USING ({HERE}) WITH CHECK ({HERE})")
    # What was excused here while the clock lay here counts in figures of that time.
    op.execute(
        "CREATE POLICY remembered ON excuse FOR SELECT TO ajx_app"
        f" USING ({TERRITORY} IS NOT NULL AND clock_id IN (SELECT b.clock_id FROM clock_before b))"
    )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
