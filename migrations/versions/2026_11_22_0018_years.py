"""Sums of whole years beside those of months, where a year's months are many rows: what is folded already, put together.

Revision: 0018
Follows: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# By grain: the one that keeps the month, and the same with the year alone.
YEARS = {505: 1017, 383: 895, 473: 985, 471: 983, 441: 953, 435: 947, 255: 767}
DIMENSIONS = "division, date_trunc('year', month::timestamp)::date, insurer, industry, size, tags"
SUMMED = (
    "policies",
    "insured_persons",
    "premium",
    "premium_adjusted",
    "sum_insured",
    "subsidy",
    "fund_agreed",
    "renewals",
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # No folder between the rows that are read here and the first that adds to both.
    op.execute("LOCK TABLE policy_sum IN SHARE ROW EXCLUSIVE MODE")
    yearly = "CASE grain " + " ".join(f"WHEN {month} THEN {year}" for month, year in YEARS.items()) + " END"
    op.execute(
        f"INSERT INTO policy_sum (grain, division, month, insurer, industry, size, tags, {', '.join(SUMMED)})"
        f" SELECT {yearly}, {DIMENSIONS}, {', '.join(f'sum({name})' for name in SUMMED)} FROM policy_sum"
        f" WHERE grain IN ({', '.join(map(str, YEARS))}) GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
