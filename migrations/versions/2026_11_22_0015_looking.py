"""Who looks at clocks looks at few: a regulator at each excuse's own, and whoever announces at those that have just run out.

To gather all visible clocks first, or to walk over all that ever ran out, cost a scan of them.

Revision: 0015
Follows: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
OWN = f"insurer = {INSURER} OR {ALL}"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
# The clocks themselves, and what they were, stand behind walls of their own.
SEEN = f"{OWN} OR ({TERRITORY} IS NOT NULL AND EXISTS (SELECT 1 FROM clock c WHERE c.clock_id = excuse.clock_id))"
ONCE_SEEN = (
    f"{TERRITORY} IS NOT NULL AND EXISTS (SELECT 1 FROM clock_before b WHERE b.clock_id = excuse.clock_id)"
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER POLICY scope ON excuse USING ({SEEN}) WITH CHECK ({SEEN})")
    op.execute(f"ALTER POLICY remembered ON excuse USING ({ONCE_SEEN})")
    op.create_index(op.f("ix_clock_due_clock_id"), "clock", ["due", "clock_id"])
    op.create_index(
        "ix_event_filed",
        "event",
        ["insurer", "xid", "seq", "event_id"],
        postgresql_where=sa.text("type IN ('filing.accepted', 'filing.partial', 'record.voided')"),
    )
    op.create_table(
        "clock_late",
        sa.Column("clock_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
    )
    op.create_table(
        "breach_watch",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("looked_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_breach_watch")),
    )
    op.execute("GRANT SELECT, INSERT, DELETE, MAINTAIN ON clock_late TO ajx_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON breach_watch TO ajx_app")
    for table in ("clock_late", "breach_watch"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    # A push notes clocks of its own insurer; to look at them and to take them out is the worker's.
    op.execute(f"CREATE POLICY telling ON clock_late FOR INSERT TO ajx_app WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY scope ON clock_late FOR SELECT TO ajx_app USING ({ALL})")
    op.execute(f"CREATE POLICY taking ON clock_late FOR DELETE TO ajx_app USING ({ALL})")
    op.execute(f"CREATE POLICY scope ON breach_watch TO ajx_app USING ({ALL}) WITH CHECK ({ALL})")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
