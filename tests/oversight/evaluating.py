"""A gateway with 宿州 2024 of two insurers on its shelves, and those who speak with it about evaluations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from judging import FILED, GENG, JUDGED, XIN, clear, clock, entry, plan, policy, service
from pydantic import SecretStr
from shelving import Shelf

from ajx_gateway.app import create_app
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.identity.tokens import issue_access_token
from ajx_gateway.settings import Settings, generate_data_key
from ajx_gateway.store import clients, tables

# 100 - 2 (item 3) - 15 (item 4: a third) - 6 (item 6)
SCORE = "77.00"
BASE = "http://127.0.0.1:8321"
PLACE = "/v1/oversight/evaluations/341300/2024"
DAY = timedelta(days=1)

CALLERS = {
    caller.name: caller
    for caller in (
        Caller("suzhou-city", "regulator", "宿州市应急管理局（虚构）", territory="3413"),
        Caller("suzhou-reviewer", "regulator", "宿州市应急管理局复核（虚构）", territory="3413"),
        Caller("yongqiao", "regulator", "埇桥区应急管理局（虚构）", territory="341302"),
        Caller("anhui", "regulator", "安徽省应急管理厅（虚构）", territory="34"),
        Caller("foshan-city", "regulator", "佛山市应急管理局（虚构）", territory="4406"),
        Caller("adviser-suzhou", "adviser", "保险顾问（虚构）", territory="3413"),
        Caller("adviser-foshan", "adviser", "保险顾问（虚构）", territory="4406"),
        Caller("auditor", "auditor", "审计（虚构）"),
        Caller("consultant", "consultant", "数据顾问（虚构）"),
        Caller("operator", "operator", "运维（虚构）"),
        Caller("geng", "insurer", "庚保险（虚构）", insurer=GENG),
        Caller("xin", "insurer", "辛保险（虚构）", insurer=XIN),
    )
}


@dataclass
class Doors:
    """A gateway inside its lifespan at an instant that the test sets."""

    app: FastAPI
    now: list[datetime] = field(default_factory=lambda: [JUDGED])

    async def ask(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        gateway = self.app.state.gateway
        caller = CALLERS[name]
        token = issue_access_token(
            gateway.desk.key,
            subject=caller.name,
            role=caller.role,
            issuer=gateway.issuer,
            audience=gateway.base_url,
            now=self.now[0],
            lifetime=timedelta(minutes=5),
        )
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, headers=headers, **more)

    async def get(self, name: str, path: str, **params: Any) -> Any:
        answer = await self.ask(name, "GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, name: str, path: str, status: int, **body: Any) -> Any:
        answer = await self.ask(name, "POST", path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def published(self) -> Any:
        """Published by two, as known on the day before."""
        as_of = (self.now[0] - DAY).isoformat()
        await self.post("suzhou-city", f"{PLACE}/publication", 200, reason="年度评价", as_of=as_of)
        return await self.post("suzhou-reviewer", f"{PLACE}/publication", 200, reason="复核无误")


@asynccontextmanager
async def opened(folder: Path, database_url: str) -> AsyncIterator[Doors]:
    """The gateway with the callers of these tests."""
    chosen = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        data_dir=folder,
        base_url=BASE,
        rate_limit_per_second=100_000.0,
        rate_limit_burst=100_000,
    )
    SigningKey.generate().save(chosen.signing_key_path)
    generate_data_key(chosen.data_key_path)
    hands = [JUDGED]
    app = create_app(chosen, clock=lambda: hands[0])
    async with app.router.lifespan_context(app):
        async with app.state.gateway.desk.store.writing(system_scope("register the test's callers")) as tx:
            for caller in CALLERS.values():
                await clients.register(tx, caller, SigningKey.generate().public_jwk(), now=FILED)
        yield Doors(app, hands)


async def laid_out(gateway: Doors, shelf: Shelf) -> Doors:
    """庚 with two late policies, an open service and a third of its fund spent; 辛 with nothing to its charge."""
    await clear(shelf)
    gateway.now[0] = JUDGED
    for insurer, name in ((GENG, "庚保险（虚构）"), (XIN, "辛保险（虚构）")):
        await shelf.put_row(tables.insurer, insurer=insurer, name=name, registered_at=FILED)
    stars = dict.fromkeys(("rating_attitude", "rating_professionalism", "rating_timeliness"), 5)
    for insurer in (GENG, XIN):
        await policy(shelf, "P1", insurer=insurer)
        await plan(shelf, "N1", "P1", insurer=insurer)
        await service(shelf, "S1", "P1", insurer=insurer, **stars)
    await policy(shelf, "P2")
    await policy(shelf, "P3")
    await clock(shelf, "P2", "policy_upload", date(2024, 3, 8))
    await clock(shelf, "P3", "policy_upload", date(2024, 3, 8))
    await service(shelf, "S2", "P1", state="completed")
    await entry(shelf, "E1", "100.00")
    await entry(shelf, "E2", "100.00", insurer=XIN)
    return gateway
