"""The store that tests of counting ahead share: room for several writers, folders and askers at once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from ajx_gateway.store.database import Store


@pytest.fixture(scope="module")
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store(database_url, data_key=b"k" * 32, pool_size=12, pool_timeout=30)
    yield opened
    await opened.close()


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection without walls, for what no caller of the store may do."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    yield connection
    await connection.close()
