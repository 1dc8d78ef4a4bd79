"""On which side of the fund did an entry stand, as known at an instant? Whoever sees its reversal is told, wherever it lies.

Revision: 0019
Follows: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Null of an entry that is unknown, and of one that is itself a reversal: then the reversal's own words count, as in
    # the views. The answer names nothing of the entry but its side.
    op.execute("""
        CREATE FUNCTION fund_side(of_insurer text, entry_no text, known timestamptz) RETURNS boolean
        LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = public AS $$
            SELECT CASE WHEN h.type <> 'reversal' THEN h.type = 'spend'
                OR h.type = 'adjustment' AND (h.purpose IS NOT NULL OR h.service_no IS NOT NULL) END
            FROM fund_entry_history h
            WHERE h.record_id = record_id_of(of_insurer, 'fund_entry', entry_no) AND h.recorded_at <= known
            ORDER BY h.revised_at DESC LIMIT 1 $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION fund_side(text, text, timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION fund_side(text, text, timestamptz) TO ajx_app")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
