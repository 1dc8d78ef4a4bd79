"""A database that is migrated step by step, as those of earlier releases are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from alembic import command
from alembic.config import Config

from ajx_gateway.store import revisions
from ajx_gateway.store.database import Store


@pytest.fixture
def migrate_to(empty_database_url: str) -> Callable[[str], Awaitable[None]]:
    """Brings the module's empty database up to a revision."""

    def upgrade(revision: str) -> None:
        config = Config()
        config.set_main_option("script_location", str(revisions.folder()))
        config.attributes["url"] = empty_database_url
        command.upgrade(config, revision)

    async def migrate(revision: str) -> None:
        await asyncio.to_thread(upgrade, revision)

    return migrate


@pytest_asyncio.fixture(loop_scope="session")
async def held_store(empty_database_url: str) -> AsyncIterator[Store]:
    """The store of the module's database, at whatever revision that is."""
    store = Store(empty_database_url, data_key=b"k" * 32)
    yield store
    await store.close()
