"""Whole lists as one file: complete, provable, in little memory, and gone when their reader goes."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import resource
import zipfile
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from python_calamine import CalamineWorkbook
from sqlalchemy.ext.asyncio import create_async_engine

from ajx_gateway.api import exports, tables
from ajx_gateway.identity import scope_of
from ajx_gateway.store import streaming
from ajx_gateway.store import tables as stored
from ajx_gateway.store.database import Store, asyncpg_url

from .conftest import REGULATOR, Running

RECORDS = "/v1/oversight/records/policies"
ROWS = 2_500


@dataclass
class Asgi:
    """One request at the ASGI door, whose answer is taken piece by piece; it may go away in the middle."""

    app: FastAPI
    token: str
    sent: int = 0
    status: int = 0
    body: bytes = b""
    peak: int = 0

    async def get(
        self,
        path: str,
        query: str,
        *,
        leave_after: int | None = None,
        stop_after: int | None = None,
        keep: bool = True,
    ) -> None:
        gone = asyncio.Event()
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            self.status = message.get("status", self.status)
            self.sent += len(message.get("body", b""))
            self.peak = max(self.peak, resident())
            if keep:
                self.body += message.get("body", b"")
            if stop_after is not None and self.sent > stop_after:
                await asyncio.Event().wait()
            if leave_after is not None and self.sent > leave_after:
                gone.set()
                await asyncio.Event().wait()  # a socket that nobody reads from any more

        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"authorization", f"Bearer {self.token}".encode()), (b"host", b"127.0.0.1")],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8321), "state": {}, "extensions": {},
        }  # fmt: skip
        await self.app(scope, receive, send)


@pytest.fixture
async def asking(gateway: Running) -> Asgi:
    return Asgi(gateway.app, gateway.token(REGULATOR))


async def fill(database_url: str, rows: int) -> None:
    """So many policies in 佛山, by their owner and at once."""
    engine = create_async_engine(asyncpg_url(database_url))
    told: dict[str, str] = {
        "record_id": "md5(n::text)::uuid", "insurer": "'91440600MA00000010'", "key": "'P' || lpad(n::text, 8, '0')",
        "revised_at": "now()", "content_hash": "'\\x00'", "version": "1", "filing_id": "md5('f')::uuid", "ordinal": "0",
        "recorded_at": "now()", "voided": "false", "division": "'440605011'", "sector_tags": "'{machinery}'",
        "signed_on": "date '2024-01-01' + (n % 365)", "effective_on": "'2024-01-01'", "expires_on": "'2025-01-01'",
        "insured_count": "n % 90", "employee_count": "n % 90", "enterprise_name": "'=虚构企业' || n",
    }  # fmt: skip
    needed = [c for c in stored.RECORDS["policy"].c if not c.nullable]
    columns = {c.name: told.get(c.name, "'0'") for c in needed} | told
    async with engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE policy")
        await connection.exec_driver_sql(
            f"INSERT INTO policy ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
            f" FROM generate_series(1, {rows}) n"
        )
        await connection.exec_driver_sql("ANALYZE")
    await engine.dispose()


@pytest.fixture(scope="module")
async def filled(gateway: Running, database_url: str) -> Running:
    await fill(database_url, ROWS)
    return gateway


def unpacked(body: bytes) -> tuple[str, bytes, dict[str, Any]]:
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    name, manifest = archive.namelist()
    assert manifest == "manifest.json"
    return name, archive.read(name), json.loads(archive.read(manifest))


async def test_the_whole_list_comes_as_csv_with_what_proves_it(filled: Running, asking: Asgi) -> None:
    await asking.get(f"{RECORDS}.csv", "all=true&district=440605")
    assert asking.status == 200
    name, sheet, manifest = unpacked(asking.body)
    rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"))))
    heads = next(n for n, row in enumerate(rows) if row and row[0] == "record_id")
    keys = {row[rows[heads].index("key")] for row in rows[heads + 1 :]}
    assert (name, manifest["rows"], len(keys)) == ("records-policies.csv", ROWS, ROWS)
    assert manifest["sha256"] == hashlib.sha256(sheet).hexdigest()
    assert manifest["filters"] == {"district": "440605"}
    assert (manifest["scope"], manifest["complete"]) == ("佛山市", True)
    assert manifest["as_of"] == dict(row[:2] for row in rows[:4] if len(row) > 1)["数据时点"]
    assert not any(cell.startswith("=") for row in rows for cell in row)


async def test_the_whole_list_comes_as_a_workbook_with_what_proves_it(filled: Running, asking: Asgi) -> None:
    await asking.get(f"{RECORDS}.xlsx", "all=true")
    name, sheet, manifest = unpacked(asking.body)
    page = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
    heads = next(n for n, row in enumerate(page) if row[0] == "record_id")
    assert (name, len(page) - heads - 1, manifest["rows"]) == ("records-policies.xlsx", ROWS, ROWS)
    assert manifest["sha256"] == hashlib.sha256(sheet).hexdigest()


async def test_an_empty_list_is_a_sheet_with_its_heads(filled: Running, asking: Asgi) -> None:
    for form in ("csv", "xlsx"):
        asking.body = b""
        await asking.get(f"/v1/oversight/deadlines/list.{form}", "all=true")
        _, sheet, manifest = unpacked(asking.body)
        assert (manifest["rows"], manifest["sha256"]) == (0, hashlib.sha256(sheet).hexdigest())
    for path in ("records/claims", "signs/start_moved/list", "signs/mass_corrections/list"):
        asking.body = b""
        await asking.get(f"/v1/oversight/{path}.csv", "all=true")
        assert unpacked(asking.body)[2]["rows"] == 0


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (RECORDS, "all=true"),
        (f"{RECORDS}.csv", "all=yes"),
        (f"{RECORDS}.csv", "all=true&limit=5"),
        (f"{RECORDS}.csv", "all=true&period=never"),
    ],
)
async def test_a_whole_list_is_asked_for_strictly(asking: Asgi, path: str, query: str) -> None:
    await asking.get(path, query)
    assert asking.status == 422


async def test_a_reader_that_goes_away_frees_connection_and_lane(filled: Running, asking: Asgi) -> None:
    pool: Any = filled.store.engine.pool
    for _ in range(3 * pool.size()):
        asking.sent = 0
        await asking.get(f"{RECORDS}.csv", "all=true", leave_after=0)
    assert pool.checkedout() == 0
    asking.body, asking.sent = b"", 0
    await asking.get(f"{RECORDS}.csv", "all=true")
    assert unpacked(asking.body)[2]["rows"] == ROWS


async def test_a_reader_that_stays_and_takes_nothing_is_let_go(
    filled: Running, asking: Asgi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PATIENCE", 0)
    pool: Any = filled.store.engine.pool
    await asyncio.wait_for(asking.get(f"{RECORDS}.csv", "all=true", stop_after=0), 60)
    assert (asking.status, pool.checkedout()) == (200, 0)
    assert not zipfile.is_zipfile(io.BytesIO(asking.body))


async def test_while_a_list_is_taken_away_questions_are_answered(filled: Running, asking: Asgi) -> None:
    held = [Asgi(filled.app, asking.token) for _ in range(6)]
    stuck = [asyncio.create_task(each.get(f"{RECORDS}.csv", "all=true", leave_after=None)) for each in held]
    async with filled.client(REGULATOR) as client:
        for _ in range(5):
            answer = await client.get("/v1/oversight/aggregates", params={"measures": "insured_persons"})
            assert answer.status_code == 200
    await asyncio.gather(*stuck)
    assert sorted({each.status for each in held}) == [200, 503]


async def fill_clocks(database_url: str, rows: int) -> None:
    """So many running clocks in 佛山."""
    engine = create_async_engine(asyncpg_url(database_url))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE clock")
        await connection.exec_driver_sql(
            "INSERT INTO clock (clock_id, subject_id, subject_kind, subject_key, insurer, clock, division, start_on,"
            " start_seen_at, start_current, applicable, nominal_on, due, provisional, due_soon_days, voided)"
            " SELECT md5(n::text)::uuid, md5(n::text)::uuid, 'policy', 'P' || n, '91440600MA00000010', 'policy_upload',"
            " '440605011', '2024-01-01', now(), '2024-01-01', true, '2024-01-08', now(), false, 3, false"
            f" FROM generate_series(1, {rows}) n"
        )
        await connection.exec_driver_sql("ANALYZE")
    await engine.dispose()


async def test_a_list_may_take_longer_to_sort_than_a_question_to_answer(
    gateway: Running, database_url: str
) -> None:
    """A statement of a request is given up after a time, by the server and a second later by us; a list's is not."""
    await fill_clocks(database_url, 10)
    slow = sa.select(sa.func.pg_sleep(2.5).label("slept"), sa.literal(1).label("one"))
    store = Store(database_url, data_key=b"k" * 32, pool_size=1, statement_timeout=0.2)
    async with store.reading(scope_of(REGULATOR)) as tx:
        rows = [row async for portion in streaming.of_statement(tx, slow) for row in portion]
    await store.close()
    assert [row["one"] for row in rows] == [1]


