"""Published scorecards and appeals.

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Settings are '' after a transaction, not NULL: both must match nothing.
INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
ALL = "(SELECT current_setting('app.reach', true)) = 'all'"
# Whoever is responsible for the place, for a larger one around it, or for a part of it.
PLACED = f"(starts_with(place, {TERRITORY}) OR starts_with({TERRITORY}, place))"
RESPONSIBLE = f"{ALL} OR starts_with(place, {TERRITORY})"
OWN = f"insurer = {INSURER}"
PUBLISHED = "evaluation_id IN (SELECT e.evaluation_id FROM evaluation e WHERE e.published_at IS NOT NULL)"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    _evaluation()
    _scorecards()
    _appeal()
    _walls()


def _evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("scheme_digest", sa.Text(), nullable=False),
        sa.Column("scheme_text", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("evaluation_id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint(
            "jurisdiction", "period", "scheme", name=op.f("uq_evaluation_jurisdiction_period_scheme")
        ),
    )


def _scorecards() -> None:
    op.create_table(
        "scorecard",
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("appeal_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("evaluation_id", "insurer", "edition", name=op.f("pk_scorecard")),
    )
    op.create_index(op.f("ix_scorecard_insurer"), "scorecard", ["insurer"])
    op.create_table(
        "scorecard_unit",
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "evaluation_id", "insurer", "edition", "item", "unit_id", name=op.f("pk_scorecard_unit")
        ),
    )


def _appeal() -> None:
    op.create_table(
        "appeal",
        sa.Column("appeal_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("units", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("struck", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("reopened_as_of", INSTANT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_appeal")),
    )
    op.create_index(op.f("ix_appeal_insurer_requested_at"), "appeal", ["insurer", "requested_at"])
    op.create_index(
        "uq_appeal_open",
        "appeal",
        ["evaluation_id", "insurer", "item"],
        unique=True,
        postgresql_where=sa.text("decision IS NULL"),
    )


def _walls() -> None:
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON evaluation TO ajx_app")
    op.execute("GRANT SELECT, INSERT ON scorecard, scorecard_unit TO ajx_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON appeal TO ajx_app")
    for table in ("evaluation", "scorecard", "scorecard_unit", "appeal"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    # That an evaluation of a place was published, under which text and as of when, is no secret to any insurer;
    # a proposal is seen by those who are responsible for the place.
    shown = f"({RESPONSIBLE}) OR (published_at IS NOT NULL AND ({PLACED} OR {INSURER} IS NOT NULL))"
    op.execute(f"CREATE POLICY scope ON evaluation FOR SELECT TO ajx_app USING ({shown})")
    op.execute(f"CREATE POLICY proposing ON evaluation FOR INSERT TO ajx_app WITH CHECK ({RESPONSIBLE})")
    # What was published is never written again, by nobody.
    unpublished = f"({RESPONSIBLE}) AND published_at IS NULL"
    op.execute(
        f"CREATE POLICY publishing ON evaluation FOR UPDATE TO ajx_app"
        f" USING ({unpublished}) WITH CHECK ({RESPONSIBLE})"
    )
    op.execute(f"CREATE POLICY withdrawing ON evaluation FOR DELETE TO ajx_app USING ({unpublished})")
    # A part of the place reads the scorecards, not the records of its neighbours behind them.
    for table, also in (("scorecard", f"({OWN} OR {PLACED})"), ("scorecard_unit", OWN)):
        seen = f"({RESPONSIBLE}) OR ({also} AND {PUBLISHED})"
        op.execute(f"CREATE POLICY scope ON {table} FOR SELECT TO ajx_app USING ({seen})")
        op.execute(f"CREATE POLICY issuing ON {table} FOR INSERT TO ajx_app WITH CHECK ({RESPONSIBLE})")
    mine = f"{OWN} OR {RESPONSIBLE}"
    op.execute(f"CREATE POLICY scope ON appeal FOR SELECT TO ajx_app USING ({mine})")
    op.execute(
        f"CREATE POLICY appealing ON appeal FOR INSERT TO ajx_app WITH CHECK ({OWN} AND decision IS NULL)"
    )
    op.execute(
        f"CREATE POLICY deciding ON appeal FOR UPDATE TO ajx_app"
        f" USING (({RESPONSIBLE}) AND decision IS NULL) WITH CHECK ({RESPONSIBLE})"
    )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
