"""Keys are made once: their generation is the slow part."""

import pytest

from ajx_gateway.identity import KeyRing, SigningKey


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture(scope="session")
def stranger() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture(scope="session")
def ring(key: SigningKey) -> KeyRing:
    return KeyRing.of(key)
