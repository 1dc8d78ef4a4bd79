"""The one PostgreSQL of the whole test session, and a fresh database in it for each test module."""

import asyncio
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from ajx_gateway.store import migrating
from ajx_gateway.store.embedded import EmbeddedPostgres

# How long an example takes says something of the machine only.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# A killed test run loses nothing worth a flush; the crash tests start servers of their own.
IN_A_HURRY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
MIGRATED = "ajx_test_migrated"


@dataclass(frozen=True, slots=True)
class Process:
    """One living process of this machine (zombies are dead)."""

    pid: int
    parent: int
    uid: int
    command: str


def living_processes() -> dict[int, Process]:
    """By number. From /proc where there is one: small containers have no `ps`."""
    if Path("/proc/self/stat").exists():
        return {found.pid: found for found in map(_from_proc, Path("/proc").glob("[0-9]*")) if found}
    shown = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,uid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(maxsplit=4) for line in shown.stdout.splitlines()]
    return {int(r[0]): Process(int(r[0]), int(r[1]), int(r[2]), r[4]) for r in rows if r[3][0] != "Z"}


def _from_proc(folder: Path) -> Process | None:
    try:
        state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        uid = folder.stat().st_uid
    except OSError:
        return None
    return None if state == "Z" else Process(int(folder.name), int(parent), uid, command)


@pytest.fixture(scope="session")
def processes() -> Callable[[], dict[int, Process]]:
    """Asks, each time it is called, which processes live."""
    return living_processes


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The owner's URL of a running PostgreSQL 18: AJX_TEST_DATABASE_URL, or the bundled one."""
    given = os.environ.get("AJX_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="ajx-tests-") as folder:
        server = EmbeddedPostgres(Path(folder) / "data", settings=IN_A_HURRY)
        yield server.start()
        server.stop()


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """A database on which the migrations ran once, to be copied."""
    _execute(postgres_url, f"DROP DATABASE IF EXISTS {MIGRATED}", f"CREATE DATABASE {MIGRATED}")
    _in_thread(migrating.upgrade(_with_database(postgres_url, MIGRATED)))
    return MIGRATED


@pytest.fixture(scope="module")
def database_url(postgres_url: str, migrated_template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh migrated database for this test module."""
    yield from _fresh(postgres_url, request.module.__name__, migrated_template)


@pytest.fixture(scope="module")
def empty_database_url(postgres_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database without any table, for the migrations' own tests."""
    yield from _fresh(postgres_url, request.module.__name__ + "_empty", "template1")


def _fresh(server: str, module: str, template: str) -> Iterator[str]:
    name = "t_" + "".join(letter if letter.isalnum() else "_" for letter in module.lower())[-50:]
    _execute(
        server,
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
        f"CREATE DATABASE {name} TEMPLATE {template}",
    )
    yield _with_database(server, name)
    _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _with_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(server: str, *statements: str) -> None:
    async def run() -> None:
        plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(plain)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    _in_thread(run())


def _in_thread(work: Coroutine[Any, Any, Any]) -> None:
    """Beside pytest-asyncio's own loop, which fixtures must not disturb."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as fault:
            failures.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
