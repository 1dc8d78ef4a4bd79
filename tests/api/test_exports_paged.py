"""A list that leaves page by page: complete, of one instant, in little memory."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.requests import Request

from ajx_gateway.api import exports, oversight_tables
from ajx_gateway.oversight import agencies
from ajx_gateway.oversight.asking import Portion
from ajx_gateway.store.database import Store, asyncpg_url

from .conftest import REGULATOR, Running
from .test_exports import Asgi, unpacked


@pytest.fixture
async def asking(gateway: Running) -> Asgi:
    return Asgi(gateway.app, gateway.token(REGULATOR))


async def fill_registry(database_url: str, rows: int) -> None:
    """So many agencies in 佛山."""
    engine = create_async_engine(asyncpg_url(database_url))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE registration")
        await connection.exec_driver_sql(
            "INSERT INTO registration (registration_id, version, kind, territory, code, name, qualification, sectors,"
            " valid_from, status, status_on, source, recorded_at, recorded_by) SELECT md5(n::text)::uuid, 1, 'agency',"
            " '4406', 'A' || lpad(n::text, 8, '0'), '示例机构（虚构）' || n, '乙级', '{machinery}', '2024-01-01', 'active',"
            f" '2024-01-01', '虚构文件', now(), 'test' FROM generate_series(1, {rows}) n"
        )
        await connection.exec_driver_sql("ANALYZE")
    await engine.dispose()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_list_that_leaves_page_by_page_takes_no_more_memory_for_more_pages(
    gateway: Running, asking: Asgi, database_url: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PORTION", Portion("500"))
    peaks = []
    for rows in (2 * 500, 12 * 500):
        await fill_registry(database_url, rows)
        await asking.get(f"/v1/oversight/agencies.{form}", "all=true", keep=False)
        tracemalloc.start()
        asking.body = b""
        await asking.get(f"/v1/oversight/agencies.{form}", "all=true")
        peaks.append(tracemalloc.get_traced_memory()[1] - len(asking.body))
        tracemalloc.stop()
        assert unpacked(asking.body)[2]["rows"] == rows
    assert peaks[1] < 1.5 * peaks[0]
    await fill_registry(database_url, 0)


async def test_what_is_entered_while_a_list_leaves_is_not_in_it(
    gateway: Running, asking: Asgi, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PORTION", Portion("10"))
    await fill_registry(database_url, 60)
    told: list[int] = []

    async def page(store: Store, given: dict[str, str], now: datetime) -> dict[str, Any]:
        found = await agencies.registrations(store, REGULATOR, "agency", given, now=now)
        if not told:
            await fill_more(database_url)
        told.append(len(found["items"]))
        return found

    request = Request(
        {"type": "http", "path": "/v1/oversight/agencies.csv", "headers": [], "query_string": b""}
    )
    answer = exports.of_pages(
        request, gateway.store, {}, page, lambda a: oversight_tables.items(a, [("code", "代码")], "登记", "登记"),
        "agencies", paged=True, now=datetime.now(UTC),
    )  # fmt: skip
    body = b""

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("nobody goes away")

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal body
        body += message.get("body", b"")

    await answer({"type": "http"}, receive, send)
    _, sheet, manifest = unpacked(body)
    assert (manifest["rows"], told) == (60, [10] * 6)
    assert "B0000" not in sheet.decode()
    await fill_registry(database_url, 0)


async def fill_more(database_url: str) -> None:
    """Sixty more, between and behind the others."""
    engine = create_async_engine(asyncpg_url(database_url))
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO registration SELECT gen_random_uuid(), version, kind, territory, 'B0000' || code, name,"
            " qualification, qualification_no, agency_uscc, sectors, valid_from, valid_to, status, status_on, source,"
            " recorded_at, recorded_by FROM registration"
        )
        await connection.exec_driver_sql("DELETE FROM registration WHERE code = 'A00000050'")
    await engine.dispose()
