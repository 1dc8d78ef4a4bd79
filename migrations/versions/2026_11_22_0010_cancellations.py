"""A policy's clocks say themselves from which day the policy is cancelled; so cancelled ones are counted ahead like others.

What is stored already is written on the rows, and the counts moved accordingly; they are folded anew, into other grains. Processes of the release before would look
for what is gone, and count cancelled clocks as running: stop them before this migration.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The clocks of policies in the law of this release; frozen here.
NAMES = ("first_service", "policy_upload", "renewal", "service_assigned", "service_done", "service_planned")

# The latest of a policy's cancellations and reinstatements that are not voided.
ENDED = """
SELECT DISTINCT ON (policy_id) policy_id, insurer, policy_no, CASE WHEN type = 'cancel' THEN effective_on END AS ends_on
FROM endorsement WHERE type IN ('cancel', 'reinstate') AND NOT voided
ORDER BY policy_id DESC, effective_on DESC, revised_at DESC, type DESC
"""

# As the code of this release counts a clock; frozen here.
COUNTED = """
SELECT coalesce(c.division, '') AS division, c.insurer, date_trunc('month', c.start_on::timestamp)::date AS month, c.clock,
    CASE WHEN ({ended}) AND (c.due IS NULL OR c.met_at IS NULL OR c.met_at >= c.due) THEN 'void'
         WHEN c.due IS NULL THEN 'undetermined'
         WHEN c.met_at < CASE WHEN c.provisional AND c.nominal_on IS NOT NULL
             THEN least(c.due, timezone('Asia/Shanghai', (c.nominal_on + 1)::timestamp)) ELSE c.due END THEN 'met'
         WHEN c.applicable IS NULL THEN 'undetermined'
         WHEN c.provisional AND c.met_at IS NOT NULL THEN 'undetermined'
         WHEN c.met_at IS NOT NULL THEN 'met_late'
         WHEN c.provisional THEN 'provisional' ELSE 'open' END AS class,
    c.due, c.due_soon_days AS soon,
    coalesce(timezone('Asia/Shanghai', c.met_at)::date - c.start_on, -1000000) AS lag, {n} AS n
FROM clock c WHERE c.cancelled_on IS NOT NULL AND c.start_seen_at IS NOT NULL AND c.applicable IS DISTINCT FROM false
"""
BEFORE = COUNTED.format(ended="c.voided", n=-1)
AFTER = COUNTED.format(
    ended="c.voided OR c.due IS NULL OR timezone('Asia/Shanghai', c.cancelled_on::timestamp) < c.due", n=1
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # In the order in which pushes write them: nothing is filed between what is read here and the end.
    op.execute("LOCK TABLE endorsement IN SHARE MODE")
    op.add_column("clock", sa.Column("cancelled_on", sa.Date()))
    op.execute(f"CREATE TEMPORARY TABLE ended ON COMMIT DROP AS {ENDED}")
    op.execute("ANALYZE ended")
    op.execute(
        "UPDATE clock c SET cancelled_on = e.ends_on FROM ended e"
        " WHERE c.subject_id = e.policy_id AND c.subject_kind = 'policy' AND e.ends_on IS NOT NULL"
    )
    # Also on the clocks that nothing has started yet: under the id that whoever starts them will look for. As filings
    # leave them, of every policy that was ever cancelled or reinstated.
    op.execute(
        "INSERT INTO ended SELECT DISTINCT policy_id, insurer, policy_no, NULL::date FROM endorsement_history h"
        " WHERE type IN ('cancel', 'reinstate') AND NOT EXISTS (SELECT 1 FROM ended e WHERE e.policy_id = h.policy_id)"
    )
    op.execute(
        "INSERT INTO clock (clock_id, subject_id, subject_kind, subject_key, insurer, clock, provisional, due_soon_days,"
        " voided, cancelled_on) SELECT encode(substr(sha256(convert_to(e.policy_id::text || chr(10) || n.clock || chr(10)"
        " || chr(10), 'UTF8')), 1, 16), 'hex')::uuid, e.policy_id, 'policy', e.policy_no, e.insurer, n.clock, false, 0,"
        f" false, e.ends_on FROM ended e CROSS JOIN unnest(ARRAY[{', '.join(map(repr, NAMES))}]) AS n(clock)"
        " ON CONFLICT DO NOTHING"
    )
    running = "class IN ('open', 'provisional')"
    op.execute(
        "INSERT INTO clock_delta (division, insurer, month, clock, class, due, soon, lag, n)"
        f" SELECT division, insurer, month, clock, class, CASE WHEN {running} THEN due ELSE '-infinity' END,"
        f" CASE WHEN {running} THEN soon ELSE 0 END, lag, sum(n) FROM ({BEFORE} UNION ALL {AFTER}) AS told"
        " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0"
    )
    _grains()
    op.execute("DROP FUNCTION exceptional_clocks(timestamptz)")
    op.drop_index("ix_clock_undated", "clock")
    op.create_index(
        "ix_clock_cancelled", "clock", ["subject_id"], postgresql_where=sa.text("cancelled_on IS NOT NULL")
    )
    _excused()


def _grains() -> None:
    """What was folded is pending again, from the finest grain; the worker folds it into the grains of this release."""
    cell = "division, insurer, month, clock, class, due, soon, lag, n"
    op.execute(f"INSERT INTO clock_delta ({cell}) SELECT {cell} FROM clock_sum WHERE grain = 5")
    op.execute("TRUNCATE clock_sum")
    op.execute("ALTER TABLE clock_sum DROP CONSTRAINT pk_clock_sum")
    op.create_primary_key(
        op.f("pk_clock_sum"),
        "clock_sum",
        ["grain", "month", "division", "insurer", "clock", "class", "due", "soon", "lag"],
    )


def _excused() -> None:
    # Row-level security on excuses looks their clocks up; here the clock's own place is the wall.
    op.execute("""
        CREATE FUNCTION excused_clocks(at timestamptz) RETURNS TABLE (clock_id uuid)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT DISTINCT c.clock_id FROM excuse x JOIN clock c USING (clock_id)
            WHERE x.decision = 'upheld' AND x.decided_at <= at
                AND ((SELECT current_setting('app.reach', true)) = 'all'
                    OR c.insurer = nullif((SELECT current_setting('app.insurer', true)), '')
                    OR starts_with(c.division, nullif((SELECT current_setting('app.territory', true)), ''))) $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION excused_clocks(timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION excused_clocks(timestamptz) TO ajx_app")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
