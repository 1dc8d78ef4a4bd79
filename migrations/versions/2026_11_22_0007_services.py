"""Agencies, experts, alerts, samples and inspections; policies with their services and funds at one glance.

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
OWN = f"insurer = {INSURER} OR {ALL}"
HERE = f"{ALL} OR starts_with(%s, {TERRITORY})"
# What a city registered or drew concerns its districts too, and the other way round.
UP_AND_DOWN = f"{ALL} OR starts_with(territory, {TERRITORY}) OR starts_with({TERRITORY}, territory)"
BY_THE_PLACE = f"{ALL} OR territory = {TERRITORY}"

VISIBLE = {
    "registration": (UP_AND_DOWN, BY_THE_PLACE),
    "alert_answer": (f"{OWN} OR starts_with(division, {TERRITORY})", HERE % "division"),
    "sample": (UP_AND_DOWN, BY_THE_PLACE),
    "sample_member": (HERE % "division", HERE % "division"),
    "inspection": (HERE % "division", HERE % "division"),
}

# What every view tells of a policy; a child's own columns come first.
POLICY = (
    "p.key AS policy_no, p.division, p.enterprise_uscc, p.enterprise_name, p.industry, p.size, p.sector_tags,"
    " p.signed_on, p.effective_on, p.expires_on, p.premium_received, p.premium_refunded, p.premium_adjusted,"
    " p.subsidy_amount, p.fund_amount"
)
OF_POLICY = POLICY.replace("p.key AS policy_no, ", "")
# The wall of these views: one look at the policy instead of a list of all the territory's policies.
SEEN = f"p.insurer = {INSURER} OR {ALL} OR starts_with(p.division, {TERRITORY})"
CHILD_SEEN = f"c.insurer = {INSURER} OR {ALL} OR starts_with(p.division, {TERRITORY})"

PLANNED = "NOT voided AND state <> 'assigned'"
DONE = "NOT voided AND state IN ('completed', 'confirmed')"
# A reversal stands on the side of the entry it reverses; while that is unknown, where its own words put it.
SIDE = "({0}.type = 'spend' OR {0}.type IN ('adjustment', 'reversal') AND ({0}.purpose IS NOT NULL OR {0}.service_no IS NOT NULL))"
SPENDING = (
    "CASE WHEN f.type = 'reversal' THEN coalesce((SELECT " + SIDE.format("r") + " FROM fund_entry r"
    " WHERE r.record_id = record_id_of(f.insurer, 'fund_entry', f.reverses_entry_no)"
    " AND r.type IN ('accrual', 'spend', 'adjustment')), " + SIDE.format("f") + ") ELSE "
    + SIDE.format("f") + " END"
)  # fmt: skip


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    _registry()
    _samples()
    for table, (visible, writable) in VISIBLE.items():
        op.execute(f"GRANT SELECT, INSERT ON {table} TO ajx_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} TO ajx_app USING ({visible}) WITH CHECK ({writable})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    _feed()
    op.create_index(
        "ix_policy_standing",
        "policy",
        ["signed_on", "division"],
        postgresql_include=["record_id", "insurer", "voided", "expires_on"],
    )
    op.create_index("ix_fund_entry_entered_on", "fund_entry", ["entered_on"])
    _views()


def _registry() -> None:
    op.create_table(
        "registration",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "territory", "code")),
        sa.Column("name", sa.Text()),
        sa.Column("qualification", sa.Text(), nullable=False),
        sa.Column("qualification_no", sa.Text()),
        sa.Column("agency_uscc", sa.Text()),
        sa.Column("sectors", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("registration_id", "version", name="pk_registration"),
    )
    op.create_index("ix_registration_kind_code", "registration", ["kind", "code"])
    op.create_table(
        "alert_answer",
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("division", sa.Text()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", name="pk_alert_answer"),
    )
    op.create_index("ix_alert_answer_alert_id", "alert_answer", ["alert_id"])


def _samples() -> None:
    op.create_table(
        "sample",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("territory", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("population_on", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ratio", sa.Numeric(), nullable=False),
        sa.Column("law_ratio", sa.Numeric()),
        sa.Column("clause", sa.Text()),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("population_digest", sa.Text(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sample_id", name="pk_sample"),
    )
    op.create_table(
        "sample_member",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("enterprise_uscc", "enterprise_name", "insurer", "division", "policy_no")
        ),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sample_id", "enterprise_uscc", name="pk_sample_member"),
    )
    op.create_table(
        "inspection",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid()),
        sa.Column("enterprise_uscc", sa.Text(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("policy_no", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        sa.Column("results", pg.JSONB(), nullable=False),
        sa.Column("findings", pg.JSONB(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("inspection_id", name="pk_inspection"),
    )
    op.create_index("ix_inspection_sample_id_enterprise_uscc", "inspection", ["sample_id", "enterprise_uscc"])
    op.create_index("ix_inspection_policy_id", "inspection", ["policy_id"])


def _feed() -> None:
    # First without a default, then with it: the table is not rewritten. Older rows stand before all others.
    op.execute("ALTER TABLE hazard_history ADD COLUMN xid bigint")
    op.execute("ALTER TABLE hazard_history ALTER COLUMN xid SET DEFAULT (pg_current_xact_id()::text)::bigint")
    op.create_index(
        "ix_hazard_history_refused",
        "hazard_history",
        ["record_id"],
        postgresql_where=sa.text("level = 'major' AND state = 'refused'"),
    )


def _views() -> None:
    op.execute("""
        CREATE FUNCTION record_id_of(insurer text, kind text, key text) RETURNS uuid
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT encode(set_byte(set_byte(substr(d.b, 1, 16), 6, (get_byte(d.b, 6) & 15) | 128), 8,
                (get_byte(d.b, 8) & 63) | 128), 'hex')::uuid
            FROM (SELECT sha256(convert_to($1 || chr(10) || $2 || chr(10) || $3, 'UTF8')) AS b) d $$
    """)
    # Owned by whoever migrates, whom row-level security lets through: each view is the wall itself, and looks at the
    # policy it has joined anyway. Security by a list of the territory's policies costs a second a million policies.
    op.execute(f"""
        CREATE VIEW prevention_each AS
        SELECT p.record_id, p.insurer, {POLICY}, p.voided, n.planned, n.plans, s.services, s.items, s.first_on
        FROM policy p
        CROSS JOIN LATERAL (SELECT coalesce(sum(planned_count), 0) AS planned, count(*) AS plans
            FROM service_plan c WHERE c.policy_id = p.record_id AND {PLANNED}) n
        CROSS JOIN LATERAL (SELECT count(*) AS services, coalesce(sum(cardinality(items)), 0) AS items,
            min(started_on) AS first_on FROM service c WHERE c.policy_id = p.record_id AND {DONE}) s
        WHERE {SEEN}
    """)
    op.execute(f"""
        CREATE VIEW prevention_all AS
        SELECT p.record_id, p.insurer, {POLICY}, p.voided, e.planned, e.plans, e.services, e.items, e.on_day
        FROM policy p LEFT JOIN (
            SELECT policy_id, planned_count AS planned, 1 AS plans, 0 AS services, 0 AS items, NULL::date AS on_day
            FROM service_plan WHERE {PLANNED}
            UNION ALL SELECT policy_id, 0, 0, 1, cardinality(items), started_on FROM service WHERE {DONE}
        ) e ON e.policy_id = p.record_id WHERE {SEEN}
    """)
    op.execute(f"""
        CREATE VIEW fund_each AS
        SELECT p.record_id, p.insurer, {POLICY}, p.voided, l.accrued, l.spent, l.entries
        FROM policy p CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount) FILTER (WHERE NOT spending), 0) AS accrued,
                coalesce(sum(amount) FILTER (WHERE spending), 0) AS spent, count(*) AS entries
            FROM (SELECT amount, {SPENDING} AS spending FROM fund_entry f
                WHERE f.policy_id = p.record_id AND NOT f.voided) e) l
        WHERE {SEEN}
    """)
    op.execute(f"""
        CREATE VIEW fund_all AS
        SELECT p.record_id, p.insurer, {POLICY}, p.voided,
            CASE WHEN e.spending THEN 0 ELSE e.amount END AS accrued, CASE WHEN e.spending THEN e.amount END AS spent,
            (e.amount IS NOT NULL)::int AS entries
        FROM policy p LEFT JOIN (SELECT policy_id, amount, {SPENDING} AS spending FROM fund_entry f
            WHERE NOT f.voided) e ON e.policy_id = p.record_id
        WHERE {SEEN}
    """)
    op.execute(f"""
        CREATE VIEW fund_here AS
        SELECT f.record_id, f.insurer, f.key, f.version, f.policy_id, f.policy_no, f.type, f.amount, f.entered_on,
            f.purpose, f.service_no, f.reverses_entry_no, f.voided, {SPENDING} AS spending,
            {OF_POLICY.replace("p.division", "CASE WHEN f.policy_id IS NULL THEN f.kept_division ELSE p.division END AS division")},
            s.record_id AS service_id, s.state AS service_state, s.charge_mode, s.cost, s.agency_uscc
        FROM fund_entry f LEFT JOIN policy p ON p.record_id = f.policy_id
            LEFT JOIN service s ON s.record_id = record_id_of(f.insurer, 'service', f.service_no) AND NOT s.voided
        WHERE f.insurer = {INSURER} OR {ALL}
            OR starts_with(CASE WHEN f.policy_id IS NULL THEN f.kept_division ELSE p.division END, {TERRITORY})
    """)
    own = {
        "service": "plan_no, state, form, started_on, service_division, agency_uscc, cost, charge_mode, items",
        "hazard": "service_no, level, state, category, found_on, notified_on, deadline_on, rectified_on, reviewed_on,"
        " refused_on, reported_on",
    }
    for kind, columns in own.items():
        named = ", ".join(f"c.{name.strip()}" for name in columns.split(","))
        op.execute(f"""
            CREATE VIEW {kind}_here AS
            SELECT c.record_id, c.insurer, c.key, c.version, c.recorded_at, c.policy_id, c.policy_no, {named}, c.voided,
                {OF_POLICY}
            FROM {kind} c LEFT JOIN policy p ON p.record_id = c.policy_id WHERE {CHILD_SEEN}
        """)
    op.execute(f"""
        CREATE VIEW refused_hazard AS
        SELECT c.record_id, c.insurer, c.key, c.policy_id, c.policy_no, c.version, c.revised_at, c.recorded_at, c.xid,
            c.level, c.state, c.category, c.voided, c.found_on, c.refused_on, c.reported_on, {OF_POLICY}
        FROM hazard_history c LEFT JOIN policy p ON p.record_id = c.policy_id
        WHERE c.version IS NOT NULL AND c.record_id IN (
            SELECT record_id FROM hazard_history WHERE level = 'major' AND state = 'refused') AND ({CHILD_SEEN})
    """)
    views = (
        "prevention_each",
        "prevention_all",
        "fund_each",
        "fund_all",
        "fund_here",
        "service_here",
        "hazard_here",
    )
    op.execute(f"GRANT SELECT ON {', '.join(views)}, refused_hazard TO ajx_app")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
