"""Claims that stand elsewhere are found policy by policy, whatever the tables held when the plan was made.

Revision: 0025
Follows: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Made over few policies the join read every policy that has come since, also when none was asked about. A claim
    # stands elsewhere when it has no clock that counts, or one under another law.
    op.execute("""
        CREATE OR REPLACE FUNCTION claims_elsewhere(of_insurer text, policies uuid[], locked boolean)
        RETURNS TABLE (record_id uuid, division text)
        LANGUAGE plpgsql VOLATILE AS $$ BEGIN
            IF locked THEN
                PERFORM pg_advisory_xact_lock_shared(hashtextextended('ajx.claims ' || of_insurer, 0));
            END IF;
            RETURN QUERY SELECT c.record_id, p.division FROM unnest(policies) AS wanted(id)
                CROSS JOIN LATERAL (SELECT * FROM claim WHERE claim.policy_id = wanted.id OFFSET 0) AS c
                CROSS JOIN LATERAL (SELECT * FROM policy WHERE policy.record_id = wanted.id OFFSET 0) AS p
                WHERE c.insurer = of_insurer AND coalesce((
                    SELECT bool_or(k.division IS DISTINCT FROM p.division) FROM clock k
                    WHERE k.subject_id = c.record_id AND k.start_current IS NOT NULL), true)
                ORDER BY c.record_id;
        END $$
    """)


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
