"""The must-insure roster, accepted evidence, and what covers an enterprise on a day.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Settings are '' after a transaction, not NULL: both must match nothing.
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
HERE = f"starts_with(division, {TERRITORY})"

CODE = sa.Text(collation="C")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    _tables()
    _indexes()
    _walls()
    _functions()


def _tables() -> None:
    op.create_table(
        "roster_filing",
        sa.Column("filing_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("territory", CODE, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("replaced", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("filing_id", name=op.f("pk_roster_filing")),
    )
    op.create_table(
        "roster_state",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("division", CODE, nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("sector_tags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("employee_count", sa.Integer(), nullable=True),
        sa.Column("employee_counted_on", sa.Date(), nullable=True),
        sa.Column("size", sa.Text(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("filing_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("superseded_at", INSTANT, nullable=True),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "version", name=op.f("pk_roster_state")),
    )
    op.create_table(
        "roster_evidence",
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("division", CODE, nullable=False),
        sa.Column("policy_no", sa.Text(), nullable=False),
        sa.Column("insurer_name", sa.Text(), nullable=False),
        sa.Column("policyholder_name", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=False),
        sa.Column("insured_count", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_roster_evidence")),
    )


def _indexes() -> None:
    op.create_index(op.f("ix_roster_state_uscc"), "roster_state", ["uscc"])
    op.create_index(
        "ix_roster_state_standing", "roster_state", ["division", "uscc"],
        postgresql_where=sa.text("superseded_at IS NULL"),
    )  # fmt: skip
    op.create_index(op.f("ix_roster_evidence_uscc"), "roster_evidence", ["uscc"])
    op.create_index(
        "ix_policy_in_force", "policy", ["expires_on", "effective_on"],
        postgresql_include=[
            "enterprise_uscc", "record_id", "voided", "insured_count", "employee_count", "signed_on",
            "per_person_death",
        ],
    )  # fmt: skip
    # An index alone answers where the pages are known to be visible to all: tidied after 2 % of new rows, not 20 %.
    op.execute("ALTER TABLE policy SET (autovacuum_vacuum_insert_scale_factor = 0.02)")


def _walls() -> None:
    op.execute("GRANT SELECT, INSERT ON roster_filing, roster_state, roster_evidence TO ajx_app")
    # A state ceases once; a piece of evidence is withdrawn once. Nothing else of them ever changes.
    op.execute("GRANT UPDATE (superseded_at) ON roster_state TO ajx_app")
    op.execute("GRANT UPDATE (withdrawn_at, withdrawn_by, withdrawn_reason) ON roster_evidence TO ajx_app")
    # Who files for a territory, and who files for one around it, may be named beside an entry.
    filed = f"starts_with(territory, {TERRITORY}) OR starts_with({TERRITORY}, territory)"
    # Evidence belongs to the enterprise: whoever has it on their roster sees what covers it.
    proven = f"({TERRITORY} IS NOT NULL AND EXISTS (SELECT 1 FROM roster_state r WHERE r.uscc = roster_evidence.uscc))"
    visible = {
        "roster_filing": (filed, f"starts_with(territory, {TERRITORY})"),
        "roster_state": (HERE, HERE),
        "roster_evidence": (f"{HERE} OR {proven}", HERE),
    }
    for table, (readable, writable) in visible.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} FOR SELECT TO ajx_app USING ({ALL} OR {readable})")
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO ajx_app WITH CHECK ({ALL} OR {writable})")
        op.execute(
            f"CREATE POLICY ceasing ON {table} FOR UPDATE TO ajx_app"
            f" USING ({ALL} OR {writable}) WITH CHECK ({ALL} OR {writable})"
        )
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def _functions() -> None:
    """An enterprise is insured wherever its policy lies: these look at policies outside the caller's territory, too.

    Only enterprises on the caller's own roster are told of, and of a policy outside the territory neither number nor
    insurer. Planned anew at each call, with what the caller may see written out: a town's roster and the country's
    want different plans, and a setting compared row by row spoils the estimates of both.
    """
    made = (
        ("roster_covers(timestamptz, date, date, text)", COVERS),
        ("roster_ever_insured(timestamptz, date, text[])", EVER),
        ("roster_policies(timestamptz, text[])", POLICIES),
        ("roster_mark_shared(text[])", SHARED),
    )
    for function, statement in made:
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO ajx_app")


def _inside(statement: str) -> str:
    """A statement as it stands inside a quoted one."""
    return statement.replace("'", "''")


# As versions() in the store says: of the states recorded by then, the one revised last.
POLICIES_THEN = """
    (SELECT DISTINCT ON (h.record_id) h.* FROM policy_history h
     WHERE h.recorded_at <= $1 ORDER BY h.record_id, h.revised_at DESC)
