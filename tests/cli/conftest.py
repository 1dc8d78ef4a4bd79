"""A gateway that really serves, for the commands that talk to one."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from ajx_gateway.app import create_app
from ajx_gateway.cli import installation
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.settings import Settings, generate_data_key
from ajx_gateway.store import clients
from ajx_gateway.store.database import Store

INSURER = Caller("insurer-a", "insurer", "甲保险（虚构）", insurer="91440600MA4W3X2H0K")


class Announcing(uvicorn.Server):
    """Says when it is up, or has failed to come up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.up.set()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Path]:
    """The data folder of a serving gateway with one registered insurer, as `ajx up` leaves it."""
    folder = tmp_path_factory.mktemp("data")
    listening = socket.create_server(("127.0.0.1", 0))
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=SecretStr(database_url),
        data_dir=folder,
        port=listening.getsockname()[1],
    )
    signing = SigningKey.generate()
    signing.save(settings.signing_key_path)
    generate_data_key(settings.data_key_path)
    installation.note(
        folder,
        base_url=settings.public_url,
        database_url=database_url,
        jwks={"keys": [signing.public_jwk()]},
    )
    asyncio.run(_register(database_url, folder))
    yield from _serving(settings, listening, folder)


async def _register(database_url: str, folder: Path) -> None:
    key = SigningKey.generate()
    key.save(installation.key_path(folder, INSURER.name))
    store = Store(database_url, data_key=bytes(32), pool_size=1)
    async with store.writing(system_scope("register the test's insurer")) as tx:
        await clients.register(tx, INSURER, key.public_jwk(), now=datetime.now(UTC))
    await store.close()


def _serving(settings: Settings, listening: socket.socket, folder: Path) -> Iterator[Path]:
    server = Announcing(uvicorn.Config(create_app(settings), log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    assert server.up.wait(60)
    assert server.started
    yield folder
    server.should_exit = True
    thread.join(30)
