"""A stored record says which edition of rules found nothing wrong in it.

Revision: 0026
Follows: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_KINDS = (
    "policy",
    "endorsement",
    "claim",
    "service_plan",
    "service",
    "hazard",
    "fund_entry",
    "annual_report",
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for kind in _KINDS:
        op.add_column(kind, sa.Column("clean_edition", sa.Integer(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
