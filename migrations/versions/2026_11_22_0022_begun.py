"""An event says when its transaction began, by the database's clock: before or after others were followed up.

The gateways' clocks, which differ a little, made a storm's filings doubtful for two seconds after every look.

Revision: 0022
Follows: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What is there already keeps none: nobody knows any more.
    op.add_column("event", sa.Column("begun_at", sa.DateTime(timezone=True)))
    op.alter_column("event", "begun_at", server_default=sa.text("now()"))


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
