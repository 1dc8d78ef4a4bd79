"""What is attached to policies counted ahead: notes of what changes, what the records of each policy come to, and sums.

Everything attached is noted; until the worker has counted it, it is answered from the rows. Processes of the release
before note nothing: stop them before this migration.

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Settings are '' after a transaction, not NULL: both must match nothing.
INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
OWN = f"insurer = {INSURER} OR {ALL}"
# As of the sums of policies: a sum over several insurers is no insurer's own, a place's is seen from it or around it.
VISIBLE = f"{OWN} OR starts_with(division, {TERRITORY})"

CODE = sa.Text(collation="C")
COUNTS = {
    "endorsement": ("endorsements", "cancellations", "premium_change"),
    "claim": (
        "claims", "claims_open", "claims_closed", "claims_paid", "claims_reserve", "direct_loss", "deaths", "missing",
        "serious_injuries", "minor_injuries",
    ),
    "service_plan": ("service_plans",),
    "service": (
        "services", "services_completed", "service_cost", "services_rated", "rating_stars", "rating_answers",
    ),
    "hazard": ("hazards_general", "hazards_major", "hazards_rectified", "hazards_refused"),
    "fund_entry": ("fund_accrued", "fund_spent"),
}  # fmt: skip
AMOUNTS = (
    "premium_change",
    "claims_paid",
    "claims_reserve",
    "direct_loss",
    "service_cost",
    "fund_accrued",
    "fund_spent",
)

# What one record of each kind contributes, its day, and whether it counts.
RATED = "(c.rating_attitude IS NOT NULL AND c.rating_professionalism IS NOT NULL AND c.rating_timeliness IS NOT NULL)::int"
# A reversal stands on the side of the entry it reverses; while that is unknown, where its own words put it.
SIDE = "({0}.type = 'spend' OR {0}.type IN ('adjustment', 'reversal') AND ({0}.purpose IS NOT NULL OR {0}.service_no IS NOT NULL))"
SPENDING = (
    "CASE WHEN c.type = 'reversal' THEN coalesce((SELECT " + SIDE.format("r") + " FROM fund_entry r"
    " WHERE r.record_id = record_id_of(c.insurer, 'fund_entry', c.reverses_entry_no)"
    " AND r.type IN ('accrual', 'spend', 'adjustment')), " + SIDE.format("c") + ") ELSE "
    + SIDE.format("c") + " END"
)  # fmt: skip
CONTRIBUTED = {
    "endorsement": ("1", "(c.type = 'cancel')::int", "c.premium_change"),
    "claim": (
        "1", "(c.state <> 'closed')::int", "(c.state = 'closed')::int", "c.paid",
        "CASE WHEN c.state <> 'closed' THEN c.reserve ELSE 0 END", "c.direct_loss", "c.deaths", "c.missing",
        "c.serious_injuries", "c.minor_injuries",
    ),
    "service_plan": ("(c.state <> 'assigned')::int",),
    "service": (
        "1", "(c.state IN ('completed', 'confirmed'))::int", "c.cost", RATED,
        "coalesce(c.rating_attitude + c.rating_professionalism + c.rating_timeliness, 0)", f"3 * {RATED}",
    ),
    "hazard": (
        "(c.level = 'general')::int", "(c.level = 'major')::int", "(c.state IN ('rectified', 'closed'))::int",
        "(c.state = 'refused')::int",
    ),
    "fund_entry": ("CASE WHEN spending THEN 0 ELSE amount END", "CASE WHEN spending THEN amount ELSE 0 END"),
}  # fmt: skip
DAYS = {
    "endorsement": "issued_on",
    "claim": "reported_on",
    "service_plan": "submitted_on",
    "service": "started_on",
    "hazard": "found_on",
    "fund_entry": "entered_on",
}
COUNTED = dict.fromkeys(DAYS, "NOT c.voided") | {"service": "NOT c.voided AND c.state <> 'cancelled'"}
# The same set of tags is always written the same way.
TAGS = (
    "CASE WHEN cardinality(p.sector_tags) < 2 THEN array_to_string(p.sector_tags, ',') ELSE (SELECT"
    ' string_agg(DISTINCT tag COLLATE "C", \',\' ORDER BY tag COLLATE "C") FROM unnest(p.sector_tags) AS tag) END'
)
PLACED = (
    "coalesce(p.industry, '') AS industry, coalesce(p.size, '') AS size,"
    f" coalesce({TAGS}, '') AS tags, coalesce(p.enterprise_uscc, c.policy_id::text) AS enterprise"
)
SEEN = f"(c.insurer = {INSURER} OR {ALL} OR starts_with(%s, {TERRITORY}))"


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    _tables()
    _walls()
    _views()
    _function()
    # No push between the rows that are read here and the first that brings its own note.
    op.execute(f"LOCK TABLE policy, {', '.join(COUNTS)} IN SHARE MODE")
    for kind in COUNTS:
        op.execute(
            "INSERT INTO attached_change (kind, subject_id, insurer)"
            f" SELECT DISTINCT '{kind}', coalesce(policy_id, record_id), insurer FROM {kind}"
        )


def _summed() -> list[sa.Column[object]]:
    names = [name for figures in COUNTS.values() for name in figures]
    return [sa.Column(name, sa.Numeric() if name in AMOUNTS else sa.BigInteger()) for name in names]


def _cell() -> list[sa.Column[object]]:
    return [
        sa.Column("kind", CODE, nullable=False),
        sa.Column("grain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("division", CODE, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
    ]


def _tables() -> None:
    op.create_table(
        "attached_change",
        sa.Column("kind", CODE, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", CODE, nullable=False),
    )
    op.create_table(
        "attached_fact",
        sa.Column("kind", CODE, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("placed", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, CODE, nullable=False)
            for name in ("division", "insurer", "industry", "size", "tags")
        ),
        sa.Column("enterprise", CODE, nullable=True),
        sa.Column("records", sa.BigInteger(), nullable=False),
        *_summed(),
        sa.PrimaryKeyConstraint("kind", "subject_id", "day", name=op.f("pk_attached_fact")),
    )
    op.create_index("ix_attached_fact_division", "attached_fact", ["kind", "division", "day"])
    op.create_index("ix_attached_fact_enterprise", "attached_fact", ["enterprise", "kind"])
    op.create_index(
        "ix_attached_fact_waiting",
        "attached_fact",
        ["kind", "subject_id"],
        postgresql_where=sa.text("NOT placed"),
    )
    op.create_table(
        "attached_sum",
        *_cell(),
        sa.Column("insurer", CODE, nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        *_summed(),
        sa.PrimaryKeyConstraint(
            "kind", "grain", "division", "month", "insurer", name=op.f("pk_attached_sum")
        ),
    )
    op.create_table(
        "attached_link",
        *_cell(),
        sa.Column("previous", sa.Date(), nullable=False),
        sa.Column("insurer", CODE, nullable=False),
        sa.Column("enterprises", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "kind", "grain", "division", "month", "previous", "insurer", name=op.f("pk_attached_link")
        ),
    )
    # Changed all day long: in place, while there is room on their page.
    for table in ("attached_sum", "attached_link"):
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 80)")
    # Every question reads it whole; the folder tidies it, this is for a worker that is away.
    op.execute(
        "ALTER TABLE attached_change SET"
        " (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 100000)"
    )


def _walls() -> None:
    op.execute("GRANT SELECT, INSERT, DELETE, MAINTAIN ON attached_change TO ajx_app")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON attached_fact, attached_sum, attached_link TO ajx_app"
    )
    for table in ("attached_change", "attached_fact", "attached_sum", "attached_link"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    # A push tells of its own insurer only; what others have noted is the folder's to read.
    op.execute(f"CREATE POLICY telling ON attached_change FOR INSERT TO ajx_app WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY scope ON attached_change FOR SELECT TO ajx_app USING ({OWN})")
    op.execute(f"CREATE POLICY taking ON attached_change FOR DELETE TO ajx_app USING ({ALL})")
    for table in ("attached_fact", "attached_sum", "attached_link"):
        op.execute(f"CREATE POLICY scope ON {table} FOR SELECT TO ajx_app USING ({VISIBLE})")
        op.execute(f"CREATE POLICY folding ON {table} TO ajx_app USING ({ALL}) WITH CHECK ({ALL})")


def _views() -> None:
    """One row a record that counts, as the folder and the questions read it. Owned by whoever migrates, whom row-level
    security lets through: each view is the wall itself, and looks at the policy it has joined anyway."""
    for kind, names in COUNTS.items():
        values = ", ".join(f"{sql} AS {name}" for sql, name in zip(CONTRIBUTED[kind], names, strict=True))
        day = f"coalesce(c.{DAYS[kind]}, '-infinity') AS day"
        told = (
            f"SELECT c.policy_id AS subject_id, c.insurer, {day}, p.record_id IS NOT NULL AS placed,"
            f" coalesce(p.division, '') AS division, {PLACED}, {values}"
            f" FROM {kind} c LEFT JOIN policy p ON p.record_id = c.policy_id"
            f" WHERE {COUNTED[kind]} AND {SEEN % 'p.division'}"
        )
        if kind == "fund_entry":
            entries = f"(SELECT *, {SPENDING} AS spending FROM fund_entry c)"
            told = told.replace("FROM fund_entry c", f"FROM {entries} c")
            # Entries of the fund that belong to no policy lie where the fund is kept.
            told += (
                f" AND c.policy_id IS NOT NULL UNION ALL SELECT c.record_id, c.insurer, {day}, true,"
                f" coalesce(c.kept_division, ''), '', '', '', NULL, {values} FROM {entries} c"
                f" WHERE c.policy_id IS NULL AND NOT c.voided AND {SEEN % 'c.kept_division'}"
            )
        op.execute(f"CREATE VIEW attached_{kind} AS {told}")
        op.execute(f"GRANT SELECT ON attached_{kind} TO ajx_app")


def _function() -> None:
    """Of a kind, whose records in a place must be counted anew: noted, or counted while their policy was not there.

    Only what lies in the caller's own territory, or is the caller's own, is told; a row without an id says that more wait
    for their policies than one may look at.
    """
    op.execute(NOTED)
    function = "attached_noted(text, text)"
    op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO ajx_app")


HERE = f"starts_with(%s, place) AND ({ALL} OR s.insurer = {INSURER} OR starts_with(%s, {TERRITORY}))"
NOTED = f"""
    CREATE FUNCTION attached_noted(of text, place text) RETURNS TABLE (subject_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 1000 AS $$
        WITH waiting AS MATERIALIZED (
            SELECT f.subject_id, f.insurer FROM attached_fact f WHERE f.kind = of AND NOT f.placed LIMIT 20001),
        noted AS MATERIALIZED (SELECT n.subject_id, n.insurer FROM attached_change n WHERE n.kind = of),
        every AS (
            SELECT subject_id, insurer FROM noted UNION SELECT subject_id, insurer FROM waiting
            -- An entry of the fund that reverses another stands on the other's side.
            UNION SELECT coalesce(r.policy_id, r.record_id), r.insurer
            FROM noted n JOIN fund_entry e ON e.policy_id = n.subject_id
                JOIN fund_entry r ON r.reverses_entry_no = e.key AND r.insurer = e.insurer
            WHERE of = 'fund_entry'
            UNION SELECT coalesce(r.policy_id, r.record_id), r.insurer
            FROM noted n JOIN fund_entry e ON e.record_id = n.subject_id
                JOIN fund_entry r ON r.reverses_entry_no = e.key AND r.insurer = e.insurer
            WHERE of = 'fund_entry')
        SELECT NULL::uuid WHERE (SELECT count(*) FROM waiting) > 20000
        UNION ALL SELECT s.subject_id FROM every s WHERE (SELECT count(*) FROM waiting) <= 20000 AND (
            place = '' AND ({ALL} OR s.insurer = {INSURER})
            -- OFFSET 0: each is looked up by its id, no table is read whole.
            OR EXISTS (SELECT 1 FROM policy p
                WHERE p.record_id = s.subject_id AND {HERE % ("p.division", "p.division")} OFFSET 0)
            OR EXISTS (SELECT 1 FROM attached_fact f
                WHERE f.kind = of AND f.subject_id = s.subject_id AND {HERE % ("f.division", "f.division")} OFFSET 0)
            OR of = 'fund_entry' AND EXISTS (SELECT 1 FROM fund_entry e WHERE e.record_id = s.subject_id
                AND e.policy_id IS NULL AND {HERE % ("e.kept_division", "e.kept_division")} OFFSET 0)) $$
"""


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
