"""HOW is a migration drafted? Compares the code's tables with the newest layout and writes the next dated file.

    uv run python migrations/draft.py "complaints of the insured"

A throwaway PostgreSQL is brought to the newest layout first. New tables come with their walls; read the draft before
it is committed: data that must move, and who may see it, are yours to say.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.operations import ops

from ajx_gateway.store import migrating
from ajx_gateway.store.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[1]
# As in 0002_walls: an insurer sees its own rows; a regulator those of the policies of its territory, and in the history
# those of the policies that were ever in it. tests/migrations compares.
TERRITORY = "nullif((SELECT current_setting('app.territory', true)), '')"
OWN = (
    "insurer = nullif((SELECT current_setting('app.insurer', true)), '')"
    " OR (SELECT current_setting('app.reach', true)) = 'all'"
)
NOW = "SELECT p.record_id FROM policy p"
ONCE = f"SELECT ever_in({TERRITORY})"


def walls(table: ops.CreateTableOp) -> list[ops.ExecuteSQLOp]:
    """Grants and row-level security of a new record or history table."""
    name = table.table_name
    columns = {getattr(column, "name", None) for column in table.columns}
    kept = name.endswith("_history")
    changes = "" if kept else ", UPDATE"
    child = f"({TERRITORY} IS NOT NULL AND policy_id IN ({ONCE if kept else NOW}))"
    visible = f"{OWN} OR {child}" if "policy_id" in columns else OWN
    return [
        ops.ExecuteSQLOp(statement)
        for statement in (
            f"GRANT SELECT, INSERT{changes} ON {name} TO ajx_app",
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY scope ON {name} TO ajx_app USING ({visible}) WITH CHECK ({OWN})",
            f"CREATE POLICY owner ON {name} TO CURRENT_USER USING (true) WITH CHECK (true)",
        )
    ]


def with_walls(_context: object, _revision: object, scripts: Iterable[ops.MigrationScript]) -> None:
    for script in scripts:
        for upgrades in script.upgrade_ops_list:
            made = [op for op in upgrades.ops if isinstance(op, ops.CreateTableOp)]
            upgrades.ops.extend(wall for table in made for wall in walls(table))
        for downgrades in script.downgrade_ops_list:
            downgrades.ops.clear()


def draft(message: str) -> None:
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    with tempfile.TemporaryDirectory(prefix="ajx-draft-") as folder, EmbeddedPostgres(Path(folder)) as server:
        config.attributes["url"] = url = server.start()
        asyncio.run(migrating.upgrade(url))
        command.revision(
            config,
            message,
            autogenerate=True,
            rev_id=f"{int(migrating.head()) + 1:04d}",
            process_revision_directives=with_walls,
        )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('what changes? uv run python migrations/draft.py "…"')
    draft(sys.argv[1])
