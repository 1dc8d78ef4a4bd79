"""The regulators' door on a real PostgreSQL, with rows put straight onto the shelves."""

from collections.abc import AsyncIterator

import pytest
from shelving import Shelf
from sqlalchemy.ext.asyncio import create_async_engine

from ajx_gateway.identity import Caller
from ajx_gateway.store.database import Store, asyncpg_url

CALLERS = {
    "city": Caller("foshan-city", "regulator", "佛山市应急管理局（虚构）", territory="4406"),
    "nanhai": Caller("nanhai-district", "regulator", "南海区应急管理局（虚构）", territory="440605"),
    "guicheng": Caller("guicheng-town", "regulator", "桂城街道应急办（虚构）", territory="440605011"),
    "suzhou": Caller("suzhou-city", "regulator", "宿州市应急管理局（虚构）", territory="3413"),
    "auditor": Caller("auditor", "auditor", "审计（虚构）"),
    "operator": Caller("operator", "operator", "运维（虚构）"),
    "consultant": Caller("consultant", "consultant", "数据顾问（虚构）"),
    "adviser": Caller("adviser", "adviser", "保险顾问（虚构）", territory="4406"),
    "insurer": Caller("insurer-a", "insurer", "甲保险（虚构）", insurer="91440600MA00000A1X"),
}


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
