"""The regulators' door on a real PostgreSQL, with rows put straight onto the shelves."""

from collections.abc import AsyncIterator

import pytest
from shelving import CALLERS, Shelf
from sqlalchemy.ext.asyncio import create_async_engine

from ajx_gateway.identity import Caller
from ajx_gateway.store.database import Store, asyncpg_url


@pytest.fixture
def callers() -> dict[str, Caller]:
    return CALLERS


@pytest.fixture(scope="module")
async def store(database_url: str) -> AsyncIterator[Store]:
    store = Store(database_url, data_key=bytes(32), pool_size=4)
    yield store
    await store.close()


@pytest.fixture(scope="module")
async def bare_shelf(database_url: str) -> AsyncIterator[Shelf]:
    engine = create_async_engine(asyncpg_url(database_url))
    yield Shelf(engine)
    await engine.dispose()


@pytest.fixture
async def shelf(bare_shelf: Shelf) -> Shelf:
    await bare_shelf.clear()
    return bare_shelf
