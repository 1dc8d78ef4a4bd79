"""Which service did an entry of the fund pay, as known at an instant? Whoever sees the entry is told, wherever it was done.

Revision: 0023
Follows: 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What the view fund_here tells of the service as it stands now; nothing of one that was void, or another insurer's.
    op.execute("""
        CREATE FUNCTION fund_service(of_insurer text, service_no text, known timestamptz)
        RETURNS TABLE (record_id uuid, state text, charge_mode text, cost numeric, agency_uscc text)
        LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = public ROWS 1 AS $$
            SELECT l.record_id, l.state, l.charge_mode, l.cost, l.agency_uscc FROM (
                SELECT h.record_id, h.state, h.charge_mode, h.cost, h.agency_uscc, h.voided FROM service_history h
                WHERE h.record_id = record_id_of(of_insurer, 'service', service_no) AND h.recorded_at <= known
                ORDER BY h.revised_at DESC LIMIT 1) l
            WHERE NOT l.voided $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION fund_service(text, text, timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION fund_service(text, text, timestamptz) TO ajx_app")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
