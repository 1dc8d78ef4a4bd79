"""`ajx up` and its companions start everything, say where it is, and leave nothing running in the end."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ajx_gateway.store.embedded import running_url

Processes = Callable[[], Mapping[int, Any]]
PATIENCE_SECONDS = 300
# Whatever starts the tests in the background has Ctrl-C ignored by all that it starts.
STARTED = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from ajx_gateway.cli import main; main()"
)
COMPILED = tempfile.TemporaryDirectory(prefix="ajx-tests-pyc-")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up") / "数据 folder"


@pytest.fixture(scope="module")
def started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """One `ajx up` for the tests that leave it running."""
    with gateway(folder, workers=2) as process:
        yield process


@contextlib.contextmanager
def gateway(folder: Path, workers: int = 1) -> Iterator[subprocess.Popen[str]]:
    arguments = ["up", "--no-demo", "--port", "0", "--workers", str(workers), "--data", str(folder)]
    with ajx(*arguments) as process:
        try:
            read_until(process, "按 Ctrl-C 停止")
            yield process
        finally:
            process.kill()


def ajx(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    inherited = os.environ.items()
    plain = {name: value for name, value in inherited if not name.startswith(("AJX_", "PYTHON"))}
    return subprocess.Popen(
        [sys.executable, "-c", STARTED, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Compiled once for all the processes of this file, whatever this machine thinks of __pycache__.
        env={**plain, "PYTHONUTF8": "1", "PYTHONPYCACHEPREFIX": COMPILED.name, **environment},
    )


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    assert process.stderr is not None
    pytest.fail(f"ended without {words!r}: {process.stderr.read()}")


def answer(folder: Path, path: str) -> int | None:
    """The status of a GET at the address noted in the folder; None when nobody answers."""
    status, _ = told(folder, path)
    return status


def told(folder: Path, path: str) -> tuple[int | None, str]:
    """The same with what was answered."""
    address = json.loads((folder / "gateway.json").read_text())["base_url"].removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    except OSError:
        return None, ""
    finally:
        connection.close()


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def test_the_gateway_is_ready_when_it_says_so(started: subprocess.Popen[str], folder: Path) -> None:
    assert answer(folder, "/livez") == 200
    assert answer(folder, "/readyz") == 200


def test_what_others_may_not_read_is_not_readable(started: subprocess.Popen[str], folder: Path) -> None:
    private = [folder / "gateway.json", *(folder / "secrets").iterdir()]
    assert {path.name: path.stat().st_mode & 0o077 for path in private} == {path.name: 0 for path in private}


def test_a_second_one_on_the_same_folder_is_refused_without_a_traceback(
    started: subprocess.Popen[str], folder: Path
) -> None:
    with ajx("up", "--no-demo", "--port", "0", "--data", str(folder)) as second:
        _, said = second.communicate(timeout=PATIENCE_SECONDS)
    assert second.returncode == 1
    assert "正由另一个网关使用" in said
    assert "Traceback" not in said
    assert answer(folder, "/readyz") == 200


def test_a_port_that_is_taken_is_refused_with_the_mend(
    started: subprocess.Popen[str], folder: Path, tmp_path: Path
) -> None:
    port = json.loads((folder / "gateway.json").read_text())["base_url"].rpartition(":")[2]
    with ajx("up", "--no-demo", "--port", port, "--data", str(tmp_path / "other")) as second:
        _, said = second.communicate(timeout=PATIENCE_SECONDS)
    assert second.returncode == 1
    assert "--port" in said
    assert "Traceback" not in said


def servers(started: subprocess.Popen[str], processes: Processes) -> set[int]:
    return {
        one.pid for one in processes().values() if one.parent == started.pid and "cli.serving" in one.command
    }


def test_the_figures_are_those_of_all_processes_also_of_one_that_was_killed(
    started: subprocess.Popen[str], folder: Path, processes: Processes
) -> None:
    before, pair = _counted(folder), servers(started, processes)

    def all_are_counted(times: int) -> bool:
        return _counted(folder) == before + times

    for asked in range(1, 21):
        assert answer(folder, "/livez") == 200
        # It is counted when it is out.
        assert eventually(partial(all_are_counted, asked))
    victim = min(pair)
    os.kill(victim, signal.SIGKILL)
    assert eventually(lambda: len(servers(started, processes) - {victim}) == len(pair) == 2)
    for asked in range(21, 41):
        assert answer(folder, "/livez") == 200
        assert eventually(partial(all_are_counted, asked))


def _counted(folder: Path) -> float:
    """How often it was asked whether the gateway is alive, as the figures say."""
    _, figures = told(folder, "/metrics")
    counts = re.findall(_ALIVE, figures, re.MULTILINE)
    return sum(map(float, counts))


_ALIVE = r'^ajx_requests_total\{method="GET",route="/livez",status="200"\} (\S+)$'


def test_a_killed_server_process_comes_back(
    started: subprocess.Popen[str], folder: Path, processes: Processes
) -> None:
    victim = max(servers(started, processes))
    os.kill(victim, signal.SIGKILL)
    assert eventually(lambda: victim not in processes() and answer(folder, "/readyz") == 200)


def test_the_doctor_finds_nothing_at_fault(started: subprocess.Popen[str], folder: Path) -> None:
    with ajx("doctor", "--json", "--data", str(folder)) as process:
        told, _ = process.communicate(timeout=PATIENCE_SECONDS)
    found = {one["subject"]: one["level"] for one in json.loads(told)}
    assert process.returncode == 0, told
    assert {"good"} == {found[subject] for subject in ("数据库", "数据库结构", "签名密钥", "加密密钥")}


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running_however_it_ends(
    started: subprocess.Popen[str], folder: Path, processes: Processes, asked: signal.Signals
) -> None:
    own = folder.with_name(f"ended by {asked.name}")
    with gateway(own) as process:
        children = {one.pid for one in processes().values() if one.parent == process.pid}
        assert len(children) == 3, "the guard of PostgreSQL, one server, one worker"
        process.send_signal(asked)
        process.wait(PATIENCE_SECONDS)
        assert eventually(lambda: children.isdisjoint(processes()))
        assert running_url(own) is None
        assert process.returncode == (-signal.SIGKILL if asked is signal.SIGKILL else 0)


def test_serving_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    with ajx("serve", "--data", str(tmp_path)) as process:
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert "AJX_DATABASE_URL" in said
    assert "ajx up" in said


def test_serving_without_keys_says_what_to_do(tmp_path: Path, postgres_url: str) -> None:
    with ajx("serve", "--data", str(tmp_path), AJX_DATABASE_URL=postgres_url) as process:
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert "备份" in said
    assert not (tmp_path / "secrets").exists(), "a missing key is no occasion to make another"


def test_the_parts_serve_an_external_database(tmp_path: Path, database_url: str) -> None:
    settings = {"AJX_DATABASE_URL": database_url, "AJX_DATA_DIR": str(tmp_path), "AJX_WORKERS": "1"}
    for command in ("keys", "migrate"):
        with ajx(command, **settings) as process:
            _, said = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, said
    with ajx("serve", "--port", "0", **settings) as process:
        assert process.stderr is not None
        ready = process.stderr.readline()
        process.terminate()
        process.wait(PATIENCE_SECONDS)
    assert "网关已就绪" in ready
    assert process.returncode == 0
