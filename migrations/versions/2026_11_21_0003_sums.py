"""The sums: deltas that pushes append, the lattice they are folded into, and the counts of distinct enterprises.

What is already stored becomes pending deltas, exact at once; the worker folds them. Processes of the release before
append no deltas: stop them before this migration.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Settings are '' after a transaction, not NULL: both must match nothing.
INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
OWN = f"insurer = {INSURER} OR {ALL}"
# A sum over several insurers names none, one over several places names what they have in common: neither is an
# insurer's own, nor within a territory that is smaller.
VISIBLE = f"{OWN} OR starts_with(division, {TERRITORY})"

CODE = sa.Text(collation="C")
MONEY = sa.Numeric(precision=18, scale=2)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    _tables()
    _walls()
    # A policy cancelled and reinstated on one day by states of one instant stands again: nothing is left to chance.
    op.execute("""
        CREATE OR REPLACE FUNCTION cancelled_on(policy uuid) RETURNS date LANGUAGE sql STABLE AS $$
            SELECT CASE WHEN e.type = 'cancel' THEN e.effective_on END FROM endorsement e
            WHERE e.policy_id = policy AND e.type IN ('cancel', 'reinstate') AND NOT e.voided
            ORDER BY e.effective_on DESC, e.revised_at DESC, e.type DESC LIMIT 1 $$
    """)
    # No push between the rows that are read here and the first that brings its own delta.
    op.execute("LOCK TABLE policy IN SHARE MODE")
    summed = (
        "division, signed_on, industry, size, sector_tags, enterprise_uscc, insured_count, premium_received,"
        " premium_refunded, premium_adjusted, aggregate, subsidy_amount, fund_amount, renewal_of"
    )
    op.execute(
        f"INSERT INTO policy_delta (record_id, insurer, sign, {summed})"
        f" SELECT record_id, insurer, 1, {summed} FROM policy WHERE NOT voided"
    )


def _tables() -> None:
    op.create_table(
        "policy_delta",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", CODE, nullable=False),
        sa.Column("sign", sa.SmallInteger(), nullable=False),
        sa.Column("division", CODE, nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("industry", CODE, nullable=False),
        sa.Column("size", CODE, nullable=True),
        sa.Column("sector_tags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("enterprise_uscc", CODE, nullable=False),
        sa.Column("insured_count", sa.Integer(), nullable=False),
        sa.Column("premium_received", MONEY, nullable=False),
        sa.Column("premium_refunded", MONEY, nullable=False),
        sa.Column("premium_adjusted", MONEY, nullable=False),
        sa.Column("aggregate", MONEY, nullable=False),
        sa.Column("subsidy_amount", MONEY, nullable=True),
        sa.Column("fund_amount", MONEY, nullable=False),
        sa.Column("renewal_of", sa.Text(), nullable=True),
    )
    op.create_table(
        "policy_sum",
        sa.Column("grain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("division", CODE, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("insurer", CODE, nullable=False),
        sa.Column("industry", CODE, nullable=False),
        sa.Column("size", CODE, nullable=False),
        sa.Column("tags", CODE, nullable=False),
        sa.Column("policies", sa.BigInteger(), nullable=False),
        sa.Column("insured_persons", sa.BigInteger(), nullable=False),
        sa.Column("premium", sa.Numeric(), nullable=False),
        sa.Column("premium_adjusted", sa.Numeric(), nullable=False),
        sa.Column("sum_insured", sa.Numeric(), nullable=False),
        sa.Column("subsidy", sa.Numeric(), nullable=False),
        sa.Column("fund_agreed", sa.Numeric(), nullable=False),
        sa.Column("renewals", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "grain", "division", "month", "insurer", "industry", "size", "tags", name=op.f("pk_policy_sum")
        ),
    )
    op.create_table(
        "enterprise_month",
        sa.Column("enterprise_uscc", CODE, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("division", CODE, nullable=False),
        sa.Column("insurer", CODE, nullable=False),
        sa.Column("policies", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "enterprise_uscc", "month", "division", "insurer", name=op.f("pk_enterprise_month")
        ),
    )
    op.create_index(op.f("ix_enterprise_month_division_month"), "enterprise_month", ["division", "month"])
    op.create_table(
        "enterprise_link",
        sa.Column("grain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("division", CODE, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("previous", sa.Date(), nullable=False),
        sa.Column("insurer", CODE, nullable=False),
        sa.Column("enterprises", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "grain", "division", "month", "previous", "insurer", name=op.f("pk_enterprise_link")
        ),
    )
    # Coarse sums change all day long: in place, while there is room on their page.
    op.execute("ALTER TABLE policy_sum SET (fillfactor = 80)")
    op.execute("ALTER TABLE enterprise_link SET (fillfactor = 80)")
    # Every question reads it whole; the folder tidies it, this is for a worker that is away.
    op.execute(
        "ALTER TABLE policy_delta SET"
        " (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 100000)"
    )


def _walls() -> None:
    op.execute("GRANT SELECT, INSERT, DELETE, MAINTAIN ON policy_delta TO ajx_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON policy_sum, enterprise_month, enterprise_link TO ajx_app")
    for table in ("policy_delta", "policy_sum", "enterprise_month", "enterprise_link"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} FOR SELECT TO ajx_app USING ({VISIBLE})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    # A push tells of its own insurer only; taking out and adding up are the folder's.
    op.execute(f"CREATE POLICY telling ON policy_delta FOR INSERT TO ajx_app WITH CHECK ({OWN})")
    op.execute(f"CREATE POLICY taking ON policy_delta FOR DELETE TO ajx_app USING ({ALL})")
    for table in ("policy_sum", "enterprise_month", "enterprise_link"):
        op.execute(f"CREATE POLICY adding ON {table} FOR INSERT TO ajx_app WITH CHECK ({ALL})")
        op.execute(
            f"CREATE POLICY changing ON {table} FOR UPDATE TO ajx_app USING ({ALL}) WITH CHECK ({ALL})"
        )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
