"""Findings follow what their records refer to: records to be judged again, and claims found by a policy that came later.

What is undecided is judged again once after this migration.

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("finding_case", sa.Column("corrected_in", sa.Integer(), nullable=True))
    op.add_column("finding_place", sa.Column("seen", sa.BigInteger(), nullable=True))
    op.add_column("finding_place", sa.Column("read_at", INSTANT, nullable=True))
    op.create_table(
        "finding_again",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("ready_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_finding_again")),
    )
    op.create_index(
        op.f("ix_finding_again_ready_at_record_id"), "finding_again", ["ready_at", "record_id"], unique=False
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON finding_again TO ajx_app")
    op.execute("ALTER TABLE finding_again ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE finding_again FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON finding_again FOR SELECT TO ajx_app USING ({ALL})")
    op.execute(f"CREATE POLICY adding ON finding_again FOR INSERT TO ajx_app WITH CHECK ({ALL})")
    op.execute(f"CREATE POLICY taking ON finding_again FOR DELETE TO ajx_app USING ({ALL})")
    op.execute("CREATE POLICY owner ON finding_again TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute(
        "INSERT INTO finding_again (record_id, kind, insurer, ready_at)"
        " SELECT DISTINCT ON (record_id) record_id, subject_kind, insurer, raised_at FROM finding_case"
        " WHERE origin = 'rule' AND record_id IS NOT NULL AND state IN ('open', 'replied', 'proposed')"
    )
    _references()
    _claims()


def _claims() -> None:
    # A claim that knows no policy holds the lock alone until it has committed, a policy shares it: so either the claim
    # sees the policy's territory, or the policy sees the claim. A volatile function reads after it got the lock.
    op.execute("""
        CREATE FUNCTION claims_elsewhere(of_insurer text, policies uuid[], locked boolean)
        RETURNS TABLE (record_id uuid, division text)
        LANGUAGE plpgsql VOLATILE AS $$ BEGIN
            IF locked THEN
                PERFORM pg_advisory_xact_lock_shared(hashtextextended('ajx.claims ' || of_insurer, 0));
            END IF;
            RETURN QUERY SELECT c.record_id, p.division FROM claim c JOIN policy p ON p.record_id = c.policy_id
                WHERE c.policy_id = ANY (policies) AND c.insurer = of_insurer AND (
                    NOT EXISTS (SELECT 1 FROM clock k WHERE k.subject_id = c.record_id AND k.start_current IS NOT NULL)
                    OR EXISTS (SELECT 1 FROM clock k WHERE k.subject_id = c.record_id AND k.start_current IS NOT NULL
                        AND k.division IS DISTINCT FROM p.division))
                ORDER BY c.record_id;
        END $$
    """)


def _references() -> None:
    """Who names this service, plan or entry? Asked when it changes; most records name none of another policy."""
    for table, column in (
        ("fund_entry", "service_no"),
        ("fund_entry", "reverses_entry_no"),
        ("hazard", "service_no"),
        ("service", "plan_no"),
    ):
        op.create_index(
            op.f(f"ix_{table}_{column}"),
            table,
            [column],
            unique=False,
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
