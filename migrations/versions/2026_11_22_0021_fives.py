"""The sums of covers by province, and of wide grains five days together: what the cells of a cut month come to.

Derived from the sums that are there. Processes of the release before would not keep them up: stop them before this
migration.

Revision: 0021
Follows: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SUMMED = ("enterprises", "insured", "proven", "full_staff", "short_staff", "persons", "employees")
FIVE = "within + least((day - within) / 5, 5) * 5"
CITY, PROVINCE, TOWN = (
    "rpad(left(division, 4), 6, '0')",
    "rpad(left(division, 2), 6, '0')",
    "left(division, 9)",
)
# The level that is read, the one that is written, and the place, the day and the tags of its cells; of all limits, or of
# no limit alone. Frozen here.
LEVELS = (
    (6, 12, PROVINCE, "day", "tags", "true"),
    (7, 13, PROVINCE, "day", "tags", "true"),
    (2, 8, CITY, FIVE, "tags", "death_limit < 0"),
    (2, 11, TOWN, FIVE, "''", "death_limit < 0"),
    (8, 14, PROVINCE, "day", "tags", "true"),
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL work_mem = '256MB'")
    # Nobody folds between what is read here and the end.
    op.execute("LOCK TABLE cover_sum IN SHARE ROW EXCLUSIVE MODE")
    columns, total = ", ".join(SUMMED), ", ".join(f"sum({name})" for name in SUMMED)
    something = " OR ".join(f"sum({name}) <> 0" for name in SUMMED)
    for level, wide, place, day, tags, limits in LEVELS:
        op.execute(
            f"INSERT INTO cover_sum (level, within, death_limit, division, day, tags, {columns})"
            f" SELECT {wide}, within, death_limit, {place}, {day}, {tags}, {total} FROM cover_sum WHERE level = {level} AND {limits}"
            f" GROUP BY 1, 2, 3, 4, 5, 6 HAVING {something} ORDER BY 1, 2, 3, 4, 5, 6"
        )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
