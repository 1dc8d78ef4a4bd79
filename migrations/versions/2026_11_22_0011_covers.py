"""Covers counted ahead: notes of what changes, the segments of each enterprise of the roster, and their sums.

Whoever is on the roster is noted, exact at once; the worker counts them. Processes of the release before note nothing:
stop them before this migration.

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Settings are '' after a transaction, not NULL: both must match nothing.
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
HERE = f"starts_with(division, {TERRITORY})"

CODE = sa.Text(collation="C")


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    _tables()
    _indexes()
    _walls()
    _functions()
    op.execute("INSERT INTO cover_change (enterprise_uscc) SELECT DISTINCT uscc FROM roster_state")


def _tables() -> None:
    op.create_table(
        "cover_change",
        sa.Column("enterprise_uscc", sa.Text(), nullable=True),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
    )
    op.create_table(
        "cover_segment",
        sa.Column("enterprise_uscc", sa.Text(), nullable=False),
        sa.Column("division", CODE, nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("tags", CODE, nullable=False),
        sa.Column("apart", sa.Boolean(), nullable=False),
        sa.Column("insured", sa.BigInteger(), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("death_limit", sa.Numeric(), nullable=True),
        sa.PrimaryKeyConstraint("enterprise_uscc", "division", "begins_on", name=op.f("pk_cover_segment")),
    )
    op.create_table(
        "cover_sum",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("within", sa.Date(), nullable=False),
        sa.Column("death_limit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("division", CODE, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tags", CODE, nullable=False),
        sa.Column("enterprises", sa.BigInteger(), nullable=False),
        sa.Column("insured", sa.BigInteger(), nullable=False),
        sa.Column("proven", sa.BigInteger(), nullable=False),
        sa.Column("full_staff", sa.BigInteger(), nullable=False),
        sa.Column("short_staff", sa.BigInteger(), nullable=False),
        sa.Column("persons", sa.BigInteger(), nullable=False),
        sa.Column("employees", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "level", "within", "death_limit", "division", "day", "tags", name=op.f("pk_cover_sum")
        ),
    )
    # Changed all day long: in place, while there is room on their page.
    op.execute("ALTER TABLE cover_sum SET (fillfactor = 80)")
    # Every question reads it whole; the folder tidies it, this is for a worker that is away.
    op.execute(
        "ALTER TABLE cover_change SET"
        " (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 100000)"
    )


def _indexes() -> None:
    op.create_index(
        "ix_cover_segment_apart",
        "cover_segment",
        ["division", "enterprise_uscc"],
        postgresql_where=sa.text("apart"),
    )
    op.create_index(
        "ix_cover_segment_bare", "cover_segment", ["division", "enterprise_uscc", "begins_on", "ends_on"],
        postgresql_where=sa.text("insured IS NULL AND NOT proven AND NOT apart"),
    )  # fmt: skip
    op.create_index(
        "ix_cover_segment_short", "cover_segment", ["division", "enterprise_uscc", "begins_on", "ends_on"],
        postgresql_where=sa.text("insured < employees"),
    )  # fmt: skip
    op.create_index(
        "ix_cover_segment_ending", "cover_segment", ["division", "ends_on"],
        postgresql_include=["enterprise_uscc"], postgresql_where=sa.text("insured IS NOT NULL OR proven"),
    )  # fmt: skip


def _walls() -> None:
    op.execute("GRANT SELECT, INSERT, DELETE, MAINTAIN ON cover_change TO ajx_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON cover_segment, cover_sum TO ajx_app")
    for table in ("cover_change", "cover_segment", "cover_sum"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    # Whoever files a policy or an entry notes whose it is; whom others have noted is the folder's to read.
    op.execute("CREATE POLICY telling ON cover_change FOR INSERT TO ajx_app WITH CHECK (true)")
    op.execute(f"CREATE POLICY scope ON cover_change FOR SELECT TO ajx_app USING ({ALL})")
    op.execute(f"CREATE POLICY taking ON cover_change FOR DELETE TO ajx_app USING ({ALL})")
    for table in ("cover_segment", "cover_sum"):
        op.execute(f"CREATE POLICY scope ON {table} FOR SELECT TO ajx_app USING ({ALL} OR {HERE})")
        op.execute(f"CREATE POLICY folding ON {table} TO ajx_app USING ({ALL}) WITH CHECK ({ALL})")


def _functions() -> None:
    """An enterprise is insured wherever its policy lies: these look at policies outside the caller's territory, too.

    Only enterprises on the caller's own roster are told of.
    """
    made = (("roster_noted(text)", NOTED), ("roster_covers_of(text[], date, date)", COVERS_OF))
    for function, statement in made:
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO ajx_app")


# Row by row the setting is dearer than the row: it is asked once.
MINE = f"({ALL} OR starts_with(r.division, {TERRITORY}))"
BODY = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public"
# Whose cover may differ from what was counted, of those who are or were on the caller's roster in a place.
NOTED = f"""
    CREATE FUNCTION roster_noted(place text) RETURNS TABLE (enterprise_uscc text) {BODY} ROWS 1000 AS $$
        SELECT n.uscc FROM (
            SELECT c.enterprise_uscc AS uscc FROM cover_change c WHERE c.enterprise_uscc IS NOT NULL UNION
            SELECT p.enterprise_uscc FROM policy p WHERE p.record_id = ANY (
                ARRAY(SELECT c.policy_id FROM cover_change c WHERE c.policy_id IS NOT NULL))) n
        WHERE EXISTS (SELECT 1 FROM roster_state r WHERE r.uscc = n.uscc AND starts_with(r.division, place) AND {MINE}) $$
"""
# As cancelled_on() says; written out, for a function is called once a row.
CANCELLED = """
    SELECT CASE WHEN n.type = 'cancel' THEN n.effective_on END AS cancelled_on FROM endorsement n
    WHERE n.policy_id = p.record_id AND n.type IN ('cancel', 'reinstate') AND NOT n.voided
    ORDER BY n.effective_on DESC, n.revised_at DESC, n.type DESC LIMIT 1
"""
# As roster_covers() now, of the enterprises that are named: each is looked up.
COVERS_OF = f"""
    CREATE FUNCTION roster_covers_of(enterprises text[], day date, until date)
    RETURNS TABLE (enterprise_uscc text, insured bigint, employees int, employees_on date, death_limit numeric,
                   ends_on date) {BODY} ROWS 1000 AS $$
        SELECT c.* FROM (SELECT DISTINCT r.uscc FROM roster_state r WHERE r.uscc = ANY (enterprises) AND {MINE}) o,
        LATERAL (
            SELECT o.uscc, sum(p.insured_count) FILTER (WHERE p.effective_on <= day) AS insured,
                (max((p.signed_on - date '1900-01-01')::bigint * 1000000000 + p.employee_count)
                    FILTER (WHERE p.effective_on <= day) % 1000000000)::int,
                max(p.signed_on) FILTER (WHERE p.effective_on <= day),
                min(p.per_person_death) FILTER (WHERE p.effective_on <= day),
                max(least(p.expires_on, e.cancelled_on - 1))
            FROM policy p LEFT JOIN LATERAL ({CANCELLED}) AS e ON true
            WHERE p.enterprise_uscc = o.uscc AND NOT p.voided AND p.effective_on <= until AND p.expires_on >= day
                AND (e.cancelled_on IS NULL OR e.cancelled_on > day)) c
        WHERE c.insured IS NOT NULL $$
"""


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
