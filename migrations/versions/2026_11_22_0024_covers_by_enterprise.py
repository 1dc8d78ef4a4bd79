"""Covers of an enterprise are always found by the enterprise, also while tables are small or not yet analysed.

Revision: 0024
Follows: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # The plan of a push is kept. Made over few rows it took the index of days, and compared each policy in force with each
    # of a batch's thousand enterprises. A day to which nought is added has no index.
    op.execute("""
        CREATE OR REPLACE FUNCTION covers_of(enterprises text[], asking text, first date, last date)
        RETURNS TABLE (enterprise_uscc text, own boolean, policy_no text, subject_type text, subject_code text,
                       effective_on date, expires_on date)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT p.enterprise_uscc, p.insurer = asking, CASE WHEN p.insurer = asking THEN p.key END,
                   p.subject_type, p.subject_code, p.effective_on,
                   least(p.expires_on, cancelled_on(p.record_id))
            FROM policy p WHERE p.enterprise_uscc = ANY (enterprises) AND NOT p.voided
                AND p.expires_on + 0 >= first AND p.effective_on + 0 <= last $$
    """)


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
