"""IS the database's layout the one this code was written for? Alembic brings it there; a mismatch is refused with the mend."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from ajx_gateway import errors
from ajx_gateway.store.database import Transaction, asyncpg_url

_PACKAGED = Path(__file__).parent.parent / "_migrations"
_CHECKOUT = Path(__file__).parents[3] / "migrations"
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('ajx migrate', 0))")
_BUSY = (
    "数据库表正被长时间的操作占用，结构未作任何改动：请等该操作结束（或在业务低谷时）再次运行 ajx migrate。"
)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_PACKAGED if _PACKAGED.is_dir() else _CHECKOUT))
    return config


def head() -> str:
    """The revision this code was written for."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        raise RuntimeError("no migrations are packaged with this installation")
    return found


async def upgrade(url: str) -> None:
    """Bring the database at ``url`` (as its owner) to this code's layout."""

    def run(connection: Connection) -> None:
        # Of two at once the second waits, and then finds the work done.
        connection.execute(_ONE_AT_A_TIME)
        config = _config()
        config.attributes["connection"] = connection
        current = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if current is not None and current not in known:
            raise errors.Unavailable(f"数据库版本 {current} 比本程序新：请升级本程序后再启动。")
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


async def check(tx: Transaction) -> None:
    """Refuse to serve on another layout than this code's, naming the command that mends it."""
    rows = await tx.fetch("SELECT version_num FROM alembic_version") if await _managed(tx) else []
    current = rows[0]["version_num"] if rows else None
    if current == head():
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise errors.Unavailable(f"数据库版本 {current} 比本程序新：请升级本程序后再启动。")
    raise errors.Unavailable("数据库结构落后于本程序：请先运行 ajx migrate。")


async def _managed(tx: Transaction) -> bool:
    rows = await tx.fetch("SELECT to_regclass('alembic_version') IS NOT NULL AS managed")
    return bool(rows[0]["managed"])
