"""Clocks counted ahead: what pushes add to the counts, the folded counts, and which clocks are exceptions.

What is already stored becomes pending counts, exact at once; the worker folds them. Processes of the release before
add nothing to the counts: stop them before this migration.

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Settings are '' after a transaction, not NULL: both must match nothing.
INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
OWN = f"insurer = {INSURER} OR {ALL}"
VISIBLE = f"{OWN} OR starts_with(division, {TERRITORY})"

REACH = f"{ALL} OR OF.insurer = {INSURER} OR starts_with(OF.division, {TERRITORY})"
CHILDREN = ("endorsement", "claim", "service_plan", "service", "hazard", "fund_entry")

CODE = sa.Text(collation="C")
INSTANT = sa.DateTime(timezone=True)

# What is stored, as the code of this release counts it; frozen here.
STORED = (
    "INSERT INTO clock_delta (division, insurer, month, clock, class, due, soon, lag, n) SELECT division, "
    "insurer, month, clock, class, CASE WHEN class IN ('open', 'provisional') THEN due ELSE '-infinity' END "
    "AS due, CASE WHEN class IN ('open', 'provisional') THEN soon ELSE 0 END AS soon, lag, sum(n) AS n FROM "
    "(SELECT coalesce(c.division, '') AS division, c.insurer AS insurer, date_trunc('month', "
    "c.start_on::timestamp)::date AS month, c.clock AS clock, CASE WHEN c.voided AND (c.due IS NULL OR "
    "c.met_at IS NULL OR c.met_at >= c.due) THEN 'void' WHEN c.due IS NULL THEN 'undetermined' WHEN c.met_at "
    "< CASE WHEN c.provisional AND c.nominal_on IS NOT NULL THEN least(c.due, timezone('Asia/Shanghai', "
    "(c.nominal_on + 1)::timestamp)) ELSE c.due END THEN 'met' WHEN c.applicable IS NULL THEN 'undetermined' "
    "WHEN c.provisional AND c.met_at IS NOT NULL THEN 'undetermined' WHEN c.met_at IS NOT NULL THEN "
    "'met_late' WHEN c.provisional THEN 'provisional' ELSE 'open' END AS class, c.due AS due, c.due_soon_days "
    "AS soon, coalesce(timezone('Asia/Shanghai', c.met_at)::date - c.start_on, -1000000) AS lag, 1 AS n FROM "
    "clock c WHERE c.start_seen_at IS NOT NULL AND c.applicable IS DISTINCT FROM false) AS told GROUP BY 1, "
    "2, 3, 4, 5, 6, 7, 8 HAVING sum(n) <> 0 "
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table("clock_delta", *_cell())
    op.create_table(
        "clock_sum",
        sa.Column("grain", sa.Integer(), autoincrement=False, nullable=False),
        *_cell(),
        sa.PrimaryKeyConstraint(
            "grain", "division", "insurer", "month", "clock", "class", "due", "soon", "lag",
            name=op.f("pk_clock_sum"),
        ),
    )  # fmt: skip
    op.execute("ALTER TABLE clock_sum SET (fillfactor = 80)")
    op.execute(
        "ALTER TABLE clock_delta SET"
        " (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 100000)"
    )
    op.create_index(
        "ix_endorsement_ending",
        "endorsement",
        ["policy_id", "effective_on", "revised_at", "type"],
        postgresql_where=sa.text("type IN ('cancel', 'reinstate') AND NOT voided"),
    )
    # Whether a policy was cancelled before its clocks were due is asked of every cancelled policy at every question.
    op.create_index(op.f("ix_clock_subject_id_due"), "clock", ["subject_id", "due"])
    op.drop_index(op.f("ix_clock_subject_id"), "clock")
    op.create_index("ix_clock_undated", "clock", ["subject_id"], postgresql_where=sa.text("due IS NULL"))
    # Of the few clocks whose start was moved: the signs look at nothing else.
    op.create_index(
        "ix_clock_moved",
        "clock",
        ["insurer", "start_on"],
        postgresql_where=sa.text("start_current <> start_on"),
    )
    _walls()
    _exceptions()
    _signs()
    # No push between the rows that are read here and the first that brings its own counts.
    op.execute("LOCK TABLE clock IN SHARE MODE")
    op.execute(STORED)


def _cell() -> list[sa.Column[object]]:
    return [
        sa.Column("division", CODE, nullable=False),
        sa.Column("insurer", CODE, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("clock", CODE, nullable=False),
        sa.Column("class", CODE, nullable=False),
        sa.Column("due", INSTANT, nullable=False),
        sa.Column("soon", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lag", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
    ]


def _walls() -> None:
    op.execute("GRANT SELECT, INSERT, DELETE, MAINTAIN ON clock_delta TO ajx_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON clock_sum TO ajx_app")
    for table in ("clock_delta", "clock_sum"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} FOR SELECT TO ajx_app USING ({VISIBLE})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY taking ON {table} FOR DELETE TO ajx_app USING ({ALL})")
    # A push tells of its own insurer only; taking out and adding up are the folder's.
    op.execute(f"CREATE POLICY telling ON clock_delta FOR INSERT TO ajx_app WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY adding ON clock_sum FOR INSERT TO ajx_app WITH CHECK ({ALL})")
    op.execute(f"CREATE POLICY changing ON clock_sum FOR UPDATE TO ajx_app USING ({ALL}) WITH CHECK ({ALL})")


def _exceptions() -> None:
    # Row-level security on endorsements looks a million policies up; here the clock's own place is the wall.
    op.execute("""
        CREATE FUNCTION exceptional_clocks(at timestamptz)
        RETURNS TABLE (clock_id uuid, cancelled boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            WITH ended AS (
                SELECT DISTINCT ON (e.policy_id) e.policy_id, e.type, e.effective_on FROM endorsement e
                WHERE e.type IN ('cancel', 'reinstate') AND NOT e.voided
                ORDER BY e.policy_id DESC, e.effective_on DESC, e.revised_at DESC, e.type DESC),
            either AS (
                SELECT c.clock_id, true AS cancelled, c.insurer, c.division FROM ended e
                JOIN clock c ON c.subject_id = e.policy_id AND c.subject_kind = 'policy'
                    AND c.due > timezone('Asia/Shanghai', e.effective_on::timestamp)
                WHERE e.type = 'cancel' AND (c.met_at IS NULL OR c.met_at >= c.due)
                UNION ALL
                SELECT c.clock_id, true, c.insurer, c.division FROM ended e
                JOIN clock c ON c.subject_id = e.policy_id AND c.subject_kind = 'policy' AND c.due IS NULL
                WHERE e.type = 'cancel'
                UNION ALL
                SELECT c.clock_id, false, c.insurer, c.division FROM excuse x JOIN clock c USING (clock_id)
                WHERE x.decision = 'upheld' AND x.decided_at <= at)
            SELECT f.clock_id, bool_or(f.cancelled) FROM either f
            WHERE (SELECT current_setting('app.reach', true)) = 'all'
                OR f.insurer = nullif((SELECT current_setting('app.insurer', true)), '')
                OR starts_with(f.division, nullif((SELECT current_setting('app.territory', true)), ''))
            GROUP BY f.clock_id $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION exceptional_clocks(timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION exceptional_clocks(timestamptz) TO ajx_app")


def _signs() -> None:
    """What the signs ask of histories: their row-level security would look a million policies up for each question."""
    op.execute(f"""
        CREATE FUNCTION first_signings(begins date, ends date, at timestamptz)
        RETURNS TABLE (record_id uuid, insurer text, key text, division text, enterprise_uscc text, signed_on date,
                       effective_on date, received_on date)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT p.record_id, p.insurer, p.key, p.division, p.enterprise_uscc, f.signed_on, f.effective_on,
                   timezone('Asia/Shanghai', f.recorded_at)::date
            FROM policy p CROSS JOIN LATERAL (
                SELECT h.signed_on, h.effective_on, h.recorded_at FROM policy_history h
                WHERE h.record_id = p.record_id AND h.recorded_at <= at
                ORDER BY h.recorded_at, h.revised_at LIMIT 1) f
            WHERE NOT p.voided AND p.migrated IS NOT TRUE AND p.signed_on >= begins AND p.signed_on < ends
                AND ({REACH.replace("OF.", "p.")}) $$
    """)
    op.execute(f"""
        CREATE FUNCTION policy_documents(begins date, ends date, at timestamptz)
        RETURNS TABLE (record_id uuid, insurer text, key text, division text, enterprise_uscc text, documents bigint,
                       first_on date, last_on date)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT p.record_id, p.insurer, p.key, p.division, p.enterprise_uscc, count(DISTINCT d.sha256),
                   timezone('Asia/Shanghai', min(d.accepted_at))::date, timezone('Asia/Shanghai', max(d.accepted_at))::date
            FROM policy p JOIN document d ON d.policy_id = p.record_id
            WHERE NOT p.voided AND p.signed_on >= begins AND p.signed_on < ends AND d.accepted_at <= at
                AND ({REACH.replace("OF.", "p.")})
            GROUP BY p.record_id $$
    """)
    children = " UNION ALL ".join(
        f"SELECT '{kind}', h.insurer, p.division, h.record_id, h.key, p.enterprise_uscc, h.recorded_at, h.version"
        f" FROM {kind}_history h JOIN policy p ON p.record_id = h.policy_id"
        f" WHERE h.recorded_at >= begins AND h.recorded_at < ends AND ({REACH.replace('OF.', 'p.')})"
        for kind in CHILDREN
    )
    op.execute(f"""
        CREATE FUNCTION filed_states(begins timestamptz, ends timestamptz)
        RETURNS TABLE (kind text, insurer text, division text, record_id uuid, key text, enterprise_uscc text,
                       recorded_at timestamptz, version integer)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT 'policy', h.insurer, p.division, h.record_id, h.key, p.enterprise_uscc, h.recorded_at, h.version
            FROM policy_history h JOIN policy p ON p.record_id = h.record_id
            WHERE h.recorded_at >= begins AND h.recorded_at < ends AND ({REACH.replace("OF.", "p.")})
            UNION ALL {children} $$
    """)
    for function in (
        "first_signings(date, date, timestamptz)",
        "policy_documents(date, date, timestamptz)",
        "filed_states(timestamptz, timestamptz)",
    ):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO ajx_app")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
