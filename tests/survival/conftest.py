"""A gateway in this process on a fresh database, and an eye on that database that the gateway does not know of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from .doors import World, world


@pytest.fixture(scope="module")
async def gateway(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("survival")
    async with world(folder, database_url) as made:
        yield made


@pytest.fixture(scope="module")
async def eye(database_url: str) -> AsyncIterator[Any]:
    plain = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    yield connection
    await connection.close()
