"""HOW does a database get the layout this code was written for? Alembic brings it there."""

from __future__ import annotations

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from ajx_gateway import errors
from ajx_gateway.store import revisions
from ajx_gateway.store.database import asyncpg_url

_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('ajx migrate', 0))")
_BUSY = (
    "数据库表正被长时间的操作占用，结构未作任何改动：请等该操作结束（或在业务低谷时）再次运行 ajx migrate。"
)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(revisions.folder()))
    return config


async def upgrade(url: str) -> None:
    """Bring the database at ``url`` (as its owner) to this code's layout."""

    def run(connection: Connection) -> None:
        # Of two at once the second waits, and then finds the work done.
        connection.execute(_ONE_AT_A_TIME)
        config = _config()
        config.attributes["connection"] = connection
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in revisions.known():
            raise revisions.ahead(current)
        command.upgrade(config, "head")

    engine = create_async_engine(asyncpg_url(url))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    except DBAPIError as refusal:
        if _waited_in_vain(refusal):
            raise errors.Unavailable(_BUSY) from refusal
        raise
    finally:
        await engine.dispose()


def _waited_in_vain(refusal: DBAPIError) -> bool:
    """A table was in use for longer than a migration makes the traffic wait."""
    return refusal.orig is not None and isinstance(refusal.orig.__cause__, asyncpg.LockNotAvailableError)
