"""A regulator's wall around excuses asks for each excuse's own clock: to gather all visible clocks first cost a scan of them.

Revision: 0015
Follows: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSURER = "nullif((SELECT current_setting('app.insurer', true)), '')"
OWN = f"insurer = {INSURER} OR (SELECT current_setting('app.reach', true)) = 'all'"
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
# The clocks themselves, and what they were, stand behind walls of their own.
SEEN = f"{OWN} OR ({TERRITORY} IS NOT NULL AND EXISTS (SELECT 1 FROM clock c WHERE c.clock_id = excuse.clock_id))"
ONCE_SEEN = (
    f"{TERRITORY} IS NOT NULL AND EXISTS (SELECT 1 FROM clock_before b WHERE b.clock_id = excuse.clock_id)"
)


def upgrade() -> None:
    # A migration never queues behind traffic for long: it gives up and is run again.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER POLICY scope ON excuse USING ({SEEN}) WITH CHECK ({SEEN})")
    op.execute(f"ALTER POLICY remembered ON excuse USING ({ONCE_SEEN})")


def downgrade() -> None:
    raise NotImplementedError("evidence is never migrated backwards: restore a backup instead")
