"""Wide counts of clocks tell the month in which a running clock is due, narrower ones beside them the instant; and whole years.

The folded counts are folded anew from the finest of them. Processes of the release before would read other grains: stop
them before this migration.

Revision: 0016
Follows: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CELL = "division, insurer, month, clock, class, due, soon, lag"
RUNNING = "class IN ('open', 'provisional') AND soon <= 31"
DUE_MONTH = "timezone('Asia/Shanghai', date_trunc('month', timezone('Asia/Shanghai', due)))"
# The finest grain of the release before, and of this one.
BEFORE, FINEST = 7, 10
# As the code of this release folds them; frozen here: number, digits of the place, by insurer, by month, months of due
# instants, running clocks only.
GRAINS = (
    (0, 2, False, True, True, False),
    (1, 4, False, True, True, False),
    (2, 2, True, False, True, False),
    (3, 4, True, False, True, False),
    (4, 6, False, False, True, False),
    (5, 2, True, True, True, False),
    (6, 4, True, True, True, False),
    (7, 9, False, False, False, False),
    (8, 6, False, True, True, False),
    (9, 6, True, True, False, False),
    (11, 4, True, True, False, True),
    (12, 6, False, True, False, True),
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL work_mem = '256MB'")
    op.execute("LOCK TABLE clock_sum IN ACCESS EXCLUSIVE MODE")
    op.execute(
        f"CREATE TEMPORARY TABLE finest ON COMMIT DROP AS SELECT {CELL}, n FROM clock_sum"
        f" WHERE grain = {BEFORE} AND n <> 0"
    )
    op.execute("ANALYZE finest")
    op.execute("TRUNCATE clock_sum")
    # One index at the end costs a third of as many entries one by one.
    op.drop_constraint(op.f("pk_clock_sum"), "clock_sum")
    op.execute(
        f"INSERT INTO clock_sum (grain, {CELL}, n) SELECT {FINEST}, {CELL}, n FROM finest ORDER BY month, division"
    )
    for number, digits, insurers, monthly, rounded, running in GRAINS:
        insurer = "insurer" if insurers else "''"
        month = "month" if monthly else "date_trunc('year', month::timestamp)::date"
        due = f"CASE WHEN {RUNNING} THEN {DUE_MONTH} ELSE due END" if rounded else "due"
        op.execute(
            f'INSERT INTO clock_sum (grain, {CELL}, n) SELECT {number}, left(division, {digits}) COLLATE "C" AS place,'
            f" {insurer} AS whose, {month} AS since, clock, class, {due} AS until, soon, lag, sum(n) FROM finest"
            f"{f' WHERE {RUNNING}' if running else ''} GROUP BY place, whose, since, clock, class, until, soon, lag"
            " HAVING sum(n) <> 0 ORDER BY since, place"
        )
    op.create_primary_key(
        op.f("pk_clock_sum"),
        "clock_sum",
        ["grain", "month", "division", "insurer", "clock", "class", "due", "soon", "lag"],
    )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
