"""The second wall: an app role that owns nothing, and row-level security that its transactions cannot leave.

Revision: 0002
Follows: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = (
    "policy",
    "endorsement",
    "claim",
    "service_plan",
    "service",
    "hazard",
    "fund_entry",
    "annual_report",
)

# Settings are '' after a transaction, not NULL: both must match nothing.
INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
OWN = f"insurer = {INSURER} OR {ALL}"
BY_POLICY = f"({TERRITORY} IS NOT NULL AND policy_id IN (SELECT p.record_id FROM policy p))"

# Figures as of an instant look at policies that have left the territory since, and at their children.
ONCE = f"({TERRITORY} IS NOT NULL AND %s IN (SELECT ever_in({TERRITORY})))"
KEPT_HERE = f"(policy_id IS NULL AND starts_with(kept_division, {TERRITORY}))"

VISIBLE = {
    "policy": f"{OWN} OR starts_with(division, {TERRITORY})",
    "policy_history": f"{OWN} OR {ONCE % 'record_id'}",
    "fund_entry": f"{OWN} OR {BY_POLICY} OR {KEPT_HERE}",
    "fund_entry_history": f"{OWN} OR {ONCE % 'policy_id'} OR {KEPT_HERE}",
    "annual_report_history": f"{OWN} OR starts_with(report_division, {TERRITORY})",
    "annual_report": f"{OWN} OR starts_with(report_division, {TERRITORY})",
    "clock": f"{OWN} OR starts_with(division, {TERRITORY})",
    "excuse": f"{OWN} OR ({TERRITORY} IS NOT NULL AND clock_id IN (SELECT c.clock_id FROM clock c))",
    "document": f"{OWN} OR {ONCE % 'policy_id'}",
    "filing": OWN,
    "filing_frame": OWN,
    "event": OWN,
}

APPEND_ONLY = ("filing", "filing_frame", "document", "event", *(f"{kind}_history" for kind in KINDS))
CHANGING = ("clock", "excuse", "insurer", "client", "client_key", "outage", *KINDS)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "DO $$ BEGIN CREATE ROLE ajx_app NOLOGIN NOSUPERUSER NOBYPASSRLS;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN IF NOT pg_has_role(current_user, 'ajx_app', 'SET') THEN"
        " EXECUTE format('GRANT ajx_app TO %I', current_user); END IF; END $$"
    )
    op.execute("GRANT USAGE ON SCHEMA public TO ajx_app")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO ajx_app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(CHANGING)} TO ajx_app")
    op.execute("GRANT SELECT, INSERT, DELETE ON spent_assertion TO ajx_app")
    op.execute("GRANT SELECT ON alembic_version TO ajx_app")
    _functions()
    _walls()


def _walls() -> None:
    for table in (*APPEND_ONLY, *(t for t in CHANGING if t in {"clock", "excuse", *KINDS})):
        child = ONCE % "policy_id" if table.endswith("_history") else BY_POLICY
        visible = VISIBLE.get(table, f"{OWN} OR {child}")
        # A regulator decides on excuses of its territory and tells the insurer by an event: nothing else.
        writable = {"excuse": visible, "event": f"{OWN} OR {TERRITORY} IS NOT NULL"}.get(table, OWN)
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} TO ajx_app USING ({visible}) WITH CHECK ({writable})")
        # FORCE binds the owner too; migrations and the definer functions below need their way in.
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def _functions() -> None:
    op.execute("""
        CREATE FUNCTION cancelled_on(policy uuid) RETURNS date LANGUAGE sql STABLE AS $$
            SELECT CASE WHEN e.type = 'cancel' THEN e.effective_on END FROM endorsement e
            WHERE e.policy_id = policy AND e.type IN ('cancel', 'reinstate') AND NOT e.voided
            ORDER BY e.effective_on DESC, e.revised_at DESC LIMIT 1 $$
    """)
    op.execute("""
        CREATE FUNCTION ever_in(territory text) RETURNS SETOF uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT DISTINCT record_id FROM policy_history WHERE starts_with(division, territory) $$
    """)
    # Two questions reach across insurers. Their answers name nothing of another insurer's.
    op.execute("""
        CREATE FUNCTION covers_of(enterprises text[], asking text, first date, last date)
        RETURNS TABLE (enterprise_uscc text, own boolean, policy_no text, subject_type text, subject_code text,
                       effective_on date, expires_on date)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT p.enterprise_uscc, p.insurer = asking, CASE WHEN p.insurer = asking THEN p.key END,
                   p.subject_type, p.subject_code, p.effective_on,
                   least(p.expires_on, cancelled_on(p.record_id))
            FROM policy p WHERE p.enterprise_uscc = ANY (enterprises) AND NOT p.voided
                AND p.expires_on >= first AND p.effective_on <= last $$
    """)
    op.execute("""
        CREATE FUNCTION evidence_uses(digests text[], asking text)
        RETURNS TABLE (sha256 text, own boolean, service_no text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT d.digest, s.insurer = asking, CASE WHEN s.insurer = asking THEN s.key END
            FROM service s CROSS JOIN LATERAL unnest(s.evidence) AS d(digest)
            WHERE s.evidence && digests AND d.digest = ANY (digests) AND NOT s.voided $$
    """)
    for function in (
        "ever_in(text)",
        "covers_of(text[], text, date, date)",
        "evidence_uses(text[], text)",
    ):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO ajx_app")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
