"""The one PostgreSQL of the whole test session, and a fresh database in it for each test module."""

import asyncio
import importlib.util
import inspect
import os
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from ajx_gateway.store.embedded import EmbeddedPostgres

# A killed test run loses nothing worth a flush; the crash tests start servers of their own.
IN_A_HURRY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ENVIRONMENT_OF_ALEMBIC = Path(__file__).parent.parent / "migrations" / "env.py"
MIGRATED = "ajx_test_migrated"


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
def migrated_template(postgres_url: str) -> str | None:
    """A database on which the migrations ran once, to be copied; None before there are migrations."""
    if importlib.util.find_spec("ajx_gateway.store.migrating") is None or not ENVIRONMENT_OF_ALEMBIC.exists():
        return None
    from ajx_gateway.store.migrating import upgrade

    _execute(postgres_url, f"DROP DATABASE IF EXISTS {MIGRATED}", f"CREATE DATABASE {MIGRATED}")
    done = upgrade(_with_database(postgres_url, MIGRATED))
    if inspect.iscoroutine(done):
        _in_thread(done)
    return MIGRATED


@pytest.fixture(scope="module")
def database_url(
    postgres_url: str, migrated_template: str | None, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A fresh migrated database for this test module."""
    yield from _fresh(postgres_url, request.module.__name__, migrated_template or "template1")


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
