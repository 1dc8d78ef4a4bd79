"""Both portfolios, generated once for all tests of this folder."""

import pytest
from gathered import Portfolio, gather


@pytest.fixture(scope="session")
def nanhai() -> Portfolio:
    return gather("nanhai")


@pytest.fixture(scope="session")
def suzhou() -> Portfolio:
    return gather("suzhou")
