"""The sums of covers once more for wide questions: years and months by district, by city, and by place without the tags.

Derived from the sums that are there. Processes of the release before would not keep them up: stop them before this
migration.

Revision: 0017
Follows: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SUMMED = ("enterprises", "insured", "proven", "full_staff", "short_staff", "persons", "employees")
# What is added to the level of the years and of the months, and the place and the tags of the cell; frozen here.
GRAINS = (
    (3, "left(division, 6)", "tags"),
    (6, "rpad(left(division, 4), 6, '0')", "tags"),
    (9, "left(division, 9)", "''"),
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL work_mem = '256MB'")
    # Nobody folds between what is read here and the end.
    op.execute("LOCK TABLE cover_sum IN SHARE ROW EXCLUSIVE MODE")
    columns, total = ", ".join(SUMMED), ", ".join(f"sum({name})" for name in SUMMED)
    something = " OR ".join(f"sum({name}) <> 0" for name in SUMMED)
    for levels, place, tags in GRAINS:
        op.execute(
            f"INSERT INTO cover_sum (level, within, death_limit, division, day, tags, {columns})"
            f" SELECT level + {levels}, within, death_limit, {place}, day, {tags}, {total} FROM cover_sum WHERE level < 2"
            f" GROUP BY 1, 2, 3, 4, 5, 6 HAVING {something} ORDER BY 1, 2, 3, 4, 5, 6"
        )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