"""
ENDORSEMENTS_THEN = """
    (SELECT DISTINCT ON (h.record_id) h.* FROM endorsement_history h
     WHERE h.recorded_at <= $1 AND h.record_id IN
        (SELECT k.record_id FROM endorsement_history k WHERE k.type IN ('cancel', 'reinstate'))
     ORDER BY h.record_id, h.revised_at DESC)
"""
# The day from which the latest of the cancellations and reinstatements ends the policy: as cancelled_on() says.
ENDED = """
    (SELECT DISTINCT ON (e.policy_id) e.policy_id, CASE WHEN e.type = 'cancel' THEN e.effective_on END AS cancelled_on
     FROM %2$s e WHERE e.type IN ('cancel', 'reinstate') AND NOT e.voided
     ORDER BY e.policy_id, e.effective_on DESC, e.revised_at DESC, e.type DESC)
"""
# What stands or what was known at an instant; and what the caller may see of rows with a division.
BEGIN = f"""
    DECLARE
        policies text := 'policy';
        endorsements text := 'endorsement';
        territory text := nullif(current_setting('app.territory', true), '');
        mine text := 'false';
    BEGIN
        IF current_setting('app.reach', true) = 'all' THEN
            mine := 'true';
        ELSIF territory IS NOT NULL THEN
            mine := format('%%s.division ^@ %L', territory);
        END IF;
        IF known IS NOT NULL THEN
            policies := '{_inside(POLICIES_THEN)}';
            endorsements := '{_inside(ENDORSEMENTS_THEN)}';
        END IF;
"""
BODY = "LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public SET work_mem = '64MB'"
COVERED = f"""
    SELECT c.enterprise_uscc, c.insured, (c.latest %% 1000000000)::int,
        date '1900-01-01' + (c.latest / 1000000000)::int, c.death_limit, c.ends_on
    FROM (
        SELECT p.enterprise_uscc,
            sum(p.insured_count) FILTER (WHERE p.effective_on <= $2) AS insured,
            max((p.signed_on - date '1900-01-01')::bigint * 1000000000 + p.employee_count)
                FILTER (WHERE p.effective_on <= $2) AS latest,
            min(p.per_person_death) FILTER (WHERE p.effective_on <= $2) AS death_limit,
            max(least(p.expires_on, e.cancelled_on - 1)) AS ends_on
        FROM %1$s p LEFT JOIN {ENDED} e ON e.policy_id = p.record_id
        WHERE NOT p.voided AND p.effective_on <= $3 AND p.expires_on >= $2
            AND (e.cancelled_on IS NULL OR e.cancelled_on > $2)
            AND p.enterprise_uscc IN (SELECT r.uscc FROM roster_state r WHERE %3$s AND %4$s)
        GROUP BY p.enterprise_uscc) c
    WHERE c.insured IS NOT NULL
"""
# The same for a town, now: few enterprises, each looked up.
COVERED_HERE = """
    SELECT c.* FROM (SELECT DISTINCT r.uscc FROM roster_state r WHERE %1$s AND %2$s OFFSET 0) o, LATERAL (
        SELECT o.uscc, sum(p.insured_count) FILTER (WHERE p.effective_on <= $2) AS insured,
            (max((p.signed_on - date '1900-01-01')::bigint * 1000000000 + p.employee_count)
                FILTER (WHERE p.effective_on <= $2) %% 1000000000)::int,
            max(p.signed_on) FILTER (WHERE p.effective_on <= $2),
            min(p.per_person_death) FILTER (WHERE p.effective_on <= $2),
            max(least(p.expires_on, e.cancelled_on - 1))
        FROM policy p LEFT JOIN LATERAL (SELECT cancelled_on(p.record_id)) AS e(cancelled_on) ON true
        WHERE p.enterprise_uscc = o.uscc AND NOT p.voided AND p.effective_on <= $3 AND p.expires_on >= $2
            AND (e.cancelled_on IS NULL OR e.cancelled_on > $2)) c
    WHERE c.insured IS NOT NULL