def resident() -> int:
    """Bytes of memory that this process has now."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def test_two_hundred_thousand_rows_take_no_more_memory_than_a_few(
    gateway: Running, asking: Asgi, database_url: str
) -> None:
    peaks = []
    for rows in (ROWS, 200_000):
        await fill_clocks(database_url, rows)
        asking.peak = 0
        await asking.get("/v1/oversight/deadlines/list.csv", "all=true", keep=False)
        peaks.append(asking.peak)
    assert asking.status == 200
    assert asking.sent > 1024 * 1024
    assert peaks[1] < peaks[0] + 48 * 1024 * 1024
    await fill_clocks(database_url, 0)


def test_a_workbook_goes_on_on_another_sheet() -> None:
    table = tables.Table("清单", "定义", "2024-06-01", "条", [("key", "编号")], ())
    book = tables.workbook(table, sheet_rows=20)
    told = [
        piece for at in range(0, 40, 10) for piece in book.add([[f"P{n:04}"] for n in range(at, at + 10)])
    ]
    read = CalamineWorkbook.from_filelike(io.BytesIO(b"".join((*told, *book.end()))))
    pages = [read.get_sheet_by_index(n).to_python() for n in range(len(read.sheet_names))]
    keys = [row[0] for page in pages for row in page if str(row[0]).startswith("P0")]
    assert len(pages) > 2
    assert max(len(page) for page in pages) <= 20
    assert keys == [f"P{n:04}" for n in range(40)]
    assert all(page[0][0] == "标题" for page in pages)
