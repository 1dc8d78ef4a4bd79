"""One gateway for each module of hostile tests, and what it logged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from .gateway import Gateway, opened
from .wire import Listening, listening


@pytest.fixture(scope="module")
async def gateway(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with opened(database_url, tmp_path_factory.mktemp("hostile"), pool_size=20) as running:
        yield running


@pytest.fixture(scope="module")
def address(gateway: Gateway) -> Iterator[Listening]:
    """The same gateway on a real socket, under the server that production runs."""
    with listening(gateway) as running:
        yield running