"""
# Per enterprise of the roster that is covered on ``day``: persons, employees (of the policy signed last), the lowest
# limit, the last day of its cover. The cover may be continued by policies that begin by ``until``.
COVERS = f"""
    CREATE FUNCTION roster_covers(known timestamptz, day date, until date, place text)
    RETURNS TABLE (enterprise_uscc text, insured bigint, employees int, employees_on date, death_limit numeric,
                   ends_on date) {BODY} ROWS 20000 AS $$ {BEGIN.replace("DECLARE", "DECLARE narrow bool := length(place) >= 9;")}
        place := CASE WHEN place = '' THEN 'true' ELSE format('r.division ^@ %L', place) END;
        IF known IS NULL AND narrow THEN
            RETURN QUERY EXECUTE format('{_inside(COVERED_HERE)}', format(mine, 'r'), place) USING known, day, until;
        ELSE
            RETURN QUERY EXECUTE format('{_inside(COVERED)}', policies, endorsements, format(mine, 'r'), place)
                USING known, day, until;
        END IF;
    END $$
"""
BEFORE = """
    SELECT DISTINCT p.enterprise_uscc FROM %1$s p
    WHERE NOT p.voided AND p.effective_on <= $2 AND p.enterprise_uscc IN (
        SELECT r.uscc FROM unnest($3) AS g(uscc) JOIN roster_state r USING (uscc) WHERE %2$s)
"""
# Which of these enterprises had a policy that began by ``day``.
EVER = f"""
    CREATE FUNCTION roster_ever_insured(known timestamptz, day date, enterprises text[])
    RETURNS TABLE (enterprise_uscc text) {BODY} ROWS 10000 AS $$ {BEGIN}
        RETURN QUERY EXECUTE format('{_inside(BEFORE)}', policies, format(mine, 'r')) USING known, day, enterprises;
    END $$
"""
HELD = f"""
    SELECT p.enterprise_uscc, CASE WHEN %4$s THEN p.key END, CASE WHEN %4$s THEN p.insurer END,
        p.effective_on, p.expires_on, e.cancelled_on, p.signed_on, p.insured_count, p.employee_count,
        CASE WHEN %4$s THEN p.record_id END
    FROM %1$s p LEFT JOIN {ENDED} e ON e.policy_id = p.record_id
    WHERE NOT p.voided AND p.enterprise_uscc IN (
        SELECT r.uscc FROM unnest($2) AS g(uscc) JOIN roster_state r USING (uscc) WHERE %3$s)
"""
# Every policy of these enterprises, as far as they are on the caller's roster.
POLICIES = f"""
    CREATE FUNCTION roster_policies(known timestamptz, enterprises text[])
    RETURNS TABLE (enterprise_uscc text, policy_no text, insurer text, effective_on date, expires_on date,
                   cancelled_on date, signed_on date, insured_count int, employee_count int, record_id uuid)
    {BODY} AS $$ {BEGIN}
        RETURN QUERY EXECUTE format('{_inside(HELD)}', policies, endorsements, format(mine, 'r'), format(mine, 'p'))
            USING known, enterprises;
    END $$
"""
# An enterprise with entries of several sources is put together when it is counted; the others, nearly all, need not be.
# The sources may belong to territories that do not see each other.
SHARED = """
    CREATE FUNCTION roster_mark_shared(enterprises text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
        UPDATE roster_state s SET shared = true WHERE s.uscc = ANY (enterprises) AND NOT s.shared AND EXISTS (
            SELECT 1 FROM roster_state o WHERE o.uscc = s.uscc AND o.entry_id <> s.entry_id) $$
"""


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
