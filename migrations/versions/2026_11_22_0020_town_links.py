"""A town's distinct enterprises by insurer and year, counted ahead like those of larger places: what is folded, linked once more.

Processes of the release before would not keep these counts up: stop them before this migration.

Revision: 0020
Follows: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# By town and insurer, years linked; frozen here.
GRAIN = 191
YEAR = "date_trunc('year', {}::timestamp)::date"
PREVIOUS = "coalesce(lag(year) OVER (PARTITION BY {} ORDER BY year), '-infinity'::date) AS previous"


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL work_mem = '256MB'")
    # Nobody folds between what is read here and the end.
    op.execute("LOCK TABLE enterprise_month, attached_fact IN SHARE ROW EXCLUSIVE MODE")
    op.execute(
        "INSERT INTO enterprise_link (grain, division, month, previous, insurer, enterprises)"
        f" SELECT {GRAIN}, place, year, previous, insurer, count(*) FROM (SELECT place, year, insurer,"
        f" {PREVIOUS.format('enterprise_uscc, place, insurer')} FROM (SELECT DISTINCT enterprise_uscc,"
        f" left(division, 9) AS place, insurer, {YEAR.format('month')} AS year FROM enterprise_month"
        " WHERE policies > 0) AS there) AS link GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
    )
    op.execute(
        "INSERT INTO attached_link (kind, grain, division, month, previous, insurer, enterprises)"
        f" SELECT kind, {GRAIN}, place, year, previous, insurer, count(*) FROM (SELECT kind, place, year, insurer,"
        f" {PREVIOUS.format('kind, enterprise, place, insurer')} FROM (SELECT DISTINCT kind, enterprise,"
        f" left(division, 9) AS place, insurer, {YEAR.format('day')} AS year FROM attached_fact"
        " WHERE placed AND enterprise IS NOT NULL) AS there) AS link GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"
    )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
