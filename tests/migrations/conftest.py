"""A database that is migrated step by step, as those of earlier releases are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from alembic import command
from alembic.config import Config

from ajx_gateway.store import revisions


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
