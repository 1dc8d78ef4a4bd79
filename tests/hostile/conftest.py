"""One gateway for each module of hostile tests, and what it logged."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .gateway import Gateway, opened


@pytest.fixture(scope="module")
async def gateway(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with opened(database_url, tmp_path_factory.mktemp("hostile"), pool_size=20) as running:
        yield running
