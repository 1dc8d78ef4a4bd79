"""Later pages of the lists of coverage: who was touched since an instant, and how the few who were stood at it.

Revision: 0014
Follows: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
MINE = f"((SELECT current_setting('app.reach', true)) = 'all' OR starts_with(r.division, {TERRITORY}))"
BODY = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public"


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(op.f("ix_roster_state_recorded_at"), "roster_state", ["recorded_at"])
    for statement in (TOUCHED, COVERS_THEN, EVER_THEN, POLICIES_OF_THEN):
        op.execute(statement)
    for function in (
        "roster_touched(timestamptz, text, int)",
        "roster_covers_then(timestamptz, text[], date, date)",
        "roster_ever_then(timestamptz, date, text[])",
        "roster_policies_then(timestamptz, text[])",
    ):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO ajx_app")


# Whose cover, as known, may be another now than at an instant, of those who are or were on the caller's roster in a
# place: every state that was recorded since names its record, and every state of that record its enterprise. One row
# without a code when more than so many policies were recorded since: then counting all of them is no dearer.
TOUCHED = f"""
    CREATE FUNCTION roster_touched(known timestamptz, place text, most int)
    RETURNS TABLE (enterprise_uscc text) {BODY} ROWS 100 AS $$
        WITH policed AS MATERIALIZED (SELECT h.record_id FROM policy_history h WHERE h.recorded_at > known LIMIT most + 1),
        endorsed AS MATERIALIZED (
            SELECT h.record_id FROM endorsement_history h WHERE h.recorded_at > known LIMIT most + 1),
        size AS MATERIALIZED (
            SELECT (SELECT count(*) FROM policed) > most OR (SELECT count(*) FROM endorsed) > most AS large),
        who AS MATERIALIZED (
            SELECT k.enterprise_uscc AS uscc FROM policy_history k WHERE k.record_id = ANY (ARRAY(SELECT record_id FROM policed))
            UNION SELECT p.enterprise_uscc FROM policy p WHERE p.record_id = ANY (ARRAY(
                SELECT k.policy_id FROM endorsement_history k WHERE k.type IN ('cancel', 'reinstate')
                    AND k.record_id = ANY (ARRAY(SELECT record_id FROM endorsed))))
            UNION SELECT s.uscc FROM roster_state s WHERE s.recorded_at > known
            UNION SELECT e.uscc FROM roster_evidence e WHERE e.accepted_at > known OR e.withdrawn_at > known)
        SELECT NULL FROM size WHERE large
        UNION ALL SELECT w.uscc FROM size, who w WHERE NOT large AND EXISTS (
            SELECT 1 FROM roster_state r WHERE r.uscc = w.uscc AND starts_with(r.division, place) AND {MINE}) $$
"""
# The policies of these enterprises, and their cancellations, as known at an instant: who has a record now, and whose
# record has changed since.
POLICIES_THEN = """
    known_policy AS MATERIALIZED (
        SELECT * FROM (
            SELECT DISTINCT ON (h.record_id) h.* FROM policy_history h
            WHERE h.recorded_at <= known AND h.record_id IN (
                SELECT k.record_id FROM policy k WHERE k.enterprise_uscc = ANY (enterprises)
                UNION SELECT k.record_id FROM policy_history k WHERE k.recorded_at > known)
            ORDER BY h.record_id, h.revised_at DESC) s
        WHERE s.enterprise_uscc = ANY (enterprises)),
"""
CANCELLED_THEN = """
    known_ending AS MATERIALIZED (
        SELECT DISTINCT ON (e.policy_id) e.policy_id, CASE WHEN e.type = 'cancel' THEN e.effective_on END AS cancelled_on
        FROM (
            SELECT DISTINCT ON (h.record_id) h.* FROM endorsement_history h
            WHERE h.recorded_at <= known AND h.record_id IN (
                SELECT k.record_id FROM endorsement k WHERE k.policy_id = ANY (ARRAY(SELECT record_id FROM known_policy))
                UNION SELECT k.record_id FROM endorsement_history k WHERE k.recorded_at > known)
            ORDER BY h.record_id, h.revised_at DESC) e
        WHERE e.type IN ('cancel', 'reinstate') AND NOT e.voided
        ORDER BY e.policy_id, e.effective_on DESC, e.revised_at DESC, e.type DESC)
"""
# As roster_covers(), of the enterprises that are named.
COVERS_THEN = f"""
    CREATE FUNCTION roster_covers_then(known timestamptz, enterprises text[], day date, until date)
    RETURNS TABLE (enterprise_uscc text, insured bigint, employees int, employees_on date, death_limit numeric,
                   ends_on date) {BODY} ROWS 1000 AS $$
        WITH {POLICIES_THEN} {CANCELLED_THEN}
        SELECT * FROM (
            SELECT p.enterprise_uscc, sum(p.insured_count) FILTER (WHERE p.effective_on <= day) AS insured,
                (max((p.signed_on - date '1900-01-01')::bigint * 1000000000 + p.employee_count)
                    FILTER (WHERE p.effective_on <= day) % 1000000000)::int,
                max(p.signed_on) FILTER (WHERE p.effective_on <= day),
                min(p.per_person_death) FILTER (WHERE p.effective_on <= day),
                max(least(p.expires_on, e.cancelled_on - 1))
            FROM known_policy p LEFT JOIN known_ending e ON e.policy_id = p.record_id
            WHERE NOT p.voided AND p.effective_on <= until AND p.expires_on >= day
                AND (e.cancelled_on IS NULL OR e.cancelled_on > day)
                AND EXISTS (SELECT 1 FROM roster_state r WHERE r.uscc = p.enterprise_uscc AND {MINE})
            GROUP BY p.enterprise_uscc) c
        WHERE c.insured IS NOT NULL $$
"""
# As roster_ever_insured(): which of these enterprises had a policy that began by the day.
EVER_THEN = f"""
    CREATE FUNCTION roster_ever_then(known timestamptz, day date, enterprises text[])
    RETURNS TABLE (enterprise_uscc text) {BODY} ROWS 1000 AS $$
        WITH {POLICIES_THEN.rstrip().removesuffix(",")}
        SELECT DISTINCT p.enterprise_uscc FROM known_policy p WHERE NOT p.voided AND p.effective_on <= day
            AND EXISTS (SELECT 1 FROM roster_state r WHERE r.uscc = p.enterprise_uscc AND {MINE}) $$
"""
# As roster_policies(): a policy outside the territory without number and insurer.
POLICIES_OF_THEN = f"""
    CREATE FUNCTION roster_policies_then(known timestamptz, enterprises text[])
    RETURNS TABLE (enterprise_uscc text, policy_no text, insurer text, effective_on date, expires_on date,
                   cancelled_on date, signed_on date, insured_count int, employee_count int, record_id uuid)
    {BODY} AS $$
        WITH {POLICIES_THEN} {CANCELLED_THEN}
        SELECT p.enterprise_uscc, CASE WHEN {MINE.replace("r.division", "p.division")} THEN p.key END,
            CASE WHEN {MINE.replace("r.division", "p.division")} THEN p.insurer END, p.effective_on, p.expires_on,
            e.cancelled_on, p.signed_on, p.insured_count, p.employee_count,
            CASE WHEN {MINE.replace("r.division", "p.division")} THEN p.record_id END
        FROM known_policy p LEFT JOIN known_ending e ON e.policy_id = p.record_id
        WHERE NOT p.voided AND EXISTS (SELECT 1 FROM roster_state r WHERE r.uscc = p.enterprise_uscc AND {MINE}) $$
"""


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
