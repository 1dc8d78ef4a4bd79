"""WHOM do the hostile tests attack? The whole application on a real database, with every identity of the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from ajx_gateway.app import create_app
from ajx_gateway.errors import Unavailable
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.identity.tokens import issue_access_token
from ajx_gateway.settings import Settings, generate_data_key
from ajx_gateway.store import clients
from ajx_gateway.store.database import Store

BASE = "http://127.0.0.1:8321"

CALLERS = tuple(
    [
        Caller(
            f"insurer-{letter}", "insurer", f"示例保险{letter}（虚构）", insurer=f"91440600MA000000{number}A"
        )
        for number, letter in enumerate("abcdef")
    ]
    + [
        Caller(
            f"suzhou-insurer-{letter}",
            "insurer",
            f"示例保险宿州{letter}（虚构）",
            insurer=f"91341300MA000000{number}B",
        )
        for number, letter in enumerate("abcdef")
    ]
    + [
        Caller("foshan-city", "regulator", "佛山市应急管理局（虚构）", territory="4406"),
        Caller("nanhai-district", "regulator", "南海区应急管理局（虚构）", territory="440605"),
        Caller("guicheng-town", "regulator", "桂城街道应急办（虚构）", territory="440605011"),
        Caller("suzhou-city", "regulator", "宿州市应急管理局（虚构）", territory="3413"),
        Caller("suzhou-reviewer", "regulator", "宿州市应急管理局复核（虚构）", territory="3413"),
        Caller("consultant", "consultant", "数据顾问（虚构）"),
        Caller("adviser", "adviser", "保险顾问（虚构）", territory="4406"),
        Caller("auditor", "auditor", "审计（虚构）"),
        Caller("operator", "operator", "运维（虚构）"),
    ]
)


@dataclass(frozen=True)
class Gateway:
    """The application inside its lifespan."""

    app: FastAPI
    tokens: Mapping[str, str]
    settings: Settings

    @property
    def store(self) -> Store:
        store: Store = self.app.state.gateway.desk.store
        return store

    def headers(self, name: str | None) -> dict[str, str]:
        return {} if name is None else {"Authorization": f"Bearer {self.tokens[name]}"}

    def client(self, name: str | None) -> httpx.AsyncClient:
        """A client whose requests run in this process; an exception that no answer was made of is raised."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=self.headers(name), timeout=120)


async def _register(store: Store, now: datetime, attempts: int = 5) -> None:
    """Every caller; a busy machine may be slow to open the first connection to a database made a moment ago."""
    try:
        async with store.writing(system_scope("register the hostile callers")) as tx:
            for caller in CALLERS:
                await clients.register(tx, caller, SigningKey.generate().public_jwk(), now=now)
    except Unavailable:
        if attempts == 1:
            raise
        await _register(store, now, attempts - 1)


@asynccontextmanager
async def opened(
    database_url: str,
    folder: Path,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    **changed: object,
) -> AsyncIterator[Gateway]:
    """A gateway with secrets of its own and all callers registered."""
    chosen = Settings(
        _env_file=None,  # type: ignore[call-arg,unused-ignore]
        database_url=SecretStr(database_url),
        data_dir=folder,
        base_url=BASE,
        rate_limit_per_second=1_000_000.0,
        rate_limit_burst=1_000_000,
        **changed,  # type: ignore[arg-type,unused-ignore]
    )
    if not chosen.signing_key_path.exists():
        SigningKey.generate().save(chosen.signing_key_path)
        generate_data_key(chosen.data_key_path)
    app = create_app(chosen, clock=clock)
    async with app.router.lifespan_context(app):
        gateway = app.state.gateway
        await _register(gateway.desk.store, clock())
        tokens = {
            caller.name: issue_access_token(
                gateway.desk.key,
                subject=caller.name,
                role=caller.role,
                issuer=gateway.issuer,
                audience=gateway.base_url,
                now=clock(),
                lifetime=timedelta(hours=12),
            )
            for caller in CALLERS
        }
        yield Gateway(app, tokens, chosen)
