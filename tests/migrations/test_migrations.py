"""The migrations make exactly the tables that the code describes, and strangers' layouts are refused."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from ajx_gateway import errors
from ajx_gateway.identity import system_scope
from ajx_gateway.store import migrating, revisions
from ajx_gateway.store.database import Store, asyncpg_url
from ajx_gateway.store.layout import metadata


async def test_the_migrated_layout_is_the_one_the_code_describes(empty_database_url):
    await migrating.upgrade(empty_database_url)
    await migrating.upgrade(empty_database_url)
    engine = create_async_engine(asyncpg_url(empty_database_url))
    async with engine.connect() as connection:
        drift = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    await engine.dispose()
    assert drift == []


async def test_a_layout_that_is_behind_or_ahead_is_refused_with_the_mend(empty_database_url):
    await migrating.upgrade(empty_database_url)
    store = Store(empty_database_url, data_key=b"k" * 32)
    try:
        async with store.reading(system_scope("test")) as tx:
            await revisions.check(tx)
        for version, mend in (("0001", "ajx migrate"), ("9999", "升级本程序")):
            async with store.engine.begin() as connection:
                await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
            with pytest.raises(errors.Unavailable, match=mend):
                async with store.reading(system_scope("test")) as tx:
                    await revisions.check(tx)
        with pytest.raises(errors.Unavailable, match="升级本程序"):
            await migrating.upgrade(empty_database_url)
    finally:
        async with store.engine.begin() as connection:
            await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revisions.head()}'")
        await store.close()


def test_the_revisions_read_from_the_migrations_are_those_that_alembic_finds():
    config = Config()
    config.set_main_option("script_location", str(revisions.folder()))
    scripts = ScriptDirectory.from_config(config)
    assert revisions.head() == scripts.get_current_head()
    assert revisions.known() == {script.revision for script in scripts.walk_revisions()}
