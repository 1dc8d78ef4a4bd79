"""A gateway on a fresh database with two insurers and a regulator, and clients that call it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from ajx_gateway.app import create_app
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.identity.tokens import issue_access_token
from ajx_gateway.settings import Settings, generate_data_key
from ajx_gateway.store import clients
from ajx_gateway.store.database import Store

INSURER = Caller("insurer-a", "insurer", "甲保险", insurer="91440600MA00000010")
OTHER = Caller("insurer-b", "insurer", "乙保险", insurer="91440600MA00000029")
REGULATOR = Caller("foshan-city", "regulator", "佛山市应急管理局", territory="4406")
BASE = "http://127.0.0.1:8321"


@dataclass(frozen=True)
class Clock:
    """The gateway's clock in these tests: real time, moved by what a test asks for."""

    offset: list[timedelta]

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset[0]


@dataclass(frozen=True)
class Running:
    """A gateway inside its lifespan."""

    app: FastAPI
    keys: dict[str, SigningKey]
    clock: Clock

    @property
    def store(self) -> Store:
        store: Store = self.app.state.gateway.desk.store
        return store

    def token(self, caller: Caller, **changed: object) -> str:
        gateway = self.app.state.gateway
        claims: dict[str, object] = {"subject": caller.name, "role": caller.role, **changed}
        return issue_access_token(
            gateway.desk.key,
            issuer=gateway.issuer,
            audience=gateway.base_url,
            now=self.clock(),
            lifetime=timedelta(minutes=5),
            **claims,  # type: ignore[arg-type]
        )

    def client(self, caller: Caller | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.token(caller)}"} if caller else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)


def settings(folder: Path, database_url: str, **changed: object) -> Settings:
    """An installation with its own secrets."""
    chosen = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=SecretStr(database_url),
        data_dir=folder,
        base_url=BASE,
        **changed,  # type: ignore[arg-type]
    )
    if not chosen.signing_key_path.exists():
        SigningKey.generate().save(chosen.signing_key_path)
        generate_data_key(chosen.data_key_path)
    return chosen


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Callable[..., Settings]:
    folder = tmp_path_factory.mktemp("data")
    return lambda **changed: settings(folder, changed.pop("database_url", database_url), **changed)


@pytest.fixture(scope="module")
async def gateway(installation: Callable[..., Settings]) -> AsyncIterator[Running]:
    clock = Clock([timedelta()])
    app = create_app(installation(rate_limit_per_second=100_000.0, rate_limit_burst=100_000), clock=clock)
    async with app.router.lifespan_context(app):
        running = Running(app, {}, clock)
        async with running.store.writing(system_scope("register the test's callers")) as tx:
            for caller in (INSURER, OTHER, REGULATOR):
                key = running.keys.setdefault(caller.name, SigningKey.generate())
                await clients.register(tx, caller, key.public_jwk(), now=clock())
        yield running


@pytest.fixture
async def anyone(gateway: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client() as client:
        yield client


@pytest.fixture
async def insurer(gateway: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client(INSURER) as client:
        yield client
