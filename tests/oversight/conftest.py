"""The regulators' door on a real PostgreSQL, with rows put straight onto the shelves."""

from collections.abc import AsyncIterator

import pytest
from evaluating import Doors, laid_out, opened
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


@pytest.fixture(scope="module")
async def evaluating_gateway(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> AsyncIterator[Doors]:
    async with opened(tmp_path_factory.mktemp("evaluations"), database_url) as gateway:
        yield gateway


@pytest.fixture
async def evaluated(evaluating_gateway: Doors, shelf: Shelf) -> Doors:
    """A gateway with 宿州 2024 of two insurers on its shelves."""
    return await laid_out(evaluating_gateway, shelf)
